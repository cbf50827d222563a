/* Reception statistics of one SSRC for receiver reports (RFC 3550 6.4.1, A.3, A.8). */
#ifndef PTN_RTP_RX_STATS_H
#define PTN_RTP_RX_STATS_H

#include "base/time.h"
#include "rtcp/rtcp.h"

struct ptn_rx_stats {
    uint32_t clock_hz;
    bool started;
    int64_t base_seq, max_seq; /* unwrapped */
    uint64_t received, bytes;  /* packets, payload and header bytes; RTX recovered ones included */
    uint64_t expected_prior, received_prior;
    double jitter; /* in RTP clock units */
    int64_t transit;
    bool has_transit;
    uint32_t sr_ntp_mid; /* middle 32 bits of the last SR's NTP time */
    uint64_t sr_ntp;
    uint32_t sr_rtp;
    ptn_time sr_at; /* when it came; 0: none yet */
};

void ptn_rx_stats_init(struct ptn_rx_stats *s, uint32_t clock_hz);
/* ext_seq: unwrapped by ptn_unwrap_seq; duplicates are the caller's to drop. A jump of more than
 * 3000 either way is a restart of the sender and no loss (RFC 3550 A.1). bytes: of the packet.
 * recovered: came as RTX or late retransmission: no jitter sample. */
void ptn_rx_stats_packet(struct ptn_rx_stats *s, ptn_time now, int64_t ext_seq, uint32_t ts,
                         size_t bytes, bool recovered);
/* A sender report of this SSRC came. */
void ptn_rx_stats_sr(struct ptn_rx_stats *s, ptn_time now, uint64_t ntp, uint32_t rtp_ts);
/* One report block, and starts a new interval. */
struct ptn_rtcp_report ptn_rx_stats_report(struct ptn_rx_stats *s, ptn_time now, uint32_t ssrc);
int64_t ptn_rx_stats_lost(const struct ptn_rx_stats *s); /* cumulative, may be negative */
uint32_t ptn_rx_stats_jitter_ms(const struct ptn_rx_stats *s);

#endif
