#include "test.h"

#include "helpers.h"

/* RR of 0x11111111 without blocks, SDES with CNAME "ab", PLI. */
static const uint8_t compound[] = {
    0x80, 201, 0, 1, 0x11, 0x11, 0x11, 0x11,                                     /**/
    0x81, 202, 0, 3, 0x11, 0x11, 0x11, 0x11, 1,    2,    'a',  'b',  0, 0, 0, 0, /**/
    0x81, 206, 0, 2, 0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x22, 0x22,
};

static void walks_a_compound_packet(void **state) {
    (void)state;
    assert_int_equal(ptn_rtcp_check(ptn_bytes_of(compound, sizeof compound)), PTN_OK);
    static const struct {
        uint8_t type, count;
        size_t at, n;
    } expected[] = {{201, 0, 4, 4}, {202, 1, 12, 12}, {206, 1, 28, 8}};
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(compound, sizeof compound));
    struct ptn_rtcp_block b;
    for (size_t i = 0; i < 3; i++) {
        assert_true(ptn_rtcp_next(&r, &b));
        assert_int_equal(b.type, expected[i].type);
        assert_int_equal(b.count, expected[i].count);
        assert_ptr_equal(b.body.p, compound + expected[i].at);
        assert_int_equal(b.body.n, expected[i].n);
    }
    assert_false(ptn_rtcp_next(&r, &b));
    assert_false(r.bad);
}

static void refuses_every_truncation(void **state) {
    (void)state;
    for (size_t cut = 0; cut < sizeof compound; cut++) {
        uint8_t *copy = exact_copy(compound, cut);
        ptn_err err = ptn_rtcp_check(ptn_bytes_of(copy, cut));
        free(copy);
        bool at_border = cut == 8 || cut == 24; /* a shorter compound packet */
        CHECK((err == PTN_OK) == at_border, "cut to %zu", cut);
    }
}

static void checks_headers(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[12];
        size_t n;
        ptn_err err;
        size_t body; /* of the first block */
    } cases[] = {
        {"reduced size PLI", {0x81, 206, 0, 2, 1, 1, 1, 1, 2, 2, 2, 2}, 12, PTN_OK, 8},
        {"unknown type", {0x80, 210, 0, 0}, 4, PTN_OK, 0},
        {"empty BYE", {0x80, 203, 0, 0}, 4, PTN_OK, 0},
        {"version 1", {0x40, 201, 0, 1, 1, 1, 1, 1}, 8, PTN_EMALFORMED, 0},
        {"version 3", {0xc0, 201, 0, 1, 1, 1, 1, 1}, 8, PTN_EMALFORMED, 0},
        {"second has version 0", {0x80, 203, 0, 0, 0x00, 203, 0, 0}, 8, PTN_EMALFORMED, 0},
        {"length beyond the end", {0x80, 201, 0, 2, 1, 1, 1, 1}, 8, PTN_EMALFORMED, 4},
        {"longest length", {0x80, 201, 0xff, 0xff, 1, 1, 1, 1}, 8, PTN_EMALFORMED, 4},
        {"trailing word is no header",
         {0x80, 201, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0},
         12,
         PTN_EMALFORMED,
         4},
        {"padding of 4", {0xa0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 4}, 12, PTN_OK, 4},
        {"padding of everything", {0xa0, 210, 0, 1, 0, 0, 0, 4}, 8, PTN_OK, 0},
        {"padding of 0", {0xa0, 201, 0, 2, 1, 1, 1, 1, 0, 0, 0, 0}, 12, PTN_EMALFORMED, 0},
        {"padding beyond the body", {0xa0, 201, 0, 1, 0, 0, 0, 5}, 8, PTN_EMALFORMED, 0},
        {"padding without body", {0xa0, 203, 0, 0}, 4, PTN_EMALFORMED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *copy = exact_copy(cases[i].bytes, cases[i].n);
        struct ptn_bytes packet = ptn_bytes_of(copy, cases[i].n);
        CHECK(ptn_rtcp_check(packet) == cases[i].err, "%s", cases[i].name);
        struct ptn_rd r = ptn_rd_of(packet);
        struct ptn_rtcp_block b;
        if (cases[i].err == PTN_OK) {
            CHECK(ptn_rtcp_next(&r, &b) && b.body.n == cases[i].body, "%s", cases[i].name);
        } else {
            while (ptn_rtcp_next(&r, &b))
                ;
            CHECK(r.bad, "%s", cases[i].name);
        }
        free(copy);
    }
}

static void every_parser_refuses_other_kinds(void **state) {
    (void)state;
    static const uint8_t zeros[32];
    struct ptn_rtcp_sr sr;
    struct ptn_rtcp_rr rr;
    struct ptn_rtcp_bye bye;
    struct ptn_nack nack;
    struct ptn_pli pli;
    struct ptn_fir fir;
    struct ptn_remb remb;
    struct ptn_twcc_fb *fb = malloc(sizeof *fb);
    struct ptn_bytes cname;
    uint32_t ssrc;
    static const uint8_t kinds[][2] = {{200, 0},  {201, 0}, {202, 0}, {203, 0},  {205, 1},
                                       {205, 15}, {206, 1}, {206, 4}, {206, 15}, {207, 0}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct ptn_rtcp_block b = {kinds[i][0], kinds[i][1], ptn_bytes_of(zeros, sizeof zeros)};
        unsigned kind = kinds[i][0] * 100u + kinds[i][1];
        CHECK((ptn_rtcp_sr_parse(&b, &sr) == PTN_EPROTO) == (kind != 20000), "%u", kind);
        CHECK((ptn_rtcp_rr_parse(&b, &rr) == PTN_EPROTO) == (kind != 20100), "%u", kind);
        CHECK((ptn_rtcp_sdes_cname(&b, &ssrc, &cname) == PTN_EPROTO) == (kind != 20200), "%u",
              kind);
        CHECK((ptn_rtcp_bye_parse(&b, &bye) == PTN_EPROTO) == (kind != 20300), "%u", kind);
        CHECK((ptn_nack_parse(&b, &nack) == PTN_EPROTO) == (kind != 20501), "%u", kind);
        CHECK((ptn_twcc_fb_parse(&b, fb) == PTN_EPROTO) == (kind != 20515), "%u", kind);
        CHECK((ptn_pli_parse(&b, &pli) == PTN_EPROTO) == (kind != 20601), "%u", kind);
        CHECK((ptn_fir_parse(&b, &fir) == PTN_EPROTO) == (kind != 20604), "%u", kind);
        CHECK((ptn_remb_parse(&b, &remb) == PTN_EPROTO) == (kind != 20615), "%u", kind);
    }
    free(fb);
}

static void writers_poison_what_is_too_small(void **state) {
    (void)state;
    uint16_t seqs[] = {1, 100};
    struct ptn_rtcp_sr sr = {.report_count = 1};
    struct ptn_remb remb = {.count = 1};
    static const size_t full[] = {52, 24, 8, 20, 12, 20, 24};
    for (size_t kind = 0; kind < sizeof full / sizeof *full; kind++) {
        for (size_t cap = 0; cap <= full[kind]; cap++) {
            uint8_t *buf = malloc(cap ? cap : 1);
            struct ptn_wr w = ptn_wr_of(buf, cap);
            if (kind == 0)
                ptn_rtcp_sr_write(&w, &sr);
            else if (kind == 1)
                ptn_rtcp_sdes_write(&w, 1, "twelve bytes");
            else if (kind == 2)
                ptn_rtcp_bye_write(&w, 1);
            else if (kind == 3)
                ptn_nack_write(&w, 1, 2, seqs, 2);
            else if (kind == 4)
                ptn_pli_write(&w, 1, 2);
            else if (kind == 5)
                ptn_fir_write(&w, 1, 2, 3);
            else
                ptn_remb_write(&w, &remb);
            CHECK(w.bad == (cap < full[kind]), "kind %zu cap %zu", kind, cap);
            CHECK(ptn_wr_written(&w).n == (w.bad ? 0 : full[kind]), "kind %zu cap %zu", kind, cap);
            free(buf);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_a_compound_packet),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(checks_headers),
        cmocka_unit_test(every_parser_refuses_other_kinds),
        cmocka_unit_test(writers_poison_what_is_too_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
