/* Whole peers (ptn_peer, ptn_endpoint, ptn_graph) on a small bad network under a virtual clock,
 * without sockets and threads. Everything follows from the seed.
 *
 *   party ── its peer ── network ── the other party's peer
 *
 * A party lives on one loop (a packet pool and a graph). Loops hand packets, subscriptions and
 * keyframe requests to each other through the graph's ops, as the engine's mailboxes do. */
#ifndef PTN_TESTS_SIM_WORLD_H
#define PTN_TESTS_SIM_WORLD_H

#include "test.h"

#include "base/list.h"
#include "base/mem.h"
#include "base/rng.h"
#include "control/negotiate/negotiate.h"
#include "route/route.h"

#define WORLD_LOOPS 4
#define WORLD_PARTIES 4
#define WORLD_EVENTS 256
#define WORLD_NUMBERS 4096 /* packets of one flow that are watched */
#define TAP_LOOP 63        /* subscribes to whatever a party receives */

enum flow { AUDIO, VIDEO, FLOWS }; /* also the m-line's index in these calls */

struct world_config {
    uint64_t seed;
    unsigned loss, dup; /* per cent of the datagrams */
    unsigned delay_ms, jitter_ms;
    ptn_time min_nack_queue; /* 0: 200 ms */
    unsigned slowlink;       /* threshold; 0: off */
};

struct world;

struct sim_loop {
    struct world *world;
    unsigned index;
    struct ptn_packet_pool *pool;
    struct ptn_graph *graph;
    unsigned batches_out, subscribes, keyframes_out; /* what its ops were asked for */
};

/* What arrived of a flow at a party, by the number that each packet carries in its payload. */
struct arrivals {
    uint16_t times[WORLD_NUMBERS];
    unsigned total, distinct, corrupt;
    bool started;
    int64_t first_ext, last_ext, highest; /* by unwrapped sequence number */
    uint32_t ts_of_zero;                  /* timestamp of number 0, as the first packet implies */
    unsigned ts_jumps;
    unsigned with_playout; /* carried a playout delay extension */
    uint8_t playout[3];
    ptn_time last_at;
};

struct party {
    struct world *world;
    struct sim_loop *loop;
    struct party *other;
    struct ptn_endpoint *ep;
    struct ptn_addr addr; /* of its socket */
    struct ptn_addr seen; /* as the network sees it: changes when a NAT does */
    struct ptn_cand cand;
    char ufrag[9], pwd[25], next_ufrag[9], next_pwd[25];
    struct ptn_neg neg;
    struct ptn_plan *plan; /* the newest; one reference */
    bool is_dirty, is_mute, is_closed;
    /* what it publishes: a feed of its own loop */
    uint64_t publisher[FLOWS];
    unsigned sent[FLOWS];
    ptn_time next_send[FLOWS];
    bool is_publishing[FLOWS];
    bool with_playout_ext; /* video packets carry 1..2 (10 ms) */
    unsigned pps[FLOWS];
    /* recorded */
    struct ptn_peer_event event[WORLD_EVENTS];
    ptn_time event_at[WORLD_EVENTS];
    size_t event_count;
    struct arrivals got[FLOWS];
    unsigned datagrams_sent, media_sent; /* media: RTP or RTCP, protected */
};

struct flying {
    struct ptn_list node;
    ptn_time at;
    struct ptn_addr to;
    struct ptn_addr from;
    size_t len;
    uint8_t data[];
};

struct world {
    struct world_config cfg;
    struct ptn_rng_seed rng_state;
    struct ptn_rng rng;
    ptn_time now;
    struct sim_loop loop[WORLD_LOOPS];
    size_t loop_count;
    struct party party[WORLD_PARTIES];
    size_t party_count;
    struct ptn_list flying;
    struct ptn_list mail; /* between loops */
    uint64_t next_id;
    /* For each datagram sent; false: lost. */
    bool (*filter)(struct world *w, struct party *from, struct ptn_bytes datagram);
    unsigned filter_count;
};

/* Certificates and DTLS contexts that all worlds of a program share. */
enum { CTX_GCM, CTX_CM, CTXS };
extern struct ptn_dtls_ctx *sim_ctx[CTXS];
extern struct ptn_cert *sim_cert;
int world_global_setup(void **state);
int world_global_teardown(void **state);

struct world *world_new(const struct world_config *cfg);
void world_free(struct world *w); /* every packet must have come home */
struct sim_loop *world_loop(struct world *w);

struct party_config {
    struct sim_loop *loop;
    bool controlling, lite;
    int ctx; /* CTX_* */
};
struct party *world_party(struct world *w, const struct party_config *cfg);
/* Offer of a, answer of b, through SDP text, and both get their plans. */
struct call_options {
    bool restart;         /* the offerer has new ICE credentials */
    bool b_is_server;     /* DTLS: the answerer takes the passive role */
    bool bad_fingerprint; /* b is told a fingerprint that a does not have */
    bool no_rtx;          /* retransmissions in the stream itself */
    bool rotate_ssrcs;    /* the offerer sends under new SSRCs from now on */
};
void world_negotiate(struct party *a, struct party *b, const struct call_options *options);
/* Each learns the other's candidate. */
void world_introduce(struct party *a, struct party *b);
/* Party p sends what it receives back, as EchoTest does. */
void world_echo(struct party *p);
/* Begins to publish flows on p's m-lines: audio 50/s, video 90/s in frames of three. */
void world_publish(struct party *p);
void world_stop_publishing(struct party *p);
/* Watches what p receives. */
void world_tap(struct party *p);

bool world_run_until(struct world *w, bool (*done)(const struct world *w), ptn_time limit);
void world_run(struct world *w, ptn_time duration);
void world_pump(struct world *w); /* after calls made by hand */
ptn_err world_inject(struct party *to, const struct ptn_addr *from, struct ptn_bytes datagram);
void world_send(struct party *from, const struct ptn_datagram *d);

struct ptn_peer *peer_of(const struct party *p);
bool world_all_up(const struct world *w);
const struct ptn_peer_event *party_event(const struct party *p, enum ptn_peer_event_type type,
                                         size_t nth); /* NULL: fewer */
size_t party_events(const struct party *p, enum ptn_peer_event_type type);
/* The first ICE event of this state at or after index from; its index, or -1. */
int party_ice_event(const struct party *p, enum ptn_ice_state state, size_t from);
/* How many of numbers [0, until) never arrived. */
unsigned missing_of(const struct arrivals *a, unsigned until);
struct ptn_addr sim_addr(const char *text, uint16_t port);

#endif
