/* References to recent packets of one source, for retransmission: bounded in time and number. */
#include "route/internal.h"

#include <stdlib.h>

static void clear_slot(struct ptn_graph *g, struct ring *r, int64_t seq) {
    struct ptn_packet **slot = &r->slot[(uint64_t)seq & (r->size - 1)];
    if (*slot && (*slot)->ext_seq == seq) {
        ptn_packet_unref(*slot, g->cfg.pool);
        *slot = NULL;
    }
}

void ring_done(struct ptn_graph *g, struct ring *r) {
    for (size_t i = 0; i < r->size; i++)
        if (r->slot[i])
            ptn_packet_unref(r->slot[i], g->cfg.pool);
    free(r->slot);
    *r = (struct ring){0};
}

static void resize(struct ring *r, size_t size) {
    struct ptn_packet **old = r->slot;
    size_t old_size = r->size;
    r->slot = ptn_new_array(struct ptn_packet *, size);
    r->size = size;
    for (size_t i = 0; i < old_size; i++)
        if (old[i])
            r->slot[(uint64_t)old[i]->ext_seq & (size - 1)] = old[i];
    free(old);
}

static void trim(struct ptn_graph *g, struct ring *r, ptn_time before) {
    for (; r->oldest < r->newest; r->oldest++) {
        struct ptn_packet *p = ring_find(r, r->oldest);
        if (p && p->arrival >= before)
            return;
        if (p)
            clear_slot(g, r, r->oldest);
    }
}

/* A jump (a source that restarted its numbers) leaves nothing worth keeping. */
static bool is_jump(const struct ring *r, int64_t seq) {
    return seq > r->newest + RING_MAX || seq < r->newest - RING_MAX;
}

void ring_put(struct ptn_graph *g, struct ring *r, struct ptn_packet *packet, ptn_time keep) {
    int64_t seq = packet->ext_seq;
    if (r->size == 0 || is_jump(r, seq)) {
        ring_done(g, r);
        resize(r, RING_MIN);
        r->oldest = r->newest = seq;
    }
    if (seq > r->newest)
        r->newest = seq;
    trim(g, r, packet->arrival - keep);
    while (r->newest - r->oldest >= (int64_t)r->size && r->size < RING_MAX)
        resize(r, r->size * 2);
    for (; r->newest - r->oldest >= (int64_t)r->size; r->oldest++)
        clear_slot(g, r, r->oldest);
    if (seq < r->oldest || ring_find(r, seq))
        return;
    struct ptn_packet **slot = &r->slot[(uint64_t)seq & (r->size - 1)];
    if (*slot)
        ptn_packet_unref(*slot, g->cfg.pool);
    *slot = ptn_packet_ref(packet);
}

struct ptn_packet *ring_find(const struct ring *r, int64_t ext_seq) {
    if (r->size == 0)
        return NULL;
    struct ptn_packet *p = r->slot[(uint64_t)ext_seq & (r->size - 1)];
    return p && p->ext_seq == ext_seq ? p : NULL;
}

struct ptn_packet *ring_find_low(const struct ring *r, uint32_t low_seq) {
    return ring_find(r, r->newest - (int32_t)((uint32_t)r->newest - low_seq));
}
