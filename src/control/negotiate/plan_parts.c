/* Parts of a plan that answers and offers have in common. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "control/negotiate/internal.h"

static bool neg_uses(const struct ptn_neg *neg, uint32_t ssrc) {
    for (size_t i = 0; i < PTN_PLAN_MLINES_MAX; i++)
        if (neg->mline[i].ssrc == ssrc || neg->mline[i].rtx_ssrc == ssrc)
            return true;
    return false;
}

static bool sdp_uses(const struct ptn_sdp *sdp, uint32_t ssrc) {
    for (size_t i = 0; i < sdp->mline_count; i++)
        for (size_t k = 0; k < sdp->mline[i].ssrc_count; k++)
            if (sdp->mline[i].ssrc[k].ssrc == ssrc)
                return true;
    return false;
}

uint32_t fresh_ssrc(const struct ptn_rng *rng, const struct ptn_neg *neg,
                    const struct ptn_sdp *remote) {
    uint32_t ssrc;
    do
        ssrc = ptn_rng_u32(rng);
    while (ssrc == 0 || neg_uses(neg, ssrc) || (remote && sdp_uses(remote, ssrc)));
    return ssrc;
}

enum ptn_sdp_dir dir_of(const struct ptn_sdp_mline *m) {
    return m->dir == PTN_SDP_NO_DIR ? PTN_SDP_SENDRECV : m->dir;
}

void plan_transport(struct ptn_plan *plan, const struct ptn_sdp *remote) {
    struct ptn_sdp_transport t = ptn_sdp_bundle_transport(remote);
    static_assert(sizeof t.fingerprint == sizeof plan->fingerprint, "as many as DTLS can check");
    ptn_str_copy(plan->remote_ufrag, sizeof plan->remote_ufrag, t.ufrag);
    ptn_str_copy(plan->remote_pwd, sizeof plan->remote_pwd, t.pwd);
    plan->remote_lite = remote->ice_lite;
    plan->fingerprint_count = t.fingerprint_count;
    memcpy(plan->fingerprint, t.fingerprint, sizeof plan->fingerprint);
}

void plan_feedback(struct ptn_plan_mline *out, const struct ptn_sdp_codec *c) {
    const struct {
        const char *fb;
        bool *flag;
    } rows[] = {{"nack pli", &out->pli}, {"ccm fir", &out->fir}, {"goog-remb", &out->remb}};
    for (size_t i = 0; i < c->fb_count; i++) {
        out->nack |= strstr(c->fb[i], "nack") != NULL; /* any that has it (core.md 17) */
        for (size_t k = 0; k < PTN_COUNT_OF(rows); k++)
            *rows[k].flag |= strcmp(c->fb[i], rows[k].fb) == 0;
    }
}

/* -- layers ------------------------------------------------------------------------------------ */

static uint32_t fid_of(const struct ptn_sdp_mline *m, uint32_t ssrc) {
    for (size_t i = 0; i < m->group_count; i++)
        if (strcmp(m->group[i].semantics, "FID") == 0 && m->group[i].count == 2 &&
            m->group[i].ssrc[0] == ssrc)
            return m->group[i].ssrc[1];
    return 0;
}

static bool all_differ(const struct ptn_sdp_group *g) {
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; k < i; k++)
            if (g->ssrc[i] == g->ssrc[k])
                return false;
    return true;
}

const struct ptn_sdp_group *sim_group(const struct ptn_sdp_mline *m) {
    for (size_t i = 0; i < m->group_count; i++) {
        const struct ptn_sdp_group *g = &m->group[i];
        if (strcmp(g->semantics, "SIM") == 0 && g->count > 1 && all_differ(g))
            return g;
    }
    return NULL;
}

size_t rids_sent(const struct ptn_sdp_mline *m, const struct ptn_sdp_rid **out, size_t cap) {
    size_t n = 0;
    for (size_t i = 0; i < m->rid_count && n < cap; i++)
        if (!m->rid[i].recv)
            out[n++] = &m->rid[i];
    return n;
}

/* Layer 0 is the lowest quality: with "hml" the first rid is the highest (core.md 13). */
static size_t layers_by_rid(struct ptn_plan_mline *out, const struct ptn_sdp_mline *m, bool lmh) {
    const struct ptn_sdp_rid *rid[PTN_PLAN_LAYERS];
    size_t n = rids_sent(m, rid, PTN_PLAN_LAYERS);
    for (size_t i = 0; i < n; i++) {
        struct ptn_plan_layer *layer = &out->layer[lmh ? i : n - 1 - i];
        ptn_str_copy(layer->rid, sizeof layer->rid, rid[i]->id);
    }
    return n;
}

static size_t layers_by_ssrc(struct ptn_plan_mline *out, const struct ptn_sdp_group *sim) {
    size_t n = sim->count < PTN_PLAN_LAYERS ? sim->count : PTN_PLAN_LAYERS;
    for (size_t i = 0; i < n; i++)
        out->layer[i].ssrc = sim->ssrc[i];
    return n;
}

void plan_layers(struct ptn_plan_mline *out, const struct ptn_sdp_mline *m, bool by_rid,
                 bool by_ssrc, bool lmh) {
    const struct ptn_sdp_group *sim = by_ssrc ? sim_group(m) : NULL;
    memset(out->layer, 0, sizeof out->layer);
    out->layer_count = by_rid ? layers_by_rid(out, m, lmh) : 0;
    if (out->layer_count > 0)
        return;
    if (sim) {
        out->layer_count = layers_by_ssrc(out, sim);
    } else {
        out->layer_count = 1;
        out->layer[0].ssrc = m->ssrc_count > 0 ? m->ssrc[0].ssrc : 0;
    }
    for (size_t i = 0; out->rtx_pt && i < out->layer_count; i++)
        out->layer[i].rtx_ssrc = fid_of(m, out->layer[i].ssrc);
}
