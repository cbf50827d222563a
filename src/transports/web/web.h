/* HTTP(S) and WebSocket(S): the Janus API and static files, on the control loop. libwebsockets
 * accepts nothing itself: it is handed open listening sockets (net/listener.h) and carries bytes
 * and TLS; the README says why it carries no more.
 * One lws context with exactly one vhost per listening socket: the identity of a listener travels
 * with the accepted socket, never with Host or SNI. Control thread only. */
#ifndef PTN_TRANSPORTS_WEB_WEB_H
#define PTN_TRANSPORTS_WEB_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/problems.h"
#include "base/time.h"
#include "transports/json_text.h"

struct ptn_acl;
struct ptn_api;
struct ptn_listener;
struct ptn_web;

/* Section "cors" of each transport's file. */
struct ptn_web_cors {
    const char *allow_origin; /* NULL: "*" and no credentials */
    bool enforce;             /* only with allow_origin: other origins get 403 */
};

/* Who may connect. A refused connection is closed right after accept, before a byte is read. */
struct ptn_web_access {
    const struct ptn_acl *acl; /* NULL: everybody */
    bool forwarded;            /* X-Forwarded-For, when present, must be allowed as well */
};

/* What an HTTP listener serves. */
struct ptn_web_http {
    const char *base_path; /* "/janus"; starts with '/', a trailing slash is cut; "/" allowed */
    enum ptn_json_style style;
    struct ptn_web_cors cors;
    struct ptn_web_access access;
    const char *static_folder; /* served for GET and HEAD; NULL: none (404) */
    const char *static_path;   /* URL prefix of the folder: "/" or "/demos"; NULL: "/" */
};

/* What a WebSocket listener serves. */
struct ptn_web_ws {
    enum ptn_json_style style;
    struct ptn_web_cors cors;
    struct ptn_web_access access;
    int64_t ping_trigger_s; /* idle time before a PING; both must be > 0, else no pings */
    int64_t ping_timeout_s; /* no PONG within this: closed */
};

/* PEM files, already checked by the configuration. One certificate per listener. */
struct ptn_web_tls {
    const char *cert_pem; /* chain */
    const char *key_pem;  /* NULL: the key is in cert_pem */
    const char *password; /* NULL: none */
    const char *ciphers;  /* OpenSSL list for TLS 1.2; NULL: library default. TLS < 1.2 is off */
};

enum ptn_web_api_kind {
    PTN_WEB_API_JANUS = 0,
    PTN_WEB_API_ADMIN, /* not served yet: ptn_web_start refuses it */
};

/* One listening socket and what it serves: HTTP, WebSocket, or (a shared port) both. */
struct ptn_web_listener {
    const struct ptn_listener *listener; /* its fd is taken over: closed by ptn_web_stop */
    enum ptn_web_api_kind api;
    const struct ptn_web_tls *tls;   /* NULL: plain */
    const struct ptn_web_http *http; /* NULL: a plain request gets 403, as on a WebSocket port */
    const struct ptn_web_ws *ws;     /* NULL: an upgrade is refused with 403 */
};

/* Zero means the default beside it. Durations are microseconds. */
struct ptn_web_limits {
    size_t message;           /* 1 MiB: request body or WebSocket message */
    size_t connections;       /* 1020 per listener (general.mhd_connection_limit) */
    size_t ws_queue_bytes;    /* 4 MiB waiting to be sent on one WebSocket: then it is closed */
    size_t ws_queue_messages; /* 4096 */
    size_t ws_inflight;       /* 1024 requests of one WebSocket without a reply: reading pauses */
    size_t poll_queue_bytes; /* 4 MiB of events waiting for polls of one session, see http_poll.c */
    size_t poll_queue_events; /* 1024 */
    size_t memory;            /* 256 MiB: all bodies, messages and queues of all clients together */
    ptn_time header_time;     /* 10 s from accept to the end of the first request's headers */
    ptn_time body_time;       /* 30 s for a request body */
    ptn_time reply_time;      /* 10 s for the core's reply: then the connection is dropped */
    ptn_time poll_time;       /* 30 s until a long poll answers with a keepalive */
    ptn_time idle_time;       /* 120 s of an HTTP connection without a request */
    ptn_time write_time;      /* 30 s without a byte taken by the client: closed */
};

/* Borrowed, with everything it points at, until ptn_web_stop's callback has run. */
struct ptn_web_config {
    uv_loop_t *loop;
    struct ptn_api *api;
    const struct ptn_web_listener *listeners;
    size_t listener_count;
    struct ptn_web_limits limits;
    struct ptn_where where; /* for problems that no single key causes */
};

struct ptn_web_counters {
    uint64_t accepted, refused_acl, refused_limit;
    uint64_t http_connections, https_connections, ws_connections; /* open now */
    uint64_t held_bytes;                                          /* of limits.memory, now */
    uint64_t http_requests, ws_messages;
    uint64_t ws_opened, ws_refused; /* handshakes */
    uint64_t too_large;             /* bodies and messages over limits.message */
    uint64_t malformed;             /* bad chunks, lengths, frames of no use */
    uint64_t not_json;              /* 454 */
    uint64_t timeouts;              /* slow headers, bodies, readers, replies; ping timeouts */
    uint64_t slow_clients;          /* WebSockets closed because a queue limit was reached */
    uint64_t poll_overflows;        /* sessions whose event queue reached a limit */
    uint64_t late_replies;          /* replies for a request whose connection had gone */
};

/* Starts serving: the sockets are accepted from when the loop runs next.
 *  cfg      borrowed, see above; every cfg->listeners[i].listener->fd is ours from now on
 *  returns  PTN_EIO or PTN_EINVALID with the cause in problems (a certificate that does not load,
 * no libuv support in libwebsockets, an admin listener). The loop must then still be run until its
 * handles are closed; the listening descriptors have been closed. */
PTN_MUST_CHECK ptn_err ptn_web_start(const struct ptn_web_config *cfg,
                                     struct ptn_problems *problems, struct ptn_web **out);

/* Ends in order: stops accepting and closes the listening sockets; closes every connection (a
 * WebSocket with 1001, a waiting poll with a keepalive; ptn_api_client_gone for each client);
 * destroys the contexts; calls done(arg) from the loop when all uv handles are closed and web is
 * freed. Call it once; the loop must go on running until done. done may be NULL. */
void ptn_web_stop(struct ptn_web *web, void (*done)(void *arg), void *arg);

struct ptn_web_counters ptn_web_counters(const struct ptn_web *web);
/* Messages of libwebsockets itself ("general.ws_logging"): a comma list of err, warn, notice, info,
 * debug, parser, header, ext, client, latency, user, count; or none, all. NULL: err and warn. They
 * go to our log. PTN_EINVALID names nothing: an unknown word. Process-wide, before start. */
PTN_MUST_CHECK ptn_err ptn_web_set_lws_logging(const char *words);

#endif
