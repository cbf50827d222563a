/* RTCP (RFC 3550 6, 4585, 5104, reduced size 5506): an iterator over a compound packet and one
 * parse/write pair per packet type. Parsed values are copies, bounded by the MAX beside them.
 *
 * Every _parse: PTN_EPROTO when the block is of another type or format, PTN_EMALFORMED when its
 * bytes do not fit; out changes only on success. Items beyond the MAX are not read, unless noted.
 * Every _write appends one packet, or poisons w when it does not fit. No state, any thread. */
#ifndef PTN_RTCP_RTCP_H
#define PTN_RTCP_RTCP_H

#include "base/err.h"
#include "base/time.h"
#include "base/wire.h"

enum ptn_rtcp_type {
    PTN_RTCP_SR = 200,
    PTN_RTCP_RR = 201,
    PTN_RTCP_SDES = 202,
    PTN_RTCP_BYE = 203,
    PTN_RTCP_APP = 204,
    PTN_RTCP_RTPFB = 205, /* fmt 1 NACK, 15 transport-wide */
    PTN_RTCP_PSFB = 206,  /* fmt 1 PLI, 4 FIR, 15 AFB (REMB) */
    PTN_RTCP_XR = 207,
};
enum {
    PTN_RTPFB_NACK = 1,
    PTN_RTPFB_TWCC = 15,
    PTN_PSFB_PLI = 1,
    PTN_PSFB_FIR = 4,
    PTN_PSFB_AFB = 15
};

#define PTN_RTCP_COMPOUND_MAX 1200 /* bytes of a compound packet we send */

struct ptn_rtcp_block {    /* one packet of a compound packet */
    uint8_t type, count;   /* count: RC, SC or FMT field */
    struct ptn_bytes body; /* after the 4-byte header, without padding */
};
/* Checks version and lengths of the whole compound packet first; a reduced-size packet is fine. */
PTN_MUST_CHECK ptn_err ptn_rtcp_check(struct ptn_bytes compound);
/* False at the end or at the first malformed block, which also sets r->bad. r: made of the
 * compound packet's bytes. */
bool ptn_rtcp_next(struct ptn_rd *r, struct ptn_rtcp_block *out);

struct ptn_rtcp_report {
    uint32_t ssrc;
    uint8_t fraction_lost;
    int32_t lost; /* cumulative, 24 bits signed on the wire */
    uint32_t max_seq;
    uint32_t jitter;
    uint32_t lsr, dlsr; /* dlsr in 1/65536 s */
};
#define PTN_RTCP_REPORTS_MAX 31

struct ptn_rtcp_sr {
    uint32_t ssrc;
    uint64_t ntp;
    uint32_t rtp_ts, packets, octets;
    uint8_t report_count;
    struct ptn_rtcp_report report[PTN_RTCP_REPORTS_MAX];
};
struct ptn_rtcp_rr {
    uint32_t ssrc;
    uint8_t report_count;
    struct ptn_rtcp_report report[PTN_RTCP_REPORTS_MAX];
};
PTN_MUST_CHECK ptn_err ptn_rtcp_sr_parse(const struct ptn_rtcp_block *b, struct ptn_rtcp_sr *out);
PTN_MUST_CHECK ptn_err ptn_rtcp_rr_parse(const struct ptn_rtcp_block *b, struct ptn_rtcp_rr *out);
void ptn_rtcp_sr_write(struct ptn_wr *w, const struct ptn_rtcp_sr *sr);
void ptn_rtcp_rr_write(struct ptn_wr *w, const struct ptn_rtcp_rr *rr);
/* A CNAME longer than 255 bytes is cut. */
void ptn_rtcp_sdes_write(struct ptn_wr *w, uint32_t ssrc, const char *cname);
/* First chunk's CNAME, borrowed from the block; empty when absent. ssrc 0: no chunk at all. */
PTN_MUST_CHECK ptn_err ptn_rtcp_sdes_cname(const struct ptn_rtcp_block *b, uint32_t *ssrc,
                                           struct ptn_bytes *cname);

#define PTN_RTCP_BYE_MAX 31
struct ptn_rtcp_bye {
    uint8_t ssrc_count;
    uint32_t ssrc[PTN_RTCP_BYE_MAX];
};
PTN_MUST_CHECK ptn_err ptn_rtcp_bye_parse(const struct ptn_rtcp_block *b, struct ptn_rtcp_bye *out);
void ptn_rtcp_bye_write(struct ptn_wr *w, uint32_t ssrc);

#define PTN_NACK_MAX 64 /* FCI items read of one packet */
struct ptn_nack {
    uint32_t sender_ssrc, media_ssrc;
    size_t count;
    struct {
        uint16_t pid, blp;
    } item[PTN_NACK_MAX];
};
PTN_MUST_CHECK ptn_err ptn_nack_parse(const struct ptn_rtcp_block *b, struct ptn_nack *out);
/* seqs ascending (with wrap); packs following ones into bit masks. n 0: writes nothing. */
void ptn_nack_write(struct ptn_wr *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                    const uint16_t *seqs, size_t n);

struct ptn_pli {
    uint32_t sender_ssrc, media_ssrc;
};
PTN_MUST_CHECK ptn_err ptn_pli_parse(const struct ptn_rtcp_block *b, struct ptn_pli *out);
void ptn_pli_write(struct ptn_wr *w, uint32_t sender_ssrc, uint32_t media_ssrc);

#define PTN_FIR_MAX 8
struct ptn_fir {
    uint32_t sender_ssrc;
    size_t count;
    struct {
        uint32_t ssrc;
        uint8_t seq;
    } item[PTN_FIR_MAX];
};
PTN_MUST_CHECK ptn_err ptn_fir_parse(const struct ptn_rtcp_block *b, struct ptn_fir *out);
void ptn_fir_write(struct ptn_wr *w, uint32_t sender_ssrc, uint32_t ssrc, uint8_t seq);

#define PTN_REMB_MAX 16
struct ptn_remb {
    uint32_t sender_ssrc;
    uint64_t bitrate; /* bit/s */
    size_t count;
    uint32_t ssrc[PTN_REMB_MAX];
};
/* PTN_EUNSUPPORTED: another AFB message. */
PTN_MUST_CHECK ptn_err ptn_remb_parse(const struct ptn_rtcp_block *b, struct ptn_remb *out);
/* The bitrate is rounded down to 18 significant bits. */
void ptn_remb_write(struct ptn_wr *w, const struct ptn_remb *remb);

/* Transport-wide feedback: one entry per sequence number it describes. */
#define PTN_TWCC_FB_MAX 1024
struct ptn_twcc_fb {
    uint32_t sender_ssrc, media_ssrc;
    uint8_t fb_count;
    uint16_t base_seq;
    size_t count;
    struct {
        bool received;
        int64_t at_us; /* arrival, relative to the message's reference time; multiple of 250 */
    } packet[PTN_TWCC_FB_MAX];
    int64_t reference_us; /* 24 bits signed of 64 ms: wraps after 12.4 days */
};
/* PTN_ELIMIT: describes more packets than PTN_TWCC_FB_MAX. */
PTN_MUST_CHECK ptn_err ptn_twcc_fb_parse(const struct ptn_rtcp_block *b, struct ptn_twcc_fb *out);

/* NTP 64-bit time of a wall clock in microseconds since 1970, and its middle 32 bits. */
uint64_t ptn_ntp_of_wall(int64_t wall_us);
static inline uint32_t ptn_ntp_mid(uint64_t ntp) {
    return (uint32_t)(ntp >> 16);
}
/* Round trip of a report block at NTP time now (RFC 3550 6.4.1); 0 when it tells nothing: no SR
 * was seen yet, or clocks disagree (a negative result). Here, so that rtp/ needs no code of rtcp/.
 */
static inline ptn_time ptn_rtcp_rtt(const struct ptn_rtcp_report *rb, uint64_t ntp_now) {
    int32_t rtt = (int32_t)(ptn_ntp_mid(ntp_now) - rb->lsr - rb->dlsr); /* 1/65536 s */
    if (rb->lsr == 0 || rtt < 0)
        return 0;
    ptn_time us = rtt * PTN_SECOND / 65536;
    return us > 0 ? us : 1; /* shorter than the units can tell, but known */
}

#endif
