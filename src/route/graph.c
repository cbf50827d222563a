/* Edges, and what other loops ask. */
#include "route/internal.h"

#include <assert.h>
#include <stdlib.h>

struct ptn_graph *ptn_graph_new(const struct ptn_graph_config *cfg) {
    struct ptn_graph *g = ptn_new(struct ptn_graph);
    g->cfg = *cfg;
    ptn_list_init(&g->output);
    return g;
}

void ptn_graph_free(struct ptn_graph *g) {
    if (!g)
        return;
    assert(g->endpoints == 0 && !g->sinks);
    struct feed *f, *next;
    HASH_ITER(hh, g->feeds, f, next) { /* what other loops still subscribed to */
        f->remote = 0;
        feed_release(g, f);
    }
    free(g);
}

static struct sink *sink_find(struct ptn_graph *g, uint64_t id) {
    struct sink *s;
    HASH_FIND(hh, g->sinks, &id, sizeof id, s);
    return s;
}

ptn_err ptn_graph_connect(struct ptn_graph *g, ptn_time now, uint64_t source, uint64_t sink) {
    struct sink *s = sink_find(g, sink);
    if (!s)
        return PTN_ENOENT;
    if (!s->feed || s->feed->id != source)
        sink_attach(g, s, feed_get(g, source));
    feed_keyframe(g, now, s->feed);
    return PTN_OK;
}

ptn_err ptn_graph_disconnect(struct ptn_graph *g, uint64_t sink) {
    struct sink *s = sink_find(g, sink);
    if (!s)
        return PTN_ENOENT;
    sink_detach(g, s);
    return PTN_OK;
}

ptn_err ptn_graph_sink_set(struct ptn_graph *g, uint64_t sink,
                           const struct ptn_sink_params *params) {
    struct sink *s = sink_find(g, sink);
    if (!s)
        return PTN_ENOENT;
    if (params->playout_min != s->params.playout_min ||
        params->playout_max != s->params.playout_max)
        s->resend_floor = s->last_index + 1;
    s->params = *params;
    return PTN_OK;
}

void ptn_graph_keyframe(struct ptn_graph *g, ptn_time now, uint64_t source) {
    struct feed *f = feed_find(g, source);
    if (f)
        feed_keyframe(g, now, f);
}

void ptn_graph_deliver(struct ptn_graph *g, ptn_time now, uint64_t source,
                       struct ptn_packet *const *packets, size_t n) {
    struct feed *f = feed_find(g, source);
    if (f)
        feed_publish(g, now, f, packets, n);
}

void ptn_graph_remote(struct ptn_graph *g, ptn_time now, uint64_t source, unsigned loop, bool on) {
    uint64_t bit = UINT64_C(1) << loop;
    struct feed *f = on ? feed_get(g, source) : feed_find(g, source);
    if (!f)
        return;
    f->remote = on ? f->remote | bit : f->remote & ~bit;
    if (on)
        feed_keyframe(g, now, f);
    else
        feed_release(g, f);
}

struct ptn_endpoint *ptn_graph_next_output(struct ptn_graph *g) {
    struct ptn_list *node = ptn_list_pop(&g->output);
    return node ? ptn_container_of(node, struct ptn_endpoint, output) : NULL;
}

struct ptn_graph_counts ptn_graph_count(const struct ptn_graph *g) {
    return (struct ptn_graph_counts){g->endpoints, HASH_COUNT(g->feeds), HASH_COUNT(g->sinks)};
}
