#include "test.h"

#include "rtp/rtx.h"

/* clang-format off */
static const uint8_t rtx_bytes[] = {
    0xb1, 0xe1, 0x00, 0x07, 0, 0, 0x0f, 0xa0, 0xde, 0xad, 0xbe, 0xef,
    0, 0, 0, 9,                               /* CSRC */
    0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0,       /* extension 1 */
    0xff, 0xfe, 'p', 'a', 'y',                /* OSN 65534 */
    0, 0, 3,
};
static const uint8_t original[] = {
    0xb1, 0xe0, 0xff, 0xfe, 0, 0, 0x0f, 0xa0, 0xca, 0xfe, 0xba, 0xbe,
    0, 0, 0, 9,
    0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0,
    'p', 'a', 'y',
    0, 0, 3,
};
/* clang-format on */

static void becomes_the_original(void **state) {
    (void)state;
    uint8_t buf[sizeof rtx_bytes];
    size_t len = sizeof buf;
    memcpy(buf, rtx_bytes, sizeof buf);
    struct ptn_rtp rtp, again;
    assert_int_equal(ptn_rtp_parse(ptn_bytes_of(buf, len), &rtp), PTN_OK);
    assert_int_equal(ptn_rtx_unwrap(buf, &len, &rtp, 0xcafebabe, 0x60), PTN_OK);
    assert_int_equal(len, sizeof original);
    assert_memory_equal(buf, original, sizeof original);

    /* What was handed back is what a parser would say of it. */
    assert_int_equal(ptn_rtp_parse(ptn_bytes_of(buf, len), &again), PTN_OK);
    assert_int_equal(rtp.seq, again.seq);
    assert_int_equal(rtp.ssrc, again.ssrc);
    assert_int_equal(rtp.pt, again.pt);
    assert_int_equal(rtp.marker, again.marker);
    assert_int_equal(rtp.ts, again.ts);
    assert_int_equal(rtp.header_len, again.header_len);
    assert_int_equal(rtp.payload_len, again.payload_len);
    assert_int_equal(rtp.padding, again.padding);
    struct ptn_bytes ext = ptn_rtp_ext_find(&rtp, ptn_bytes_of(buf, len), 1);
    assert_int_equal(ext.n, 1);
    assert_int_equal(ext.p[0], 0xaa);
}

static void refuses_what_has_no_original(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[20];
        size_t n;
        ptn_err err;
    } cases[] = {
        {"padding only", {0xa0, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4}, 16, PTN_EPROTO},
        {"nothing at all", {0x80, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}, 12, PTN_EPROTO},
        {"half an OSN", {0x80, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9}, 13, PTN_EMALFORMED},
        {"half an OSN and padding",
         {0xa0, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 0, 2},
         15,
         PTN_EMALFORMED},
        {"an empty original", {0x80, 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 5}, 14, PTN_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t buf[20];
        size_t len = cases[i].n;
        memcpy(buf, cases[i].bytes, sizeof buf);
        struct ptn_rtp rtp;
        assert_int_equal(ptn_rtp_parse(ptn_bytes_of(buf, len), &rtp), PTN_OK);
        CHECK(ptn_rtx_unwrap(buf, &len, &rtp, 77, 96) == cases[i].err, "%s", cases[i].name);
        if (cases[i].err != PTN_OK) {
            CHECK(len == cases[i].n && memcmp(buf, cases[i].bytes, len) == 0, "%s", cases[i].name);
            CHECK(rtp.ssrc == 3 && rtp.seq == 1 && rtp.pt == 97, "%s", cases[i].name);
        } else {
            CHECK(len == 12 && rtp.seq == 5 && rtp.payload_len == 0, "%s", cases[i].name);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(becomes_the_original),
        cmocka_unit_test(refuses_what_has_no_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
