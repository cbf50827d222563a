/* The addresses of this host, as getifaddrs gives them: a snapshot. */
#ifndef PTN_NET_HOSTADDRS_H
#define PTN_NET_HOSTADDRS_H

#include "base/addr.h"

struct ptn_hostaddr {
    char ifname[16];
    unsigned ifindex;
    bool up, loopback;
    struct ptn_addr addr; /* port 0 */
};

struct ptn_hostaddrs {
    struct ptn_hostaddr *list; /* owned */
    size_t count;
};

PTN_MUST_CHECK ptn_err ptn_hostaddrs_read(struct ptn_hostaddrs *out);
void ptn_hostaddrs_done(struct ptn_hostaddrs *h);
const struct ptn_hostaddr *ptn_hostaddrs_find(const struct ptn_hostaddrs *h,
                                              const struct ptn_addr *addr);
bool ptn_hostaddrs_has_interface(const struct ptn_hostaddrs *h, const char *ifname);
/* "192.0.2.1 (eth0), 2001:db8::1 (eth0)": for messages; returns buf. */
const char *ptn_hostaddrs_text(const struct ptn_hostaddrs *h, char *buf, size_t cap);

#endif
