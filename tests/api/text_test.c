/* Text that was cut or is foreign still becomes a JSON string. */
#include "test.h"

#include "api/text.h"

#define EURO "\xe2\x82\xac"
#define CLEF "\xf0\x9d\x84\x9e"

static const struct {
    const char *text, *wanted;
} cases[] = {
    {"", ""},
    {"plain", "plain"},
    {"a" EURO "b" CLEF, "a" EURO "b" CLEF},
    {"a" EURO "\xe2\x82", "a" EURO}, /* cut after two bytes of three */
    {"a\xe2", "a"},
    {"a\xf0\x9d\x84", "a"},
    {"\xe2", ""},
    {"x\xff"
     "y",
     "x?y"}, /* never was UTF-8 */
    {"\x80\x80\x80", ""},
    {"\xc3(" EURO, "?(???"}, /* broken inside */
};

static void cases_of_text(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *json = ptn_api_text(cases[i].text);
        CHECK(json && strcmp(json_string_value(json), cases[i].wanted) == 0, "case %zu: %s", i,
              json_string_value(json));
        json_decref(json);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases_of_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
