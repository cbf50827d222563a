#include "clients.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/wire.h"
#include "crypto/cert.h"

#define OUTSIDE 1 /* the clients' graph is loop 0; the test itself is this one */

static int bound_to_loopback(struct ptn_addr *addr) {
    struct sockaddr_storage ss;
    socklen_t room = sizeof ss;
    assert_int_equal(ptn_addr_parse("127.0.0.1", 0, addr), PTN_OK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t len = ptn_addr_to_sockaddr(addr, &ss);
    assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &room), 0);
    assert_int_equal(ptn_addr_from_sockaddr((struct sockaddr *)&ss, addr), PTN_OK);
    return fd;
}

/* -- the clients' side of the wire ------------------------------------------------------------- */

static void send_to(const struct client *c, const struct ptn_path *path, const uint8_t *data,
                    size_t len) {
    struct sockaddr_storage ss;
    socklen_t n = ptn_addr_to_sockaddr(&path->remote, &ss);
    ptn_ignore(sendto(c->fd, data, len, 0, (struct sockaddr *)&ss, n) < 0 ? PTN_EIO : PTN_OK,
               "lost, as on any network");
}

static void pump(struct client *c) {
    struct ptn_datagram d;
    for (c->is_dirty = true; c->is_dirty;) {
        c->is_dirty = false;
        ptn_endpoint_pump(c->ep, c->net->now);
        while (ptn_peer_poll_datagram(ptn_endpoint_peer(c->ep), c->net->now, &d))
            send_to(c, &d.path, d.data, d.len);
    }
}

struct writer { /* protected packets go straight onto the wire */
    struct ptn_out_writer base;
    struct client *client;
    struct ptn_path path;
    uint8_t data[PTN_DATAGRAM_MAX];
};

static uint8_t *writer_room(struct ptn_out_writer *base, const struct ptn_path *path, size_t cap) {
    struct writer *w = (struct writer *)base;
    assert_true(cap <= sizeof w->data);
    w->path = *path;
    return w->data;
}

static void writer_commit(struct ptn_out_writer *base, size_t len) {
    struct writer *w = (struct writer *)base;
    send_to(w->client, &w->path, w->data, len);
}

static void flush(struct net *n) {
    struct ptn_endpoint *ep;
    while ((ep = ptn_graph_next_output(n->graph))) {
        struct writer w = {.base = {writer_room, writer_commit}, .client = ptn_endpoint_owner(ep)};
        ptn_peer_flush(ptn_endpoint_peer(ep), n->now, &w.base);
    }
}

/* The header of a protected packet is readable: payload type and number. */
static bool is_lost(struct client *c, const uint8_t *d, ssize_t len) {
    if (c->drop_every == 0 || len < 12 || d[0] < 128 || d[0] > 191 || (d[1] & 0x7f) != 96)
        return false;
    unsigned seq = (unsigned)d[2] << 8 | d[3];
    if (seq % c->drop_every != 0 || c->has_dropped[seq])
        return false;
    c->has_dropped[seq] = true;
    c->dropped++;
    return true;
}

static void take(struct client *c, struct ptn_packet *p, ssize_t len,
                 const struct sockaddr_storage *from) {
    struct ptn_path path = {.local = c->addr};
    assert_int_equal(ptn_addr_from_sockaddr((const struct sockaddr *)from, &path.remote), PTN_OK);
    p->len = (uint16_t)len;
    p->arrival = c->net->now;
    if (!is_lost(c, p->data, len))
        ptn_ignore(ptn_peer_handle(ptn_endpoint_peer(c->ep), c->net->now, &path, p),
                   "what is wrong shows in what does not arrive");
    c->is_dirty = true;
}

static void receive(struct client *c) {
    struct sockaddr_storage from;
    for (int i = 0; i < 256; i++) {
        struct ptn_packet *p = ptn_packet_new(c->net->pool);
        socklen_t room = sizeof from;
        assert_non_null(p);
        ssize_t len =
            recvfrom(c->fd, p->data, PTN_PACKET_BYTES, 0, (struct sockaddr *)&from, &room);
        if (len > 0)
            take(c, p, len, &from);
        ptn_packet_unref(p, c->net->pool);
        if (len < 0)
            return;
    }
}

/* -- media ------------------------------------------------------------------------------------- */

static size_t bytes_of(enum flow flow, unsigned number) {
    return flow == AUDIO ? 80 : 900 + number % 5;
}

static uint8_t pattern(unsigned stamp, unsigned number, size_t i) {
    return (uint8_t)(stamp * 101 + number * 31 + i * 7);
}

void net_send(struct client *c, enum flow flow) {
    struct net *n = c->net;
    struct ptn_packet *p = ptn_packet_new(n->pool);
    assert_non_null(p);
    unsigned number = c->sent[flow]++;
    struct ptn_wr w = ptn_wr_of(p->data, PTN_PACKET_BYTES);
    CHECK(number < NUMBERS, "more packets than are watched");
    ptn_rtp_write_header(&w, flow == VIDEO, 77, (uint16_t)number, number * 960, 0x1234, NULL, 0);
    ptn_wr_u32(&w, c->stamp);
    ptn_wr_u32(&w, number);
    for (size_t i = 8; i < bytes_of(flow, number); i++)
        ptn_wr_u8(&w, pattern(c->stamp, number, i));
    p->len = (uint16_t)w.len;
    assert_int_equal(ptn_rtp_parse(ptn_packet_bytes(p), &p->rtp), PTN_OK);
    p->role = PTN_PT_MAIN;
    p->arrival = n->now;
    p->ext_seq = 70000 + number;
    ptn_graph_deliver(n->graph, n->now, c->inject[flow], &p, 1);
    ptn_packet_unref(p, n->pool);
}

static bool read_payload(enum flow flow, const struct ptn_packet *p, unsigned *stamp,
                         unsigned *number) {
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(p->data + p->rtp.header_len, p->rtp.payload_len));
    *stamp = ptn_rd_u32(&r);
    *number = ptn_rd_u32(&r);
    if (r.bad || *number >= NUMBERS || p->rtp.payload_len != bytes_of(flow, *number))
        return false;
    for (size_t i = 8; i < p->rtp.payload_len; i++)
        if (ptn_rd_u8(&r) != pattern(*stamp, *number, i))
            return false;
    return true;
}

static void take_expected(struct arrivals *a, unsigned number) {
    if (a->distinct == 0)
        a->first = a->missing_below = number;
    a->repeated += a->times[number] > 0;
    a->distinct += a->times[number] == 0;
    a->disordered += number != a->missing_below;
    a->times[number] = 1;
    while (a->missing_below < NUMBERS && a->times[a->missing_below])
        a->missing_below++;
}

static void take_numbering(struct arrivals *a, int64_t ext) {
    if (!a->started)
        a->first_ext = a->highest_ext = ext;
    a->started = true;
    a->first_ext = ext < a->first_ext ? ext : a->first_ext;
    a->highest_ext = ext > a->highest_ext ? ext : a->highest_ext;
    a->total++;
}

static void on_publish(void *ctx, unsigned loop, uint64_t source, struct ptn_packet *const *packets,
                       size_t count) {
    struct net *n = ctx;
    struct client *c = &n->client[source >> 8 & 0xff];
    enum flow flow = source & 1 ? VIDEO : AUDIO;
    struct arrivals *a = &c->got[flow];
    assert_int_equal(loop, OUTSIDE);
    for (size_t i = 0; i < count; i++) {
        unsigned stamp, number;
        take_numbering(a, packets[i]->ext_seq);
        if (!read_payload(flow, packets[i], &stamp, &number))
            a->corrupt++;
        else if (stamp == a->stamp)
            take_expected(a, number);
        else
            a->intruders += a->distinct > 0;
    }
}

unsigned net_behind(const struct client *c, enum flow flow) {
    unsigned worst = 0;
    for (unsigned i = 0; i < CLIENTS; i++) {
        const struct client *to = &c->net->client[i];
        const struct arrivals *a = &to->got[flow];
        if (!to->ep || a->stamp != c->stamp || a->distinct == 0)
            continue;
        unsigned behind = c->sent[flow] - a->missing_below;
        worst = behind > worst ? behind : worst;
    }
    return worst;
}

void net_expect(struct client *to, enum flow flow, const struct client *from) {
    struct arrivals *a = &to->got[flow];
    a->stamp = from->stamp;
    a->first = a->distinct = a->repeated = a->disordered = a->missing_below = 0;
    memset(a->times, 0, sizeof a->times);
}

/* -- what the clients' graph and the engine say ------------------------------------------------ */

static void on_event(void *ctx, struct ptn_endpoint *ep, struct ptn_peer_event *ev) {
    struct client *c = ptn_endpoint_owner(ep);
    (void)ctx;
    c->is_up |= ev->type == PTN_PEER_UP;
    c->has_ended |= ev->type == PTN_PEER_ENDED;
    c->keyframes += ev->type == PTN_PEER_KEYFRAME && ev->mindex == VIDEO;
}

static void on_touched(void *ctx, struct ptn_endpoint *ep) {
    (void)ctx;
    ((struct client *)ptn_endpoint_owner(ep))->is_dirty = true;
}

static void on_subscribe(void *ctx, unsigned loop, uint64_t source, bool on) {
    (void)ctx, (void)loop, (void)source, (void)on;
}

static void on_keyframe(void *ctx, unsigned loop, uint64_t source) {
    (void)ctx, (void)loop, (void)source; /* counted in on_event */
}

static const struct ptn_graph_ops ops = {on_event, on_touched, on_publish, on_subscribe,
                                         on_keyframe};

static struct client *client_of(struct net *n, uint64_t peer) {
    for (unsigned i = 0; i < CLIENTS; i++)
        if (n->client[i].peer == peer)
            return &n->client[i];
    return NULL; /* of a client that has joined again meanwhile */
}

static void on_notice(void *ctx, struct ptn_notice *notice) {
    struct client *c = client_of(ctx, notice->peer);
    if (!c)
        return;
    if (notice->type == PTN_NOTICE_GATHERED) {
        assert_int_equal(notice->cand_count, 1);
        c->server_cand = notice->cand[0];
        c->server_gathered = true;
    }
    c->server_up |= notice->type == PTN_NOTICE_UP;
    c->server_keyframes += notice->type == PTN_NOTICE_KEYFRAME && notice->mindex == VIDEO;
    if (notice->type == PTN_NOTICE_CLOSED)
        ptn_str_copy(c->closed, sizeof c->closed, notice->text);
    if (notice->type == PTN_NOTICE_STATS) {
        json_decref(c->stats);
        c->stats = notice->json;
        notice->json = NULL;
    }
}

/* -- the turn of the test's thread ------------------------------------------------------------- */

static int until_due(const struct net *n) {
    ptn_time due = n->now + 10 * PTN_MS;
    for (unsigned i = 0; i < CLIENTS; i++)
        if (n->client[i].ep)
            due = ptn_time_min(due, ptn_peer_next_timeout(ptn_endpoint_peer(n->client[i].ep)));
    ptn_time wait = due - ptn_time_now();
    return wait <= 0 ? 0 : (int)((wait + PTN_MS - 1) / PTN_MS);
}

static void work_off(struct net *n, struct client *c) {
    if (!c->ep)
        return;
    if (ptn_peer_next_timeout(ptn_endpoint_peer(c->ep)) <= n->now) {
        ptn_peer_handle_timeout(ptn_endpoint_peer(c->ep), n->now);
        c->is_dirty = true;
    }
    if (c->is_dirty)
        pump(c);
}

void net_turn(struct net *n) {
    struct pollfd fds[CLIENTS + 1] = {{.fd = ptn_engine_fd(n->engine), .events = POLLIN}};
    for (unsigned i = 0; i < CLIENTS; i++)
        fds[i + 1] = (struct pollfd){.fd = n->client[i].fd, .events = POLLIN}; /* -1: ignored */
    flush(n);
    poll(fds, CLIENTS + 1, until_due(n));
    n->now = ptn_time_now();
    if (fds[0].revents)
        ptn_engine_dispatch(n->engine);
    for (unsigned i = 0; i < CLIENTS; i++)
        if (fds[i + 1].revents)
            receive(&n->client[i]);
    for (unsigned i = 0; i < CLIENTS; i++)
        work_off(n, &n->client[i]);
    flush(n);
}

/* -- joining ----------------------------------------------------------------------------------- */

static uint64_t client_stream_id(void *ctx) { /* the lowest byte is free, the next says who */
    struct client *c = ctx;
    return (uint64_t)c->index << 8 | ++c->net->next_id << 16;
}

static uint64_t server_stream_id(void *ctx) {
    struct client *c = ctx;
    return ptn_engine_stream_id(c->net->engine, c->peer);
}

static struct ptn_peer *client_peer(struct client *c, const struct ptn_cand *cand) {
    struct net *n = c->net;
    struct ptn_peer_config cfg = {
        .rng = n->rng,
        .pool = n->pool,
        .dtls_ctx = n->client_ctx,
        .dtls_mtu = 1200,
        .controlling = true,
        .cands = cand,
        .cand_count = 1,
        .twcc_period = 200 * PTN_MS,
        .wall_offset = ptn_time_wall() - ptn_time_now(),
    };
    ptn_str_copy(cfg.ufrag, sizeof cfg.ufrag, c->ufrag);
    ptn_str_copy(cfg.pwd, sizeof cfg.pwd, c->pwd);
    return ptn_peer_new(&cfg, n->now);
}

static void server_peer(struct client *c, unsigned loop) {
    struct ptn_peer_params params = {.loop = (int)loop};
    ptn_str_copy(params.ufrag, sizeof params.ufrag, c->server_ufrag);
    ptn_str_copy(params.pwd, sizeof params.pwd, c->server_pwd);
    assert_int_equal(ptn_engine_peer_new(c->net->engine, &params, &c->peer), PTN_OK);
    assert_int_equal(ptn_engine_peer_loop(c->peer), loop % c->net->loops);
}

static void negotiate(struct client *c, struct ptn_plan **client, struct ptn_plan **server) {
    struct ptn_neg_local mine = {.ufrag = c->ufrag,
                                 .pwd = c->pwd,
                                 .addr = c->addr,
                                 .rng = c->net->rng,
                                 .stream_id = client_stream_id,
                                 .ctx = c};
    struct ptn_neg_local theirs = mine;
    theirs.ufrag = c->server_ufrag;
    theirs.pwd = c->server_pwd;
    theirs.answer_passive = true;
    theirs.stream_id = server_stream_id;
    ptn_cert_fingerprint(c->net->client_cert, PTN_SHA256, &mine.fingerprint);
    ptn_cert_fingerprint(c->net->server_cert, PTN_SHA256, &theirs.fingerprint);
    const struct ptn_answer_mline yes = {
        .accept = true, .send = true, .recv = true, .ext = PTN_EXT_MID | PTN_EXT_TWCC};
    const struct ptn_answer_mline wish[FLOWS] = {yes, yes};
    const struct ptn_neg_offer_options options = {.audio = true, .video = true};
    struct ptn_sdp *offer = ptn_neg_offer(&c->neg, &options, &mine), *answer = NULL;
    assert_int_equal(ptn_neg_answer(&c->server_neg, offer, wish, FLOWS, &theirs, &answer, server),
                     PTN_OK);
    assert_int_equal(ptn_neg_apply_answer(&c->neg, offer, answer, client), PTN_OK);
    ptn_sdp_free(offer);
    ptn_sdp_free(answer);
}

/* Ids say whose a source is and of which flow, so that on_publish needs no table. */
static void name_streams(struct client *c, struct ptn_plan *plan) {
    for (unsigned f = 0; f < FLOWS; f++) {
        plan->mline[f].source_id |= f;
        c->inject[f] = (uint64_t)OUTSIDE << 56 | client_stream_id(c);
    }
}

static void attach(struct client *c, const struct ptn_plan *plan) {
    struct net *n = c->net;
    for (unsigned f = 0; f < FLOWS; f++) {
        ptn_graph_remote(n->graph, n->now, plan->mline[f].source_id, OUTSIDE, true);
        assert_int_equal(ptn_graph_connect(n->graph, n->now, c->inject[f], plan->mline[f].sink_id),
                         PTN_OK);
    }
}

static void introduce(struct client *c, const struct ptn_cand *cand) {
    struct net *n = c->net;
    WAIT_UNTIL(n, c->server_gathered);
    assert_int_equal(ptn_peer_candidate(ptn_endpoint_peer(c->ep), n->now, &c->server_cand), PTN_OK);
    assert_int_equal(ptn_peer_candidate(ptn_endpoint_peer(c->ep), n->now, NULL), PTN_OK);
    assert_int_equal(ptn_engine_peer_candidate(n->engine, c->peer, cand), PTN_OK);
    assert_int_equal(ptn_engine_peer_candidate(n->engine, c->peer, NULL), PTN_OK);
    c->is_dirty = true;
}

struct client *net_join(struct net *n, unsigned index, unsigned loop) {
    struct client *c = &n->client[index];
    struct ptn_plan *mine = NULL, *theirs = NULL;
    assert_int_equal(c->fd, -1);
    json_decref(c->stats);
    *c = (struct client){.net = n, .index = index, .stamp = ++n->next_stamp};
    c->fd = bound_to_loopback(&c->addr);
    ptn_rng_text(&n->rng, c->ufrag, sizeof c->ufrag - 1);
    ptn_rng_text(&n->rng, c->pwd, sizeof c->pwd - 1);
    ptn_rng_text(&n->rng, c->server_ufrag, sizeof c->server_ufrag - 1);
    ptn_rng_text(&n->rng, c->server_pwd, sizeof c->server_pwd - 1);
    struct ptn_cand cand = {.type = PTN_CAND_HOST,
                            .proto = PTN_CAND_UDP,
                            .component = 1,
                            .addr = c->addr,
                            .priority = ptn_cand_priority(PTN_CAND_HOST, 65535, 1),
                            .foundation = "1"};
    c->ep = ptn_endpoint_new(n->graph, client_peer(c, &cand), c);
    server_peer(c, loop);
    negotiate(c, &mine, &theirs);
    name_streams(c, mine);
    assert_int_equal(ptn_engine_peer_plan(n->engine, c->peer, theirs), PTN_OK);
    ptn_endpoint_apply(c->ep, n->now, mine);
    attach(c, mine);
    ptn_plan_unref(mine);
    introduce(c, &cand);
    WAIT_UNTIL(n, c->is_up && c->server_up);
    return c;
}

void net_leave(struct client *c, bool polite) {
    struct net *n = c->net;
    if (c->fd < 0)
        return;
    for (unsigned f = 0; f < FLOWS; f++)
        ptn_graph_remote(n->graph, n->now,
                         ptn_peer_plan(ptn_endpoint_peer(c->ep))->mline[f].source_id, OUTSIDE,
                         false);
    if (polite) {
        ptn_peer_close(ptn_endpoint_peer(c->ep), n->now);
        pump(c);
    }
    ptn_endpoint_free(c->ep);
    close(c->fd);
    c->ep = NULL;
    c->fd = -1;
}

void net_connect(struct client *from, struct client *to, enum flow flow) {
    assert_int_equal(ptn_engine_connect(to->net->engine, from->server_neg.mline[flow].source_id,
                                        to->server_neg.mline[flow].sink_id),
                     PTN_OK);
}

/* -- the beginning and the end ----------------------------------------------------------------- */

static struct ptn_dtls_ctx *new_ctx(struct ptn_cert **cert) {
    struct ptn_dtls_ctx *ctx = NULL;
    assert_int_equal(ptn_cert_generate(false, cert), PTN_OK);
    assert_int_equal(ptn_dtls_ctx_new(&(struct ptn_dtls_ctx_config){.cert = *cert}, &ctx), PTN_OK);
    return ctx;
}

static void start_engine(struct net *n) {
    struct ptn_engine_socket sockets[PTN_ENGINE_LOOPS_MAX] = {{0}};
    assert_in_range(n->loops, 1, PTN_ENGINE_LOOPS_MAX);
    for (unsigned i = 0; i < n->loops; i++) {
        sockets[i].loop = i;
        sockets[i].fd = bound_to_loopback(&sockets[i].addr);
    }
    struct ptn_engine_config cfg = {
        .loops = n->loops,
        .sockets = sockets,
        .socket_count = n->loops,
        .dtls_ctx = n->server_ctx,
        .dtls_mtu = 1200,
        .ice_aggressive = true,
        .twcc_period = 200 * PTN_MS,
        .min_nack_queue = PTN_SECOND, /* also on a slow machine */
    };
    assert_int_equal(ptn_engine_start(&cfg, on_notice, n, &n->engine), PTN_OK);
}

struct net *net_new(unsigned loops) {
    struct net *n = ptn_new(struct net);
    n->loops = loops;
    n->rng = ptn_rng_system();
    n->now = ptn_time_now();
    n->server_ctx = new_ctx(&n->server_cert);
    n->client_ctx = new_ctx(&n->client_cert);
    n->pool = ptn_packet_pool_new(16384);
    n->graph = ptn_graph_new(&(struct ptn_graph_config){.loop = 0,
                                                        .pool = n->pool,
                                                        .rng = n->rng,
                                                        .min_nack_queue = 200 * PTN_MS,
                                                        .ops = &ops,
                                                        .ctx = n});
    for (unsigned i = 0; i < CLIENTS; i++)
        n->client[i].fd = -1;
    start_engine(n);
    return n;
}

void net_free(struct net *n) {
    ptn_engine_stop(n->engine);
    for (unsigned i = 0; i < CLIENTS; i++) {
        net_leave(&n->client[i], true);
        json_decref(n->client[i].stats);
    }
    ptn_graph_free(n->graph);
    assert_int_equal(ptn_packet_pool_used(n->pool), 0);
    ptn_packet_pool_free(n->pool);
    ptn_dtls_ctx_unref(n->client_ctx);
    ptn_dtls_ctx_unref(n->server_ctx);
    ptn_cert_unref(n->client_cert);
    ptn_cert_unref(n->server_cert);
    free(n);
}
