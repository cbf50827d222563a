/* Listening sockets: the only code that binds for incoming connections and for media.
 * First everything is planned and checked against the addresses of this host, then all sockets are
 * opened or none, read back, and declared in the socket table. Control thread, at start. */
#ifndef PTN_NET_LISTENER_H
#define PTN_NET_LISTENER_H

#include "base/addr.h"
#include "base/problems.h"
#include "net/hostaddrs.h"
#include "net/socktable.h"

/* What the configuration said about one listener. Strings are borrowed for the plan's life. */
struct ptn_listen_spec {
    const char *name;      /* "HTTP", "WSS", "admin HTTP": for messages and the table */
    int id;                /* the caller's, travels to each ptn_listener */
    const char *ip;        /* NULL: not set. "0.0.0.0" all IPv4, "::" all IPv6 */
    const char *interface; /* NULL: not set */
    int64_t port;          /* 1..65535, already checked by the schema */
    struct ptn_where where_ip, where_interface, where_port;
    int share_group; /* listeners of equal non-zero group may share one socket */
};

#define PTN_LISTENER_SHARES 4

struct ptn_listener {
    int fd;               /* listening, non-blocking, close-on-exec; the caller's to close */
    struct ptn_addr addr; /* as read back from the kernel */
    const char *name;     /* of the first spec it serves; borrowed from the spec */
    int ids[PTN_LISTENER_SHARES]; /* specs served by this socket (more than one when shared) */
    size_t id_count;
    struct ptn_where where; /* of the key that chose the address: ip, interface or port */
};

struct ptn_listen_plan; /* resolved addresses, nothing open */

/* Resolves every spec: exact address (must be on this host, and on the named interface when both
 * are given); interface alone: one socket per address on it; neither: one wildcard socket per
 * family that the host has. Collisions are errors. Everything wrong goes to problems.
 *  returns  the caller's to free; NULL when there was an error. host is not kept. */
struct ptn_listen_plan *ptn_listen_plan_new(const struct ptn_listen_spec *specs, size_t n,
                                            const struct ptn_hostaddrs *host,
                                            struct ptn_problems *problems);
void ptn_listen_plan_free(struct ptn_listen_plan *plan);
/* How many sockets it will open; plan NULL: 0. */
size_t ptn_listen_plan_count(const struct ptn_listen_plan *plan);

/* All or nothing: on failure everything is closed again and the cause (address, key, file, line,
 * errno, who holds the port when /proc tells) is in problems.  SO_REUSEADDR is set, IPV6_V6ONLY
 * always. Each socket is declared in table. out: array of plan count entries, the caller's. */
PTN_MUST_CHECK ptn_err ptn_listen_open(const struct ptn_listen_plan *plan,
                                       struct ptn_socktable *table, struct ptn_listener *out,
                                       struct ptn_problems *problems);

/* Closes and withdraws: when media failed to open, and at the end. fd -1 is passed over. */
void ptn_listen_close(struct ptn_listener *list, size_t n, struct ptn_socktable *table);

enum {
    PTN_ACCEPT_AGAIN = -1,  /* none is waiting: until the descriptor is readable again */
    PTN_ACCEPT_RETRY = -2,  /* that one was gone already: call again at once */
    PTN_ACCEPT_FULL = -3,   /* no descriptor or memory left. The connection still waits and the
                             * listener stays readable: stop watching it for a while */
    PTN_ACCEPT_BROKEN = -4, /* not a listening socket (errno tells) */
};

/* The next waiting connection, non-blocking and close-on-exec, or one of the above.
 * peer is set with it; IPv4 is never IPv4-mapped here, since no listener is dual-stack. */
int ptn_listener_accept(int fd, struct ptn_addr *peer);

/* -- media ----------------------------------------------------------------------------------- */

struct ptn_media_spec {
    struct ptn_addr *addrs; /* exact local addresses, from ptn_media_select; ports ignored */
    size_t addr_count;
    unsigned loops;
    int64_t port; /* first port, one per loop; 0: none configured */
    /* ports to take from; both 0: none configured. Either order; a maximum of 0 is 65535, a
     * minimum of 0 is 1024. With port: the ports of all loops must lie within. */
    int64_t range_min, range_max;
    struct ptn_where where; /* of port or range */
};
struct ptn_media_socket {
    int fd;
    unsigned loop;
    struct ptn_addr addr;
};
/* allow: entries of ice_enforce_list (exact address, CIDR, exact interface name, or a reference
 * style prefix ending at a dot or colon); each must match an address of this host, else an error.
 * None: all addresses that are up, not loopback. deny: entries of ice_ignore_list, interface names
 * by prefix (and only without an allow-list), addresses exactly; what each excludes is a note, and
 * so is one that matches nothing. IPv6 and link-local only when wanted. An allow entry of which
 * only unwanted, ignored or unusable addresses remain is an error too, and so is an empty result.
 *  out      in the order of the allow-list, then of the host; port 0
 *  returns  how many, at most cap (more are an error) */
size_t ptn_media_select(const struct ptn_hostaddrs *host, const char *const *allow, size_t n_allow,
                        struct ptn_where where_allow, const char *const *deny, size_t n_deny,
                        struct ptn_where where_deny, bool ipv6, bool linklocal,
                        struct ptn_addr *out, size_t cap, struct ptn_problems *problems);
/* What is wrong with a spec whatever the host's ports are doing (a range too small, a port that
 * leaves no room for all loops): PTN_EINVALID, told in problems. Opens nothing. */
PTN_MUST_CHECK ptn_err ptn_media_check(const struct ptn_media_spec *spec,
                                       struct ptn_problems *problems);
/* addr_count * loops sockets, all or nothing; never SO_REUSEADDR or SO_REUSEPORT. A range that is
 * too small is an error. Receive drops are counted by the kernel (SO_RXQ_OVFL). Datagrams are never
 * fragmented (DF set; EMSGSIZE instead).
 *  port     loop i has port + i on every address
 *  range    from the lowest on, ports in use by others are skipped (a note); the addresses of a
 *           loop share a number where possible
 *  neither  the kernel chooses, likewise; a warning says what it chose
 *  out      addr_count * loops entries, loop by loop: out[loop * addr_count + address]
 *  returns  PTN_EINVALID  as ptn_media_check;  PTN_EIO  a port could not be had */
PTN_MUST_CHECK ptn_err ptn_media_open(const struct ptn_media_spec *spec,
                                      struct ptn_socktable *table, struct ptn_media_socket *out,
                                      struct ptn_problems *problems);

/* Closes and withdraws; fd -1 is passed over. */
void ptn_media_close(struct ptn_media_socket *list, size_t n, struct ptn_socktable *table);

#endif
