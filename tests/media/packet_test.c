#include "test.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "media/packet.h"

static void a_pool_has_a_maximum_and_takes_back(void **state) {
    (void)state;
    struct ptn_packet_pool *pool = ptn_packet_pool_new(3);
    struct ptn_packet *p[3];
    for (int i = 0; i < 3; i++)
        assert_non_null(p[i] = ptn_packet_new(pool));
    assert_null(ptn_packet_new(pool));
    assert_int_equal(ptn_packet_pool_used(pool), 3);
    ptn_packet_unref(p[1], pool);
    assert_int_equal(ptn_packet_pool_used(pool), 2);
    assert_ptr_equal(ptn_packet_new(pool), p[1]);
    for (int i = 0; i < 3; i++)
        ptn_packet_unref(p[i], pool);
    assert_int_equal(ptn_packet_pool_used(pool), 0);
    ptn_packet_pool_free(pool);
    ptn_packet_pool_free(NULL);
}

static void the_last_reference_sends_home(void **state) {
    (void)state;
    struct ptn_packet_pool *pool = ptn_packet_pool_new(10);
    struct ptn_packet *p = ptn_packet_new(pool);
    assert_ptr_equal(ptn_packet_ref(p), p);
    ptn_packet_ref(p);
    ptn_packet_unref(p, pool);
    ptn_packet_unref(p, NULL); /* from elsewhere: not the last */
    assert_int_equal(ptn_packet_pool_used(pool), 1);
    ptn_packet_unref(p, NULL);
    assert_int_equal(ptn_packet_pool_used(pool), 0);
    ptn_packet_pool_free(pool);
}

static void the_whole_buffer_is_writable(void **state) {
    (void)state;
    struct ptn_packet_pool *pool = ptn_packet_pool_new(10);
    struct ptn_packet *p = ptn_packet_new(pool);
    memset(p->data, 0xaa, PTN_PACKET_BYTES);
    assert_true(ptn_packet_pool_memory(pool) >= PTN_PACKET_BYTES);
    ptn_packet_unref(p, pool);
    ptn_packet_pool_free(pool);
}

static void a_fresh_packet_carries_nothing_of_the_last(void **state) {
    (void)state;
    struct ptn_packet_pool *pool = ptn_packet_pool_new(10);
    struct ptn_packet *p = ptn_packet_new(pool);
    p->len = 77;
    p->carry[PTN_CARRY_ORIENTATION].len = 1;
    ptn_packet_unref(p, pool);
    struct ptn_packet *again = ptn_packet_new(pool);
    assert_ptr_equal(again, p);
    assert_int_equal(again->len, 0);
    assert_int_equal(again->carry[PTN_CARRY_ORIENTATION].len, 0);
    ptn_packet_unref(again, pool);
    ptn_packet_pool_free(pool);
}

static void short_packets_shrink(void **state) {
    static const struct {
        uint16_t len;
        bool shrinks;
    } cases[] = {{1, true},
                 {PTN_PACKET_SMALL - 64, true},
                 {PTN_PACKET_SMALL - 63, false},
                 {PTN_PACKET_SMALL, false},
                 {1500, false}};
    (void)state;
    struct ptn_packet_pool *pool = ptn_packet_pool_new(10);
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct ptn_packet *p = ptn_packet_new(pool);
        p->len = cases[i].len;
        p->arrival = 42;
        memset(p->data, (int)i + 1, p->len);
        struct ptn_packet *s = ptn_packet_shrink(p);
        assert_int_equal(s != p, cases[i].shrinks);
        assert_int_equal(s->small, cases[i].shrinks);
        assert_int_equal(s->len, cases[i].len);
        assert_int_equal(s->arrival, 42);
        assert_int_equal(s->data[0], i + 1);
        assert_int_equal(s->data[s->len - 1], i + 1);
        assert_ptr_equal(ptn_packet_shrink(s), s); /* no smaller than that */
        assert_int_equal(ptn_packet_pool_used(pool), 1);
        ptn_packet_unref(s, pool);
    }
    ptn_packet_pool_free(pool);
}

static void without_room_a_packet_stays_as_it_is(void **state) {
    (void)state;
    struct ptn_packet_pool *pool = ptn_packet_pool_new(1);
    struct ptn_packet *p = ptn_packet_new(pool);
    p->len = 10;
    assert_ptr_equal(ptn_packet_shrink(p), p);
    ptn_packet_unref(p, pool);
    ptn_packet_pool_free(pool);
}

/* A burst is not kept for ever: free packets beyond a bound go back to the allocator. */
static void memory_falls_after_a_burst(void **state) {
    (void)state;
    enum { BURST = 5000 };
    struct ptn_packet_pool *pool = ptn_packet_pool_new(BURST);
    struct ptn_packet **p = ptn_new_array(struct ptn_packet *, BURST);
    for (int i = 0; i < BURST; i++)
        p[i] = ptn_packet_new(pool);
    size_t high = ptn_packet_pool_memory(pool);
    for (int i = 0; i < BURST; i++)
        ptn_packet_unref(p[i], pool);
    assert_int_equal(ptn_packet_pool_used(pool), 0);
    assert_true(ptn_packet_pool_memory(pool) < high / 3);
    free(p);
    ptn_packet_pool_free(pool);
}

/* Small and large packets share one maximum: neither kind, once free, locks the other out. */
static void free_packets_of_one_size_do_not_block_the_other(void **state) {
    (void)state;
    enum { MAX = 8 };
    struct ptn_packet_pool *pool = ptn_packet_pool_new(MAX);
    struct ptn_packet *p[MAX];
    for (int i = 0; i < MAX / 2; i++) { /* MAX/2 small ones come into existence */
        p[i] = ptn_packet_new(pool);
        p[i]->len = 10;
        p[i] = ptn_packet_shrink(p[i]);
    }
    for (int i = 0; i < MAX / 2; i++)
        ptn_packet_unref(p[i], pool);
    for (int i = 0; i < MAX; i++)
        assert_non_null(p[i] = ptn_packet_new(pool));
    for (int i = 0; i < MAX; i++)
        ptn_packet_unref(p[i], pool);
    ptn_packet_pool_free(pool);
}

/* -- other threads ----------------------------------------------------------------------------- */

enum { THREADS = 3, PACKETS = 20000 };

struct job {
    struct ptn_packet *packet[PACKETS];
};

static void *drop_all(void *arg) {
    struct job *job = arg;
    for (int i = 0; i < PACKETS; i++)
        ptn_packet_unref(job->packet[i], NULL);
    return NULL;
}

static void packets_come_home_from_other_threads(void **state) {
    (void)state;
    struct ptn_packet_pool *pool = ptn_packet_pool_new(PACKETS);
    struct job *job = ptn_new_array(struct job, THREADS);
    pthread_t thread[THREADS];
    for (int i = 0; i < PACKETS; i++) {
        struct ptn_packet *p = ptn_packet_new(pool);
        for (int t = 0; t < THREADS; t++)
            job[t].packet[i] = ptn_packet_ref(p);
        ptn_packet_unref(p, pool);
    }
    assert_null(ptn_packet_new(pool));
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&thread[t], NULL, drop_all, &job[t]), 0);
    for (int i = 0; i < 1000; i++) { /* meanwhile its owner goes on */
        struct ptn_packet *p = ptn_packet_new(pool);
        if (p)
            ptn_packet_unref(p, pool);
    }
    for (int t = 0; t < THREADS; t++)
        pthread_join(thread[t], NULL);
    assert_int_equal(ptn_packet_pool_used(pool), 0);
    ptn_packet_pool_free(pool);
    free(job);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_has_a_maximum_and_takes_back),
        cmocka_unit_test(the_last_reference_sends_home),
        cmocka_unit_test(the_whole_buffer_is_writable),
        cmocka_unit_test(a_fresh_packet_carries_nothing_of_the_last),
        cmocka_unit_test(short_packets_shrink),
        cmocka_unit_test(without_room_a_packet_stays_as_it_is),
        cmocka_unit_test(memory_falls_after_a_burst),
        cmocka_unit_test(free_packets_of_one_size_do_not_block_the_other),
        cmocka_unit_test(packets_come_home_from_other_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
