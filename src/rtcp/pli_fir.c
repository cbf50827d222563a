/* Asking for a keyframe: picture loss indication (RFC 4585 6.3.1) and full intra request
 * (RFC 5104 4.3.1), whose sequence number tells a new request from a repeated one. */
#include "rtcp/internal.h"

ptn_err ptn_pli_parse(const struct ptn_rtcp_block *b, struct ptn_pli *out) {
    if (!rtcp_is_fb(b, PTN_RTCP_PSFB, PTN_PSFB_PLI))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    struct ptn_pli pli;
    pli.sender_ssrc = ptn_rd_u32(&r);
    pli.media_ssrc = ptn_rd_u32(&r);
    if (r.bad)
        return PTN_EMALFORMED;
    *out = pli;
    return PTN_OK;
}

void ptn_pli_write(struct ptn_wr *w, uint32_t sender_ssrc, uint32_t media_ssrc) {
    size_t start = rtcp_fb_begin(w, PTN_PSFB_PLI, PTN_RTCP_PSFB, sender_ssrc, media_ssrc);
    rtcp_end(w, start);
}

ptn_err ptn_fir_parse(const struct ptn_rtcp_block *b, struct ptn_fir *out) {
    if (!rtcp_is_fb(b, PTN_RTCP_PSFB, PTN_PSFB_FIR))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    struct ptn_fir fir = {0};
    fir.sender_ssrc = ptn_rd_u32(&r);
    ptn_rd_skip(&r, 4); /* media source: unused, each item names its own (4.3.1.2) */
    for (; r.left > 0 && fir.count < PTN_FIR_MAX; fir.count++) {
        fir.item[fir.count].ssrc = ptn_rd_u32(&r);
        fir.item[fir.count].seq = ptn_rd_u8(&r);
        ptn_rd_skip(&r, 3);
    }
    if (r.bad || fir.count == 0)
        return PTN_EMALFORMED;
    *out = fir;
    return PTN_OK;
}

void ptn_fir_write(struct ptn_wr *w, uint32_t sender_ssrc, uint32_t ssrc, uint8_t seq) {
    size_t start = rtcp_fb_begin(w, PTN_PSFB_FIR, PTN_RTCP_PSFB, sender_ssrc, 0);
    ptn_wr_u32(w, ssrc);
    ptn_wr_u8(w, seq);
    ptn_wr_u24(w, 0);
    rtcp_end(w, start);
}
