/* Binding to exactly one address: with unix.c the only place in the tree that calls bind(2). */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/internal.h"

#define LOW_PORTS 1024 /* below: net.ipv4.ip_unprivileged_port_start, unless changed */

static ptn_err set_all(int fd, const struct sockopt *opts, size_t n, const char **step) {
    for (size_t i = 0; i < n; i++) {
        if (setsockopt(fd, opts[i].level, opts[i].name, &opts[i].value, sizeof opts[i].value) == 0)
            continue;
        *step = opts[i].text;
        return PTN_EIO;
    }
    return PTN_OK;
}

int bound_socket(int type, const struct ptn_addr *addr, const struct sockopt *opts, size_t n,
                 const char **step) {
    struct sockaddr_storage ss;
    socklen_t len = ptn_addr_to_sockaddr(addr, &ss);
    *step = "socket";
    int fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (set_all(fd, opts, n, step) == PTN_OK) {
        *step = "bind";
        if (bind(fd, (struct sockaddr *)&ss, len) == 0)
            return fd;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

ptn_err bound_address(int fd, struct ptn_addr *out) {
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
        return PTN_EIO;
    return ptn_addr_from_sockaddr((struct sockaddr *)&ss, out);
}

const char *bind_error_text(int err, enum ptn_socket_kind kind, const struct ptn_addr *addr,
                            char *buf, size_t cap) {
    char holder[96] = "";
    const char *hint = "";
    if (err == EADDRINUSE)
        hint = holder_text(kind, addr, holder, sizeof holder);
    else if (err == EACCES && addr->port > 0 && addr->port < LOW_PORTS)
        hint = " (ports below 1024 need CAP_NET_BIND_SERVICE)";
    else if (err == EADDRNOTAVAIL)
        hint = " (it has left this host since it was looked up)";
    snprintf(buf, cap, "%s%s", strerror(err), hint);
    return buf;
}
