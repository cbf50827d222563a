/* What the files of this folder share; nobody else includes it. */
#ifndef PTN_NET_INTERNAL_H
#define PTN_NET_INTERNAL_H

#include <stdio.h>
#include <sys/types.h>

#include "base/addr.h"
#include "base/problems.h"
#include "base/str.h"
#include "net/hostaddrs.h"
#include "net/socktable.h"

/* -- pattern.c: one item of an address list --------------------------------------------------- */

struct pattern {
    struct ptn_cidr cidr; /* an exact address has all its bits */
    bool exact;           /* written as an address, not as a block or prefix */
    bool host_bits;       /* a block written with an address inside it: 10.1.2.3/8 */
};

/* "192.0.2.7", "192.0.2.0/24", "192.0.2.", "fe80:"; see acl.h.
 *  why      changed only on PTN_EINVALID: what is wrong and what to write instead */
PTN_MUST_CHECK ptn_err pattern_parse(const char *text, struct pattern *out, const char **why);
/* A scope in the pattern must be the address's; without one every link will do. */
bool pattern_has(const struct pattern *p, const struct ptn_addr *addr);
/* Only characters that addresses have: then it is no interface name but a broken address. */
bool pattern_looks_like_address(const char *text);

/* -- hostaddrs.c ------------------------------------------------------------------------------ */

/* The interface's name, or the label of an IPv4 alias ("eth0:1"); whole: eth1 is not eth10. */
bool hostaddr_is_on(const struct ptn_hostaddr *h, const char *ifname);
/* Why a socket cannot be bound there now, or NULL: "is on eth1, which is down". */
const char *hostaddr_unusable(const struct ptn_hostaddr *h, char *buf, size_t cap);
/* "no interface 'eth9' here; did you mean 'eth0'?": returns buf. */
const char *hostaddrs_no_interface(const struct ptn_hostaddrs *host, const char *ifname, char *buf,
                                   size_t cap);

/* -- netlink.c -------------------------------------------------------------------------------- */

/* type NETLINK_START_OVER: the table changed meanwhile; forget what came, it comes again. */
#define NETLINK_START_OVER (-1)
typedef void netlink_message_fn(void *ctx, int type, const void *body, size_t len);

/* Sends one dump request and hands over every message of the answer.
 *  returns PTN_EIO (errno tells; ENOENT: the kernel has no such protocol handler) */
PTN_MUST_CHECK ptn_err netlink_dump(int protocol, int type, const void *body, size_t len,
                                    netlink_message_fn *fn, void *ctx);

/* -- ksock*.c: sockets as the kernel lists them, of all processes in this network namespace --- */

struct ksock {
    ino_t inode;
    enum ptn_socket_kind kind;
    struct ptn_addr addr; /* family 0 for packet sockets; raw: port is the protocol number */
};

struct ksocks {
    struct ksock *list; /* owned; sorted by inode once ksocks_read has returned it */
    size_t count, room;
};

struct ksock_source {
    const char *proc_net; /* "/proc/self/net"; another folder in tests */
    bool skip_netlink;
};

/* TCP listening, UDP unconnected, raw and packet; netlink first, kind by kind, else proc. */
PTN_MUST_CHECK ptn_err ksocks_read(const struct ksock_source *source, struct ksocks *out);
void ksocks_done(struct ksocks *k);
const struct ksock *ksocks_find(const struct ksocks *k, ino_t inode);
void ksocks_add(struct ksocks *k, const struct ksock *sock);
PTN_MUST_CHECK ptn_err ksock_diag_inet(enum ptn_socket_kind kind, int family, struct ksocks *out);
PTN_MUST_CHECK ptn_err ksock_diag_packet(struct ksocks *out);
PTN_MUST_CHECK ptn_err ksock_proc_inet(const char *proc_net, enum ptn_socket_kind kind, int family,
                                       struct ksocks *out);
PTN_MUST_CHECK ptn_err ksock_proc_packet(const char *proc_net, struct ksocks *out);

/* -- ownfds.c: the sockets among this process's descriptors ----------------------------------- */

struct ownfd {
    ino_t inode;
    int fd;
};

struct ownfds {
    struct ownfd *list; /* owned; sorted by inode, then descriptor */
    size_t count, room;
};

PTN_MUST_CHECK ptn_err ownfds_read(struct ownfds *out);
void ownfds_done(struct ownfds *o);
const struct ownfd *ownfds_find(const struct ownfds *o, ino_t inode); /* lowest descriptor */

/* -- socktable.c ------------------------------------------------------------------------------ */

/* ptn_socktable_verify against a chosen list, for tests. */
PTN_MUST_CHECK ptn_err socktable_verify_with(struct ptn_socktable *t,
                                             const struct ksock_source *source, char *why,
                                             size_t why_cap);

/* -- holder.c --------------------------------------------------------------------------------- */

/* Who has the port that could not be bound: " (held by nginx, pid 812)", or "" when /proc does not
 * tell; returns buf. Costs a walk over all of /proc: for error messages only. */
const char *holder_text(enum ptn_socket_kind kind, const struct ptn_addr *addr, char *buf,
                        size_t cap);

/* The same for the path of a Unix socket. */
const char *unix_holder_text(const char *path, char *buf, size_t cap);

/* -- listen.c --------------------------------------------------------------------------------- */

int accept_failure(int err); /* an errno of accept4 as a PTN_ACCEPT_ value */

/* -- verify_unix.c ---------------------------------------------------------------------------- */

struct entry;

/* Could another process reach this descriptor as a Unix socket: does it listen, or is it a datagram
 * socket with a name? Then path is its name (PTN_UNIX_PATH_MAX + 1 bytes; abstract ones begin with
 * '@') and the name of its kind is returned; else NULL. */
const char *unix_reachable(int fd, char *path);
/* NULL: the declared Unix socket is there as declared; its descriptor has been looked at. */
const char *unix_what_is_wrong(const struct entry *e);

/* -- where.c ---------------------------------------------------------------------------------- */

/* "janus.jcfg:12 media.port", "--interface", "media.port (default)"; returns buf. */
const char *where_text(struct ptn_where where, char *buf, size_t cap);
/* "janus.jcfg:12", or as above when it is not in a file; returns buf. */
const char *where_place(struct ptn_where where, char *buf, size_t cap);

/* -- bind.c ----------------------------------------------------------------------------------- */

struct sockopt {
    int level, name, value;
    const char *text; /* for messages */
};

/* A non-blocking, close-on-exec socket with these options, bound to exactly addr.
 *  step     what was refused ("bind", "IPV6_V6ONLY"), when it was (errno tells)
 *  returns  the descriptor, or -1 */
int bound_socket(int type, const struct ptn_addr *addr, const struct sockopt *opts, size_t n,
                 const char **step);
/* What the kernel says the address is. PTN_EIO: errno tells. */
PTN_MUST_CHECK ptn_err bound_address(int fd, struct ptn_addr *out);
/* "Address already in use (held by nginx, pid 812)"; err is an errno; returns buf. */
const char *bind_error_text(int err, enum ptn_socket_kind kind, const struct ptn_addr *addr,
                            char *buf, size_t cap);

/* -- media_check.c ---------------------------------------------------------------------------- */

struct ptn_media_spec;

struct port_range {
    int64_t first, last;
};

bool media_has_range(const struct ptn_media_spec *spec);
/* In ascending order, open ends filled in. */
struct port_range media_range(const struct ptn_media_spec *spec);
void media_report_small(const struct ptn_media_spec *spec, unsigned in_use,
                        struct ptn_problems *problems);

#endif
