/* What came back: which packets of a stream, and after how long. */
#ifndef PTN_LOAD_METER_H
#define PTN_LOAD_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/time.h"

/* -- delays ------------------------------------------------------------------------------------ */

#define DELAY_SUB 64 /* steps per doubling: percentiles are right within 1.6 % */
#define DELAY_BUCKETS (DELAY_SUB * 28)

struct delays { /* zero-initialise */
    uint64_t bucket[DELAY_BUCKETS];
    uint64_t count;
    ptn_time max;
};

void delays_add(struct delays *d, ptn_time delay);
/* The smallest delay that this part (0..1) of all does not exceed; 0 without any. */
ptn_time delays_at(const struct delays *d, double part);

/* -- one stream -------------------------------------------------------------------------------- */

/* The stamp of a packet: magic, number, time of sending. */
#define STAMP_BYTES 16

struct stamp {
    uint32_t number; /* counts the stream's packets from 0 */
    ptn_time sent;
};

void stamp_write(uint8_t out[STAMP_BYTES], const struct stamp *s);
bool stamp_read(struct ptn_bytes at, struct stamp *out); /* false: none of ours */

/* Counting begins with the first echo: what is sent before the other side is up is early, not
 * lost. A stream that never echoes has lost everything. */
struct meter {      /* zero-initialise; meter_done at the end */
    uint32_t sent;  /* the next packet's number */
    uint32_t first; /* the first that counts */
    bool started;
    uint64_t received; /* different packets that count */
    uint64_t early;    /* different packets that do not */
    uint64_t duplicates, foreign;
    uint8_t *seen; /* owned: bit per number */
    size_t seen_bytes;
};

void meter_done(struct meter *m);
/* False: seen before, or never sent. */
bool meter_received(struct meter *m, const struct stamp *s);
uint64_t meter_counted(const struct meter *m); /* packets sent that count */
uint64_t meter_lost(const struct meter *m);

#endif
