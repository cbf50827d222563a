/* Whom an association refuses, how it says so, and what does not impress it. */
#include "test.h"

#include <openssl/ssl.h>

#include "dtls/internal.h"
#include "dtls/party.h"

#define BAD_CERTIFICATE 42
#define CERTIFICATE_EXPIRED 45

static struct party alice, bob, stranger;

static bool both_ended(const struct link *l) {
    return l->end[A].failed && l->end[B].failed;
}

/* -- fingerprints ---------------------------------------------------------------------------- */

enum truth { WRONG, RIGHT };

struct promise {
    enum ptn_hash hash;
    enum truth truth;
};

static const struct {
    const char *name;
    struct promise promise[PTN_DTLS_FINGERPRINTS_MAX + 1];
    bool accepted;
} promises[] = {
    {"sha-1", {{PTN_SHA1, RIGHT}}, true},
    {"sha-256", {{PTN_SHA256, RIGHT}}, true},
    {"sha-384", {{PTN_SHA384, RIGHT}}, true},
    {"sha-512", {{PTN_SHA512, RIGHT}}, true},
    {"sha-1 wrong", {{PTN_SHA1, WRONG}}, false},
    {"sha-256 wrong", {{PTN_SHA256, WRONG}}, false},
    {"sha-384 wrong", {{PTN_SHA384, WRONG}}, false},
    {"sha-512 wrong", {{PTN_SHA512, WRONG}}, false},
    {"weak right, strong wrong", {{PTN_SHA1, RIGHT}, {PTN_SHA256, WRONG}}, false},
    {"strong wrong, weak right", {{PTN_SHA256, WRONG}, {PTN_SHA1, RIGHT}}, false},
    {"weak wrong, strong right", {{PTN_SHA256, WRONG}, {PTN_SHA512, RIGHT}}, true},
    {"the first of two", {{PTN_SHA256, RIGHT}, {PTN_SHA256, WRONG}}, true},
    {"the second of two", {{PTN_SHA256, WRONG}, {PTN_SHA256, RIGHT}}, true},
    {"none of two", {{PTN_SHA256, WRONG}, {PTN_SHA256, WRONG}}, false},
    {"the last of four",
     {{PTN_SHA512, WRONG}, {PTN_SHA1, WRONG}, {PTN_SHA384, RIGHT}, {PTN_SHA512, RIGHT}},
     true},
};

static size_t expect(struct ptn_fingerprint *out, const struct promise *p,
                     const struct ptn_cert *cert) {
    size_t n = 0;
    for (; p[n].hash != PTN_HASH_NONE; n++) {
        ptn_cert_fingerprint(cert, p[n].hash, &out[n]);
        if (p[n].truth == WRONG)
            out[n].digest[out[n].len - 1] ^= (uint8_t)(1 + n);
    }
    return n;
}

static void check_refusal(const struct link *l, enum side judge, const char *name) {
    const struct end *j = &l->end[judge], *other = &l->end[!judge];
    CHECK(j->failure.failure == PTN_DTLS_FINGERPRINT && !j->connected, "%s", name);
    CHECK(other->failure.failure == PTN_DTLS_ALERT, "%s", name);
    CHECK(other->failure.alert == BAD_CERTIFICATE, "%s: alert %d", name, other->failure.alert);
    CHECK(j->failed == 1 && other->failed == 1, "%s", name);
}

static void fingerprints(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(promises); i++) {
        for (int role = 0; role < 2; role++) { /* the judge is a client, a server */
            struct link_config cfg = party_link(&alice, &bob);
            cfg.a_role = role ? PTN_DTLS_CLIENT : PTN_DTLS_SERVER;
            cfg.expected_count[A] = expect(cfg.expected[A], promises[i].promise, bob.cert);
            struct link *l = link_new(&cfg);
            link_start(l);
            if (promises[i].accepted) {
                CHECK(link_run(l, 3 * PTN_SECOND, link_both_up), "%s", promises[i].name);
            } else {
                CHECK(link_run(l, 3 * PTN_SECOND, both_ended), "%s", promises[i].name);
                check_refusal(l, A, promises[i].name);
            }
            link_free(l);
        }
    }
}

static void nothing_promised(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    cfg.cert[B] = NULL;
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, both_ended));
    check_refusal(l, A, "no fingerprint");
    link_free(l);
}

/* The client's certificate comes after the server's flight: a stranger who answers in the peer's
 * place, or who is answered in its place, is found out either way. */
static void somebody_else(void **state) {
    (void)state;
    for (enum side fake = A; fake <= B; fake++) {
        struct link_config cfg = party_link(&alice, &bob);
        cfg.ctx[fake] = stranger.ctx;
        struct link *l = link_new(&cfg);
        link_start(l);
        assert_true(link_run(l, 3 * PTN_SECOND, both_ended));
        check_refusal(l, !fake, "stranger");
        link_free(l);
    }
}

/* -- certificates ---------------------------------------------------------------------------- */

static void validity(void **state) {
    (void)state;
    static const struct {
        long from, until;
        bool accepted;
    } cases[] = {
        {-86400 * 30, 86400, true},   {-86400 * 30, -60, false},     {-10, 60, true},
        {3600 * 23, 86400 * 9, true}, {3600 * 25, 86400 * 9, false},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct party odd;
        party_init(&odd, cert_valid(cases[i].from, cases[i].until));
        struct link_config cfg = party_link(&odd, &bob);
        struct link *l = link_new(&cfg);
        link_start(l);
        if (cases[i].accepted) {
            CHECK(link_run(l, 3 * PTN_SECOND, link_both_up), "case %zu", i);
        } else {
            CHECK(link_run(l, 3 * PTN_SECOND, both_ended), "case %zu", i);
            assert_int_equal(l->end[B].failure.failure, PTN_DTLS_ERROR);
            assert_int_equal(l->end[A].failure.alert, CERTIFICATE_EXPIRED);
        }
        link_free(l);
        party_done(&odd);
    }
}

static void chain_wanted(void **state) {
    (void)state;
    struct ptn_dtls_ctx *strict;
    struct ptn_dtls_ctx_config strict_cfg = {.cert = alice.cert, .verify_chain = true};
    assert_int_equal(ptn_dtls_ctx_new(&strict_cfg, &strict), PTN_OK);
    struct link_config cfg = party_link(&alice, &bob);
    cfg.ctx[A] = strict;
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, both_ended));
    assert_int_equal(l->end[A].failure.failure, PTN_DTLS_ERROR);
    assert_int_equal(l->end[B].failure.failure, PTN_DTLS_ALERT);
    link_free(l);
    ptn_dtls_ctx_unref(strict);
}

static void bad_cipher_list(void **state) {
    (void)state;
    struct ptn_dtls_ctx *out = (void *)&alice;
    struct ptn_dtls_ctx_config cfg = {.cert = alice.cert, .ciphers = "NO-SUCH-CIPHER"};
    assert_int_equal(ptn_dtls_ctx_new(&cfg, &out), PTN_EINVALID);
    assert_ptr_equal(out, (void *)&alice);
    cfg.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
    assert_int_equal(ptn_dtls_ctx_new(&cfg, &out), PTN_OK);
    ptn_dtls_ctx_unref(ptn_dtls_ctx_ref(out));
    ptn_dtls_ctx_unref(out);
    ptn_dtls_ctx_unref(NULL);
}

static void no_common_cipher(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob); /* ours does not take plain RSA */
    struct link *l = link_new(&cfg);
    assert_int_equal(SSL_set_cipher_list(l->end[A].dtls->ssl, "AES128-SHA"), 1);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, both_ended));
    assert_int_equal(l->end[B].failure.failure, PTN_DTLS_ERROR);
    assert_non_null(strstr(l->end[B].failure.detail, "cipher"));
    assert_int_equal(l->end[A].failure.failure, PTN_DTLS_ALERT);
    assert_int_equal(l->end[A].failure.alert, 40); /* handshake_failure */
    link_free(l);
}

static bool b_ended(const struct link *l) {
    return l->end[B].failed > 0;
}

static bool note_alerts(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    unsigned *alerts = l->arg;
    (void)nth;
    alerts[from] += d.p[0] == 21;
    return false;
}

static void no_common_profile(void **state) {
    (void)state;
    unsigned alerts[2] = {0};
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    l->lose = note_alerts;
    l->arg = alerts;
    assert_int_equal(SSL_set_tlsext_use_srtp(l->end[A].dtls->ssl, "SRTP_AES128_CM_SHA1_32"), 0);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, b_ended));
    link_run(l, 3 * PTN_SECOND, NULL);
    for (enum side s = A; s <= B; s++) {
        assert_int_equal(l->end[s].failure.failure, PTN_DTLS_NO_SRTP);
        assert_int_equal(l->end[s].connected, 0);
        assert_int_equal(l->end[s].failed, 1);
        assert_int_equal(alerts[s], 1); /* a peer that does not mind is told */
    }
    link_free(l);
}

/* The peer's wish to make new keys is answered by an alert, and the association goes on. */
static void no_renegotiation(void **state) {
    (void)state;
    unsigned alerts[2] = {0};
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
    l->lose = note_alerts;
    l->arg = alerts;
    unsigned sent = l->end[B].sent;
    SSL *ssl = l->end[A].dtls->ssl;
    SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
    assert_int_equal(SSL_alloc_buffers(ssl), 1);
    assert_int_equal(SSL_renegotiate(ssl), 1);
    SSL_do_handshake(ssl);
    struct ptn_datagram hello;
    assert_true(ptn_dtls_poll_datagram(l->end[A].dtls, &hello));
    link_inject(l, B, ptn_bytes_of(hello.data, hello.len));
    assert_int_equal(l->end[B].sent, sent + 1);
    assert_int_equal(alerts[B], 1);
    assert_int_equal(l->end[B].failed + l->end[B].closed, 0);
    assert_int_equal(ptn_dtls_send(l->end[B].dtls, l->now, ptn_bytes_str("goes on")), PTN_OK);
    link_free(l);
}

/* -- alerts and garbage ------------------------------------------------------------------------ */

static const uint8_t fatal_alert[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40};

static bool has_answered(const struct link *l) {
    return l->end[B].sent > 0;
}

static void alert_ends_the_handshake(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, has_answered));
    link_inject(l, B, ptn_bytes_of(fatal_alert, sizeof fatal_alert));
    assert_int_equal(l->end[B].failed, 1);
    assert_int_equal(l->end[B].failure.failure, PTN_DTLS_ALERT);
    assert_int_equal(l->end[B].failure.alert, 40);
    assert_non_null(strstr(l->end[B].failure.detail, "handshake failure"));
    unsigned sent = l->end[B].sent;
    link_run(l, 30 * PTN_SECOND, NULL);
    assert_int_equal(l->end[B].sent, sent); /* what has ended is silent */
    assert_int_equal(l->end[B].failed, 1);
    link_free(l);
}

static void send_works(struct link *l, enum side from, const char *text) {
    size_t before = l->end[!from].record_count;
    assert_int_equal(ptn_dtls_send(l->end[from].dtls, l->now, ptn_bytes_str(text)), PTN_OK);
    link_pump(l, from);
    link_run(l, l->now + 100 * PTN_MS, NULL);
    assert_int_equal(l->end[!from].record_count, before + 1);
    assert_int_equal(l->end[!from].record[before].len, strlen(text));
    assert_memory_equal(l->end[!from].record[before].data, text, strlen(text));
}

/* Once keys are there, nothing in clear matters, whoever sent it. */
static void clear_text_after_the_handshake(void **state) {
    (void)state;
    for (enum side victim = A; victim <= B; victim++) {
        struct link_config cfg = party_link(&alice, &bob);
        struct link *l = link_new(&cfg), *other;
        struct ptn_datagram hello;
        link_start(l);
        assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
        other = link_new(&cfg);
        ptn_dtls_start(other->end[A].dtls, other->now);
        assert_true(ptn_dtls_poll_datagram(other->end[A].dtls, &hello));
        assert_true(ptn_dtls_is_client_hello(ptn_bytes_of(hello.data, hello.len)));
        unsigned sent = l->end[victim].sent;
        link_inject(l, victim, ptn_bytes_of(fatal_alert, sizeof fatal_alert));
        link_inject(l, victim, ptn_bytes_of(hello.data, hello.len));
        assert_int_equal(l->end[victim].sent, sent);
        send_works(l, A, "still here");
        send_works(l, B, "me too");
        assert_false(link_any_failed(l));
        link_free(other);
        link_free(l);
    }
}

/* A hello of another client while the handshake runs is taken for a repetition. */
static void another_hello_during_the_handshake(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg), *other;
    struct ptn_datagram hello;
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, has_answered));
    ptn_time now = l->now;
    cfg.seed = 99;
    other = link_new(&cfg);
    ptn_dtls_start(other->end[A].dtls, other->now);
    assert_true(ptn_dtls_poll_datagram(other->end[A].dtls, &hello));
    link_free(other);
    l->now = now;
    link_inject(l, B, ptn_bytes_of(hello.data, hello.len));
    assert_true(link_run(l, 5 * PTN_SECOND, link_both_up));
    assert_true(link_keys_agree(l));
    link_free(l);
}

static const struct {
    const char *name;
    uint8_t bytes[16];
    size_t len;
} rubbish[] = {
    {"empty", {0}, 0},
    {"one byte", {22}, 1},
    {"half a header", {22, 0xfe, 0xfd, 0, 0}, 5},
    {"TLS, not DTLS", {22, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}, 14},
    {"longer than the datagram", {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1}, 14},
    {"no such type", {33, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}, 14},
    {"heartbeat", {24, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1}, 14},
    {"STUN", {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, 8},
};

static void throw_rubbish(struct link *l) {
    for (enum side s = A; s <= B; s++) {
        unsigned before = ptn_dtls_get_stats(l->end[s].dtls).dropped;
        for (size_t i = 0; i < PTN_COUNT_OF(rubbish); i++)
            link_inject(l, s, ptn_bytes_of(rubbish[i].bytes, rubbish[i].len));
        assert_int_equal(ptn_dtls_get_stats(l->end[s].dtls).dropped,
                         before + PTN_COUNT_OF(rubbish));
        for (int i = 0; i < 500; i++) { /* well-formed headers of a future epoch around noise */
            uint8_t noise[300];
            size_t n = 13 + (size_t)ptn_rng_below(&l->rng, sizeof noise - 13);
            l->rng.fill(l->rng.ctx, noise, sizeof noise);
            noise[0] = (uint8_t)(20 + i % 44);
            noise[1] = 0xfe;
            noise[2] = 0xfd;
            noise[3] |= 1;
            noise[11] = (uint8_t)((n - 13) >> 8);
            noise[12] = (uint8_t)(n - 13);
            link_inject(l, s, ptn_bytes_of(noise, n));
        }
    }
    assert_false(link_any_failed(l));
}

static void rubbish_is_dropped(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    throw_rubbish(l);
    link_start(l);
    throw_rubbish(l);
    assert_true(link_run(l, 3 * PTN_SECOND, has_answered));
    throw_rubbish(l);
    assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
    throw_rubbish(l);
    send_works(l, A, "clean");
    send_works(l, B, "clean");
    link_free(l);
}

static bool corrupt(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    (void)nth;
    if (!l->end[from].dtls->connected)
        return false;
    uint8_t copy[PTN_DATAGRAM_MAX];
    for (size_t bit = 0; bit < d.n * 8; bit += 7) {
        memcpy(copy, d.p, d.n);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        link_inject(l, !from, ptn_bytes_of(copy, d.n));
    }
    for (size_t n = 0; n < d.n; n++)
        link_inject(l, !from, ptn_bytes_of(d.p, n));
    return false;
}

/* A record with any bit turned is nothing, and does not spoil the true one that follows. */
static void changed_records_are_dropped(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
    link_run(l, l->now + PTN_SECOND, NULL);
    l->lose = corrupt;
    send_works(l, A, "forty-two bytes of perfectly genuine data");
    send_works(l, B, "and an answer");
    assert_false(link_any_failed(l));
    link_free(l);
}

static int setup(void **state) {
    (void)state;
    party_init(&alice, NULL);
    party_init(&bob, NULL);
    party_init(&stranger, NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    party_done(&alice);
    party_done(&bob);
    party_done(&stranger);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints),
        cmocka_unit_test(nothing_promised),
        cmocka_unit_test(somebody_else),
        cmocka_unit_test(validity),
        cmocka_unit_test(chain_wanted),
        cmocka_unit_test(bad_cipher_list),
        cmocka_unit_test(no_common_cipher),
        cmocka_unit_test(no_common_profile),
        cmocka_unit_test(no_renegotiation),
        cmocka_unit_test(alert_ends_the_handshake),
        cmocka_unit_test(clear_text_after_the_handshake),
        cmocka_unit_test(another_hello_during_the_handshake),
        cmocka_unit_test(rubbish_is_dropped),
        cmocka_unit_test(changed_records_are_dropped),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
