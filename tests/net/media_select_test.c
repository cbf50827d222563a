#include "fake_host.h"

#include "net/listener.h"

#define LIST_MAX 4
#define ALL_IPV4                                                                                   \
    "192.0.2.1 (eth0), 192.0.2.10 (eth0), 192.0.2.77 (eth0), 198.51.100.1 (eth1), "                \
    "192.168.0.10 (eth10)"
#define ALLOW "error: media.ice_enforce_list: "
#define DENY "note: media.ice_ignore_list: "

struct row {
    const char *allow[LIST_MAX], *deny[LIST_MAX];
    bool ipv6, linklocal;
    const char *expected; /* addresses, or NULL: an error */
    const char *says;     /* one of the problems has this; "": there is none */
};

static size_t list_len(const char *const *list) {
    size_t n = 0;
    while (n < LIST_MAX && list[n])
        n++;
    return n;
}

static size_t select_row(const struct row *row, const struct ptn_hostaddrs *host,
                         struct ptn_addr *out, size_t cap, struct ptn_problems *p) {
    return ptn_media_select(host, row->allow, list_len(row->allow),
                            (struct ptn_where){"j.jcfg", 5, "media.ice_enforce_list"}, row->deny,
                            list_len(row->deny),
                            (struct ptn_where){"j.jcfg", 6, "media.ice_ignore_list"}, row->ipv6,
                            row->linklocal, out, cap, p);
}

static const char *addrs_text(const struct ptn_addr *list, size_t n, char *buf, size_t cap) {
    size_t used = 0;
    *buf = '\0';
    for (size_t i = 0; i < n; i++) {
        char ip[PTN_ADDR_TEXT];
        used += (size_t)snprintf(buf + used, cap - used, "%s%s", i ? " " : "",
                                 ptn_addr_ip_text(&list[i], ip, sizeof ip));
    }
    return buf;
}

static bool is_said(const struct ptn_problems *p, const char *text) {
    for (size_t i = 0; i < ptn_problems_count(p); i++)
        if (strstr(ptn_problems_text(p, i), text))
            return true;
    return false;
}

static void check_row(const struct row *row, size_t number) {
    struct fake_host *f = fake_host_new();
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_addr out[16];
    char text[512];
    size_t n = select_row(row, &f->host, out, PTN_COUNT_OF(out), p);
    const char *first = ptn_problems_count(p) ? ptn_problems_text(p, 0) : "";
    CHECK((ptn_problems_errors(p) == 0) == (row->expected != NULL), "row %zu: %s", number, first);
    if (row->expected)
        CHECK(strcmp(addrs_text(out, n, text, sizeof text), row->expected) == 0, "row %zu: %s",
              number, text);
    if (*row->says == '\0')
        CHECK(*first == '\0', "row %zu: %s", number, first);
    else
        CHECK(is_said(p, row->says), "row %zu: %s", number, first);
    ptn_problems_free(p);
    free(f);
}

static void takes_exactly_what_the_lists_say(void **state) {
    (void)state;
    static const struct row rows[] = {
        /* nothing said: everything but loopback, aloud */
        {{0},
         {0},
         false,
         false,
         "192.0.2.1 192.0.2.10 192.0.2.77 198.51.100.1 192.168.0.10",
         "j.jcfg:5: note: media.ice_enforce_list: not set: media uses every address that is not "
         "loopback: " ALL_IPV4},
        {{0},
         {0},
         true,
         false,
         "192.0.2.1 192.0.2.10 192.0.2.77 2001:db8::1 198.51.100.1 192.168.0.10",
         "left out: 2001:db8::dad"},
        {{0},
         {"eth10"},
         true,
         true,
         "192.0.2.1 192.0.2.10 192.0.2.77 2001:db8::1 fe80::1%9002 198.51.100.1 fe80::1%9003",
         DENY "'eth10' excludes 192.168.0.10 (eth10)"},
        /* exact addresses: no prefix trap */
        {{"192.0.2.1"}, {0}, false, false, "192.0.2.1", ""},
        {{"192.0.2.10"}, {0}, false, false, "192.0.2.10", ""},
        {{"192.0.2.10", "192.0.2.1"}, {0}, false, false, "192.0.2.10 192.0.2.1", ""},
        {{"192.0.2.1", "192.0.2.1"}, {0}, false, false, "192.0.2.1", ""},
        {{"::ffff:192.0.2.1"}, {0}, false, false, "192.0.2.1", ""},
        {{"192.168.0.1"},
         {0},
         false,
         false,
         NULL,
         "j.jcfg:5: " ALLOW "'192.168.0.1' matches no address of this host; it has " FAKE_HAS},
        {{"2001:db8::1"}, {0}, true, false, "2001:db8::1", ""},
        {{"fe80::1%9003"}, {0}, true, true, "fe80::1%9003", ""},
        /* exact interface names */
        {{"eth1"}, {0}, false, false, "198.51.100.1", ""},
        {{"eth10"}, {0}, false, false, "192.168.0.10", ""},
        {{"eth0"}, {0}, false, false, "192.0.2.1 192.0.2.10 192.0.2.77", ""},
        {{"eth0"}, {0}, true, true, "192.0.2.1 192.0.2.10 192.0.2.77 2001:db8::1 fe80::1%9002", ""},
        {{"eth0:1"}, {0}, false, false, "192.0.2.77", ""},
        {{"eth"},
         {0},
         false,
         false,
         NULL,
         "'eth' allows nothing: this host has no interface 'eth'; did you mean 'eth0'?"},
        {{"bare0"}, {0}, false, false, NULL, "'bare0' allows nothing: it has no address"},
        /* blocks and prefixes */
        {{"192.0.2.0/29"}, {0}, false, false, "192.0.2.1", ""},
        {{"192.0.2."}, {0}, false, false, "192.0.2.1 192.0.2.10 192.0.2.77", ""},
        {{"192.168.0"}, {0}, false, false, NULL, "'192.168.0' ends in the middle of an address"},
        {{"10.0.0.0/8"}, {0}, false, false, NULL, "'10.0.0.0/8' matches no address"},
        {{"fe80:"}, {0}, true, true, "fe80::1%9002 fe80::1%9003", ""},
        /* loopback only when named */
        {{"lo"}, {0}, false, false, "127.0.0.1", ""},
        {{"127.0.0.1"}, {0}, false, false, "127.0.0.1", ""},
        {{"127."}, {0}, false, false, "127.0.0.1", ""},
        {{"::1"}, {0}, true, false, "::1", ""},
        {{"lo"}, {0}, true, false, "127.0.0.1 ::1", ""},
        /* what cannot be had is an error, not an omission */
        {{"2001:db8::1"},
         {0},
         false,
         false,
         NULL,
         "'2001:db8::1' allows nothing: 2001:db8::1 is IPv6, which is off (ipv6 = false)"},
        {{"192.0.2.1", "2001:db8::1"}, {0}, false, false, NULL, "'2001:db8::1' allows nothing"},
        {{"fe80::1%9003"}, {0}, true, false, NULL, "is link-local, which is off"},
        {{"fe80::1"}, {0}, true, true, NULL, "'fe80::1' is link-local and needs its link"},
        {{"203.0.113.9"}, {0}, false, false, NULL, "203.0.113.9 is on down0, which is down"},
        {{"down0"}, {0}, false, false, NULL, "203.0.113.9 is on down0, which is down"},
        {{"2001:db8::dad"}, {0}, true, false, NULL, "2001:db8::dad on new0 is not usable"},
        {{"banana"}, {0}, false, false, NULL, "no interface 'banana'; it has lo, eth0"},
        {{""}, {0}, false, false, NULL, "'' is empty"},
        {{"0.0.0.0"}, {0}, false, false, NULL, "'0.0.0.0' is no peer's address"},
        {{"192.0.2.1 "}, {0}, false, false, NULL, "no interface '192.0.2.1 '"},
        /* the ignore-list */
        {{0},
         {"192.0.2.1"},
         false,
         false,
         "192.0.2.10 192.0.2.77 198.51.100.1 192.168.0.10",
         DENY "'192.0.2.1' excludes 192.0.2.1 (eth0)"},
        {{0}, {"192.0.2."}, false, false, "198.51.100.1 192.168.0.10", DENY},
        {{0},
         {"192.0.2.8/29"},
         false,
         false,
         "192.0.2.1 192.0.2.77 198.51.100.1 192.168.0.10",
         DENY},
        {{0},
         {"eth1"},
         false,
         false,
         "192.0.2.1 192.0.2.10 192.0.2.77",
         DENY "'eth1' excludes 198.51.100.1 (eth1), fe80::1%9003 (eth1), 192.168.0.10 (eth10)"},
        {{0},
         {"vmnet"},
         false,
         false,
         "192.0.2.1 192.0.2.10 192.0.2.77 198.51.100.1 192.168.0.10",
         DENY "'vmnet' matches nothing on this host"},
        {{0}, {"e"}, false, false, NULL, DENY "'e' excludes"},
        {{0},
         {"192.168"},
         false,
         false,
         NULL,
         "error: media.ice_ignore_list: '192.168' ends in the middle"},
        {{0}, {""}, false, false, NULL, "error: media.ice_ignore_list: '' is empty"},
        {{"eth0"},
         {"eth"},
         false,
         false,
         "192.0.2.1 192.0.2.10 192.0.2.77",
         DENY "'eth' does not count: interfaces are ignored only without media.ice_enforce_list"},
        {{"eth0"}, {"192.0.2.10"}, false, false, "192.0.2.1 192.0.2.77", DENY},
        {{"192.0.2.10"}, {"192.0.2.0/24"}, false, false, NULL, DENY},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        check_row(&rows[i], i);
}

static void a_block_that_has_an_unusable_address_says_so(void **state) {
    (void)state;
    struct row row = {
        {"0.0.0.0/0"}, {0},
        false,         false,
        NULL,          ALLOW "'0.0.0.0/0' allows nothing: 203.0.113.9 is on down0, which is down"};
    check_row(&row, 0);
}

static void every_bad_entry_is_told(void **state) {
    (void)state;
    struct row row = {{"banana", "eth0", "10.9.9.9"}, {"10"}, false, false, NULL, ""};
    struct fake_host *f = fake_host_new();
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_addr out[16];
    select_row(&row, &f->host, out, PTN_COUNT_OF(out), p);
    assert_int_equal(ptn_problems_errors(p), 3);
    ptn_problems_free(p);
    free(f);
}

static void more_than_fit_is_an_error_and_no_overrun(void **state) {
    (void)state;
    struct row row = {{0}, {0}, false, false, NULL, ""};
    struct fake_host *f = fake_host_new();
    for (size_t cap = 0; cap < 5; cap++) {
        struct ptn_problems *p = ptn_problems_new();
        struct ptn_addr *out = ptn_new_array(struct ptn_addr, cap ? cap : 1);
        assert_int_equal(select_row(&row, &f->host, out, cap, p), cap);
        assert_int_equal(ptn_problems_errors(p), 1);
        free(out);
        ptn_problems_free(p);
    }
    free(f);
}

static void a_host_with_loopback_only_must_name_it(void **state) {
    (void)state;
    struct fake_host f = {.host = {.list = f.list, .interfaces = f.interfaces}};
    fake_interface(&f, "lo", LO, true);
    fake_address(&f, "127.0.0.1");
    struct row all = {{0}, {0}, true, true, NULL, ""}, named = {{"lo"}, {0}, true, true, NULL, ""};
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_addr out[4];
    assert_int_equal(select_row(&named, &f.host, out, 4, p), 1);
    assert_int_equal(ptn_problems_errors(p), 0);
    assert_int_equal(select_row(&all, &f.host, out, 4, p), 0);
    assert_int_equal(ptn_problems_errors(p), 1);
    ptn_problems_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_exactly_what_the_lists_say),
        cmocka_unit_test(a_block_that_has_an_unusable_address_says_so),
        cmocka_unit_test(every_bad_entry_is_told),
        cmocka_unit_test(more_than_fit_is_an_error_and_no_overrun),
        cmocka_unit_test(a_host_with_loopback_only_must_name_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
