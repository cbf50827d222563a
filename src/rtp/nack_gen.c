/* Three bits per packet of the window (seen, missing, asked) and a ring of records, oldest first,
 * of what is missing. A record is dead once its missing bit is gone; dead ones leave the ring when
 * they reach its front or when it is full. So a packet costs a few bits, whatever arrives. */
#include "rtp/nack_gen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_ASK (12 * PTN_MS) /* reordering within the network heals itself meanwhile */
#define RETRY_MIN (40 * PTN_MS) /* between two requests for the same packet */
#define TRIES_MAX 10
#define LIFE (2 * PTN_SECOND) /* after that nobody can still use it */
#define RESTART_RUN 16        /* packets older than the window in a row: the sender restarted */

struct missing {
    ptn_time ask_at; /* next request, or the end when no tries are left */
    ptn_time dies_at;
    uint16_t seq; /* low bits; within the window of newest they tell all */
    uint8_t tries;
};

struct bits {
    uint64_t word[PTN_NACK_WINDOW / 64];
};

struct ptn_nack_gen {
    bool started;
    int64_t newest; /* the window is (newest - PTN_NACK_WINDOW, newest] */
    unsigned old_run;
    struct bits seen, missing, asked;
    struct missing ring[PTN_NACK_MISSING];
    unsigned front, used;
    unsigned live;    /* missing bits set */
    ptn_time next_at; /* no record is due before */
    uint64_t given_up;
};

_Static_assert(sizeof(struct ptn_nack_gen) < 4096, "one per received stream");
_Static_assert(PTN_NACK_WINDOW % 64 == 0 && (PTN_NACK_MISSING & (PTN_NACK_MISSING - 1)) == 0, "");

static uint64_t *bit_word(struct bits *b, int64_t seq) {
    return &b->word[(uint64_t)seq % PTN_NACK_WINDOW / 64];
}
static uint64_t bit_mask(int64_t seq) {
    return UINT64_C(1) << ((uint64_t)seq % 64);
}
static void bit_set(struct bits *b, int64_t seq) {
    *bit_word(b, seq) |= bit_mask(seq);
}
static void bit_clear(struct bits *b, int64_t seq) {
    *bit_word(b, seq) &= ~bit_mask(seq);
}
static bool bit_test(const struct bits *b, int64_t seq) {
    return b->word[(uint64_t)seq % PTN_NACK_WINDOW / 64] & bit_mask(seq);
}

struct ptn_nack_gen *ptn_nack_gen_new(void) {
    struct ptn_nack_gen *g = ptn_new(struct ptn_nack_gen);
    g->next_at = PTN_NEVER;
    return g;
}

void ptn_nack_gen_free(struct ptn_nack_gen *g) {
    free(g);
}

static struct missing *record_at(struct ptn_nack_gen *g, unsigned i) {
    return &g->ring[(g->front + i) % PTN_NACK_MISSING];
}

static int64_t record_seq(const struct ptn_nack_gen *g, const struct missing *m) {
    return g->newest - (uint16_t)((uint16_t)g->newest - m->seq);
}

static bool record_is_live(const struct ptn_nack_gen *g, const struct missing *m) {
    return bit_test(&g->missing, record_seq(g, m));
}

static void missing_clear(struct ptn_nack_gen *g, int64_t seq) {
    bit_clear(&g->missing, seq);
    bit_clear(&g->asked, seq);
    if (--g->live == 0) {
        g->used = 0;
        g->next_at = PTN_NEVER;
    }
}

static void missing_give_up(struct ptn_nack_gen *g, int64_t seq) {
    missing_clear(g, seq);
    g->given_up++;
}

/* Records out of the window that ends at `newest`, and dead ones before them, leave. */
static void ring_expire(struct ptn_nack_gen *g, int64_t newest) {
    while (g->used > 0) {
        struct missing *m = record_at(g, 0);
        int64_t seq = record_seq(g, m);
        bool live = bit_test(&g->missing, seq);
        if (live && seq > newest - PTN_NACK_WINDOW)
            return;
        g->front = (g->front + 1) % PTN_NACK_MISSING;
        g->used--;
        if (live)
            missing_give_up(g, seq);
    }
}

static void ring_compact(struct ptn_nack_gen *g) {
    unsigned kept = 0;
    for (unsigned i = 0; i < g->used; i++)
        if (record_is_live(g, record_at(g, i)))
            *record_at(g, kept++) = *record_at(g, i);
    g->used = kept;
}

/* Room for n more, n <= PTN_NACK_MISSING; the oldest are given up when there is none. */
static void ring_make_room(struct ptn_nack_gen *g, unsigned n) {
    if (g->used + n <= PTN_NACK_MISSING)
        return;
    ring_compact(g);
    while (g->used + n > PTN_NACK_MISSING) {
        int64_t oldest = record_seq(g, record_at(g, 0));
        g->front = (g->front + 1) % PTN_NACK_MISSING;
        g->used--;
        missing_give_up(g, oldest);
    }
}

static void missing_add(struct ptn_nack_gen *g, ptn_time now, int64_t seq) {
    *record_at(g, g->used++) =
        (struct missing){.ask_at = now + FIRST_ASK, .dies_at = now + LIFE, .seq = (uint16_t)seq};
    bit_set(&g->missing, seq);
    g->live++;
    g->next_at = ptn_time_min(g->next_at, now + FIRST_ASK);
}

void ptn_nack_gen_reset(struct ptn_nack_gen *g) {
    g->given_up += g->live;
    g->live = g->used = 0;
    g->next_at = PTN_NEVER;
    memset(&g->missing, 0, sizeof g->missing);
    memset(&g->asked, 0, sizeof g->asked);
}

static void window_restart(struct ptn_nack_gen *g, int64_t seq) {
    ptn_nack_gen_reset(g);
    memset(&g->seen, 0, sizeof g->seen);
    g->started = true;
    g->newest = seq;
    bit_set(&g->seen, seq);
}

static void seen_clear(struct ptn_nack_gen *g, int64_t from, int64_t end) {
    for (int64_t seq = from; seq < end; seq++)
        bit_clear(&g->seen, seq);
}

/* The packets between the newest and seq are missing; of a long gap only its end is tracked. */
static void window_advance(struct ptn_nack_gen *g, ptn_time now, int64_t seq) {
    int64_t gap = g->newest + 1;
    ring_expire(g, seq);
    seen_clear(g, gap, seq);
    g->newest = seq;
    if (seq - gap > PTN_NACK_MISSING) {
        g->given_up += (uint64_t)(seq - gap - PTN_NACK_MISSING);
        gap = seq - PTN_NACK_MISSING;
    }
    ring_make_room(g, (unsigned)(seq - gap));
    for (; gap < seq; gap++)
        missing_add(g, now, gap);
    bit_set(&g->seen, seq);
}

/* Older than the window: whether it is a duplicate is not known any more, so it passes. */
static bool packet_too_old(struct ptn_nack_gen *g, int64_t seq) {
    if (++g->old_run == RESTART_RUN) {
        g->old_run = 0;
        window_restart(g, seq);
    }
    return true;
}

static bool packet_late(struct ptn_nack_gen *g, int64_t seq, bool *was_missing) {
    if (bit_test(&g->seen, seq))
        return false;
    bit_set(&g->seen, seq);
    if (bit_test(&g->missing, seq)) {
        *was_missing = bit_test(&g->asked, seq);
        missing_clear(g, seq);
    }
    return true;
}

bool ptn_nack_gen_packet(struct ptn_nack_gen *g, ptn_time now, int64_t ext_seq, bool *was_missing) {
    bool ignored;
    if (!was_missing)
        was_missing = &ignored;
    *was_missing = false;
    int64_t ahead = ext_seq - g->newest;
    if (g->started && ahead <= -PTN_NACK_WINDOW)
        return packet_too_old(g, ext_seq);
    g->old_run = 0;
    if (!g->started || ahead > PTN_NACK_WINDOW)
        window_restart(g, ext_seq);
    else if (ahead > 0)
        window_advance(g, now, ext_seq);
    else
        return packet_late(g, ext_seq, was_missing);
    return true;
}

bool ptn_nack_gen_wants(const struct ptn_nack_gen *g, int64_t ext_seq) {
    return g->started && ext_seq <= g->newest && ext_seq > g->newest - PTN_NACK_WINDOW &&
           bit_test(&g->missing, ext_seq);
}

static ptn_time retry_interval(ptn_time rtt) {
    if (rtt > LIFE) /* measured with a stranger's help */
        rtt = LIFE;
    ptn_time interval = rtt * 5 / 4;
    return interval > RETRY_MIN ? interval : RETRY_MIN;
}

size_t ptn_nack_gen_poll(struct ptn_nack_gen *g, ptn_time now, ptn_time rtt, uint16_t *seqs,
                         size_t cap) {
    if (now < g->next_at)
        return 0;
    size_t n = 0;
    ptn_time next = PTN_NEVER;
    ptn_time interval = retry_interval(rtt);
    unsigned used = g->used; /* giving up the last one empties the ring */
    for (unsigned i = 0; i < used; i++) {
        struct missing *m = record_at(g, i);
        int64_t seq = record_seq(g, m);
        if (!bit_test(&g->missing, seq))
            continue;
        if (now >= m->dies_at || (now >= m->ask_at && m->tries == TRIES_MAX)) {
            missing_give_up(g, seq);
            continue;
        }
        if (now >= m->ask_at && n < cap) {
            seqs[n++] = (uint16_t)seq;
            bit_set(&g->asked, seq);
            m->tries++;
            m->ask_at = ptn_time_min(now + interval, m->dies_at);
        }
        next = ptn_time_min(next, m->ask_at);
    }
    g->next_at = next;
    return n;
}

ptn_time ptn_nack_gen_next_timeout(const struct ptn_nack_gen *g) {
    return g->next_at;
}

uint64_t ptn_nack_gen_given_up(const struct ptn_nack_gen *g) {
    return g->given_up;
}
