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
    if (r->handle->current == r)
        r->handle->current = NULL;
    if (r->handle->rtc.answer_request == r)
        r->handle->rtc.answer_request = NULL;
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

void requests_run(struct ptn_handle *h) {
    if (h->running || h->detaching)
        return;
    h->running = true;
    while (!h->current && !ptn_list_empty(&h->queue)) {
        struct ptn_request *r = ptn_container_of(ptn_list_pop(&h->queue), struct ptn_request, node);
        h->queued--;
        h->current = r;
        h->host->def->message(h->state, r);
    }
    h->running = false;
}

void request_enqueue(struct ptn_request *r) {
    struct ptn_handle *h = r->handle;
    if (h->queued >= QUEUE_MAX) {
        request_refuse(r, PTN_API_MESSAGE, "Too many requests waiting on this handle");
        return;
    }
    h->queued++;
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
