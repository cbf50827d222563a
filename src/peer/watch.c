/* Once a second: is media arriving, and is much of it lost (core.md 7.3, 7.4)? */
#include "peer/internal.h"

static int8_t reported_layer(const struct mline *m, size_t layer) {
    return m->rx_count > 1 ? (int8_t)layer : -1;
}

static void tell_media(struct ptn_peer *p, size_t mindex, size_t layer, bool receiving) {
    struct mline *m = &p->mline[mindex];
    m->rx[layer].receiving = receiving;
    struct ptn_peer_event *ev = peer_event(p, PTN_PEER_MEDIA);
    ev->mindex = (uint16_t)mindex;
    ev->layer = reported_layer(m, layer);
    ev->flag = receiving;
}

void watch_packet(struct ptn_peer *p, ptn_time now, size_t mindex, size_t layer) {
    struct mline *m = &p->mline[mindex];
    tell_media(p, mindex, layer, true);
    if (m->keyframe_wanted)
        rtcp_keyframe(p, now, mindex);
    if (p->remb_due)
        rtcp_remb(p);
}

static void tell_losses(struct ptn_peer *p, size_t mindex, bool uplink, uint64_t lost) {
    if (p->cfg.slowlink_threshold == 0 || lost < p->cfg.slowlink_threshold)
        return;
    struct ptn_peer_event *ev = peer_event(p, PTN_PEER_SLOWLINK);
    ev->mindex = (uint16_t)mindex;
    ev->flag = uplink;
    ev->value = lost;
}

static uint64_t newly_lost(struct mline *m) {
    uint64_t sum = 0;
    for (size_t k = 0; k < m->rx_count; k++) {
        int64_t lost = ptn_rx_stats_lost(&m->rx[k].stats);
        if (lost > m->rx[k].lost_reported)
            sum += (uint64_t)(lost - m->rx[k].lost_reported);
        m->rx[k].lost_reported = lost;
    }
    return sum;
}

static void watch_mline(struct ptn_peer *p, ptn_time now, size_t mindex) {
    struct mline *m = &p->mline[mindex];
    for (size_t k = 0; p->cfg.no_media_timer > 0 && k < m->rx_count; k++)
        if (m->rx[k].receiving && now - m->rx[k].last_packet >= p->cfg.no_media_timer)
            tell_media(p, mindex, k, false);
    tell_losses(p, mindex, false, newly_lost(m));
    tell_losses(p, mindex, true, ptn_tx_stats_take_lost(&m->tx));
    if (m->keyframe_wanted)
        rtcp_keyframe(p, now, mindex);
}

void watch_run(struct ptn_peer *p, ptn_time now) {
    p->watch_due = now + PTN_SECOND;
    for (size_t i = 0; i < p->mline_count; i++)
        watch_mline(p, now, i);
}
