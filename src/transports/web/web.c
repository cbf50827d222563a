#include "transports/web/web.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/listener.h"
#include "transports/web/conn.h"
#include "transports/web/ws.h"

#include <libwebsockets.h>

#define FLUSH_TIME PTN_SECOND /* for last words to all clients */
#define STOP_TICK_MS 2        /* while ending, how often to look whether lws is through */
#define QUIET_TICKS 3         /* loop rounds that closed uv handles need at most: one, by libuv */

/* -- timers and budget ----------------------------------------------------------------------- */

static void on_tick(uv_timer_t *tick);

static void schedule(struct ptn_web *web) {
    ptn_time next = ptn_timers_next(&web->timers);
    if (web->in_tick || web->stage == WEB_DESTROYING)
        return;
    if (next == PTN_NEVER) {
        uv_timer_stop(&web->tick);
        return;
    }
    ptn_time left = next - ptn_time_now();
    uint64_t ms = left > 0 ? (uint64_t)(left + PTN_MS - 1) / PTN_MS : 0;
    if (web->stage == WEB_FLUSHING && ms > STOP_TICK_MS)
        ms = STOP_TICK_MS;
    uv_timer_start(&web->tick, on_tick, ms, 0);
}

void web_arm(struct ptn_web *web, struct ptn_timer *timer, ptn_time in) {
    ptn_time first = ptn_timers_next(&web->timers);
    ptn_timer_arm(&web->timers, timer, ptn_time_now() + in);
    if (ptn_timers_next(&web->timers) != first)
        schedule(web);
}

void web_disarm(struct ptn_web *web, struct ptn_timer *timer) {
    ptn_timer_disarm(&web->timers, timer); /* a tick without work schedules the next one */
}

bool web_hold(struct ptn_web *web, size_t bytes) {
    if (bytes > web->limits.memory - web->held)
        return false;
    web->held += bytes;
    return true;
}

void web_release(struct ptn_web *web, size_t bytes) {
    web->held -= bytes;
}

/* -- ending ---------------------------------------------------------------------------------- */

static void web_free(uv_handle_t *tick) {
    struct ptn_web *web = tick->data;
    void (*done)(void *) = web->done;
    void *arg = web->done_arg;
    for (size_t i = 0; i < web->server_count; i++) {
        free(web->servers[i].base_path);
        free(web->servers[i].static_path);
    }
    web_contexts_done(web);
    ptn_timers_done(&web->timers);
    free(web->servers);
    free(web->scratch);
    free(web);
    if (done)
        done(arg);
}

static size_t conns_left(const struct ptn_web *web) {
    size_t n = 0;
    for (size_t i = 0; i < web->server_count; i++)
        n += web->servers[i].conn_count;
    return n;
}

static size_t lws_left(const struct ptn_web *web) {
    size_t n = 0;
    for (size_t i = 0; i < web->server_count; i++)
        n += web->servers[i].wsi_count;
    return n;
}

static bool contexts_left(const struct ptn_web *web) {
    for (size_t i = 0; i < web->server_count; i++)
        if (web->servers[i].context)
            return true;
    return false;
}

static void destroy_contexts(struct ptn_web *web) {
    for (size_t i = 0; i < web->server_count; i++)
        web_context_destroy(&web->servers[i]);
}

/* With a loop of ours, lws_context_destroy first only closes its uv handles; they are gone when the
 * loop has come round, and a second call frees the rest and clears the pointer. */
static void on_destroy_tick(uv_timer_t *tick) {
    struct ptn_web *web = tick->data;
    if (lws_left(web) > 0 || web->quiet_ticks++ < QUIET_TICKS)
        return;
    destroy_contexts(web);
    if (!contexts_left(web))
        uv_close((uv_handle_t *)tick, web_free);
}

static void begin_destroying(struct ptn_web *web) {
    web->stage = WEB_DESTROYING;
    destroy_contexts(web);
    uv_timer_start(&web->tick, on_destroy_tick, STOP_TICK_MS, STOP_TICK_MS);
}

static void stop_accepting(struct ptn_web *web) {
    for (size_t i = 0; i < web->server_count; i++)
        web_listen_stop(&web->servers[i]);
}

static void say_goodbye(struct ptn_web *web) {
    http_sessions_done(web);
    ptn_api_client_gone(web->api, &web->http.client);
    for (size_t i = 0; i < web->server_count; i++) {
        PTN_LIST_EACH (it, &web->servers[i].conns) {
            struct web_conn *conn = ptn_container_of(it, struct web_conn, link);
            ws_goodbye(conn);
            if (!conn->ws && conn->request && conn->request->state == HTTP_SENDING)
                conn->request->keep_alive = false; /* closes when the answer is out */
            else if (!conn->ws)
                conn_kill(conn, "server shutting down");
        }
    }
}

void ptn_web_stop(struct ptn_web *web, void (*done)(void *arg), void *arg) {
    web->done = done;
    web->done_arg = arg;
    web->stage = WEB_FLUSHING;
    web->stage_since = ptn_time_now();
    stop_accepting(web);
    say_goodbye(web);
    uv_timer_start(&web->tick, on_tick, 0, 0);
}

static void on_tick(uv_timer_t *tick) {
    struct ptn_web *web = tick->data;
    ptn_time now = ptn_time_now();
    web->in_tick = true;
    ptn_timers_run(&web->timers, now);
    web->in_tick = false;
    if (web->stage == WEB_SERVING) {
        schedule(web);
        return;
    }
    if (conns_left(web) == 0 || now - web->stage_since > FLUSH_TIME)
        begin_destroying(web);
    else
        uv_timer_start(&web->tick, on_tick, STOP_TICK_MS, 0);
}

/* -- starting -------------------------------------------------------------------------------- */

static struct ptn_web_limits with_defaults(struct ptn_web_limits l) {
#define DEFAULT(field, value) l.field = l.field ? l.field : (value)
    DEFAULT(message, (size_t)1 << 20);
    DEFAULT(connections, 1020);
    DEFAULT(ws_queue_bytes, (size_t)4 << 20);
    DEFAULT(ws_queue_messages, 4096);
    DEFAULT(ws_inflight, 1024);
    DEFAULT(poll_queue_bytes, (size_t)4 << 20);
    DEFAULT(poll_queue_events, 1024);
    DEFAULT(memory, (size_t)256 << 20);
    DEFAULT(header_time, 10 * PTN_SECOND);
    DEFAULT(body_time, 30 * PTN_SECOND);
    DEFAULT(reply_time, 10 * PTN_SECOND);
    DEFAULT(poll_time, 30 * PTN_SECOND);
    DEFAULT(idle_time, 120 * PTN_SECOND);
    DEFAULT(write_time, 30 * PTN_SECOND);
#undef DEFAULT
    return l;
}

/* "/janus/" is "/janus", "/" is "". */
static char *without_slash(const char *path) {
    size_t n = path ? strlen(path) : 0;
    while (n > 0 && path[n - 1] == '/')
        n--;
    return ptn_strndup(path ? path : "", n);
}

static void server_init(struct web_server *server, struct ptn_web *web,
                        const struct ptn_web_listener *cfg) {
    server->web = web;
    server->cfg = *cfg;
    server->fd = cfg->listener->fd;
    server->name = cfg->listener->name;
    server->base_path = without_slash(cfg->http ? cfg->http->base_path : NULL);
    server->static_path = without_slash(cfg->http ? cfg->http->static_path : NULL);
    ptn_list_init(&server->conns);
}

static struct ptn_web *web_new(const struct ptn_web_config *cfg) {
    struct ptn_web *web = ptn_new(struct ptn_web);
    web->loop = cfg->loop;
    web->api = cfg->api;
    web->limits = with_defaults(cfg->limits);
    web->server_count = cfg->listener_count;
    web->servers = ptn_new_array(struct web_server, cfg->listener_count);
    web->scratch = ptn_alloc(LWS_PRE + WEB_CHUNK);
    for (size_t i = 0; i < cfg->listener_count; i++)
        server_init(&web->servers[i], web, &cfg->listeners[i]);
    ptn_timers_init(&web->timers);
    uv_timer_init(web->loop, &web->tick);
    web->tick.data = web;
    http_client_init(web);
    return web;
}

static ptn_err server_start(struct web_server *server, const struct ptn_web_config *cfg,
                            struct ptn_problems *problems) {
    struct ptn_where where = cfg->where;
    if (server->cfg.listener->where.key)
        where = server->cfg.listener->where;
    if (server->cfg.api == PTN_WEB_API_ADMIN) {
        ptn_problems_error(problems, where, "%s: the Admin API is not supported yet", server->name);
        return PTN_EINVALID;
    }
    PTN_TRY(web_context_new(server, problems, where));
    ptn_err err = web_listen_start(server);
    if (err != PTN_OK)
        ptn_problems_error(problems, where, "%s: the listening socket could not be taken over",
                           server->name);
    return err;
}

ptn_err ptn_web_start(const struct ptn_web_config *cfg, struct ptn_problems *problems,
                      struct ptn_web **out) {
    struct ptn_web *web = web_new(cfg);
    for (size_t i = 0; i < web->server_count; i++) {
        ptn_err err = server_start(&web->servers[i], cfg, problems);
        if (err == PTN_OK)
            continue;
        stop_accepting(web);
        begin_destroying(web);
        return err;
    }
    *out = web;
    return PTN_OK;
}

struct ptn_web_counters ptn_web_counters(const struct ptn_web *web) {
    struct ptn_web_counters counters = web->counters;
    counters.held_bytes = web->held;
    return counters;
}
