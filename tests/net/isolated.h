/* A network namespace of the test's own, with nothing but loopback in it: ports are free, and
 * nobody else's sockets come and go. Where that is not permitted the test runs on the host's
 * loopback, and cases that need a whole namespace are skipped (visibly). */
#ifndef PTN_TESTS_NET_ISOLATED_H
#define PTN_TESTS_NET_ISOLATED_H

#include "test.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/problems.h"

static bool is_isolated;

static inline void loopback_up(void) {
    struct ifreq req = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &req), 0);
    close(fd);
}

static inline int isolate(void **state) {
    (void)state;
    is_isolated = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    if (is_isolated)
        loopback_up();
    else
        print_message("no network namespace permitted: on the host's loopback\n");
    return 0;
}

static inline void need_isolation(void) {
    if (!is_isolated)
        skip();
}

static inline struct ptn_addr address(const char *ip, uint16_t port) {
    struct ptn_addr a;
    assert_int_equal(ptn_addr_parse(ip, port, &a), PTN_OK);
    return a;
}

/* The test's own way to a bound socket, not the module's. port 0: any; *addr is what it got. */
static inline int own_socket(int type, const char *ip, uint16_t port, struct ptn_addr *addr) {
    struct sockaddr_storage ss;
    struct ptn_addr a = address(ip, port);
    socklen_t len = ptn_addr_to_sockaddr(&a, &ss);
    int one = 1, fd = socket(ss.ss_family, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (a.family == 6)
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 5), 0);
    len = sizeof ss;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
    assert_int_equal(ptn_addr_from_sockaddr((struct sockaddr *)&ss, addr), PTN_OK);
    return fd;
}

/* A port that nobody has just now. */
static inline uint16_t free_port(int type, const char *ip) {
    struct ptn_addr addr;
    close(own_socket(type, ip, 0, &addr));
    return addr.port;
}

/* errno of a connection from here, 0 when it was taken. */
static inline int try_connect(const char *ip, uint16_t port) {
    struct sockaddr_storage ss;
    struct ptn_addr a = address(ip, port);
    socklen_t len = ptn_addr_to_sockaddr(&a, &ss);
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int err = connect(fd, (struct sockaddr *)&ss, len) == 0 ? 0 : errno;
    close(fd);
    return err;
}

static inline int option(int fd, int level, int name) {
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

#endif
