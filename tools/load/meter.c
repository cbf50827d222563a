#include "load/meter.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

#define MAGIC 0x50746e4cu /* "PtnL" */

/* -- delays ------------------------------------------------------------------------------------ */

/* Below DELAY_SUB exact, then DELAY_SUB steps per power of two. */
static size_t bucket_of(uint64_t v) {
    if (v < DELAY_SUB)
        return (size_t)v;
    unsigned top = 63u - (unsigned)__builtin_clzll(v);
    unsigned shift = top - 6; /* 6: log2 of DELAY_SUB */
    size_t i = (size_t)(shift + 1) * DELAY_SUB + (size_t)((v >> shift) - DELAY_SUB);
    return i < DELAY_BUCKETS ? i : DELAY_BUCKETS - 1;
}

static uint64_t highest_in(size_t bucket) {
    if (bucket < DELAY_SUB)
        return bucket;
    unsigned shift = (unsigned)(bucket / DELAY_SUB) - 1;
    return ((uint64_t)(bucket % DELAY_SUB + DELAY_SUB + 1) << shift) - 1;
}

void delays_add(struct delays *d, ptn_time delay) {
    if (delay < 0)
        delay = 0;
    d->bucket[bucket_of((uint64_t)delay)]++;
    d->count++;
    if (delay > d->max)
        d->max = delay;
}

ptn_time delays_at(const struct delays *d, double part) {
    double wanted = (double)d->count * part; /* nearest rank */
    uint64_t among = 0;
    for (size_t i = 0; i + 1 < DELAY_BUCKETS; i++) { /* the last has no upper end */
        among += d->bucket[i];
        if (among > 0 && (double)among >= wanted)
            return ptn_time_min((ptn_time)highest_in(i), d->max);
    }
    return d->max;
}

/* -- one stream -------------------------------------------------------------------------------- */

void stamp_write(uint8_t out[STAMP_BYTES], const struct stamp *s) {
    struct ptn_wr w = ptn_wr_of(out, STAMP_BYTES);
    ptn_wr_u32(&w, MAGIC);
    ptn_wr_u32(&w, s->number);
    ptn_wr_u64(&w, (uint64_t)s->sent);
}

bool stamp_read(struct ptn_bytes at, struct stamp *out) {
    struct ptn_rd r = ptn_rd_of(at);
    if (ptn_rd_u32(&r) != MAGIC)
        return false;
    out->number = ptn_rd_u32(&r);
    out->sent = (ptn_time)ptn_rd_u64(&r);
    return !r.bad;
}

void meter_done(struct meter *m) {
    free(m->seen);
    m->seen = NULL;
    m->seen_bytes = 0;
}

static bool mark(struct meter *m, uint32_t number) {
    size_t byte = number / 8;
    if (byte >= m->seen_bytes) {
        size_t bytes = (byte + 1) * 2;
        m->seen = ptn_realloc(m->seen, bytes);
        memset(m->seen + m->seen_bytes, 0, bytes - m->seen_bytes);
        m->seen_bytes = bytes;
    }
    uint8_t bit = (uint8_t)(1u << (number % 8));
    bool is_new = !(m->seen[byte] & bit);
    m->seen[byte] |= bit;
    return is_new;
}

bool meter_received(struct meter *m, const struct stamp *s) {
    if (s->number >= m->sent) {
        m->foreign++;
        return false;
    }
    if (!mark(m, s->number)) {
        m->duplicates++;
        return false;
    }
    if (!m->started) {
        m->started = true;
        m->first = m->sent;
    }
    if (s->number >= m->first)
        m->received++;
    else
        m->early++;
    return true;
}

uint64_t meter_counted(const struct meter *m) {
    return m->sent - m->first;
}

uint64_t meter_lost(const struct meter *m) {
    return meter_counted(m) - m->received;
}
