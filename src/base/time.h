/* Time is monotonic microseconds in 64 bits. Protocol cores are given `now`; only owners of
 * loops read a clock. */
#ifndef PTN_BASE_TIME_H
#define PTN_BASE_TIME_H

#include <stdint.h>

typedef int64_t ptn_time;

#define PTN_US ((ptn_time)1)
#define PTN_MS ((ptn_time)1000)
#define PTN_SECOND ((ptn_time)1000000)
#define PTN_NEVER INT64_MAX /* a deadline that does not come */

static inline ptn_time ptn_time_min(ptn_time a, ptn_time b) {
    return a < b ? a : b;
}

/* CLOCK_MONOTONIC. Any thread. */
ptn_time ptn_time_now(void);
/* Microseconds since 1970 (CLOCK_REALTIME), for NTP stamps, events and logs. Any thread. */
int64_t ptn_time_wall(void);

#endif
