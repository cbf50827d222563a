#include "net/hostaddrs.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/internal.h"

/* A netlink attribute, found in a list; NULL when absent. */
static const void *attribute(const void *first, size_t left, unsigned type, size_t *len) {
    const uint8_t *at = first;
    while (left >= sizeof(struct rtattr)) {
        struct rtattr head;
        memcpy(&head, at, sizeof head);
        if (head.rta_len < sizeof head || head.rta_len > left)
            return NULL;
        if (head.rta_type == type) {
            *len = head.rta_len - RTA_LENGTH(0);
            return at + RTA_LENGTH(0);
        }
        size_t step = RTA_ALIGN(head.rta_len);
        if (step >= left)
            return NULL;
        at += step;
        left -= step;
    }
    return NULL;
}

static void attribute_name(const void *first, size_t left, unsigned type, char out[16]) {
    size_t len = 0;
    const char *text = attribute(first, left, type, &len);
    size_t n = text ? strnlen(text, len) : 0;
    if (n > 15)
        n = 15;
    if (n > 0)
        memcpy(out, text, n);
}

static void on_link(void *ctx, int type, const void *body, size_t len) {
    struct ptn_hostaddrs *h = ctx;
    struct ifinfomsg info;
    if (type == NETLINK_START_OVER)
        h->interface_count = 0;
    if (type != RTM_NEWLINK || len < NLMSG_ALIGN(sizeof info))
        return;
    memcpy(&info, body, sizeof info);
    struct ptn_hostif one = {.index = (unsigned)info.ifi_index,
                             .up = info.ifi_flags & IFF_UP,
                             .loopback = info.ifi_flags & IFF_LOOPBACK};
    size_t head = NLMSG_ALIGN(sizeof info);
    attribute_name((const uint8_t *)body + head, len - head, IFLA_IFNAME, one.name);
    h->interfaces = ptn_realloc(h->interfaces, (h->interface_count + 1) * sizeof one);
    h->interfaces[h->interface_count++] = one;
}

static const struct ptn_hostif *interface_by_index(const struct ptn_hostaddrs *h, unsigned index) {
    for (size_t i = 0; i < h->interface_count; i++)
        if (h->interfaces[i].index == index)
            return &h->interfaces[i];
    return NULL;
}

/* IFA_LOCAL is the address of this end where the two differ (point to point links). */
static bool read_ip(const struct ifaddrmsg *msg, const void *attrs, size_t len,
                    struct ptn_addr *out) {
    struct ptn_addr a = {.family = msg->ifa_family == AF_INET ? 4 : 6};
    size_t want = a.family == 4 ? 4 : 16, n = 0;
    const void *ip = attribute(attrs, len, IFA_LOCAL, &n);
    if (!ip)
        ip = attribute(attrs, len, IFA_ADDRESS, &n);
    if (!ip || n != want)
        return false;
    memcpy(a.ip, ip, want);
    if (a.family == 6 && ptn_addr_is_linklocal(&a))
        a.scope = msg->ifa_index;
    *out = a;
    return true;
}

static uint32_t address_flags(const struct ifaddrmsg *msg, const void *attrs, size_t len) {
    size_t n = 0;
    uint32_t flags = msg->ifa_flags;
    const void *wide = attribute(attrs, len, IFA_FLAGS, &n);
    if (wide && n == sizeof flags)
        memcpy(&flags, wide, sizeof flags);
    return flags;
}

static void on_address(void *ctx, int type, const void *body, size_t len) {
    struct ptn_hostaddrs *h = ctx;
    struct ifaddrmsg msg;
    size_t head = NLMSG_ALIGN(sizeof msg);
    if (type == NETLINK_START_OVER)
        h->count = 0;
    if (type != RTM_NEWADDR || len < head)
        return;
    memcpy(&msg, body, sizeof msg);
    const uint8_t *attrs = (const uint8_t *)body + head;
    const struct ptn_hostif *on = interface_by_index(h, msg.ifa_index);
    struct ptn_hostaddr one = {.ifindex = msg.ifa_index};
    if (!on || (msg.ifa_family != AF_INET && msg.ifa_family != AF_INET6) ||
        !read_ip(&msg, attrs, len - head, &one.addr))
        return; /* an interface that came after the list of interfaces */
    memcpy(one.ifname, on->name, sizeof one.ifname);
    one.up = on->up;
    one.loopback = on->loopback;
    uint32_t flags = address_flags(&msg, attrs, len - head);
    bool optimistic = flags & IFA_F_OPTIMISTIC; /* RFC 4429: usable while being checked */
    one.tentative = ((flags & IFA_F_TENTATIVE) && !optimistic) || (flags & IFA_F_DADFAILED);
    attribute_name(attrs, len - head, IFA_LABEL, one.label);
    h->list = ptn_realloc(h->list, (h->count + 1) * sizeof one);
    h->list[h->count++] = one;
}

ptn_err ptn_hostaddrs_read(struct ptn_hostaddrs *out) {
    struct ptn_hostaddrs h = {0};
    const struct ifinfomsg links = {.ifi_family = AF_UNSPEC};
    const struct ifaddrmsg addresses = {.ifa_family = AF_UNSPEC};
    *out = h;
    ptn_err err = netlink_dump(NETLINK_ROUTE, RTM_GETLINK, &links, sizeof links, on_link, &h);
    if (err == PTN_OK)
        err =
            netlink_dump(NETLINK_ROUTE, RTM_GETADDR, &addresses, sizeof addresses, on_address, &h);
    if (err == PTN_OK)
        *out = h;
    else
        ptn_hostaddrs_done(&h);
    return err;
}

void ptn_hostaddrs_done(struct ptn_hostaddrs *h) {
    int saved = errno;
    free(h->list);
    free(h->interfaces);
    *h = (struct ptn_hostaddrs){0};
    errno = saved;
}

const struct ptn_hostaddr *ptn_hostaddrs_find(const struct ptn_hostaddrs *h,
                                              const struct ptn_addr *addr) {
    for (size_t i = 0; i < h->count; i++)
        if (ptn_addr_same_ip(&h->list[i].addr, addr))
            return &h->list[i];
    return NULL;
}

bool hostaddr_is_on(const struct ptn_hostaddr *h, const char *ifname) {
    bool is_alias = strchr(ifname, ':') != NULL; /* no interface has a colon in its name */
    return strcmp(is_alias ? h->label : h->ifname, ifname) == 0;
}

bool ptn_hostaddrs_has_interface(const struct ptn_hostaddrs *h, const char *ifname) {
    for (size_t i = 0; i < h->interface_count; i++)
        if (strcmp(h->interfaces[i].name, ifname) == 0)
            return true;
    for (size_t i = 0; i < h->count; i++)
        if (hostaddr_is_on(&h->list[i], ifname))
            return true;
    return false;
}

const char *hostaddr_unusable(const struct ptn_hostaddr *h, char *buf, size_t cap) {
    if (!h->up)
        snprintf(buf, cap, "is on %s, which is down", h->ifname);
    else if (h->tentative)
        snprintf(buf, cap,
                 "on %s is not usable (yet): duplicate address detection is running or found "
                 "another host with it",
                 h->ifname);
    else
        return NULL;
    return buf;
}
