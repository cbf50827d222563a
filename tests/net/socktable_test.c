#include "isolated.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "net/internal.h"
#include "net/socktable.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static const struct ksock_source by_netlink = {.proc_net = "/nonexistent"};
static const struct ksock_source by_proc = {.proc_net = "/proc/self/net", .skip_netlink = true};
static const struct ksock_source by_both = {.proc_net = "/proc/self/net"};

static char why[2048];

/* Each way of reading the kernel's list must come to the same end. */
static ptn_err verify(struct ptn_socktable *t) {
    char other[sizeof why] = "";
    *why = '\0';
    ptn_err err = socktable_verify_with(t, &by_both, why, sizeof why);
    assert_int_equal(socktable_verify_with(t, &by_proc, other, sizeof other), err);
    assert_string_equal(why, other);
    return err;
}

static struct ptn_socktable *table_with(int fd, enum ptn_socket_kind kind,
                                        const struct ptn_addr *addr) {
    struct ptn_socktable *t = ptn_socktable_new();
    ptn_socktable_declare(t, fd, kind, addr, "HTTP", "h.jcfg:1 general.ip");
    return t;
}

static void assert_says(const char *expected) {
    CHECK(strcmp(why, expected) == 0, "\n  said     %s\n  expected %s", why, expected);
}

static void agrees_with_what_is_declared(void **state) {
    (void)state;
    static const struct {
        int type;
        enum ptn_socket_kind kind;
        const char *ip;
    } rows[] = {
        {SOCK_STREAM, PTN_SOCK_TCP_LISTEN, "127.0.0.1"}, {SOCK_STREAM, PTN_SOCK_TCP_LISTEN, "::1"},
        {SOCK_STREAM, PTN_SOCK_TCP_LISTEN, "0.0.0.0"},   {SOCK_STREAM, PTN_SOCK_TCP_LISTEN, "::"},
        {SOCK_DGRAM, PTN_SOCK_UDP, "127.0.0.1"},         {SOCK_DGRAM, PTN_SOCK_UDP, "::1"}};
    struct ptn_socktable *t = ptn_socktable_new();
    int fds[PTN_COUNT_OF(rows)];
    assert_int_equal(verify(t), PTN_OK);
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_addr addr;
        fds[i] = own_socket(rows[i].type, rows[i].ip, 0, &addr);
        CHECK(verify(t) == PTN_EPROTO, "row %zu not seen as undeclared", i);
        ptn_socktable_declare(t, fds[i], rows[i].kind, &addr, "x", "y");
        CHECK(verify(t) == PTN_OK, "row %zu: %s", i, why);
    }
    assert_int_equal(ptn_socktable_count(t), PTN_COUNT_OF(rows));
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        close(fds[i]);
        CHECK(verify(t) == PTN_EPROTO, "row %zu not missed", i);
        ptn_socktable_withdraw(t, fds[i]);
        CHECK(verify(t) == PTN_OK, "row %zu: %s", i, why);
    }
    ptn_socktable_free(t);
    ptn_socktable_free(NULL);
}

static void names_what_was_not_declared(void **state) {
    (void)state;
    struct ptn_socktable *t = ptn_socktable_new();
    struct ptn_addr addr;
    char expected[256], text[PTN_ADDR_TEXT];
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    assert_int_equal(verify(t), PTN_EPROTO);
    snprintf(expected, sizeof expected, "undeclared: tcp %s (descriptor %d)",
             ptn_addr_text(&addr, text, sizeof text), fd);
    assert_says(expected);
    close(fd);

    fd = own_socket(SOCK_DGRAM, "::1", 0, &addr);
    assert_int_equal(verify(t), PTN_EPROTO);
    snprintf(expected, sizeof expected, "undeclared: udp %s (descriptor %d)",
             ptn_addr_text(&addr, text, sizeof text), fd);
    assert_says(expected);
    close(fd);
    assert_int_equal(verify(t), PTN_OK);
    ptn_socktable_free(t);
}

/* A library that uses a socket without binding it has bound it to a wildcard by the first send. */
static void sees_a_socket_that_was_bound_by_sending(void **state) {
    (void)state;
    struct ptn_socktable *t = ptn_socktable_new();
    struct sockaddr_storage ss;
    struct ptn_addr to = address("127.0.0.1", 9);
    socklen_t len = ptn_addr_to_sockaddr(&to, &ss);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(verify(t), PTN_OK);
    assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&ss, len), 1);
    assert_int_equal(verify(t), PTN_EPROTO);
    assert_non_null(strstr(why, "undeclared: udp 0.0.0.0:"));
    close(fd);
    ptn_socktable_free(t);
}

static void clients_and_unbound_sockets_do_not_count(void **state) {
    (void)state;
    struct ptn_socktable *t = ptn_socktable_new();
    struct ptn_addr addr;
    struct sockaddr_storage ss;
    int listening = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    ptn_socktable_declare(t, listening, PTN_SOCK_TCP_LISTEN, &addr, "HTTP", "x");
    socklen_t len = ptn_addr_to_sockaddr(&addr, &ss);
    int client = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
    int unbound = socket(AF_INET6, SOCK_DGRAM, 0), pair[2];
    assert_int_equal(connect(client, (struct sockaddr *)&ss, len), 0);
    assert_int_equal(connect(udp, (struct sockaddr *)&ss, len), 0); /* as a resolver does */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    int accepted = accept(listening, NULL, NULL);
    CHECK(verify(t) == PTN_OK, "%s", why);
    int fds[] = {listening, client, udp, unbound, accepted, pair[0], pair[1]};
    for (size_t i = 0; i < PTN_COUNT_OF(fds); i++)
        close(fds[i]);
    ptn_socktable_free(t);
}

static void a_second_descriptor_of_a_declared_socket_is_that_socket(void **state) {
    (void)state;
    struct ptn_addr addr;
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr), copy = dup(fd);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &addr);
    CHECK(verify(t) == PTN_OK, "%s", why);
    close(copy);
    close(fd);
    ptn_socktable_free(t);
}

static void declares_again_and_withdraws(void **state) {
    (void)state;
    struct ptn_addr addr;
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &addr);
    ptn_socktable_declare(t, fd, PTN_SOCK_TCP_LISTEN, &addr, "WS", "again");
    assert_int_equal(ptn_socktable_count(t), 1);
    assert_string_equal(ptn_socktable_row(t, 0).owner, "WS");
    assert_string_equal(ptn_socktable_row(t, 0).reason, "again");
    assert_int_equal(ptn_socktable_row(t, 0).fd, fd);
    assert_int_equal(ptn_socktable_row(t, 0).addr.port, addr.port);
    ptn_socktable_withdraw(t, fd + 1);
    ptn_socktable_withdraw(t, fd);
    assert_int_equal(ptn_socktable_count(t), 0);
    close(fd);
    ptn_socktable_free(t);
}

static void a_copy_stands_for_itself(void **state) {
    (void)state;
    struct ptn_addr addr;
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &addr);
    struct ptn_socktable *copy = ptn_socktable_copy(t);
    ptn_socktable_free(t);
    CHECK(verify(copy) == PTN_OK, "%s", why);
    assert_string_equal(ptn_socktable_row(copy, 0).owner, "HTTP");
    close(fd);
    assert_int_equal(verify(copy), PTN_EPROTO);
    ptn_socktable_free(copy);
}

/* -- declared, but not there, or not as declared ---------------------------------------------- */

static void check_missing(const char *wrong, const struct ptn_addr *addr, const char *kind,
                          struct ptn_socktable *t) {
    char expected[256], text[PTN_ADDR_TEXT];
    assert_int_equal(verify(t), PTN_EPROTO);
    snprintf(expected, sizeof expected, "%s: %s %s (HTTP)", wrong, kind,
             ptn_addr_text(addr, text, sizeof text));
    assert_says(expected);
    ptn_socktable_free(t);
}

static void misses_a_closed_descriptor(void **state) {
    (void)state;
    struct ptn_addr addr;
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &addr);
    close(fd);
    check_missing("missing, its descriptor is closed", &addr, "tcp", t);
}

static void misses_a_descriptor_that_was_used_again(void **state) {
    (void)state;
    struct ptn_addr addr, same;
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &addr);
    close(fd);
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(dup2(pipes[0], fd), fd);
    assert_int_equal(verify(t), PTN_EPROTO);
    assert_non_null(strstr(why, "missing, its descriptor is something else now: tcp"));

    /* Even a listener on the same port is not the one that was declared. */
    close(fd);
    int again = own_socket(SOCK_STREAM, "127.0.0.1", addr.port, &same);
    if (again != fd) {
        assert_int_equal(dup2(again, fd), fd);
        close(again);
    }
    assert_int_equal(verify(t), PTN_EPROTO);
    assert_non_null(strstr(why, "undeclared: tcp 127.0.0.1:"));
    assert_non_null(strstr(why, "; missing, its descriptor is something else now: tcp"));
    close(fd);
    if (pipes[0] != fd)
        close(pipes[0]);
    close(pipes[1]);
    ptn_socktable_free(t);
}

static void misses_a_listener_that_was_shut_down(void **state) {
    (void)state;
    struct ptn_addr addr;
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &addr);
    shutdown(fd, SHUT_RD);
    check_missing("missing, it does not listen", &addr, "tcp", t);
    close(fd);
}

static void misses_a_udp_socket_that_was_connected(void **state) {
    (void)state;
    struct ptn_addr addr;
    struct sockaddr_storage ss;
    int fd = own_socket(SOCK_DGRAM, "127.0.0.1", 0, &addr);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_UDP, &addr);
    socklen_t len = ptn_addr_to_sockaddr(&addr, &ss);
    assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
    check_missing("missing, it is not bound or is connected", &addr, "udp", t);
    close(fd);
}

static void sees_another_address_than_declared(void **state) {
    (void)state;
    struct ptn_addr addr, wrong;
    char text[PTN_ADDR_TEXT], expected[256];
    int fd = own_socket(SOCK_STREAM, "0.0.0.0", 0, &addr);
    wrong = address("127.0.0.1", addr.port);
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &wrong);
    assert_int_equal(verify(t), PTN_EPROTO);
    snprintf(expected, sizeof expected, "on another address: tcp 127.0.0.1:%u (HTTP) is %s",
             addr.port, ptn_addr_text(&addr, text, sizeof text));
    assert_says(expected);
    wrong = address("0.0.0.0", (uint16_t)(addr.port ^ 1));
    ptn_socktable_declare(t, fd, PTN_SOCK_TCP_LISTEN, &wrong, "HTTP", "x");
    assert_int_equal(verify(t), PTN_EPROTO);
    wrong = address("::", addr.port);
    ptn_socktable_declare(t, fd, PTN_SOCK_TCP_LISTEN, &wrong, "HTTP", "x");
    assert_int_equal(verify(t), PTN_EPROTO);
    ptn_socktable_declare(t, fd, PTN_SOCK_UDP, &addr, "HTTP", "x");
    assert_int_equal(verify(t), PTN_EPROTO);
    close(fd);
    ptn_socktable_free(t);
}

static void sees_a_wildcard_that_takes_both_families(void **state) {
    (void)state;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    socklen_t len = sizeof any;
    int zero = 0, fd = socket(AF_INET6, SOCK_STREAM, 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    struct ptn_addr addr = address("::", ntohs(any.sin6_port));
    struct ptn_socktable *t = table_with(fd, PTN_SOCK_TCP_LISTEN, &addr);
    check_missing("open to IPv4 too", &addr, "tcp", t);
    close(fd);
}

/* -- what a library might open ---------------------------------------------------------------- */

static void sees_raw_and_packet_sockets(void **state) {
    (void)state;
    static const struct {
        int domain, type, protocol;
        const char *says;
    } rows[] = {
        {AF_INET, SOCK_RAW, IPPROTO_SCTP, "undeclared: raw 0.0.0.0:132 (descriptor"},
        {AF_INET6, SOCK_RAW, IPPROTO_SCTP, "undeclared: raw [::]:132 (descriptor"},
        {AF_PACKET, SOCK_RAW, 0, "undeclared: packet "},
        {AF_PACKET, SOCK_DGRAM, 0, "undeclared: packet "},
    };
    need_isolation();
    struct ptn_socktable *t = ptn_socktable_new();
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        int fd = socket(rows[i].domain, rows[i].type, rows[i].protocol);
        CHECK(fd >= 0, "row %zu: %s", i, strerror(errno));
        CHECK(verify(t) == PTN_EPROTO, "row %zu", i);
        CHECK(strstr(why, rows[i].says) == why, "row %zu: %s", i, why);
        struct ptn_addr none = {0};
        enum ptn_socket_kind kind = rows[i].domain == AF_PACKET ? PTN_SOCK_PACKET : PTN_SOCK_RAW;
        ptn_socktable_declare(t, fd, kind, &none, "x", "y");
        CHECK(verify(t) == PTN_OK, "row %zu: %s", i, why);
        ptn_socktable_withdraw(t, fd);
        close(fd);
    }
    ptn_socktable_free(t);
}

static void sees_listeners_of_other_protocols(void **state) {
    (void)state;
    static const int protocols[] = {IPPROTO_MPTCP, IPPROTO_SCTP};
    struct ptn_socktable *t = ptn_socktable_new();
    size_t tried = 0;
    for (size_t i = 0; i < PTN_COUNT_OF(protocols); i++) {
        int fd = socket(AF_INET, SOCK_STREAM, protocols[i]);
        if (fd < 0) /* not in this kernel */
            continue;
        tried++;
        CHECK(verify(t) == PTN_OK, "protocol %d: %s", protocols[i], why);
        assert_int_equal(listen(fd, 1), 0);
        CHECK(verify(t) == PTN_EPROTO, "protocol %d", protocols[i]);
        close(fd);
    }
    ptn_socktable_free(t);
    if (tried == 0)
        skip();
}

static void sees_a_listener_left_in_another_namespace(void **state) {
    (void)state;
    need_isolation();
    struct ptn_socktable *t = ptn_socktable_new();
    struct ptn_addr tcp_addr, udp_addr;
    int tcp = own_socket(SOCK_STREAM, "127.0.0.1", 0, &tcp_addr);
    int udp = own_socket(SOCK_DGRAM, "127.0.0.1", 0, &udp_addr);
    assert_int_equal(unshare(CLONE_NEWNET), 0);
    loopback_up();
    assert_int_equal(verify(t), PTN_EPROTO);
    char text[PTN_ADDR_TEXT];
    assert_non_null(strstr(why, ptn_addr_text(&tcp_addr, text, sizeof text)));
    assert_non_null(strstr(why, ptn_addr_text(&udp_addr, text, sizeof text)));
    close(tcp);
    close(udp);
    assert_int_equal(verify(t), PTN_OK);
    ptn_socktable_free(t);
}

/* -- the rest --------------------------------------------------------------------------------- */

static void ten_thousand_descriptors_are_no_problem(void **state) {
    (void)state;
    enum { WANT = 10000 };
    struct rlimit limit, more;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    more = limit;
    if (more.rlim_cur < WANT + 64)
        more.rlim_cur = more.rlim_max < WANT + 64 ? more.rlim_max : WANT + 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &more), 0);
    int *fds = ptn_new_array(int, WANT);
    size_t n = 0;
    while (n < WANT && (fds[n] = socket(AF_INET, SOCK_STREAM, 0)) >= 0)
        n++;
    if (more.rlim_cur < WANT + 64) {
        close(fds[--n]); /* the check itself needs a few */
        for (int i = 0; i < 8; i++)
            close(fds[--n]);
    }
    struct ptn_socktable *t = ptn_socktable_new();
    struct ptn_addr addr;
    assert_int_equal(verify(t), PTN_OK);
    close(fds[--n]);
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    assert_int_equal(verify(t), PTN_EPROTO);
    close(fd);
    while (n > 0)
        close(fds[--n]);
    free(fds);
    ptn_socktable_free(t);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void an_unreadable_list_is_no_agreement(void **state) {
    (void)state;
    static const struct ksock_source nothing = {.proc_net = "/nonexistent", .skip_netlink = true};
    struct ptn_socktable *t = ptn_socktable_new();
    assert_int_equal(socktable_verify_with(t, &nothing, why, sizeof why), PTN_EIO);
    assert_says("the kernel's list of sockets cannot be read: No such file or directory");
    /* One kind that only /proc can list is enough. */
    ptn_err err = socktable_verify_with(t, &by_netlink, why, sizeof why);
    assert_true(err == PTN_OK || err == PTN_EIO);
    ptn_socktable_free(t);
}

static void a_short_buffer_for_why_is_not_overrun(void **state) {
    (void)state;
    struct ptn_socktable *t = ptn_socktable_new();
    struct ptn_addr addr;
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr);
    for (size_t cap = 0; cap < 20; cap++) {
        char *small = ptn_alloc(cap + 1);
        small[cap] = 'x';
        assert_int_equal(ptn_socktable_verify(t, small, cap), PTN_EPROTO);
        assert_true(cap == 0 || strlen(small) < cap);
        assert_int_equal(small[cap], 'x');
        free(small);
    }
    close(fd);
    ptn_socktable_free(t);
}

static void prints_for_people(void **state) {
    (void)state;
    struct ptn_socktable *t = ptn_socktable_new();
    struct ptn_addr a = address("192.0.2.1", 8088), b = address("2001:db8::1", 10000);
    ptn_socktable_declare(t, 1000, PTN_SOCK_TCP_LISTEN, &a, "HTTP + WS", "h.jcfg:12 general.ip");
    ptn_socktable_declare(t, 1001, PTN_SOCK_UDP, &b, "media loop 0", "media.port (default)");
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    ptn_socktable_print(t, to);
    fclose(to);
    assert_string_equal(text, "PROTO  ADDRESS              OWNER         WHY\n"
                              "tcp    192.0.2.1:8088       HTTP + WS     h.jcfg:12 general.ip\n"
                              "udp    [2001:db8::1]:10000  media loop 0  media.port (default)\n");
    free(text);
    ptn_socktable_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_what_is_declared),
        cmocka_unit_test(names_what_was_not_declared),
        cmocka_unit_test(sees_a_socket_that_was_bound_by_sending),
        cmocka_unit_test(clients_and_unbound_sockets_do_not_count),
        cmocka_unit_test(a_second_descriptor_of_a_declared_socket_is_that_socket),
        cmocka_unit_test(declares_again_and_withdraws),
        cmocka_unit_test(a_copy_stands_for_itself),
        cmocka_unit_test(misses_a_closed_descriptor),
        cmocka_unit_test(misses_a_descriptor_that_was_used_again),
        cmocka_unit_test(misses_a_listener_that_was_shut_down),
        cmocka_unit_test(misses_a_udp_socket_that_was_connected),
        cmocka_unit_test(sees_another_address_than_declared),
        cmocka_unit_test(sees_a_wildcard_that_takes_both_families),
        cmocka_unit_test(sees_raw_and_packet_sockets),
        cmocka_unit_test(sees_listeners_of_other_protocols),
        cmocka_unit_test(sees_a_listener_left_in_another_namespace),
        cmocka_unit_test(ten_thousand_descriptors_are_no_problem),
        cmocka_unit_test(an_unreadable_list_is_no_agreement),
        cmocka_unit_test(a_short_buffer_for_why_is_not_overrun),
        cmocka_unit_test(prints_for_people),
    };
    return cmocka_run_group_tests(tests, isolate, NULL);
}
