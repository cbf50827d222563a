/* What the statistics of this folder share. Seen by nobody else. */
#ifndef PTN_RTP_INTERNAL_H
#define PTN_RTP_INTERNAL_H

#include "base/time.h"

/* Microseconds in units of an RTP clock, without overflow for any clock and uptime. */
static inline int64_t rtp_clock_units(ptn_time t, uint32_t hz) {
    return t / PTN_SECOND * hz + t % PTN_SECOND * hz / PTN_SECOND;
}

#endif
