#include "isolated.h"

#include <fcntl.h>

#include "net/listener.h"

#define MAX 32

static struct ptn_addr both[2], three[3];

static int set_up(void **state) {
    both[0] = three[0] = address("127.0.0.1", 0);
    both[1] = three[1] = address("::1", 0);
    three[2] = address("127.0.0.2", 0);
    return isolate(state);
}

struct opened {
    struct ptn_problems *problems;
    struct ptn_socktable *table;
    struct ptn_media_socket list[MAX];
    size_t count;
    ptn_err err;
};

static struct ptn_media_spec spec_for(struct ptn_addr *addrs, size_t n, unsigned loops) {
    return (struct ptn_media_spec){.addrs = addrs,
                                   .addr_count = n,
                                   .loops = loops,
                                   .where = {"j.jcfg", 7, "media.rtp_port_range"}};
}

static struct opened open_media(const struct ptn_media_spec *spec) {
    struct opened o = {.problems = ptn_problems_new(),
                       .table = ptn_socktable_new(),
                       .count = spec->loops * spec->addr_count};
    assert_in_range(o.count, 1, MAX);
    o.err = ptn_media_open(spec, o.table, o.list, o.problems);
    return o;
}

static void opened_done(struct opened *o) {
    for (size_t i = 0; i < o->count; i++)
        if (o->list[i].fd >= 0)
            close(o->list[i].fd);
    ptn_problems_free(o->problems);
    ptn_socktable_free(o->table);
}

static const char *said(const struct opened *o, const char *part) {
    for (size_t i = 0; i < ptn_problems_count(o->problems); i++)
        if (strstr(ptn_problems_text(o->problems, i), part))
            return ptn_problems_text(o->problems, i);
    return NULL;
}

static void assert_said(const struct opened *o, const char *part) {
    CHECK(said(o, part), "%s",
          ptn_problems_count(o->problems) ? ptn_problems_text(o->problems, 0) : "nothing was said");
}

static void assert_verifies(struct ptn_socktable *t) {
    char why[512];
    CHECK(ptn_socktable_verify(t, why, sizeof why) == PTN_OK, "%s", why);
}

static void assert_nothing_open(const struct opened *o) {
    struct ptn_socktable *none = ptn_socktable_new();
    assert_true(o->err != PTN_OK);
    assert_true(ptn_problems_errors(o->problems) > 0);
    assert_int_equal(ptn_socktable_count(o->table), 0);
    for (size_t i = 0; i < o->count; i++)
        assert_int_equal(o->list[i].fd, -1);
    assert_verifies(none);
    ptn_socktable_free(none);
}

/* Ports of a loop on each address, as "10000 10000 10000". */
static void ports_text(const struct opened *o, char *buf, size_t cap) {
    size_t used = 0;
    *buf = '\0';
    for (size_t i = 0; i < o->count; i++)
        used +=
            (size_t)snprintf(buf + used, cap - used, "%s%u", i ? " " : "", o->list[i].addr.port);
}

static void assert_ports(const struct opened *o, const char *expected) {
    char text[256];
    CHECK(o->err == PTN_OK, "%s", ptn_problems_text(o->problems, 0));
    ports_text(o, text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(ptn_socktable_count(o->table), o->count);
    assert_verifies(o->table);
}

static void a_first_port_is_one_port_per_loop_on_each_address(void **state) {
    (void)state;
    need_isolation();
    struct ptn_media_spec spec = spec_for(both, 2, 3);
    spec.port = 10000;
    struct opened o = open_media(&spec);
    assert_ports(&o, "10000 10000 10001 10001 10002 10002");
    for (size_t i = 0; i < o.count; i++) {
        assert_int_equal(o.list[i].loop, i / 2);
        assert_true(ptn_addr_same_ip(&o.list[i].addr, &both[i % 2]));
    }
    assert_string_equal(ptn_socktable_row(o.table, 0).owner, "media loop 0");
    assert_string_equal(ptn_socktable_row(o.table, 5).owner, "media loop 2");
    assert_string_equal(ptn_socktable_row(o.table, 0).reason, "j.jcfg:7 media.rtp_port_range");
    assert_int_equal(ptn_socktable_row(o.table, 0).kind, PTN_SOCK_UDP);
    assert_int_equal(ptn_problems_errors(o.problems), 0);
    opened_done(&o);
}

static void options_are_as_promised(void **state) {
    (void)state;
    struct ptn_media_spec spec = spec_for(both, 2, 1);
    struct opened o = open_media(&spec);
    assert_int_equal(o.err, PTN_OK);
    for (size_t i = 0; i < 2; i++) {
        int fd = o.list[i].fd;
        assert_int_equal(option(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
        assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEADDR), 0);
        assert_int_equal(option(fd, SOL_SOCKET, SO_REUSEPORT), 0);
        assert_int_equal(option(fd, SOL_SOCKET, SO_RXQ_OVFL), 1);
        assert_true(option(fd, SOL_SOCKET, SO_RCVBUF) >= 200000);
        assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
    assert_int_equal(option(o.list[0].fd, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DO);
    assert_int_equal(option(o.list[1].fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_DO);
    assert_int_equal(option(o.list[1].fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    opened_done(&o);
}

static void checking_opens_nothing_and_closing_forgets(void **state) {
    (void)state;
    struct ptn_media_spec spec = spec_for(both, 2, 2);
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_socktable *none = ptn_socktable_new();
    assert_int_equal(ptn_media_check(&spec, p), PTN_OK);
    spec.range_min = spec.range_max = 10000;
    assert_int_equal(ptn_media_check(&spec, p), PTN_EINVALID);
    assert_string_equal(ptn_problems_text(p, 0),
                        "j.jcfg:7: error: media.rtp_port_range: 10000-10000 has 1 port; 2 media "
                        "loops need 2 (one each)");
    assert_verifies(none);
    spec.range_min = spec.range_max = 0;
    struct opened o = open_media(&spec);
    assert_int_equal(ptn_socktable_count(o.table), 4);
    for (int i = 0; i < 2; i++) {
        ptn_media_close(o.list, o.count, o.table);
        assert_int_equal(ptn_socktable_count(o.table), 0);
        assert_verifies(none);
    }
    opened_done(&o);
    ptn_socktable_free(none);
    ptn_problems_free(p);
}

static void a_port_in_use_closes_everything_and_names_its_holder(void **state) {
    (void)state;
    need_isolation();
    struct ptn_addr taken;
    int holder = own_socket(SOCK_DGRAM, "::1", 10001, &taken);
    struct ptn_media_spec spec = spec_for(both, 2, 3);
    spec.port = 10000;
    struct opened o = open_media(&spec);
    assert_int_equal(ptn_problems_errors(o.problems), 1);
    assert_string_equal(ptn_problems_text(o.problems, 0),
                        "j.jcfg:7: error: media.rtp_port_range: cannot open media port "
                        "[::1]:10001: Address already in use (held by this process itself)");
    close(holder);
    assert_nothing_open(&o);
    opened_done(&o);
}

/* SO_REUSEADDR on either side would let the second socket take the port's traffic. */
static void a_wildcard_of_somebody_else_is_in_the_way_even_with_reuseaddr(void **state) {
    (void)state;
    need_isolation();
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(10000)};
    int one = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    struct ptn_media_spec spec = spec_for(both, 1, 1);
    spec.port = 10000;
    struct opened o = open_media(&spec);
    close(fd);
    assert_nothing_open(&o);
    opened_done(&o);
}

static void a_first_port_must_leave_room_for_all_loops(void **state) {
    (void)state;
    need_isolation();
    static const struct {
        int64_t port;
        unsigned loops;
        bool ok;
    } rows[] = {{65535, 1, true},  {65534, 2, true}, {65535, 2, false},
                {65536, 1, false}, {-1, 1, false},   {INT64_C(1) << 40, 1, false}};
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_media_spec spec = spec_for(both, 2, rows[i].loops);
        spec.port = rows[i].port;
        struct opened o = open_media(&spec);
        CHECK((o.err == PTN_OK) == rows[i].ok, "row %zu", i);
        if (!rows[i].ok)
            assert_nothing_open(&o);
        opened_done(&o);
    }
}

/* -- ranges ----------------------------------------------------------------------------------- */

static void a_range_is_where_ports_come_from(void **state) {
    (void)state;
    need_isolation();
    static const struct {
        int64_t low, high;
        const char *ports;
    } rows[] = {
        {10000, 10999, "10000 10000 10000 10001 10001 10001"},
        {10000, 10001, "10000 10000 10000 10001 10001 10001"},
        {10001, 10000, "10000 10000 10000 10001 10001 10001"}, /* swapped */
        {65534, 0, "65534 65534 65534 65535 65535 65535"},     /* no upper end */
        {0, 2000, "1024 1024 1024 1025 1025 1025"},            /* no lower end */
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_media_spec spec = spec_for(three, 3, 2);
        spec.range_min = rows[i].low;
        spec.range_max = rows[i].high;
        struct opened o = open_media(&spec);
        assert_ports(&o, rows[i].ports);
        opened_done(&o);
    }
}

static void ports_in_use_are_skipped_with_a_note(void **state) {
    (void)state;
    need_isolation();
    struct ptn_addr addr;
    int fds[] = {own_socket(SOCK_DGRAM, "127.0.0.1", 10000, &addr),
                 own_socket(SOCK_DGRAM, "::1", 10002, &addr)};
    struct ptn_media_spec spec = spec_for(three, 3, 2);
    spec.range_min = 10000;
    spec.range_max = 10100;
    struct opened o = open_media(&spec);
    for (size_t i = 0; i < PTN_COUNT_OF(fds); i++)
        close(fds[i]);
    assert_ports(&o, "10001 10001 10001 10003 10003 10003");
    assert_said(&o, "note: media.rtp_port_range: 2 ports in use, skipped: 127.0.0.1:10000 (held "
                    "by this process itself), [::1]:10002 (held by this process itself)");
    opened_done(&o);
}

static void a_first_port_within_a_range_is_where_it_starts(void **state) {
    (void)state;
    need_isolation();
    struct ptn_media_spec spec = spec_for(both, 2, 2);
    spec.port = 10009;
    spec.range_min = 10000;
    spec.range_max = 10010;
    struct opened o = open_media(&spec);
    assert_ports(&o, "10009 10009 10010 10010");
    opened_done(&o);
}

static void a_tight_range_is_used_address_by_address(void **state) {
    (void)state;
    need_isolation();
    struct ptn_addr addr;
    int fds[] = {own_socket(SOCK_DGRAM, "127.0.0.1", 10000, &addr),
                 own_socket(SOCK_DGRAM, "::1", 10001, &addr)};
    struct ptn_media_spec spec = spec_for(both, 2, 2);
    spec.range_min = 10000;
    spec.range_max = 10002;
    struct opened o = open_media(&spec);
    for (size_t i = 0; i < PTN_COUNT_OF(fds); i++)
        close(fds[i]);
    assert_ports(&o, "10001 10000 10002 10002");
    opened_done(&o);
}

static void a_range_that_is_too_small_says_how_many_are_needed(void **state) {
    (void)state;
    need_isolation();
    struct ptn_addr addr;
    struct ptn_media_spec spec = spec_for(both, 2, 4);
    spec.range_min = 10000;
    spec.range_max = 10002;
    struct opened o = open_media(&spec);
    assert_said(&o, "j.jcfg:7: error: media.rtp_port_range: 10000-10002 has 3 ports; 4 media loops "
                    "need 4 (one each)");
    assert_nothing_open(&o);
    opened_done(&o);

    int fd = own_socket(SOCK_DGRAM, "127.0.0.1", 10001, &addr);
    spec.range_max = 10003;
    o = open_media(&spec);
    close(fd);
    assert_said(&o, "10000-10003 has 4 ports, of which 1 is in use; 4 media loops need 4");
    assert_nothing_open(&o);
    opened_done(&o);
}

static void a_range_that_is_none_is_refused(void **state) {
    (void)state;
    static const struct {
        int64_t port, low, high;
        const char *says;
    } rows[] = {
        {0, 10000, 65536, "10000-65536 is no range of ports; 1-65535 is"},
        {0, -5, 10, "-5-10 is no range of ports"},
        {10010, 10000, 10010,
         "2 media loops from port 10010 on use 10010-10011, which leaves the "
         "range 10000-10010"},
        {9999, 10000, 10010, "9999-10000, which leaves the range 10000-10010"},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_media_spec spec = spec_for(both, 2, 2);
        spec.port = rows[i].port;
        spec.range_min = rows[i].low;
        spec.range_max = rows[i].high;
        struct opened o = open_media(&spec);
        assert_int_equal(o.err, PTN_EINVALID);
        assert_said(&o, rows[i].says);
        assert_nothing_open(&o);
        opened_done(&o);
    }
}

/* -- neither ---------------------------------------------------------------------------------- */

static void without_a_port_the_kernel_chooses_and_we_say_what(void **state) {
    (void)state;
    struct ptn_media_spec spec = spec_for(three, 3, 2);
    struct opened o = open_media(&spec);
    assert_int_equal(o.err, PTN_OK);
    assert_verifies(o.table);
    assert_said(&o, "warning: media.rtp_port_range: no port for media is set, so the kernel chose");
    for (size_t i = 0; i < o.count; i++) {
        char text[PTN_ADDR_TEXT];
        assert_true(o.list[i].addr.port > 0);
        assert_said(&o, ptn_addr_text(&o.list[i].addr, text, sizeof text));
        assert_int_equal(o.list[i].addr.port, o.list[i - i % 3].addr.port); /* one per loop */
    }
    opened_done(&o);
}

static void a_wildcard_is_refused_and_so_is_an_address_of_another_host(void **state) {
    (void)state;
    static const char *const ips[] = {"0.0.0.0", "::", "203.0.113.77"};
    for (size_t i = 0; i < PTN_COUNT_OF(ips); i++) {
        struct ptn_addr addrs[2] = {both[0], address(ips[i], 0)};
        struct ptn_media_spec spec = spec_for(addrs, 2, 2);
        struct opened o = open_media(&spec);
        assert_nothing_open(&o);
        opened_done(&o);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_port_is_one_port_per_loop_on_each_address),
        cmocka_unit_test(options_are_as_promised),
        cmocka_unit_test(checking_opens_nothing_and_closing_forgets),
        cmocka_unit_test(a_port_in_use_closes_everything_and_names_its_holder),
        cmocka_unit_test(a_wildcard_of_somebody_else_is_in_the_way_even_with_reuseaddr),
        cmocka_unit_test(a_first_port_must_leave_room_for_all_loops),
        cmocka_unit_test(a_range_is_where_ports_come_from),
        cmocka_unit_test(ports_in_use_are_skipped_with_a_note),
        cmocka_unit_test(a_first_port_within_a_range_is_where_it_starts),
        cmocka_unit_test(a_tight_range_is_used_address_by_address),
        cmocka_unit_test(a_range_that_is_too_small_says_how_many_are_needed),
        cmocka_unit_test(a_range_that_is_none_is_refused),
        cmocka_unit_test(without_a_port_the_kernel_chooses_and_we_say_what),
        cmocka_unit_test(a_wildcard_is_refused_and_so_is_an_address_of_another_host),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
