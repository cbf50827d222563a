/* A ring of arrival times by sequence number. Messages describe, in order, what is not yet
 * reported; a packet that comes late is reported with all that follow it, once more. The layout of
 * a message is drawn in rtcp/twcc.c. */
#include "rtp/twcc_gen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rtcp/rtcp.h"
#include "rtp/seq.h"

#define WINDOW 1024       /* sequence numbers back from the newest; a power of two */
#define RESTART_RUN 16    /* packets older than that in a row: the sender restarted */
#define TICK_US 250       /* unit of a delta */
#define TICKS_PER_REF 256 /* 64 ms: unit of the reference time */
#define HEADER 20         /* bytes in front of the chunks */
#define CHUNKS_MAX (PTN_TWCC_PACKETS_MAX / 7 + 1)
#define RUN_WORTH 14 /* from here a run is never longer than the vectors it replaces */
#define SMALL_PER_CHUNK 14
#define LARGE_PER_CHUNK 7

enum { SYM_LOST = 0, SYM_SMALL = 1, SYM_LARGE = 2 };

struct ptn_twcc_gen {
    struct ptn_unwrap unwrap;
    bool started;
    uint8_t fb_count; /* of the next message */
    unsigned old_run;
    int64_t newest;     /* always received */
    int64_t unreported; /* first one the next message is about */
    uint64_t received[WINDOW / 64];
    uint32_t tick[WINDOW]; /* arrival, modulo 2^32 ticks: 12 days */
};

_Static_assert(sizeof(struct ptn_twcc_gen) < 8192, "one per peer");
_Static_assert(PTN_TWCC_PACKETS_MAX < WINDOW, "");

struct ptn_twcc_gen *ptn_twcc_gen_new(void) {
    return ptn_new(struct ptn_twcc_gen);
}

void ptn_twcc_gen_free(struct ptn_twcc_gen *g) {
    free(g);
}

static size_t slot_of(int64_t seq) {
    return (size_t)((uint64_t)seq % WINDOW);
}

static bool was_received(const struct ptn_twcc_gen *g, int64_t seq) {
    return g->received[slot_of(seq) / 64] >> slot_of(seq) % 64 & 1;
}

static void received_set(struct ptn_twcc_gen *g, int64_t seq, uint32_t tick) {
    g->received[slot_of(seq) / 64] |= UINT64_C(1) << slot_of(seq) % 64;
    g->tick[slot_of(seq)] = tick;
}

static void received_clear(struct ptn_twcc_gen *g, int64_t from, int64_t end) {
    if (end - from >= WINDOW) {
        memset(g->received, 0, sizeof g->received);
        return;
    }
    for (int64_t seq = from; seq < end; seq++)
        g->received[slot_of(seq) / 64] &= ~(UINT64_C(1) << slot_of(seq) % 64);
}

static void window_restart(struct ptn_twcc_gen *g, int64_t seq) {
    memset(g->received, 0, sizeof g->received);
    g->started = true;
    g->unwrap.last = g->newest = g->unreported = seq;
}

static void window_advance(struct ptn_twcc_gen *g, int64_t seq) {
    received_clear(g, g->newest + 1, seq);
    g->newest = seq;
    if (g->unreported <= seq - WINDOW) /* nobody asked for feedback in time */
        g->unreported = seq - WINDOW + 1;
}

void ptn_twcc_gen_packet(struct ptn_twcc_gen *g, ptn_time arrival, uint16_t twcc_seq) {
    int64_t seq = ptn_unwrap_seq(&g->unwrap, twcc_seq);
    bool too_old = g->started && seq <= g->newest - WINDOW;
    g->old_run = too_old ? g->old_run + 1 : 0;
    if (too_old && g->old_run < RESTART_RUN)
        return;
    if (too_old || !g->started)
        window_restart(g, seq);
    else if (seq > g->newest)
        window_advance(g, seq);
    else if (was_received(g, seq))
        return; /* the first arrival is the one that counts */
    received_set(g, seq, (uint32_t)(arrival / TICK_US));
    if (seq < g->unreported)
        g->unreported = seq;
}

bool ptn_twcc_gen_pending(const struct ptn_twcc_gen *g) {
    return g->started && g->unreported <= g->newest;
}

/* What one message says. */
struct message {
    int64_t base;
    size_t count;
    uint32_t reference; /* in units of 64 ms */
    uint8_t sym[PTN_TWCC_PACKETS_MAX];
    int16_t delta[PTN_TWCC_PACKETS_MAX]; /* of received ones */
    size_t deltas_len;                   /* bytes */
    uint16_t chunk[CHUNKS_MAX];
    size_t chunks;
};

/* A message tells one arrival at least, or its reference time would mean nothing. When more are
 * lost in front of it than fit, those before them stay unreported. */
static int64_t message_base(const struct ptn_twcc_gen *g, int64_t *first_received) {
    int64_t first = g->unreported;
    while (!was_received(g, first)) /* ends: the newest is */
        first++;
    *first_received = first;
    int64_t earliest = first - PTN_TWCC_PACKETS_MAX + 1;
    return g->unreported > earliest ? g->unreported : earliest;
}

static unsigned symbol_of(int32_t delta) {
    return delta >= 0 && delta <= UINT8_MAX ? SYM_SMALL : SYM_LARGE;
}

/* Takes packets up to the limit, the newest, or a delta that 16 bits cannot tell; what was lost
 * behind the last received one waits for the next message. */
static void message_fill(const struct ptn_twcc_gen *g, struct message *m) {
    int64_t seq;
    m->base = message_base(g, &seq);
    m->count = 0;
    m->deltas_len = 0;
    m->reference = g->tick[slot_of(seq)] / TICKS_PER_REF;
    uint32_t previous = m->reference * TICKS_PER_REF;
    for (; seq <= g->newest && seq - m->base < PTN_TWCC_PACKETS_MAX; seq++) {
        if (!was_received(g, seq))
            continue;
        int32_t delta = (int32_t)(g->tick[slot_of(seq)] - previous);
        if (delta < INT16_MIN || delta > INT16_MAX)
            return;
        previous = g->tick[slot_of(seq)];
        size_t at = (size_t)(seq - m->base);
        memset(m->sym + m->count, SYM_LOST, at - m->count);
        m->sym[at] = (uint8_t)symbol_of(delta);
        m->delta[at] = (int16_t)delta;
        m->deltas_len += m->sym[at];
        m->count = at + 1;
    }
}

static size_t run_at(const struct message *m, size_t at) {
    size_t n = 1;
    while (at + n < m->count && m->sym[at + n] == m->sym[at])
        n++;
    return n;
}

static bool small_fits(const struct message *m, size_t at) {
    for (size_t i = at; i < m->count && i < at + SMALL_PER_CHUNK; i++)
        if (m->sym[i] == SYM_LARGE)
            return false;
    return true;
}

/* Up to n symbols of `bits` each, first one highest, below the chunk's two mark bits. */
static unsigned vector_of(const struct message *m, size_t at, size_t n, unsigned bits) {
    unsigned vector = 0;
    for (size_t i = 0; i < n && at + i < m->count; i++)
        vector |= (unsigned)m->sym[at + i] << (14 - bits * (i + 1));
    return vector;
}

/* Makes one chunk of the symbols from `at`; returns how many it tells. */
static size_t chunk_make(const struct message *m, size_t at, unsigned *chunk) {
    size_t run = run_at(m, at);
    bool small = small_fits(m, at);
    if (run >= RUN_WORTH || at + run == m->count || (!small && run >= LARGE_PER_CHUNK)) {
        *chunk = (unsigned)m->sym[at] << 13 | (unsigned)run;
        return run;
    }
    if (small) {
        *chunk = 0x8000 | vector_of(m, at, SMALL_PER_CHUNK, 1);
        return SMALL_PER_CHUNK;
    }
    *chunk = 0xc000 | vector_of(m, at, LARGE_PER_CHUNK, 2);
    return LARGE_PER_CHUNK;
}

static void message_chunks(struct message *m) {
    m->chunks = 0;
    for (size_t at = 0; at < m->count;) {
        unsigned chunk;
        at += chunk_make(m, at, &chunk);
        m->chunk[m->chunks++] = (uint16_t)chunk;
    }
}

static size_t message_len(const struct message *m) {
    return (HEADER + 2 * m->chunks + m->deltas_len + 3) / 4 * 4;
}

static void message_write(const struct message *m, struct ptn_wr *w, uint8_t fb_count,
                          uint32_t sender_ssrc, uint32_t media_ssrc) {
    size_t end = w->len + message_len(m);
    ptn_wr_u8(w, 2 << 6 | PTN_RTPFB_TWCC);
    ptn_wr_u8(w, PTN_RTCP_RTPFB);
    ptn_wr_u16(w, (uint16_t)(message_len(m) / 4 - 1));
    ptn_wr_u32(w, sender_ssrc);
    ptn_wr_u32(w, media_ssrc);
    ptn_wr_u16(w, (uint16_t)m->base);
    ptn_wr_u16(w, (uint16_t)m->count);
    ptn_wr_u24(w, m->reference);
    ptn_wr_u8(w, fb_count);
    for (size_t i = 0; i < m->chunks; i++)
        ptn_wr_u16(w, m->chunk[i]);
    for (size_t i = 0; i < m->count; i++) {
        if (m->sym[i] == SYM_SMALL)
            ptn_wr_u8(w, (uint8_t)m->delta[i]);
        else if (m->sym[i] == SYM_LARGE)
            ptn_wr_u16(w, (uint16_t)m->delta[i]);
    }
    ptn_wr_zero(w, end - w->len);
}

bool ptn_twcc_gen_write(struct ptn_twcc_gen *g, struct ptn_wr *w, uint32_t sender_ssrc,
                        uint32_t media_ssrc) {
    if (!ptn_twcc_gen_pending(g))
        return false;
    struct message m;
    message_fill(g, &m);
    message_chunks(&m);
    if (w->bad || w->cap - w->len < message_len(&m))
        return false;
    message_write(&m, w, g->fb_count++, sender_ssrc, media_ssrc);
    g->unreported = m.base + (int64_t)m.count;
    return true;
}
