/* The interfaces and addresses of this host, as the kernel lists them (rtnetlink): a snapshot. */
#ifndef PTN_NET_HOSTADDRS_H
#define PTN_NET_HOSTADDRS_H

#include "base/addr.h"

struct ptn_hostaddr {
    char ifname[16];
    unsigned ifindex;
    bool up, loopback;
    struct ptn_addr addr; /* port 0; link-local IPv6 has its scope */
    char label[16];       /* IPv4 alias ("eth0:1") or as ifname; may be empty */
    bool tentative;       /* IPv6, not (yet) usable: duplicate address detection runs or failed */
};

struct ptn_hostif {
    char name[16];
    unsigned index;
    bool up, loopback;
};

struct ptn_hostaddrs {
    struct ptn_hostaddr *list; /* owned */
    size_t count;
    struct ptn_hostif *interfaces; /* owned; also those without an address */
    size_t interface_count;
};

/* PTN_EIO: the kernel did not answer (errno tells). out is then empty. */
PTN_MUST_CHECK ptn_err ptn_hostaddrs_read(struct ptn_hostaddrs *out);
void ptn_hostaddrs_done(struct ptn_hostaddrs *h);
/* The first entry of that address (port ignored, scope not), up or down; NULL: not on this host. */
const struct ptn_hostaddr *ptn_hostaddrs_find(const struct ptn_hostaddrs *h,
                                              const struct ptn_addr *addr);
/* The whole name of an interface, or of an IPv4 alias of one. */
bool ptn_hostaddrs_has_interface(const struct ptn_hostaddrs *h, const char *ifname);
/* "192.0.2.1 (eth0), 2001:db8::1 (eth0)": for messages; returns buf. What does not fit is counted
 * ("and 12 more"); an interface that is down is marked. */
const char *ptn_hostaddrs_text(const struct ptn_hostaddrs *h, char *buf, size_t cap);

#endif
