#include "fake_host.h"

#include "net/plan.h"

static struct ptn_listen_spec spec(const char *name, const char *ip, const char *interface,
                                   int64_t port) {
    static int id = 0;
    return (struct ptn_listen_spec){.name = name,
                                    .id = ++id,
                                    .ip = ip,
                                    .interface = interface,
                                    .port = port,
                                    .where_ip = {"h.jcfg", 12, "general.ip"},
                                    .where_interface = {"h.jcfg", 13, "general.interface"},
                                    .where_port = {"h.jcfg", 11, "general.port"}};
}

/* "192.0.2.1:80 [::]:80": the planned sockets in order. */
static void plan_text(const struct ptn_listen_plan *plan, char *buf, size_t cap) {
    size_t used = 0;
    *buf = '\0';
    for (size_t i = 0; i < plan->count; i++) {
        char addr[PTN_ADDR_TEXT];
        used += (size_t)snprintf(buf + used, cap - used, "%s%s", i ? " " : "",
                                 ptn_addr_text(&plan->list[i].addr, addr, sizeof addr));
    }
}

static void resolves_to_exactly_what_was_wanted(void **state) {
    (void)state;
    static const struct {
        const char *ip, *interface, *expected;
    } rows[] = {
        {NULL, NULL, "0.0.0.0:80 [::]:80"},
        {"0.0.0.0", NULL, "0.0.0.0:80"},
        {"::", NULL, "[::]:80"},
        {"192.0.2.1", NULL, "192.0.2.1:80"},
        {"192.0.2.10", NULL, "192.0.2.10:80"},
        {"::ffff:192.0.2.10", NULL, "192.0.2.10:80"},
        {"127.0.0.1", NULL, "127.0.0.1:80"},
        {"::1", NULL, "[::1]:80"},
        {"2001:DB8:0::1", NULL, "[2001:db8::1]:80"},
        {"fe80::1%9003", NULL, "[fe80::1%9003]:80"},
        {"192.0.2.1", "eth0", "192.0.2.1:80"},
        {"192.0.2.77", "eth0", "192.0.2.77:80"},
        {"192.0.2.77", "eth0:1", "192.0.2.77:80"},
        {NULL, "eth1", "198.51.100.1:80 [fe80::1%9003]:80"}, /* not eth10's */
        {NULL, "eth10", "192.168.0.10:80"},
        {NULL, "eth0:1", "192.0.2.77:80"},
        {NULL, "lo", "127.0.0.1:80 [::1]:80"},
        {NULL, "eth0",
         "192.0.2.1:80 192.0.2.10:80 192.0.2.77:80 [2001:db8::1]:80 [fe80::1%9002]:80"},
    };
    struct fake_host *f = fake_host_new();
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_problems *p = ptn_problems_new();
        struct ptn_listen_spec s = spec("HTTP", rows[i].ip, rows[i].interface, 80);
        struct ptn_listen_plan *plan = ptn_listen_plan_new(&s, 1, &f->host, p);
        char text[512];
        CHECK(plan, "row %zu: %s", i, ptn_problems_text(p, 0));
        plan_text(plan, text, sizeof text);
        assert_string_equal(text, rows[i].expected);
        assert_int_equal(ptn_problems_count(p), 0);
        assert_int_equal(plan->list[0].ids[0], s.id);
        ptn_listen_plan_free(plan);
        ptn_problems_free(p);
    }
    free(f);
}

static void refuses_with_the_whole_story(void **state) {
    (void)state;
    static const struct {
        const char *ip, *interface, *says;
    } rows[] = {
        {"203.0.113.77", NULL,
         "h.jcfg:12: error: general.ip: 203.0.113.77 is not an address of this host; it "
         "has " FAKE_HAS},
        {"192.0.2.100", "eth0",
         "h.jcfg:12: error: general.ip: 192.0.2.100 is not an address of this host; it "
         "has " FAKE_HAS},
        {"192.0.2.1", "eth1", "h.jcfg:12: error: general.ip: 192.0.2.1 is on eth0, not on eth1"},
        {"192.0.2.1", "eth0:1",
         "h.jcfg:12: error: general.ip: 192.0.2.1 is on eth0, not on eth0:1"},
        {"192.168.0.10", "eth1",
         "h.jcfg:12: error: general.ip: 192.168.0.10 is on eth10, not on eth1"},
        {"192.0.2.1", "eht0",
         "h.jcfg:13: error: general.interface: this host has no interface 'eht0'; did you mean "
         "'eth0'?"},
        {NULL, "eth",
         "h.jcfg:13: error: general.interface: this host has no interface 'eth'; did you mean "
         "'eth0'?"},
        {NULL, "wlp0s20f3",
         "h.jcfg:13: error: general.interface: this host has no interface 'wlp0s20f3'; it has lo, "
         "eth0, eth1, eth10, down0, new0, bare0"},
        {NULL, "bare0", "h.jcfg:13: error: general.interface: bare0 has no address"},
        {NULL, "down0",
         "h.jcfg:13: error: general.interface: 203.0.113.9 is on down0, which is down"},
        {"203.0.113.9", NULL,
         "h.jcfg:12: error: general.ip: 203.0.113.9 is on down0, which is "
         "down"},
        {"2001:db8::dad", NULL,
         "h.jcfg:12: error: general.ip: 2001:db8::dad on new0 is not usable (yet): duplicate "
         "address detection is running or found another host with it"},
        {"banana", NULL,
         "h.jcfg:12: error: general.ip: 'banana' is not an IPv4 or IPv6 address (no names, no "
         "brackets, no port); this host has " FAKE_HAS},
        {"", NULL,
         "h.jcfg:12: error: general.ip: '' is not an IPv4 or IPv6 address (no names, no "
         "brackets, no port); this host has " FAKE_HAS},
        {"192.0.2.1:80", NULL,
         "h.jcfg:12: error: general.ip: '192.0.2.1:80' is not an IPv4 or IPv6 address (no names, "
         "no brackets, no port); this host has " FAKE_HAS},
        {"[::1]", NULL,
         "h.jcfg:12: error: general.ip: '[::1]' is not an IPv4 or IPv6 address (no names, no "
         "brackets, no port); this host has " FAKE_HAS},
        {"fe80::1", NULL,
         "h.jcfg:12: error: general.ip: fe80::1 is link-local and needs its link: write "
         "fe80::1%eth0"},
        {"fe80::2", NULL,
         "h.jcfg:12: error: general.ip: fe80::2 is link-local and needs its link (fe80::2%eth0); "
         "no link of this host has it"},
        {"fe80::1%no-such", NULL,
         "h.jcfg:12: error: general.ip: fe80::1%no-such: this host has no interface 'no-such'; it "
         "has lo, eth0, eth1, eth10, down0, new0, bare0"},
        {"fe80::1%9004", NULL,
         "h.jcfg:12: error: general.ip: fe80::1%9004 is not an address of this host; it "
         "has " FAKE_HAS},
        {"2001:db8::1%9002", NULL,
         "h.jcfg:12: error: general.ip: 2001:db8::1%9002: only link-local addresses (fe80::) have "
         "a link after '%'"},
        {"0.0.0.0", "eth0",
         "h.jcfg:12: error: general.ip: 0.0.0.0 is every interface, but general.interface names "
         "eth0; leave one of the two out"},
        {"::", "eth0",
         "h.jcfg:12: error: general.ip: :: is every interface, but general.interface names "
         "eth0; leave one of the two out"},
    };
    struct fake_host *f = fake_host_new();
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_problems *p = ptn_problems_new();
        struct ptn_listen_spec s = spec("HTTP", rows[i].ip, rows[i].interface, 80);
        CHECK(!ptn_listen_plan_new(&s, 1, &f->host, p), "row %zu", i);
        assert_int_equal(ptn_problems_errors(p), 1);
        assert_string_equal(ptn_problems_text(p, 0), rows[i].says);
        ptn_problems_free(p);
    }
    free(f);
}

static void one_family_only_when_the_host_has_one(void **state) {
    (void)state;
    struct fake_host f = {.host = {.list = f.list, .interfaces = f.interfaces}};
    fake_interface(&f, "eth0", ETH0, true);
    fake_address(&f, "192.0.2.1");
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_listen_spec s = spec("WS", NULL, NULL, 8188);
    struct ptn_listen_plan *plan = ptn_listen_plan_new(&s, 1, &f.host, p);
    char text[256];
    plan_text(plan, text, sizeof text);
    assert_string_equal(text, "0.0.0.0:8188");
    assert_int_equal(ptn_problems_count(p), 0);
    ptn_listen_plan_free(plan);

    s.ip = "::";
    assert_null(ptn_listen_plan_new(&s, 1, &f.host, p));
    assert_string_equal(ptn_problems_text(p, 0),
                        "h.jcfg:12: error: general.ip: ::: this host has no IPv6 address");
    f.host.count = 0;
    s.ip = NULL;
    assert_null(ptn_listen_plan_new(&s, 1, &f.host, p));
    assert_string_equal(ptn_problems_text(p, 1),
                        "h.jcfg:11: error: general.port: this host has no address that is up");
    ptn_problems_free(p);
}

static void the_same_address_on_two_interfaces_is_found_on_each(void **state) {
    (void)state;
    struct fake_host f = {.host = {.list = f.list, .interfaces = f.interfaces}};
    fake_interface(&f, "eth0", ETH0, false);
    fake_address(&f, "192.0.2.1");
    fake_interface(&f, "eth1", ETH1, true);
    fake_address(&f, "192.0.2.1");
    struct ptn_problems *p = ptn_problems_new();
    static const char *const good[] = {"eth1", NULL};
    for (size_t i = 0; i < PTN_COUNT_OF(good); i++) {
        struct ptn_listen_spec s = spec("WS", "192.0.2.1", good[i], 1);
        struct ptn_listen_plan *plan = ptn_listen_plan_new(&s, 1, &f.host, p);
        assert_int_equal(ptn_listen_plan_count(plan), 1);
        ptn_listen_plan_free(plan);
    }
    struct ptn_listen_spec s = spec("WS", "192.0.2.1", "eth0", 1);
    assert_null(ptn_listen_plan_new(&s, 1, &f.host, p));
    assert_non_null(strstr(ptn_problems_text(p, 0), "192.0.2.1 is on eth0, which is down"));
    ptn_problems_free(p);
}

/* -- two listeners ---------------------------------------------------------------------------- */

struct pair_result {
    size_t count;
    struct ptn_listen_plan *plan;
    struct ptn_problems *problems;
};

static struct pair_result plan_pair(const char *ip_a, int64_t port_a, int group_a, const char *ip_b,
                                    int64_t port_b, int group_b) {
    struct fake_host *f = fake_host_new();
    struct ptn_listen_spec specs[2] = {spec("WS", ip_a, NULL, port_a),
                                       spec("HTTP", ip_b, NULL, port_b)};
    specs[0].where_port = (struct ptn_where){"w.jcfg", 9, "general.ws_port"};
    specs[0].share_group = group_a;
    specs[1].share_group = group_b;
    struct pair_result r = {.problems = ptn_problems_new()};
    r.plan = ptn_listen_plan_new(specs, 2, &f->host, r.problems);
    r.count = ptn_listen_plan_count(r.plan);
    free(f);
    return r;
}

static void pair_done(struct pair_result *r) {
    ptn_listen_plan_free(r->plan);
    ptn_problems_free(r->problems);
}

static void collisions_are_errors_wildcards_too(void **state) {
    (void)state;
    static const struct {
        const char *a;
        int64_t port_a;
        int group_a;
        const char *b;
        int64_t port_b;
        int group_b;
        size_t sockets; /* 0: an error */
        const char *says;
    } rows[] = {
        {"192.0.2.1", 80, 0, "192.0.2.1", 81, 0, 2, ""},
        {"192.0.2.1", 80, 0, "192.0.2.10", 80, 0, 2, ""},
        {"0.0.0.0", 80, 0, "::", 80, 0, 2, ""},
        {"0.0.0.0", 80, 0, "2001:db8::1", 80, 0, 2, ""},
        {"fe80::1%9002", 80, 0, "fe80::1%9003", 80, 0, 2, ""},
        {"127.0.0.1", 8088, 0, "127.0.0.1", 8088, 0, 0,
         "h.jcfg:11: error: general.port: 8088 on 127.0.0.1 is also wanted by WS (w.jcfg:9); to "
         "share one port set web.shared_port = true"},
        {"127.0.0.1", 80, 1, "127.0.0.1", 80, 2, 0, "is also wanted by WS"},
        {"127.0.0.1", 80, 1, "127.0.0.1", 80, 0, 0, "is also wanted by WS"},
        {"::ffff:127.0.0.1", 80, 0, "127.0.0.1", 80, 0, 0, "is also wanted by WS"},
        {"0.0.0.0", 80, 0, "192.0.2.1", 80, 0, 0,
         "h.jcfg:11: error: general.port: 80 on 192.0.2.1 overlaps 0.0.0.0:80, wanted by WS "
         "(w.jcfg:9); a wildcard takes the port on every address"},
        {"192.0.2.1", 80, 0, "0.0.0.0", 80, 0, 0, "80 on 0.0.0.0 overlaps 192.0.2.1:80"},
        {"0.0.0.0", 80, 5, "192.0.2.1", 80, 5, 0, "overlaps"},
        {NULL, 80, 0, "192.0.2.1", 80, 0, 0, "overlaps"},
        {NULL, 80, 0, NULL, 80, 0, 0, "is also wanted by WS"},
        {"::", 80, 0, "::1", 80, 0, 0, "overlaps [::]:80"},
        {"127.0.0.1", 80, 7, "127.0.0.1", 80, 7, 1, ""},
        {NULL, 80, 7, NULL, 80, 7, 2, ""},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct pair_result r = plan_pair(rows[i].a, rows[i].port_a, rows[i].group_a, rows[i].b,
                                         rows[i].port_b, rows[i].group_b);
        CHECK(r.count == rows[i].sockets, "row %zu: %zu", i, r.count);
        CHECK(ptn_problems_count(r.problems) == (rows[i].sockets == 0), "row %zu", i);
        if (rows[i].sockets == 0)
            CHECK(strstr(ptn_problems_text(r.problems, 0), rows[i].says), "row %zu: %s", i,
                  ptn_problems_text(r.problems, 0));
        pair_done(&r);
    }
}

static void a_shared_socket_knows_all_it_serves(void **state) {
    (void)state;
    struct pair_result r = plan_pair("127.0.0.1", 80, 7, "127.0.0.1", 80, 7);
    const struct planned *one = &r.plan->list[0];
    assert_int_equal(one->id_count, 2);
    assert_int_equal(one->ids[1], one->ids[0] + 1);
    assert_string_equal(one->owner, "WS + HTTP");
    pair_done(&r);
}

static void no_more_shares_than_there_is_room_for(void **state) {
    (void)state;
    struct fake_host *f = fake_host_new();
    struct ptn_listen_spec specs[PTN_LISTENER_SHARES + 1];
    for (size_t i = 0; i < PTN_COUNT_OF(specs); i++) {
        specs[i] = spec("HTTP", "127.0.0.1", NULL, 80);
        specs[i].share_group = 1;
    }
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_listen_plan *plan = ptn_listen_plan_new(specs, PTN_LISTENER_SHARES, &f->host, p);
    assert_int_equal(ptn_listen_plan_count(plan), 1);
    ptn_listen_plan_free(plan);
    assert_null(ptn_listen_plan_new(specs, PTN_LISTENER_SHARES + 1, &f->host, p));
    assert_int_equal(ptn_problems_errors(p), 1);
    ptn_problems_free(p);
    free(f);
}

static void every_problem_of_every_listener_is_told(void **state) {
    (void)state;
    struct fake_host *f = fake_host_new();
    struct ptn_listen_spec specs[] = {
        spec("HTTP", "banana", NULL, 80),     spec("HTTPS", NULL, "eht1", 81),
        spec("WS", "192.0.2.1", NULL, 0),     spec("WSS", "192.0.2.1", NULL, 65536),
        spec("A", "192.0.2.99", NULL, 99999), spec("B", "192.0.2.99", NULL, 83),
    };
    struct ptn_problems *p = ptn_problems_new();
    assert_null(ptn_listen_plan_new(specs, PTN_COUNT_OF(specs), &f->host, p));
    assert_int_equal(ptn_problems_errors(p), 6);
    assert_string_equal(ptn_problems_text(p, 4),
                        "h.jcfg:11: error: general.port: 99999 is not a port; 1 to 65535 are");
    ptn_problems_free(p);
    free(f);
}

static void long_lists_of_addresses_are_cut_honestly(void **state) {
    (void)state;
    struct fake_host *f = fake_host_new();
    char whole[1024], cut[128], tiny[8];
    assert_string_equal(ptn_hostaddrs_text(&f->host, whole, sizeof whole), FAKE_HAS);
    assert_string_equal(ptn_hostaddrs_text(&f->host, cut, sizeof cut),
                        "127.0.0.1 (lo), ::1 (lo), 192.0.2.1 (eth0), 192.0.2.10 (eth0), "
                        "192.0.2.77 (eth0), 2001:db8::1 (eth0), and 6 more");
    ptn_hostaddrs_text(&f->host, tiny, sizeof tiny);
    assert_true(strlen(tiny) < sizeof tiny);
    struct ptn_hostaddrs none = {0};
    assert_string_equal(ptn_hostaddrs_text(&none, whole, sizeof whole), "no address");
    assert_false(ptn_hostaddrs_has_interface(&f->host, "eth"));
    assert_true(ptn_hostaddrs_has_interface(&f->host, "bare0"));
    free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_to_exactly_what_was_wanted),
        cmocka_unit_test(refuses_with_the_whole_story),
        cmocka_unit_test(one_family_only_when_the_host_has_one),
        cmocka_unit_test(the_same_address_on_two_interfaces_is_found_on_each),
        cmocka_unit_test(collisions_are_errors_wildcards_too),
        cmocka_unit_test(a_shared_socket_knows_all_it_serves),
        cmocka_unit_test(no_more_shares_than_there_is_room_for),
        cmocka_unit_test(every_problem_of_every_listener_is_told),
        cmocka_unit_test(long_lists_of_addresses_are_cut_honestly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
