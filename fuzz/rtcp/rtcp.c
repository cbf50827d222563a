/* Any datagram as RTCP: the iterator stays within it and ends, and what a parser took, its writer
 * makes into something that parses to the same. */
#include <assert.h>

#include "rtcp/rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_twcc_fb fb; /* too large for a stack */
static uint8_t buf[2000];

static struct ptn_rtcp_block written(struct ptn_wr *w) {
    struct ptn_rtcp_block b;
    struct ptn_rd r = ptn_rd_of(ptn_wr_written(w));
    assert(ptn_rtcp_check(ptn_wr_written(w)) == PTN_OK);
    assert(ptn_rtcp_next(&r, &b) && r.left == 0);
    return b;
}

static void try_sr(const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_sr sr, again;
    if (ptn_rtcp_sr_parse(b, &sr) != PTN_OK)
        return;
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtcp_sr_write(&w, &sr);
    struct ptn_rtcp_block copy = written(&w);
    assert(ptn_rtcp_sr_parse(&copy, &again) == PTN_OK && again.ntp == sr.ntp);
    assert(again.report_count == sr.report_count);
    for (size_t i = 0; i < sr.report_count; i++) {
        assert(again.report[i].lost == sr.report[i].lost);
        assert(ptn_rtcp_rtt(&sr.report[i], sr.ntp) >= 0);
    }
}

static void try_rr(const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_rr rr, again;
    if (ptn_rtcp_rr_parse(b, &rr) != PTN_OK)
        return;
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_rtcp_rr_write(&w, &rr);
    struct ptn_rtcp_block copy = written(&w);
    assert(ptn_rtcp_rr_parse(&copy, &again) == PTN_OK && again.report_count == rr.report_count);
}

static void try_sdes(const struct ptn_rtcp_block *b) {
    uint32_t ssrc;
    struct ptn_bytes cname;
    if (ptn_rtcp_sdes_cname(b, &ssrc, &cname) != PTN_OK)
        return;
    assert(cname.n <= 255);
    assert(!cname.p || (cname.p >= b->body.p && cname.p + cname.n < b->body.p + b->body.n));
}

static void try_bye(const struct ptn_rtcp_block *b) {
    struct ptn_rtcp_bye bye;
    if (ptn_rtcp_bye_parse(b, &bye) == PTN_OK)
        assert(bye.ssrc_count <= PTN_RTCP_BYE_MAX && bye.ssrc_count * 4u <= b->body.n);
}

static void try_nack(const struct ptn_rtcp_block *b) {
    struct ptn_nack nack, again;
    if (ptn_nack_parse(b, &nack) != PTN_OK)
        return;
    uint16_t seqs[PTN_NACK_MAX];
    for (size_t i = 0; i < nack.count; i++)
        seqs[i] = (uint16_t)(i * 20); /* none shares a mask */
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_nack_write(&w, nack.sender_ssrc, nack.media_ssrc, seqs, nack.count);
    struct ptn_rtcp_block copy = written(&w);
    assert(ptn_nack_parse(&copy, &again) == PTN_OK && again.count == nack.count);
}

static void try_keyframe_requests(const struct ptn_rtcp_block *b) {
    struct ptn_pli pli;
    struct ptn_fir fir;
    if (ptn_pli_parse(b, &pli) == PTN_OK)
        assert(b->body.n >= 8);
    if (ptn_fir_parse(b, &fir) == PTN_OK)
        assert(fir.count >= 1 && fir.count <= PTN_FIR_MAX);
}

static void try_remb(const struct ptn_rtcp_block *b) {
    struct ptn_remb remb, again;
    if (ptn_remb_parse(b, &remb) != PTN_OK)
        return;
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_remb_write(&w, &remb);
    struct ptn_rtcp_block copy = written(&w);
    assert(ptn_remb_parse(&copy, &again) == PTN_OK);
    assert(again.bitrate == remb.bitrate && again.count == remb.count);
}

static void try_twcc(const struct ptn_rtcp_block *b) {
    if (ptn_twcc_fb_parse(b, &fb) != PTN_OK)
        return;
    assert(fb.count >= 1 && fb.count <= PTN_TWCC_FB_MAX);
    for (size_t i = 0; i < fb.count; i++)
        assert(fb.packet[i].at_us % 250 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const tries[])(const struct ptn_rtcp_block *) = {
        try_sr, try_rr, try_sdes, try_bye, try_nack, try_keyframe_requests, try_remb, try_twcc};
    struct ptn_bytes compound = ptn_bytes_of(data, size);
    struct ptn_rd r = ptn_rd_of(compound);
    struct ptn_rtcp_block b;
    size_t blocks = 0;
    for (; ptn_rtcp_next(&r, &b); blocks++) {
        assert(b.count <= 31 && b.body.p + b.body.n <= data + size);
        for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
            tries[i](&b);
    }
    assert((ptn_rtcp_check(compound) == PTN_OK) == (!r.bad && blocks > 0));
    return 0;
}
