#include "test.h"

#include "route/internal.h"

#define KEEP (200 * PTN_MS)

struct rig {
    struct ptn_packet_pool *pool;
    struct ptn_graph *g;
    struct ring ring;
};

static void rig_init(struct rig *r) {
    *r = (struct rig){.pool = ptn_packet_pool_new(8192)};
    r->g = ptn_graph_new(&(struct ptn_graph_config){.pool = r->pool});
}

static void rig_done(struct rig *r) {
    ring_done(r->g, &r->ring);
    assert_int_equal(ptn_packet_pool_used(r->pool), 0);
    ptn_graph_free(r->g);
    ptn_packet_pool_free(r->pool);
}

static void put(struct rig *r, int64_t seq, ptn_time arrival) {
    struct ptn_packet *p = ptn_packet_new(r->pool);
    assert_non_null(p);
    p->ext_seq = seq;
    p->arrival = arrival;
    ring_put(r->g, &r->ring, p, KEEP);
    ptn_packet_unref(p, r->pool);
}

static bool has(const struct rig *r, int64_t seq) {
    const struct ptn_packet *p = ring_find(&r->ring, seq);
    assert_true(!p || p->ext_seq == seq);
    assert_ptr_equal(ring_find_low(&r->ring, (uint32_t)seq), p);
    return p != NULL;
}

static void recent_packets_are_found_old_ones_are_gone(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    assert_null(ring_find(&r.ring, 5));
    for (int64_t i = 0; i < 500; i++)
        put(&r, 70000 + i, i * 2 * PTN_MS); /* 500 per second: 100 in the time kept */
    for (int64_t i = 0; i < 500; i++)
        CHECK(has(&r, 70000 + i) == (i >= 499 - 100), "%lld", (long long)i);
    assert_true(ptn_packet_pool_used(r.pool) <= 101);
    assert_true(r.ring.size <= 256);
    rig_done(&r);
}

static void memory_is_bounded_whatever_the_rate(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    for (int64_t i = 0; i < 5000; i++)
        put(&r, i, 0);
    assert_int_equal(r.ring.size, RING_MAX);
    assert_int_equal(ptn_packet_pool_used(r.pool), RING_MAX);
    assert_true(has(&r, 4999) && has(&r, 5000 - RING_MAX) && !has(&r, 4999 - RING_MAX));
    rig_done(&r);
}

static void late_and_missing_packets_have_their_place(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    put(&r, 100, 0);
    put(&r, 103, PTN_MS);
    assert_false(has(&r, 101));
    put(&r, 101, 2 * PTN_MS);
    put(&r, 101, 3 * PTN_MS); /* again: the first one stays */
    assert_true(has(&r, 100) && has(&r, 101) && !has(&r, 102) && has(&r, 103));
    assert_int_equal(ring_find(&r.ring, 101)->arrival, 2 * PTN_MS);
    put(&r, 50, 4 * PTN_MS); /* older than anything kept */
    assert_false(has(&r, 50));
    assert_int_equal(ptn_packet_pool_used(r.pool), 3);
    rig_done(&r);
}

static void a_jump_begins_afresh(void **state) {
    static const int64_t jumps[] = {RING_MAX + 1, 1000000, -RING_MAX - 1, -60000};
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(jumps); i++) {
        struct rig r;
        rig_init(&r);
        for (int64_t k = 0; k < 50; k++)
            put(&r, 100000 + k, 0);
        put(&r, 100049 + jumps[i], PTN_MS);
        assert_true(has(&r, 100049 + jumps[i]));
        assert_int_equal(ptn_packet_pool_used(r.pool), 1);
        rig_done(&r);
    }
}

/* 32 bits of a number are remembered by sinks: they find it on both sides of a wrap. */
static void low_bits_find_the_nearest(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    int64_t wrap = INT64_C(1) << 32;
    for (int64_t i = wrap - 20; i < wrap + 20; i++)
        put(&r, i, 0);
    for (int64_t i = wrap - 20; i < wrap + 20; i++)
        assert_true(has(&r, i));
    assert_null(ring_find_low(&r.ring, 12345));
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recent_packets_are_found_old_ones_are_gone),
        cmocka_unit_test(memory_is_bounded_whatever_the_rate),
        cmocka_unit_test(late_and_missing_packets_have_their_place),
        cmocka_unit_test(a_jump_begins_afresh),
        cmocka_unit_test(low_bits_find_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
