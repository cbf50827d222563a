/* From a protected RTP packet to the inbox: decrypt, parse, find its stream, unwrap RTX, count. */
#include "peer/internal.h"

#include <string.h>

#include "rtp/rtx.h"

static ptn_err decrypt(struct ptn_peer *p, struct ptn_packet *packet) {
    size_t len = packet->len;
    ptn_err err = ptn_srtp_unprotect(p->srtp_rx, packet->data, &len);
    if (err == PTN_OK)
        packet->len = (uint16_t)len;
    else if (err == PTN_EPROTO)
        p->count.rx_replayed++;
    else if (err == PTN_EMALFORMED)
        p->count.rx_malformed++;
    else
        p->count.rx_bad_auth++;
    return err;
}

/* Extensions by meaning, once per packet; the transport-wide number goes to feedback. */
static void read_extensions(struct ptn_peer *p, struct ptn_packet *packet) {
    for (size_t i = 0; i < packet->rtp.ext_count; i++) {
        const struct ptn_rtp_ext *e = &packet->rtp.ext[i];
        uint8_t meaning = p->meaning[e->id];
        if (meaning >= EXT_CARRY) {
            packet->carry[meaning - EXT_CARRY].at = e->at;
            packet->carry[meaning - EXT_CARRY].len = e->len;
        } else if (meaning == EXT_TWCC && e->len == 2) {
            uint16_t seq = (uint16_t)((unsigned)packet->data[e->at] << 8 | packet->data[e->at + 1]);
            ptn_twcc_gen_packet(p->twcc, packet->arrival, seq);
            if (p->twcc_due == PTN_NEVER)
                p->twcc_due = packet->arrival + p->cfg.twcc_period;
        }
    }
}

static bool role_of(const struct ptn_plan_mline *m, uint8_t pt, uint8_t *role) {
    if (pt == m->pt)
        *role = PTN_PT_MAIN;
    else if (m->red_pt != 0 && pt == m->red_pt)
        *role = PTN_PT_RED;
    else if (m->dtmf_pt != 0 && pt == m->dtmf_pt)
        *role = PTN_PT_DTMF;
    else
        return false;
    return true;
}

/* RTX that nobody asked for (bandwidth probes) is dropped before it counts anywhere. */
static ptn_err unwrap_rtx(struct ptn_peer *p, struct ptn_packet *packet, struct rx_track *t,
                          const struct ptn_plan_mline *m) {
    size_t len = packet->len;
    p->count.rx_rtx++;
    if (t->ssrc == 0)
        return PTN_EPROTO;
    PTN_TRY(ptn_rtx_unwrap(packet->data, &len, &packet->rtp, t->ssrc, m->pt));
    packet->len = (uint16_t)len;
    struct ptn_unwrap peek = t->unwrap;
    if (!t->nack || !ptn_nack_gen_wants(t->nack, ptn_unwrap_seq(&peek, packet->rtp.seq)))
        return PTN_EPROTO;
    return PTN_OK;
}

static ptn_err to_inbox(struct ptn_peer *p, struct ptn_packet *packet, size_t mindex,
                        size_t layer) {
    if (!grow((void **)&p->inbox, &p->inbox_cap, p->inbox_count, RX_INBOX_MAX, sizeof *p->inbox))
        return PTN_ELIMIT;
    p->inbox[p->inbox_count++] =
        (struct ptn_peer_media){ptn_packet_ref(packet), (uint16_t)mindex, (uint8_t)layer};
    return PTN_OK;
}

static ptn_err accept_packet(struct ptn_peer *p, ptn_time now, struct ptn_packet *packet,
                             const struct ssrc_route *route) {
    struct mline *m = &p->mline[route->mindex];
    struct rx_track *t = &m->rx[route->layer];
    if (route->is_rtx)
        PTN_TRY(unwrap_rtx(p, packet, t, m->plan));
    if (!role_of(m->plan, packet->rtp.pt, &packet->role)) {
        p->count.rx_not_wanted++;
        return PTN_EPROTO;
    }
    int64_t ext_seq = ptn_unwrap_seq(&t->unwrap, packet->rtp.seq);
    packet->ext_seq = t->ext_base + ext_seq;
    bool was_missing = false;
    if (t->nack && !ptn_nack_gen_packet(t->nack, now, ext_seq, &was_missing)) {
        p->count.rx_duplicate++;
        return PTN_EPROTO;
    }
    if (t->nack)
        p->nack_due = ptn_time_min(p->nack_due, ptn_nack_gen_next_timeout(t->nack));
    ptn_rx_stats_packet(&t->stats, packet->arrival, ext_seq, packet->rtp.ts, packet->len,
                        was_missing || route->is_rtx);
    ptn_rate_add(&t->rate, now, packet->len);
    t->last_packet = now;
    if (!t->receiving)
        watch_packet(p, now, route->mindex, route->layer);
    return to_inbox(p, packet, route->mindex, route->layer);
}

ptn_err rtp_handle(struct ptn_peer *p, ptn_time now, struct ptn_packet *packet) {
    if (packet->len > PTN_RTP_MAX) {
        p->count.rx_too_large++;
        return PTN_EMALFORMED;
    }
    PTN_TRY(decrypt(p, packet));
    p->count.rx_packets++;
    p->count.rx_bytes += packet->len;
    if (ptn_rtp_parse(ptn_packet_bytes(packet), &packet->rtp) != PTN_OK) {
        p->count.rx_malformed++;
        return PTN_EMALFORMED;
    }
    read_extensions(p, packet);
    const struct ssrc_route *route = route_learn(p, packet);
    if (!route) {
        p->count.rx_unknown_ssrc++;
        ptn_srtp_rx_forget(p->srtp_rx, packet->rtp.ssrc); /* takes no place of a stream */
        return PTN_OK;                                    /* authentic, only of no use */
    }
    ptn_ignore(accept_packet(p, now, packet, route), "counted; the datagram was authentic");
    return PTN_OK;
}
