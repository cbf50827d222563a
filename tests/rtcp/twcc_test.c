#include "test.h"

#include "helpers.h"

static struct ptn_twcc_fb fb; /* too large for a stack */

static ptn_err parse_fb(const struct ptn_rtcp_block *b) {
    return ptn_twcc_fb_parse(b, &fb);
}

/* Base 65533, nine packets, reference 5 * 64 ms, message 200. Chunks: a run of two small ones; a
 * 2-bit vector of lost, large, small, lost, lost, large, small. Deltas: 0, 255, 300, 1, -2, 4. */
static const uint8_t mixed[] = {
    0x8f, 205,  0,    8,    0, 0,    0,    1,   0, 0, 0, 2, /**/
    0xff, 0xfd, 0,    9,    0, 0,    5,    200,             /**/
    0x20, 0x02, 0xc9, 0x09,                                 /**/
    0,    255,  0x01, 0x2c, 1, 0xff, 0xfe, 4,   0, 0, 0, 0,
};

static void reads_bytes(void **state) {
    (void)state;
    static const struct {
        bool received;
        int64_t at_us;
    } expected[] = {
        {true, 0},  {true, 63750}, {false, 0},     {true, 138750}, {true, 139000},
        {false, 0}, {false, 0},    {true, 138500}, {true, 139500},
    };
    struct ptn_rtcp_block b = BLOCK(mixed);
    assert_int_equal(ptn_twcc_fb_parse(&b, &fb), PTN_OK);
    assert_int_equal(fb.sender_ssrc, 1);
    assert_int_equal(fb.media_ssrc, 2);
    assert_int_equal(fb.base_seq, 65533);
    assert_int_equal(fb.fb_count, 200);
    assert_int_equal(fb.reference_us, 320000);
    assert_int_equal(fb.count, 9);
    for (size_t i = 0; i < 9; i++)
        CHECK(fb.packet[i].received == expected[i].received &&
                  fb.packet[i].at_us == expected[i].at_us,
              "packet %zu at %ld", i, (long)fb.packet[i].at_us);
    check_truncations(mixed, sizeof mixed, parse_fb, sizeof mixed - 4 - 4);
}

/* The status chunks drawn in the draft, 3.1.3 and 3.1.4. */
static void reads_the_drafts_chunks(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint16_t chunk;
        size_t count;
        const char *status; /* '.': lost, 's': received with one byte of delta */
    } cases[] = {
        {"1-bit: lost, 5 received, 3 lost, 3 received, 2 lost", 0x9f1c, 14, ".sssss...sss.."},
        {"the same, cut short by the count", 0x9f1c, 3, ".ss"},
        {"2-bit: lost, 5 received, lost", 0xc554, 7, ".sssss."},
        {"run of 5 received", 0x2005, 5, "sssss"},
        {"run longer than the count", 0x2fff, 5, "sssss"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t body[32] = {[11] = (uint8_t)cases[i].count,
                            [16] = (uint8_t)(cases[i].chunk >> 8),
                            (uint8_t)cases[i].chunk};
        memset(body + 18, 4, 14);
        struct ptn_rtcp_block b = {205, 15, ptn_bytes_of(body, sizeof body)};
        CHECK(ptn_twcc_fb_parse(&b, &fb) == PTN_OK, "%s", cases[i].name);
        assert_int_equal(fb.count, cases[i].count);
        for (size_t k = 0; k < fb.count; k++)
            CHECK(fb.packet[k].received == (cases[i].status[k] == 's'), "%s: packet %zu",
                  cases[i].name, k);
    }
}

static void run_of_221_lost(void **state) {
    (void)state;
    uint8_t body[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 222, 0, 0, 0, 0, 0x00, 0xdd, 0x20, 1, 8, 0};
    struct ptn_rtcp_block b = {205, 15, ptn_bytes_of(body, sizeof body)};
    assert_int_equal(ptn_twcc_fb_parse(&b, &fb), PTN_OK);
    assert_int_equal(fb.count, 222);
    for (size_t i = 0; i < 221; i++)
        assert_false(fb.packet[i].received);
    assert_true(fb.packet[221].received);
    assert_int_equal(fb.packet[221].at_us, 2000);
}

static void reference_time_is_signed(void **state) {
    (void)state;
    static const struct {
        uint8_t wire[3];
        int64_t us;
    } cases[] = {
        {{0, 0, 1}, 64000},
        {{0x7f, 0xff, 0xff}, INT64_C(536870848000)},
        {{0x80, 0, 0}, INT64_C(-536870912000)},
        {{0xff, 0xff, 0xff}, -64000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[sizeof mixed];
        memcpy(bytes, mixed, sizeof bytes);
        memcpy(bytes + 16, cases[i].wire, 3);
        struct ptn_rtcp_block b = BLOCK(bytes);
        assert_int_equal(ptn_twcc_fb_parse(&b, &fb), PTN_OK);
        CHECK(fb.reference_us == cases[i].us, "case %zu", i);
    }
}

static void refuses(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint16_t count, chunk;
        ptn_err err;
    } cases[] = {
        {"no packets", 0, 0x2001, PTN_EMALFORMED},
        {"symbol 3 in a run", 1, 0x6001, PTN_EMALFORMED},
        {"symbol 3 in a vector", 7, 0xc003, PTN_EMALFORMED},
        {"symbol 3 behind the count", 6, 0xc003, PTN_OK},
        {"too few chunks", 3, 0x0002, PTN_EMALFORMED},
        {"empty runs to the end", 1, 0x0000, PTN_EMALFORMED},
        {"all deltas there", 8, 0x2008, PTN_OK},
        {"deltas missing", 9, 0x2009, PTN_EMALFORMED},
        {"as many as we take", 1024, 0x1fff, PTN_OK},
        {"one more", 1025, 0x1fff, PTN_ELIMIT},
        {"as many as can be said", 65535, 0x1fff, PTN_ELIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t body[26] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0};
        ptn_put_u16(body + 10, cases[i].count);
        ptn_put_u16(body + 16, cases[i].chunk);
        struct ptn_rtcp_block b = {205, 15, ptn_bytes_of(body, sizeof body)};
        fb.count = 77;
        ptn_err err = ptn_twcc_fb_parse(&b, &fb);
        CHECK(err == cases[i].err, "%s: %s", cases[i].name, ptn_err_name(err));
        CHECK(fb.count == (err == PTN_OK ? cases[i].count : 77), "%s", cases[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_bytes),     cmocka_unit_test(reads_the_drafts_chunks),
        cmocka_unit_test(run_of_221_lost), cmocka_unit_test(reference_time_is_signed),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
