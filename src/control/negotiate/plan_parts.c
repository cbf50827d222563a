/* Parts of a plan that answers and offers have in common. */
#include <string.h>

#include "base/str.h"
#include "control/negotiate/internal.h"

uint32_t fresh_ssrc(const struct ptn_rng *rng) {
    uint32_t ssrc;
    do
        ssrc = ptn_rng_u32(rng);
    while (ssrc == 0);
    return ssrc;
}

void plan_transport(struct ptn_plan *plan, const struct ptn_sdp *remote) {
    struct ptn_sdp_transport t = ptn_sdp_bundle_transport(remote);
    ptn_str_copy(plan->remote_ufrag, sizeof plan->remote_ufrag, t.ufrag);
    ptn_str_copy(plan->remote_pwd, sizeof plan->remote_pwd, t.pwd);
    plan->remote_lite = remote->ice_lite;
    plan->fingerprint_count = t.fingerprint_count;
    memcpy(plan->fingerprint, t.fingerprint, sizeof plan->fingerprint);
}

static uint32_t fid_of(const struct ptn_sdp_mline *m, uint32_t ssrc) {
    for (size_t i = 0; i < m->group_count; i++)
        if (strcmp(m->group[i].semantics, "FID") == 0 && m->group[i].count == 2 &&
            m->group[i].ssrc[0] == ssrc)
            return m->group[i].ssrc[1];
    return 0;
}

static const struct ptn_sdp_group *sim_group(const struct ptn_sdp_mline *m) {
    for (size_t i = 0; i < m->group_count; i++)
        if (strcmp(m->group[i].semantics, "SIM") == 0 && m->group[i].count > 1)
            return &m->group[i];
    return NULL;
}

/* Layer 0 is the lowest quality: with "hml" the first rid is the highest (core.md 13). */
static void layers_by_rid(struct ptn_plan_mline *out, const struct ptn_sdp_mline *m, bool lmh) {
    size_t n = m->rid_count < PTN_PLAN_LAYERS ? m->rid_count : PTN_PLAN_LAYERS;
    for (size_t i = 0; i < n; i++) {
        size_t layer = lmh ? i : n - 1 - i;
        ptn_str_copy(out->layer[layer].rid, sizeof out->layer[layer].rid, m->rid[i].id);
    }
    out->layer_count = n;
}

void plan_layers(struct ptn_plan_mline *out, const struct ptn_sdp_mline *m, bool rid_simulcast,
                 bool lmh) {
    const struct ptn_sdp_group *sim = sim_group(m);
    memset(out->layer, 0, sizeof out->layer);
    if (rid_simulcast && m->rid_count > 0) {
        layers_by_rid(out, m, lmh);
        return;
    }
    out->layer_count = 1;
    if (m->ssrc_count > 0)
        out->layer[0].ssrc = m->ssrc[0].ssrc;
    if (rid_simulcast && sim) {
        out->layer_count = sim->count < PTN_PLAN_LAYERS ? sim->count : PTN_PLAN_LAYERS;
        for (size_t i = 0; i < out->layer_count; i++)
            out->layer[i].ssrc = sim->ssrc[i];
    }
    for (size_t i = 0; i < out->layer_count; i++)
        out->layer[i].rtx_ssrc = out->rtx_pt ? fid_of(m, out->layer[i].ssrc) : 0;
}
