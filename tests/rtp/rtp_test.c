#include "test.h"

#include <stdlib.h>

#include "rtp/level.h"
#include "rtp/rtp.h"

#define FIXED(flags, second) flags, second, 0x12, 0x34, 0, 0, 0x0f, 0xa0, 0xde, 0xad, 0xbe, 0xef

struct want_ext {
    uint8_t id, len;
    uint16_t at;
};

static const struct {
    const char *name;
    uint8_t bytes[64];
    size_t n;
    uint16_t header_len, payload_len;
    uint8_t padding, ext_count;
    struct want_ext ext[6];
} good[] = {
    {"header only", {FIXED(0x80, 0x60)}, 12, 12, 0, 0, 0, {{0}}},
    {"payload", {FIXED(0x80, 0x60), 1, 2, 3}, 15, 12, 3, 0, 0, {{0}}},
    {"two CSRCs", {FIXED(0x82, 0x60), 0, 0, 0, 1, 0, 0, 0, 2, 9}, 21, 20, 1, 0, 0, {{0}}},
    {"padding", {FIXED(0xa0, 0x60), 7, 0, 0, 3}, 16, 12, 1, 3, 0, {{0}}},
    {"padding only", {FIXED(0xa0, 0x60), 0, 0, 0, 4}, 16, 12, 0, 4, 0, {{0}}},
    {"empty extension", {FIXED(0x90, 0x60), 0xbe, 0xde, 0, 0, 9}, 17, 16, 1, 0, 0, {{0}}},
    {"one-byte form: RFC 8285 4.2",
     {FIXED(0x90, 0x60), 0xbe, 0xde, 0, 3, 0x10, 0xaa, 0x21, 0xbb, 0xbb, 0, 0, 0x33, 0xcc, 0xcc,
      0xcc, 0xcc, 9},
     29,
     28,
     1,
     0,
     3,
     {{1, 1, 17}, {2, 2, 19}, {3, 4, 24}}},
    {"one-byte form, 16 bytes",
     {FIXED(0x90, 0x60),
      0xbe,
      0xde,
      0,
      5,
      0xef,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9,
      10,
      11,
      12,
      13,
      14,
      15,
      16,
      0,
      0,
      0},
     36,
     36,
     0,
     0,
     1,
     {{14, 16, 17}}},
    {"id 15 ends the block, whatever follows",
     {FIXED(0x90, 0x60), 0xbe, 0xde, 0, 2, 0x10, 0xaa, 0xff, 0x20, 0xbb, 0x20, 0xbb, 0},
     24,
     24,
     0,
     0,
     1,
     {{1, 1, 17}}},
    {"id 0 with a length ends it too",
     {FIXED(0x90, 0x60), 0xbe, 0xde, 0, 2, 0x10, 0xaa, 0x05, 0x20, 0xbb, 0x20, 0xbb, 0},
     24,
     24,
     0,
     0,
     1,
     {{1, 1, 17}}},
    {"two-byte form: RFC 8285 4.3",
     {FIXED(0x90, 0x60), 0x10, 0x00, 0, 3, 1, 0, 2, 1, 0xbb, 0, 3, 4, 0xcc, 0xcc, 0xcc, 0xcc, 9},
     29,
     28,
     1,
     0,
     3,
     {{1, 0, 18}, {2, 1, 20}, {3, 4, 24}}},
    {"two-byte form with appbits, id 200",
     {FIXED(0x90, 0x60), 0x10, 0x0f, 0, 1, 200, 2, 0xaa, 0xbb},
     20,
     20,
     0,
     0,
     1,
     {{200, 2, 18}}},
    {"two-byte form knows no stop: id 15",
     {FIXED(0x90, 0x60), 0x10, 0x00, 0, 2, 15, 1, 0xaa, 16, 1, 0xbb, 0, 0},
     24,
     24,
     0,
     0,
     2,
     {{15, 1, 18}, {16, 1, 21}}},
    {"another profile is skipped",
     {FIXED(0x90, 0x60), 0x11, 0x00, 0, 1, 0xff, 0xff, 0xff, 0xff, 9},
     21,
     20,
     1,
     0,
     0,
     {{0}}},
    {"CSRC, extension and padding",
     {FIXED(0xb1, 0x60), 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x50, 0x85, 0, 0, 7, 7, 0, 2},
     28,
     24,
     2,
     2,
     1,
     {{5, 1, 21}}},
};

static void parses(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct ptn_bytes packet = ptn_bytes_of(good[i].bytes, good[i].n);
        struct ptn_rtp rtp;
        CHECK(ptn_rtp_parse(packet, &rtp) == PTN_OK, "%s", good[i].name);
        CHECK(!rtp.marker && rtp.pt == 0x60 && rtp.seq == 0x1234 && rtp.ts == 4000 &&
                  rtp.ssrc == 0xdeadbeef,
              "%s", good[i].name);
        CHECK(rtp.header_len == good[i].header_len, "%s: %u", good[i].name, rtp.header_len);
        CHECK(rtp.payload_len == good[i].payload_len, "%s: %u", good[i].name, rtp.payload_len);
        CHECK(rtp.padding == good[i].padding, "%s: %u", good[i].name, rtp.padding);
        CHECK(rtp.ext_count == good[i].ext_count, "%s: %u", good[i].name, rtp.ext_count);
        for (size_t k = 0; k < rtp.ext_count; k++)
            CHECK(rtp.ext[k].id == good[i].ext[k].id && rtp.ext[k].len == good[i].ext[k].len &&
                      rtp.ext[k].at == good[i].ext[k].at,
                  "%s: element %zu is %u, %u, %u", good[i].name, k, rtp.ext[k].id, rtp.ext[k].len,
                  rtp.ext[k].at);
    }
}

/* A cut packet is refused, or has less payload: never is anything read beyond it. */
static void survives_every_truncation(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        for (size_t cut = 0; cut < good[i].n; cut++) {
            uint8_t *copy = malloc(cut ? cut : 1);
            memcpy(copy, good[i].bytes, cut);
            struct ptn_rtp rtp;
            ptn_err err = ptn_rtp_parse(ptn_bytes_of(copy, cut), &rtp);
            free(copy);
            CHECK(err == PTN_EMALFORMED || cut >= good[i].header_len, "%s cut to %zu", good[i].name,
                  cut);
            CHECK(err == PTN_EMALFORMED ||
                      (size_t)rtp.header_len + rtp.payload_len + rtp.padding == cut,
                  "%s cut to %zu", good[i].name, cut);
            bool has_padding = good[i].padding != 0;
            CHECK(err == PTN_OK || cut < good[i].header_len || has_padding, "%s cut to %zu",
                  good[i].name, cut);
        }
    }
}

static void refuses(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[32];
        size_t n;
    } bad[] = {
        {"nothing", {0}, 0},
        {"version 0", {FIXED(0x00, 0x60)}, 12},
        {"version 1", {FIXED(0x40, 0x60)}, 12},
        {"version 3", {FIXED(0xc0, 0x60)}, 12},
        {"fifteen CSRCs of which three",
         {FIXED(0x8f, 0x60), 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3},
         24},
        {"no room for an extension", {FIXED(0x90, 0x60), 0xbe, 0xde}, 14},
        {"extension beyond the end", {FIXED(0x90, 0x60), 0xbe, 0xde, 0, 2, 0, 0, 0, 0}, 20},
        {"extension of 65535 words", {FIXED(0x90, 0x60), 0xbe, 0xde, 0xff, 0xff, 0, 0, 0, 0}, 20},
        {"one-byte element beyond the block",
         {FIXED(0x90, 0x60), 0xbe, 0xde, 0, 1, 0x13, 1, 2, 3, 4, 5},
         22},
        {"two-byte element beyond the block",
         {FIXED(0x90, 0x60), 0x10, 0x00, 0, 1, 1, 3, 2, 3, 4, 5},
         22},
        {"two-byte element without length", {FIXED(0x90, 0x60), 0x10, 0x00, 0, 1, 0, 0, 0, 7}, 20},
        {"padding of nothing", {FIXED(0xa0, 0x60)}, 12},
        {"padding of zero bytes", {FIXED(0xa0, 0x60), 1, 2, 3, 0}, 16},
        {"padding into the header", {FIXED(0xa0, 0x60), 1, 2, 3, 5}, 16},
        {"padding into the extension",
         {FIXED(0xb0, 0x60), 0xbe, 0xde, 0, 1, 0x10, 1, 0, 0, 7, 3},
         22},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t *copy = malloc(bad[i].n ? bad[i].n : 1);
        memcpy(copy, bad[i].bytes, bad[i].n);
        struct ptn_rtp rtp = {.seq = 7};
        CHECK(ptn_rtp_parse(ptn_bytes_of(copy, bad[i].n), &rtp) == PTN_EMALFORMED, "%s",
              bad[i].name);
        CHECK(rtp.seq == 7, "%s", bad[i].name);
        free(copy);
    }
}

static void refuses_what_is_larger_than_a_packet(void **state) {
    (void)state;
    static const uint8_t big[1501] = {FIXED(0x80, 0x60)};
    struct ptn_rtp rtp;
    assert_int_equal(ptn_rtp_parse(ptn_bytes_of(big, 1500), &rtp), PTN_OK);
    assert_int_equal(rtp.payload_len, 1488);
    assert_int_equal(ptn_rtp_parse(ptn_bytes_of(big, 1501), &rtp), PTN_EMALFORMED);
}

static void reads_marker_and_payload_type(void **state) {
    (void)state;
    static const uint8_t bytes[] = {FIXED(0x80, 0xff)};
    struct ptn_rtp rtp;
    assert_int_equal(ptn_rtp_parse(ptn_bytes_of(bytes, sizeof bytes), &rtp), PTN_OK);
    assert_true(rtp.marker);
    assert_int_equal(rtp.pt, 127);
}

static void finds_extensions(void **state) {
    (void)state;
    /* id 2 twice: the first counts; id 3 is there, but empty */
    static const uint8_t bytes[] = {FIXED(0x90, 0x60), 0x10, 0, 0, 2, 2, 1, 0xaa, 2, 1, 0xbb, 3, 0};
    struct ptn_bytes packet = ptn_bytes_of(bytes, sizeof bytes);
    struct ptn_rtp rtp;
    assert_int_equal(ptn_rtp_parse(packet, &rtp), PTN_OK);
    assert_int_equal(rtp.ext_count, 3);
    struct ptn_bytes found = ptn_rtp_ext_find(&rtp, packet, 2);
    assert_int_equal(found.n, 1);
    assert_int_equal(found.p[0], 0xaa);
    assert_int_equal(ptn_rtp_ext_find(&rtp, packet, 3).n, 0);
    assert_int_equal(ptn_rtp_ext_find(&rtp, packet, 4).n, 0);
    assert_int_equal(ptn_rtp_ext_find(&rtp, packet, 0).n, 0);
}

static void looks_at_sixteen_elements_only(void **state) {
    (void)state;
    uint8_t bytes[16 + 40] = {FIXED(0x90, 0x60), 0x10, 0, 0, 10};
    for (uint8_t i = 0; i < 20; i++)
        bytes[16 + 2 * i] = (uint8_t)(i + 1); /* twenty empty ones */
    struct ptn_rtp rtp;
    assert_int_equal(ptn_rtp_parse(ptn_bytes_of(bytes, sizeof bytes), &rtp), PTN_OK);
    assert_int_equal(rtp.ext_count, PTN_RTP_EXT_MAX);
    assert_int_equal(rtp.ext[15].id, 16);
    assert_int_equal(rtp.payload_len, 0);
}

static void tells_rtcp_from_rtp(void **state) {
    (void)state;
    for (unsigned second = 0; second < 256; second++) {
        uint8_t bytes[] = {0x80, (uint8_t)second};
        bool is_rtcp = ptn_rtp_is_rtcp(ptn_bytes_of(bytes, 2));
        CHECK(is_rtcp == (second >= 192 && second <= 223), "%u", second);
    }
    uint8_t one[] = {200};
    assert_false(ptn_rtp_is_rtcp(ptn_bytes_of(one, 1)));
    assert_false(ptn_rtp_is_rtcp(ptn_bytes_of(one, 0)));
}

static const uint8_t twenty[20] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

static void writes_headers(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct ptn_rtp_ext_out ext[3];
        size_t ext_n;
        uint8_t bytes[48];
        size_t n;
    } cases[] = {
        {"no extension", {{0}}, 0, {FIXED(0x80, 0xe0)}, 12},
        {"one-byte form",
         {{1, {twenty, 1}}, {14, {twenty, 3}}},
         2,
         {FIXED(0x90, 0xe0), 0xbe, 0xde, 0, 2, 0x10, 1, 0xe2, 1, 2, 3, 0, 0},
         24},
        {"one-byte form without padding",
         {{4, {twenty, 3}}},
         1,
         {FIXED(0x90, 0xe0), 0xbe, 0xde, 0, 1, 0x42, 1, 2, 3},
         20},
        {"two-byte form for id 15",
         {{15, {twenty, 1}}},
         1,
         {FIXED(0x90, 0xe0), 0x10, 0, 0, 1, 15, 1, 1, 0},
         20},
        {"two-byte form for an empty value",
         {{3, {twenty, 0}}, {4, {twenty, 1}}},
         2,
         {FIXED(0x90, 0xe0), 0x10, 0, 0, 2, 3, 0, 4, 1, 1, 0, 0, 0},
         24},
        {"two-byte form for 17 bytes",
         {{3, {twenty, 17}}},
         1,
         {FIXED(0x90, 0xe0),
          0x10,
          0,
          0,
          5,
          3,
          17,
          1,
          2,
          3,
          4,
          5,
          6,
          7,
          8,
          9,
          10,
          11,
          12,
          13,
          14,
          15,
          16,
          17,
          0},
         36},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t cap = 0; cap <= cases[i].n; cap++) {
            uint8_t *buf = malloc(cap ? cap : 1);
            struct ptn_wr w = ptn_wr_of(buf, cap);
            ptn_rtp_write_header(&w, true, 0x60, 0x1234, 4000, 0xdeadbeef, cases[i].ext,
                                 cases[i].ext_n);
            CHECK(w.bad == (cap < cases[i].n), "%s in %zu bytes", cases[i].name, cap);
            CHECK(w.bad || (w.len == cases[i].n && memcmp(buf, cases[i].bytes, w.len) == 0), "%s",
                  cases[i].name);
            free(buf);
        }
    }
}

static void does_not_write_what_no_form_carries(void **state) {
    (void)state;
    static const uint8_t big[256];
    const struct ptn_rtp_ext_out bad[] = {{0, {twenty, 1}}, {1, {big, 256}}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t buf[400];
        struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
        ptn_rtp_write_header(&w, false, 0, 0, 0, 0, &bad[i], 1);
        CHECK(w.bad, "case %zu", i);
    }
}

static void audio_levels(void **state) {
    (void)state;
    static const struct {
        uint8_t wire;
        bool has_voice;
        uint8_t dbov;
    } cases[] = {{0x00, false, 0}, {0x7f, false, 127}, {0x80, true, 0}, {0xaf, true, 47}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_level level;
        CHECK(ptn_level_parse(ptn_bytes_of(&cases[i].wire, 1), &level), "case %zu", i);
        CHECK(level.has_voice == cases[i].has_voice && level.dbov == cases[i].dbov, "case %zu", i);
        CHECK(ptn_level_write(level) == cases[i].wire, "case %zu", i);
    }
    struct ptn_level level = {.dbov = 9};
    assert_false(ptn_level_parse((struct ptn_bytes){0}, &level));
    assert_int_equal(level.dbov, 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_what_is_larger_than_a_packet),
        cmocka_unit_test(reads_marker_and_payload_type),
        cmocka_unit_test(finds_extensions),
        cmocka_unit_test(looks_at_sixteen_elements_only),
        cmocka_unit_test(tells_rtcp_from_rtp),
        cmocka_unit_test(writes_headers),
        cmocka_unit_test(does_not_write_what_no_form_carries),
        cmocka_unit_test(audio_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
