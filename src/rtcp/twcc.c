/* Transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1:
 *
 *   sender ssrc | media ssrc | base sequence number (16), packet status count (16)
 *   | reference time (24, signed, 64 ms), feedback packet count (8)
 *   | chunks of 16 bits | receive deltas of 250 us: 1 byte, or 2 bytes signed | zeros
 *
 *   chunk, run length:     0 | symbol (2) | length (13)
 *   chunk, 1-bit symbols:  1 | 0 | 14 symbols
 *   chunk, 2-bit symbols:  1 | 1 |  7 symbols
 *
 * The messages are made in rtp/twcc_gen.c. */
#include "rtcp/internal.h"

#define TICK_US 250
#define REFERENCE_US 64000

enum { SYM_LOST = 0, SYM_SMALL = 1, SYM_LARGE = 2, SYM_RESERVED = 3 };

/* Appends up to n symbols; those beyond the count are the padding of the last chunk. */
struct symbols {
    uint8_t sym[PTN_TWCC_FB_MAX];
    size_t have, want;
};

static void symbol_add(struct symbols *s, unsigned sym) {
    if (s->have < s->want)
        s->sym[s->have++] = (uint8_t)sym;
}

static void chunk_unpack(struct symbols *s, unsigned chunk) {
    if (!(chunk & 0x8000)) {
        for (unsigned run = chunk & 0x1fff; run > 0 && s->have < s->want; run--)
            symbol_add(s, chunk >> 13 & 3);
    } else if (!(chunk & 0x4000)) {
        for (int bit = 13; bit >= 0; bit--)
            symbol_add(s, chunk >> bit & 1);
    } else {
        for (int bit = 12; bit >= 0; bit -= 2)
            symbol_add(s, chunk >> bit & 3);
    }
}

/* Reads the chunks; false when they end early. An empty run costs its sender two bytes. */
static bool symbols_read(struct ptn_rd *r, struct symbols *s) {
    while (s->have < s->want && !r->bad)
        chunk_unpack(s, ptn_rd_u16(r));
    return !r->bad;
}

/* Bytes of deltas that the symbols announce; SIZE_MAX for a symbol that has no meaning. */
static size_t deltas_len(const struct symbols *s) {
    size_t len = 0;
    for (size_t i = 0; i < s->have; i++) {
        if (s->sym[i] == SYM_RESERVED)
            return SIZE_MAX;
        len += s->sym[i];
    }
    return len;
}

static void arrivals_read(struct ptn_rd *r, const struct symbols *s, struct ptn_twcc_fb *out) {
    int64_t at = 0;
    for (size_t i = 0; i < s->have; i++) {
        if (s->sym[i] == SYM_SMALL)
            at += ptn_rd_u8(r) * TICK_US;
        else if (s->sym[i] == SYM_LARGE)
            at += (int16_t)ptn_rd_u16(r) * TICK_US;
        out->packet[i].received = s->sym[i] != SYM_LOST;
        out->packet[i].at_us = s->sym[i] != SYM_LOST ? at : 0;
    }
}

ptn_err ptn_twcc_fb_parse(const struct ptn_rtcp_block *b, struct ptn_twcc_fb *out) {
    if (!rtcp_is_fb(b, PTN_RTCP_RTPFB, PTN_RTPFB_TWCC))
        return PTN_EPROTO;
    struct ptn_rd r = ptn_rd_of(b->body);
    uint32_t sender_ssrc = ptn_rd_u32(&r);
    uint32_t media_ssrc = ptn_rd_u32(&r);
    uint16_t base_seq = ptn_rd_u16(&r);
    struct symbols s;
    s.have = 0;
    s.want = ptn_rd_u16(&r);
    uint32_t reference = ptn_rd_u24(&r);
    uint8_t fb_count = ptn_rd_u8(&r);
    if (r.bad || s.want == 0)
        return PTN_EMALFORMED;
    if (s.want > PTN_TWCC_FB_MAX)
        return PTN_ELIMIT;
    if (!symbols_read(&r, &s) || r.left < deltas_len(&s))
        return PTN_EMALFORMED;
    out->sender_ssrc = sender_ssrc;
    out->media_ssrc = media_ssrc;
    out->base_seq = base_seq;
    out->fb_count = fb_count;
    out->count = s.have;
    out->reference_us =
        ((int64_t)reference - (reference & 0x800000 ? 0x1000000 : 0)) * REFERENCE_US;
    arrivals_read(&r, &s, out);
    return PTN_OK;
}
