/* Clients of an engine, for tests: whole peers with sockets on loopback, all driven by the test's
 * thread, which is the engine's control thread too. They negotiate with the engine's peers as the
 * control side does, send numbered packets and watch what comes back.
 *
 *   client 0 ── UDP ── its peer, loop 0 ─┐ edges
 *   client 1 ── UDP ── its peer, loop 1 ─┘
 */
#ifndef PTN_TESTS_WORKER_CLIENTS_H
#define PTN_TESTS_WORKER_CLIENTS_H

#include "test.h"

#include "control/negotiate/negotiate.h"
#include "worker/engine.h"

#define CLIENTS 4
#define NUMBERS 8192               /* packets of one flow that are watched */
#define PATIENCE (60 * PTN_SECOND) /* for what takes milliseconds; sanitizers and load are slow */

enum flow { AUDIO, VIDEO, FLOWS }; /* also the m-line's index */

struct arrivals { /* of one flow at one client */
    /* since net_expect: packets of the publisher that is expected */
    unsigned stamp;
    unsigned first; /* number that came first */
    unsigned distinct, repeated, disordered,
        missing_below; /* first .. missing_below - 1 are all here */
    uint8_t times[NUMBERS];
    /* since the client joined: the numbering that its receiver sees */
    bool started;
    int64_t first_ext, highest_ext;
    unsigned total;
    unsigned corrupt;   /* neither of a publisher nor whole */
    unsigned intruders; /* of another publisher although the expected one has been heard */
};

struct client {
    struct net *net;
    unsigned index;
    int fd; /* -1: not there */
    struct ptn_addr addr;
    struct ptn_endpoint *ep; /* owned */
    struct ptn_neg neg, server_neg;
    char ufrag[9], pwd[25], server_ufrag[9], server_pwd[25];
    bool is_dirty, is_up, has_ended;
    unsigned keyframes; /* requests that have reached this client, for its video */
    /* what it sends */
    unsigned stamp; /* distinguishes publishers, also of one client before and after */
    uint64_t inject[FLOWS];
    unsigned sent[FLOWS];
    struct arrivals got[FLOWS];
    /* how its network behaves */
    unsigned drop_every; /* each n-th received video packet is lost once; 0: none */
    unsigned dropped;
    bool has_dropped[65536];
    /* what the control side knows of its peer in the engine */
    uint64_t peer;
    bool server_gathered, server_up;
    struct ptn_cand server_cand;
    unsigned server_keyframes; /* PLIs of this client that reached the engine */
    char closed[160];          /* reason of the CLOSED notice; empty: none yet */
    json_t *stats;             /* owned: the newest STATS notice */
};

struct net {
    struct ptn_engine *engine;
    unsigned loops;
    struct ptn_dtls_ctx *server_ctx, *client_ctx;
    struct ptn_cert *server_cert, *client_cert;
    struct ptn_packet_pool *pool; /* of all clients */
    struct ptn_graph *graph;
    struct ptn_rng rng;
    ptn_time now;
    uint64_t next_id;
    unsigned next_stamp;
    struct client client[CLIENTS];
};

/* A started engine with one socket a loop, and no client yet. */
struct net *net_new(unsigned loops);
/* The engine stops with whatever is alive, then the clients go; every packet must have come home.
 */
void net_free(struct net *n);
/* The client and its peer, on the loop given (modulo), until media can flow. */
struct client *net_join(struct net *n, unsigned client, unsigned loop);
/* The client's socket and peer go; close_notify is sent first unless it vanishes. The peer in the
 * engine is left to notice. */
void net_leave(struct client *c, bool polite);
/* An edge in the engine. */
void net_connect(struct client *from, struct client *to, enum flow flow);
/* From here on `to` hears `from` on this flow, and nobody else once it has heard it. */
void net_expect(struct client *to, enum flow flow, const struct client *from);
void net_send(struct client *c, enum flow flow); /* the next packet */
/* How many of its packets somebody who expects c has not received yet, at worst. */
unsigned net_behind(const struct client *c, enum flow flow);
/* One round: waits for sockets, notices or deadlines (10 ms at most) and works them off. */
void net_turn(struct net *n);

#define WAIT_UNTIL(net, cond)                                                                      \
    for (ptn_time end_ = ptn_time_now() + PATIENCE; !(cond); net_turn(net))                        \
    CHECK(ptn_time_now() < end_, "waited in vain")

#endif
