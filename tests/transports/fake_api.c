#include "fake_api.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SESSIONS 256

struct session {
    uint64_t id;
    bool locked;
    struct ptn_client *owner;
};

struct later {
    uv_timer_t timer;
    struct ptn_client *client;
    uint64_t cookie;
    json_t *reply;
    struct later *next;
};

static struct {
    uv_loop_t *loop;
    struct ptn_web **web;
    struct session sessions[SESSIONS];
    uint64_t last_session;
    int gone, touched;
    struct later *later;
} api;

void fake_api_init(uv_loop_t *loop, struct ptn_web **web) {
    api.loop = loop;
    api.web = web;
    api.last_session = 1000;
    api.gone = 0;
    memset(api.sessions, 0, sizeof api.sessions);
}

int fake_api_gone(void) {
    return api.gone;
}

size_t fake_api_sessions(void) {
    size_t n = 0;
    for (size_t i = 0; i < SESSIONS; i++)
        n += api.sessions[i].id != 0;
    return n;
}

static struct session *find(uint64_t id) {
    for (size_t i = 0; i < SESSIONS; i++)
        if (id != 0 && api.sessions[i].id == id)
            return &api.sessions[i];
    return NULL;
}

static const char *verb_of(const json_t *root) {
    const char *verb = json_string_value(json_object_get(root, "janus"));
    return verb ? verb : "";
}

static uint64_t number(const json_t *root, const char *key) {
    return (uint64_t)json_integer_value(json_object_get(root, key));
}

static json_t *basic(const json_t *root, const char *janus) {
    json_t *reply = json_pack("{s:s}", "janus", janus);
    json_t *t = json_object_get(root, "transaction");
    if (t)
        json_object_set(reply, "transaction", t);
    return reply;
}

static void answer(struct ptn_client *client, uint64_t cookie, json_t *json) {
    client->ops->reply(client, cookie, json);
    json_decref(json);
}

static void create(struct ptn_client *client, uint64_t cookie, json_t *root) {
    struct session *s = NULL;
    for (size_t i = 0; i < SESSIONS && !s; i++)
        if (api.sessions[i].id == 0)
            s = &api.sessions[i];
    if (!s)
        abort();
    *s =
        (struct session){++api.last_session, json_is_true(json_object_get(root, "locked")), client};
    json_t *reply = basic(root, "success");
    json_object_set_new(reply, "data", json_pack("{s:I}", "id", (json_int_t)s->id));
    client->ops->session_begun(client, s->id);
    answer(client, cookie, reply);
}

static void end(struct session *s, enum ptn_session_end how) {
    struct ptn_client *owner = s->owner;
    uint64_t id = s->id;
    *s = (struct session){0};
    owner->ops->session_over(owner, id, how);
}

static void events(struct session *s, const json_t *root) {
    size_t bytes = (size_t)number(root, "bytes");
    char *text = ptn_alloc(bytes + 1);
    memset(text, 'e', bytes);
    for (uint64_t i = 0; i < number(root, "count"); i++) {
        json_t *event = json_pack("{s:s,s:I,s:I,s:s}", "janus", "event", "session_id",
                                  (json_int_t)s->id, "n", (json_int_t)i, "text", text);
        s->owner->ops->event(s->owner, s->id, event);
        json_decref(event);
    }
    free(text);
}

static void fire_later(uv_timer_t *timer) {
    struct later *l = timer->data;
    struct ptn_client *client = l->client;
    l->client = NULL;
    if (client)
        client->ops->reply(client, l->cookie, l->reply);
}

static void free_later(uv_handle_t *handle) {
    struct later *l = handle->data;
    for (struct later **at = &api.later; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            break;
        }
    json_decref(l->reply);
    free(l);
}

static void fire_and_close(uv_timer_t *timer) {
    fire_later(timer);
    uv_close((uv_handle_t *)timer, free_later);
}

void fake_api_done(void) {
    for (struct later *l = api.later; l; l = l->next)
        if (!uv_is_closing((uv_handle_t *)&l->timer))
            uv_close((uv_handle_t *)&l->timer, free_later);
}

static void later(struct ptn_client *client, uint64_t cookie, const json_t *root) {
    struct later *l = ptn_new(struct later);
    l->client = client;
    l->cookie = cookie;
    l->reply = basic(root, "late");
    l->timer.data = l;
    l->next = api.later;
    api.later = l;
    uv_timer_init(api.loop, &l->timer);
    uv_timer_start(&l->timer, fire_and_close, number(root, "ms"), 0);
}

static void fill(struct ptn_client *client, uint64_t cookie, const json_t *root) {
    size_t bytes = (size_t)number(root, "bytes");
    char *text = ptn_alloc(bytes + 1);
    memset(text, 'f', bytes);
    json_t *reply = basic(root, "filled");
    json_object_set_new(reply, "text", json_string(text));
    free(text);
    answer(client, cookie, reply);
}

static json_t *stats(const json_t *root) {
    struct ptn_web_counters c = ptn_web_counters(*api.web);
    json_t *reply = basic(root, "stats");
#define COUNT(name) json_object_set_new(reply, #name, json_integer((json_int_t)c.name))
    COUNT(accepted);
    COUNT(refused_acl);
    COUNT(refused_limit);
    COUNT(http_connections);
    COUNT(https_connections);
    COUNT(ws_connections);
    COUNT(held_bytes);
    COUNT(http_requests);
    COUNT(ws_messages);
    COUNT(ws_opened);
    COUNT(ws_refused);
    COUNT(too_large);
    COUNT(malformed);
    COUNT(not_json);
    COUNT(timeouts);
    COUNT(slow_clients);
    COUNT(poll_overflows);
    COUNT(late_replies);
#undef COUNT
    json_object_set_new(reply, "gone", json_integer(api.gone));
    json_object_set_new(reply, "touched", json_integer(api.touched));
    return reply;
}

static void claim(struct ptn_client *client, struct session *s) {
    struct ptn_client *old = s->owner;
    s->owner = client;
    if (old != client)
        old->ops->session_over(old, s->id, PTN_SESSION_CLAIMED);
    client->ops->session_begun(client, s->id);
}

static void session_verb(struct ptn_client *client, uint64_t cookie, const char *verb,
                         struct session *s, const json_t *root) {
    if (strcmp(verb, "events") == 0) {
        answer(client, cookie, basic(root, "ack"));
        events(s, root);
    } else if (strcmp(verb, "timeout") == 0) {
        answer(client, cookie, basic(root, "ack"));
        json_t *event = json_pack("{s:s,s:I}", "janus", "timeout", "session_id", (json_int_t)s->id);
        s->owner->ops->event(s->owner, s->id, event);
        json_decref(event);
        end(s, PTN_SESSION_TIMEOUT);
    } else if (strcmp(verb, "steal") == 0) {
        end(s, PTN_SESSION_CLAIMED);
        answer(client, cookie, basic(root, "success"));
    } else if (strcmp(verb, "claim") == 0) {
        claim(client, s);
        answer(client, cookie, basic(root, "success"));
    } else {
        end(s, PTN_SESSION_DESTROYED);
        answer(client, cookie, basic(root, "success"));
    }
}

static bool is_session_verb(const char *verb) {
    return strcmp(verb, "events") == 0 || strcmp(verb, "timeout") == 0 ||
           strcmp(verb, "steal") == 0 || strcmp(verb, "claim") == 0 || strcmp(verb, "destroy") == 0;
}

void ptn_api_request(struct ptn_api *a, struct ptn_client *client, uint64_t cookie, json_t *root) {
    const char *verb = verb_of(root);
    struct session *s = find(number(root, "session_id"));
    (void)a;
    if (strcmp(verb, "ping") == 0)
        answer(client, cookie, basic(root, "pong"));
    else if (strcmp(verb, "create") == 0)
        create(client, cookie, root);
    else if (strcmp(verb, "stats") == 0)
        answer(client, cookie, stats(root));
    else if (strcmp(verb, "later") == 0)
        later(client, cookie, root);
    else if (strcmp(verb, "fill") == 0)
        fill(client, cookie, root);
    else if (is_session_verb(verb) && s)
        session_verb(client, cookie, verb, s, root);
    else if (strcmp(verb, "echo") == 0)
        client->ops->reply(client, cookie, root);
    else if (strcmp(verb, "never") != 0)
        answer(client, cookie, ptn_api_error(0, NULL, 453, "Unknown request"));
    json_decref(root);
}

void ptn_api_reject(struct ptn_api *a, struct ptn_client *client, uint64_t cookie, int code,
                    const char *reason) {
    (void)a;
    answer(client, cookie, ptn_api_error(0, NULL, code, reason ? reason : "default"));
}

ptn_err ptn_api_touch(struct ptn_api *a, uint64_t session, const char *apisecret,
                      const char *token) {
    struct session *s = find(session);
    (void)a;
    (void)token;
    if (!s)
        return PTN_ENOENT;
    if (s->locked && (!apisecret || strcmp(apisecret, "s3cret") != 0))
        return PTN_EAUTH;
    api.touched++;
    return PTN_OK;
}

void ptn_api_client_gone(struct ptn_api *a, struct ptn_client *client) {
    (void)a;
    api.gone++;
    for (size_t i = 0; i < SESSIONS; i++)
        if (api.sessions[i].id != 0 && api.sessions[i].owner == client)
            api.sessions[i] = (struct session){0};
    for (struct later *l = api.later; l; l = l->next)
        if (l->client == client)
            l->client = NULL;
}

json_t *ptn_api_info(struct ptn_api *a, const char *transaction) {
    (void)a;
    return json_pack("{s:s,s:s}", "janus", "server_info", "transaction", transaction);
}

json_t *ptn_api_pong(const char *transaction) {
    return json_pack("{s:s,s:s}", "janus", "pong", "transaction", transaction);
}

json_t *ptn_api_error(uint64_t session, const char *transaction, int code, const char *reason) {
    json_t *json = json_pack("{s:s}", "janus", "error");
    if (session)
        json_object_set_new(json, "session_id", json_integer((json_int_t)session));
    if (transaction)
        json_object_set_new(json, "transaction", json_string(transaction));
    json_object_set_new(json, "error", json_pack("{s:i,s:s}", "code", code, "reason", reason));
    return json;
}
