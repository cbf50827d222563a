/* Sockets, ICE, DTLS and media of one client: a peer in the tool's graph. What the graph wants to
 * publish to "another loop" is what came back; what that loop delivers is what we send. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "load/internal.h"

#define OUTSIDE 1 /* the loop that does not exist */

bool transport_open(struct client *c) {
    struct sockaddr_storage sa;
    socklen_t len = ptn_addr_to_sockaddr(&c->load->opt.bind, &sa);
    c->udp = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->udp < 0 || bind(c->udp, (struct sockaddr *)&sa, len) != 0)
        return false;
    int bytes = 1 << 20;
    setsockopt(c->udp, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    len = sizeof sa;
    return getsockname(c->udp, (struct sockaddr *)&sa, &len) == 0 &&
           ptn_addr_from_sockaddr((struct sockaddr *)&sa, &c->local) == PTN_OK;
}

struct ptn_cand transport_candidate(const struct client *c) {
    return (struct ptn_cand){
        .type = PTN_CAND_HOST,
        .proto = PTN_CAND_UDP,
        .component = 1,
        .addr = c->local,
        .priority = ptn_cand_priority(PTN_CAND_HOST, 65535, 1),
        .foundation = "1",
    };
}

static struct ptn_peer *make_peer(struct client *c) {
    struct load *l = c->load;
    struct ptn_cand cand = transport_candidate(c);
    struct ptn_peer_config cfg = {
        .rng = l->rng,
        .pool = l->pool,
        .dtls_ctx = l->dtls,
        .dtls_mtu = 1200,
        .controlling = true,
        .cands = &cand,
        .cand_count = 1,
        .twcc_period = 200 * PTN_MS,
        .wall_offset = ptn_time_wall() - ptn_time_now(),
    };
    ptn_str_copy(cfg.ufrag, sizeof cfg.ufrag, c->ufrag);
    ptn_str_copy(cfg.pwd, sizeof cfg.pwd, c->pwd);
    return ptn_peer_new(&cfg, l->now);
}

static void connect_streams(struct client *c) {
    struct load *l = c->load;
    for (size_t i = 0; i < c->stream_count; i++) {
        ptn_graph_remote(l->graph, l->now, c->neg.mline[i].source_id, OUTSIDE, true);
        ptn_ignore(
            ptn_graph_connect(l->graph, l->now, c->stream[i].inject_id, c->neg.mline[i].sink_id),
            "a refused m-line has no sink");
    }
}

void transport_start(struct client *c, const struct ptn_sdp *answer, struct ptn_plan *plan) {
    struct load *l = c->load;
    c->ep = ptn_endpoint_new(l->graph, make_peer(c), c);
    ptn_endpoint_apply(c->ep, l->now, plan);
    connect_streams(c);
    load_watch(l, c, false, true); /* until now the kernel has kept what came early */
    const struct ptn_sdp_mline *m = &answer->mline[0];
    for (size_t i = 0; i < m->cand_count; i++)
        ptn_ignore(ptn_peer_candidate(ptn_endpoint_peer(c->ep), l->now, &m->cand[i]),
                   "a candidate of another family or protocol");
    transport_settle(c);
}

void transport_candidate_in(struct client *c, const char *text) {
    struct ptn_cand cand;
    if (!c->ep || !text || ptn_cand_parse(text, &cand) != PTN_OK)
        return;
    ptn_ignore(ptn_peer_candidate(ptn_endpoint_peer(c->ep), c->load->now, &cand),
               "a candidate of another family or protocol");
    transport_settle(c);
}

/* -- out --------------------------------------------------------------------------------------- */

/* One batch serves all sockets, one after the other. */
static struct ptn_txbatch *batch_of(struct client *c) {
    c->load->tx_socket.fd = c->udp;
    c->load->tx_socket.addr = c->local;
    return c->load->tx;
}

static void send_datagrams(struct client *c) {
    struct ptn_txbatch *tx = batch_of(c);
    struct ptn_datagram d;
    while (ptn_peer_poll_datagram(ptn_endpoint_peer(c->ep), c->load->now, &d))
        ptn_txbatch_add(tx, &d.path, ptn_bytes_of(d.data, d.len));
    ptn_txbatch_send(tx);
}

void transport_settle(struct client *c) {
    if (!c->ep)
        return;
    ptn_endpoint_pump(c->ep, c->load->now);
    if (!c->ep) /* an event has ended it */
        return;
    send_datagrams(c);
    ptn_timer_arm(&c->load->timers, &c->transport, ptn_peer_next_timeout(ptn_endpoint_peer(c->ep)));
}

void transport_flush(struct load *l) {
    struct ptn_endpoint *ep;
    while ((ep = ptn_graph_next_output(l->graph))) {
        struct ptn_txbatch *tx = batch_of(ptn_endpoint_owner(ep));
        ptn_peer_flush(ptn_endpoint_peer(ep), l->now, ptn_txbatch_writer(tx));
        ptn_txbatch_send(tx);
    }
}

void transport_close(struct client *c) {
    struct load *l = c->load;
    ptn_timer_disarm(&l->timers, &c->transport);
    if (c->ep) {
        ptn_peer_close(ptn_endpoint_peer(c->ep), l->now);
        send_datagrams(c);
        for (size_t i = 0; i < c->stream_count; i++)
            ptn_graph_remote(l->graph, l->now, c->neg.mline[i].source_id, OUTSIDE, false);
        ptn_endpoint_free(c->ep);
        c->ep = NULL;
    }
    if (c->udp >= 0)
        close(c->udp);
    c->udp = -1;
}

/* -- in ---------------------------------------------------------------------------------------- */

struct rx {
    struct mmsghdr msg[RX_BATCH];
    struct iovec iov[RX_BATCH];
    struct sockaddr_storage from[RX_BATCH];
    struct ptn_packet *packet[RX_BATCH];
};

static unsigned fill(struct rx *rx, struct ptn_packet_pool *pool) {
    unsigned n = 0;
    for (; n < RX_BATCH && (rx->packet[n] = ptn_packet_new(pool)); n++) {
        rx->iov[n] = (struct iovec){rx->packet[n]->data, PTN_PACKET_BYTES};
        rx->msg[n].msg_hdr = (struct msghdr){.msg_name = &rx->from[n],
                                             .msg_namelen = sizeof rx->from[n],
                                             .msg_iov = &rx->iov[n],
                                             .msg_iovlen = 1};
    }
    return n;
}

static void take(struct client *c, const struct sockaddr_storage *from, struct ptn_packet *packet) {
    struct ptn_path path = {.local = c->local};
    if (ptn_addr_from_sockaddr((const struct sockaddr *)from, &path.remote) != PTN_OK)
        return;
    packet->arrival = c->load->now;
    ptn_ignore(ptn_peer_handle(ptn_endpoint_peer(c->ep), c->load->now, &path, packet),
               "the peer counts what it drops");
}

void transport_read(struct client *c) {
    struct load *l = c->load;
    struct rx rx;
    while (c->ep) {
        unsigned room = fill(&rx, l->pool);
        int n = recvmmsg(c->udp, rx.msg, room, MSG_DONTWAIT, NULL);
        l->now = ptn_time_now();
        for (unsigned i = 0; i < room; i++) {
            if ((int)i < n) {
                rx.packet[i]->len = (uint16_t)rx.msg[i].msg_len;
                take(c, &rx.from[i], rx.packet[i]);
            }
            ptn_packet_unref(rx.packet[i], l->pool);
        }
        transport_settle(c);
        if (n < (int)room || room == 0)
            return;
    }
}

/* -- what the graph says ----------------------------------------------------------------------- */

static void on_event(void *ctx, struct ptn_endpoint *ep, struct ptn_peer_event *ev) {
    struct client *c = ptn_endpoint_owner(ep);
    (void)ctx;
    if (ev->type == PTN_PEER_UP) {
        ptn_str_copy(c->profile, sizeof c->profile, ev->text);
        client_enter(c, STEP_UP);
    } else if (ev->type == PTN_PEER_ENDED && c->step < STEP_LEAVING) {
        c->broken = true;
        snprintf(c->why, sizeof c->why, "%.90s: %.90s", ev->text, ev->detail);
        ptn_timer_arm(&c->load->timers, &c->clock, c->load->now);
    }
}

static void on_touched(void *ctx, struct ptn_endpoint *ep) {
    struct load *l = ctx;
    struct client *c = ptn_endpoint_owner(ep);
    ptn_timer_arm(&l->timers, &c->transport, l->now); /* settled when the timers run */
}

static struct stream *stream_of(struct load *l, uint64_t source) {
    struct client *c = &l->client[(source >> 8) - 1];
    for (size_t i = 0; i < c->stream_count; i++)
        if (c->neg.mline[i].source_id == source)
            return &c->stream[i];
    return NULL;
}

static void on_publish(void *ctx, unsigned loop, uint64_t source, struct ptn_packet *const *packets,
                       size_t n) {
    struct load *l = ctx;
    struct stream *s = stream_of(l, source);
    (void)loop;
    for (size_t i = 0; s && i < n; i++) {
        struct stamp stamp;
        if (!media_stamp(packets[i], s->shape.is_video, &stamp)) {
            s->source.meter.foreign++;
            continue;
        }
        if (!meter_received(&s->source.meter, &stamp))
            continue;
        l->echoed++;
        if (l->measuring)
            delays_add(s->shape.is_video ? &l->video_delay : &l->audio_delay,
                       packets[i]->arrival - stamp.sent);
    }
}

static void on_subscribe(void *ctx, unsigned loop, uint64_t source, bool on) {
    (void)ctx;
    (void)loop;
    (void)source;
    (void)on; /* our own timers decide when packets come */
}

static void on_keyframe(void *ctx, unsigned loop, uint64_t source) {
    struct load *l = ctx;
    (void)loop;
    uint64_t n = source & 0xffffffff;
    struct client *c = &l->client[n / STREAMS];
    c->stream[n % STREAMS].source.key_wanted = true;
    l->keyframes_asked++;
}

const struct ptn_graph_ops transport_graph_ops = {
    .event = on_event,
    .touched = on_touched,
    .publish = on_publish,
    .subscribe = on_subscribe,
    .keyframe = on_keyframe,
};
