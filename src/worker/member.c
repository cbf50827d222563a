/* One peer on a loop: its names, its timer, its end. */
#include "worker/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "stun/stun.h"

static void on_timer(struct ptn_timer *t, ptn_time now) {
    struct member *m = ptn_container_of(t, struct member, timer);
    ptn_peer_handle_timeout(ptn_endpoint_peer(m->ep), now);
    member_touch(m);
}

/* Host candidates: the loop's sockets, the first configured address preferred. */
static size_t local_candidates(const struct loop *l, struct ptn_cand *out) {
    size_t n = l->socket_count < PTN_NOTICE_CANDS ? l->socket_count : PTN_NOTICE_CANDS;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct ptn_cand){.type = PTN_CAND_HOST,
                                   .proto = PTN_CAND_UDP,
                                   .component = 1,
                                   .addr = l->sockets[i].addr};
        out[i].priority = ptn_cand_priority(PTN_CAND_HOST, (uint16_t)(65535 - i), 1);
        snprintf(out[i].foundation, sizeof out[i].foundation, "%zu", i + 1);
    }
    return n;
}

static struct ptn_peer *make_peer(struct loop *l, const struct ptn_peer_params *params,
                                  const struct ptn_cand *cands, size_t count) {
    const struct ptn_engine_config *e = &l->engine->cfg;
    struct ptn_peer_config cfg = {
        .rng = l->rng,
        .pool = l->pool,
        .dtls_ctx = e->dtls_ctx,
        .dtls_mtu = e->dtls_mtu,
        .ice_lite = e->ice_lite,
        .ice_aggressive = e->ice_aggressive,
        .controlling = params->controlling,
        .cands = cands,
        .cand_count = count,
        .twcc_period = e->twcc_period,
        .no_media_timer = e->no_media_timer,
        .slowlink_threshold = e->slowlink_threshold,
        .wall_offset = l->wall_offset,
    };
    ptn_str_copy(cfg.ufrag, sizeof cfg.ufrag, params->ufrag);
    ptn_str_copy(cfg.pwd, sizeof cfg.pwd, params->pwd);
    struct ptn_peer *peer = ptn_peer_new(&cfg, l->now);
    ptn_wipe(cfg.pwd, sizeof cfg.pwd);
    return peer;
}

struct member *member_new(struct loop *l, uint64_t id, const struct ptn_peer_params *params) {
    struct ptn_cand cands[PTN_NOTICE_CANDS];
    size_t count = local_candidates(l, cands);
    struct member *m = ptn_new(struct member);
    m->id = id;
    m->loop = l;
    m->timer = (struct ptn_timer){.due = PTN_NEVER, .fire = on_timer};
    ptn_names_init(&m->names);
    ptn_list_init(&m->touched);
    m->ep = ptn_endpoint_new(l->graph, make_peer(l, params, cands, count), m);
    ptn_demux_add_ufrag(l->demux, &m->names, params->ufrag);
    HASH_ADD(hh, l->members, id, sizeof m->id, m);
    struct ptn_notice *n = notice_new(l, PTN_NOTICE_GATHERED, id);
    n->cand_count = count;
    memcpy(n->cand, cands, count * sizeof cands[0]);
    notice_post(l, n);
    member_touch(m);
    return m;
}

struct member *member_find(struct loop *l, uint64_t id) {
    struct member *m;
    HASH_FIND(hh, l->members, &id, sizeof id, m);
    return m;
}

struct member *member_of_names(struct ptn_names *n) {
    return n ? ptn_container_of(n, struct member, names) : NULL;
}

void member_free(struct member *m) {
    struct loop *l = m->loop;
    half_open_track(m, false);
    ptn_timer_disarm(&l->timers, &m->timer);
    ptn_list_remove(&m->touched);
    ptn_demux_forget(l->demux, &m->names);
    HASH_DEL(l->members, m);
    ptn_endpoint_free(m->ep);
    atomic_fetch_sub_explicit(&l->peers, 1, memory_order_relaxed);
    free(m);
}

void member_touch(struct member *m) {
    if (ptn_list_empty(&m->touched))
        ptn_list_push(&m->loop->touched, &m->touched);
}

void member_end(struct member *m, const char *reason, const char *detail) {
    if (!m->ended) {
        m->ended = true;
        ptn_str_copy(m->reason, sizeof m->reason, reason);
        ptn_str_copy(m->detail, sizeof m->detail, detail);
    }
    ptn_peer_close(ptn_endpoint_peer(m->ep), m->loop->now);
    member_touch(m);
}

/* A request of ours: its response will be known by transaction id and source. */
static void note_request(struct member *m, const struct ptn_datagram *d) {
    if (d->len >= 20 && d->data[0] == 0 && d->data[1] == PTN_STUN_BINDING)
        ptn_demux_add_txid(m->loop->demux, m->loop->now, &m->names, d->data + 8, &d->path.remote);
}

static void send_datagrams(struct member *m) {
    struct ptn_datagram d;
    while (ptn_peer_poll_datagram(ptn_endpoint_peer(m->ep), m->loop->now, &d)) {
        note_request(m, &d);
        ptn_txbatch_add(m->loop->tx, &d.path, ptn_bytes_of(d.data, d.len));
    }
}

void member_settle(struct member *m) {
    struct loop *l = m->loop;
    ptn_endpoint_pump(m->ep, l->now);
    send_datagrams(m);
    if (m->ended) {
        struct ptn_notice *n = notice_new(l, PTN_NOTICE_CLOSED, m->id);
        ptn_str_copy(n->text, sizeof n->text, m->reason);
        ptn_str_copy(n->detail, sizeof n->detail, m->detail);
        member_free(m);
        notice_post(l, n);
        return;
    }
    struct ptn_peer *peer = ptn_endpoint_peer(m->ep);
    half_open_track(m, ptn_peer_handshaking(peer));
    ptn_timer_arm(&l->timers, &m->timer, ptn_peer_next_timeout(peer));
}
