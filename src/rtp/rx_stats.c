#include "rtp/rx_stats.h"

#include "rtp/internal.h"

#define SEQ_CYCLE 0x10000 /* where ptn_unwrap_seq starts counting */
#define SEQ_DROPOUT 3000  /* MAX_DROPOUT of RFC 3550 A.1: beyond, the sender started anew */
#define JITTER_JUMP_S 5   /* a transit change of that much is a new time line, not jitter */
#define LOST_MAX 0x7fffff /* 24 bits signed on the wire */
#define LOST_MIN (-0x800000)

void ptn_rx_stats_init(struct ptn_rx_stats *s, uint32_t clock_hz) {
    *s = (struct ptn_rx_stats){.clock_hz = clock_hz};
}

static void seq_update(struct ptn_rx_stats *s, int64_t ext_seq) {
    if (!s->started) {
        s->started = true;
        s->base_seq = s->max_seq = ext_seq;
    } else if (ext_seq > s->max_seq + SEQ_DROPOUT || ext_seq < s->max_seq - SEQ_DROPOUT) {
        /* As if it followed the newest: the jump is not a loss. A stray packet from long ago
         * does this twice, there and back, and changes nothing in sum. */
        s->base_seq += ext_seq - s->max_seq - 1;
        s->max_seq = ext_seq;
    } else if (ext_seq > s->max_seq) {
        s->max_seq = ext_seq;
    }
}

/* RFC 3550 A.8. Transit times are compared modulo 2^32, as the RTP clock wraps. */
static void jitter_update(struct ptn_rx_stats *s, ptn_time now, uint32_t ts) {
    int64_t transit = rtp_clock_units(now, s->clock_hz) - (int64_t)ts;
    int64_t d = (int32_t)((uint32_t)transit - (uint32_t)s->transit);
    bool has_previous = s->has_transit;
    s->transit = transit;
    s->has_transit = true;
    if (d < 0)
        d = -d;
    if (has_previous && d <= (int64_t)s->clock_hz * JITTER_JUMP_S)
        s->jitter += ((double)d - s->jitter) / 16;
}

void ptn_rx_stats_packet(struct ptn_rx_stats *s, ptn_time now, int64_t ext_seq, uint32_t ts,
                         size_t bytes, bool recovered) {
    seq_update(s, ext_seq);
    s->received++;
    s->bytes += bytes;
    if (!recovered)
        jitter_update(s, now, ts);
}

void ptn_rx_stats_sr(struct ptn_rx_stats *s, ptn_time now, uint64_t ntp, uint32_t rtp_ts) {
    s->sr_ntp = ntp;
    s->sr_ntp_mid = ptn_ntp_mid(ntp);
    s->sr_rtp = rtp_ts;
    s->sr_at = now;
}

static uint64_t expected(const struct ptn_rx_stats *s) {
    return s->started ? (uint64_t)(s->max_seq - s->base_seq + 1) : 0;
}

int64_t ptn_rx_stats_lost(const struct ptn_rx_stats *s) {
    return (int64_t)(expected(s) - s->received);
}

/* Share of 256 lost since the last report, RFC 3550 A.3. */
static uint8_t fraction_lost(const struct ptn_rx_stats *s) {
    int64_t interval = (int64_t)(expected(s) - s->expected_prior);
    int64_t lost = interval - (int64_t)(s->received - s->received_prior);
    if (interval <= 0 || lost <= 0)
        return 0;
    return (uint8_t)(lost * 256 / interval); /* below 256: the newest one was received */
}

static int32_t lost_clamped(int64_t lost) {
    if (lost > LOST_MAX)
        return LOST_MAX;
    return lost < LOST_MIN ? LOST_MIN : (int32_t)lost;
}

/* LSR and DLSR, the latter in 1/65536 s: it ends after 18 hours, and what an SR tells with it. */
static void report_last_sr(const struct ptn_rx_stats *s, ptn_time now, struct ptn_rtcp_report *rb) {
    int64_t delay = (now - s->sr_at) * 65536 / PTN_SECOND;
    if (s->sr_at == 0 || delay < 0 || delay > UINT32_MAX)
        return;
    rb->lsr = s->sr_ntp_mid;
    rb->dlsr = (uint32_t)delay;
}

struct ptn_rtcp_report ptn_rx_stats_report(struct ptn_rx_stats *s, ptn_time now, uint32_t ssrc) {
    struct ptn_rtcp_report rb = {
        .ssrc = ssrc,
        .fraction_lost = fraction_lost(s),
        .lost = lost_clamped(ptn_rx_stats_lost(s)),
        .max_seq = s->started ? (uint32_t)(s->max_seq - SEQ_CYCLE) : 0,
        .jitter = (uint32_t)s->jitter,
    };
    report_last_sr(s, now, &rb);
    s->expected_prior = expected(s);
    s->received_prior = s->received;
    return rb;
}

uint32_t ptn_rx_stats_jitter_ms(const struct ptn_rx_stats *s) {
    return s->clock_hz ? (uint32_t)(s->jitter * 1000 / s->clock_hz) : 0;
}
