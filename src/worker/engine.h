/* The media engine as the control loop sees it: media loops (one thread each), peers on them, and
 * edges from sources to sinks. Everything here is called on the control thread, posts a command to
 * a loop and returns at once; answers come back as notices. Ids are chosen by this side, so that
 * commands can be posted in a row without waiting. Late commands to dead ids are counted, never
 * errors. */
#ifndef PTN_WORKER_ENGINE_H
#define PTN_WORKER_ENGINE_H

#include <jansson.h>

#include "base/addr.h"
#include "ice/ice.h"
#include "media/plan.h"
#include "route/route.h" /* struct ptn_sink_params */

struct ptn_engine;

#define PTN_ENGINE_LOOPS_MAX 64

struct ptn_engine_socket { /* a bound UDP socket, owned by the engine once started */
    int fd;
    unsigned loop;        /* which loop reads it */
    struct ptn_addr addr; /* what it is bound to: exact address and port */
};

struct ptn_engine_config {
    unsigned loops;                          /* 1..PTN_ENGINE_LOOPS_MAX */
    const struct ptn_engine_socket *sockets; /* copied; at least one per loop */
    size_t socket_count;
    struct ptn_dtls_ctx *dtls_ctx; /* a reference is taken */
    uint16_t dtls_mtu;
    bool ice_lite, ice_aggressive;
    uint8_t dscp;                /* 0..63, of every media packet */
    ptn_time twcc_period;        /* 200 ms */
    ptn_time no_media_timer;     /* 1 s; 0: off */
    unsigned slowlink_threshold; /* packets per second; 0: off */
    ptn_time min_nack_queue;     /* 200 ms */
    unsigned peers_per_loop_max; /* refused beyond; 0: 20,000 */
};

enum ptn_notice_type {
    PTN_NOTICE_GATHERED, /* cand[]: all local candidates are known */
    PTN_NOTICE_ICE,      /* ice_state, and text when failed */
    PTN_NOTICE_SELECTED, /* path pair in text ("192.0.2.1:5 [host,udp] <-> …") */
    PTN_NOTICE_DTLS,     /* text: "trying", "connected", "failed"; flag: retransmissions > 0 */
    PTN_NOTICE_UP,       /* DTLS finished; text: SRTP profile */
    PTN_NOTICE_MEDIA,    /* mindex, layer (-1 without simulcast), flag: receiving */
    PTN_NOTICE_SLOWLINK, /* mindex, flag: uplink (we lose what we send), value: lost */
    PTN_NOTICE_REMB,     /* value: bit/s the peer estimates for what we send */
    PTN_NOTICE_KEYFRAME, /* mindex: the peer asked for one of what we send (PLI/FIR) */
    PTN_NOTICE_CLOSED,   /* last notice of a peer: text = reason of core.md 7.5, detail */
    PTN_NOTICE_STATS,    /* json: answer to ptn_engine_peer_stats; value: its token */
};

#define PTN_NOTICE_CANDS 16

struct ptn_notice {
    enum ptn_notice_type type;
    uint64_t peer;
    enum ptn_ice_state ice_state;
    uint16_t mindex;
    int8_t layer;
    bool flag;
    uint64_t value;
    json_t *json; /* stolen by the handler when not NULL */
    size_t cand_count;
    struct ptn_cand cand[PTN_NOTICE_CANDS];
    char text[160];
    char detail[160];
};

/* Called on the control thread, in the order each loop sent them. */
typedef void ptn_notice_fn(void *ctx, struct ptn_notice *notice);

/* Threads start; sockets are theirs. PTN_EIO: thread or epoll refused, everything is undone. */
PTN_MUST_CHECK ptn_err ptn_engine_start(const struct ptn_engine_config *cfg, ptn_notice_fn *notify,
                                        void *ctx, struct ptn_engine **out);
/* Peers send close_notify, loops drain and end, threads are joined, sockets closed. */
void ptn_engine_stop(struct ptn_engine *engine);

/* Readable when notices wait (for a uv_poll_t); then call dispatch. */
int ptn_engine_fd(const struct ptn_engine *engine);
void ptn_engine_dispatch(struct ptn_engine *engine);
/* Between hold and release, commands wait: the loops are woken once, for all of them. */
void ptn_engine_hold(struct ptn_engine *engine);
void ptn_engine_release(struct ptn_engine *engine);

unsigned ptn_engine_loops(const struct ptn_engine *engine);

struct ptn_peer_params {
    uint64_t affinity; /* peers of equal non-zero affinity share a loop while it has room */
    int loop;          /* -1: the engine picks; else this loop (taken modulo) */
    bool controlling;
    char ufrag[33], pwd[65]; /* ours, made by the caller */
};

/* Returns PTN_ELIMIT when the loop is full or the command lane has no room. *id is never 0. */
PTN_MUST_CHECK ptn_err ptn_engine_peer_new(struct ptn_engine *engine,
                                           const struct ptn_peer_params *params, uint64_t *id);
unsigned ptn_engine_peer_loop(uint64_t peer_id); /* index of its loop */
/* An id for a source or sink of an m-line of this peer, to be put into its plans. */
uint64_t ptn_engine_stream_id(struct ptn_engine *engine, uint64_t peer_id);
/* plan: the reference is taken over. */
PTN_MUST_CHECK ptn_err ptn_engine_peer_plan(struct ptn_engine *engine, uint64_t peer_id,
                                            struct ptn_plan *plan);
/* cand NULL: end of candidates. */
PTN_MUST_CHECK ptn_err ptn_engine_peer_candidate(struct ptn_engine *engine, uint64_t peer_id,
                                                 const struct ptn_cand *cand);
/* Polite end; a CLOSED notice with this reason follows. Never fails: its slot was reserved. */
void ptn_engine_peer_close(struct ptn_engine *engine, uint64_t peer_id, const char *reason);
/* Asks for the peer's statistics and state as JSON; answered by a STATS notice with the token. */
PTN_MUST_CHECK ptn_err ptn_engine_peer_stats(struct ptn_engine *engine, uint64_t peer_id,
                                             uint64_t token);
/* REMB towards the peer, now and whenever the engine repeats it (once a second); 0: no cap. */
PTN_MUST_CHECK ptn_err ptn_engine_peer_remb(struct ptn_engine *engine, uint64_t peer_id,
                                            uint32_t bitrate);

/* A sink takes the packets of one source at a time; connecting again replaces the edge and asks
 * the new source for a keyframe. Either end may be gone or not there yet: the edge waits for it. */
PTN_MUST_CHECK ptn_err ptn_engine_connect(struct ptn_engine *engine, uint64_t source,
                                          uint64_t sink);
PTN_MUST_CHECK ptn_err ptn_engine_disconnect(struct ptn_engine *engine, uint64_t sink);

PTN_MUST_CHECK ptn_err ptn_engine_sink_set(struct ptn_engine *engine, uint64_t sink,
                                           const struct ptn_sink_params *params);
/* Merged and rate-limited at the source. */
PTN_MUST_CHECK ptn_err ptn_engine_keyframe(struct ptn_engine *engine, uint64_t source);

struct ptn_engine_counters { /* sums over loops; read without stopping them */
    uint64_t peers, rx_packets, tx_packets, rx_dropped, tx_dropped, late_commands, stun_unknown,
        half_open_refused, lane_full;
};
void ptn_engine_get_counters(struct ptn_engine *engine, struct ptn_engine_counters *out);

#endif
