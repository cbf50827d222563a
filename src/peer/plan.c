/* Applying what a negotiation decided. */
#include "peer/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

/* Whatever comes next on this track has its own numbers. They are moved ahead by more than a jump
 * within one stream can be, so that sinks see a new stream and no number twice. */
void rx_track_done(struct rx_track *t) {
    struct rx_track kept = {
        .left = {t->ssrc ? t->ssrc : t->left[0], t->rtx_ssrc ? t->rtx_ssrc : t->left[1]},
        .ext_base = t->ext_base,
    };
    if (t->unwrap.started)
        kept.ext_base += (t->unwrap.last | 0xffff) + 1;
    ptn_nack_gen_free(t->nack);
    *t = kept;
}

/* The stream changes; whether media arrives goes on being told as before. */
void rx_track_start(struct rx_track *t, const struct ptn_plan_mline *m,
                    const struct ptn_plan_layer *layer) {
    bool receiving = t->receiving;
    ptn_time last_packet = t->last_packet;
    rx_track_done(t);
    t->receiving = receiving;
    t->last_packet = last_packet;
    t->ssrc = layer->ssrc;
    t->rtx_ssrc = layer->rtx_ssrc;
    if (t->left[0] == t->ssrc)
        t->left[0] = 0;
    if (t->left[1] == t->rtx_ssrc)
        t->left[1] = 0;
    ptn_str_copy(t->rid, sizeof t->rid, layer->rid);
    if (m->nack)
        t->nack = ptn_nack_gen_new();
    ptn_rx_stats_init(&t->stats, m->clock_hz);
    ptn_rate_init(&t->rate);
}

/* A changed SSRC resets the statistics (core.md 8.4); the same one goes on. A learned SSRC (0 in
 * the plan) stays learned while the rid stays the same. */
static bool same_stream(const struct rx_track *t, const struct ptn_plan_layer *layer) {
    return (layer->ssrc == 0 || t->ssrc == layer->ssrc) && strcmp(t->rid, layer->rid) == 0;
}

static void apply_receive(struct mline *m, const struct ptn_plan_mline *plan) {
    size_t count = plan->recv ? plan->layer_count : 0;
    for (size_t k = 0; k < PTN_PLAN_LAYERS; k++) {
        struct rx_track *t = &m->rx[k];
        if (k >= count)
            rx_track_done(t);
        else if (k >= m->rx_count || !same_stream(t, &plan->layer[k]))
            rx_track_start(t, plan, &plan->layer[k]);
        else if (plan->nack && !t->nack)
            t->nack = ptn_nack_gen_new();
    }
    m->rx_count = count;
}

static void apply_mline(struct ptn_peer *p, struct mline *m, const struct ptn_plan_mline *plan) {
    bool fresh = !m->plan || m->plan->ssrc != plan->ssrc;
    apply_receive(m, plan);
    if (fresh) {
        ptn_tx_stats_init(&m->tx, plan->clock_hz);
        ptn_tx_stats_init(&m->rtx, plan->clock_hz);
        m->rtx_index = 1 + (int64_t)ptn_rng_below(&p->cfg.rng, 0x7fff);
    }
    m->plan = plan;
}

static void apply_meanings(struct ptn_peer *p, const struct ptn_plan_exts *e) {
    const struct {
        uint8_t id, meaning;
    } rows[] = {
        {e->mid, EXT_MID},
        {e->rid, EXT_RID},
        {e->repaired_rid, EXT_REPAIRED_RID},
        {e->twcc, EXT_TWCC},
        {e->audio_level, EXT_CARRY + PTN_CARRY_AUDIO_LEVEL},
        {e->orientation, EXT_CARRY + PTN_CARRY_ORIENTATION},
        {e->playout_delay, EXT_CARRY + PTN_CARRY_PLAYOUT_DELAY},
        {e->abs_capture_time, EXT_CARRY + PTN_CARRY_ABS_CAPTURE_TIME},
        {e->dependency_descriptor, EXT_CARRY + PTN_CARRY_DEPENDENCY_DESCRIPTOR},
    };
    memset(p->meaning, EXT_NONE, sizeof p->meaning);
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        if (rows[i].id != 0)
            p->meaning[rows[i].id] = rows[i].meaning;
    if (e->twcc != 0 && !p->twcc)
        p->twcc = ptn_twcc_gen_new();
}

/* The association is made by the first plan; its role never changes (core.md 10.1). */
static void make_dtls(struct ptn_peer *p, const struct ptn_plan *plan) {
    if (p->dtls)
        return;
    struct ptn_dtls_config cfg = {
        .ctx = p->cfg.dtls_ctx,
        .role = plan->dtls_role,
        .mtu = p->cfg.dtls_mtu,
        .timeout = 20 * PTN_SECOND,
        .fingerprint_count = plan->fingerprint_count,
    };
    memcpy(cfg.fingerprints, plan->fingerprint, sizeof cfg.fingerprints);
    if (ptn_dtls_new(&cfg, &p->dtls) != PTN_OK)
        peer_end(p, "DTLS-SRTP stack error", "the association could not be made");
}

static void apply_ice(struct ptn_peer *p, ptn_time now, const struct ptn_plan *plan) {
    if (plan->ice_restart)
        ptn_ice_restart(p->ice, now, plan->local_ufrag, plan->local_pwd);
    if (ptn_ice_set_remote(p->ice, now, plan->remote_ufrag, plan->remote_pwd, plan->remote_lite) !=
        PTN_OK)
        peer_end(p, "ICE failed", "the peer's ICE credentials are not valid");
}

void ptn_peer_apply(struct ptn_peer *p, ptn_time now, struct ptn_plan *plan) {
    if (p->phase >= PHASE_CLOSING || (p->plan && plan->generation <= p->plan->generation))
        return;
    if (plan->mline_count < p->mline_count) /* m-lines are never removed (core.md 8.4) */
        return;
    if (plan->mline_count > p->mline_count) {
        p->mline = ptn_realloc(p->mline, plan->mline_count * sizeof *p->mline);
        memset(p->mline + p->mline_count, 0,
               (plan->mline_count - p->mline_count) * sizeof *p->mline);
        p->mline_count = plan->mline_count;
    }
    for (size_t i = 0; i < plan->mline_count; i++)
        apply_mline(p, &p->mline[i], &plan->mline[i]);
    apply_meanings(p, &plan->ext);
    routes_rebuild(p);
    struct ptn_plan *old = p->plan;
    p->plan = ptn_plan_ref(plan);
    ptn_plan_unref(old);
    make_dtls(p, plan);
    apply_ice(p, now, plan);
    transport_pump(p, now);
}
