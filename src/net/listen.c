/* Opening what was planned: all of it, or nothing. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/internal.h"
#include "net/plan.h"

static void report(struct ptn_problems *problems, const struct planned *want, const char *step) {
    char addr[PTN_ADDR_TEXT], cause[256];
    int err = errno;
    ptn_addr_text(&want->addr, addr, sizeof addr);
    bind_error_text(err, PTN_SOCK_TCP_LISTEN, &want->addr, cause, sizeof cause);
    bool is_about_port = err == EADDRINUSE || err == EACCES;
    bool is_plain = strcmp(step, "bind") == 0 || strcmp(step, "listen") == 0;
    ptn_problems_error(problems, is_about_port ? want->where_port : want->where_addr,
                       "cannot listen on %s: %s%s%s", addr, is_plain ? "" : step,
                       is_plain ? "" : ": ", cause);
}

static int bind_one(const struct planned *want, struct ptn_problems *problems) {
    static const struct sockopt opts[] = {
        /* connections of the previous run in TIME_WAIT do not keep the port from us; a listener of
         * another process still does */
        {SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"},
        {IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY"},
    };
    const char *step;
    size_t n = want->addr.family == 6 ? 2 : 1;
    int fd = bound_socket(SOCK_STREAM, &want->addr, opts, n, &step);
    if (fd < 0)
        report(problems, want, step);
    return fd;
}

/* Listens, and reads back where. */
static void listen_one(const struct planned *want, struct ptn_listener *l,
                       struct ptn_problems *problems) {
    char wanted[PTN_ADDR_TEXT], got[PTN_ADDR_TEXT];
    if (listen(l->fd, SOMAXCONN) != 0)
        report(problems, want, "listen");
    else if (bound_address(l->fd, &l->addr) != PTN_OK)
        report(problems, want, "getsockname");
    else if (!ptn_addr_eq(&l->addr, &want->addr))
        ptn_problems_error(problems, want->where_addr, "%s was wanted, the kernel gave %s",
                           ptn_addr_text(&want->addr, wanted, sizeof wanted),
                           ptn_addr_text(&l->addr, got, sizeof got));
}

static void close_all(struct ptn_listener *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (list[i].fd >= 0)
            close(list[i].fd);
        list[i].fd = -1;
    }
}

static void declare(struct ptn_socktable *table, const struct planned *want,
                    const struct ptn_listener *l) {
    char reason[256];
    ptn_socktable_declare(table, l->fd, PTN_SOCK_TCP_LISTEN, &l->addr, want->owner,
                          where_text(want->where_addr, reason, sizeof reason));
}

/* Everything is bound before anything listens: until all ports are ours, no connection is taken. */
ptn_err ptn_listen_open(const struct ptn_listen_plan *plan, struct ptn_socktable *table,
                        struct ptn_listener *out, struct ptn_problems *problems) {
    size_t errors = ptn_problems_errors(problems);
    for (size_t i = 0; i < plan->count; i++) {
        const struct planned *want = &plan->list[i];
        out[i] = (struct ptn_listener){.fd = bind_one(want, problems),
                                       .addr = want->addr,
                                       .name = want->name,
                                       .id_count = want->id_count,
                                       .where = want->where_addr};
        memcpy(out[i].ids, want->ids, sizeof out[i].ids);
    }
    for (size_t i = 0; i < plan->count && ptn_problems_errors(problems) == errors; i++)
        listen_one(&plan->list[i], &out[i], problems);
    if (ptn_problems_errors(problems) > errors) {
        close_all(out, plan->count);
        return PTN_EIO;
    }
    for (size_t i = 0; i < plan->count; i++)
        declare(table, &plan->list[i], &out[i]);
    return PTN_OK;
}

void ptn_listen_close(struct ptn_listener *list, size_t n, struct ptn_socktable *table) {
    for (size_t i = 0; i < n; i++)
        if (list[i].fd >= 0)
            ptn_socktable_withdraw(table, list[i].fd);
    close_all(list, n);
}

int accept_failure(int err) {
    switch (err) {
    case EAGAIN:
        return PTN_ACCEPT_AGAIN;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return PTN_ACCEPT_FULL;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
    case EFAULT:
        return PTN_ACCEPT_BROKEN;
    default: /* Linux hands over errors of the connection itself: accept(2), "Error handling" */
        return PTN_ACCEPT_RETRY;
    }
}

int ptn_listener_accept(int fd, struct ptn_addr *peer) {
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    struct ptn_addr from;
    int conn = accept4(fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (conn < 0)
        return accept_failure(errno);
    if (ptn_addr_from_sockaddr((struct sockaddr *)&ss, &from) != PTN_OK) {
        close(conn);
        return PTN_ACCEPT_RETRY;
    }
    *peer = ptn_addr_unmapped(&from);
    return conn;
}
