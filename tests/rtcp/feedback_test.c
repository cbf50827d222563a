#include "test.h"

#include "helpers.h"

static ptn_err parse_nack(const struct ptn_rtcp_block *b) {
    struct ptn_nack n;
    return ptn_nack_parse(b, &n);
}

static ptn_err parse_pli(const struct ptn_rtcp_block *b) {
    struct ptn_pli p;
    return ptn_pli_parse(b, &p);
}

static void packs_sequence_numbers(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint16_t seqs[20];
        size_t n;
        uint16_t items[8][2];
        size_t items_n;
    } cases[] = {
        {"one", {7}, 1, {{7, 0}}, 1},
        {"neighbours", {7, 8}, 2, {{7, 0x0001}}, 1},
        {"the sixteenth after", {7, 23}, 2, {{7, 0x8000}}, 1},
        {"the seventeenth after", {7, 24}, 2, {{7, 0}, {24, 0}}, 2},
        {"a run of eighteen",
         {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17},
         18,
         {{0, 0xffff}, {17, 0}},
         2},
        {"across the wrap", {65534, 65535, 0, 14, 15}, 5, {{65534, 0x8003}, {15, 0}}, 2},
        {"twice the same", {5, 5, 6}, 3, {{5, 1}}, 1},
        {"far apart", {1, 1000, 30000}, 3, {{1, 0}, {1000, 0}, {30000, 0}}, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t buf[64];
        struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
        ptn_nack_write(&w, 1, 2, cases[i].seqs, cases[i].n);
        CHECK(w.len == 12 + 4 * cases[i].items_n, "%s: %zu", cases[i].name, w.len);
        struct ptn_rtcp_block b = block_of(buf, w.len);
        struct ptn_nack n;
        assert_int_equal(ptn_nack_parse(&b, &n), PTN_OK);
        assert_int_equal(n.sender_ssrc, 1);
        assert_int_equal(n.media_ssrc, 2);
        assert_int_equal(n.count, cases[i].items_n);
        for (size_t k = 0; k < n.count; k++)
            CHECK(n.item[k].pid == cases[i].items[k][0] && n.item[k].blp == cases[i].items[k][1],
                  "%s: item %zu is %u %04x", cases[i].name, k, n.item[k].pid, n.item[k].blp);
    }
}

static void nack_bytes(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x81, 205,  0x00, 0x03, 0x01, 0x02, 0x03, 0x04,
                                       0xf1, 0xf2, 0xf3, 0xf4, 0x12, 0x34, 0x00, 0x05};
    const uint16_t seqs[] = {0x1234, 0x1235, 0x1237};
    uint8_t buf[64];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_nack_write(&w, 0x01020304, 0xf1f2f3f4, seqs, 3);
    assert_int_equal(w.len, sizeof expected);
    assert_memory_equal(buf, expected, sizeof expected);
    check_truncations(expected, sizeof expected, parse_nack, 12);

    w = ptn_wr_of(buf, sizeof buf);
    ptn_nack_write(&w, 1, 2, seqs, 0);
    assert_int_equal(w.len, 0);
    assert_false(w.bad);
}

static void long_nack_lists_are_read_up_to_the_limit(void **state) {
    (void)state;
    uint16_t seqs[70];
    for (unsigned i = 0; i < 70; i++)
        seqs[i] = (uint16_t)(i * 100);
    uint8_t buf[400];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_nack_write(&w, 1, 2, seqs, 70);
    assert_int_equal(w.len, 12 + 70 * 4);
    struct ptn_rtcp_block b = block_of(buf, w.len);
    struct ptn_nack n;
    assert_int_equal(ptn_nack_parse(&b, &n), PTN_OK);
    assert_int_equal(n.count, PTN_NACK_MAX);
    assert_int_equal(n.item[PTN_NACK_MAX - 1].pid, (PTN_NACK_MAX - 1) * 100);
}

static void picture_loss(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x81, 206, 0, 2, 0, 0, 0, 1, 0xff, 0, 0, 2};
    uint8_t buf[16];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_pli_write(&w, 1, 0xff000002);
    assert_int_equal(w.len, sizeof expected);
    assert_memory_equal(buf, expected, sizeof expected);
    struct ptn_rtcp_block b = BLOCK(expected);
    struct ptn_pli pli;
    assert_int_equal(ptn_pli_parse(&b, &pli), PTN_OK);
    assert_int_equal(pli.sender_ssrc, 1);
    assert_int_equal(pli.media_ssrc, 0xff000002);
    check_truncations(expected, sizeof expected, parse_pli, 8);
}

static void full_intra_request(void **state) {
    (void)state;
    static const uint8_t expected[] = {0x84, 206, 0, 4, 0,    0, 0, 1, 0, 0,
                                       0,    0,   0, 0, 0xab, 2, 9, 0, 0, 0};
    uint8_t buf[32];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_fir_write(&w, 1, 0xab02, 9);
    assert_int_equal(w.len, sizeof expected);
    assert_memory_equal(buf, expected, sizeof expected);

    struct ptn_rtcp_block b = BLOCK(expected);
    struct ptn_fir fir;
    assert_int_equal(ptn_fir_parse(&b, &fir), PTN_OK);
    assert_int_equal(fir.sender_ssrc, 1);
    assert_int_equal(fir.count, 1);
    assert_int_equal(fir.item[0].ssrc, 0xab02);
    assert_int_equal(fir.item[0].seq, 9);
    for (size_t cut = 0; cut < 16; cut++) {
        b.body.n = cut;
        CHECK(ptn_fir_parse(&b, &fir) == PTN_EMALFORMED, "cut to %zu", cut);
    }
}

static void long_fir_lists_are_read_up_to_the_limit(void **state) {
    (void)state;
    uint8_t body[8 + 8 * 10] = {0};
    for (uint8_t i = 0; i < 10; i++)
        body[8 + 8 * i + 3] = i;
    struct ptn_rtcp_block b = {206, 4, ptn_bytes_of(body, sizeof body)};
    struct ptn_fir fir;
    assert_int_equal(ptn_fir_parse(&b, &fir), PTN_OK);
    assert_int_equal(fir.count, PTN_FIR_MAX);
    assert_int_equal(fir.item[PTN_FIR_MAX - 1].ssrc, PTN_FIR_MAX - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_sequence_numbers),
        cmocka_unit_test(nack_bytes),
        cmocka_unit_test(long_nack_lists_are_read_up_to_the_limit),
        cmocka_unit_test(picture_loss),
        cmocka_unit_test(full_intra_request),
        cmocka_unit_test(long_fir_lists_are_read_up_to_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
