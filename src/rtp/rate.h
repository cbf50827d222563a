/* How many bits and packets a second: a window of one second that slides by tenths. Fixed size,
 * no memory of its own, one loop. */
#ifndef PTN_RTP_RATE_H
#define PTN_RTP_RATE_H

#include <stddef.h>

#include "base/time.h"

#define PTN_RATE_BUCKETS 10
#define PTN_RATE_BUCKET (PTN_SECOND / PTN_RATE_BUCKETS)

struct ptn_rate {
    int64_t newest; /* number of the newest bucket: time / PTN_RATE_BUCKET */
    struct {
        uint64_t bytes, packets;
    } bucket[PTN_RATE_BUCKETS]; /* bucket number modulo PTN_RATE_BUCKETS */
};

void ptn_rate_init(struct ptn_rate *r);
/* now: not before the previous call's (an earlier one counts into the newest bucket). */
void ptn_rate_add(struct ptn_rate *r, ptn_time now, size_t bytes);
/* Over the last 0.9 to 1 s, scaled to a second; grows during the first second of a stream. */
uint64_t ptn_rate_bps(const struct ptn_rate *r, ptn_time now);
uint64_t ptn_rate_pps(const struct ptn_rate *r, ptn_time now);

#endif
