/* Unwrapping of 16-bit sequence numbers and 32-bit timestamps into ever-growing 64 bits. */
#ifndef PTN_RTP_SEQ_H
#define PTN_RTP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

struct ptn_unwrap {
    int64_t last;
    bool started;
};

/* The 64-bit value nearest to the last one. The first value v becomes v + 2^16 (2^32), so that
 * earlier ones that come late stay positive. */
static inline int64_t ptn_unwrap_seq(struct ptn_unwrap *u, uint16_t seq) {
    if (!u->started) {
        u->started = true;
        return u->last = (int64_t)seq + 0x10000;
    }
    int64_t ext = u->last + (int16_t)(uint16_t)(seq - (uint16_t)u->last);
    if (ext > u->last)
        u->last = ext;
    return ext;
}

static inline int64_t ptn_unwrap_ts(struct ptn_unwrap *u, uint32_t ts) {
    if (!u->started) {
        u->started = true;
        return u->last = (int64_t)ts + 0x100000000;
    }
    int64_t ext = u->last + (int32_t)(ts - (uint32_t)u->last);
    if (ext > u->last)
        u->last = ext;
    return ext;
}

#endif
