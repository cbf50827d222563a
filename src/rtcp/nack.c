/* Generic NACK, RFC 4585 6.2.1: pairs of the first lost packet and a mask of the 16 after it. */
#include "rtcp/internal.h"

#define BLP_BITS 16

ptn_err ptn_nack_parse(const struct ptn_rtcp_block *b, struct ptn_nack *out) {
    if (!rtcp_is_fb(b, PTN_RTCP_RTPFB, PTN_RTPFB_NACK))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    struct ptn_nack n;
    n.sender_ssrc = ptn_rd_u32(&r);
    n.media_ssrc = ptn_rd_u32(&r);
    for (n.count = 0; r.left > 0 && n.count < PTN_NACK_MAX; n.count++) {
        n.item[n.count].pid = ptn_rd_u16(&r);
        n.item[n.count].blp = ptn_rd_u16(&r);
    }
    if (r.bad || n.count == 0)
        return PTN_EMALFORMED;
    out->sender_ssrc = n.sender_ssrc;
    out->media_ssrc = n.media_ssrc;
    out->count = n.count;
    memcpy(out->item, n.item, n.count * sizeof n.item[0]);
    return PTN_OK;
}

/* The mask of those of seqs that follow pid closely enough; *used of them are covered. */
static uint16_t blp_collect(uint16_t pid, const uint16_t *seqs, size_t n, size_t *used) {
    unsigned blp = 0;
    for (*used = 0; *used < n; ++*used) {
        unsigned ahead = (uint16_t)(seqs[*used] - pid);
        if (ahead > BLP_BITS)
            break;
        if (ahead > 0) /* 0: the same number again */
            blp |= 1u << (ahead - 1);
    }
    return (uint16_t)blp;
}

void ptn_nack_write(struct ptn_wr *w, uint32_t sender_ssrc, uint32_t media_ssrc,
                    const uint16_t *seqs, size_t n) {
    if (n == 0)
        return; /* at least one item is required */
    size_t start = rtcp_fb_begin(w, PTN_RTPFB_NACK, PTN_RTCP_RTPFB, sender_ssrc, media_ssrc);
    for (size_t i = 0; i < n;) {
        uint16_t pid = seqs[i++];
        size_t used;
        uint16_t blp = blp_collect(pid, seqs + i, n - i, &used);
        i += used;
        ptn_wr_u16(w, pid);
        ptn_wr_u16(w, blp);
    }
    rtcp_end(w, start);
}
