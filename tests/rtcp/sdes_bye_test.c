#include "test.h"

#include "helpers.h"

static ptn_err parse_sdes(const struct ptn_rtcp_block *b) {
    uint32_t ssrc;
    struct ptn_bytes cname;
    return ptn_rtcp_sdes_cname(b, &ssrc, &cname);
}

static ptn_err parse_bye(const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_bye bye;
    return ptn_rtcp_bye_parse(b, &bye);
}

static void writes_a_cname(void **state) {
    (void)state;
    static const struct {
        const char *cname;
        uint8_t bytes[24];
        size_t n;
    } cases[] = {
        {"janus", {0x81, 202, 0, 3, 0, 0, 0, 9, 1, 5, 'j', 'a', 'n', 'u', 's', 0}, 16},
        {"four", {0x81, 202, 0, 3, 0, 0, 0, 9, 1, 4, 'f', 'o', 'u', 'r', 0, 0}, 16},
        /* the text ends a word: the end mark takes another one */
        {"sixsix",
         {0x81, 202, 0, 4, 0, 0, 0, 9, 1, 6, 's', 'i', 'x', 's', 'i', 'x', 0, 0, 0, 0},
         20},
        {"", {0x81, 202, 0, 2, 0, 0, 0, 9, 1, 0, 0, 0}, 12},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t buf[64];
        struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
        ptn_rtcp_sdes_write(&w, 9, cases[i].cname);
        CHECK(w.len == cases[i].n && memcmp(buf, cases[i].bytes, w.len) == 0, "%s", cases[i].cname);
        struct ptn_rtcp_block b = block_of(buf, w.len);
        uint32_t ssrc = 0;
        struct ptn_bytes cname;
        assert_int_equal(ptn_rtcp_sdes_cname(&b, &ssrc, &cname), PTN_OK);
        assert_int_equal(ssrc, 9);
        CHECK(ptn_bytes_eq(cname, ptn_bytes_str(cases[i].cname)), "%s", cases[i].cname);
        /* up to the end mark all is needed, the padding is not */
        check_truncations(buf, w.len, parse_sdes, 4 + 2 + strlen(cases[i].cname) + 1);
    }
}

static void cuts_a_long_cname(void **state) {
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text);
    text[299] = 0;
    uint8_t buf[400];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtcp_sdes_write(&w, 1, text);
    struct ptn_rtcp_block b = block_of(buf, w.len);
    uint32_t ssrc;
    struct ptn_bytes cname;
    assert_int_equal(ptn_rtcp_sdes_cname(&b, &ssrc, &cname), PTN_OK);
    assert_int_equal(cname.n, 255);
}

static void finds_the_cname_among_items(void **state) {
    (void)state;
    /* NAME "n", CNAME "c@h", end; a second chunk. */
    static const uint8_t named[] = {0x82, 202, 0, 6, 0, 0, 0, 5, 2, 1, 'n', 1, 3, 'c',
                                    '@',  'h', 0, 0, 0, 0, 0, 6, 1, 1, 'x', 0, 0, 0};
    struct ptn_rtcp_block b = BLOCK(named);
    uint32_t ssrc;
    struct ptn_bytes cname;
    assert_int_equal(ptn_rtcp_sdes_cname(&b, &ssrc, &cname), PTN_OK);
    assert_int_equal(ssrc, 5);
    assert_true(ptn_bytes_eq(cname, ptn_bytes_str("c@h")));

    static const uint8_t twice[] = {0x81, 202, 0, 3, 0, 0, 0, 5, 1, 1, 'a', 1, 1, 'b', 0, 0};
    b = BLOCK(twice);
    assert_int_equal(ptn_rtcp_sdes_cname(&b, &ssrc, &cname), PTN_OK);
    assert_true(ptn_bytes_eq(cname, ptn_bytes_str("a")));

    static const uint8_t nameless[] = {0x81, 202, 0, 3, 0, 0, 0, 5, 2, 1, 'n', 0, 0, 0, 0, 0};
    b = BLOCK(nameless);
    assert_int_equal(ptn_rtcp_sdes_cname(&b, &ssrc, &cname), PTN_OK);
    assert_int_equal(cname.n, 0);
    assert_int_equal(ssrc, 5);

    static const uint8_t chunkless[] = {0x80, 202, 0, 0};
    b = BLOCK(chunkless);
    assert_int_equal(ptn_rtcp_sdes_cname(&b, &ssrc, &cname), PTN_OK);
    assert_int_equal(cname.n, 0);
    assert_int_equal(ssrc, 0);
}

static void refuses_items_that_run_out(void **state) {
    (void)state;
    static const uint8_t endless[] = {0x81, 202, 0, 2, 0, 0, 0, 5, 1, 2, 'a', 'b'};
    static const uint8_t too_long[] = {0x81, 202, 0, 2, 0, 0, 0, 5, 1, 3, 'a', 0};
    struct ptn_rtcp_block a = BLOCK(endless), b = BLOCK(too_long);
    assert_int_equal(parse_sdes(&a), PTN_EMALFORMED);
    assert_int_equal(parse_sdes(&b), PTN_EMALFORMED);
}

static void says_goodbye(void **state) {
    (void)state;
    static const uint8_t written[] = {0x81, 203, 0, 1, 0xca, 0xfe, 0xba, 0xbe};
    uint8_t buf[16];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtcp_bye_write(&w, 0xcafebabe);
    assert_int_equal(w.len, sizeof written);
    assert_memory_equal(buf, written, sizeof written);

    static const uint8_t two[] = {0x82, 203, 0, 4,   0,   0,   0,   1,   0, 0,
                                  0,    2,   5, 'a', 'd', 'i', 'e', 'u', 0, 0};
    struct ptn_rtcp_block b = BLOCK(two);
    struct ptn_rtcp_bye bye;
    assert_int_equal(ptn_rtcp_bye_parse(&b, &bye), PTN_OK);
    assert_int_equal(bye.ssrc_count, 2);
    assert_int_equal(bye.ssrc[0], 1);
    assert_int_equal(bye.ssrc[1], 2);
    check_truncations(two, sizeof two, parse_bye, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_cname),
        cmocka_unit_test(cuts_a_long_cname),
        cmocka_unit_test(finds_the_cname_among_items),
        cmocka_unit_test(refuses_items_that_run_out),
        cmocka_unit_test(says_goodbye),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
