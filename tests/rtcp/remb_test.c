#include "test.h"

#include "helpers.h"

/* Exponent 2 in the top six bits, mantissa 250,000 = 0x3d090: 1,000,000 bit/s. */
static const uint8_t remb_bytes[] = {
    0x8f, 206,  0,    6,    0, 0, 0, 1,    0, 0, 0, 0,    'R', 'E', 'M', 'B', /**/
    2,    0x0b, 0xd0, 0x90, 0, 0, 0, 0xaa, 0, 0, 0, 0xbb,
};

static ptn_err parse_remb(const struct ptn_rtcp_block *b) {
    struct ptn_remb remb;
    return ptn_remb_parse(b, &remb);
}

static void reads_bytes(void **state) {
    (void)state;
    struct ptn_rtcp_block b = BLOCK(remb_bytes);
    struct ptn_remb remb;
    assert_int_equal(ptn_remb_parse(&b, &remb), PTN_OK);
    assert_int_equal(remb.sender_ssrc, 1);
    assert_int_equal(remb.bitrate, 1000000);
    assert_int_equal(remb.count, 2);
    assert_int_equal(remb.ssrc[0], 0xaa);
    assert_int_equal(remb.ssrc[1], 0xbb);
    check_truncations(remb_bytes, sizeof remb_bytes, parse_remb, sizeof remb_bytes - 4);

    uint8_t buf[64];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_remb_write(&w, &remb);
    assert_int_equal(w.len, sizeof remb_bytes);
    assert_memory_equal(buf, remb_bytes, sizeof remb_bytes);
}

static void bitrates(void **state) {
    (void)state;
    static const struct {
        uint64_t bitrate;
        uint8_t wire[3];
        uint64_t back;
    } cases[] = {
        {0, {0, 0, 0}, 0},
        {1, {0, 0, 1}, 1},
        {262143, {0x03, 0xff, 0xff}, 262143}, /* the largest without exponent */
        {262144, {0x06, 0, 0}, 262144},
        {262145, {0x06, 0, 0}, 262144}, /* rounded down */
        {2500000, {0x12, 0x62, 0x5a}, 2500000},
        {UINT64_C(10000000000), {0x42, 0x54, 0x0b}, UINT64_C(9999941632)},
        {UINT64_MAX, {0xbb, 0xff, 0xff}, UINT64_C(0xffffc00000000000)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_remb remb = {.bitrate = cases[i].bitrate, .count = 1}, back;
        uint8_t buf[24];
        struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
        ptn_remb_write(&w, &remb);
        CHECK(memcmp(buf + 17, cases[i].wire, 3) == 0, "%llu: %02x%02x%02x",
              (unsigned long long)cases[i].bitrate, buf[17], buf[18], buf[19]);
        struct ptn_rtcp_block b = BLOCK(buf);
        assert_int_equal(ptn_remb_parse(&b, &back), PTN_OK);
        CHECK(back.bitrate == cases[i].back, "%llu: %llu", (unsigned long long)cases[i].bitrate,
              (unsigned long long)back.bitrate);
    }
}

static void refuses(void **state) {
    (void)state;
    uint8_t bytes[sizeof remb_bytes];
    struct ptn_remb remb = {.bitrate = 77};
    memcpy(bytes, remb_bytes, sizeof bytes);
    struct ptn_rtcp_block b = BLOCK(bytes);

    bytes[12] = 'X'; /* another application's feedback */
    assert_int_equal(ptn_remb_parse(&b, &remb), PTN_EUNSUPPORTED);
    bytes[12] = 'R';
    bytes[16] = 3; /* more SSRCs than there are */
    assert_int_equal(ptn_remb_parse(&b, &remb), PTN_EMALFORMED);
    bytes[16] = 2;
    bytes[17] = 0xff; /* 2^63 times something: no such rate */
    assert_int_equal(ptn_remb_parse(&b, &remb), PTN_EMALFORMED);
    assert_int_equal(remb.bitrate, 77);
}

static void long_lists_are_read_up_to_the_limit(void **state) {
    (void)state;
    uint8_t body[16 + 4 * 255] = {[8] = 'R', 'E', 'M', 'B', 255, 0, 0, 5};
    body[16 + 4 * 15 + 3] = 15;
    struct ptn_rtcp_block b = {206, 15, ptn_bytes_of(body, sizeof body)};
    struct ptn_remb remb;
    assert_int_equal(ptn_remb_parse(&b, &remb), PTN_OK);
    assert_int_equal(remb.count, PTN_REMB_MAX);
    assert_int_equal(remb.ssrc[15], 15);
    assert_int_equal(remb.bitrate, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_bytes),
        cmocka_unit_test(bitrates),
        cmocka_unit_test(refuses),
        cmocka_unit_test(long_lists_are_read_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
