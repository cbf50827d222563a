/* The sockets this process has declared, and the comparison with what the kernel says it has.
 * The first law: nothing listens that was not declared, and everything declared exists.
 * Compared are TCP listening, unconnected UDP, raw and packet sockets, IPv4 and IPv6; besides,
 * anything else of ours that listens over IP (SCTP, MPTCP, UDP-Lite), and Unix sockets that listen
 * or have a name. A table belongs to one thread. */
#ifndef PTN_NET_SOCKTABLE_H
#define PTN_NET_SOCKTABLE_H

#include <stdio.h>

#include "base/addr.h"

enum ptn_socket_kind {
    PTN_SOCK_TCP_LISTEN,
    PTN_SOCK_UDP,
    PTN_SOCK_RAW,
    PTN_SOCK_PACKET,
    PTN_SOCK_UNIX_SEQPACKET,
    PTN_SOCK_UNIX_DGRAM,
};

struct ptn_socktable;

struct ptn_socktable *ptn_socktable_new(void);
void ptn_socktable_free(struct ptn_socktable *t);
/* Independent of the original: for a check on a helper thread, see ptn_socktable_verify. */
struct ptn_socktable *ptn_socktable_copy(const struct ptn_socktable *t);
/* What a difference or a table calls it: "tcp", "udp", "raw", "packet", "unix-seqpacket". */
const char *ptn_socket_kind_name(enum ptn_socket_kind kind);
/* fd: open; its identity in the kernel is noted, so that a descriptor closed and used again for
 * something else is seen. Declaring a descriptor again replaces what was said of it.
 * addr: as read back; its port is compared too.  owner: "HTTP", "media loop 0"; reason:
 * "janus.transport.http.jcfg:12 general.ip". Copied. */
void ptn_socktable_declare(struct ptn_socktable *t, int fd, enum ptn_socket_kind kind,
                           const struct ptn_addr *addr, const char *owner, const char *reason);
/* A Unix socket, bound to path (read back). The file's identity is noted too: a socket whose file
 * was deleted or replaced can be reached by nobody. */
void ptn_socktable_declare_unix(struct ptn_socktable *t, int fd, enum ptn_socket_kind kind,
                                const char *path, const char *owner, const char *reason);
void ptn_socktable_withdraw(struct ptn_socktable *t, int fd);
/* Reads the kernel's list (sock_diag, or /proc/net by inode) and this process's descriptors.
 * Three system calls per descriptor (55 ms at ten thousand, measured on a small virtual machine):
 * the repeated check belongs on a helper thread, with a copy of the table.
 *  why      changed only when the result is not PTN_OK; "; " stands between differences
 *  returns  PTN_OK      they agree
 *           PTN_EPROTO  they differ: why names each difference (undeclared, missing, elsewhere)
 *           PTN_EIO     the kernel's list could not be read */
PTN_MUST_CHECK ptn_err ptn_socktable_verify(struct ptn_socktable *t, char *why, size_t why_cap);
/* A table for people: PROTO, ADDRESS, OWNER, WHY. */
void ptn_socktable_print(const struct ptn_socktable *t, FILE *to);
size_t ptn_socktable_count(const struct ptn_socktable *t);

struct ptn_socktable_row {
    int fd;
    enum ptn_socket_kind kind;
    struct ptn_addr addr;       /* family 0 for packet and Unix sockets */
    const char *path;           /* of Unix sockets, else NULL; borrowed like the next two */
    const char *owner, *reason; /* borrowed until the table changes */
};
/* The i-th in order of declaration, i < ptn_socktable_count. */
struct ptn_socktable_row ptn_socktable_row(const struct ptn_socktable *t, size_t i);

#endif
