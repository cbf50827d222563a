/* After the handshake: application data, the end, and what an association costs. */
#include "test.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dtls/party.h"

static struct party alice, bob;

/* What OpenSSL holds; counted from the first allocation on, see main. */
static size_t held;

static void *counted_malloc(size_t n, const char *file, int line) {
    (void)file;
    (void)line;
    void *p = malloc(n);
    held += malloc_usable_size(p);
    return p;
}

static void counted_free(void *p, const char *file, int line) {
    (void)file;
    (void)line;
    held -= p ? malloc_usable_size(p) : 0;
    free(p);
}

static void *counted_realloc(void *p, size_t n, const char *file, int line) {
    (void)file;
    (void)line;
    held -= p ? malloc_usable_size(p) : 0;
    p = realloc(p, n);
    held += p ? malloc_usable_size(p) : 0;
    return p;
}

static struct link *connected(void) {
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    link_start(l);
    assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
    link_run(l, l->now + PTN_SECOND, NULL);
    return l;
}

static void data_both_ways(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 2, 100, 1159, 1199, 1200};
    struct link *l = connected();
    for (size_t i = 0; i < PTN_COUNT_OF(sizes); i++) {
        uint8_t data[1200];
        memset(data, (int)(0x30 + i), sizeof data);
        for (enum side s = A; s <= B; s++) {
            assert_int_equal(ptn_dtls_send(l->end[s].dtls, l->now, ptn_bytes_of(data, sizes[i])),
                             PTN_OK);
            link_pump(l, s);
        }
        link_run(l, l->now + PTN_SECOND, NULL);
        for (enum side s = A; s <= B; s++) {
            assert_int_equal(l->end[s].record_count, i + 1);
            assert_int_equal(l->end[s].record[i].len, sizes[i]);
            assert_memory_equal(l->end[s].record[i].data, data, sizes[i]);
        }
    }
    link_free(l);
}

static void what_cannot_be_sent(void **state) {
    (void)state;
    static const uint8_t data[1201];
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    assert_int_equal(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(data, 10)), PTN_EPROTO);
    link_start(l);
    assert_int_equal(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(data, 10)), PTN_EPROTO);
    assert_true(link_run(l, 3 * PTN_SECOND, link_both_up));
    assert_int_equal(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(data, 1201)), PTN_ELIMIT);
    assert_int_equal(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(data, 0)), PTN_ELIMIT);
    ptn_dtls_close(l->end[A].dtls, l->now);
    assert_int_equal(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(data, 10)), PTN_EPROTO);
    link_free(l);
}

static void repeated_and_reordered_records(void **state) {
    (void)state;
    struct link *l = connected();
    struct ptn_datagram d[3];
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(&i, 1)), PTN_OK);
        assert_true(ptn_dtls_poll_datagram(l->end[A].dtls, &d[i]));
    }
    static const int order[] = {2, 0, 0, 1, 2, 1};
    for (size_t i = 0; i < PTN_COUNT_OF(order); i++)
        link_inject(l, B, ptn_bytes_of(d[order[i]].data, d[order[i]].len));
    assert_int_equal(l->end[B].record_count, 3);
    assert_int_equal(l->end[B].record[0].data[0], 2);
    assert_int_equal(l->end[B].record[1].data[0], 0);
    assert_int_equal(l->end[B].record[2].data[0], 1);
    link_free(l);
}

/* Data of the peer that nobody takes away is bounded, and counted when it is dropped. */
static void unread_data_is_bounded(void **state) {
    (void)state;
    struct link *l = connected();
    struct ptn_datagram d;
    struct ptn_dtls_event ev;
    static const uint8_t data[1000];
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(data, sizeof data)),
                         PTN_OK);
        assert_true(ptn_dtls_poll_datagram(l->end[A].dtls, &d));
        ptn_dtls_handle_datagram(l->end[B].dtls, l->now, ptn_bytes_of(d.data, d.len));
    }
    unsigned got = 0;
    while (ptn_dtls_poll_event(l->end[B].dtls, &ev))
        got++;
    assert_int_equal(got, 64);
    assert_int_equal(ptn_dtls_get_stats(l->end[B].dtls).dropped, 1000 - 64);
    link_free(l);
}

/* So is what nobody sends. */
static void unsent_datagrams_are_bounded(void **state) {
    (void)state;
    struct link *l = connected();
    struct ptn_datagram d;
    static const uint8_t data[1000];
    for (int i = 0; i < 1000; i++)
        ptn_ignore(ptn_dtls_send(l->end[A].dtls, l->now, ptn_bytes_of(data, sizeof data)),
                   "what is lost here would be lost on the wire");
    unsigned got = 0;
    while (ptn_dtls_poll_datagram(l->end[A].dtls, &d))
        got++;
    assert_int_equal(got, 32);
    link_free(l);
}

/* -- the end --------------------------------------------------------------------------------- */

static void close_is_told(void **state) {
    (void)state;
    for (enum side s = A; s <= B; s++) {
        struct link *l = connected();
        static const uint8_t last[] = "last words";
        assert_int_equal(ptn_dtls_send(l->end[s].dtls, l->now, ptn_bytes_of(last, sizeof last)),
                         PTN_OK);
        ptn_dtls_close(l->end[s].dtls, l->now);
        ptn_dtls_close(l->end[s].dtls, l->now);
        unsigned sent = l->end[s].sent;
        link_pump(l, s);
        assert_int_equal(l->end[s].sent, sent + 2);
        link_run(l, l->now + PTN_SECOND, NULL);
        assert_int_equal(l->end[!s].closed, 1);
        assert_int_equal(l->end[!s].record_count, 1);
        assert_int_equal(l->end[s].closed, 0);
        assert_int_equal(ptn_dtls_send(l->end[!s].dtls, l->now, ptn_bytes_of(last, 1)), PTN_EPROTO);
        link_run(l, l->now + 60 * PTN_SECOND, NULL);
        assert_false(link_any_failed(l));
        assert_true(ptn_dtls_next_timeout(l->end[A].dtls) == PTN_NEVER);
        link_free(l);
    }
}

/* The peer closes while keys are still being made: an end like any other, and no timer is left. */
static void closed_during_the_handshake(void **state) {
    (void)state;
    static const uint8_t close_notify[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0};
    for (enum side s = A; s <= B; s++) {
        struct link_config cfg = party_link(&alice, &bob);
        struct link *l = link_new(&cfg);
        link_start(l);
        link_inject(l, s, ptn_bytes_of(close_notify, sizeof close_notify));
        assert_int_equal(l->end[s].closed, 1);
        assert_true(ptn_dtls_next_timeout(l->end[s].dtls) == PTN_NEVER);
        link_run(l, 60 * PTN_SECOND, NULL);
        assert_int_equal(l->end[s].closed, 1);
        assert_int_equal(l->end[s].failed, 0);
        link_free(l);
    }
}

static void close_before_anything(void **state) {
    (void)state;
    for (int started = 0; started < 2; started++) {
        struct link_config cfg = party_link(&alice, &bob);
        struct link *l = link_new(&cfg);
        if (started)
            link_start(l);
        for (enum side s = A; s <= B; s++) {
            unsigned sent = l->end[s].sent;
            ptn_dtls_close(l->end[s].dtls, l->now);
            ptn_dtls_start(l->end[s].dtls, l->now);
            link_pump(l, s);
            assert_int_equal(l->end[s].sent, sent);
        }
        link_run(l, 60 * PTN_SECOND, NULL);
        assert_false(link_any_failed(l));
        link_free(l);
    }
    ptn_dtls_free(NULL);
}

/* -- cost ------------------------------------------------------------------------------------ */

static void memory_after_the_handshake(void **state) {
    (void)state;
    struct link *warm = connected(), *l[8];
    size_t before = held;
    for (size_t i = 0; i < PTN_COUNT_OF(l); i++)
        l[i] = connected();
    size_t each = (held - before) / (2 * PTN_COUNT_OF(l));
    size_t told = ptn_dtls_get_stats(l[0]->end[A].dtls).memory;
    print_message("an idle association: %zu bytes in OpenSSL, the estimate is %zu\n", each, told);
    assert_true(each < 48 * 1024);
    assert_true(told > each - each / 4 && told < each + each / 2);
    for (size_t i = 0; i < PTN_COUNT_OF(l); i++)
        link_free(l[i]);
    assert_true(held <= before);
    link_free(warm);
}

static void memory_after_data(void **state) {
    (void)state;
    static const uint8_t data[1000];
    struct link *l = connected();
    size_t before = held;
    for (int i = 0; i < 20; i++) {
        for (enum side s = A; s <= B; s++) {
            assert_int_equal(ptn_dtls_send(l->end[s].dtls, l->now, ptn_bytes_of(data, sizeof data)),
                             PTN_OK);
            link_pump(l, s);
        }
        link_run(l, l->now + PTN_SECOND, NULL);
    }
    print_message("20 records later: %+td bytes\n", (ptrdiff_t)(held - before));
    assert_true(held <= before + 2 * 2048);
    link_free(l);
}

/* -- hello ----------------------------------------------------------------------------------- */

static void hello_is_recognised(void **state) {
    (void)state;
    struct link_config cfg = party_link(&alice, &bob);
    struct link *l = link_new(&cfg);
    struct ptn_datagram d;
    ptn_dtls_start(l->end[A].dtls, l->now);
    assert_true(ptn_dtls_poll_datagram(l->end[A].dtls, &d));
    assert_true(ptn_dtls_is_client_hello(ptn_bytes_of(d.data, d.len)));
    for (size_t n = 0; n < d.len; n++) { /* exact allocations: an overread is seen */
        uint8_t *cut = malloc(n ? n : 1);
        memcpy(cut, d.data, n);
        CHECK(!ptn_dtls_is_client_hello(ptn_bytes_of(cut, n)), "cut to %zu", n);
        free(cut);
    }
    static const struct {
        size_t at;
        uint8_t value;
        bool hello;
    } cases[] = {{0, 23, false}, {1, 3, false},  {2, 0xff, true}, {2, 0xfd, true}, {4, 1, false},
                 {13, 2, false}, {19, 1, false}, {21, 1, false},  {24, 1, true}};
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct ptn_datagram c = d;
        c.data[cases[i].at] = cases[i].value;
        CHECK(ptn_dtls_is_client_hello(ptn_bytes_of(c.data, c.len)) == cases[i].hello, "case %zu",
              i);
    }
    link_free(l);
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
        cmocka_unit_test(data_both_ways),
        cmocka_unit_test(what_cannot_be_sent),
        cmocka_unit_test(repeated_and_reordered_records),
        cmocka_unit_test(unread_data_is_bounded),
        cmocka_unit_test(unsent_datagrams_are_bounded),
        cmocka_unit_test(close_is_told),
        cmocka_unit_test(closed_during_the_handshake),
        cmocka_unit_test(close_before_anything),
        cmocka_unit_test(memory_after_the_handshake),
        cmocka_unit_test(memory_after_data),
        cmocka_unit_test(hello_is_recognised),
    };
    if (CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) != 1)
        return 1; /* something was allocated before main */
    return cmocka_run_group_tests(tests, setup, teardown);
}
