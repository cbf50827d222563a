/* Source descriptions, RFC 3550 6.5: SC chunks of an SSRC and items {type, length, text}, ended by
 * a zero type and padded with zeros to a full word. Only the CNAME is of interest. */
#include "rtcp/internal.h"

#define SDES_END 0
#define SDES_CNAME 1
#define SDES_TEXT_MAX 255

void ptn_rtcp_sdes_write(struct ptn_wr *w, uint32_t ssrc, const char *cname) {
    struct ptn_bytes text = ptn_bytes_str(cname);
    if (text.n > SDES_TEXT_MAX)
        text.n = SDES_TEXT_MAX;
    size_t start = rtcp_begin(w, 1, PTN_RTCP_SDES);
    ptn_wr_u32(w, ssrc);
    ptn_wr_u8(w, SDES_CNAME);
    ptn_wr_u8(w, (uint8_t)text.n);
    ptn_wr_bytes(w, text);
    ptn_wr_u8(w, SDES_END);
    rtcp_end(w, start);
}

ptn_err ptn_rtcp_sdes_cname(const struct ptn_rtcp_block *b, uint32_t *ssrc,
                            struct ptn_bytes *cname) {
    if (!rtcp_is(b, PTN_RTCP_SDES))
        return PTN_EPROTO;
    struct ptn_bytes found = {0};
    uint32_t of = 0;
    if (b->count > 0) {
        struct ptn_rd r = ptn_rd_of(b->body);
        of = ptn_rd_u32(&r);
        for (uint8_t type; (type = ptn_rd_u8(&r)) != SDES_END;) {
            struct ptn_bytes text = ptn_rd_bytes(&r, ptn_rd_u8(&r));
            if (type == SDES_CNAME && !found.p)
                found = text;
        }
        if (r.bad) /* also when the end mark is missing */
            return PTN_EMALFORMED;
    }
    *ssrc = of;
    *cname = found;
    return PTN_OK;
}
