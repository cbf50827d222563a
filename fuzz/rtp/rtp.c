/* Any datagram as an RTP packet: every view lies within it, what was read can be written and read
 * again, and unwrapping it as RTX leaves a packet that says the same as its description. */
#include <assert.h>
#include <stdlib.h>

#include "rtp/level.h"
#include "rtp/rtx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bounds(const struct ptn_rtp *rtp, struct ptn_bytes packet) {
    assert((size_t)rtp->header_len + rtp->payload_len + rtp->padding == packet.n);
    assert(rtp->header_len >= PTN_RTP_HEADER && rtp->ext_count <= PTN_RTP_EXT_MAX);
    for (size_t i = 0; i < rtp->ext_count; i++) {
        struct ptn_bytes value = ptn_rtp_ext_find(rtp, packet, rtp->ext[i].id);
        assert(value.p >= packet.p && value.p + value.n <= packet.p + rtp->header_len);
        struct ptn_level level;
        assert(ptn_level_parse(value, &level) == (value.n > 0));
    }
}

/* Neither CSRCs nor padding are written, so only the rest must come back. */
static void check_rewrite(const struct ptn_rtp *rtp, struct ptn_bytes packet) {
    struct ptn_rtp_ext_out ext[PTN_RTP_EXT_MAX];
    for (size_t i = 0; i < rtp->ext_count; i++) {
        const struct ptn_rtp_ext *e = &rtp->ext[i];
        ext[i] = (struct ptn_rtp_ext_out){e->id, ptn_bytes_of(packet.p + e->at, e->len)};
    }
    uint8_t buf[PTN_RTP_MAX + 64];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtp_write_header(&w, rtp->marker, rtp->pt, rtp->seq, rtp->ts, rtp->ssrc, ext,
                         rtp->ext_count);
    struct ptn_rtp again;
    ptn_err err = ptn_rtp_parse(ptn_wr_written(&w), &again);
    if (w.bad || w.len > PTN_RTP_MAX)
        return; /* the two-byte form takes more room */
    assert(err == PTN_OK && again.seq == rtp->seq && again.ts == rtp->ts && again.pt == rtp->pt);
    assert(again.ssrc == rtp->ssrc && again.marker == rtp->marker);
    assert(again.ext_count == rtp->ext_count && again.header_len == w.len);
    for (size_t i = 0; i < again.ext_count; i++) {
        assert(again.ext[i].id == rtp->ext[i].id);
        assert(ptn_bytes_eq(ptn_bytes_of(buf + again.ext[i].at, again.ext[i].len), ext[i].value));
    }
}

static void check_rtx(struct ptn_rtp rtp, struct ptn_bytes packet) {
    uint8_t *copy = malloc(packet.n);
    if (!copy)
        abort();
    memcpy(copy, packet.p, packet.n);
    size_t len = packet.n;
    ptn_err err = ptn_rtx_unwrap(copy, &len, &rtp, 0x01020304, 96);
    if (err == PTN_OK) {
        struct ptn_rtp again;
        assert(ptn_rtp_parse(ptn_bytes_of(copy, len), &again) == PTN_OK);
        assert(len == packet.n - 2 && again.seq == rtp.seq && again.pt == 96 &&
               again.ssrc == rtp.ssrc);
        assert(again.payload_len == rtp.payload_len && again.header_len == rtp.header_len);
        check_bounds(&rtp, ptn_bytes_of(copy, len));
    } else {
        assert(len == packet.n && memcmp(copy, packet.p, len) == 0);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ptn_bytes packet = ptn_bytes_of(data, size);
    struct ptn_rtp rtp;
    (void)ptn_rtp_is_rtcp(packet);
    if (ptn_rtp_parse(packet, &rtp) != PTN_OK)
        return 0;
    check_bounds(&rtp, packet);
    check_rewrite(&rtp, packet);
    check_rtx(rtp, packet);
    return 0;
}
