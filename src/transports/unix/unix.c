/* Start, timers, and the end in order. */
#include "transports/unix/unix.h"

#include <stdlib.h>

#include "transports/unix/internal.h"

#define FLUSH_TIME PTN_SECOND /* for what is queued when it ends */
#define STOP_TICK_MS 2        /* while ending, how often to look whether all is sent */

static const struct {
    ptn_err (*start)(struct unix_server *server);
    void (*stop)(struct unix_server *server), (*close)(struct unix_server *server);
} types[] = {
    [PTN_UNIX_SEQPACKET] = {seqpacket_start, seqpacket_stop, seqpacket_close},
    [PTN_UNIX_DGRAM] = {dgram_start, dgram_stop, dgram_close},
};

/* -- timers ------------------------------------------------------------------------------------ */

static void on_tick(uv_timer_t *tick);

static void schedule(struct ptn_unix *u) {
    ptn_time next = ptn_timers_next(&u->timers);
    if (u->in_tick || u->stage == UNIX_CLOSING)
        return;
    if (next == PTN_NEVER) {
        uv_timer_stop(&u->tick);
        return;
    }
    ptn_time left = next - ptn_time_now();
    uint64_t ms = left > 0 ? (uint64_t)(left + PTN_MS - 1) / PTN_MS : 0;
    if (u->stage == UNIX_FLUSHING && ms > STOP_TICK_MS)
        ms = STOP_TICK_MS;
    uv_timer_start(&u->tick, on_tick, ms, 0);
}

void unix_arm(struct ptn_unix *u, struct ptn_timer *timer, ptn_time in) {
    ptn_time first = ptn_timers_next(&u->timers);
    ptn_timer_arm(&u->timers, timer, ptn_time_now() + in);
    if (ptn_timers_next(&u->timers) != first)
        schedule(u);
}

void unix_disarm(struct ptn_unix *u, struct ptn_timer *timer) {
    ptn_timer_disarm(&u->timers, timer); /* a tick without work schedules the next one */
}

/* -- ending ------------------------------------------------------------------------------------ */

void unix_handle_closed(struct ptn_unix *u) {
    if (--u->handles > 0 || u->stage != UNIX_CLOSING)
        return;
    void (*done)(void *) = u->done;
    void *arg = u->done_arg;
    ptn_timers_done(&u->timers);
    free(u->servers);
    free(u->packet);
    free(u);
    if (done)
        done(arg);
}

static void on_closed(uv_handle_t *handle) {
    struct unix_server *server = handle->data;
    unix_handle_closed(server->u);
}

static void on_tick_closed(uv_handle_t *handle) {
    unix_handle_closed(handle->data);
}

static void close_all(struct ptn_unix *u) {
    u->stage = UNIX_CLOSING;
    for (size_t i = 0; i < u->server_count; i++) {
        struct unix_server *server = &u->servers[i];
        types[server->cfg.socket->type].close(server);
        if (server->poll.data)
            uv_close((uv_handle_t *)&server->poll, on_closed);
    }
    uv_close((uv_handle_t *)&u->tick, on_tick_closed);
}

static bool something_is_queued(const struct ptn_unix *u) {
    return u->counters.held_bytes > 0;
}

static void on_tick(uv_timer_t *tick) {
    struct ptn_unix *u = tick->data;
    ptn_time now = ptn_time_now();
    u->in_tick = true;
    ptn_timers_run(&u->timers, now);
    u->in_tick = false;
    if (u->stage == UNIX_SERVING)
        schedule(u);
    else if (!something_is_queued(u) || now - u->stage_since > FLUSH_TIME)
        close_all(u);
    else
        uv_timer_start(tick, on_tick, STOP_TICK_MS, 0);
}

void ptn_unix_stop(struct ptn_unix *u, void (*done)(void *arg), void *arg) {
    u->done = done;
    u->done_arg = arg;
    u->stage = UNIX_FLUSHING;
    u->stage_since = ptn_time_now();
    for (size_t i = 0; i < u->server_count; i++)
        types[u->servers[i].cfg.socket->type].stop(&u->servers[i]);
    uv_timer_start(&u->tick, on_tick, 0, 0);
}

/* -- starting ---------------------------------------------------------------------------------- */

static struct ptn_unix_limits with_defaults(struct ptn_unix_limits l) {
#define DEFAULT(field, value) l.field = l.field ? l.field : (value)
    DEFAULT(message, (size_t)1 << 20);
    DEFAULT(clients, 1020);
    DEFAULT(queue_bytes, (size_t)4 << 20);
    DEFAULT(queue_messages, 4096);
    DEFAULT(inflight, 1024);
    DEFAULT(memory, (size_t)64 << 20);
    DEFAULT(write_time, 30 * PTN_SECOND);
#undef DEFAULT
    return l;
}

static struct ptn_unix *unix_new(const struct ptn_unix_config *cfg) {
    struct ptn_unix *u = ptn_new(struct ptn_unix);
    u->loop = cfg->loop;
    u->api = cfg->api;
    u->limits = with_defaults(cfg->limits);
    u->packet = ptn_alloc(u->limits.message);
    u->server_count = cfg->listener_count;
    u->servers = ptn_new_array(struct unix_server, cfg->listener_count);
    for (size_t i = 0; i < u->server_count; i++) {
        u->servers[i].cfg = cfg->listeners[i];
        u->servers[i].u = u;
        ptn_list_init(&u->servers[i].clients);
    }
    ptn_timers_init(&u->timers);
    uv_timer_init(u->loop, &u->tick);
    u->tick.data = u;
    u->handles = 1;
    return u;
}

static ptn_err server_start(struct unix_server *server, struct ptn_problems *problems) {
    const struct ptn_unix_socket *socket = server->cfg.socket;
    if (server->cfg.api == PTN_UNIX_API_ADMIN) {
        ptn_problems_error(problems, socket->where, "%s: the Admin API is not supported yet",
                           socket->name);
        return PTN_EINVALID;
    }
    int err = uv_poll_init(server->u->loop, &server->poll, socket->fd);
    if (err == 0) {
        server->poll.data = server;
        server->u->handles++;
        if (types[socket->type].start(server) == PTN_OK)
            return PTN_OK;
    }
    ptn_problems_error(problems, socket->where, "%s: the socket cannot be watched", socket->name);
    return PTN_EIO;
}

ptn_err ptn_unix_start(const struct ptn_unix_config *cfg, struct ptn_problems *problems,
                       struct ptn_unix **out) {
    struct ptn_unix *u = unix_new(cfg);
    for (size_t i = 0; i < u->server_count; i++) {
        ptn_err err = server_start(&u->servers[i], problems);
        if (err == PTN_OK)
            continue;
        close_all(u);
        return err;
    }
    *out = u;
    return PTN_OK;
}

struct ptn_unix_counters ptn_unix_counters(const struct ptn_unix *u) {
    return u->counters;
}
