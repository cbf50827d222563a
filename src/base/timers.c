#include "base/timers.h"

#include <stdlib.h>

#include "base/mem.h"

void ptn_timers_init(struct ptn_timers *ts) {
    *ts = (struct ptn_timers){.cap = 64};
    ts->heap = ptn_new_array(struct ptn_timer *, ts->cap);
}

void ptn_timers_done(struct ptn_timers *ts) {
    for (size_t i = 1; i <= ts->count; i++)
        ts->heap[i]->pos = 0;
    free(ts->heap);
    *ts = (struct ptn_timers){0};
}

static void place(struct ptn_timers *ts, size_t pos, struct ptn_timer *t) {
    ts->heap[pos] = t;
    t->pos = pos;
}

static void sift_up(struct ptn_timers *ts, size_t pos) {
    struct ptn_timer *t = ts->heap[pos];
    for (; pos > 1 && ts->heap[pos / 2]->due > t->due; pos /= 2)
        place(ts, pos, ts->heap[pos / 2]);
    place(ts, pos, t);
}

static void sift_down(struct ptn_timers *ts, size_t pos) {
    struct ptn_timer *t = ts->heap[pos];
    for (;;) {
        size_t child = pos * 2;
        if (child > ts->count)
            break;
        if (child < ts->count && ts->heap[child + 1]->due < ts->heap[child]->due)
            child++;
        if (ts->heap[child]->due >= t->due)
            break;
        place(ts, pos, ts->heap[child]);
        pos = child;
    }
    place(ts, pos, t);
}

static void insert(struct ptn_timers *ts, struct ptn_timer *t) {
    if (ts->count + 1 == ts->cap) {
        ts->cap *= 2;
        ts->heap = ptn_realloc(ts->heap, ts->cap * sizeof *ts->heap);
    }
    place(ts, ++ts->count, t);
    sift_up(ts, ts->count);
}

void ptn_timer_disarm(struct ptn_timers *ts, struct ptn_timer *t) {
    t->due = PTN_NEVER;
    if (t->pos == 0)
        return;
    size_t pos = t->pos;
    struct ptn_timer *last = ts->heap[ts->count--];
    t->pos = 0;
    if (last == t)
        return;
    place(ts, pos, last);
    sift_down(ts, pos);
    sift_up(ts, last->pos);
}

void ptn_timer_arm(struct ptn_timers *ts, struct ptn_timer *t, ptn_time due) {
    if (due == PTN_NEVER) {
        ptn_timer_disarm(ts, t);
        return;
    }
    t->due = due;
    if (t->pos == 0) {
        insert(ts, t);
        return;
    }
    sift_down(ts, t->pos);
    sift_up(ts, t->pos);
}

ptn_time ptn_timers_next(const struct ptn_timers *ts) {
    return ts->count > 0 ? ts->heap[1]->due : PTN_NEVER;
}

size_t ptn_timers_run(struct ptn_timers *ts, ptn_time now) {
    size_t fired = 0;
    size_t limit = ts->count; /* a timer that re-arms itself for `now` waits for the next call */
    while (fired < limit && ptn_timers_next(ts) <= now) {
        struct ptn_timer *t = ts->heap[1];
        ptn_timer_disarm(ts, t);
        t->fire(t, now);
        fired++;
    }
    return fired;
}
