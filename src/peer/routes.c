/* Which m-line and layer an SSRC belongs to (RFC 8843 9.2, RFC 8852). */
#include "peer/internal.h"

#include <string.h>

const struct ssrc_route *route_find(const struct ptn_peer *p, uint32_t ssrc) {
    for (size_t i = 0; i < p->route_count; i++) /* a handful: a scan beats a hash */
        if (p->route[i].ssrc == ssrc)
            return &p->route[i];
    return NULL;
}

static void drop_routes_of(struct ptn_peer *p, size_t mindex, size_t layer, bool is_rtx) {
    size_t kept = 0;
    for (size_t i = 0; i < p->route_count; i++) {
        struct ssrc_route *r = &p->route[i];
        if (r->mindex == mindex && r->layer == layer && r->is_rtx == is_rtx)
            ptn_srtp_rx_forget(p->srtp_rx, r->ssrc);
        else
            p->route[kept++] = *r;
    }
    p->route_count = kept;
}

bool route_add(struct ptn_peer *p, uint32_t ssrc, size_t mindex, size_t layer, bool is_rtx) {
    struct rx_track *t = &p->mline[mindex].rx[layer];
    if (p->srtp_rx)
        drop_routes_of(p, mindex, layer, is_rtx);
    if (!grow((void **)&p->route, &p->route_cap, p->route_count, ROUTES_MAX, sizeof *p->route))
        return false;
    p->route[p->route_count++] = (struct ssrc_route){ssrc, (uint8_t)mindex, (uint8_t)layer, is_rtx};
    uint32_t *own = is_rtx ? &t->rtx_ssrc : &t->ssrc;
    if (*own != 0 && *own != ssrc)
        t->left[is_rtx] = *own;
    *own = ssrc;
    return true;
}

/* Streams of SSRCs that the new plan does not know any more. */
static void forget_streams(struct ptn_peer *p, const struct ssrc_route *old, size_t count) {
    for (size_t i = 0; p->srtp_rx && i < count; i++)
        if (!route_find(p, old[i].ssrc))
            ptn_srtp_rx_forget(p->srtp_rx, old[i].ssrc);
}

void routes_rebuild(struct ptn_peer *p) {
    struct ssrc_route old[ROUTES_MAX];
    size_t old_count = p->route_count;
    if (old_count > 0)
        memcpy(old, p->route, old_count * sizeof old[0]);
    p->route_count = 0;
    for (size_t m = 0; m < p->mline_count; m++) {
        for (size_t k = 0; k < p->mline[m].rx_count; k++) {
            const struct rx_track *t = &p->mline[m].rx[k];
            if (t->ssrc)
                route_add(p, t->ssrc, m, k, false);
            if (t->rtx_ssrc)
                route_add(p, t->rtx_ssrc, m, k, true);
        }
    }
    forget_streams(p, old, old_count);
}

static struct ptn_bytes ext_by_meaning(const struct ptn_peer *p, const struct ptn_packet *packet,
                                       enum ext_meaning meaning) {
    for (size_t i = 0; i < packet->rtp.ext_count; i++)
        if (p->meaning[packet->rtp.ext[i].id] == meaning)
            return ptn_bytes_of(packet->data + packet->rtp.ext[i].at, packet->rtp.ext[i].len);
    return (struct ptn_bytes){NULL, 0};
}

static bool layer_by_rid(const struct mline *m, struct ptn_bytes rid, size_t *layer) {
    for (size_t k = 0; k < m->rx_count; k++) {
        if (m->rx[k].rid[0] && ptn_bytes_eq(rid, ptn_bytes_str(m->rx[k].rid))) {
            *layer = k;
            return true;
        }
    }
    return false;
}

/* Another SSRC than before is another stream with numbers of its own. */
static const struct ssrc_route *learn(struct ptn_peer *p, uint32_t ssrc, size_t mindex,
                                      size_t layer, bool is_rtx) {
    struct mline *m = &p->mline[mindex];
    struct rx_track *t = &m->rx[layer];
    if (ssrc == t->left[is_rtx])
        return NULL;
    if (!is_rtx && t->ssrc != 0) {
        struct ptn_plan_layer next = {.ssrc = ssrc, .rtx_ssrc = t->rtx_ssrc};
        memcpy(next.rid, t->rid, sizeof next.rid);
        rx_track_start(t, m->plan, &next);
    }
    return route_add(p, ssrc, mindex, layer, is_rtx) ? &p->route[p->route_count - 1] : NULL;
}

const struct ssrc_route *route_learn(struct ptn_peer *p, const struct ptn_packet *packet) {
    const struct ssrc_route *known = route_find(p, packet->rtp.ssrc);
    if (known)
        return known;
    struct ptn_bytes mid = ext_by_meaning(p, packet, EXT_MID);
    if (mid.n == 0)
        return NULL; /* payload types are never used to guess */
    for (size_t i = 0; i < p->mline_count; i++) {
        struct mline *m = &p->mline[i];
        if (!ptn_bytes_eq(mid, ptn_bytes_str(m->plan->mid)) || m->rx_count == 0)
            continue;
        bool is_rtx = m->plan->rtx_pt != 0 && packet->rtp.pt == m->plan->rtx_pt;
        size_t layer = 0;
        if (m->rx[0].rid[0]) {
            struct ptn_bytes rid = ext_by_meaning(p, packet, is_rtx ? EXT_REPAIRED_RID : EXT_RID);
            if (!layer_by_rid(m, rid, &layer))
                return NULL;
        }
        return learn(p, packet->rtp.ssrc, i, layer, is_rtx);
    }
    return NULL;
}
