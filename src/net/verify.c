/* The first law, checked: the declared table against the kernel's list. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "net/internal.h"
#include "net/table.h"
#include "net/unix.h"

/* A list that is read while another process opens and closes sockets may skip an entry. Only a
 * difference seen this many times in a row is one. */
#define LOOKS 3

struct look {
    const struct ptn_socktable *table;
    struct ksocks kernel;
    struct ownfds own;
    struct ptn_str why; /* the differences; empty: none */
};

/* where: an address or a path; "" for packet sockets, which have none. */
static void differ(struct look *l, const char *what, const char *kind, const char *where,
                   const char *owner, int fd) {
    ptn_str_addf(&l->why, "%s%s: %s%s%s", l->why.len ? "; " : "", what, kind, *where ? " " : "",
                 where);
    if (owner)
        ptn_str_addf(&l->why, " (%s)", owner);
    else
        ptn_str_addf(&l->why, " (descriptor %d)", fd);
}

static const char *where_it_is(const struct ptn_addr *addr, char *buf, size_t cap) {
    *buf = '\0';
    return addr->family == 0 ? buf : ptn_addr_text(addr, buf, cap);
}

static const struct entry *declared(const struct ptn_socktable *t, ino_t inode) {
    for (size_t i = 0; i < t->count; i++)
        if (t->list[i].inode == inode)
            return &t->list[i];
    return NULL;
}

/* Kernel to table: is each listed socket of ours declared? */
static void look_for_undeclared(struct look *l) {
    char text[PTN_ADDR_TEXT];
    for (size_t i = 0; i < l->kernel.count; i++) {
        const struct ksock *k = &l->kernel.list[i];
        const struct ownfd *mine = k->inode ? ownfds_find(&l->own, k->inode) : NULL;
        if (mine && !declared(l->table, k->inode))
            differ(l, "undeclared", ptn_socket_kind_name(k->kind),
                   where_it_is(&k->addr, text, sizeof text), NULL, mine->fd);
    }
}

static bool int_option(int fd, int level, int name, int *out) {
    socklen_t len = sizeof *out;
    return getsockopt(fd, level, name, out, &len) == 0;
}

static bool local_address(int fd, struct ptn_addr *out) {
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    return getsockname(fd, (struct sockaddr *)&ss, &len) == 0 &&
           ptn_addr_from_sockaddr((struct sockaddr *)&ss, out) == PTN_OK;
}

static bool is_connected(int fd) {
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    return getpeername(fd, (struct sockaddr *)&ss, &len) == 0;
}

/* Could a stranger reach this socket? Asked of those of ours that the lists do not have: other
 * protocols (SCTP, MPTCP, UDP-Lite), or a socket from another network namespace. */
static bool is_reachable(int fd, struct ptn_addr *addr) {
    int type, domain, protocol, listens;
    if (!int_option(fd, SOL_SOCKET, SO_TYPE, &type))
        return false;
    bool is_stream = type == SOCK_STREAM || type == SOCK_SEQPACKET;
    if (is_stream && (!int_option(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens) || !listens))
        return false;
    if (!int_option(fd, SOL_SOCKET, SO_DOMAIN, &domain) ||
        !int_option(fd, SOL_SOCKET, SO_PROTOCOL, &protocol))
        return false;
    if (domain == AF_PACKET)
        return true;
    if ((domain != AF_INET && domain != AF_INET6) || !local_address(fd, addr))
        return false;
    bool is_ping = type == SOCK_DGRAM && (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6);
    if (type == SOCK_DGRAM && (is_ping || addr->port == 0 || is_connected(fd)))
        return false;
    return true;
}

static void look_at_unlisted(struct look *l, const struct ownfd *o) {
    struct ptn_addr addr = {0};
    char text[PTN_ADDR_TEXT], path[PTN_UNIX_PATH_MAX + 1];
    const char *kind = unix_reachable(o->fd, path);
    if (kind)
        differ(l, "undeclared", kind, path, NULL, o->fd);
    else if (is_reachable(o->fd, &addr))
        differ(l, "undeclared, of a kind or namespace of its own", "socket",
               where_it_is(&addr, text, sizeof text), NULL, o->fd);
}

static void look_for_unlisted(struct look *l) {
    for (size_t i = 0; i < l->own.count; i++) {
        const struct ownfd *o = &l->own.list[i];
        bool is_duplicate = i > 0 && l->own.list[i - 1].inode == o->inode;
        if (!is_duplicate && !ksocks_find(&l->kernel, o->inode) && !declared(l->table, o->inode))
            look_at_unlisted(l, o);
    }
}

/* NULL: the declared socket is there as declared. */
static const char *what_is_wrong(const struct look *l, const struct entry *e,
                                 struct ptn_addr *actual) {
    struct stat st;
    int only6 = 1;
    if (fstat(e->fd, &st) != 0)
        return "missing, its descriptor is closed";
    if (e->inode == 0 || st.st_ino != e->inode || !S_ISSOCK(st.st_mode))
        return "missing, its descriptor is something else now";
    if (e->path)
        return unix_what_is_wrong(e);
    const struct ksock *k = ksocks_find(&l->kernel, e->inode);
    if (!k || k->kind != e->kind)
        return e->kind == PTN_SOCK_UDP ? "missing, it is not bound or is connected"
                                       : "missing, it does not listen";
    if (e->kind == PTN_SOCK_RAW || e->kind == PTN_SOCK_PACKET)
        return NULL;
    *actual = k->addr;
    if (!ptn_addr_same_ip(&k->addr, &e->addr) || k->addr.port != e->addr.port)
        return "on another address";
    if (!local_address(e->fd, actual) || !ptn_addr_eq(actual, &e->addr))
        return "on another address";
    if (e->addr.family == 6 && (!int_option(e->fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6) || !only6))
        return "open to IPv4 too";
    return NULL;
}

/* Table to kernel: does each declared socket exist, where it was declared? */
static void look_for_missing(struct look *l) {
    for (size_t i = 0; i < l->table->count; i++) {
        const struct entry *e = &l->table->list[i];
        struct ptn_addr actual = e->addr;
        char text[PTN_ADDR_TEXT];
        const char *wrong = what_is_wrong(l, e, &actual);
        if (!wrong)
            continue;
        differ(l, wrong, ptn_socket_kind_name(e->kind),
               e->path ? e->path : where_it_is(&e->addr, text, sizeof text), e->owner, e->fd);
        if (!ptn_addr_eq(&actual, &e->addr))
            ptn_str_addf(&l->why, " is %s", ptn_addr_text(&actual, text, sizeof text));
    }
}

static ptn_err look_once(const struct ptn_socktable *t, const struct ksock_source *source,
                         struct ptn_str *why) {
    struct look l = {.table = t};
    ptn_str_init(&l.why);
    ptn_err err = ksocks_read(source, &l.kernel);
    if (err == PTN_OK)
        err = ownfds_read(&l.own);
    if (err != PTN_OK) {
        ptn_str_addf(&l.why, "the kernel's list of sockets cannot be read: %s", strerror(errno));
    } else {
        look_for_undeclared(&l);
        look_for_unlisted(&l);
        look_for_missing(&l);
        err = l.why.len ? PTN_EPROTO : PTN_OK;
    }
    ksocks_done(&l.kernel);
    ownfds_done(&l.own);
    ptn_str_done(why);
    *why = l.why;
    return err;
}

ptn_err socktable_verify_with(struct ptn_socktable *t, const struct ksock_source *source, char *why,
                              size_t why_cap) {
    struct ptn_str text;
    ptn_err err = PTN_EIO;
    ptn_str_init(&text);
    for (int i = 0; i < LOOKS && err != PTN_OK; i++)
        err = look_once(t, source, &text);
    if (err != PTN_OK && why_cap > 0)
        ptn_ignore(ptn_str_copy(why, why_cap, text.s) ? PTN_OK : PTN_ELIMIT, "a cut text will do");
    ptn_str_done(&text);
    return err;
}

ptn_err ptn_socktable_verify(struct ptn_socktable *t, char *why, size_t why_cap) {
    static const struct ksock_source source = {.proc_net = "/proc/self/net"};
    return socktable_verify_with(t, &source, why, why_cap);
}
