/* Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 2.2), an application layer
 * feedback message:
 *
 *   sender ssrc | media ssrc: 0 | "REMB" | Num SSRC (8), exponent (6), mantissa (18) | SSRCs */
#include "rtcp/internal.h"

#define REMB_MAGIC 0x52454d42 /* "REMB" */
#define MANTISSA_BITS 18
#define MANTISSA_MAX ((1u << MANTISSA_BITS) - 1)

/* False when the rate does not fit 64 bits. */
static bool bitrate_of_wire(uint32_t u24, uint64_t *bitrate) {
    unsigned exponent = u24 >> MANTISSA_BITS;
    uint64_t mantissa = u24 & MANTISSA_MAX;
    *bitrate = mantissa << exponent;
    return *bitrate >> exponent == mantissa;
}

/* Rounds down: never more than was meant. */
static uint32_t bitrate_to_wire(uint64_t bitrate) {
    unsigned exponent = 0;
    while (bitrate >> exponent > MANTISSA_MAX)
        exponent++;
    return exponent << MANTISSA_BITS | (uint32_t)(bitrate >> exponent);
}

ptn_err ptn_remb_parse(const struct ptn_rtcp_block *b, struct ptn_remb *out) {
    if (!rtcp_is_fb(b, PTN_RTCP_PSFB, PTN_PSFB_AFB))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    struct ptn_remb remb = {0};
    remb.sender_ssrc = ptn_rd_u32(&r);
    ptn_rd_skip(&r, 4);
    if (r.bad)
        return PTN_EMALFORMED;
    if (ptn_rd_u32(&r) != REMB_MAGIC)
        return PTN_EUNSUPPORTED;
    size_t listed = ptn_rd_u8(&r);
    bool fits = bitrate_of_wire(ptn_rd_u24(&r), &remb.bitrate);
    if (r.bad || !fits || r.left < listed * 4)
        return PTN_EMALFORMED;
    for (; remb.count < listed && remb.count < PTN_REMB_MAX; remb.count++)
        remb.ssrc[remb.count] = ptn_rd_u32(&r);
    *out = remb;
    return PTN_OK;
}

void ptn_remb_write(struct ptn_wr *w, const struct ptn_remb *remb) {
    size_t count = remb->count < PTN_REMB_MAX ? remb->count : PTN_REMB_MAX;
    size_t start = rtcp_fb_begin(w, PTN_PSFB_AFB, PTN_RTCP_PSFB, remb->sender_ssrc, 0);
    ptn_wr_u32(w, REMB_MAGIC);
    ptn_wr_u8(w, (uint8_t)count);
    ptn_wr_u24(w, bitrate_to_wire(remb->bitrate));
    for (size_t i = 0; i < count; i++)
        ptn_wr_u32(w, remb->ssrc[i]);
    rtcp_end(w, start);
}
