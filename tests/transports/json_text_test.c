#include "test.h"

#include <stdlib.h>

#include "transports/json_text.h"

static void one(void **state) {
    static const struct {
        const char *text;
        bool ok;
        int line;
    } cases[] = {
        {"{}", true, 0},
        {" [1,2]\n", true, 0},
        {"7", true, 0},
        {"", false, 1},
        {"{} {}", false, 1},
        {"{\n\n\"a\":}", false, 3},
        {"{\"a\":1,}", false, 1},
        {"\"\xff\"", false, 1},
        {"{\"a\":\"\\u0000\"}", false, 1},
        {"[\"[[[[\", \"\\\"{{\"]", true, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_text_error error = {0};
        json_t *json = json_text_parse(ptn_bytes_str(cases[i].text), &error);
        CHECK((json != NULL) == cases[i].ok, "case %zu: %s", i, error.text);
        CHECK(cases[i].ok || (error.text[0] && error.line == cases[i].line), "case %zu: line %d", i,
              error.line);
        json_decref(json);
    }
}

static void nul_bytes(void **state) {
    struct json_text_error error;
    (void)state;
    assert_null(json_text_parse(ptn_bytes_of("true", 5), &error));
    assert_null(json_text_parse_all(ptn_bytes_of("true", 5), 2, &error));
    assert_string_equal(error.text, "NUL byte");
}

static void depth(void **state) {
    char text[4096];
    struct json_text_error error;
    (void)state;
    for (size_t n = JSON_TEXT_DEPTH - 1; n <= JSON_TEXT_DEPTH + 1; n++) {
        memset(text, '[', n);
        memset(text + n, ']', n);
        json_t *json = json_text_parse(ptn_bytes_of(text, 2 * n), &error);
        CHECK((json != NULL) == (n <= JSON_TEXT_DEPTH), "depth %zu", n);
        json_decref(json);
        json = json_text_parse_all(ptn_bytes_of(text, 2 * n), 5, &error);
        CHECK((json != NULL) == (n <= JSON_TEXT_DEPTH), "depth %zu", n);
        json_decref(json);
    }
    assert_string_equal(error.text, "maximum parsing depth reached");
    memset(text, '[', sizeof text);
    assert_null(json_text_parse(ptn_bytes_of(text, sizeof text), &error));
    text[0] = '"'; /* brackets of a string nest nothing */
    text[sizeof text - 1] = '"';
    json_t *json = json_text_parse(ptn_bytes_of(text, sizeof text), &error);
    assert_non_null(json);
    json_decref(json);
}

static void several(void **state) {
    static const struct {
        const char *text;
        size_t count; /* 0: refused */
    } cases[] = {
        {"{}", 1},   {"{}{}", 2},        {" {} \n {\"a\":[1]}\t", 2},
        {"{} x", 0}, {"{} {", 0},        {"", 0},
        {"  ", 0},   {"{}{}{}{}", 4},    {"{}{}{}{}{}", 0},
        {"{}}", 0},  {"[1] 2 \"x\"", 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_text_error error = {0};
        json_t *all = json_text_parse_all(ptn_bytes_str(cases[i].text), 4, &error);
        CHECK(json_array_size(all) == cases[i].count, "case %zu", i);
        CHECK((all == NULL) == (cases[i].count == 0), "case %zu", i);
        CHECK(all || error.text[0], "case %zu: no reason", i);
        json_decref(all);
    }
}

static void styles(void **state) {
    static const char *const expected[] = {
        [PTN_JSON_COMPACT] = "{\"a\":[1,\"ä\"],\"b\":{}}",
        [PTN_JSON_PLAIN] = "{\"a\": [1, \"ä\"], \"b\": {}}",
        [PTN_JSON_INDENTED] = "{\n   \"a\": [\n      1,\n      \"ä\"\n   ],\n   \"b\": {}\n}",
    };
    (void)state;
    json_t *json = json_pack("{s:[i,s],s:{}}", "a", 1, "ä", "b");
    for (enum ptn_json_style style = PTN_JSON_COMPACT; style <= PTN_JSON_INDENTED; style++) {
        char *text = json_text_write(json, style);
        assert_string_equal(text, expected[style]);
        free(text);
    }
    json_decref(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one),     cmocka_unit_test(nul_bytes), cmocka_unit_test(depth),
        cmocka_unit_test(several), cmocka_unit_test(styles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
