#include "test.h"

#include <stdlib.h>

#include "base/str.h"

static void grows(void **state) {
    (void)state;
    struct ptn_str s;
    ptn_str_init(&s);
    for (int i = 0; i < 100; i++)
        ptn_str_addf(&s, "%d,", i);
    assert_int_equal(s.len, 290);
    char *text = ptn_str_take(&s);
    assert_memory_equal(text, "0,1,2,", 6);
    free(text);
    assert_string_equal(s.s, "");
    ptn_str_done(&s);
}

static void secrets_compare_whole(void **state) {
    (void)state;
    assert_true(ptn_secret_eq("", ""));
    assert_true(ptn_secret_eq("abc", "abc"));
    assert_false(ptn_secret_eq("abc", "abd"));
    assert_false(ptn_secret_eq("abc", "ab"));
    assert_false(ptn_secret_eq("abab", "ab"));
    assert_false(ptn_secret_eq("", "a"));
    assert_false(ptn_secret_eq("a", ""));
}

static void copy_says_when_it_cuts(void **state) {
    (void)state;
    char buf[4];
    assert_true(ptn_str_copy(buf, sizeof buf, "abc"));
    assert_string_equal(buf, "abc");
    assert_false(ptn_str_copy(buf, sizeof buf, "abcd"));
    assert_string_equal(buf, "abc");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(secrets_compare_whole),
        cmocka_unit_test(copy_says_when_it_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
