/* RTCP we send: reports once a second, NACKs, keyframe requests, transport feedback, REMB. */
#include "peer/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CNAME "janus"              /* core.md 11: a=ssrc … cname:janus */
#define RTCP_QUEUE_MAX (16 * 1024) /* bytes between two drains; beyond, reports are left out */
#define NACKS_PER_MESSAGE 128

uint64_t peer_ntp(const struct ptn_peer *p, ptn_time now) {
    return ptn_ntp_of_wall(now + p->cfg.wall_offset);
}

static void queue_compound(struct ptn_peer *p, const struct ptn_wr *w) {
    struct ptn_bytes b = ptn_wr_written(w);
    size_t need = p->rtcp_len + 2 + b.n;
    if (b.n == 0 || need > RTCP_QUEUE_MAX || !transport_path(p)) /* old news when one is found */
        return;
    if (need > p->rtcp_cap) {
        p->rtcp_cap = need > 256 ? need * 2 : 256;
        p->rtcp_out = ptn_realloc(p->rtcp_out, p->rtcp_cap);
    }
    ptn_put_u16(p->rtcp_out + p->rtcp_len, (uint16_t)b.n);
    memcpy(p->rtcp_out + p->rtcp_len + 2, b.p, b.n);
    p->rtcp_len = need;
}

bool rtcp_poll(struct ptn_peer *p, struct ptn_datagram *out) {
    while (p->srtp_tx && p->phase == PHASE_UP && p->rtcp_read < p->rtcp_len) {
        const uint8_t *at = p->rtcp_out + p->rtcp_read;
        size_t n = (size_t)at[0] << 8 | at[1];
        p->rtcp_read += 2 + n;
        if (ptn_srtp_protect_rtcp(p->srtp_tx, ptn_bytes_of(at + 2, n), out->data, sizeof out->data,
                                  &out->len) == PTN_OK)
            return true;
    }
    free(p->rtcp_out);
    p->rtcp_out = NULL;
    p->rtcp_len = p->rtcp_read = p->rtcp_cap = 0;
    return false;
}

/* Feedback about an m-line is signed with our SSRC of that m-line. */
static void begin_feedback(struct ptn_wr *w, uint8_t *buf, size_t cap, uint32_t ssrc) {
    *w = ptn_wr_of(buf, cap);
    ptn_rtcp_rr_write(w, &(struct ptn_rtcp_rr){.ssrc = ssrc}); /* RFC 3550 6.1: a report first */
}

static size_t collect_reports(ptn_time now, struct mline *m, struct ptn_rtcp_report *out,
                              size_t cap) {
    size_t n = 0;
    for (size_t k = 0; k < m->rx_count && n < cap; k++)
        if (m->rx[k].ssrc != 0 && m->rx[k].stats.started)
            out[n++] = ptn_rx_stats_report(&m->rx[k].stats, now, m->rx[k].ssrc);
    return n;
}

/* One compound packet per m-line: SR or RR with what we receive there, and SDES. */
static void report_mline(struct ptn_peer *p, ptn_time now, struct mline *m) {
    uint8_t buf[PTN_RTCP_COMPOUND_MAX];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    struct ptn_rtcp_report reports[PTN_PLAN_LAYERS];
    size_t n = collect_reports(now, m, reports, PTN_PLAN_LAYERS);
    struct ptn_rtcp_sr sr;
    if (m->plan->send && ptn_tx_stats_sr(&m->tx, now, peer_ntp(p, now), m->plan->ssrc, &sr)) {
        sr.report_count = (uint8_t)n;
        memcpy(sr.report, reports, n * sizeof reports[0]);
        ptn_rtcp_sr_write(&w, &sr);
    } else if (n > 0) {
        struct ptn_rtcp_rr rr = {.ssrc = m->plan->ssrc, .report_count = (uint8_t)n};
        memcpy(rr.report, reports, n * sizeof reports[0]);
        ptn_rtcp_rr_write(&w, &rr);
    } else {
        return;
    }
    ptn_rtcp_sdes_write(&w, m->plan->ssrc, CNAME);
    queue_compound(p, &w);
}

void rtcp_reports(struct ptn_peer *p, ptn_time now) {
    p->rtcp_due += RTCP_INTERVAL;
    if (p->rtcp_due <= now)
        p->rtcp_due = now + RTCP_INTERVAL;
    for (size_t i = 0; i < p->mline_count; i++)
        report_mline(p, now, &p->mline[i]);
    if (p->remb != 0)
        rtcp_remb(p);
}

static void nack_track(struct ptn_peer *p, ptn_time now, struct mline *m, struct rx_track *t) {
    uint16_t seqs[NACKS_PER_MESSAGE];
    size_t n = ptn_nack_gen_poll(t->nack, now, ptn_peer_rtt(p), seqs, NACKS_PER_MESSAGE);
    if (n > 0) {
        uint8_t buf[PTN_RTCP_COMPOUND_MAX];
        struct ptn_wr w;
        begin_feedback(&w, buf, sizeof buf, m->plan->ssrc);
        ptn_nack_write(&w, m->plan->ssrc, t->ssrc, seqs, n);
        queue_compound(p, &w);
        p->count.nacks_sent += n;
    }
    p->nack_due = ptn_time_min(p->nack_due, ptn_nack_gen_next_timeout(t->nack));
}

void rtcp_nacks(struct ptn_peer *p, ptn_time now) {
    p->nack_due = PTN_NEVER;
    for (size_t i = 0; i < p->mline_count; i++)
        for (size_t k = 0; k < p->mline[i].rx_count; k++)
            if (p->mline[i].rx[k].nack)
                nack_track(p, now, &p->mline[i], &p->mline[i].rx[k]);
}

static void keyframe_now(struct ptn_peer *p, ptn_time now, struct mline *m) {
    uint8_t buf[256];
    struct ptn_wr w;
    begin_feedback(&w, buf, sizeof buf, m->plan->ssrc);
    for (size_t k = 0; k < m->rx_count; k++) { /* every simulcast layer (core.md 13) */
        if (m->rx[k].ssrc == 0)
            continue;
        if (m->plan->pli)
            ptn_pli_write(&w, m->plan->ssrc, m->rx[k].ssrc);
        else if (m->plan->fir)
            ptn_fir_write(&w, m->plan->ssrc, m->rx[k].ssrc, m->fir_seq++);
        p->count.plis_sent++;
    }
    queue_compound(p, &w);
    m->keyframe_sent = now;
    m->keyframe_wanted = false;
}

void rtcp_keyframe(struct ptn_peer *p, ptn_time now, size_t mindex) {
    struct mline *m = &p->mline[mindex];
    bool known = false;
    for (size_t k = 0; k < m->rx_count; k++)
        known |= m->rx[k].ssrc != 0;
    bool too_soon = m->keyframe_sent != 0 && now - m->keyframe_sent < KEYFRAME_INTERVAL;
    if (p->phase == PHASE_UP && known && !too_soon) {
        keyframe_now(p, now, m);
        return;
    }
    m->keyframe_wanted = true; /* asked again when the next interval or the stream begins */
    ptn_time again = too_soon ? m->keyframe_sent + KEYFRAME_INTERVAL : now + KEYFRAME_INTERVAL;
    if (p->phase == PHASE_UP)
        p->watch_due = ptn_time_min(p->watch_due, again);
}

void ptn_peer_want_keyframe(struct ptn_peer *p, ptn_time now, uint16_t mindex) {
    if (mindex < p->mline_count && p->phase < PHASE_CLOSING &&
        p->mline[mindex].plan->kind == PTN_VIDEO && p->mline[mindex].plan->recv)
        rtcp_keyframe(p, now, mindex);
}

/* Transport-wide feedback is addressed with the SSRC of a received video m-line. */
static bool feedback_ssrcs(const struct ptn_peer *p, uint32_t *ours, uint32_t *theirs) {
    for (size_t i = 0; i < p->mline_count; i++) {
        const struct mline *m = &p->mline[i];
        if (m->plan->kind == PTN_VIDEO && m->rx_count > 0 && m->rx[0].ssrc != 0) {
            *ours = m->plan->ssrc;
            *theirs = m->rx[0].ssrc;
            return true;
        }
    }
    return false;
}

void rtcp_feedback(struct ptn_peer *p, ptn_time now) {
    uint32_t ours, theirs;
    p->twcc_due = PTN_NEVER; /* armed again by the next packet that carries a number */
    if (!p->twcc || !feedback_ssrcs(p, &ours, &theirs))
        return;
    for (int messages = 0; messages < 4; messages++) {
        uint8_t buf[PTN_RTCP_COMPOUND_MAX];
        struct ptn_wr w;
        begin_feedback(&w, buf, sizeof buf, ours);
        if (!ptn_twcc_gen_write(p->twcc, &w, ours, theirs))
            break;
        queue_compound(p, &w);
    }
    if (ptn_twcc_gen_pending(p->twcc))
        p->twcc_due = now + p->cfg.twcc_period;
}

void rtcp_remb(struct ptn_peer *p) {
    struct ptn_remb remb = {.bitrate = p->remb ? p->remb : DEFAULT_REMB};
    for (size_t i = 0; i < p->mline_count; i++) {
        const struct mline *m = &p->mline[i];
        if (m->plan->kind != PTN_VIDEO || !m->plan->remb)
            continue;
        if (remb.sender_ssrc == 0)
            remb.sender_ssrc = m->plan->ssrc;
        for (size_t k = 0; k < m->rx_count && remb.count < PTN_REMB_MAX; k++)
            if (m->rx[k].ssrc != 0)
                remb.ssrc[remb.count++] = m->rx[k].ssrc;
    }
    p->remb_due = false;
    if (remb.count == 0) {
        p->remb_due = true; /* nothing arrived yet that it could be about */
        return;
    }
    uint8_t buf[256];
    struct ptn_wr w;
    begin_feedback(&w, buf, sizeof buf, remb.sender_ssrc);
    ptn_remb_write(&w, &remb);
    queue_compound(p, &w);
}
