#include "rtp/rtx.h"

static void header_patch(uint8_t *packet, const struct ptn_rtp *rtp) {
    packet[1] = (uint8_t)((packet[1] & 0x80) | rtp->pt); /* the marker is the original's */
    ptn_put_u16(packet + 2, rtp->seq);
    ptn_put_u32(packet + 8, rtp->ssrc);
}

ptn_err ptn_rtx_unwrap(uint8_t *packet, size_t *len, struct ptn_rtp *rtp, uint32_t ssrc,
                       uint8_t pt) {
    if (rtp->payload_len == 0)
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(packet + rtp->header_len, rtp->payload_len));
    uint16_t osn = ptn_rd_u16(&r);
    if (r.bad)
        return PTN_EMALFORMED;
    rtp->seq = osn;
    rtp->ssrc = ssrc;
    rtp->pt = pt & 0x7f;
    rtp->payload_len = (uint16_t)r.left;
    header_patch(packet, rtp);
    memmove(packet + rtp->header_len, r.p, (size_t)rtp->payload_len + rtp->padding);
    *len -= PTN_RTX_OSN;
    return PTN_OK;
}
