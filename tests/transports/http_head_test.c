#include "test.h"

#include <stdio.h>

#include "transports/web/http_head.h"

/* Scans and parses; -1: more is needed, -2: the scan refuses. */
static int parse(const char *text, struct http_head *head) {
    struct ptn_bytes in = ptn_bytes_str(text);
    size_t from = 0, end = 0;
    switch (http_head_scan(in, &from, &end)) {
    case HTTP_SCAN_MORE:
        return -1;
    case HTTP_SCAN_BAD:
        return -2;
    case HTTP_SCAN_DONE:
        assert_int_equal(end, in.n);
        return http_head_parse(in, head);
    }
    return -3;
}

static void understands_a_request(void **state) {
    struct http_head h;
    (void)state;
    assert_int_equal(parse("POST /janus/1?x=y HTTP/1.1\r\nHost: a.example:8088\r\n"
                           "content-length:  12 \r\nX-Empty:\r\nExpect: 100-Continue\r\n\r\n",
                           &h),
                     0);
    assert_true(ptn_bytes_eq(h.method, ptn_bytes_str("POST")));
    assert_true(ptn_bytes_eq(h.target, ptn_bytes_str("/janus/1?x=y")));
    assert_int_equal(h.minor, 1);
    assert_int_equal(h.length, 12);
    assert_int_equal(h.header_count, 4);
    assert_true(h.keep_alive && h.expect_continue && !h.chunked);
    assert_true(http_bytes_is(http_head_find(&h, "HOST"), "a.example:8088"));
    assert_int_equal(http_head_find(&h, "x-empty").n, 0);
    assert_non_null(http_head_find(&h, "x-empty").p);
    assert_null(http_head_find(&h, "absent").p);
}

static void what_the_lines_say(void **state) {
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
        {"GET / HTTP/1.0\r\n\r\n", 0},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/3.1\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTP/11\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTQ/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\r\nHost: a\r\n\r\n", 400},
        {"GET / a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999999\r\n\r\n", 413},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551618\r\n\r\n", 413},
        {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", 0},
        {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
         400},
        {"GET / HTTP/1.1\r\nHost: a\r\n", -1},
        {"", -1},
        {"GET / HTTP/1.1\nHost: a\r\n\r\n", -2},
        {"GET / HTTP/1.1\r\rHost: a\r\n\r\n", -2},
        {"\n", -2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_head h;
        int got = parse(cases[i].text, &h);
        CHECK(got == cases[i].status, "%s: %d, not %d", cases[i].text, got, cases[i].status);
    }
}

static void absolute_targets_lose_their_authority(void **state) {
    static const char *const cases[][2] = {
        {"http://other:1/x?y", "/x?y"}, {"HTTPS://other/x", "/x"},      {"http://other", "/"},
        {"http://other?x", "?x"},       {"/http://a/b", "/http://a/b"}, {"*", "*"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct http_head h;
        char text[128];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", cases[i][0]);
        assert_int_equal(parse(text, &h), 0);
        CHECK(http_bytes_is(h.target, cases[i][1]), "%s", cases[i][0]);
    }
}

static void lists_of_tokens(void **state) {
    struct http_head h;
    (void)state;
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive , Upgrade\r\n"
                           "Connection: ,x\r\n\r\n",
                           &h),
                     0);
    assert_true(http_head_has_token(&h, "connection", "upgrade"));
    assert_true(http_head_has_token(&h, "Connection", "X"));
    assert_false(http_head_has_token(&h, "connection", "keep"));
    assert_false(http_head_has_token(&h, "connection", "alive"));
    assert_true(h.keep_alive);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: a,CLOSE\r\n\r\n", &h), 0);
    assert_false(h.keep_alive);
}

static void limits(void **state) {
    char text[8192];
    struct http_head h;
    (void)state;
    for (int n = HTTP_HEADERS_MAX - 1; n <= HTTP_HEADERS_MAX; n++) { /* Host is one more */
        int len = snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 0; i < n; i++)
            len += snprintf(text + len, sizeof text - (size_t)len, "H%d: v\r\n", i);
        snprintf(text + len, sizeof text - (size_t)len, "\r\n");
        assert_int_equal(parse(text, &h), n < HTTP_HEADERS_MAX ? 0 : 431);
    }
    snprintf(text, sizeof text, "%.*s / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_METHOD_MAX + 1,
             "ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJ");
    assert_int_equal(parse(text, &h), 400);
    assert_int_equal(parse(text + 1, &h), 0);
}

/* Whatever the pieces, the end is found at the same place, and never too early. */
static void scan_in_pieces(void **state) {
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nBODY\r\n\r\n";
    const size_t head = strlen(text) - strlen("BODY\r\n\r\n");
    (void)state;
    for (size_t step = 1; step <= strlen(text); step++) {
        size_t from = 0, end = 0, n = 0;
        enum http_scan scan = HTTP_SCAN_MORE;
        while (scan == HTTP_SCAN_MORE) {
            CHECK(n < head, "step %zu", step);
            n = n + step < strlen(text) ? n + step : strlen(text);
            scan = http_head_scan(ptn_bytes_of(text, n), &from, &end);
        }
        assert_int_equal(scan, HTTP_SCAN_DONE);
        assert_int_equal(end, head);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(understands_a_request),
        cmocka_unit_test(what_the_lines_say),
        cmocka_unit_test(absolute_targets_lose_their_authority),
        cmocka_unit_test(lists_of_tokens),
        cmocka_unit_test(limits),
        cmocka_unit_test(scan_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
