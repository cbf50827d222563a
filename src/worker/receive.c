/* Datagrams in: batches from a socket, each to the peer it belongs to. */
#include "worker/internal.h"

#include <errno.h>

#include "stun/stun.h"

static size_t fill(struct loop *l) {
    struct rx_batch *rx = l->rx;
    size_t n = 0;
    for (; n < RX_BATCH; n++) {
        if (rx->ready[n])
            continue;
        if (!rx->packet[n])
            rx->packet[n] = ptn_packet_new(l->pool);
        if (!rx->packet[n])
            break;
        rx->iov[n] = (struct iovec){rx->packet[n]->data, PTN_PACKET_BYTES};
        rx->msg[n].msg_hdr = (struct msghdr){.msg_name = &rx->from[n],
                                             .msg_namelen = sizeof rx->from[n],
                                             .msg_iov = &rx->iov[n],
                                             .msg_iovlen = 1,
                                             .msg_control = rx->control[n],
                                             .msg_controllen = sizeof rx->control[n]};
        rx->ready[n] = true;
    }
    return n;
}

static void note_overflow(struct loop *l, size_t socket, struct msghdr *m) {
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
            continue;
        uint32_t total;
        memcpy(&total, CMSG_DATA(c), sizeof total);
        l->count.rx_overflow += total - l->overflow[socket];
        l->overflow[socket] = total;
    }
}

static struct member *owner_of_request(struct loop *l, struct ptn_bytes d) {
    struct ptn_stun msg;
    struct ptn_bytes ours, theirs;
    if (ptn_stun_parse(d, &msg) != PTN_OK ||
        ptn_stun_split_username(&msg, &ours, &theirs) != PTN_OK)
        return NULL;
    return member_of_names(ptn_demux_by_ufrag(l->demux, ours));
}

static struct member *owner_of_stun(struct loop *l, const struct ptn_path *path,
                                    struct ptn_bytes d) {
    bool is_response = d.p[0] & 1; /* class bit C1 (RFC 8489 5) */
    if (is_response)
        return member_of_names(ptn_demux_by_txid(l->demux, d.p + 8, &path->remote));
    bool is_indication = d.p[1] & 0x10;
    return is_indication ? member_of_names(ptn_demux_by_tuple(l->demux, path))
                         : owner_of_request(l, d);
}

static void receive_stun(struct loop *l, const struct ptn_path *path, struct ptn_packet *packet) {
    struct ptn_bytes d = ptn_packet_bytes(packet);
    struct member *m = ptn_stun_is(d) ? owner_of_stun(l, path, d) : NULL;
    if (!m || m->ended) {
        l->count.stun_unknown++;
        return;
    }
    ptn_err err = ptn_peer_handle(ptn_endpoint_peer(m->ep), l->now, path, packet);
    member_touch(m);
    if (err != PTN_OK || !ptn_peer_knows_path(ptn_endpoint_peer(m->ep), path))
        return;
    m->last_remote = path->remote;
    ptn_demux_add_tuple(l->demux, &m->names, path);
    early_replay(l, path);
}

static bool is_dtls(const struct ptn_packet *packet) {
    return packet->data[0] >= 20 && packet->data[0] <= 63;
}

/* A hello that would open one handshake too many is dropped: the peer will repeat it. */
static bool handshake_refused(struct loop *l, struct member *m, const struct ptn_path *path,
                              const struct ptn_packet *packet) {
    struct ptn_peer *peer = ptn_endpoint_peer(m->ep);
    return is_dtls(packet) && !m->half_open && !ptn_peer_can_send(peer) &&
           !half_open_allowed(l, &path->remote);
}

void receive_datagram(struct loop *l, const struct ptn_path *path, struct ptn_packet *packet) {
    if (packet->len == 0)
        return;
    if (packet->data[0] <= 3) {
        receive_stun(l, path, packet);
        return;
    }
    struct member *m = member_of_names(ptn_demux_by_tuple(l->demux, path));
    if (!m) {
        l->count.rx_unknown++;
        if (is_dtls(packet))
            early_keep(l, path, packet);
        return;
    }
    if (m->ended || handshake_refused(l, m, path, packet))
        return;
    ptn_ignore(ptn_peer_handle(ptn_endpoint_peer(m->ep), l->now, path, packet), "counted there");
    member_touch(m);
}

static void take(struct loop *l, size_t socket, size_t i) {
    struct rx_batch *rx = l->rx;
    struct ptn_packet *packet = rx->packet[i];
    struct ptn_path path = {.local = l->sockets[socket].addr};
    rx->ready[i] = false;
    note_overflow(l, socket, &rx->msg[i].msg_hdr);
    if ((rx->msg[i].msg_hdr.msg_flags & MSG_TRUNC) ||
        ptn_addr_from_sockaddr((struct sockaddr *)&rx->from[i], &path.remote) != PTN_OK)
        return;
    rx->packet[i] = NULL;
    packet->len = (uint16_t)rx->msg[i].msg_len;
    packet->arrival = l->now;
    l->count.rx_packets++;
    packet = ptn_packet_shrink(packet);
    receive_datagram(l, &path, packet);
    ptn_packet_unref(packet, l->pool);
}

void receive_socket(struct loop *l, size_t socket) {
    for (int round = 0; round < RX_ROUNDS; round++) {
        size_t room = fill(l);
        if (room == 0) { /* every buffer is out: let the kernel's queue overflow and be counted */
            l->count.rx_no_buffer++;
            return;
        }
        int n = recvmmsg(l->sockets[socket].fd, l->rx->msg, (unsigned)room, MSG_DONTWAIT, NULL);
        if (n <= 0)
            return; /* empty, or an ICMP error of an earlier send: nothing to read */
        l->now = ptn_time_now();
        for (int i = 0; i < n; i++)
            take(l, socket, (size_t)i);
        loop_settle(l);
        if ((size_t)n < room)
            return;
    }
}
