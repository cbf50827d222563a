/* The templates of core.md 2, for every type. */
#include "test.h"

#include <stdio.h>

#include "api/params.h"

static const char *const names[] = {"a string",           "a non-empty string", "an integer",
                                    "a positive integer", "a boolean",          "an array",
                                    "a non-empty array",  "an object",          "a real number"};

/* For each value the types that take it, in the order above. */
static const struct {
    const char *json;
    const char *takes;
} values[] = {
    {"\"x\"", "110000000"}, {"\"\"", "100000000"},   {"5", "001100000"},    {"0", "001100000"},
    {"-1", "001000000"},    {"1.0", "000000001"},    {"true", "000010000"}, {"false", "000010000"},
    {"[]", "000001000"},    {"[null]", "000001100"}, {"{}", "000000010"},   {"null", "000000000"},
};

static void every_type_and_value(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "p", json_loads(values[i].json, JSON_DECODE_ANY, NULL));
        for (size_t t = 0; t < 9; t++) {
            struct ptn_param param = {"p", (enum ptn_param_type)t, true};
            char why[100] = "", wanted[100];
            int code = ptn_params_check(object, &param, 1, "", why, sizeof why);
            snprintf(wanted, sizeof wanted, "Invalid element type (p should be %s)", names[t]);
            CHECK(code == (values[i].takes[t] == '1' ? 0 : 467), "%s as %s", values[i].json,
                  names[t]);
            CHECK(code == 0 || strcmp(why, wanted) == 0, "%s", why);
        }
        json_decref(object);
    }
}

static void the_first_failure_wins(void **state) {
    (void)state;
    static const struct ptn_param table[] = {
        {"a", PTN_PARAM_STRING, false}, {"b", PTN_PARAM_INT, true}, {"c", PTN_PARAM_BOOL, true}};
    char why[100];
    json_t *object = json_pack("{s:b}", "c", 1);
    assert_int_equal(ptn_params_check(object, table, 3, "", why, sizeof why), 456);
    assert_string_equal(why, "Missing mandatory element (b)");
    json_object_set_new(object, "a", json_null());
    assert_int_equal(ptn_params_check(object, table, 3, "", why, sizeof why), 467);
    assert_string_equal(why, "Invalid element type (a should be a string)");
    json_object_del(object, "a");
    json_object_set_new(object, "b", json_integer(-3));
    assert_int_equal(ptn_params_check(object, table, 3, "", why, sizeof why), 0);
    json_decref(object);
}

static void after_a_prefix_in_lower_case(void **state) {
    (void)state;
    static const struct ptn_param param = {"sdp", PTN_PARAM_STRING, true};
    char why[100], small[8];
    json_t *object = json_object();
    assert_int_equal(ptn_params_check(object, &param, 1, "JSEP error: ", why, sizeof why), 456);
    assert_string_equal(why, "JSEP error: missing mandatory element (sdp)");
    assert_int_equal(ptn_params_check(object, &param, 1, "JSEP error: ", small, sizeof small), 456);
    assert_string_equal(small, "JSEP er");
    json_decref(object);
    object = json_array(); /* anything that is not an object has no members */
    assert_int_equal(ptn_params_check(object, &param, 1, "", why, sizeof why), 456);
    json_decref(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_and_value),
        cmocka_unit_test(the_first_failure_wins),
        cmocka_unit_test(after_a_prefix_in_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
