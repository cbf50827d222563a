/* A client of the API, whatever it is reached by: a packet in, a bounded queue of messages out. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/errors.h"
#include "transports/json_text.h"
#include "transports/unix/internal.h"

struct message {
    struct ptn_list link;
    char *text; /* owned */
    size_t n;
};

static struct unix_client *client_of(struct ptn_client *api) {
    return ptn_container_of(api, struct unix_client, api);
}

void unix_client_settle_in(struct unix_client *c, ptn_time in) {
    unix_arm(c->server->u, &c->settle_timer, in);
}

/* -- the queue --------------------------------------------------------------------------------- */

static size_t cost(size_t n) {
    return n + sizeof(struct message);
}

static void drop_first(struct unix_client *c) {
    struct message *m = ptn_container_of(ptn_list_pop(&c->out), struct message, link);
    c->out_bytes -= m->n;
    c->out_count--;
    c->server->u->counters.held_bytes -= cost(m->n);
    free(m->text);
    free(m);
}

void unix_client_drop_queue(struct unix_client *c) {
    while (!ptn_list_empty(&c->out))
        drop_first(c);
    unix_disarm(c->server->u, &c->stall_timer);
}

static bool queue_takes(const struct unix_client *c, size_t n) {
    const struct ptn_unix *u = c->server->u;
    return c->out_count < u->limits.queue_messages && n <= u->limits.queue_bytes - c->out_bytes &&
           cost(n) <= u->limits.memory - u->counters.held_bytes;
}

/* Takes over text. */
static void enqueue(struct unix_client *c, char *text, size_t n) {
    struct ptn_unix *u = c->server->u;
    if (!queue_takes(c, n)) {
        free(text);
        c->kind->overflow(c);
        return;
    }
    struct message *m = ptn_new(struct message);
    *m = (struct message){.text = text, .n = n};
    ptn_list_push(&c->out, &m->link);
    c->out_bytes += n;
    u->counters.held_bytes += cost(n);
    if (c->out_count++ == 0)
        unix_arm(u, &c->stall_timer, u->limits.write_time);
    c->kind->waiting(c);
}

/* false: not now, or never again. */
static bool handed_over(struct unix_client *c, const char *text, size_t n) {
    struct ptn_unix_counters *counters = &c->server->u->counters;
    switch (c->kind->transmit(c, text, n)) {
    case UNIX_SENT:
        counters->sent++;
        return true;
    case UNIX_LOST:
        counters->dropped++;
        return true;
    case UNIX_BROKEN:
        c->muted = true;
        unix_client_drop_queue(c);
        c->kind->broken(c);
        return false;
    case UNIX_BLOCKED:
        return false;
    }
    return false;
}

void unix_client_flush(struct unix_client *c) {
    struct ptn_unix *u = c->server->u;
    size_t before = c->out_count;
    while (!ptn_list_empty(&c->out)) {
        struct message *m = ptn_container_of(c->out.next, struct message, link);
        if (!handed_over(c, m->text, m->n))
            break;
        drop_first(c);
    }
    if (c->out_count == 0)
        unix_disarm(u, &c->stall_timer);
    else if (c->out_count < before)
        unix_arm(u, &c->stall_timer, u->limits.write_time);
}

static void send_json(struct unix_client *c, const json_t *json) {
    if (c->muted)
        return;
    char *text = json_text_write(json, c->server->cfg.style);
    size_t n = strlen(text);
    if (c->out_count == 0 && (handed_over(c, text, n) || c->muted))
        free(text);
    else
        enqueue(c, text, n);
}

/* The kernel calls a socket writeable only when three quarters of its buffer are free: a slow
 * reader may have made room that nobody told of. */
static void on_stall(struct ptn_timer *timer, ptn_time now) {
    struct unix_client *c = ptn_container_of(timer, struct unix_client, stall_timer);
    size_t before = c->out_count;
    (void)now;
    unix_client_flush(c);
    if (c->out_count < before) {
        c->kind->settle(c);
        return;
    }
    c->server->u->counters.timeouts++;
    c->kind->stalled(c);
}

static void on_settle(struct ptn_timer *timer, ptn_time now) {
    struct unix_client *c = ptn_container_of(timer, struct unix_client, settle_timer);
    (void)now;
    unix_client_flush(c);
    c->kind->settle(c);
}

/* -- the API's side ---------------------------------------------------------------------------- */

static void on_reply(struct ptn_client *api, uint64_t cookie, json_t *json) {
    struct unix_client *c = client_of(api);
    (void)cookie; /* the transaction inside is what the peer matches by */
    c->inflight--;
    send_json(c, json);
    c->kind->answered(c);
}

static void on_event(struct ptn_client *api, uint64_t session, json_t *json) {
    (void)session;
    send_json(client_of(api), json);
}

static void on_session_begun(struct ptn_client *api, uint64_t session) {
    (void)session;
    client_of(api)->sessions++;
}

static void on_session_over(struct ptn_client *api, uint64_t session, enum ptn_session_end how) {
    struct unix_client *c = client_of(api);
    (void)session;
    c->sessions--;
    if (how == PTN_SESSION_TIMEOUT)
        c->kind->timed_out(c);
    c->kind->answered(c);
}

static const struct ptn_client_ops client_ops = {
    .package = "janus.transport.pfunix",
    .reply = on_reply,
    .event = on_event,
    .session_begun = on_session_begun,
    .session_over = on_session_over,
};

static uint64_t new_cookie(struct unix_client *c) {
    c->inflight++;
    return ++c->last_cookie;
}

static void reject(struct unix_client *c, int code, const char *reason) {
    uint64_t cookie = new_cookie(c);
    ptn_api_reject(c->server->u->api, &c->api, cookie, code, reason);
}

static void not_json(struct unix_client *c, const struct json_text_error *error) {
    char reason[sizeof error->text + 96];
    snprintf(reason, sizeof reason, "Invalid Janus API request - <string>(%d,%d): %s", error->line,
             error->column, error->text);
    reject(c, PTN_API_INVALID_JSON, reason);
}

static json_t *parse(struct ptn_unix *u, struct ptn_bytes text, bool is_cut,
                     struct json_text_error *error) {
    json_t *root = is_cut ? NULL : json_text_parse(text, error);
    if (is_cut) {
        u->counters.too_large++;
        *error = (struct json_text_error){.line = 1};
        snprintf(error->text, sizeof error->text, "more than %zu bytes", u->limits.message);
    } else if (!root) {
        u->counters.not_json++;
    }
    return root;
}

void unix_client_packet(struct unix_client *c, struct ptn_bytes text, bool is_cut) {
    struct ptn_unix *u = c->server->u;
    struct json_text_error error;
    u->counters.messages++;
    if (c->inflight >= u->limits.inflight) {
        reject(c, PTN_API_UNKNOWN, "Too many requests without a reply");
        return;
    }
    json_t *root = parse(u, text, is_cut, &error);
    if (!root) {
        not_json(c, &error);
        return;
    }
    uint64_t cookie = new_cookie(c);
    ptn_api_request(u->api, &c->api, cookie, root);
}

/* -- life -------------------------------------------------------------------------------------- */

void unix_client_init(struct unix_client *c, struct unix_server *server,
                      const struct unix_kind *kind) {
    c->api.ops = &client_ops;
    c->api.id = ++server->u->next_id;
    c->kind = kind;
    c->server = server;
    c->settle_timer.fire = on_settle;
    c->stall_timer.fire = on_stall;
    ptn_list_init(&c->out);
    ptn_list_push(&server->clients, &c->link);
    server->client_count++;
    server->u->counters.clients++;
    server->u->counters.accepted++;
}

void unix_client_tell_gone(struct unix_client *c) {
    if (c->gone_told)
        return;
    c->gone_told = true;
    c->muted = true;
    ptn_api_client_gone(c->server->u->api, &c->api);
}

void unix_client_done(struct unix_client *c) {
    unix_client_tell_gone(c);
    unix_client_drop_queue(c);
    unix_disarm(c->server->u, &c->settle_timer);
    ptn_list_remove(&c->link);
    c->server->client_count--;
    c->server->u->counters.clients--;
}
