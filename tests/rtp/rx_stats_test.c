#include "test.h"

#include "rtp/rx_stats.h"

#define BASE 0x10000 /* where unwrapped numbers begin */

static void feed(struct ptn_rx_stats *s, int64_t ext_seq) {
    ptn_rx_stats_packet(s, PTN_SECOND, ext_seq, 0, 100, false);
}

static void nothing_yet(void **state) {
    (void)state;
    struct ptn_rx_stats s;
    ptn_rx_stats_init(&s, 90000);
    struct ptn_rtcp_report rb = ptn_rx_stats_report(&s, PTN_SECOND, 7);
    assert_int_equal(rb.ssrc, 7);
    assert_int_equal(rb.fraction_lost, 0);
    assert_int_equal(rb.lost, 0);
    assert_int_equal(rb.max_seq, 0);
    assert_int_equal(rb.jitter, 0);
    assert_int_equal(rb.lsr, 0);
    assert_int_equal(rb.dlsr, 0);
    assert_int_equal(ptn_rx_stats_lost(&s), 0);
}

/* Runs of received sequence numbers between reports; RFC 3550 A.3 worked by hand. */
static void losses(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t from, to; /* relative to BASE + 1000, inclusive */
        uint8_t fraction;
        int32_t lost;
        uint32_t max_seq;
    } steps[] = {
        {"100 of 100", 0, 99, 0, 0, 1099},
        {"75 of 100", 125, 199, 64, 25, 1199}, /* 25 * 256 / 100 */
        {"nothing new", 0, -1, 0, 25, 1199},
        {"10 late ones, no new", 100, 109, 0, 15, 1199},
        {"1 of 200", 399, 399, 254, 214, 1399},     /* 199 * 256 / 200 = 254.7 */
        {"1 of 3000", 3399, 3399, 255, 3213, 4399}, /* 2999 * 256 / 3000 = 255.9 */
        {"50 duplicates", 3350, 3399, 0, 3163, 4399},
        {"100 new", 3400, 3499, 0, 3163, 4499},
    };
    struct ptn_rx_stats s;
    ptn_rx_stats_init(&s, 90000);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        for (int64_t seq = steps[i].from; seq <= steps[i].to; seq++)
            feed(&s, BASE + 1000 + seq);
        struct ptn_rtcp_report rb = ptn_rx_stats_report(&s, 2 * PTN_SECOND, 7);
        CHECK(rb.fraction_lost == steps[i].fraction, "%s: %u", steps[i].name, rb.fraction_lost);
        CHECK(rb.lost == steps[i].lost, "%s: %d", steps[i].name, rb.lost);
        CHECK(rb.max_seq == steps[i].max_seq, "%s: %u", steps[i].name, rb.max_seq);
        CHECK(ptn_rx_stats_lost(&s) == steps[i].lost, "%s", steps[i].name);
    }
}

static void duplicates_make_losses_negative(void **state) {
    (void)state;
    struct ptn_rx_stats s;
    ptn_rx_stats_init(&s, 90000);
    feed(&s, BASE + 5);
    feed(&s, BASE + 4); /* before the first: received, never expected */
    feed(&s, BASE + 6);
    assert_int_equal(ptn_rx_stats_lost(&s), -1);
    struct ptn_rtcp_report rb = ptn_rx_stats_report(&s, PTN_SECOND, 7);
    assert_int_equal(rb.lost, -1);
    assert_int_equal(rb.fraction_lost, 0);
}

static void highest_number_counts_cycles_from_zero(void **state) {
    (void)state;
    struct ptn_rx_stats s;
    ptn_rx_stats_init(&s, 90000);
    feed(&s, BASE + 65535);
    assert_int_equal(ptn_rx_stats_report(&s, PTN_SECOND, 7).max_seq, 65535);
    feed(&s, BASE + 65536);
    assert_int_equal(ptn_rx_stats_report(&s, PTN_SECOND, 7).max_seq, 0x10000);
    assert_int_equal(ptn_rx_stats_lost(&s), 0);
}

static void a_restart_is_not_a_loss(void **state) {
    (void)state;
    static const int64_t jumps[] = {3001, 20000, -3001, -20000};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        struct ptn_rx_stats s;
        ptn_rx_stats_init(&s, 90000);
        for (int64_t seq = 0; seq < 10; seq++)
            feed(&s, BASE + 30000 + seq);
        for (int64_t seq = 0; seq < 10; seq++)
            feed(&s, BASE + 30009 + jumps[i] + seq);
        CHECK(ptn_rx_stats_lost(&s) == 0, "jump %ld", (long)jumps[i]);
        CHECK(ptn_rx_stats_report(&s, PTN_SECOND, 7).max_seq == 30018 + jumps[i], "jump %ld",
              (long)jumps[i]);
    }
    /* One stray packet from long ago, then on as before. */
    struct ptn_rx_stats s;
    ptn_rx_stats_init(&s, 90000);
    feed(&s, BASE + 30000);
    feed(&s, BASE + 2);
    feed(&s, BASE + 30001);
    feed(&s, BASE + 30003);
    assert_int_equal(ptn_rx_stats_lost(&s), 1);
}

/* RFC 3550 A.8 at 8 kHz, a packet every 20 ms: 160 units. */
static void jitter(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t late_us; /* against the regular time */
        bool recovered;
        double jitter;
    } steps[] = {
        {"first", 0, false, 0},
        {"on time", 0, false, 0},
        {"10 ms late: 80 units", 10000, false, 5},
        {"as late: steady", 10000, false, 4.6875},
        {"recovered ones tell nothing", 500000, true, 4.6875},
        {"back on time: 80 units", 0, false, 9.39453125},
        {"1 ms early: 8 units", -1000, false, 9.307373046875},
    };
    struct ptn_rx_stats s;
    ptn_rx_stats_init(&s, 8000);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ptn_time at = 1000 * PTN_SECOND + (ptn_time)i * 20000 + steps[i].late_us;
        uint32_t ts = 0xffffff00 + (uint32_t)i * 160; /* wraps on the way */
        ptn_rx_stats_packet(&s, at, BASE + (int64_t)i, ts, 172, steps[i].recovered);
        CHECK(s.jitter > steps[i].jitter - 1e-9 && s.jitter < steps[i].jitter + 1e-9, "%s: %.9f",
              steps[i].name, s.jitter);
    }
    assert_int_equal(s.bytes, 7 * 172);
    assert_int_equal(ptn_rx_stats_report(&s, PTN_SECOND, 7).jitter, 9);
    assert_int_equal(ptn_rx_stats_jitter_ms(&s), 1); /* 9.3 units of 125 us */
}

static void a_new_time_line_is_not_jitter(void **state) {
    (void)state;
    struct ptn_rx_stats s;
    ptn_rx_stats_init(&s, 90000);
    for (uint32_t i = 0; i < 10; i++)
        ptn_rx_stats_packet(&s, i * 20000, BASE + i, i * 1800, 100, false);
    for (uint32_t i = 10; i < 20; i++)
        ptn_rx_stats_packet(&s, i * 20000, BASE + i, 0x70000000 + i * 1800, 100, false);
    assert_true(s.jitter < 1e-9);
}

static void last_sender_report(void **state) {
    (void)state;
    static const struct {
        const char *name;
        ptn_time after;
        uint32_t lsr, dlsr;
    } cases[] = {
        {"RFC 3550 figure 2: 5.250 s", 5250000, 0xb7052000, 0x00054000},
        {"at once", 0, 0xb7052000, 0},
        {"18 hours: as long as 32 bits tell", INT64_C(65535) * PTN_SECOND, 0xb7052000, 0xffff0000},
        {"19 hours", INT64_C(68400) * PTN_SECOND, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_rx_stats s;
        ptn_rx_stats_init(&s, 90000);
        feed(&s, BASE);
        ptn_rx_stats_sr(&s, 100 * PTN_SECOND, UINT64_C(0xb44db70520000000), 1234);
        struct ptn_rtcp_report rb = ptn_rx_stats_report(&s, 100 * PTN_SECOND + cases[i].after, 7);
        CHECK(rb.lsr == cases[i].lsr && rb.dlsr == cases[i].dlsr, "%s: %08x %08x", cases[i].name,
              rb.lsr, rb.dlsr);
        assert_int_equal(s.sr_rtp, 1234);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_yet),
        cmocka_unit_test(losses),
        cmocka_unit_test(duplicates_make_losses_negative),
        cmocka_unit_test(highest_number_counts_cycles_from_zero),
        cmocka_unit_test(a_restart_is_not_a_loss),
        cmocka_unit_test(jitter),
        cmocka_unit_test(a_new_time_line_is_not_jitter),
        cmocka_unit_test(last_sender_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
