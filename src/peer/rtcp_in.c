/* What the peer tells by RTCP. Numbers in it are a stranger's: they are counted and bounded. */
#include "peer/internal.h"

static struct mline *sending(struct ptn_peer *p, uint32_t ssrc, size_t *mindex, bool *is_rtx) {
    for (size_t i = 0; i < p->mline_count; i++) {
        const struct ptn_plan_mline *m = p->mline[i].plan;
        if (m->ssrc == ssrc || (m->rtx_ssrc != 0 && m->rtx_ssrc == ssrc)) {
            *mindex = i;
            *is_rtx = m->ssrc != ssrc;
            return &p->mline[i];
        }
    }
    return NULL;
}

static void take_reports(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_report *rb,
                         size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t mindex;
        bool is_rtx;
        struct mline *m = sending(p, rb[i].ssrc, &mindex, &is_rtx);
        if (m)
            ptn_tx_stats_report(is_rtx ? &m->rtx : &m->tx, &rb[i], peer_ntp(p, now));
    }
}

static ptn_err on_sr(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_sr sr;
    PTN_TRY(ptn_rtcp_sr_parse(b, &sr));
    const struct ssrc_route *r = route_find(p, sr.ssrc);
    if (r && !r->is_rtx)
        ptn_rx_stats_sr(&p->mline[r->mindex].rx[r->layer].stats, now, sr.ntp, sr.rtp_ts);
    take_reports(p, now, sr.report, sr.report_count);
    return PTN_OK;
}

static ptn_err on_rr(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_rr rr;
    PTN_TRY(ptn_rtcp_rr_parse(b, &rr));
    take_reports(p, now, rr.report, rr.report_count);
    return PTN_OK;
}

static void want_resend(struct ptn_peer *p, size_t mindex, uint16_t seq) {
    p->count.nacks_received++;
    if (grow((void **)&p->nacks, &p->nack_cap, p->nack_count, NACK_INBOX_MAX, sizeof *p->nacks))
        p->nacks[p->nack_count++] = (struct ptn_peer_nack){(uint16_t)mindex, seq};
}

static ptn_err on_nack(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    (void)now;
    struct ptn_nack nack;
    size_t mindex;
    bool is_rtx;
    PTN_TRY(ptn_nack_parse(b, &nack));
    if (!sending(p, nack.media_ssrc, &mindex, &is_rtx) || is_rtx)
        return PTN_ENOENT;
    for (size_t i = 0; i < nack.count; i++) {
        want_resend(p, mindex, nack.item[i].pid);
        for (unsigned bit = 0; bit < 16; bit++)
            if (nack.item[i].blp >> bit & 1)
                want_resend(p, mindex, (uint16_t)(nack.item[i].pid + bit + 1));
    }
    return PTN_OK;
}

static void want_keyframe(struct ptn_peer *p, uint32_t ssrc) {
    size_t mindex;
    bool is_rtx;
    if (!sending(p, ssrc, &mindex, &is_rtx))
        return;
    p->count.plis_received++;
    for (size_t i = p->event_head; i < p->event_count; i++) /* one request is enough */
        if (p->events[i].type == PTN_PEER_KEYFRAME && p->events[i].mindex == mindex)
            return;
    peer_event(p, PTN_PEER_KEYFRAME)->mindex = (uint16_t)mindex;
}

static ptn_err on_pli(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    (void)now;
    struct ptn_pli pli;
    PTN_TRY(ptn_pli_parse(b, &pli));
    want_keyframe(p, pli.media_ssrc);
    return PTN_OK;
}

static ptn_err on_fir(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    (void)now;
    struct ptn_fir fir;
    PTN_TRY(ptn_fir_parse(b, &fir));
    for (size_t i = 0; i < fir.count; i++)
        want_keyframe(p, fir.item[i].ssrc);
    return PTN_OK;
}

static ptn_err on_afb(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    (void)now;
    struct ptn_remb remb;
    PTN_TRY(ptn_remb_parse(b, &remb));
    peer_event(p, PTN_PEER_REMB)->value = remb.bitrate;
    return PTN_OK;
}

/* Consumed for statistics; bandwidth estimation will read it here. */
static ptn_err on_twcc(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    (void)now;
    (void)b;
    p->count.twcc_received++;
    return PTN_OK;
}

static const struct {
    uint8_t type;
    int8_t fmt; /* -1: any */
    ptn_err (*take)(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b);
} handlers[] = {
    {PTN_RTCP_SR, -1, on_sr},
    {PTN_RTCP_RR, -1, on_rr},
    {PTN_RTCP_RTPFB, PTN_RTPFB_NACK, on_nack},
    {PTN_RTCP_RTPFB, PTN_RTPFB_TWCC, on_twcc},
    {PTN_RTCP_PSFB, PTN_PSFB_PLI, on_pli},
    {PTN_RTCP_PSFB, PTN_PSFB_FIR, on_fir},
    {PTN_RTCP_PSFB, PTN_PSFB_AFB, on_afb},
};

static void take_block(struct ptn_peer *p, ptn_time now, const struct ptn_rtcp_block *b) {
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (handlers[i].type != b->type ||
            (handlers[i].fmt >= 0 && (uint8_t)handlers[i].fmt != b->count))
            continue;
        if (handlers[i].take(p, now, b) == PTN_EMALFORMED)
            p->count.rx_malformed++;
        return;
    }
}

ptn_err rtcp_handle(struct ptn_peer *p, ptn_time now, struct ptn_packet *packet) {
    size_t len = packet->len;
    ptn_err err = ptn_srtp_unprotect_rtcp(p->srtp_rx, packet->data, &len);
    if (err != PTN_OK) {
        *(err == PTN_EPROTO ? &p->count.rx_replayed : &p->count.rx_bad_auth) += 1;
        return err;
    }
    packet->len = (uint16_t)len;
    if (ptn_rtcp_check(ptn_packet_bytes(packet)) != PTN_OK) {
        p->count.rx_malformed++;
        return PTN_OK; /* authentic, only not understood */
    }
    struct ptn_rd r = ptn_rd_of(ptn_packet_bytes(packet));
    struct ptn_rtcp_block b;
    while (ptn_rtcp_next(&r, &b))
        take_block(p, now, &b);
    return PTN_OK;
}
