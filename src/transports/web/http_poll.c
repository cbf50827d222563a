/* Long polls. Events of a session wait in its queue until a poll takes them, in order, also across
 * gaps between polls. The queue has limits, and an event is never dropped from its middle: at a
 * limit the whole queue is given up, later polls get 404 (as for a session that is over) and the
 * count goes up. Requests of that session still work (a controller that never polls does not
 * notice), and a session nobody polls or calls ends by the core's own timeout. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "transports/web/conn.h"
#include "transports/web/http.h"
#include "transports/web/url.h"

#define CREDENTIAL_MAX 1024 /* of apisecret and token in a query; signed tokens are about 200 */

struct http_event {
    struct ptn_list link;
    json_t *json; /* owned reference */
    size_t bytes;
};

struct http_session {
    uint64_t id;
    UT_hash_handle hh;
    struct ptn_list events; /* owned: struct http_event, oldest first */
    size_t count, bytes;
    struct ptn_list polls; /* borrowed: struct http_request.poll_link, oldest first */
    bool overflowed;
};

static struct ptn_web *web_of(struct ptn_client *client) {
    struct http_client *http = ptn_container_of(client, struct http_client, client);
    return ptn_container_of(http, struct ptn_web, http);
}

static struct http_session *session_find(struct ptn_web *web, uint64_t id) {
    struct http_session *s;
    HASH_FIND(hh, web->http.sessions, &id, sizeof id, s);
    return s;
}

/* -- the queue --------------------------------------------------------------------------------- */

static json_t *event_take(struct ptn_web *web, struct http_session *s) {
    struct ptn_list *first = ptn_list_pop(&s->events);
    if (!first)
        return NULL;
    struct http_event *event = ptn_container_of(first, struct http_event, link);
    json_t *json = event->json;
    s->count--;
    s->bytes -= event->bytes;
    web_release(web, event->bytes);
    free(event);
    return json;
}

static void events_drop(struct ptn_web *web, struct http_session *s) {
    json_t *json;
    while ((json = event_take(web, s)))
        json_decref(json);
}

static bool event_add(struct ptn_web *web, struct http_session *s, json_t *json) {
    size_t bytes = json_dumpb(json, NULL, 0, JSON_COMPACT);
    if (s->count >= web->limits.poll_queue_events ||
        s->bytes + bytes > web->limits.poll_queue_bytes || !web_hold(web, bytes))
        return false;
    struct http_event *event = ptn_new(struct http_event);
    *event = (struct http_event){.json = json_incref(json), .bytes = bytes};
    ptn_list_init(&event->link);
    ptn_list_push(&s->events, &event->link);
    s->count++;
    s->bytes += bytes;
    return true;
}

static void overflow(struct ptn_web *web, struct http_session *s) {
    events_drop(web, s);
    s->overflowed = true;
    web->counters.poll_overflows++;
    ptn_log(PTN_LOG_WARN, "web", "event queue given up session=%" PRIu64 " reason=\"nobody polls\"",
            s->id);
}

void http_session_event(struct ptn_client *client, uint64_t session, json_t *json) {
    struct ptn_web *web = web_of(client);
    struct http_session *s = session_find(web, session);
    if (!s || s->overflowed)
        return;
    if (!event_add(web, s, json))
        overflow(web, s);
    PTN_LIST_EACH (it, &s->polls) { /* all wake; the first ones to be writeable take the events */
        struct http_request *poll = ptn_container_of(it, struct http_request, poll_link);
        poll->woken = true;
        conn_want_drained(poll->conn);
    }
}

/* -- polls ------------------------------------------------------------------------------------- */

void http_poll_forget(struct http_request *req) {
    ptn_list_remove(&req->poll_link);
    req->session = NULL;
}

static json_t *take_batch(struct ptn_web *web, struct http_request *req) {
    json_t *first = event_take(web, req->session);
    if (!first)
        first = json_pack("{s:s}", "janus", "keepalive");
    if (!req->wants_array)
        return first;
    json_t *array = json_array();
    json_array_append_new(array, first);
    for (size_t n = 1; n < req->max_events; n++) {
        json_t *next = event_take(web, req->session);
        if (!next)
            break;
        json_array_append_new(array, next);
    }
    return array;
}

void http_poll_answer(struct http_request *req) {
    if (conn_peer_left(req->conn)) { /* the events stay for the next poll */
        http_poll_forget(req);
        conn_kill(req->conn, "poll abandoned");
        return;
    }
    json_t *json = take_batch(req->conn->server->web, req);
    http_answer_json(req, 200, json);
    json_decref(json);
}

static size_t max_events(const struct http_request *req) {
    char text[24];
    uint64_t n;
    if (!url_arg(req->query, "maxev", text, sizeof text) || !url_number(text, strlen(text), &n) ||
        n < 1)
        return 1;
    size_t limit = req->conn->server->web->limits.poll_queue_events;
    return n < limit ? (size_t)n : limit;
}

static ptn_err touch(struct http_request *req, uint64_t session) {
    char secret[CREDENTIAL_MAX], token[CREDENTIAL_MAX];
    bool has_secret = url_arg(req->query, "apisecret", secret, sizeof secret);
    bool has_token = url_arg(req->query, "token", token, sizeof token);
    ptn_err err = ptn_api_touch(req->conn->server->web->api, session, has_secret ? secret : NULL,
                                has_token ? token : NULL);
    ptn_wipe(secret, sizeof secret);
    ptn_wipe(token, sizeof token);
    return err;
}

void http_poll_start(struct http_request *req, uint64_t session) {
    struct ptn_web *web = req->conn->server->web;
    ptn_err err = touch(req, session); /* first: a stranger learns nothing about what exists */
    if (err == PTN_EAUTH) {
        http_answer_empty(req, 403);
        return;
    }
    struct http_session *s = session_find(web, session);
    if (err != PTN_OK || !s || s->overflowed) {
        http_answer_empty(req, 404);
        return;
    }
    req->max_events = max_events(req);
    req->wants_array = req->max_events > 1;
    req->state = HTTP_POLL;
    req->session = s;
    ptn_list_push(&s->polls, &req->poll_link);
    conn_deadline(req->conn, web->limits.poll_time);
    if (s->count > 0)
        http_poll_answer(req);
}

/* -- sessions ---------------------------------------------------------------------------------- */

void http_session_begun(struct ptn_client *client, uint64_t session) {
    struct ptn_web *web = web_of(client);
    struct http_session *s = session_find(web, session);
    if (s) {
        s->overflowed = false; /* claimed again: the client knows it may have missed events */
        return;
    }
    s = ptn_new(struct http_session);
    s->id = session;
    ptn_list_init(&s->events);
    ptn_list_init(&s->polls);
    HASH_ADD(hh, web->http.sessions, id, sizeof s->id, s);
}

static void session_end(struct ptn_web *web, struct http_session *s) {
    PTN_LIST_EACH (it, &s->polls) /* the first takes what is there (the timeout event) */
        http_poll_answer(ptn_container_of(it, struct http_request, poll_link));
    events_drop(web, s);
    HASH_DEL(web->http.sessions, s);
    free(s);
}

void http_session_over(struct ptn_client *client, uint64_t session, enum ptn_session_end how) {
    struct ptn_web *web = web_of(client);
    struct http_session *s = session_find(web, session);
    (void)how; /* destroyed, timed out, claimed by another transport: the queue goes with it */
    if (s)
        session_end(web, s);
}

void http_sessions_done(struct ptn_web *web) {
    struct http_session *s, *next;
    HASH_ITER(hh, web->http.sessions, s, next)
    session_end(web, s);
}
