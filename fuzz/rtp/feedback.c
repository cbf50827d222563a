/* A stream of packets as a hostile sender would number them, four bytes each {how, time, number}:
 * the generators stay within their bounds, deadlines pass, and every message can be read. */
#include <assert.h>

#include "rtcp/rtcp.h"
#include "rtp/nack_gen.h"
#include "rtp/rx_stats.h"
#include "rtp/seq.h"
#include "rtp/twcc_gen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_twcc_fb fb; /* too large for a stack */

static void take_nacks(struct ptn_nack_gen *g, ptn_time now, unsigned how) {
    uint16_t seqs[PTN_NACK_MISSING];
    size_t cap = how & 8 ? 3 : PTN_NACK_MISSING;
    size_t n = ptn_nack_gen_poll(g, now, (how & 7) * 50 * PTN_MS, seqs, cap);
    assert(n <= cap);
    assert(n == cap || ptn_nack_gen_next_timeout(g) > now); /* no timer that spins */
    for (size_t i = 1; i < n; i++)
        assert((int16_t)(uint16_t)(seqs[i] - seqs[i - 1]) > 0);
}

static void take_messages(struct ptn_twcc_gen *g) {
    uint8_t buf[PTN_TWCC_MESSAGE_MAX];
    for (size_t messages = 0; ptn_twcc_gen_pending(g); messages++) {
        assert(messages < 1024);
        struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
        assert(ptn_twcc_gen_write(g, &w, 1, 2) && !w.bad);
        struct ptn_rd r = ptn_rd_of(ptn_wr_written(&w));
        struct ptn_rtcp_block b;
        assert(ptn_rtcp_next(&r, &b) && r.left == 0);
        assert(ptn_twcc_fb_parse(&b, &fb) == PTN_OK);
        assert(fb.count <= PTN_TWCC_PACKETS_MAX && fb.packet[fb.count - 1].received);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ptn_nack_gen *nack = ptn_nack_gen_new();
    struct ptn_twcc_gen *twcc = ptn_twcc_gen_new();
    struct ptn_unwrap unwrap = {0};
    struct ptn_rx_stats stats;
    ptn_rx_stats_init(&stats, 90000);
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(data, size));
    ptn_time now = 0;
    while (r.left >= 4) {
        unsigned how = ptn_rd_u8(&r);
        now += (ptn_time)ptn_rd_u8(&r) << (how >> 4);
        uint16_t seq = ptn_rd_u16(&r);
        int64_t ext_seq = ptn_unwrap_seq(&unwrap, seq);
        bool asked, wanted = ptn_nack_gen_wants(nack, ext_seq);
        bool fresh = ptn_nack_gen_packet(nack, now, ext_seq, &asked);
        assert(!asked || wanted);
        assert(!wanted || fresh);
        assert(!ptn_nack_gen_wants(nack, ext_seq));
        ptn_rx_stats_packet(&stats, now, ext_seq, (uint32_t)seq << (how & 15), 100, asked);
        ptn_twcc_gen_packet(twcc, now, seq);
        if (how & 1)
            take_nacks(nack, now, how >> 1);
        if (how & 2)
            take_messages(twcc);
        if (how & 4)
            (void)ptn_rx_stats_report(&stats, now, 1);
        if (how == 0xf8)
            ptn_nack_gen_reset(nack);
    }
    take_messages(twcc);
    ptn_nack_gen_free(nack);
    ptn_twcc_gen_free(twcc);
    return 0;
}
