/* A binary heap of deadlines, intrusive: a timer lives inside its owner's struct. One loop. */
#ifndef PTN_BASE_TIMERS_H
#define PTN_BASE_TIMERS_H

#include <stddef.h>

#include "base/time.h"

struct ptn_timer {
    ptn_time due; /* PTN_NEVER: not armed */
    size_t pos;   /* 1-based place in the heap, 0: not armed */
    void (*fire)(struct ptn_timer *timer, ptn_time now);
};

struct ptn_timers {
    struct ptn_timer **heap; /* heap[0] is unused */
    size_t count, cap;
};

void ptn_timers_init(struct ptn_timers *ts);
/* Forgets armed timers; they stay their owners'. */
void ptn_timers_done(struct ptn_timers *ts);
/* Arms, moves or (with PTN_NEVER) disarms. t->fire must be set. */
void ptn_timer_arm(struct ptn_timers *ts, struct ptn_timer *t, ptn_time due);
void ptn_timer_disarm(struct ptn_timers *ts, struct ptn_timer *t);
ptn_time ptn_timers_next(const struct ptn_timers *ts);
/* Fires what is due at now, each once per call even when it re-arms itself for `now`;
 * a callback may arm and disarm any timer. Returns how many fired. */
size_t ptn_timers_run(struct ptn_timers *ts, ptn_time now);

#endif
