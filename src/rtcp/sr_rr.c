/* Sender and receiver reports, RFC 3550 6.4.1 and 6.4.2.
 *
 *   SR:  ssrc | NTP time (64) | RTP time | packets | octets | RC report blocks | profile's own
 *   RR:  ssrc |                                             | RC report blocks | profile's own
 *
 *   block:  ssrc | fraction lost (8), cumulative lost (24, signed) | extended highest seq
 *           | jitter | last SR | delay since last SR */
#include "rtcp/internal.h"

#define LOST_MAX 0x7fffff /* 24 bits signed */
#define LOST_MIN (-0x800000)

static int32_t lost_of_wire(uint32_t u24) {
    return u24 & 0x800000 ? (int32_t)u24 - 0x1000000 : (int32_t)u24;
}

static uint32_t lost_to_wire(int32_t lost) {
    if (lost > LOST_MAX)
        lost = LOST_MAX;
    if (lost < LOST_MIN)
        lost = LOST_MIN;
    return (uint32_t)lost & 0xffffff;
}

static struct ptn_rtcp_report report_read(struct ptn_rd *r) {
    struct ptn_rtcp_report rb;
    rb.ssrc = ptn_rd_u32(r);
    rb.fraction_lost = ptn_rd_u8(r);
    rb.lost = lost_of_wire(ptn_rd_u24(r));
    rb.max_seq = ptn_rd_u32(r);
    rb.jitter = ptn_rd_u32(r);
    rb.lsr = ptn_rd_u32(r);
    rb.dlsr = ptn_rd_u32(r);
    return rb;
}

static void report_write(struct ptn_wr *w, const struct ptn_rtcp_report *rb) {
    ptn_wr_u32(w, rb->ssrc);
    ptn_wr_u8(w, rb->fraction_lost);
    ptn_wr_u24(w, lost_to_wire(rb->lost));
    ptn_wr_u32(w, rb->max_seq);
    ptn_wr_u32(w, rb->jitter);
    ptn_wr_u32(w, rb->lsr);
    ptn_wr_u32(w, rb->dlsr);
}

/* What follows the last block is a profile-specific extension (6.4.3) and of no interest. */
static uint8_t reports_read(struct ptn_rd *r, uint8_t count, struct ptn_rtcp_report *report) {
    for (uint8_t i = 0; i < count; i++)
        report[i] = report_read(r);
    return count;
}

static void reports_write(struct ptn_wr *w, const struct ptn_rtcp_report *report, uint8_t count) {
    for (uint8_t i = 0; i < count; i++)
        report_write(w, &report[i]);
}

ptn_err ptn_rtcp_sr_parse(const struct ptn_rtcp_block *b, struct ptn_rtcp_sr *out) {
    if (!rtcp_is(b, PTN_RTCP_SR))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    struct ptn_rtcp_sr sr = {0};
    sr.ssrc = ptn_rd_u32(&r);
    sr.ntp = ptn_rd_u64(&r);
    sr.rtp_ts = ptn_rd_u32(&r);
    sr.packets = ptn_rd_u32(&r);
    sr.octets = ptn_rd_u32(&r);
    sr.report_count = reports_read(&r, b->count & RTCP_COUNT_MAX, sr.report);
    if (r.bad)
        return PTN_EMALFORMED;
    *out = sr;
    return PTN_OK;
}

ptn_err ptn_rtcp_rr_parse(const struct ptn_rtcp_block *b, struct ptn_rtcp_rr *out) {
    if (!rtcp_is(b, PTN_RTCP_RR))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    struct ptn_rtcp_rr rr = {0};
    rr.ssrc = ptn_rd_u32(&r);
    rr.report_count = reports_read(&r, b->count & RTCP_COUNT_MAX, rr.report);
    if (r.bad)
        return PTN_EMALFORMED;
    *out = rr;
    return PTN_OK;
}

void ptn_rtcp_sr_write(struct ptn_wr *w, const struct ptn_rtcp_sr *sr) {
    uint8_t count = sr->report_count & RTCP_COUNT_MAX;
    size_t start = rtcp_begin(w, count, PTN_RTCP_SR);
    ptn_wr_u32(w, sr->ssrc);
    ptn_wr_u64(w, sr->ntp);
    ptn_wr_u32(w, sr->rtp_ts);
    ptn_wr_u32(w, sr->packets);
    ptn_wr_u32(w, sr->octets);
    reports_write(w, sr->report, count);
    rtcp_end(w, start);
}

void ptn_rtcp_rr_write(struct ptn_wr *w, const struct ptn_rtcp_rr *rr) {
    uint8_t count = rr->report_count & RTCP_COUNT_MAX;
    size_t start = rtcp_begin(w, count, PTN_RTCP_RR);
    ptn_wr_u32(w, rr->ssrc);
    reports_write(w, rr->report, count);
    rtcp_end(w, start);
}
