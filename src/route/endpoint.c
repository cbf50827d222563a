/* A peer with its sources and sinks. */
#include "route/internal.h"

#include <stdlib.h>

#define DRAIN 64

struct ptn_endpoint *ptn_endpoint_new(struct ptn_graph *g, struct ptn_peer *peer, void *owner) {
    struct ptn_endpoint *ep = ptn_new(struct ptn_endpoint);
    ep->graph = g;
    ep->peer = peer;
    ep->owner = owner;
    ptn_list_init(&ep->output);
    g->endpoints++;
    return ep;
}

static void disown(struct ptn_endpoint *ep, size_t mindex) {
    struct feed *f = ep->feed[mindex];
    if (!f)
        return;
    ep->feed[mindex] = NULL;
    f->owner = NULL;
    feed_release(ep->graph, f);
}

void ptn_endpoint_free(struct ptn_endpoint *ep) {
    if (!ep)
        return;
    ptn_list_remove(&ep->output);
    for (size_t i = 0; i < ep->mline_count; i++) {
        disown(ep, i);
        if (ep->sink[i])
            sink_free(ep->sink[i]);
    }
    free(ep->feed);
    free(ep->sink);
    ptn_peer_free(ep->peer);
    ep->graph->endpoints--;
    free(ep);
}

struct ptn_peer *ptn_endpoint_peer(struct ptn_endpoint *ep) {
    return ep->peer;
}

void *ptn_endpoint_owner(struct ptn_endpoint *ep) {
    return ep->owner;
}

static void apply_source(struct ptn_endpoint *ep, ptn_time now, size_t i,
                         const struct ptn_plan_mline *m) {
    if (!m->recv || m->source_id == 0) {
        disown(ep, i);
        return;
    }
    if (ep->feed[i] && ep->feed[i]->id != m->source_id)
        disown(ep, i);
    struct feed *f = feed_get(ep->graph, m->source_id);
    f->owner = ep;
    f->mindex = (uint16_t)i;
    ep->feed[i] = f;
    if (f->keyframe_wanted) {
        f->keyframe_wanted = false;
        feed_keyframe(ep->graph, now, f);
    }
}

static void apply_sink(struct ptn_endpoint *ep, size_t i, const struct ptn_plan_mline *m) {
    if (!ep->sink[i] && m->sink_id != 0)
        ep->sink[i] = sink_new(ep, (uint16_t)i, m->sink_id);
    else if (ep->sink[i])
        ep->sink[i]->resend_floor = ep->sink[i]->last_index + 1;
}

void ptn_endpoint_apply(struct ptn_endpoint *ep, ptn_time now, struct ptn_plan *plan) {
    ptn_peer_apply(ep->peer, now, plan);
    if (ptn_peer_plan(ep->peer) != plan)
        return; /* of an older generation: ignored */
    if (plan->mline_count > ep->mline_count) {
        ep->feed = ptn_realloc(ep->feed, plan->mline_count * sizeof(struct feed *));
        ep->sink = ptn_realloc(ep->sink, plan->mline_count * sizeof(struct sink *));
        for (size_t i = ep->mline_count; i < plan->mline_count; i++) {
            ep->feed[i] = NULL;
            ep->sink[i] = NULL;
        }
        ep->mline_count = plan->mline_count;
    }
    for (size_t i = 0; i < plan->mline_count; i++) {
        apply_source(ep, now, i, &plan->mline[i]);
        apply_sink(ep, i, &plan->mline[i]);
    }
}

/* Runs of packets of one m-line go to its feed as one batch. */
static void pump_media(struct ptn_endpoint *ep, ptn_time now) {
    struct ptn_peer_media media[DRAIN];
    struct ptn_packet *batch[DRAIN];
    size_t n;
    while ((n = ptn_peer_take_media(ep->peer, media, DRAIN)) > 0) {
        for (size_t i = 0; i < n;) {
            size_t count = 0, mindex = media[i].mindex;
            for (; i < n && media[i].mindex == mindex; i++)
                batch[count++] = media[i].packet;
            if (ep->feed[mindex])
                feed_publish(ep->graph, now, ep->feed[mindex], batch, count);
            for (size_t k = 0; k < count; k++)
                ptn_packet_unref(batch[k], ep->graph->cfg.pool);
        }
    }
}

static void pump_nacks(struct ptn_endpoint *ep, ptn_time now) {
    struct ptn_peer_nack nacks[DRAIN];
    size_t n;
    while ((n = ptn_peer_take_nacks(ep->peer, nacks, DRAIN)) > 0)
        for (size_t i = 0; i < n; i++)
            if (nacks[i].mindex < ep->mline_count && ep->sink[nacks[i].mindex])
                sink_resend(ep->sink[nacks[i].mindex], now, nacks[i].seq);
}

/* The peer wants a keyframe of what we send: its source is asked. */
static void on_keyframe(struct ptn_endpoint *ep, ptn_time now, size_t mindex) {
    struct sink *s = mindex < ep->mline_count ? ep->sink[mindex] : NULL;
    if (s && s->feed)
        feed_keyframe(ep->graph, now, s->feed);
}

void ptn_endpoint_pump(struct ptn_endpoint *ep, ptn_time now) {
    struct ptn_peer_event ev;
    pump_media(ep, now);
    pump_nacks(ep, now);
    while (ptn_peer_poll_event(ep->peer, &ev)) {
        if (ev.type == PTN_PEER_KEYFRAME)
            on_keyframe(ep, now, ev.mindex);
        ep->graph->cfg.ops->event(ep->graph->cfg.ctx, ep, &ev);
    }
}
