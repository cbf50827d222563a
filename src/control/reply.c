/* Shapes of replies and events (core.md 2, 7). */
#include <stdarg.h>
#include <stdio.h>

#include "control/internal.h"

void reply_json(struct call *c, json_t *json) {
    c->client->ops->reply(c->client, c->cookie, json);
    json_decref(json);
}

void reply_error(struct call *c, int code, const char *fmt, ...) {
    char why[512];
    if (fmt) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(why, sizeof why, fmt, args);
        va_end(args);
    }
    reply_json(c, ptn_api_error(c->session_id, c->transaction, code, fmt ? why : NULL));
}

json_t *reply_begin(const char *janus, uint64_t session, const char *transaction) {
    json_t *j = json_pack("{s:s}", "janus", janus);
    if (session > 0)
        json_object_set_new(j, "session_id", json_integer((json_int_t)session));
    if (transaction)
        json_object_set_new(j, "transaction", json_string(transaction));
    return j;
}

json_t *event_begin(const struct ptn_handle *h, const char *janus, const char *transaction) {
    json_t *j = reply_begin(janus, h->session->id, transaction);
    json_object_set_new(j, "sender", json_integer((json_int_t)h->id));
    if (h->opaque_id && h->session->control->cfg.opaqueid_in_api)
        json_object_set_new(j, "opaque_id", json_string(h->opaque_id));
    return j;
}

void event_send(struct session *s, json_t *json) {
    if (s->client)
        s->client->ops->event(s->client, s->id, json);
    json_decref(json);
}

json_t *plugindata(const struct ptn_handle *h, json_t *data) {
    return json_pack("{s:s, s:o}", "plugin", h->host->def->package, "data", data);
}
