/* The kernel's sockets over NETLINK_SOCK_DIAG: the kernel filters, so a server with thousands of
 * connections reads only its few listeners. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "net/internal.h"

/* What each kind is to the kernel. An unconnected UDP socket is "closed", a connected one
 * "established" (net/ipv4/udp.c has no other states); a raw socket counts in every state. */
static const struct {
    uint8_t protocol;
    uint32_t states;
} inet_kinds[] = {
    [PTN_SOCK_TCP_LISTEN] = {IPPROTO_TCP, 1u << TCP_LISTEN},
    [PTN_SOCK_UDP] = {IPPROTO_UDP, 1u << TCP_CLOSE},
    [PTN_SOCK_RAW] = {IPPROTO_RAW, ~0u},
};

struct diag_dump {
    struct ksocks *out;
    size_t before; /* entries that other dumps put there */
    enum ptn_socket_kind kind;
};

static void on_inet(void *ctx, int type, const void *body, size_t len) {
    struct diag_dump *d = ctx;
    struct inet_diag_msg msg;
    if (type == NETLINK_START_OVER)
        d->out->count = d->before;
    if (type != SOCK_DIAG_BY_FAMILY || len < sizeof msg)
        return;
    memcpy(&msg, body, sizeof msg);
    struct ksock k = {.inode = msg.idiag_inode, .kind = d->kind};
    k.addr.family = msg.idiag_family == AF_INET ? 4 : 6;
    k.addr.port = ntohs(msg.id.idiag_sport);
    memcpy(k.addr.ip, msg.id.idiag_src, k.addr.family == 4 ? 4 : 16);
    if (k.addr.family == 6 && ptn_addr_is_linklocal(&k.addr))
        k.addr.scope = msg.id.idiag_if;
    ksocks_add(d->out, &k);
}

ptn_err ksock_diag_inet(enum ptn_socket_kind kind, int family, struct ksocks *out) {
    struct diag_dump d = {out, out->count, kind};
    const struct inet_diag_req_v2 request = {.sdiag_family = (uint8_t)family,
                                             .sdiag_protocol = inet_kinds[kind].protocol,
                                             .idiag_states = inet_kinds[kind].states};
    ptn_err err =
        netlink_dump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, &request, sizeof request, on_inet, &d);
    if (err != PTN_OK)
        out->count = d.before;
    return err;
}

static void on_packet(void *ctx, int type, const void *body, size_t len) {
    struct diag_dump *d = ctx;
    struct packet_diag_msg msg;
    if (type == NETLINK_START_OVER)
        d->out->count = d->before;
    if (type != SOCK_DIAG_BY_FAMILY || len < sizeof msg)
        return;
    memcpy(&msg, body, sizeof msg);
    struct ksock k = {.inode = msg.pdiag_ino, .kind = PTN_SOCK_PACKET};
    ksocks_add(d->out, &k);
}

ptn_err ksock_diag_packet(struct ksocks *out) {
    struct diag_dump d = {out, out->count, PTN_SOCK_PACKET};
    const struct packet_diag_req request = {.sdiag_family = AF_PACKET};
    ptn_err err = netlink_dump(NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, &request, sizeof request,
                               on_packet, &d);
    if (err != PTN_OK)
        out->count = d.before;
    return err;
}
