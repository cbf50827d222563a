#include "test.h"

#include <inttypes.h>
#include <openssl/ssl.h>

#include "dtls/internal.h"
#include "dtls/party.h"
#include "sim/clock.h"

static struct party alice, bob, rsa;

static bool one_failed(const struct link *l) {
    return link_any_failed(l);
}

static void clock_is_interposed(void **state) {
    (void)state;
    assert_true(sim_clock_works());
}

static void roles_and_profile(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct link_config cfg = party_link(&alice, &bob);
        cfg.a_role = i ? PTN_DTLS_CLIENT : PTN_DTLS_SERVER;
        struct link *l = link_new(&cfg);
        assert_true(link_run(l, 2 * PTN_SECOND, NULL)); /* nothing before the start */
        assert_int_equal(l->end[A].sent + l->end[B].sent, 0);
        ptn_time started = l->now;
        link_start(l);
        ptn_dtls_start(l->end[A].dtls, l->now); /* again: nothing */
        link_pump(l, A);
        assert_int_equal(l->end[i ? A : B].sent, 1);
        assert_int_equal(l->end[i ? B : A].sent, 0);
        assert_true(link_run(l, l->now + PTN_SECOND, link_both_up));
        assert_true(link_keys_agree(l));
        assert_int_equal(l->end[A].up.profile, PTN_SRTP_AEAD_AES_128_GCM);
        /* hello, cookie, hello with cookie would be 3 round trips; ours are 2 */
        assert_int_equal(l->now - started, 4 * 10 * PTN_MS);
        link_run(l, l->now + 60 * PTN_SECOND, NULL);
        assert_int_equal(l->end[A].connected, 1);
        assert_int_equal(l->end[B].connected, 1);
        assert_true(ptn_dtls_next_timeout(l->end[A].dtls) == PTN_NEVER);
        assert_true(ptn_dtls_next_timeout(l->end[B].dtls) == PTN_NEVER);
        for (enum side s = A; s <= B; s++) /* nothing by which to resume */
            assert_false(SSL_SESSION_has_ticket(SSL_get_session(l->end[s].dtls->ssl)));
        link_free(l);
    }
}

static void every_profile(void **state) {
    (void)state;
    static const struct {
        const char *offer;
        enum ptn_srtp_profile profile;
    } cases[] = {
        {"SRTP_AES128_CM_SHA1_80", PTN_SRTP_AES128_CM_SHA1_80},
        {"SRTP_AEAD_AES_256_GCM", PTN_SRTP_AEAD_AES_256_GCM},
        {"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM", PTN_SRTP_AEAD_AES_256_GCM},
        {"SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80", PTN_SRTP_AES128_CM_SHA1_80},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct link_config cfg = party_link(&alice, &bob);
        struct link *l = link_new(&cfg);
        assert_int_equal(SSL_set_tlsext_use_srtp(l->end[A].dtls->ssl, cases[i].offer), 0);
        link_start(l);
        assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
        CHECK(l->end[B].up.profile == cases[i].profile, "%s", cases[i].offer);
        assert_true(link_keys_agree(l));
        size_t k = ptn_srtp_key_len(cases[i].profile), s = ptn_srtp_salt_len(cases[i].profile);
        static const uint8_t zero[PTN_SRTP_KEY_MAX];
        assert_memory_equal(l->end[A].up.local_keys.key + k, zero, PTN_SRTP_KEY_MAX - k);
        assert_memory_not_equal(l->end[A].up.local_keys.key + k - 4, zero, 4);
        assert_memory_equal(l->end[A].up.local_keys.salt + s, zero, PTN_SRTP_SALT_MAX - s);
        assert_memory_not_equal(l->end[A].up.local_keys.salt + s - 4, zero, 4);
        link_free(l);
    }
}

/* RFC 5764 4.2 names the label and the order; asked here of the library directly. */
static void keys_are_the_exported_ones(void **state) {
    (void)state;
    uint8_t m[56];
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
    assert_int_equal(SSL_export_keying_material(l->end[B].dtls->ssl, m, sizeof m,
                                                "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
                     1);
    assert_memory_equal(l->end[A].up.local_keys.key, m, 16); /* the client's write key is first */
    assert_memory_equal(l->end[B].up.local_keys.key, m + 16, 16);
    assert_memory_equal(l->end[A].up.local_keys.salt, m + 32, 12);
    assert_memory_equal(l->end[B].up.local_keys.salt, m + 44, 12);
    link_free(l);
}

static void old_phones_and_rsa(void **state) {
    (void)state;
    static const char *const ciphers[] = {"ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-GCM-SHA384",
                                          "ECDHE-RSA-CHACHA20-POLY1305"};
    for (size_t i = 0; i < PTN_COUNT_OF(ciphers); i++) {
        struct link_config cfg = party_link(&alice, &rsa);
        struct link *l = link_new(&cfg);
        assert_int_equal(SSL_set_cipher_list(l->end[A].dtls->ssl, ciphers[i]), 1);
        link_start(l);
        CHECK(link_run(l, 3 * PTN_SECOND, link_both_up), "%s", ciphers[i]);
        assert_string_equal(SSL_get_cipher(l->end[B].dtls->ssl), ciphers[i]);
        assert_true(link_keys_agree(l));
        link_free(l);
    }
}

static void survives_bad_networks(void **state) {
    (void)state;
    ptn_time worst = 0;
    for (uint64_t seed = 1; seed <= 330; seed++) {
        struct link_config cfg = party_link(&alice, seed % 5 == 0 ? &rsa : &bob);
        cfg.seed = seed;
        cfg.loss = (unsigned)(seed % 31);
        cfg.dup = (unsigned)(seed % 11);
        cfg.delay_ms = (unsigned)(seed % 60);
        cfg.jitter_ms = (unsigned)(seed % 70);
        cfg.mtu = seed % 3 == 0 ? 576 : 1200;
        cfg.a_role = seed % 2 ? PTN_DTLS_CLIENT : PTN_DTLS_SERVER;
        struct link *l = link_new(&cfg);
        ptn_time began = l->now;
        link_start(l);
        CHECK(link_run(l, began + 20 * PTN_SECOND, link_both_up), "seed %" PRIu64, seed);
        CHECK(link_keys_agree(l) && !link_any_failed(l), "seed %" PRIu64, seed);
        worst = l->now - began > worst ? l->now - began : worst;
        link_free(l);
    }
    print_message("330 lossy handshakes, the slowest took %d ms\n", (int)(worst / PTN_MS));
}

/* The same seed gives the same bytes: a failure can be looked at again. */
static void repeats_from_its_seed(void **state) {
    (void)state;
    struct ptn_srtp_keys keys[2];
    ptn_time took[2];
    for (int i = 0; i < 2; i++) {
        struct link_config cfg = party_link(&alice, &bob);
        cfg.seed = 4711;
        cfg.loss = 25;
        cfg.jitter_ms = 30;
        struct link *l = link_new(&cfg);
        link_start(l);
        assert_true(link_run(l, 21 * PTN_SECOND, link_both_up));
        keys[i] = l->end[A].up.local_keys;
        took[i] = l->now;
        link_free(l);
    }
    assert_memory_equal(&keys[0], &keys[1], sizeof keys[0]);
    assert_true(took[0] == took[1]);
}

/* -- the last flight ------------------------------------------------------------------------- */

static bool lose_last_flights(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    unsigned *left = l->arg;
    (void)nth;
    (void)d;
    if (from != B || !l->end[B].dtls->connected || *left == 0)
        return false;
    --*left;
    return true;
}

static void lost_last_flight_heals(void **state) {
    (void)state;
    for (unsigned losses = 1; losses <= 6; losses++) {
        unsigned left = losses;
        struct link_config cfg = party_link(&alice, &bob);
        struct link *l = link_new(&cfg);
        l->lose = lose_last_flights;
        l->arg = &left;
        link_start(l);
        CHECK(link_run(l, 15 * PTN_SECOND, link_both_up), "%u lost", losses);
        assert_int_equal(left, 0);
        assert_int_equal(l->end[B].connected, 1);
        assert_true(ptn_dtls_get_stats(l->end[A].dtls).retransmissions >= 1);
        assert_true(link_keys_agree(l));
        link_free(l);
    }
}

/* -- the shape of flights -------------------------------------------------------------------- */

struct held {
    size_t count;
    struct ptn_datagram datagram[8];
};

static bool hold_hello(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    struct held *h = l->arg;
    (void)nth;
    if (from != A || l->end[B].sent > 0 || h->count >= PTN_COUNT_OF(h->datagram))
        return false;
    h->datagram[h->count].len = d.n;
    memcpy(h->datagram[h->count++].data, d.p, d.n);
    return true;
}

/* A hello as large as that of Chromium with post-quantum keys. */
static void make_hello_large(SSL *ssl) {
    uint8_t protocols[6 * 256];
    for (size_t i = 0; i < sizeof protocols; i++)
        protocols[i] = i % 256 ? 'p' : 255;
    assert_int_equal(SSL_set_alpn_protos(ssl, protocols, sizeof protocols), 0);
}

static void hello_of_several_datagrams(void **state) {
    (void)state;
    static const uint8_t orders[][3] = {{0, 1, 0}, {1, 0, 0}, {1, 1, 0}, {0, 0, 1}};
    for (size_t i = 0; i < PTN_COUNT_OF(orders); i++) {
        struct held held = {0};
        struct link_config cfg = party_link(&alice, &bob);
        struct link *l = link_new(&cfg);
        make_hello_large(l->end[A].dtls->ssl);
        l->lose = hold_hello;
        l->arg = &held;
        link_start(l);
        assert_int_equal(held.count, 2);
        assert_true(
            ptn_dtls_is_client_hello(ptn_bytes_of(held.datagram[0].data, held.datagram[0].len)));
        assert_false(
            ptn_dtls_is_client_hello(ptn_bytes_of(held.datagram[1].data, held.datagram[1].len)));
        l->lose = NULL;
        for (size_t k = 0; k < 3; k++) {
            const struct ptn_datagram *d = &held.datagram[orders[i][k]];
            link_inject(l, B, ptn_bytes_of(d->data, d->len));
        }
        assert_true(l->end[B].sent > 0); /* answered without a repetition */
        assert_true(link_run(l, 2 * PTN_SECOND, link_both_up));
        assert_int_equal(ptn_dtls_get_stats(l->end[A].dtls).retransmissions, 0);
        assert_true(link_keys_agree(l));
        link_free(l);
    }
}

static void flights_fill_datagrams(void **state) {
    (void)state;
    static const struct {
        uint16_t mtu;
        size_t flight; /* datagrams of the longest flight, at most */
    } cases[] = {{576, 3}, {900, 2}, {1200, 1}, {1400, 1}};
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct link_config cfg = party_link(&alice, &bob);
        cfg.mtu = cases[i].mtu;
        struct link *l = link_new(&cfg);
        link_start(l);
        assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
        CHECK(l->end[A].biggest <= cases[i].mtu && l->end[B].biggest <= cases[i].mtu, "mtu %u",
              cases[i].mtu);
        CHECK(l->biggest_flight <= cases[i].flight, "mtu %u: %zu datagrams", cases[i].mtu,
              l->biggest_flight);
        link_free(l);
    }
}

/* -- time ------------------------------------------------------------------------------------ */

static bool lose_all(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    ptn_time *sent_at = l->arg;
    (void)d;
    if (from == A && nth <= 32)
        sent_at[nth - 1] = l->now;
    return true;
}

static void repeats_and_gives_up(void **state) {
    (void)state;
    static const int at_ms[] = {0, 100, 300, 700, 1500, 2500, 3500, 4500, 5500, 7500};
    ptn_time sent_at[32] = {0};
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    l->lose = lose_all;
    l->arg = sent_at;
    ptn_time began = l->now;
    link_start(l);
    link_run(l, began + 20 * PTN_SECOND - 1, NULL);
    assert_false(link_any_failed(l));
    for (size_t i = 0; i < PTN_COUNT_OF(at_ms); i++) {
        ptn_time off = sent_at[i] - began - at_ms[i] * PTN_MS;
        CHECK(off > -20 * PTN_MS && off < 20 * PTN_MS, "hello %zu is off by %d us", i, (int)off);
    }
    assert_int_equal(ptn_dtls_get_stats(l->end[A].dtls).retransmissions, l->end[A].sent - 1);
    link_run(l, began + 20 * PTN_SECOND, NULL);
    for (enum side s = A; s <= B; s++) { /* the client and the server that heard nothing */
        assert_int_equal(l->end[s].failed, 1);
        assert_int_equal(l->end[s].failure.failure, PTN_DTLS_TIMEOUT);
        assert_int_equal(l->end[s].failure.alert, -1);
        assert_true(ptn_dtls_next_timeout(l->end[s].dtls) == PTN_NEVER);
    }
    unsigned sent = l->end[A].sent;
    link_run(l, began + 60 * PTN_SECOND, NULL);
    assert_int_equal(l->end[A].sent, sent);
    assert_int_equal(l->end[A].failed, 1);
    link_free(l);
}

/* Longer than the library's count of repetitions: it ends by itself, and says so once. */
static void longer_than_the_library(void **state) {
    (void)state;
    ptn_time sent_at[32] = {0};
    struct link_config cfg = party_link(&alice, &bob);
    cfg.timeout = 120 * PTN_SECOND;
    struct link *l = link_new(&cfg);
    l->lose = lose_all;
    l->arg = sent_at;
    link_start(l);
    assert_true(link_run(l, 100 * PTN_SECOND, one_failed));
    assert_int_equal(l->end[A].failure.failure, PTN_DTLS_TIMEOUT);
    assert_true(l->now > 20 * PTN_SECOND);
    link_free(l);
}

static bool lose_early(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    (void)from;
    (void)nth;
    (void)d;
    return l->now < 14 * PTN_SECOND;
}

static void peer_that_comes_late(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    l->lose = lose_early;
    link_start(l);
    assert_true(link_run(l, 19 * PTN_SECOND, link_both_up));
    assert_true(link_keys_agree(l));
    link_free(l);
}

static int setup(void **state) {
    (void)state;
    struct ptn_cert *cert;
    assert_int_equal(ptn_cert_generate(true, &cert), PTN_OK);
    party_init(&rsa, cert);
    party_init(&alice, NULL);
    party_init(&bob, NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    party_done(&rsa);
    party_done(&alice);
    party_done(&bob);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_is_interposed),
        cmocka_unit_test(roles_and_profile),
        cmocka_unit_test(every_profile),
        cmocka_unit_test(keys_are_the_exported_ones),
        cmocka_unit_test(old_phones_and_rsa),
        cmocka_unit_test(lost_last_flight_heals),
        cmocka_unit_test(hello_of_several_datagrams),
        cmocka_unit_test(flights_fill_datagrams),
        cmocka_unit_test(repeats_and_gives_up),
        cmocka_unit_test(longer_than_the_library),
        cmocka_unit_test(peer_that_comes_late),
        cmocka_unit_test(repeats_from_its_seed),
        cmocka_unit_test(survives_bad_networks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
