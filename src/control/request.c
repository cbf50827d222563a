/* Requests to plugins: one queue per handle keeps their order, also when they answer later. */
#include <stdlib.h>

#include "control/internal.h"

struct ptn_request *request_new(struct call *c, json_t *body, json_t *jsep) {
    struct ptn_request *r = ptn_new(struct ptn_request);
    r->handle = c->handle;
    r->client = c->client;
    r->cookie = c->cookie;
    r->transaction = ptn_strdup(c->transaction);
    r->body = json_incref(body);
    r->jsep = json_incref(jsep);
    ptn_list_init(&r->node);
    ptn_list_push(&c->control->requests, &r->all);
    return r;
}

void request_free(struct ptn_request *r) {
    ptn_list_remove(&r->node);
    ptn_list_remove(&r->all);
    struct ptn_handle *h = r->handle;
    if (h->current == r)
        h->current = NULL;
    if (h->rtc.answer_request == r)
        h->rtc.answer_request = NULL;
    request_release_trickles(r);
    ptn_sdp_free(r->sdp);
    json_decref(r->body);
    json_decref(r->jsep);
    free(r->transaction);
    free(r);
}

/* The one direct reply; json is stolen. */
static void reply(struct ptn_request *r, json_t *json) {
    if (r->client && !r->replied)
        r->client->ops->reply(r->client, r->cookie, json);
    r->replied = true;
    json_decref(json);
}

void request_refuse(struct ptn_request *r, int code, const char *why) {
    reply(r, ptn_api_error(r->handle->session->id, r->transaction, code, why));
    request_free(r);
}

void request_release_trickles(struct ptn_request *r) {
    struct ptn_handle *h = r->handle;
    if (!r->holds_trickles)
        return;
    r->holds_trickles = false;
    h->offers--;
    if (h->offers == 0 && h->rtc.state == RTC_ACTIVE && h->rtc.negotiated)
        trickle_queue_run(h);
}

/* -- one at a time ----------------------------------------------------------------------------- */

/* A description waits until the previous PeerConnection is cleaned up, but not for ever. */
static bool must_wait(struct ptn_request *r) {
    struct ptn_handle *h = r->handle;
    ptn_time now = h->session->control->cfg.now();
    if (!r->jsep || h->rtc.state != RTC_CLOSING)
        return false;
    if (r->wait_until == 0)
        r->wait_until = now + CLEANUP_PATIENCE;
    return now < r->wait_until;
}

/* The core's part comes first: errors of the description pre-empt the plugin's (core.md 3.10). */
static void hand_out(struct ptn_request *r) {
    struct ptn_handle *h = r->handle;
    char why[256] = "";
    int code = r->jsep ? jsep_process(r, why, sizeof why) : PTN_API_OK;
    if (code != PTN_API_OK)
        request_refuse(r, code, why[0] ? why : NULL);
    else
        h->host->def->message(h->state, r);
}

void requests_run(struct ptn_handle *h) {
    if (h->running || h->detaching)
        return;
    h->running = true;
    while (!h->current && !ptn_list_empty(&h->queue)) {
        struct ptn_request *r = ptn_container_of(h->queue.next, struct ptn_request, node);
        if (must_wait(r))
            break;
        ptn_list_remove(&r->node);
        h->queued--;
        h->current = r;
        hand_out(r);
    }
    h->running = false;
    handle_rearm(h);
}

void requests_hold(struct ptn_handle *h) {
    h->running = true;
}

void requests_resume(struct ptn_handle *h) {
    h->running = false;
    requests_run(h);
}

ptn_time requests_due(const struct ptn_handle *h) {
    if (h->current || ptn_list_empty(&h->queue))
        return PTN_NEVER;
    ptn_time until = ptn_container_of(h->queue.next, struct ptn_request, node)->wait_until;
    return until == 0 ? PTN_NEVER : until;
}

void request_enqueue(struct ptn_request *r) {
    struct ptn_handle *h = r->handle;
    if (h->queued >= QUEUE_MAX) {
        request_refuse(r, PTN_API_MESSAGE, "Too many requests waiting on this handle");
        return;
    }
    h->queued++;
    h->offers += r->jsep ? 1 : 0;
    r->holds_trickles = r->jsep;
    ptn_list_push(&h->queue, &r->node);
    requests_run(h);
}

/* -- what plugins call ------------------------------------------------------------------------- */

const json_t *ptn_request_body(const struct ptn_request *r) {
    return r->body;
}

const char *ptn_request_transaction(const struct ptn_request *r) {
    return r->transaction;
}

const struct ptn_offer *ptn_request_offer(const struct ptn_request *r) {
    return r->sdp ? &r->offer : NULL;
}

struct ptn_handle *ptn_request_handle(const struct ptn_request *r) {
    return r->handle;
}

void ptn_request_success(struct ptn_request *r, json_t *data) {
    json_t *json = event_begin(r->handle, "success", r->transaction);
    json_object_set_new(json, "plugindata", plugindata(r->handle, data));
    reply(r, json);
}

void ptn_request_ack(struct ptn_request *r, const char *hint) {
    json_t *json = reply_begin("ack", r->handle->session->id, r->transaction);
    if (hint)
        json_object_set_new(json, "hint", json_string(hint));
    reply(r, json);
}

void ptn_request_fail(struct ptn_request *r, const char *text) {
    reply(r, ptn_api_error(r->handle->session->id, r->transaction, PTN_API_MESSAGE, text));
}

void ptn_request_event(struct ptn_request *r, json_t *data) {
    if (!r->replied)
        ptn_request_ack(r, NULL); /* never after an event of the same request */
    json_t *json = event_begin(r->handle, "event", r->transaction);
    json_object_set_new(json, "plugindata", plugindata(r->handle, data));
    event_send(r->handle->session, json);
}

/* An answer that waits for candidates keeps its request, and with it the order, until it is sent.
 */
void ptn_request_done(struct ptn_request *r) {
    struct ptn_handle *h = r->handle;
    r->done = true;
    if (r->answer_pending)
        return;
    if (!r->replied)
        ptn_request_fail(r, NULL);
    request_free(r);
    requests_run(h);
}

void request_answer_sent(struct ptn_request *r) {
    r->answer_pending = false;
    if (r->done)
        ptn_request_done(r);
}
