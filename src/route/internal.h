/* Inside src/route only. */
#ifndef PTN_ROUTE_INTERNAL_H
#define PTN_ROUTE_INTERNAL_H

#include "base/hash.h"

#include "base/list.h"
#include "media/seqmap.h"
#include "route/route.h"

#define RING_MIN 32
#define RING_MAX 1024 /* packets kept for retransmission, per source and loop */
#define KEEP_MAX PTN_SECOND
#define SENT_MIN 64
#define SENT_MAX 1024 /* sent packets remembered per sink */

struct ring {                 /* recent packets of one source by unwrapped sequence number */
    struct ptn_packet **slot; /* owned array, a reference each; NULL: not in use */
    size_t size;              /* power of two, 0: nothing kept yet */
    int64_t oldest, newest;   /* range that may be filled */
};

/* One source as seen on this loop. */
struct feed {
    UT_hash_handle hh;
    uint64_t id;
    struct ptn_list sinks;      /* struct sink.node */
    uint64_t remote;            /* loops that want a copy: bit per loop; home loop only */
    struct ptn_endpoint *owner; /* borrowed; NULL: not here, or gone */
    uint16_t mindex;            /* with owner */
    bool keyframe_wanted;       /* asked for before the owner was there */
    ptn_time rtt;               /* largest of its sinks' peers that asked for packets */
    struct ring ring;
};

struct sent { /* one packet that went out; low 32 bits of the unwrapped numbers */
    uint32_t index, source_seq, ts;
    uint16_t resent_ms; /* when last, modulo 2^16; valid when times > 0 */
    uint8_t times;
};

struct sink {
    UT_hash_handle hh;
    uint64_t id;
    struct ptn_list node; /* in feed->sinks */
    struct feed *feed;    /* borrowed; NULL: not connected */
    struct ptn_endpoint *ep;
    uint16_t mindex;
    struct ptn_sink_params params;
    struct ptn_seqmap map;
    bool started, switched; /* switched: the next packet is of another source */
    int64_t last_index;
    int64_t source_floor; /* packets below are of another source */
    int64_t resend_floor; /* packets below went out under other header extensions */
    uint32_t last_ts, ts_delta;
    ptn_time last_at;
    struct sent *sent; /* owned; NULL until the m-line negotiates NACK and sends */
    size_t sent_size;
    ptn_time sent_since; /* when the present size was last filled once */
};

struct ptn_endpoint {
    struct ptn_graph *graph;
    struct ptn_peer *peer; /* owned */
    void *owner;
    struct ptn_list output; /* in graph->output while something is queued */
    struct feed **feed;     /* per m-line, NULL: not receiving; borrowed */
    struct sink **sink;     /* per m-line, NULL: none; owned */
    size_t mline_count;
};

struct ptn_graph {
    struct ptn_graph_config cfg;
    struct feed *feeds; /* owned: uthash by id */
    struct sink *sinks; /* uthash by id; owned by their endpoints */
    struct ptn_list output;
    size_t endpoints;
};

/* ring.c */
void ring_put(struct ptn_graph *g, struct ring *r, struct ptn_packet *packet, ptn_time keep);
struct ptn_packet *ring_find(const struct ring *r, int64_t ext_seq);
struct ptn_packet *ring_find_low(const struct ring *r, uint32_t low_seq);
void ring_done(struct ptn_graph *g, struct ring *r);
/* feed.c */
struct feed *feed_get(struct ptn_graph *g, uint64_t id); /* made when missing */
struct feed *feed_find(struct ptn_graph *g, uint64_t id);
void feed_release(struct ptn_graph *g, struct feed *f); /* freed when nobody needs it */
void feed_publish(struct ptn_graph *g, ptn_time now, struct feed *f,
                  struct ptn_packet *const *packets, size_t n);
void feed_keyframe(struct ptn_graph *g, ptn_time now, struct feed *f);
/* sink.c */
struct sink *sink_new(struct ptn_endpoint *ep, uint16_t mindex, uint64_t id);
void sink_free(struct sink *s);
void sink_attach(struct ptn_graph *g, struct sink *s, struct feed *f);
void sink_detach(struct ptn_graph *g, struct sink *s);
void sink_packet(struct sink *s, ptn_time now, struct ptn_packet *packet);
void sink_resend(struct sink *s, ptn_time now, uint16_t seq);
bool sink_wants_ring(const struct sink *s);

#endif
