#include "rtp/tx_stats.h"

#include "rtp/internal.h"

/* A timestamp that lies further back is a new time line; a nearer one is a retransmission. */
#define TS_BACK_S 10

void ptn_tx_stats_init(struct ptn_tx_stats *s, uint32_t clock_hz) {
    *s = (struct ptn_tx_stats){.clock_hz = clock_hz};
}

static bool ts_is_old(const struct ptn_tx_stats *s, uint32_t rtp_ts) {
    int64_t ahead = (int32_t)(rtp_ts - s->last_ts);
    return ahead <= 0 && ahead > -(int64_t)s->clock_hz * TS_BACK_S;
}

void ptn_tx_stats_packet(struct ptn_tx_stats *s, ptn_time now, uint32_t rtp_ts, size_t payload) {
    /* The later packets of a frame share its timestamp: the first tells its time best. */
    if (s->packets == 0 || !ts_is_old(s, rtp_ts)) {
        s->last_ts = rtp_ts;
        s->last_at = now;
    }
    s->packets++;
    s->octets += payload;
}

bool ptn_tx_stats_sr(const struct ptn_tx_stats *s, ptn_time now, uint64_t ntp, uint32_t ssrc,
                     struct ptn_rtcp_sr *out) {
    if (s->packets == 0)
        return false;
    int64_t units = rtp_clock_units(now - s->last_at, s->clock_hz);
    *out = (struct ptn_rtcp_sr){
        .ssrc = ssrc,
        .ntp = ntp,
        .rtp_ts = s->last_ts + (uint32_t)units,
        .packets = (uint32_t)s->packets, /* both wrap, as receivers know */
        .octets = (uint32_t)s->octets,
    };
    return true;
}

void ptn_tx_stats_report(struct ptn_tx_stats *s, const struct ptn_rtcp_report *rb, uint64_t ntp) {
    /* The count goes down when late packets or duplicates arrive: that is no new loss. */
    int64_t newly = (int64_t)rb->lost - s->lost;
    if (newly > 0)
        s->newly_lost += (uint64_t)newly;
    s->reported = true;
    s->lost = rb->lost;
    s->fraction_lost = rb->fraction_lost;
    s->jitter_ms = s->clock_hz ? (uint32_t)((uint64_t)rb->jitter * 1000 / s->clock_hz) : 0;
    ptn_time rtt = ptn_rtcp_rtt(rb, ntp);
    if (rtt > 0)
        s->rtt = rtt;
}

uint64_t ptn_tx_stats_take_lost(struct ptn_tx_stats *s) {
    uint64_t newly = s->newly_lost;
    s->newly_lost = 0;
    return newly;
}
