/* What we send on one SSRC, and what its receiver says about it (RFC 3550 6.4.1): sender reports
 * out, report blocks in. Fixed size, no memory of its own, one loop. */
#ifndef PTN_RTP_TX_STATS_H
#define PTN_RTP_TX_STATS_H

#include "base/time.h"
#include "rtcp/rtcp.h"

struct ptn_tx_stats {
    uint32_t clock_hz;
    uint64_t packets, octets; /* octets: payload only, as an SR counts */
    uint32_t last_ts;         /* newest timestamp sent, and when its first packet went */
    ptn_time last_at;

    bool reported;         /* a report block came: what follows is known */
    uint8_t fraction_lost; /* of 256, in the receiver's last interval */
    int32_t lost;          /* cumulative, as it was reported last */
    uint32_t jitter_ms;
    ptn_time rtt;        /* of the last report that told one; 0: none yet */
    uint64_t newly_lost; /* not yet taken by ptn_tx_stats_take_lost */
};

void ptn_tx_stats_init(struct ptn_tx_stats *s, uint32_t clock_hz);
/* One packet sent. payload: bytes without header and padding. */
void ptn_tx_stats_packet(struct ptn_tx_stats *s, ptn_time now, uint32_t rtp_ts, size_t payload);
/* The sender part of an SR for now, which is NTP time ntp; no report blocks. The RTP timestamp is
 * extrapolated from the last one sent. False while nothing was sent: out is unchanged. */
bool ptn_tx_stats_sr(const struct ptn_tx_stats *s, ptn_time now, uint64_t ntp, uint32_t ssrc,
                     struct ptn_rtcp_sr *out);
/* A report block about this SSRC, which came at NTP time ntp. Its numbers are a stranger's. */
void ptn_tx_stats_report(struct ptn_tx_stats *s, const struct ptn_rtcp_report *rb, uint64_t ntp);
/* Packets reported as newly lost since the previous call. */
uint64_t ptn_tx_stats_take_lost(struct ptn_tx_stats *s);

#endif
