/* Prints packets as we write them, one a line: kind, hex, and what a reader should find in it.
 * judge.py lets another implementation read them. */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "rtcp/rtcp.h"
#include "rtp/rtp.h"

static struct ptn_rng_seed seed;
static struct ptn_rng rng;

static void begin(const char *kind, const struct ptn_wr *w) {
    if (w->bad)
        abort();
    printf("%s ", kind);
    for (size_t i = 0; i < w->len; i++)
        printf("%02x", w->buf[i]);
}

static void sample_sr(struct ptn_wr *w) {
    struct ptn_rtcp_sr sr = {.ssrc = ptn_rng_u32(&rng),
                             .ntp = ptn_rng_u64(&rng),
                             .rtp_ts = ptn_rng_u32(&rng),
                             .packets = ptn_rng_u32(&rng),
                             .octets = ptn_rng_u32(&rng),
                             .report_count = 1};
    struct ptn_rtcp_report *rb = &sr.report[0];
    *rb = (struct ptn_rtcp_report){.ssrc = ptn_rng_u32(&rng),
                                   .fraction_lost = (uint8_t)ptn_rng_below(&rng, 256),
                                   .lost = (int32_t)ptn_rng_below(&rng, 2000) - 1000,
                                   .max_seq = ptn_rng_u32(&rng),
                                   .jitter = ptn_rng_u32(&rng),
                                   .lsr = ptn_rng_u32(&rng),
                                   .dlsr = ptn_rng_u32(&rng)};
    ptn_rtcp_sr_write(w, &sr);
    begin("sr", w);
    printf(" %u %llu %u %u %u %u %u %d %u %u %u %u\n", sr.ssrc, (unsigned long long)sr.ntp,
           sr.rtp_ts, sr.packets, sr.octets, rb->ssrc, rb->fraction_lost, rb->lost, rb->max_seq,
           rb->jitter, rb->lsr, rb->dlsr);
}

static void sample_nack(struct ptn_wr *w) {
    uint16_t seqs[40];
    size_t n = 1 + (size_t)ptn_rng_below(&rng, 40);
    uint32_t seq = ptn_rng_u32(&rng);
    for (size_t i = 0; i < n; i++)
        seqs[i] = (uint16_t)(seq += 1 + (uint32_t)ptn_rng_below(&rng, 12));
    ptn_nack_write(w, 11, 22, seqs, n);
    begin("nack", w);
    for (size_t i = 0; i < n; i++)
        printf(" %u", seqs[i]);
    printf("\n");
}

static void sample_remb(struct ptn_wr *w) {
    struct ptn_remb remb = {.sender_ssrc = 11,
                            .bitrate = (uint64_t)(ptn_rng_u32(&rng) & 0x3ffff)
                                       << ptn_rng_below(&rng, 20),
                            .count = 1 + (size_t)ptn_rng_below(&rng, 4)};
    for (size_t i = 0; i < remb.count; i++)
        remb.ssrc[i] = ptn_rng_u32(&rng);
    ptn_remb_write(w, &remb);
    begin("remb", w);
    printf(" %llu", (unsigned long long)remb.bitrate);
    for (size_t i = 0; i < remb.count; i++)
        printf(" %u", remb.ssrc[i]);
    printf("\n");
}

static void sample_sdes(struct ptn_wr *w) {
    char cname[40];
    ptn_rng_text(&rng, cname, (size_t)ptn_rng_below(&rng, sizeof cname));
    uint32_t ssrc = ptn_rng_u32(&rng);
    ptn_rtcp_sdes_write(w, ssrc, cname);
    begin("sdes", w);
    printf(" %u %s\n", ssrc, cname);
}

static void sample_bye(struct ptn_wr *w) {
    uint32_t ssrc = ptn_rng_u32(&rng);
    ptn_rtcp_bye_write(w, ssrc);
    begin("bye", w);
    printf(" %u\n", ssrc);
}

static void sample_pli(struct ptn_wr *w) {
    uint32_t ssrc = ptn_rng_u32(&rng);
    ptn_pli_write(w, 11, ssrc);
    begin("pli", w);
    printf(" %u\n", ssrc);
}

/* A mid (id 1) and, for the two-byte form, a value of 20 bytes under id 2. */
static void sample_rtp(struct ptn_wr *w) {
    char mid[17] = {0}, longer[21] = {0};
    ptn_rng_text(&rng, mid, 1 + (size_t)ptn_rng_below(&rng, 16));
    ptn_rng_text(&rng, longer, 20);
    struct ptn_rtp_ext_out ext[] = {{1, ptn_bytes_str(mid)}, {2, ptn_bytes_str(longer)}};
    uint32_t r = ptn_rng_u32(&rng);
    size_t n = 1 + (r & 1);
    ptn_rtp_write_header(w, r & 2, 100, (uint16_t)(r >> 8), r ^ 0x5555, ~r, ext, n);
    ptn_wr_u32(w, r);
    begin("rtp", w);
    printf(" %u 100 %u %u %u %u %s %s\n", (r & 2) != 0, (r >> 8) & 0xffff, r ^ 0x5555, ~r, r, mid,
           n == 2 ? longer : "-");
}

int main(void) {
    static void (*const kinds[])(struct ptn_wr *) = {
        sample_sr, sample_nack, sample_remb, sample_sdes, sample_bye, sample_pli, sample_rtp};
    rng = ptn_rng_seeded(&seed, 1);
    for (int round = 0; round < 50; round++) {
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            uint8_t buf[1500];
            struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
            kinds[k](&w);
        }
    }
    return 0;
}
