#include "test.h"

#include "transports/web/chunked.h"

/* Decodes in steps of `step` bytes; returns the final state and how much was left over. */
static enum chunked_state decode(const char *text, size_t len, size_t step, char *out,
                                 size_t *out_len, size_t *left) {
    struct chunked c;
    size_t pos = 0;
    chunked_init(&c);
    *out_len = 0;
    while (pos < len && c.state != CHUNKED_DONE && c.state != CHUNKED_BAD) {
        size_t n = len - pos < step ? len - pos : step;
        struct ptn_bytes in = ptn_bytes_of(text + pos, n);
        while (in.n > 0 && c.state != CHUNKED_DONE && c.state != CHUNKED_BAD) {
            struct ptn_bytes data = chunked_next(&c, &in);
            memcpy(out + *out_len, data.p, data.n);
            *out_len += data.n;
        }
        pos += n - in.n;
    }
    *left = len - pos;
    return c.state;
}

static void bodies(void **state) {
    static const struct {
        const char *wire, *body;
        size_t left;
    } cases[] = {
        {"5\r\nhello\r\n0\r\n\r\n", "hello", 0},
        {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /", "hello world", 5},
        {"0\r\n\r\n", "", 0},
        {"000\r\n\r\nx", "", 1},
        {"A;name=value;q=\"x y\"\r\n0123456789\r\n0;last\r\n\r\n", "0123456789", 0},
        {"a \t\r\n0123456789\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n!", "0123456789", 1},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = strlen(cases[i].wire);
        for (size_t step = 1; step <= len; step++) {
            char out[128];
            size_t n, left;
            CHECK(decode(cases[i].wire, len, step, out, &n, &left) == CHUNKED_DONE,
                  "case %zu step %zu", i, step);
            CHECK(n == strlen(cases[i].body) && memcmp(out, cases[i].body, n) == 0,
                  "case %zu step %zu", i, step);
            CHECK(left == cases[i].left, "case %zu step %zu: %zu left", i, step, left);
        }
    }
}

static void truncations_are_never_complete(void **state) {
    static const char wire[] = "5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nT: x\r\n\r\n";
    (void)state;
    for (size_t len = 0; len < strlen(wire); len++) {
        char out[64];
        size_t n, left;
        enum chunked_state s = decode(wire, len, 3, out, &n, &left);
        CHECK(s != CHUNKED_DONE && s != CHUNKED_BAD, "length %zu", len);
    }
}

static void refused(void **state) {
    static const char *const cases[] = {
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\n",
        " 1\r\n",
        "1\n",
        "1\rx",
        "0x1\r\n",
        "1\r\nab",
        "1\r\na\rb",
        "1\r\na\n",
        ";\r\n",
        "1\x01\r\n",
        "1;\x01\r\n",
        "0\r\n\n",
        "0\r\nT: x\n",
        "0\r\nT\r x\r\n",
        "10000000000000000\r\n",
        "FFFFFFFFFFFFFFFFFFFFF\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        size_t n, left;
        CHECK(decode(cases[i], strlen(cases[i]), 1, out, &n, &left) == CHUNKED_BAD, "case %zu", i);
    }
}

static void endless_lines(void **state) {
    char wire[CHUNKED_TRAILERS_MAX + 64], out[64];
    size_t n, left;
    (void)state;
    memset(wire, '0', sizeof wire); /* a size of nothing but zeros */
    assert_int_equal(decode(wire, sizeof wire, 7, out, &n, &left), CHUNKED_BAD);
    memset(wire, 'x', sizeof wire);
    memcpy(wire, "1;", 2);
    assert_int_equal(decode(wire, sizeof wire, 7, out, &n, &left), CHUNKED_BAD);
    memcpy(wire, "0\r\n", 3);
    assert_int_equal(decode(wire, sizeof wire, 7, out, &n, &left), CHUNKED_BAD);
    for (size_t i = 3; i + 4 <= sizeof wire; i += 4)
        memcpy(wire + i, "t:\r\n", 4);
    assert_int_equal(decode(wire, sizeof wire, 7, out, &n, &left), CHUNKED_BAD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies),
        cmocka_unit_test(truncations_are_never_complete),
        cmocka_unit_test(refused),
        cmocka_unit_test(endless_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
