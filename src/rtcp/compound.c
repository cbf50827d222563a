/* Compound and reduced-size packets (RFC 3550 6.1, RFC 5506): where one packet ends and the next
 * begins. */
#include "rtcp/internal.h"

/* RFC 3550 A.2 allows padding in the last packet only. It is accepted in any, as libwebrtc pads
 * its transport-wide feedback wherever that stands. */
static bool padding_strip(struct ptn_bytes *body) {
    if (body->n == 0)
        return false;
    size_t padding = body->p[body->n - 1];
    if (padding == 0 || padding > body->n)
        return false;
    body->n -= padding;
    return true;
}

bool ptn_rtcp_next(struct ptn_rd *r, struct ptn_rtcp_block *out) {
    if (r->left == 0)
        return false;
    uint8_t first = ptn_rd_u8(r);
    uint8_t type = ptn_rd_u8(r);
    size_t body_len = (size_t)ptn_rd_u16(r) * 4;
    struct ptn_bytes body = ptn_rd_bytes(r, body_len);
    bool has_padding = first & 0x20;
    if (r->bad || first >> 6 != RTCP_VERSION || (has_padding && !padding_strip(&body))) {
        r->bad = true;
        r->left = 0;
        return false;
    }
    *out = (struct ptn_rtcp_block){.type = type, .count = first & 0x1f, .body = body};
    return true;
}

ptn_err ptn_rtcp_check(struct ptn_bytes compound) {
    struct ptn_rd r = ptn_rd_of(compound);
    struct ptn_rtcp_block block;
    size_t blocks = 0;
    while (ptn_rtcp_next(&r, &block))
        blocks++;
    return r.bad || blocks == 0 ? PTN_EMALFORMED : PTN_OK;
}

size_t rtcp_begin(struct ptn_wr *w, uint8_t count, enum ptn_rtcp_type type) {
    size_t start = w->len;
    ptn_wr_u8(w, (uint8_t)(RTCP_VERSION << 6 | (count & RTCP_COUNT_MAX)));
    ptn_wr_u8(w, (uint8_t)type);
    ptn_wr_u16(w, 0);
    return start;
}

void rtcp_end(struct ptn_wr *w, size_t start) {
    if (w->bad)
        return;
    ptn_wr_zero(w, (4 - (w->len - start) % 4) % 4);
    ptn_wr_patch_u16(w, start + 2, (uint16_t)((w->len - start) / 4 - 1));
}

size_t rtcp_fb_begin(struct ptn_wr *w, uint8_t fmt, enum ptn_rtcp_type type, uint32_t sender_ssrc,
                     uint32_t media_ssrc) {
    size_t start = rtcp_begin(w, fmt, type);
    ptn_wr_u32(w, sender_ssrc);
    ptn_wr_u32(w, media_ssrc);
    return start;
}
