/* Goodbye, RFC 3550 6.6: SC SSRCs, then perhaps a reason, which is not read. */
#include "rtcp/internal.h"

ptn_err ptn_rtcp_bye_parse(const struct ptn_rtcp_block *b, struct ptn_rtcp_bye *out) {
    if (!rtcp_is(b, PTN_RTCP_BYE))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    struct ptn_rtcp_bye bye = {.ssrc_count = b->count & RTCP_COUNT_MAX};
    for (uint8_t i = 0; i < bye.ssrc_count; i++)
        bye.ssrc[i] = ptn_rd_u32(&r);
    if (r.bad)
        return PTN_EMALFORMED;
    *out = bye;
    return PTN_OK;
}

void ptn_rtcp_bye_write(struct ptn_wr *w, uint32_t ssrc) {
    size_t start = rtcp_begin(w, 1, PTN_RTCP_BYE);
    ptn_wr_u32(w, ssrc);
    rtcp_end(w, start);
}
