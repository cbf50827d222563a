/* The network, the clock and the pumping. */
#include "sim/world.h"

#include <stdlib.h>

#include "base/str.h"
#include "crypto/internal.h"
#include "dtls/internal.h"
#include "sim/clock.h"
#include "sim/media.h"

#define START (1000 * PTN_SECOND)

struct ptn_dtls_ctx *sim_ctx[CTXS];
struct ptn_cert *sim_cert;

int world_global_setup(void **state) {
    (void)state;
    struct ptn_dtls_ctx_config cfg = {0};
    assert_true(sim_clock_works());
    assert_int_equal(ptn_cert_generate(false, &sim_cert), PTN_OK);
    cfg.cert = sim_cert;
    for (int i = 0; i < CTXS; i++)
        assert_int_equal(ptn_dtls_ctx_new(&cfg, &sim_ctx[i]), PTN_OK);
    /* 0 means success here; a peer that knows the older profile only */
    assert_int_equal(SSL_CTX_set_tlsext_use_srtp(sim_ctx[CTX_CM]->ssl, "SRTP_AES128_CM_SHA1_80"),
                     0);
    return 0;
}

int world_global_teardown(void **state) {
    (void)state;
    for (int i = 0; i < CTXS; i++)
        ptn_dtls_ctx_unref(sim_ctx[i]);
    ptn_cert_unref(sim_cert);
    return 0;
}

struct ptn_addr sim_addr(const char *text, uint16_t port) {
    struct ptn_addr a;
    CHECK(ptn_addr_parse(text, port, &a) == PTN_OK, "%s", text);
    return a;
}

struct ptn_peer *peer_of(const struct party *p) {
    return ptn_endpoint_peer(p->ep);
}

static bool chance(struct world *w, unsigned percent) {
    return percent > 0 && ptn_rng_below(&w->rng, 100) < percent;
}

/* -- the graph's ops: what the engine's mailboxes do ------------------------------------------- */

struct mail {
    struct ptn_list node;
    struct sim_loop *to;
    enum { MAIL_PACKETS, MAIL_SUBSCRIBE, MAIL_KEYFRAME } type;
    uint64_t source;
    unsigned from;
    bool on;
    size_t count;
    struct ptn_packet *packet[];
};

static struct mail *mail_new(struct sim_loop *from, unsigned to, uint64_t source, size_t n) {
    struct mail *m = ptn_alloc(sizeof *m + n * sizeof(struct ptn_packet *));
    CHECK(to < from->world->loop_count, "mail for loop %u", to);
    m->to = &from->world->loop[to];
    m->from = from->index;
    m->source = source;
    ptn_list_push(&from->world->mail, &m->node);
    return m;
}

static void on_event(void *ctx, struct ptn_endpoint *ep, struct ptn_peer_event *ev) {
    (void)ctx;
    struct party *p = ptn_endpoint_owner(ep);
    CHECK(p->event_count < WORLD_EVENTS, "too many events");
    p->event_at[p->event_count] = p->world->now;
    p->event[p->event_count++] = *ev;
}

static void on_touched(void *ctx, struct ptn_endpoint *ep) {
    (void)ctx;
    ((struct party *)ptn_endpoint_owner(ep))->is_dirty = true;
}

static void on_publish(void *ctx, unsigned to, uint64_t source, struct ptn_packet *const *packets,
                       size_t n) {
    struct sim_loop *l = ctx;
    if (to == TAP_LOOP) {
        media_arrived(l->world, source, packets, n);
        return;
    }
    struct mail *m = mail_new(l, to, source, n);
    m->type = MAIL_PACKETS;
    m->count = n;
    for (size_t i = 0; i < n; i++)
        m->packet[i] = ptn_packet_ref(packets[i]);
    l->batches_out++;
}

static void on_subscribe(void *ctx, unsigned to, uint64_t source, bool on) {
    struct sim_loop *l = ctx;
    struct mail *m = mail_new(l, to, source, 0);
    m->type = MAIL_SUBSCRIBE;
    m->on = on;
    l->subscribes++;
}

static void on_keyframe(void *ctx, unsigned to, uint64_t source) {
    struct sim_loop *l = ctx;
    mail_new(l, to, source, 0)->type = MAIL_KEYFRAME;
    l->keyframes_out++;
}

static const struct ptn_graph_ops ops = {on_event, on_touched, on_publish, on_subscribe,
                                         on_keyframe};

static void mail_done(struct mail *m) {
    for (size_t i = 0; i < m->count; i++)
        ptn_packet_unref(m->packet[i], m->to->pool);
    free(m);
}

static void read_mail(struct mail *m, ptn_time now) {
    struct ptn_graph *g = m->to->graph;
    switch (m->type) {
    case MAIL_PACKETS:
        ptn_graph_deliver(g, now, m->source, m->packet, m->count);
        break;
    case MAIL_SUBSCRIBE:
        ptn_graph_remote(g, now, m->source, m->from, m->on);
        break;
    case MAIL_KEYFRAME:
        ptn_graph_keyframe(g, now, m->source);
        break;
    }
    mail_done(m);
}

/* -- life -------------------------------------------------------------------------------------- */

struct world *world_new(const struct world_config *cfg) {
    struct world *w = ptn_new(struct world);
    w->cfg = *cfg;
    w->rng = ptn_rng_seeded(&w->rng_state, cfg->seed);
    w->now = START;
    ptn_list_init(&w->flying);
    ptn_list_init(&w->mail);
    sim_clock_set(w->now);
    sim_rand_seed(cfg->seed ^ 0x5eed);
    return w;
}

struct sim_loop *world_loop(struct world *w) {
    struct sim_loop *l = &w->loop[w->loop_count];
    l->world = w;
    l->index = (unsigned)w->loop_count++;
    l->pool = ptn_packet_pool_new(8192);
    struct ptn_graph_config cfg = {
        .loop = l->index,
        .pool = l->pool,
        .rng = w->rng,
        .min_nack_queue = w->cfg.min_nack_queue ? w->cfg.min_nack_queue : 200 * PTN_MS,
        .ops = &ops,
        .ctx = l,
    };
    l->graph = ptn_graph_new(&cfg);
    return l;
}

void world_free(struct world *w) {
    PTN_LIST_EACH (it, &w->flying)
        free(ptn_container_of(it, struct flying, node));
    for (size_t i = 0; i < w->party_count; i++) {
        ptn_endpoint_free(w->party[i].ep);
        ptn_plan_unref(w->party[i].plan);
    }
    PTN_LIST_EACH (it, &w->mail)
        mail_done(ptn_container_of(it, struct mail, node));
    for (size_t i = 0; i < w->loop_count; i++) {
        struct ptn_graph_counts left = ptn_graph_count(w->loop[i].graph);
        assert_int_equal(left.endpoints, 0);
        assert_int_equal(left.sinks, 0);
        ptn_graph_free(w->loop[i].graph);
    }
    for (size_t i = 0; i < w->loop_count; i++) {
        assert_int_equal(ptn_packet_pool_used(w->loop[i].pool), 0);
        ptn_packet_pool_free(w->loop[i].pool);
    }
    free(w);
    sim_clock_off();
    sim_rand_off();
}

static struct ptn_peer *make_peer(struct party *p, const struct party_config *cfg) {
    struct world *w = p->world;
    struct ptn_peer_config c = {
        .rng = w->rng,
        .pool = p->loop->pool,
        .dtls_ctx = sim_ctx[cfg->ctx],
        .dtls_mtu = 1200,
        .ice_lite = cfg->lite,
        .controlling = cfg->controlling,
        .cands = &p->cand,
        .cand_count = 1,
        .twcc_period = 200 * PTN_MS,
        .no_media_timer = PTN_SECOND,
        .slowlink_threshold = w->cfg.slowlink,
        .wall_offset = INT64_C(1767225600) * PTN_SECOND - START,
    };
    ptn_str_copy(c.ufrag, sizeof c.ufrag, p->ufrag);
    ptn_str_copy(c.pwd, sizeof c.pwd, p->pwd);
    return ptn_peer_new(&c, w->now);
}

struct party *world_party(struct world *w, const struct party_config *cfg) {
    CHECK(w->party_count < WORLD_PARTIES, "too many parties");
    struct party *p = &w->party[w->party_count++];
    char ip[32];
    p->world = w;
    p->loop = cfg->loop;
    snprintf(ip, sizeof ip, "198.51.100.%zu", w->party_count);
    p->addr = p->seen = sim_addr(ip, (uint16_t)(5000 + w->party_count));
    p->cand = (struct ptn_cand){.component = 1,
                                .priority = ptn_cand_priority(PTN_CAND_HOST, 65535, 1),
                                .addr = p->addr,
                                .foundation = "1"};
    ptn_rng_text(&w->rng, p->ufrag, sizeof p->ufrag - 1);
    ptn_rng_text(&w->rng, p->pwd, sizeof p->pwd - 1);
    p->pps[AUDIO] = 50;
    p->pps[VIDEO] = 90;
    p->ep = ptn_endpoint_new(p->loop->graph, make_peer(p, cfg), p);
    return p;
}

/* -- the network ------------------------------------------------------------------------------- */

static void fly(struct world *w, const struct party *from, const struct ptn_datagram *d) {
    struct flying *f = ptn_alloc(sizeof *f + d->len);
    f->at = w->now + w->cfg.delay_ms * PTN_MS +
            (ptn_time)ptn_rng_below(&w->rng, w->cfg.jitter_ms * 1000 + 1);
    f->to = d->path.remote;
    f->from = from->seen;
    f->len = d->len;
    memcpy(f->data, d->data, d->len);
    ptn_list_push(&w->flying, &f->node);
}

void world_send(struct party *from, const struct ptn_datagram *d) {
    struct world *w = from->world;
    CHECK(ptn_addr_eq(&d->path.local, &from->addr), "sent from no socket of ours");
    CHECK(d->len > 0 && d->len <= PTN_DATAGRAM_MAX, "a datagram of %zu bytes", d->len);
    from->datagrams_sent++;
    from->media_sent += d->data[0] >= 128;
    if (from->is_mute || (w->filter && !w->filter(w, from, ptn_bytes_of(d->data, d->len))))
        return;
    if (!chance(w, w->cfg.loss))
        fly(w, from, d);
    if (chance(w, w->cfg.dup))
        fly(w, from, d);
}

ptn_err world_inject(struct party *to, const struct ptn_addr *from, struct ptn_bytes datagram) {
    struct ptn_packet *packet = ptn_packet_new(to->loop->pool);
    struct ptn_path path = {.local = to->addr, .remote = *from};
    assert_non_null(packet);
    packet->len = (uint16_t)datagram.n;
    packet->arrival = to->world->now;
    memcpy(packet->data, datagram.p, datagram.n);
    packet = ptn_packet_shrink(packet);
    ptn_err err = ptn_peer_handle(peer_of(to), to->world->now, &path, packet);
    ptn_packet_unref(packet, to->loop->pool);
    to->is_dirty = true;
    return err;
}

static void deliver(struct world *w, struct flying *f) {
    ptn_list_remove(&f->node);
    for (size_t i = 0; i < w->party_count; i++) {
        struct party *p = &w->party[i];
        if (!ptn_addr_eq(&p->seen, &f->to))
            continue;
        world_inject(p, &f->from, ptn_bytes_of(f->data, f->len));
    }
    free(f);
}

static struct flying *first_flying(const struct world *w) {
    struct flying *first = NULL;
    for (struct ptn_list *it = w->flying.next; it != &w->flying; it = it->next) {
        struct flying *f = ptn_container_of(it, struct flying, node);
        if (!first || f->at < first->at)
            first = f;
    }
    return first;
}

/* -- pumping ----------------------------------------------------------------------------------- */

struct net_writer { /* where a flush puts protected packets: straight onto the wire */
    struct ptn_out_writer writer;
    struct party *from;
    struct ptn_datagram datagram;
    size_t offered;
};

static uint8_t *net_room(struct ptn_out_writer *w, const struct ptn_path *path, size_t cap) {
    struct net_writer *n = (struct net_writer *)w;
    assert_true(cap <= PTN_DATAGRAM_MAX);
    n->datagram.path = *path;
    n->offered = cap;
    return n->datagram.data;
}

static void net_commit(struct ptn_out_writer *w, size_t len) {
    struct net_writer *n = (struct net_writer *)w;
    assert_true(len <= n->offered);
    n->datagram.len = len;
    world_send(n->from, &n->datagram);
}

static void flush(struct sim_loop *l) {
    struct ptn_endpoint *ep;
    while ((ep = ptn_graph_next_output(l->graph))) {
        struct net_writer w = {.writer = {net_room, net_commit}, .from = ptn_endpoint_owner(ep)};
        ptn_peer_flush(ptn_endpoint_peer(ep), l->world->now, &w.writer);
        assert_false(ptn_peer_has_output(ptn_endpoint_peer(ep)));
    }
}

static void pump_party(struct party *p) {
    struct ptn_datagram d;
    p->is_dirty = false;
    ptn_endpoint_pump(p->ep, p->world->now);
    while (ptn_peer_poll_datagram(peer_of(p), p->world->now, &d))
        world_send(p, &d);
}

void world_pump(struct world *w) {
    struct ptn_list *node;
    bool again = true;
    for (int rounds = 0; again; rounds++) {
        CHECK(rounds < 100, "seed %u: pumping never ends", (unsigned)w->cfg.seed);
        again = false;
        for (size_t i = 0; i < w->party_count; i++) {
            again |= w->party[i].is_dirty;
            if (w->party[i].is_dirty)
                pump_party(&w->party[i]);
        }
        while ((node = ptn_list_pop(&w->mail))) {
            read_mail(ptn_container_of(node, struct mail, node), w->now);
            again = true;
        }
        for (size_t i = 0; i < w->loop_count; i++)
            flush(&w->loop[i]);
    }
}

static ptn_time next_due(const struct world *w, const struct flying *f) {
    ptn_time due = f ? f->at : PTN_NEVER;
    for (size_t i = 0; i < w->party_count; i++) {
        const struct party *p = &w->party[i];
        due = ptn_time_min(due, ptn_peer_next_timeout(peer_of(p)));
        due = ptn_time_min(due, media_next(p));
    }
    return due;
}

/* The next thing that happens; false: nothing more before the time given. */
static bool step(struct world *w, ptn_time until) {
    struct flying *f = first_flying(w);
    ptn_time due = next_due(w, f);
    if (due > until) {
        w->now = until;
        sim_clock_set(w->now);
        return false;
    }
    w->now = due > w->now ? due : w->now;
    sim_clock_set(w->now);
    if (f && f->at <= w->now)
        deliver(w, f);
    for (size_t i = 0; i < w->party_count; i++) {
        struct party *p = &w->party[i];
        media_send(p);
        if (ptn_peer_next_timeout(peer_of(p)) > w->now)
            continue;
        ptn_peer_handle_timeout(peer_of(p), w->now);
        p->is_dirty = true;
    }
    world_pump(w);
    return true;
}

bool world_run_until(struct world *w, bool (*done)(const struct world *w), ptn_time limit) {
    ptn_time until = w->now + limit, last = 0;
    world_pump(w);
    for (unsigned spins = 0; !(done && done(w)); spins++) {
        if (w->now != last)
            spins = 0;
        last = w->now;
        CHECK(spins < 2000, "seed %u spins at %lld us", (unsigned)w->cfg.seed, (long long)w->now);
        if (!step(w, until))
            break;
    }
    return !done || done(w);
}

void world_run(struct world *w, ptn_time duration) {
    world_run_until(w, NULL, duration);
}

/* -- looking ----------------------------------------------------------------------------------- */

bool world_all_up(const struct world *w) {
    for (size_t i = 0; i < w->party_count; i++)
        if (!ptn_peer_can_send(peer_of(&w->party[i])))
            return false;
    return true;
}

const struct ptn_peer_event *party_event(const struct party *p, enum ptn_peer_event_type type,
                                         size_t nth) {
    for (size_t i = 0; i < p->event_count; i++)
        if (p->event[i].type == type && nth-- == 0)
            return &p->event[i];
    return NULL;
}

size_t party_events(const struct party *p, enum ptn_peer_event_type type) {
    size_t n = 0;
    for (size_t i = 0; i < p->event_count; i++)
        n += p->event[i].type == type;
    return n;
}

int party_ice_event(const struct party *p, enum ptn_ice_state state, size_t from) {
    for (size_t i = from; i < p->event_count; i++)
        if (p->event[i].type == PTN_PEER_ICE && p->event[i].ice_state == state)
            return (int)i;
    return -1;
}
