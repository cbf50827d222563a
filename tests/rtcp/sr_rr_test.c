#include "test.h"

#include "helpers.h"

/* clang-format off */
static const uint8_t sr_bytes[] = {
    0x81, 200, 0x00, 0x0c,  /* one block, 13 words */
    0x12, 0x34, 0x56, 0x78, /* sender */
    0xb4, 0x4d, 0xb7, 0x05, 0x20, 0x00, 0x00, 0x00,
    0xde, 0xad, 0xbe, 0xef, /* RTP time */
    0x00, 0x00, 0x03, 0xe8, /* 1000 packets */
    0x00, 0x01, 0x86, 0xa0, /* 100000 octets */
    0x9a, 0xbc, 0xde, 0xf0, /* about */
    0x40, 0xff, 0xff, 0xfe, /* a quarter lost; cumulative -2 */
    0x00, 0x01, 0x00, 0x02, /* one cycle, seq 2 */
    0x00, 0x00, 0x00, 0x09,
    0xb7, 0x05, 0x20, 0x00, /* LSR, DLSR of RFC 3550 figure 2 */
    0x00, 0x05, 0x40, 0x00,
};
static const uint8_t rr_bytes[] = {
    0x81, 201, 0x00, 0x07,
    0x12, 0x34, 0x56, 0x78,
    0x9a, 0xbc, 0xde, 0xf0,
    0x00, 0x00, 0x00, 0x05,
    0x00, 0x00, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff,
    0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00,
};
/* clang-format on */

static ptn_err parse_sr(const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_sr sr;
    return ptn_rtcp_sr_parse(b, &sr);
}

static ptn_err parse_rr(const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_rr rr;
    return ptn_rtcp_rr_parse(b, &rr);
}

static void reads_and_writes_sender_reports(void **state) {
    (void)state;
    struct ptn_rtcp_block b = BLOCK(sr_bytes);
    struct ptn_rtcp_sr sr;
    assert_int_equal(ptn_rtcp_sr_parse(&b, &sr), PTN_OK);
    assert_int_equal(sr.ssrc, 0x12345678);
    assert_true(sr.ntp == UINT64_C(0xb44db70520000000));
    assert_int_equal(sr.rtp_ts, 0xdeadbeef);
    assert_int_equal(sr.packets, 1000);
    assert_int_equal(sr.octets, 100000);
    assert_int_equal(sr.report_count, 1);
    assert_int_equal(sr.report[0].ssrc, 0x9abcdef0);
    assert_int_equal(sr.report[0].fraction_lost, 64);
    assert_int_equal(sr.report[0].lost, -2);
    assert_int_equal(sr.report[0].max_seq, 0x10002);
    assert_int_equal(sr.report[0].jitter, 9);
    assert_int_equal(sr.report[0].lsr, 0xb7052000);
    assert_int_equal(sr.report[0].dlsr, 0x54000);

    uint8_t buf[64];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtcp_sr_write(&w, &sr);
    assert_int_equal(w.len, sizeof sr_bytes);
    assert_memory_equal(buf, sr_bytes, sizeof sr_bytes);
    check_truncations(sr_bytes, sizeof sr_bytes, parse_sr, sizeof sr_bytes - 4);
}

static void reads_and_writes_receiver_reports(void **state) {
    (void)state;
    struct ptn_rtcp_block b = BLOCK(rr_bytes);
    struct ptn_rtcp_rr rr;
    assert_int_equal(ptn_rtcp_rr_parse(&b, &rr), PTN_OK);
    assert_int_equal(rr.ssrc, 0x12345678);
    assert_int_equal(rr.report_count, 1);
    assert_int_equal(rr.report[0].lost, 5);
    assert_int_equal(rr.report[0].max_seq, 0xffff);
    assert_int_equal(rr.report[0].jitter, 0xffffffff);

    uint8_t buf[64];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtcp_rr_write(&w, &rr);
    assert_int_equal(w.len, sizeof rr_bytes);
    assert_memory_equal(buf, rr_bytes, sizeof rr_bytes);
    check_truncations(rr_bytes, sizeof rr_bytes, parse_rr, sizeof rr_bytes - 4);
}

static void takes_a_full_report_and_what_a_profile_adds(void **state) {
    (void)state;
    struct ptn_rtcp_rr rr = {.ssrc = 7, .report_count = 31};
    for (uint32_t i = 0; i < 31; i++)
        rr.report[i] = (struct ptn_rtcp_report){.ssrc = 100 + i, .jitter = i};
    uint8_t buf[800];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtcp_rr_write(&w, &rr);
    assert_int_equal(w.len, 8 + 31 * 24);
    ptn_wr_u32(&w, 0xffffffff); /* a profile-specific extension */
    ptn_wr_patch_u16(&w, 2, 31 * 6 + 2);
    struct ptn_rtcp_block b = block_of(buf, w.len);
    struct ptn_rtcp_rr back;
    assert_int_equal(ptn_rtcp_rr_parse(&b, &back), PTN_OK);
    assert_int_equal(back.report_count, 31);
    for (uint32_t i = 0; i < 31; i++)
        CHECK(back.report[i].ssrc == 100 + i && back.report[i].jitter == i, "block %u", i);
}

static void cumulative_loss_is_24_bits_signed(void **state) {
    (void)state;
    static const struct {
        int32_t lost;
        uint8_t wire[3];
        int32_t back;
    } cases[] = {
        {0, {0, 0, 0}, 0},
        {1, {0, 0, 1}, 1},
        {-1, {0xff, 0xff, 0xff}, -1},
        {8388607, {0x7f, 0xff, 0xff}, 8388607},
        {8388608, {0x7f, 0xff, 0xff}, 8388607},
        {INT32_MAX, {0x7f, 0xff, 0xff}, 8388607},
        {-8388608, {0x80, 0, 0}, -8388608},
        {-8388609, {0x80, 0, 0}, -8388608},
        {INT32_MIN, {0x80, 0, 0}, -8388608},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_rtcp_rr rr = {.report_count = 1, .report[0].lost = cases[i].lost}, back;
        uint8_t buf[32];
        struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
        ptn_rtcp_rr_write(&w, &rr);
        CHECK(memcmp(buf + 13, cases[i].wire, 3) == 0, "%d", cases[i].lost);
        struct ptn_rtcp_block b = BLOCK(buf);
        assert_int_equal(ptn_rtcp_rr_parse(&b, &back), PTN_OK);
        CHECK(back.report[0].lost == cases[i].back, "%d", cases[i].lost);
    }
}

static void round_trip_time(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint64_t now;
        uint32_t lsr, dlsr;
        ptn_time rtt;
    } cases[] = {
        {"RFC 3550 figure 2", UINT64_C(0xb44db71080000000), 0xb7052000, 0x00054000, 6125000},
        {"no SR yet", UINT64_C(0xb44db71080000000), 0, 0x00054000, 0},
        {"nothing at all", 0, 0, 0, 0},
        {"mid wraps", UINT64_C(0x1234000080000000), 0xffff8000, 0x00008000, 500000},
        {"clock went back", UINT64_C(0x0000000a00000000), 0x000a0000, 0x00008000, 0},
        {"too short to tell", UINT64_C(0x0000000a00000000), 0x00090000, 0x00010000, 1},
        {"half a millisecond", UINT64_C(0x0000000a00210000), 0x000a0000, 0, 503},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_rtcp_report rb = {.lsr = cases[i].lsr, .dlsr = cases[i].dlsr};
        ptn_time rtt = ptn_rtcp_rtt(&rb, cases[i].now);
        CHECK(rtt == cases[i].rtt, "%s: %ld", cases[i].name, (long)rtt);
    }
}

static void ntp_time_of_wall_clocks(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t wall_us;
        uint64_t ntp;
    } cases[] = {
        {"1970", 0, UINT64_C(0x83aa7e8000000000)},
        {"RFC 3550: 10 Nov 1995 11:33:25.125", INT64_C(816003205125000),
         UINT64_C(0xb44db70520000000)},
        {"half a second", 500000, UINT64_C(0x83aa7e8080000000)},
        {"one microsecond", 1, UINT64_C(0x83aa7e80000010c6)},
        {"last microsecond", 999999, UINT64_C(0x83aa7e80ffffef39)},
        {"1969", -500000, UINT64_C(0x83aa7e7f80000000)},
        {"era 1 begins: 7 Feb 2036 06:28:16", INT64_C(2085978496000000), 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(ptn_ntp_of_wall(cases[i].wall_us) == cases[i].ntp, "%s: %llx", cases[i].name,
              (unsigned long long)ptn_ntp_of_wall(cases[i].wall_us));
    assert_int_equal(ptn_ntp_mid(UINT64_C(0xb44db70520000000)), 0xb7052000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_sender_reports),
        cmocka_unit_test(reads_and_writes_receiver_reports),
        cmocka_unit_test(takes_a_full_report_and_what_a_profile_adds),
        cmocka_unit_test(cumulative_loss_is_24_bits_signed),
        cmocka_unit_test(round_trip_time),
        cmocka_unit_test(ntp_time_of_wall_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
