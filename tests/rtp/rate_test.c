#include "test.h"

#include "rtp/rate.h"

static void steady_stream(void **state) {
    (void)state;
    struct ptn_rate r;
    ptn_rate_init(&r);
    ptn_time t = 0;
    for (; t < 3 * PTN_SECOND; t += 10 * PTN_MS) /* 100 packets of 1250 bytes a second: 1 Mbit/s */
        ptn_rate_add(&r, t, 1250);
    for (ptn_time at = t; at < t + 100 * PTN_MS; at += 10 * PTN_MS, ptn_rate_add(&r, at, 1250)) {
        uint64_t bps = ptn_rate_bps(&r, at), pps = ptn_rate_pps(&r, at);
        CHECK(bps >= 980000 && bps <= 1020000, "at %ld: %lu", (long)at, (unsigned long)bps);
        CHECK(pps >= 98 && pps <= 102, "at %ld: %lu", (long)at, (unsigned long)pps);
    }
}

static void worked_by_hand(void **state) {
    (void)state;
    struct ptn_rate r;
    ptn_rate_init(&r);
    assert_int_equal(ptn_rate_bps(&r, 0), 0);
    assert_int_equal(ptn_rate_bps(&r, 100 * PTN_SECOND), 0);
    ptn_rate_add(&r, 50 * PTN_SECOND, 1000);
    ptn_rate_add(&r, 50 * PTN_SECOND + 450 * PTN_MS, 500);
    /* 12000 bits within a window of 0.9 s + 50 ms */
    assert_int_equal(ptn_rate_bps(&r, 50 * PTN_SECOND + 450 * PTN_MS), 12631);
    assert_int_equal(ptn_rate_pps(&r, 50 * PTN_SECOND + 450 * PTN_MS), 2);
    assert_int_equal(ptn_rate_bps(&r, 50 * PTN_SECOND + 900 * PTN_MS), 13333);
    /* the first packet's tenth is out, then the second's */
    assert_int_equal(ptn_rate_bps(&r, 51 * PTN_SECOND), 4444);
    assert_int_equal(ptn_rate_bps(&r, 51 * PTN_SECOND + 399 * PTN_MS), 4004);
    assert_int_equal(ptn_rate_bps(&r, 51 * PTN_SECOND + 400 * PTN_MS), 0);
    assert_int_equal(ptn_rate_pps(&r, 999 * PTN_SECOND), 0);
}

static void in_the_first_second_of_the_clock(void **state) {
    (void)state;
    struct ptn_rate r;
    ptn_rate_init(&r);
    for (ptn_time t = 20 * PTN_MS; t < 600 * PTN_MS; t += 100 * PTN_MS)
        ptn_rate_add(&r, t, 950);
    assert_int_equal(ptn_rate_bps(&r, 550 * PTN_MS), 48000); /* 6 * 7600 bits in 0.95 s */
    assert_int_equal(ptn_rate_pps(&r, 550 * PTN_MS), 6);
}

static void forgets_over_a_pause(void **state) {
    (void)state;
    for (ptn_time pause = PTN_SECOND; pause < 12 * PTN_SECOND; pause += 333 * PTN_MS) {
        struct ptn_rate r;
        ptn_rate_init(&r);
        for (int i = 0; i < 100; i++)
            ptn_rate_add(&r, i * 10 * PTN_MS, 100);
        ptn_time t = 990 * PTN_MS + pause;
        ptn_rate_add(&r, t, 9);
        CHECK(ptn_rate_pps(&r, t) == 1, "pause %ld", (long)pause);
    }
}

static void an_earlier_time_is_harmless(void **state) {
    (void)state;
    struct ptn_rate r;
    ptn_rate_init(&r);
    ptn_rate_add(&r, 5 * PTN_SECOND, 10);
    ptn_rate_add(&r, 3 * PTN_SECOND, 10);
    assert_int_equal(ptn_rate_pps(&r, 5 * PTN_SECOND + 99 * PTN_MS), 2);
    assert_true(ptn_rate_pps(&r, 3 * PTN_SECOND) <= 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_stream),
        cmocka_unit_test(worked_by_hand),
        cmocka_unit_test(in_the_first_second_of_the_clock),
        cmocka_unit_test(forgets_over_a_pause),
        cmocka_unit_test(an_earlier_time_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
