/* The library's handshake buffer: its pages go back, and a buffer that the library has given up is
 * never touched again. */
#include "test.h"

#include <openssl/x509v3.h>
#include <sys/mman.h>

#include "crypto/internal.h"
#include "dtls/internal.h"
#include "dtls/party.h"

#define PAGE 4096
#define BUFFER_PAGES 5 /* whole ones in the 21 kB */

static struct party alice, bob;

static size_t resident(void *p) {
    unsigned char in_core[BUFFER_PAGES];
    size_t n = 0;
    assert_int_equal(mincore(p, BUFFER_PAGES * PAGE, in_core), 0);
    for (size_t i = 0; i < BUFFER_PAGES; i++)
        n += in_core[i] & 1;
    return n;
}

static bool both_have_buffers(const struct link *l) {
    return l->end[A].dtls->flight_buffer && l->end[B].dtls->flight_buffer;
}

static void pages_go_back(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, PTN_SECOND, both_have_buffers));
    void *buffer[2];
    for (enum side s = A; s <= B; s++) {
        buffer[s] = l->end[s].dtls->flight_buffer;
        assert_true(resident(buffer[s]) > BUFFER_PAGES / 2);
    }
    assert_true(link_run(l, 2 * PTN_SECOND, link_both_up));
    for (enum side s = A; s <= B; s++) {
        assert_int_equal(resident(buffer[s]), 0);
        assert_null(l->end[s].dtls->flight_buffer);
    }
    link_free(l);
}

static bool lose_last_flight(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    (void)nth;
    (void)d;
    return from == B && l->end[B].connected == 0 && l->end[B].dtls->connected;
}

/* The flight that is repeated after the pages have gone is a good one. */
static void last_flight_is_repeated(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    l->lose = lose_last_flight;
    link_start(l);
    assert_true(link_run(l, 5 * PTN_SECOND, link_both_up));
    assert_true(link_keys_agree(l));
    assert_true(ptn_dtls_get_stats(l->end[A].dtls).retransmissions > 0);
    link_free(l);
}

/* A certificate whose message does not fit the buffer: the library takes a larger one. */
static struct ptn_cert *huge_cert(void) {
    static char comment[26000];
    struct ptn_cert *cert;
    memset(comment, 'x', sizeof comment - 1);
    assert_int_equal(ptn_cert_generate(false, &cert), PTN_OK);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, comment);
    assert_non_null(ext);
    assert_int_equal(X509_add_ext(cert->x509, ext, -1), 1);
    X509_EXTENSION_free(ext);
    assert_true(X509_sign(cert->x509, cert->key, EVP_sha256()) > 0);
    return cert;
}

static bool has_change_cipher_spec(struct ptn_bytes d) {
    for (size_t at = 0; at + 13 <= d.n; at += 13 + (size_t)(d.p[at + 11] << 8 | d.p[at + 12]))
        if (d.p[at] == 20) /* RFC 6347 4.1: 13 bytes of header, the length last */
            return true;
    return false;
}

/* The first flight's last datagram holds the certificate's end and the handshake's; repeated, each
 * message comes in a datagram of its own. */
static bool lose_end_once(struct link *l, enum side from, unsigned nth, struct ptn_bytes d) {
    bool *lost = l->arg, lose = from == A && has_change_cipher_spec(d) && !*lost;
    (void)nth;
    *lost |= lose;
    return lose;
}

static bool has_buffer(const struct link *l) {
    return l->end[B].dtls->flight_buffer != NULL;
}

static bool forgot_or_up(const struct link *l) {
    return !has_buffer(l) || l->end[B].dtls->connected;
}

static void exchanged_buffer_is_forgotten(void **state) {
    (void)state;
    struct party huge;
    bool lost = false;
    party_init(&huge, huge_cert());
    struct link_config cfg = party_link(&huge, &bob);
    cfg.jitter_ms = 5; /* datagrams arrive one by one */
    struct link *l = link_new(&cfg);
    l->lose = lose_end_once;
    l->arg = &lost;
    link_start(l);
    assert_true(link_run(l, PTN_SECOND, has_buffer));
    assert_true(link_run(l, 5 * PTN_SECOND, forgot_or_up));
    assert_true(lost);
    assert_false(l->end[B].dtls->connected); /* forgotten because it was exchanged, not released */
    assert_true(link_run(l, 5 * PTN_SECOND, link_both_up));
    link_free(l);
    party_done(&huge);
}

static int setup(void **state) {
    (void)state;
    party_init(&alice, NULL);
    party_init(&bob, NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    party_done(&alice);
    party_done(&bob);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_go_back),
        cmocka_unit_test(last_flight_is_repeated),
        cmocka_unit_test(exchanged_buffer_is_forgotten),
    };
    if (!ptn_dtls_watch_memory())
        return 1;
    return cmocka_run_group_tests(tests, setup, teardown);
}
