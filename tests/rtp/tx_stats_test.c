#include "test.h"

#include "rtp/tx_stats.h"

static void counts_payload(void **state) {
    (void)state;
    struct ptn_tx_stats s;
    struct ptn_rtcp_sr sr = {.ssrc = 9};
    ptn_tx_stats_init(&s, 90000);
    assert_false(ptn_tx_stats_sr(&s, 0, 0, 1, &sr));
    assert_int_equal(sr.ssrc, 9);
    ptn_tx_stats_packet(&s, 10 * PTN_SECOND, 1000, 1200);
    ptn_tx_stats_packet(&s, 10 * PTN_SECOND, 1000, 34);
    assert_true(ptn_tx_stats_sr(&s, 10 * PTN_SECOND, UINT64_C(0x1122334455667788), 1, &sr));
    assert_int_equal(sr.ssrc, 1);
    assert_true(sr.ntp == UINT64_C(0x1122334455667788));
    assert_int_equal(sr.packets, 2);
    assert_int_equal(sr.octets, 1234);
    assert_int_equal(sr.rtp_ts, 1000);
    assert_int_equal(sr.report_count, 0);
}

static void extrapolates_the_timestamp(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t hz, first_ts, second_ts;
        ptn_time second_at, asked_at; /* after the first */
        uint32_t rtp_ts;
    } cases[] = {
        {"half a second of video", 90000, 1000, 4000, 33333, 533333, 49000},
        {"a second of opus", 48000, 0, 960, 20000, 1020000, 48960},
        {"the frame's second packet changes nothing", 90000, 1000, 1000, 5000, 10000, 1900},
        {"nor does a retransmission", 90000, 90000, 45000, 5000, 10000, 90900},
        {"across the wrap", 8000, 0xffffffff, 159, 20000, 120000, 959},
        {"back to an earlier time line", 90000, 4000000, 7, 40000, 50000, 907},
        {"a day later", 48000, 0, 960, 20000, INT64_C(86400020000), 4147200960},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_tx_stats s;
        struct ptn_rtcp_sr sr;
        ptn_time start = 77 * PTN_SECOND;
        ptn_tx_stats_init(&s, cases[i].hz);
        ptn_tx_stats_packet(&s, start, cases[i].first_ts, 1);
        ptn_tx_stats_packet(&s, start + cases[i].second_at, cases[i].second_ts, 1);
        assert_true(ptn_tx_stats_sr(&s, start + cases[i].asked_at, 0, 1, &sr));
        CHECK(sr.rtp_ts == cases[i].rtp_ts, "%s: %u", cases[i].name, sr.rtp_ts);
    }
}

static void tells_newly_lost_packets(void **state) {
    (void)state;
    static const struct {
        int32_t reported;
        bool take;
        uint64_t newly; /* at take */
    } steps[] = {
        {0, true, 0},         {5, false, 0},
        {7, true, 7},         {7, true, 0},
        {4, true, 0},                        /* late ones arrived */
        {6, true, 2},         {-3, true, 0}, /* duplicates */
        {1, false, 0},        {0, false, 0},
        {2, true, 6},         {0x7fffff, true, 0x7ffffd},
        {-0x800000, true, 0}, {0x7fffff, true, 0xffffff},
    };
    struct ptn_tx_stats s;
    ptn_tx_stats_init(&s, 90000);
    assert_int_equal(ptn_tx_stats_take_lost(&s), 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ptn_tx_stats_report(&s, &(struct ptn_rtcp_report){.lost = steps[i].reported}, 0);
        if (steps[i].take)
            CHECK(ptn_tx_stats_take_lost(&s) == steps[i].newly, "step %zu", i);
    }
}

static void keeps_what_a_report_says(void **state) {
    (void)state;
    struct ptn_tx_stats s;
    ptn_tx_stats_init(&s, 90000);
    assert_false(s.reported);
    /* The round trip of RFC 3550 figure 2. */
    struct ptn_rtcp_report rb = {
        .fraction_lost = 64, .lost = 3, .jitter = 900, .lsr = 0xb7052000, .dlsr = 0x00054000};
    ptn_tx_stats_report(&s, &rb, UINT64_C(0xb44db71080000000));
    assert_true(s.reported);
    assert_int_equal(s.fraction_lost, 64);
    assert_int_equal(s.lost, 3);
    assert_int_equal(s.jitter_ms, 10);
    assert_int_equal(s.rtt, 6125000);
    /* A report without a known SR leaves the round trip as it was. */
    rb.lsr = 0;
    rb.jitter = UINT32_MAX;
    ptn_tx_stats_report(&s, &rb, UINT64_C(0xb44db71180000000));
    assert_int_equal(s.rtt, 6125000);
    assert_int_equal(s.jitter_ms, 47721858);
}

static void no_clock_is_harmless(void **state) {
    (void)state;
    struct ptn_tx_stats s;
    struct ptn_rtcp_sr sr;
    ptn_tx_stats_init(&s, 0);
    ptn_tx_stats_packet(&s, PTN_SECOND, 5, 1);
    ptn_tx_stats_report(&s, &(struct ptn_rtcp_report){.jitter = 5}, 0);
    assert_true(ptn_tx_stats_sr(&s, 2 * PTN_SECOND, 0, 1, &sr));
    assert_int_equal(sr.rtp_ts, 5);
    assert_int_equal(s.jitter_ms, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_payload),           cmocka_unit_test(extrapolates_the_timestamp),
        cmocka_unit_test(tells_newly_lost_packets), cmocka_unit_test(keeps_what_a_report_says),
        cmocka_unit_test(no_clock_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
