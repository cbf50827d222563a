/* What the files of this folder share. Nobody else includes it. Control thread only. */
#ifndef PTN_UNIX_INTERNAL_H
#define PTN_UNIX_INTERNAL_H

#include <uv.h>

#include "api/api.h"
#include "base/bytes.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/timers.h"
#include "net/unix.h"
#include "transports/unix/unix.h"

#define RECEIVE_ROUND 64 /* packets per callback: one busy client does not hold up the loop */

struct dgram_client;

/* One socket: connections are accepted from it, or it is all there is (DGRAM). */
struct unix_server {
    struct ptn_unix_listener cfg;
    struct ptn_unix *u; /* borrowed: parent */
    uv_poll_t poll;
    struct ptn_list clients; /* struct unix_client */
    size_t client_count;
    struct ptn_timer accept_again;   /* SEQPACKET: after running out of descriptors */
    struct dgram_client *by_address; /* DGRAM: the same clients, by uthash */
    size_t send_room;                /* DGRAM: what the kernel keeps for us, unread by clients */
};

enum unix_stage { UNIX_SERVING, UNIX_FLUSHING, UNIX_CLOSING };

struct ptn_unix {
    uv_loop_t *loop;     /* borrowed */
    struct ptn_api *api; /* borrowed */
    struct ptn_unix_limits limits;
    struct unix_server *servers; /* owned array */
    size_t server_count;
    struct ptn_timers timers; /* of all clients and servers */
    uv_timer_t tick;          /* fires when the first of timers is due */
    bool in_tick;
    size_t handles; /* uv handles that are not closed yet */
    struct ptn_unix_counters counters;
    struct ptn_log_limit drop_log;
    uint64_t next_id;
    uint8_t *packet; /* owned: limits.message bytes, for the request at hand */
    enum unix_stage stage;
    ptn_time stage_since;
    void (*done)(void *arg);
    void *done_arg;
};

/* unix.c: timers run on the loop's clock. */
void unix_arm(struct ptn_unix *u, struct ptn_timer *timer, ptn_time in);
void unix_disarm(struct ptn_unix *u, struct ptn_timer *timer);
void unix_handle_closed(struct ptn_unix *u); /* frees u with the last one */

/* -- client.c: what both kinds have in common -------------------------------------------------- */

enum unix_sent {
    UNIX_SENT,
    UNIX_BLOCKED, /* later */
    UNIX_LOST,    /* this message cannot be delivered */
    UNIX_BROKEN,  /* nothing can any more */
};

struct unix_client;

struct unix_kind {
    /* Hands one message to the kernel. */
    enum unix_sent (*transmit)(struct unix_client *c, const char *text, size_t n);
    /* The rest may be called by the API, so they only note and arrange for settle: */
    void (*waiting)(struct unix_client *c);   /* something is queued: flush it when that may work */
    void (*broken)(struct unix_client *c);    /* transmit said so */
    void (*overflow)(struct unix_client *c);  /* a message did not fit into the queue: it is lost */
    void (*timed_out)(struct unix_client *c); /* a session of it has timed out, and was told so */
    void (*answered)(struct unix_client *c);  /* it has one request or session less */
    /* From our own timers: the queue has not moved for limits.write_time. */
    void (*stalled)(struct unix_client *c);
    /* From our own callbacks only: acts upon what was noted, and may free the client. */
    void (*settle)(struct unix_client *c);
};

struct unix_client {
    struct ptn_client api;
    const struct unix_kind *kind;
    struct unix_server *server; /* borrowed: parent */
    struct ptn_list link;
    struct ptn_list out; /* owned: messages that wait */
    size_t out_bytes, out_count;
    size_t inflight; /* requests without a reply */
    size_t sessions; /* that it owns */
    uint64_t last_cookie;
    struct ptn_timer settle_timer, stall_timer;
    bool muted;     /* nothing is sent any more but what is queued */
    bool gone_told; /* the API knows that the client is gone */
};

void unix_client_init(struct unix_client *c, struct unix_server *server,
                      const struct unix_kind *kind);
/* The API is told, the queue dropped, the timers disarmed. */
void unix_client_done(struct unix_client *c);
void unix_client_tell_gone(struct unix_client *c);
/* One packet; is_cut: it was larger than limits.message. */
void unix_client_packet(struct unix_client *c, struct ptn_bytes text, bool is_cut);
/* Sends from the front of the queue until it is empty or blocked. */
void unix_client_flush(struct unix_client *c);
void unix_client_drop_queue(struct unix_client *c); /* uncounted */
void unix_client_settle_in(struct unix_client *c, ptn_time in);

/* -- seqpacket.c and dgram.c ------------------------------------------------------------------- */

PTN_MUST_CHECK ptn_err seqpacket_start(struct unix_server *server);
PTN_MUST_CHECK ptn_err dgram_start(struct unix_server *server);
/* No more clients and requests; what is queued is still sent. */
void seqpacket_stop(struct unix_server *server);
void dgram_stop(struct unix_server *server);
/* The end: clients and handles are closed. */
void seqpacket_close(struct unix_server *server);
void dgram_close(struct unix_server *server);

#endif
