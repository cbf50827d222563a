/* What the files of this folder share. Nobody else includes it. Control thread only. */
#ifndef PTN_WEB_INTERNAL_H
#define PTN_WEB_INTERNAL_H

#include <uv.h>

#include "base/addr.h"
#include "base/list.h"
#include "base/timers.h"
#include "transports/web/http.h"
#include "transports/web/web.h"

struct lws;
struct lws_context;
struct lws_vhost;

#define WEB_CHUNK 16384 /* bytes handed to lws at once: one TLS record */

/* One listening socket: its lws context, its connections. */
struct web_server {
    struct ptn_web_listener cfg; /* with everything it points at: borrowed from the config */
    char *base_path;             /* owned; without a trailing slash, "" for "/" */
    char *static_path;           /* owned; the same */
    int fd;                      /* owned until lws has adopted it, then -1 */
    const char *name;            /* for logs: borrowed from the listener */
    struct lws_context *context; /* owned; lws writes NULL when it is wholly gone */
    struct lws_vhost *vhost;
    struct lws *listen_wsi; /* NULL: not accepting any more */
    size_t wsi_count;       /* lws objects of this context that still exist */
    struct ptn_list conns;
    size_t conn_count;
    const struct ptn_addr *adopting; /* remote address of what lws is adopting just now */
    struct ptn_timer accept_again;   /* after running out of descriptors */
    struct ptn_web *web;             /* borrowed: parent */
};

enum web_stage { WEB_SERVING, WEB_FLUSHING, WEB_DESTROYING };

struct ptn_web {
    uv_loop_t *loop;     /* borrowed */
    struct ptn_api *api; /* borrowed */
    struct ptn_web_limits limits;
    struct web_server *servers; /* owned array */
    size_t server_count;
    struct ptn_timers timers; /* of all connections */
    uv_timer_t tick;          /* fires when the first of timers is due */
    bool in_tick;
    struct http_client http;
    struct ptn_web_counters counters;
    size_t held; /* bytes in buffers that peers fill: bodies, messages, queues */
    uint64_t next_id;
    struct ssl_ctx_st *client_ctx; /* owned; see context.c */
    uint8_t *scratch;              /* owned: LWS_PRE + WEB_CHUNK bytes */
    enum web_stage stage;
    ptn_time stage_since;
    unsigned quiet_ticks; /* loop rounds since the last lws object has gone */
    void (*done)(void *arg);
    void *done_arg;
};

/* Timers of this module run on the loop's clock. */
void web_arm(struct ptn_web *web, struct ptn_timer *timer, ptn_time in);
void web_disarm(struct ptn_web *web, struct ptn_timer *timer);

/* The one budget of everything peers make us keep (limits.memory). */
bool web_hold(struct ptn_web *web, size_t bytes); /* false: over it, nothing was taken */
void web_release(struct ptn_web *web, size_t bytes);

/* context.c */
ptn_err web_context_new(struct web_server *server, struct ptn_problems *problems,
                        struct ptn_where where);
/* Begins to destroy; the context pointer becomes NULL when lws has finished, which takes further
 * calls after the loop has run. */
void web_context_destroy(struct web_server *server);
void web_contexts_done(struct ptn_web *web); /* after the last of them has gone */
/* listen.c */
ptn_err web_listen_start(struct web_server *server);
void web_listen_stop(struct web_server *server);
void web_listen_ready(struct web_server *server); /* the descriptor is readable */
/* access.c */
/* Right after accept: refused when nothing this port serves is allowed to the remote address. */
bool web_access_at_accept(const struct web_server *server, const struct ptn_addr *remote);
/* With the head: on a shared port it decides whose list counts, and X-Forwarded-For is known. */
bool web_access_with_head(const struct web_server *server, const struct ptn_addr *remote,
                          const struct http_head *head, bool upgrade);

#endif
