#include "rtp/rate.h"

#include <string.h>

void ptn_rate_init(struct ptn_rate *r) {
    *r = (struct ptn_rate){0};
}

static size_t slot_of(int64_t number) {
    return (size_t)((uint64_t)number % PTN_RATE_BUCKETS);
}

/* Empties the buckets between the newest and the one of now: at most all of them. */
static void rate_advance(struct ptn_rate *r, int64_t number) {
    if (number - r->newest >= PTN_RATE_BUCKETS) {
        memset(r->bucket, 0, sizeof r->bucket);
        r->newest = number;
    }
    while (r->newest < number)
        memset(&r->bucket[slot_of(++r->newest)], 0, sizeof r->bucket[0]);
}

void ptn_rate_add(struct ptn_rate *r, ptn_time now, size_t bytes) {
    rate_advance(r, now / PTN_RATE_BUCKET);
    r->bucket[slot_of(r->newest)].bytes += bytes;
    r->bucket[slot_of(r->newest)].packets++;
}

/* The window is nine whole buckets and the part of the tenth that has passed. */
static uint64_t per_second(uint64_t sum, ptn_time now) {
    ptn_time window = (PTN_RATE_BUCKETS - 1) * PTN_RATE_BUCKET + now % PTN_RATE_BUCKET;
    return sum * (uint64_t)PTN_SECOND / (uint64_t)window;
}

/* First bucket number of the window that ends now; older buckets hold what is out of it. */
static int64_t window_start(const struct ptn_rate *r, ptn_time now) {
    int64_t first = now / PTN_RATE_BUCKET - PTN_RATE_BUCKETS + 1;
    int64_t oldest = r->newest - PTN_RATE_BUCKETS + 1;
    if (first < oldest)
        first = oldest;
    return first > 0 ? first : 0; /* time starts at 0 */
}

uint64_t ptn_rate_bps(const struct ptn_rate *r, ptn_time now) {
    uint64_t bytes = 0;
    for (int64_t i = window_start(r, now); i <= r->newest; i++)
        bytes += r->bucket[slot_of(i)].bytes;
    return per_second(bytes * 8, now);
}

uint64_t ptn_rate_pps(const struct ptn_rate *r, ptn_time now) {
    uint64_t packets = 0;
    for (int64_t i = window_start(r, now); i <= r->newest; i++)
        packets += r->bucket[slot_of(i)].packets;
    return per_second(packets, now);
}
