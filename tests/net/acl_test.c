#include "test.h"

#include "base/mem.h"
#include "net/acl.h"

static const struct ptn_where here = {"t.jcfg", 3, "general.acl"};

static bool allows(const struct ptn_acl *acl, const char *ip) {
    struct ptn_addr a;
    assert_int_equal(ptn_addr_parse(ip, 4711, &a), PTN_OK);
    return ptn_acl_allows(acl, &a);
}

static void matches_what_is_written_and_nothing_longer(void **state) {
    (void)state;
    static const struct {
        const char *list, *peer;
        bool yes;
    } rows[] = {
        {"10.0.0.7", "10.0.0.7", true},
        {"10.0.0.7", "10.0.0.71", false}, /* the prefix trap */
        {"10.0.0.7", "10.0.0.70", false},
        {"10.0.0.7", "::ffff:10.0.0.7", true},
        {"::ffff:10.0.0.7", "10.0.0.7", true},
        {"::FFFF:10.0.0.7", "10.0.0.8", false},
        {"192.168.0.", "192.168.0.1", true},
        {"192.168.0.", "192.168.0.255", true},
        {"192.168.0.", "192.168.1.0", false},
        {"192.168.1.", "192.168.10.1", false},
        {"192.168.", "192.168.255.9", true},
        {"192.168.", "192.169.0.1", false},
        {"127.", "127.8.9.10", true},
        {"127.", "12.7.0.1", false},
        {"::ffff:127.", "127.0.0.1", true},
        {"0.0.0.", "0.0.0.9", true},
        {"fe80:", "fe80::1", true},
        {"fe80:", "fe80:1::1", true},
        {"fe80:", "fe81::1", false},
        {"FE80:", "fe80::1", true},
        {"2001:db8:", "2001:db8::1", true},
        {"2001:db8:", "2001:db8:ffff::1", true},
        {"2001:db8:", "2001:db80::1", false},
        {"2001:d:", "2001:d::1", true},
        {"2001:d:", "2001:db8::1", false},
        {"fe80::", "fe80::abcd", true},
        {"fe80::", "fe80:0:1::1", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1", "2001:db8::10", false},
        {"2001:db8::1", "2001:db8::11", false},
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.0.0.0/8", "::ffff:10.1.1.1", true},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"0.0.0.0/0", "203.0.113.1", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "::1", true},
        {"::/0", "203.0.113.1", false},
        {"10.0.0.7,10.0.0.9", "10.0.0.9", true},
        {" 10.0.0.7 ,\t10.0.0.9 ", "10.0.0.9", true},
        {",,10.0.0.7,,", "10.0.0.7", true},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", true},
        {"1:2:3:4:5:6:7:", "1:2:3:4:5:6:7:9", true},
        {"1:2:3:4:5:6:7:", "1:2:3:4:5:6:8:9", false},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_problems *p = ptn_problems_new();
        struct ptn_acl *acl = ptn_acl_new(rows[i].list, here, p);
        CHECK(ptn_problems_errors(p) == 0, "%s: %s", rows[i].list, ptn_problems_text(p, 0));
        CHECK(allows(acl, rows[i].peer) == rows[i].yes, "%s %s", rows[i].list, rows[i].peer);
        ptn_acl_free(acl);
        ptn_problems_free(p);
    }
}

static void refuses_what_it_would_have_to_guess(void **state) {
    (void)state;
    static const struct {
        const char *list, *says;
    } rows[] = {
        {"192.168.0", "t.jcfg:3: error: general.acl: '192.168.0' ends in the middle"},
        {"10", "'10' ends in the middle"},
        {"2001:db8", "'2001:db8' ends in the middle"},
        {"10.0.0.0/33", "'10.0.0.0/33' is not a valid block"},
        {"10.0.0.0/", "'10.0.0.0/' is not a valid block"},
        {"10.0.0./8", "is not a valid block"},
        {"/8", "is not a valid block"},
        {"2001:db8::/129", "is not a valid block"},
        {"192.0.2.256", "'192.0.2.256' is not an IPv4 or IPv6 address"},
        {"256.", "is not an IPv4"},
        {"010.", "is not an IPv4"},
        {"1234.", "is not an IPv4"},
        {".", "is not an IPv4"},
        {":", "is not an IPv4"},
        {"192..0.", "is not an IPv4"},
        {"12345:", "is not an IPv4"},
        {"1.2.3.4.", "is not an IPv4"},
        {"1:2:3:4:5:6:7:8:", "is not an IPv4"},
        {"localhost", "'localhost' is not an IPv4 or IPv6 address"},
        {"eth0", "is not an IPv4"},
        {"[::1]", "is not an IPv4"},
        {"127.0.0.1:80", "is not an IPv4"},
        {"*", "is not an IPv4"},
        {"0.0.0.0", "is no peer's address; 0.0.0.0/0 is all of IPv4"},
        {"::", "is no peer's address"},
        {" , ,", "names no address"},
        {"10.0.0.1 10.0.0.2", "'10.0.0.1 10.0.0.2' is not an IPv4"},
        {"fe80::1%no-such-link", "is not an IPv4"},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_problems *p = ptn_problems_new();
        struct ptn_acl *acl = ptn_acl_new(rows[i].list, here, p);
        CHECK(ptn_problems_errors(p) == 1, "'%s'", rows[i].list);
        CHECK(strstr(ptn_problems_text(p, 0), rows[i].says), "'%s': %s", rows[i].list,
              ptn_problems_text(p, 0));
        assert_non_null(acl);
        CHECK(!allows(acl, "127.0.0.1") && !allows(acl, "10.0.0.1") && !allows(acl, "::1"), "'%s'",
              rows[i].list);
        ptn_acl_free(acl);
        ptn_problems_free(p);
    }
}

static void one_bad_item_admits_nobody_and_every_bad_item_is_named(void **state) {
    (void)state;
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_acl *acl = ptn_acl_new("127.0.0.1,banana,10.0.0", here, p);
    assert_int_equal(ptn_problems_errors(p), 2);
    assert_false(allows(acl, "127.0.0.1"));
    assert_false(ptn_acl_allows_forwarded(acl, "127.0.0.1"));
    ptn_acl_free(acl);
    ptn_problems_free(p);
}

static void no_list_is_everybody(void **state) {
    (void)state;
    struct ptn_problems *p = ptn_problems_new();
    assert_null(ptn_acl_new(NULL, here, p));
    assert_int_equal(ptn_problems_count(p), 0);
    assert_null(ptn_acl_new("", here, p));
    assert_string_equal(ptn_problems_text(p, 0), "t.jcfg:3: warning: general.acl: is empty and "
                                                 "admits everybody; leave it out to say so");
    assert_true(allows(NULL, "203.0.113.9"));
    assert_true(ptn_acl_allows_forwarded(NULL, "banana"));
    ptn_acl_free(NULL);
    ptn_problems_free(p);
}

static void says_what_it_trimmed_and_widened(void **state) {
    (void)state;
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_acl *acl = ptn_acl_new("10.1.2.3/8, 192.0.2.1", here, p);
    assert_int_equal(ptn_problems_errors(p), 0);
    assert_int_equal(ptn_problems_count(p), 2);
    assert_string_equal(ptn_problems_text(p, 0), "t.jcfg:3: warning: general.acl: '10.1.2.3/8' "
                                                 "admits all of 10.0.0.0/8");
    assert_non_null(strstr(ptn_problems_text(p, 1), "note: general.acl: spaces around"));
    assert_int_equal(ptn_acl_count(acl), 2);
    ptn_acl_free(acl);
    ptn_problems_free(p);
}

static void a_scope_ties_to_the_link(void **state) {
    (void)state;
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_acl *tied = ptn_acl_new("fe80::1%1", here, p);
    struct ptn_acl *loose = ptn_acl_new("fe80::1", here, p);
    assert_int_equal(ptn_problems_errors(p), 0);
    assert_true(allows(tied, "fe80::1%1"));
    assert_false(allows(tied, "fe80::1%2"));
    assert_true(allows(loose, "fe80::1%2"));
    ptn_acl_free(tied);
    ptn_acl_free(loose);
    ptn_problems_free(p);
}

static void every_forwarded_address_must_be_allowed(void **state) {
    (void)state;
    static const struct {
        const char *value;
        bool yes;
    } rows[] = {
        {"10.0.0.1", true},
        {"10.0.0.1, 10.2.0.9", true},
        {" 10.0.0.1 ", true},
        {"10.0.0.1, 203.0.113.5", false}, /* the proxy's own observation comes last */
        {"203.0.113.5, 10.0.0.1", false},
        {"", false},
        {" ", false},
        {",", false},
        {"10.0.0.1,", false},
        {"10.0.0.1:1234", false},
        {"10.", false}, /* the value is data, never a pattern */
        {"10.0.0.0/8", false},
        {"unknown", false},
    };
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_acl *acl = ptn_acl_new("10.", here, p);
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        CHECK(ptn_acl_allows_forwarded(acl, rows[i].value) == rows[i].yes, "'%s'", rows[i].value);
    ptn_acl_free(acl);
    ptn_problems_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_what_is_written_and_nothing_longer),
        cmocka_unit_test(refuses_what_it_would_have_to_guess),
        cmocka_unit_test(one_bad_item_admits_nobody_and_every_bad_item_is_named),
        cmocka_unit_test(no_list_is_everybody),
        cmocka_unit_test(says_what_it_trimmed_and_widened),
        cmocka_unit_test(a_scope_ties_to_the_link),
        cmocka_unit_test(every_forwarded_address_must_be_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
