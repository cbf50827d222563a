#include "test.h"

#include "transports/web/url.h"

static void paths(void **state) {
    static const struct {
        const char *target, *path, *query; /* path NULL: refused */
    } cases[] = {
        {"/a/b", "/a/b", NULL}, {"/a%20b%2Fc?x=1?y", "/a b/c", "x=1?y"},
        {"/?", "/", ""},        {"/%C3%a4", "/\xc3\xa4", NULL},
        {"/a+b", "/a+b", NULL}, {"", NULL, NULL},
        {"*", NULL, NULL},      {"a/b", NULL, NULL},
        {"?x", NULL, NULL},     {"/%", NULL, NULL},
        {"/%4", NULL, NULL},    {"/%4g", NULL, NULL},
        {"/%00", NULL, NULL},   {"/a%?41", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[64];
        struct ptn_bytes query;
        bool ok = url_split(ptn_bytes_str(cases[i].target), out, &query);
        CHECK(ok == (cases[i].path != NULL), "%s", cases[i].target);
        if (!ok)
            continue;
        CHECK(strcmp(out, cases[i].path) == 0, "%s: %s", cases[i].target, out);
        CHECK((query.p != NULL) == (cases[i].query != NULL), "%s", cases[i].target);
        if (query.p)
            CHECK(ptn_bytes_eq(query, ptn_bytes_str(cases[i].query)), "%s", cases[i].target);
    }
}

static void arguments(void **state) {
    struct ptn_bytes q = ptn_bytes_str("a=1&maxev=5&xmaxev=6&b=x%26y+z&c=&d&a=2&bad=%4");
    char out[8];
    (void)state;
    assert_true(url_arg(q, "a", out, sizeof out));
    assert_string_equal(out, "1");
    assert_true(url_arg(q, "maxev", out, sizeof out));
    assert_string_equal(out, "5");
    assert_true(url_arg(q, "b", out, sizeof out));
    assert_string_equal(out, "x&y z");
    assert_true(url_arg(q, "c", out, sizeof out));
    assert_string_equal(out, "");
    assert_false(url_arg(q, "d", out, sizeof out));
    assert_false(url_arg(q, "bad", out, sizeof out));
    assert_string_equal(out, "");
    assert_false(url_arg(q, "nothing", out, sizeof out));
    assert_true(url_arg(q, "b", out, 3)); /* cut, and terminated */
    assert_string_equal(out, "x&");
    assert_false(url_arg((struct ptn_bytes){NULL, 0}, "a", out, sizeof out));
}

static void odd_paths(void **state) {
    static const char *const odd[] = {"/..", "/../x", "/a/..", "/a/../b", "/.",   "/./a",    "/a/.",
                                      "..",  ".",     "/a\\b", "/a\nb",   "//..", "/a//../b"};
    static const char *const fine[] = {"",     "/",      "/a",  "/a/b.c", "/...",     "/..a",
                                       "/a..", "/.well", "//a", "/a/",    "/\xc3\xa4"};
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        CHECK(url_path_is_odd(odd[i]), "%s", odd[i]);
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++)
        CHECK(!url_path_is_odd(fine[i]), "%s", fine[i]);
}

static void numbers(void **state) {
    static const struct {
        const char *text;
        bool ok;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"", false, 0},
        {"-1", false, 0},
        {"1x", false, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {" 1", false, 0},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t n = 0;
        CHECK(url_number(cases[i].text, strlen(cases[i].text), &n) == cases[i].ok, "%s",
              cases[i].text);
        CHECK(n == cases[i].value, "%s", cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(arguments),
        cmocka_unit_test(odd_paths),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
