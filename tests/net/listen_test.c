#include "isolated.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "net/listener.h"

/* Addresses that are on every loopback; the module is told they are the host's. */
static struct ptn_hostaddr host_list[] = {
    {.ifname = "lo", .up = true, .loopback = true},
    {.ifname = "lo", .up = true, .loopback = true},
    {.ifname = "lo", .up = true, .loopback = true},
};
static struct ptn_hostif host_lo = {"lo", 1, true, true};
static struct ptn_hostaddrs host = {host_list, PTN_COUNT_OF(host_list), &host_lo, 1};

static int set_up(void **state) {
    host_list[0].addr = address("127.0.0.1", 0);
    host_list[1].addr = address("127.0.0.2", 0);
    host_list[2].addr = address("::1", 0);
    return isolate(state);
}

struct opened {
    struct ptn_problems *problems;
    struct ptn_socktable *table;
    struct ptn_listener list[8];
    size_t count;
    ptn_err err;
};

static struct ptn_listen_spec spec(const char *name, int id, const char *ip, uint16_t port) {
    return (struct ptn_listen_spec){.name = name,
                                    .id = id,
                                    .ip = ip,
                                    .port = port,
                                    .where_ip = {"h.jcfg", 12, "general.ip"},
                                    .where_port = {"h.jcfg", 11, "general.port"}};
}

static struct opened open_specs(const struct ptn_listen_spec *specs, size_t n) {
    struct opened o = {.problems = ptn_problems_new(), .table = ptn_socktable_new()};
    struct ptn_listen_plan *plan = ptn_listen_plan_new(specs, n, &host, o.problems);
    assert_non_null(plan);
    o.count = ptn_listen_plan_count(plan);
    assert_in_range(o.count, 1, PTN_COUNT_OF(o.list));
    o.err = ptn_listen_open(plan, o.table, o.list, o.problems);
    ptn_listen_plan_free(plan);
    return o;
}

static void opened_done(struct opened *o) {
    for (size_t i = 0; i < o->count; i++)
        if (o->list[i].fd >= 0)
            close(o->list[i].fd);
    ptn_problems_free(o->problems);
    ptn_socktable_free(o->table);
}

static void assert_nothing_open(const struct opened *o) {
    char why[256];
    assert_int_equal(o->err, PTN_EIO);
    assert_int_equal(ptn_socktable_count(o->table), 0);
    for (size_t i = 0; i < o->count; i++)
        assert_int_equal(o->list[i].fd, -1);
    struct ptn_socktable *none = ptn_socktable_new();
    CHECK(ptn_socktable_verify(none, why, sizeof why) == PTN_OK, "%s", why);
    ptn_socktable_free(none);
}

static void opens_declares_and_listens(void **state) {
    (void)state;
    uint16_t a = free_port(SOCK_STREAM, "127.0.0.1"), b = free_port(SOCK_STREAM, "::1");
    struct ptn_listen_spec specs[] = {spec("HTTP", 7, "127.0.0.1", a), spec("WS", 8, "::1", b)};
    struct opened o = open_specs(specs, 2);
    char why[512], text[PTN_ADDR_TEXT];
    assert_int_equal(o.err, PTN_OK);
    assert_int_equal(o.count, 2);
    CHECK(ptn_socktable_verify(o.table, why, sizeof why) == PTN_OK, "%s", why);
    for (size_t i = 0; i < 2; i++) {
        const struct ptn_listener *l = &o.list[i];
        struct ptn_socktable_row row = ptn_socktable_row(o.table, i);
        assert_int_equal(l->addr.port, specs[i].port);
        assert_string_equal(ptn_addr_ip_text(&l->addr, text, sizeof text), specs[i].ip);
        assert_string_equal(l->name, specs[i].name);
        assert_int_equal(l->id_count, 1);
        assert_int_equal(l->ids[0], specs[i].id);
        assert_int_equal(l->where.line, 12);
        assert_int_equal(fcntl(l->fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
        assert_int_equal(fcntl(l->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(option(l->fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
        assert_int_equal(option(l->fd, SOL_SOCKET, SO_REUSEADDR), 1);
        assert_int_equal(option(l->fd, SOL_SOCKET, SO_REUSEPORT), 0);
        assert_string_equal(row.owner, specs[i].name);
        assert_string_equal(row.reason, "h.jcfg:12 general.ip");
        assert_int_equal(row.fd, l->fd);
        assert_int_equal(try_connect(specs[i].ip, (uint16_t)specs[i].port), 0);
    }
    assert_int_equal(option(o.list[1].fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
    assert_int_equal(try_connect("127.0.0.2", a), ECONNREFUSED);
    ptn_listen_close(o.list, o.count, o.table);
    assert_int_equal(ptn_socktable_count(o.table), 0);
    CHECK(ptn_socktable_verify(o.table, why, sizeof why) == PTN_OK, "%s", why);
    ptn_listen_close(o.list, o.count, o.table); /* harmless again */
    opened_done(&o);
}

static void neither_key_is_one_wildcard_per_family(void **state) {
    (void)state;
    uint16_t port = free_port(SOCK_STREAM, "::");
    struct ptn_listen_spec s = spec("HTTP", 1, NULL, port);
    s.where_port = (struct ptn_where){.key = "general.port"};
    struct opened o = open_specs(&s, 1);
    char why[512];
    assert_int_equal(o.err, PTN_OK);
    assert_int_equal(o.count, 2);
    CHECK(ptn_socktable_verify(o.table, why, sizeof why) == PTN_OK, "%s", why);
    assert_string_equal(ptn_socktable_row(o.table, 0).reason, "general.port (default)");
    assert_int_equal(try_connect("127.0.0.2", port), 0);
    assert_int_equal(try_connect("::1", port), 0);
    struct ptn_addr peer;
    assert_true(close(ptn_listener_accept(o.list[0].fd, &peer)) == 0 && peer.family == 4);
    assert_true(close(ptn_listener_accept(o.list[1].fd, &peer)) == 0 && peer.family == 6);
    opened_done(&o);
}

static void one_busy_port_closes_everything_and_names_its_holder(void **state) {
    (void)state;
    struct ptn_addr taken;
    char expected[256];
    int holder = own_socket(SOCK_STREAM, "127.0.0.1", 0, &taken);
    uint16_t free4 = free_port(SOCK_STREAM, "127.0.0.2"), free6 = free_port(SOCK_STREAM, "::1");
    struct ptn_listen_spec specs[] = {spec("HTTP", 1, "127.0.0.2", free4),
                                      spec("WS", 2, "127.0.0.1", taken.port),
                                      spec("WSS", 3, "::1", free6)};
    struct opened o = open_specs(specs, 3);
    assert_int_equal(ptn_problems_errors(o.problems), 1);
    snprintf(expected, sizeof expected,
             "h.jcfg:11: error: general.port: cannot listen on 127.0.0.1:%u: Address already in "
             "use (held by this process itself)",
             taken.port);
    assert_string_equal(ptn_problems_text(o.problems, 0), expected);
    close(holder);
    assert_nothing_open(&o);
    assert_int_equal(try_connect("127.0.0.2", free4), ECONNREFUSED);
    assert_int_equal(try_connect("::1", free6), ECONNREFUSED);
    opened_done(&o);
}

static void every_busy_port_is_told(void **state) {
    (void)state;
    struct ptn_addr a, b;
    int one = own_socket(SOCK_STREAM, "127.0.0.1", 0, &a),
        two = own_socket(SOCK_STREAM, "::1", 0, &b);
    struct ptn_listen_spec specs[] = {spec("A", 1, "127.0.0.1", a.port),
                                      spec("B", 2, "::1", b.port)};
    struct opened o = open_specs(specs, 2);
    assert_int_equal(ptn_problems_errors(o.problems), 2);
    close(one);
    close(two);
    assert_nothing_open(&o);
    opened_done(&o);
}

/* A wildcard of somebody else is in the way of an exact address, and the other way round. */
static void wildcards_and_exact_addresses_exclude_each_other(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"0.0.0.0", "127.0.0.1"}, {"127.0.0.2", "0.0.0.0"}, {"::", "::1"}, {"::1", "::"}};
    for (size_t i = 0; i < PTN_COUNT_OF(pairs); i++) {
        struct ptn_addr taken;
        int holder = own_socket(SOCK_STREAM, pairs[i][0], 0, &taken);
        struct ptn_listen_spec s = spec("HTTP", 1, pairs[i][1], taken.port);
        struct opened o = open_specs(&s, 1);
        CHECK(strstr(ptn_problems_text(o.problems, 0), "(held by this process itself)"), "%s",
              ptn_problems_text(o.problems, 0));
        close(holder);
        assert_nothing_open(&o);
        opened_done(&o);
    }
}

static void another_process_is_named(void **state) {
    (void)state;
    int ready[2], go[2];
    uint16_t port = 0;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct ptn_addr addr;
        char c;
        FILE *comm = fopen("/proc/self/comm", "w");
        if (comm) {
            fputs("evil\x1b[2J", comm); /* what a terminal should not see */
            fclose(comm);
        }
        own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
        close(go[1]);
        ssize_t n = write(ready[1], &addr.port, sizeof addr.port);
        n += read(go[0], &c, 1);
        _exit(n > 0 ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &port, sizeof port), sizeof port);
    struct ptn_listen_spec s = spec("HTTP", 1, "127.0.0.1", port);
    struct opened o = open_specs(&s, 1);
    char expected[256];
    snprintf(expected, sizeof expected, "Address already in use (held by evil?[2J, pid %d)", pid);
    CHECK(strstr(ptn_problems_text(o.problems, 0), expected), "%s",
          ptn_problems_text(o.problems, 0));
    assert_nothing_open(&o);
    opened_done(&o);
    int fds[] = {ready[0], ready[1], go[0], go[1]};
    for (size_t i = 0; i < PTN_COUNT_OF(fds); i++)
        close(fds[i]);
    waitpid(pid, NULL, 0);
}

/* The previous run's connections linger; its port must still be ours to take. */
static void connections_in_time_wait_do_not_keep_the_port(void **state) {
    (void)state;
    uint16_t port = free_port(SOCK_STREAM, "127.0.0.1");
    struct ptn_listen_spec s = spec("HTTP", 1, "127.0.0.1", port);
    for (int run = 0; run < 3; run++) {
        struct opened o = open_specs(&s, 1);
        CHECK(o.err == PTN_OK, "%s", ptn_problems_text(o.problems, 0));
        struct sockaddr_storage ss;
        struct ptn_addr to = address("127.0.0.1", port), peer;
        socklen_t len = ptn_addr_to_sockaddr(&to, &ss);
        int client = socket(AF_INET, SOCK_STREAM, 0);
        assert_int_equal(connect(client, (struct sockaddr *)&ss, len), 0);
        close(ptn_listener_accept(o.list[0].fd, &peer)); /* the server closes first */
        close(client);
        opened_done(&o);
    }
}

static void an_address_that_left_is_told(void **state) {
    (void)state;
    struct ptn_addr saved = host_list[1].addr;
    host_list[1].addr = address("203.0.113.77", 0); /* planned when it was there */
    struct ptn_listen_spec s = spec("HTTP", 1, "203.0.113.77", 8088);
    struct opened o = open_specs(&s, 1);
    assert_string_equal(
        ptn_problems_text(o.problems, 0),
        "h.jcfg:12: error: general.ip: cannot listen on 203.0.113.77:8088: Cannot assign "
        "requested address (it has left this host since it was looked up)");
    assert_nothing_open(&o);
    opened_done(&o);
    host_list[1].addr = saved;
}

/* In a child, because a right given up does not come back. */
static void a_low_port_without_the_right_to_it_says_which_right(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        if (setresuid(65534, 65534, 65534) != 0)
            _exit(77);
        struct ptn_listen_spec s = spec("HTTP", 1, "127.0.0.1", 443);
        struct opened o = open_specs(&s, 1);
        const char *said = ptn_problems_count(o.problems) ? ptn_problems_text(o.problems, 0) : "";
        bool ok = strcmp(said, "h.jcfg:11: error: general.port: cannot listen on 127.0.0.1:443: "
                               "Permission denied (ports below 1024 need "
                               "CAP_NET_BIND_SERVICE)") == 0;
        opened_done(&o);
        _exit(ok ? 0 : 1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

static void a_shared_listener_is_one_socket(void **state) {
    (void)state;
    uint16_t port = free_port(SOCK_STREAM, "127.0.0.1");
    struct ptn_listen_spec specs[] = {spec("HTTP", 4, "127.0.0.1", port),
                                      spec("WS", 5, "127.0.0.1", port)};
    specs[0].share_group = specs[1].share_group = 1;
    struct opened o = open_specs(specs, 2);
    assert_int_equal(o.err, PTN_OK);
    assert_int_equal(o.count, 1);
    assert_int_equal(o.list[0].id_count, 2);
    assert_int_equal(o.list[0].ids[0], 4);
    assert_int_equal(o.list[0].ids[1], 5);
    assert_string_equal(ptn_socktable_row(o.table, 0).owner, "HTTP + WS");
    opened_done(&o);
}

static void accept_tells_its_failures_apart(void **state) {
    (void)state;
    struct rlimit limit, low;
    struct ptn_addr peer = {0};
    uint16_t port = free_port(SOCK_STREAM, "127.0.0.1");
    struct ptn_listen_spec s = spec("HTTP", 1, "127.0.0.1", port);
    struct opened o = open_specs(&s, 1);
    int fd = o.list[0].fd;
    assert_int_equal(ptn_listener_accept(fd, &peer), PTN_ACCEPT_AGAIN);
    assert_int_equal(ptn_listener_accept(-1, &peer), PTN_ACCEPT_BROKEN);
    assert_int_equal(ptn_listener_accept(STDOUT_FILENO, &peer), PTN_ACCEPT_BROKEN);
    assert_int_equal(peer.family, 0);

    assert_int_equal(try_connect("127.0.0.1", port), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = (rlim_t)fd; /* no number below is free */
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) < fd)
        ;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(ptn_listener_accept(fd, &peer), PTN_ACCEPT_FULL);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    int conn = ptn_listener_accept(fd, &peer); /* it was not lost */
    assert_true(conn >= 0);
    char text[PTN_ADDR_TEXT];
    assert_string_equal(ptn_addr_ip_text(&peer, text, sizeof text), "127.0.0.1");
    assert_int_equal(fcntl(conn, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(conn, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(conn);
    opened_done(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_declares_and_listens),
        cmocka_unit_test(neither_key_is_one_wildcard_per_family),
        cmocka_unit_test(one_busy_port_closes_everything_and_names_its_holder),
        cmocka_unit_test(every_busy_port_is_told),
        cmocka_unit_test(wildcards_and_exact_addresses_exclude_each_other),
        cmocka_unit_test(another_process_is_named),
        cmocka_unit_test(connections_in_time_wait_do_not_keep_the_port),
        cmocka_unit_test(an_address_that_left_is_told),
        cmocka_unit_test(a_low_port_without_the_right_to_it_says_which_right),
        cmocka_unit_test(a_shared_listener_is_one_socket),
        cmocka_unit_test(accept_tells_its_failures_apart),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
