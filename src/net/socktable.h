/* The sockets this process has declared, and the comparison with what the kernel says it has.
 * The first law: nothing listens that was not declared, and everything declared exists.
 * Compared are TCP listening, unconnected UDP, raw and packet sockets, IPv4 and IPv6. */
#ifndef PTN_NET_SOCKTABLE_H
#define PTN_NET_SOCKTABLE_H

#include <stdio.h>

#include "base/addr.h"

enum ptn_socket_kind { PTN_SOCK_TCP_LISTEN, PTN_SOCK_UDP, PTN_SOCK_RAW, PTN_SOCK_PACKET };

struct ptn_socktable;

struct ptn_socktable *ptn_socktable_new(void);
void ptn_socktable_free(struct ptn_socktable *t);
/* owner: "HTTP", "media loop 0"; reason: "janus.transport.http.jcfg:12 general.ip". Copied. */
void ptn_socktable_declare(struct ptn_socktable *t, int fd, enum ptn_socket_kind kind,
                           const struct ptn_addr *addr, const char *owner, const char *reason);
void ptn_socktable_withdraw(struct ptn_socktable *t, int fd);
/* Reads the kernel's list (sock_diag, or /proc/net by inode) and this process's descriptors.
 *  returns PTN_OK      they agree
 *          PTN_EPROTO  they differ: why names each difference (undeclared, missing, other address)
 *          PTN_EIO     the kernel's list could not be read */
PTN_MUST_CHECK ptn_err ptn_socktable_verify(struct ptn_socktable *t, char *why, size_t why_cap);
/* A table for people: PROTO, ADDRESS, OWNER, WHY. */
void ptn_socktable_print(const struct ptn_socktable *t, FILE *to);
size_t ptn_socktable_count(const struct ptn_socktable *t);

#endif
