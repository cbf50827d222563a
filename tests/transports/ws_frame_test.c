#include "test.h"

#include <stdio.h>

#include "transports/web/ws_accept.h"
#include "transports/web/ws_frame.h"

/* What a parser makes of some bytes, as text: B<opcode>[F] d<bytes> E, or BAD. */
static void describe(const uint8_t *bytes, size_t len, size_t step, char *out, size_t cap) {
    struct ws_parser p;
    uint8_t copy[512];
    size_t n = 0, pos = 0;
    memcpy(copy, bytes, len);
    ws_parser_init(&p);
    out[0] = '\0';
    do {
        size_t part = len - pos < step ? len - pos : step;
        struct ptn_bytes in = ptn_bytes_of(copy + pos, part), data;
        enum ws_event e;
        pos += part;
        while ((e = ws_parse(&p, &in, &data)) != WS_MORE) {
            if (e == WS_BEGIN)
                n += (size_t)snprintf(out + n, cap - n, "B%u%s ", p.opcode, p.fin ? "F" : "");
            else if (e == WS_DATA)
                n += (size_t)snprintf(out + n, cap - n, "%.*s", (int)data.n, (const char *)data.p);
            else if (e == WS_END)
                n += (size_t)snprintf(out + n, cap - n, "E ");
            else {
                snprintf(out + n, cap - n, "BAD");
                return;
            }
        }
    } while (pos < len);
}

static void frames(void **state) {
    /* RFC 6455 5.7: a masked "Hello", and the same in two fragments with a ping between */
    static const struct {
        uint8_t bytes[64];
        size_t n;
        const char *expected;
    } cases[] = {
        {{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}, 11, "B1F HelloE "},
        {{0x01, 0x83, 0, 0,    0,    0, 'H', 'e', 'l', 0x89, 0x80, 1,
          2,    3,    4, 0x80, 0x82, 0, 0,   0,   0,   'l',  'o'},
         23,
         "B1 HelE B9F E B0F loE "},
        {{0x82, 0x80, 1, 2, 3, 4}, 6, "B2F E "},
        {{0x88, 0x82, 0, 0, 0, 0, 'c', 'd'}, 8, "B8F cdE "},
        {{0x81, 0x05, 'H', 'e', 'l', 'l', 'o'}, 7, "BAD"},                  /* not masked */
        {{0xc1, 0x80, 0, 0, 0, 0}, 6, "BAD"},                               /* reserved bit */
        {{0x83, 0x80, 0, 0, 0, 0}, 6, "BAD"},                               /* reserved opcode */
        {{0x8b, 0x80, 0, 0, 0, 0}, 6, "BAD"},                               /* reserved control */
        {{0x80, 0x80, 0, 0, 0, 0}, 6, "BAD"},                               /* continues nothing */
        {{0x01, 0x80, 0, 0, 0, 0, 0x81, 0x80, 0, 0, 0, 0}, 12, "B1 E BAD"}, /* two at once */
        {{0x09, 0x80, 0, 0, 0, 0}, 6, "BAD"},                               /* fragmented ping */
        {{0x89, 0xfe, 0, 126, 0, 0, 0, 0}, 8, "BAD"},                       /* long ping */
        {{0x81, 0xfe, 0, 125, 0, 0, 0, 0}, 8, "BAD"}, /* not the shortest form */
        {{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}, 14, "BAD"},
        {{0x81, 0xff, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, 14, "BAD"}, /* 2^63 and more */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t step = 1; step <= cases[i].n; step++) {
            char out[256];
            describe(cases[i].bytes, cases[i].n, step, out, sizeof out);
            CHECK(strcmp(out, cases[i].expected) == 0, "case %zu step %zu: %s", i, step, out);
        }
}

static void truncations_end_nothing(void **state) {
    static const uint8_t bytes[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d,
                                    0x7f, 0x9f, 0x4d, 0x51, 0x58};
    (void)state;
    for (size_t n = 0; n < sizeof bytes; n++) {
        char out[64];
        describe(bytes, n, 2, out, sizeof out);
        CHECK(strchr(out, 'E') == NULL && strstr(out, "BAD") == NULL, "length %zu: %s", n, out);
    }
}

static void headers(void **state) {
    static const struct {
        size_t payload;
        uint8_t bytes[10];
        size_t n;
    } cases[] = {
        {0, {0x81, 0}, 2},
        {125, {0x81, 125}, 2},
        {126, {0x81, 126, 0, 126}, 4},
        {65535, {0x81, 126, 0xff, 0xff}, 4},
        {65536, {0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 10},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t out[WS_HEADER_MAX];
        assert_int_equal(ws_header_write(WS_TEXT, cases[i].payload, out), cases[i].n);
        assert_memory_equal(out, cases[i].bytes, cases[i].n);
    }
}

static void utf8(void **state) {
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\xc2\x80\xdf\xbf", true},
        {"\xe0\xa0\x80\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true},
        {"\xc1\xbf", false},         /* overlong */
        {"\xe0\x9f\xbf", false},     /* overlong */
        {"\xf0\x8f\xbf\xbf", false}, /* overlong */
        {"\xed\xa0\x80", false},     /* surrogate */
        {"\xf4\x90\x80\x80", false}, /* beyond U+10FFFF */
        {"\xf8\x88\x80\x80\x80", false},
        {"\x80", false},
        {"\xc3", false},
        {"\xe2\x82", false},
        {"\xc3(", false},
        {"\xff", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(ws_utf8_ok(ptn_bytes_str(cases[i].text)) == cases[i].ok, "case %zu", i);
}

static void close_codes(void **state) {
    static const unsigned good[] = {1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 4999};
    static const unsigned bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(ws_close_code_ok(good[i]), "%u", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!ws_close_code_ok(bad[i]), "%u", bad[i]);
}

static void handshake_key(void **state) {
    char accept[WS_ACCEPT_TEXT];
    (void)state; /* RFC 6455 1.3 */
    assert_true(ws_accept_of(ptn_bytes_str("dGhlIHNhbXBsZSBub25jZQ=="), accept));
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    static const char *const bad[] = {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
                                      "dGhlIHNhbXBsZSBub25jZQaa", "dGhlIHNhbXBsZSBub25j Q=="};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!ws_accept_of(ptn_bytes_str(bad[i]), accept), "%s", bad[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),      cmocka_unit_test(truncations_end_nothing),
        cmocka_unit_test(headers),     cmocka_unit_test(utf8),
        cmocka_unit_test(close_codes), cmocka_unit_test(handshake_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
