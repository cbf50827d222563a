/* The control side of the engine: ids, placement, commands, notices. */
#include "worker/engine.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "worker/internal.h"

static void set_dscp(const struct ptn_engine_config *cfg) {
    int tos = cfg->dscp << 2;
    for (size_t i = 0; cfg->dscp > 0 && i < cfg->socket_count; i++) {
        bool v4 = cfg->sockets[i].addr.family == 4;
        if (setsockopt(cfg->sockets[i].fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
                       v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos) != 0)
            ptn_log(PTN_LOG_WARN, "engine", "media.dscp=%d could not be set", cfg->dscp);
    }
}

static ptn_err start_threads(struct ptn_engine *e) {
    sigset_t all, old;
    sigfillset(&all); /* signals are the control thread's */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    ptn_err err = PTN_OK;
    for (unsigned i = 0; i < e->loop_count && err == PTN_OK; i++) {
        struct loop *l = &e->loop[i];
        char name[16];
        if (pthread_create(&l->thread, NULL, loop_main, l) != 0) {
            err = PTN_EIO;
            break;
        }
        l->thread_started = true;
        snprintf(name, sizeof name, "media-%u", i % 1000);
        pthread_setname_np(l->thread, name);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return err;
}

ptn_err ptn_engine_start(const struct ptn_engine_config *cfg, ptn_notice_fn *notify, void *ctx,
                         struct ptn_engine **out) {
    struct ptn_engine *e = ptn_new(struct ptn_engine);
    e->cfg = *cfg;
    e->notify = notify;
    e->ctx = ctx;
    e->loop_count = cfg->loops;
    e->loop = ptn_new_array(struct loop, cfg->loops);
    if (e->cfg.peers_per_loop_max == 0)
        e->cfg.peers_per_loop_max = PEERS_MAX;
    ptn_dtls_ctx_ref(cfg->dtls_ctx);
    set_dscp(cfg);
    ptn_err err = ptn_mailbox_init(&e->control);
    for (unsigned i = 0; i < e->loop_count; i++) {
        ptn_err one = loop_init(&e->loop[i], e, i);
        err = err == PTN_OK ? one : err;
    }
    e->cfg.sockets = NULL; /* the caller's array; the descriptors are the loops' now */
    if (err == PTN_OK)
        err = start_threads(e);
    if (err != PTN_OK) {
        ptn_engine_stop(e);
        return err;
    }
    *out = e;
    return PTN_OK;
}

static void drain_notices(struct ptn_engine *e, bool deliver) {
    struct ptn_mpsc_node *node;
    while ((node = ptn_mailbox_pop_command(&e->control))) {
        struct notice_msg *msg = ptn_container_of(node, struct notice_msg, node);
        if (deliver)
            e->notify(e->ctx, &msg->notice);
        json_decref(msg->notice.json);
        free(msg);
    }
}

void ptn_engine_stop(struct ptn_engine *e) {
    if (!e)
        return;
    for (unsigned i = 0; i < e->loop_count; i++) {
        if (!e->loop[i].thread_started)
            continue;
        struct command *c = ptn_new(struct command);
        c->type = CMD_STOP;
        ptn_ignore(command_post(&e->loop[i], c, true), "must: never refused");
        ptn_mailbox_wake(&e->loop[i].mailbox);
    }
    for (unsigned i = 0; i < e->loop_count; i++)
        if (e->loop[i].thread_started)
            pthread_join(e->loop[i].thread, NULL);
    drain_notices(e, false);
    for (unsigned i = 0; i < e->loop_count; i++)
        loop_free(&e->loop[i]);
    for (unsigned i = 0; i < e->loop_count; i++) /* packets have come home from every loop */
        ptn_packet_pool_free(e->loop[i].pool);
    ptn_mailbox_done(&e->control);
    ptn_dtls_ctx_unref(e->cfg.dtls_ctx);
    free(e->loop);
    free(e);
}

int ptn_engine_fd(const struct ptn_engine *e) {
    return e->control.fd;
}

void ptn_engine_dispatch(struct ptn_engine *e) {
    ptn_mailbox_rearm(&e->control);
    drain_notices(e, true);
}

unsigned ptn_engine_loops(const struct ptn_engine *e) {
    return e->loop_count;
}

/* -- placement --------------------------------------------------------------------------------- */

static unsigned load_of(const struct ptn_engine *e, unsigned i) {
    return atomic_load_explicit(&e->loop[i].peers, memory_order_relaxed);
}

static unsigned least_loaded(const struct ptn_engine *e) {
    unsigned best = 0;
    for (unsigned i = 1; i < e->loop_count; i++)
        if (load_of(e, i) < load_of(e, best))
            best = i;
    return best;
}

static unsigned place(const struct ptn_engine *e, const struct ptn_peer_params *p) {
    if (p->loop >= 0)
        return (unsigned)p->loop % e->loop_count;
    if (p->affinity != 0) {
        unsigned wanted = (unsigned)((p->affinity * 0x9e3779b97f4a7c15u >> 32) % e->loop_count);
        if (load_of(e, wanted) < e->cfg.peers_per_loop_max)
            return wanted;
    }
    return least_loaded(e);
}

static uint64_t new_id(struct ptn_engine *e, unsigned loop) {
    return (uint64_t)loop << 56 | ++e->next_id;
}

unsigned ptn_engine_peer_loop(uint64_t peer_id) {
    return ptn_id_loop(peer_id);
}

uint64_t ptn_engine_stream_id(struct ptn_engine *e, uint64_t peer_id) {
    return new_id(e, ptn_id_loop(peer_id));
}

/* -- commands ---------------------------------------------------------------------------------- */

static struct command *command_new(enum command_type type, uint64_t id) {
    struct command *c = ptn_new(struct command);
    c->type = type;
    c->id = id;
    return c;
}

static void wake(struct ptn_engine *e, unsigned loop) {
    if (e->held)
        e->owed |= UINT64_C(1) << loop;
    else
        ptn_mailbox_wake(&e->loop[loop].mailbox);
}

void ptn_engine_hold(struct ptn_engine *e) {
    e->held = true;
}

void ptn_engine_release(struct ptn_engine *e) {
    e->held = false;
    for (; e->owed != 0; e->owed &= e->owed - 1)
        ptn_mailbox_wake(&e->loop[__builtin_ctzll(e->owed)].mailbox);
}

static ptn_err post(struct ptn_engine *e, uint64_t id, struct command *c) {
    unsigned loop = ptn_id_loop(id);
    if (loop >= e->loop_count) {
        command_free(c);
        return PTN_ENOENT;
    }
    PTN_TRY(command_post(&e->loop[loop], c, false));
    wake(e, loop);
    return PTN_OK;
}

ptn_err ptn_engine_peer_new(struct ptn_engine *e, const struct ptn_peer_params *params,
                            uint64_t *id) {
    unsigned loop = place(e, params);
    if (load_of(e, loop) >= e->cfg.peers_per_loop_max)
        return PTN_ELIMIT;
    struct command *c = command_new(CMD_PEER_NEW, new_id(e, loop));
    uint64_t peer = c->id;
    c->u.params = *params;
    PTN_TRY(command_post(&e->loop[loop], c, false));
    wake(e, loop);
    atomic_fetch_add_explicit(&e->loop[loop].peers, 1, memory_order_relaxed);
    *id = peer;
    return PTN_OK;
}

ptn_err ptn_engine_peer_plan(struct ptn_engine *e, uint64_t peer_id, struct ptn_plan *plan) {
    struct command *c = command_new(CMD_PEER_PLAN, peer_id);
    c->u.plan = plan;
    return post(e, peer_id, c);
}

ptn_err ptn_engine_peer_candidate(struct ptn_engine *e, uint64_t peer_id,
                                  const struct ptn_cand *cand) {
    struct command *c = command_new(CMD_PEER_CANDIDATE, peer_id);
    c->u.candidate.end = !cand;
    if (cand)
        c->u.candidate.cand = *cand;
    return post(e, peer_id, c);
}

void ptn_engine_peer_close(struct ptn_engine *e, uint64_t peer_id, const char *reason) {
    if (ptn_id_loop(peer_id) >= e->loop_count)
        return;
    struct command *c = command_new(CMD_PEER_CLOSE, peer_id);
    ptn_str_copy(c->u.reason, sizeof c->u.reason, reason);
    ptn_ignore(command_post(&e->loop[ptn_id_loop(peer_id)], c, true), "must: never refused");
    wake(e, ptn_id_loop(peer_id));
}

ptn_err ptn_engine_peer_stats(struct ptn_engine *e, uint64_t peer_id, uint64_t token) {
    struct command *c = command_new(CMD_PEER_STATS, peer_id);
    c->u.value = token;
    return post(e, peer_id, c);
}

ptn_err ptn_engine_peer_remb(struct ptn_engine *e, uint64_t peer_id, uint32_t bitrate) {
    struct command *c = command_new(CMD_PEER_REMB, peer_id);
    c->u.value = bitrate;
    return post(e, peer_id, c);
}

ptn_err ptn_engine_connect(struct ptn_engine *e, uint64_t source, uint64_t sink) {
    struct command *c = command_new(CMD_CONNECT, source);
    c->other = sink;
    return post(e, sink, c);
}

ptn_err ptn_engine_disconnect(struct ptn_engine *e, uint64_t sink) {
    return post(e, sink, command_new(CMD_DISCONNECT, sink));
}

ptn_err ptn_engine_sink_set(struct ptn_engine *e, uint64_t sink,
                            const struct ptn_sink_params *params) {
    struct command *c = command_new(CMD_SINK_SET, sink);
    c->u.sink = *params;
    return post(e, sink, c);
}

ptn_err ptn_engine_keyframe(struct ptn_engine *e, uint64_t source) {
    return post(e, source, command_new(CMD_KEYFRAME, source));
}

void ptn_engine_get_counters(struct ptn_engine *e, struct ptn_engine_counters *out) {
    uint64_t sum[8] = {0};
    *out = (struct ptn_engine_counters){0};
    for (unsigned i = 0; i < e->loop_count; i++) {
        out->peers += load_of(e, i);
        for (size_t k = 0; k < PTN_COUNT_OF(sum); k++)
            sum[k] += atomic_load_explicit(&e->loop[i].public_count[k], memory_order_relaxed);
    }
    out->rx_packets = sum[0];
    out->tx_packets = sum[1];
    out->rx_dropped = sum[2];
    out->tx_dropped = sum[3];
    out->late_commands = sum[4];
    out->stun_unknown = sum[5];
    out->half_open_refused = sum[6];
    out->lane_full = sum[7];
}
