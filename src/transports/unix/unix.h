/* The Janus API over Unix sockets, on the control loop: one packet is one JSON object, both ways.
 * SEQPACKET: each connection is a client, and its end is the client's end. DGRAM: each path that
 * clients send from is a client; nobody tells when it is gone. The sockets come open from
 * net/unix.h and stay the caller's. Control thread only. */
#ifndef PTN_TRANSPORTS_UNIX_UNIX_H
#define PTN_TRANSPORTS_UNIX_UNIX_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/problems.h"
#include "base/time.h"
#include "transports/json_text.h"

struct ptn_api;
struct ptn_unix;
struct ptn_unix_socket;

enum ptn_unix_api_kind {
    PTN_UNIX_API_JANUS = 0,
    PTN_UNIX_API_ADMIN, /* not served yet: ptn_unix_start refuses it */
};

/* One socket and what it serves. */
struct ptn_unix_listener {
    const struct ptn_unix_socket *socket;
    enum ptn_unix_api_kind api;
    enum ptn_json_style style;
};

/* Zero means the default beside it. */
struct ptn_unix_limits {
    size_t message; /* 1 MiB: of a request. The reference server stops at 8191 bytes */
    size_t clients; /* 1020 per socket: connections, or paths that own a session or owe a reply */
    size_t queue_bytes;    /* 4 MiB waiting for one client, then: SEQPACKET it is closed, */
    size_t queue_messages; /* 4096                          DGRAM the message is dropped */
    size_t inflight;       /* 1024 requests of one client without a reply: SEQPACKET reading pauses,
                            * DGRAM the next gets error 490 */
    size_t memory;         /* 64 MiB: the queues of all clients together */
    ptn_time write_time;   /* 30 s without a message taken by the client: SEQPACKET it is closed,
                            * DGRAM its queue is dropped */
};

/* Borrowed, with everything it points at, until ptn_unix_stop's callback has run. */
struct ptn_unix_config {
    uv_loop_t *loop;
    struct ptn_api *api;
    const struct ptn_unix_listener *listeners;
    size_t listener_count;
    struct ptn_unix_limits limits;
};

struct ptn_unix_counters {
    uint64_t accepted;      /* connections, and paths seen */
    uint64_t refused_limit; /* of them: too many at once */
    uint64_t clients;       /* now */
    uint64_t held_bytes;    /* of limits.memory, now */
    uint64_t messages;      /* requests */
    uint64_t not_json;      /* 454 */
    uint64_t too_large;     /* requests over limits.message, also 454 */
    uint64_t nameless;      /* datagrams from sockets without a name: no answer can be sent */
    uint64_t sent;
    uint64_t slow_clients; /* connections closed because a queue limit was reached */
    uint64_t timeouts;     /* write_time ran out */
    uint64_t dropped;      /* messages that could not be delivered: the path is gone or does not
                            * read, or the message is more than the kernel takes */
};

/* Starts serving: packets are taken from when the loop runs next.
 *  cfg      borrowed, see above
 *  returns  PTN_EINVALID (an admin listener) or PTN_EIO with the cause in problems. The loop must
 *           then still be run until its handles are closed, before the sockets are. */
PTN_MUST_CHECK ptn_err ptn_unix_start(const struct ptn_unix_config *cfg,
                                      struct ptn_problems *problems, struct ptn_unix **out);

/* Ends in order: takes no more clients or requests, ends the clients (ptn_api_client_gone for
 * each), sends what is queued for at most a second, and calls done(arg) from the loop when all its
 * handles are closed and it is freed. The sockets may be closed then. Call it once; done may be
 * NULL. */
void ptn_unix_stop(struct ptn_unix *u, void (*done)(void *arg), void *arg);

struct ptn_unix_counters ptn_unix_counters(const struct ptn_unix *u);

#endif
