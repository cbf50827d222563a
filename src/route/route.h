/* The media graph of one loop: endpoints (a peer with what it sends and receives), feeds (one
 * source as seen on this loop: a ring of recent packets and its sinks) and edges. No sockets.
 *
 *   peer ──media──► feed ──► sink ──► peer's egress          (same loop)
 *                     └─ ops.publish ─► feed on another loop ──► sink …
 *
 * Ids of sources and sinks are the control side's; their top byte is the loop they live on. */
#ifndef PTN_ROUTE_ROUTE_H
#define PTN_ROUTE_ROUTE_H

#include "peer/peer.h"

struct ptn_graph;
struct ptn_endpoint;

static inline unsigned ptn_id_loop(uint64_t id) {
    return (unsigned)(id >> 56);
}

struct ptn_graph_ops {
    /* A peer's event, after the graph has taken from it what concerns media. */
    void (*event)(void *ctx, struct ptn_endpoint *ep, struct ptn_peer_event *ev);
    /* The graph has queued something in this endpoint's peer: pump it and re-arm its timer. */
    void (*touched)(void *ctx, struct ptn_endpoint *ep);
    /* To another loop; packets are borrowed: reference what is kept. */
    void (*publish)(void *ctx, unsigned loop, uint64_t source, struct ptn_packet *const *packets,
                    size_t n);
    void (*subscribe)(void *ctx, unsigned loop, uint64_t source, bool on);
    void (*keyframe)(void *ctx, unsigned loop, uint64_t source);
};

struct ptn_graph_config {
    unsigned loop;
    struct ptn_packet_pool *pool;
    struct ptn_rng rng;
    ptn_time min_nack_queue; /* packets are kept this long at least for retransmission */
    const struct ptn_graph_ops *ops;
    void *ctx;
};

struct ptn_graph *ptn_graph_new(const struct ptn_graph_config *cfg);
void ptn_graph_free(struct ptn_graph *g); /* endpoints have been freed before */

/* Takes the peer over. */
struct ptn_endpoint *ptn_endpoint_new(struct ptn_graph *g, struct ptn_peer *peer, void *owner);
void ptn_endpoint_free(struct ptn_endpoint *ep);
struct ptn_peer *ptn_endpoint_peer(struct ptn_endpoint *ep);
void *ptn_endpoint_owner(struct ptn_endpoint *ep);
/* The plan goes to the peer, and its sources and sinks come into being. */
void ptn_endpoint_apply(struct ptn_endpoint *ep, ptn_time now, struct ptn_plan *plan);
/* After every call into the peer that may have received something: media to feeds, NACKs to the
 * rings, events to ops.event. */
void ptn_endpoint_pump(struct ptn_endpoint *ep, ptn_time now);

/* sink is on this loop, source on any. PTN_ENOENT: no such sink (any more). */
ptn_err ptn_graph_connect(struct ptn_graph *g, ptn_time now, uint64_t source, uint64_t sink);
ptn_err ptn_graph_disconnect(struct ptn_graph *g, uint64_t sink);

struct ptn_sink_params {
    bool paused;                      /* packets are dropped, numbering stays gapless */
    int16_t playout_min, playout_max; /* 10 ms units, both >= 0: written on video; else carried */
};
ptn_err ptn_graph_sink_set(struct ptn_graph *g, uint64_t sink,
                           const struct ptn_sink_params *params);
void ptn_graph_keyframe(struct ptn_graph *g, ptn_time now, uint64_t source);

/* What other loops ask of this one (their ops, delivered by mailbox). */
void ptn_graph_deliver(struct ptn_graph *g, ptn_time now, uint64_t source,
                       struct ptn_packet *const *packets, size_t n);
void ptn_graph_remote(struct ptn_graph *g, ptn_time now, uint64_t source, unsigned loop, bool on);

/* The next endpoint with packets queued, taken off the list: flush it. NULL: none. */
struct ptn_endpoint *ptn_graph_next_output(struct ptn_graph *g);

struct ptn_graph_counts {
    size_t endpoints, feeds, sinks;
};
struct ptn_graph_counts ptn_graph_count(const struct ptn_graph *g);

#endif
