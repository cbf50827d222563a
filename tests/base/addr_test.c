#include "test.h"

#include "base/addr.h"
#include "base/mem.h"

static void text_round_trips(void **state) {
    (void)state;
    static const char *const good[] = {
        "192.0.2.1", "0.0.0.0", "::", "::1", "2001:db8::42", "fe80::1%lo"};
    for (size_t i = 0; i < PTN_COUNT_OF(good); i++) {
        struct ptn_addr a;
        char buf[PTN_ADDR_TEXT];
        CHECK(ptn_addr_parse(good[i], 7, &a) == PTN_OK, "%s", good[i]);
        assert_string_equal(ptn_addr_ip_text(&a, buf, sizeof buf), good[i]);
        struct sockaddr_storage ss;
        struct ptn_addr back;
        ptn_addr_to_sockaddr(&a, &ss);
        assert_int_equal(ptn_addr_from_sockaddr((struct sockaddr *)&ss, &back), PTN_OK);
        CHECK(ptn_addr_eq(&a, &back), "%s", good[i]);
    }
}

static void refuses_what_is_no_address(void **state) {
    (void)state;
    static const char *const bad[] = {"",          "banana",   "192.0.2", "192.0.2.256",
                                      "1.2.3.4:5", "[::1]",    "::1%",    "::1%no-such-if",
                                      " 1.2.3.4",  "1.2.3.4 ", "0x7f.1",  "example.org"};
    for (size_t i = 0; i < PTN_COUNT_OF(bad); i++) {
        struct ptn_addr a;
        CHECK(ptn_addr_parse(bad[i], 0, &a) == PTN_EINVALID, "'%s'", bad[i]);
    }
}

static void cidr_matches_bits(void **state) {
    (void)state;
    static const struct {
        const char *cidr, *addr;
        bool has;
    } rows[] = {
        {"192.168.0.0/24", "192.168.0.77", true},
        {"192.168.0.0/24", "192.168.1.1", false},
        {"192.168.0.1", "192.168.0.1", true},
        {"192.168.0.1", "192.168.0.10", false},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "::1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"10.1.2.3/8", "10.200.0.1", true},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_cidr c;
        struct ptn_addr a;
        assert_int_equal(ptn_cidr_parse(rows[i].cidr, &c), PTN_OK);
        assert_int_equal(ptn_addr_parse(rows[i].addr, 0, &a), PTN_OK);
        CHECK(ptn_cidr_has(&c, &a) == rows[i].has, "%s %s", rows[i].cidr, rows[i].addr);
    }
    struct ptn_cidr c;
    assert_int_equal(ptn_cidr_parse("10.0.0.0/33", &c), PTN_EINVALID);
    assert_int_equal(ptn_cidr_parse("10.0.0.0/", &c), PTN_EINVALID);
    assert_int_equal(ptn_cidr_parse("10.0.0.0/+8", &c), PTN_EINVALID);
}

static void classes(void **state) {
    (void)state;
    struct ptn_addr a;
    assert_int_equal(ptn_addr_parse("::ffff:127.0.0.1", 5, &a), PTN_OK);
    assert_true(ptn_addr_is_loopback(&a));
    struct ptn_addr v4 = ptn_addr_unmapped(&a);
    char buf[PTN_ADDR_TEXT];
    assert_string_equal(ptn_addr_text(&v4, buf, sizeof buf), "127.0.0.1:5");
    assert_int_equal(ptn_addr_parse("255.255.255.255", 0, &a), PTN_OK);
    assert_true(ptn_addr_is_multicast(&a));
    assert_int_equal(ptn_addr_parse("fe80::5", 0, &a), PTN_OK);
    assert_true(ptn_addr_is_linklocal(&a));
    assert_int_equal(ptn_addr_parse("::", 9, &a), PTN_OK);
    assert_true(ptn_addr_is_wildcard(&a));
    assert_string_equal(ptn_addr_text(&a, buf, sizeof buf), "[::]:9");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_round_trips),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(cidr_matches_bits),
        cmocka_unit_test(classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
