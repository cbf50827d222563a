/* One source as seen on one loop: where its packets go from here. */
#include "route/internal.h"

#include <stdlib.h>

struct feed *feed_find(struct ptn_graph *g, uint64_t id) {
    struct feed *f;
    HASH_FIND(hh, g->feeds, &id, sizeof id, f);
    return f;
}

struct feed *feed_get(struct ptn_graph *g, uint64_t id) {
    struct feed *f = feed_find(g, id);
    if (f)
        return f;
    f = ptn_new(struct feed);
    f->id = id;
    ptn_list_init(&f->sinks);
    HASH_ADD(hh, g->feeds, id, sizeof f->id, f);
    return f;
}

void feed_release(struct ptn_graph *g, struct feed *f) {
    if (f->owner || f->remote != 0 || !ptn_list_empty(&f->sinks))
        return;
    HASH_DEL(g->feeds, f);
    ring_done(g, &f->ring);
    free(f);
}

static bool wants_ring(struct feed *f) {
    PTN_LIST_EACH (it, &f->sinks)
        if (sink_wants_ring(ptn_container_of(it, struct sink, node)))
            return true;
    return false;
}

static ptn_time keep_time(const struct ptn_graph *g, const struct feed *f) {
    ptn_time keep = f->rtt + 100 * PTN_MS; /* core.md 17 */
    if (keep < g->cfg.min_nack_queue)
        keep = g->cfg.min_nack_queue;
    return keep < KEEP_MAX ? keep : KEEP_MAX;
}

static void publish_remote(struct ptn_graph *g, struct feed *f, struct ptn_packet *const *packets,
                           size_t n) {
    for (uint64_t left = f->remote; left != 0; left &= left - 1)
        g->cfg.ops->publish(g->cfg.ctx, (unsigned)__builtin_ctzll(left), f->id, packets, n);
}

void feed_publish(struct ptn_graph *g, ptn_time now, struct feed *f,
                  struct ptn_packet *const *packets, size_t n) {
    if (f->remote != 0)
        publish_remote(g, f, packets, n);
    if (ptn_list_empty(&f->sinks))
        return;
    if (wants_ring(f))
        for (size_t i = 0; i < n; i++)
            ring_put(g, &f->ring, packets[i], keep_time(g, f));
    PTN_LIST_EACH (it, &f->sinks) {
        struct sink *s = ptn_container_of(it, struct sink, node);
        for (size_t i = 0; i < n; i++)
            sink_packet(s, now, packets[i]);
    }
}

void feed_keyframe(struct ptn_graph *g, ptn_time now, struct feed *f) {
    if (f->owner) {
        ptn_peer_want_keyframe(f->owner->peer, now, f->mindex);
        g->cfg.ops->touched(g->cfg.ctx, f->owner);
    } else if (ptn_id_loop(f->id) != g->cfg.loop) {
        g->cfg.ops->keyframe(g->cfg.ctx, ptn_id_loop(f->id), f->id);
    } else {
        f->keyframe_wanted = true;
    }
}
