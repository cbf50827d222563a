/* Requests of the Janus API: the order of checks of core.md 2, and the short verbs. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "control/internal.h"

static void verb_info(struct call *c) {
    reply_json(c, ptn_api_info((struct ptn_api *)c->control, c->transaction));
}

static void verb_ping(struct call *c) {
    reply_json(c, ptn_api_pong(c->transaction));
}

static const char *text_of(const json_t *root, const char *key) {
    return json_string_value(json_object_get(root, key));
}

static bool authorized(struct call *c) {
    if (auth_ok(c->control, text_of(c->root, "apisecret"), text_of(c->root, "token")))
        return true;
    reply_error(c, PTN_API_UNAUTHORIZED, NULL);
    return false;
}

static void verb_create(struct call *c) {
    if (!c->control->accepting || HASH_COUNT(c->control->sessions) >= SESSIONS_MAX) {
        reply_error(c, PTN_API_NOT_ACCEPTING, NULL);
        return;
    }
    if (!authorized(c))
        return;
    uint64_t wanted = (uint64_t)json_integer_value(json_object_get(c->root, "id"));
    if (wanted != 0 && session_find(c->control, wanted)) {
        c->session_id = wanted;
        reply_error(c, PTN_API_SESSION_CONFLICT, NULL);
        return;
    }
    struct session *s = session_new(c->control, wanted, c->client);
    json_t *reply = reply_begin("success", 0, c->transaction);
    json_object_set_new(reply, "data", json_pack("{s:I}", "id", (json_int_t)s->id));
    reply_json(c, reply);
}

static void verb_keepalive(struct call *c) {
    reply_json(c, reply_begin("ack", c->session_id, c->transaction));
}

static void success(struct call *c) {
    reply_json(c, reply_begin("success", c->session_id, c->transaction));
}

static void verb_claim(struct call *c) {
    session_claim(c->session, c->client);
    success(c);
}

static struct ptn_host *find_host(struct ptn_control *c, const char *package) {
    for (size_t i = 0; i < c->host_count; i++)
        if (strcmp(c->host[i].def->package, package) == 0)
            return &c->host[i];
    return NULL;
}

static int wanted_loop(const struct call *c) {
    const json_t *v = json_object_get(c->root, "loop_index");
    const struct ptn_control_config *cfg = &c->control->cfg;
    if (!v || cfg->static_loops == 0 || !cfg->allow_loop_indication ||
        json_integer_value(v) >= cfg->static_loops)
        return -1;
    return (int)json_integer_value(v);
}

static void verb_attach(struct call *c) {
    static const struct ptn_param params[] = {
        {"plugin", PTN_PARAM_STRING, true},
        {"opaque_id", PTN_PARAM_STRING, false},
        {"loop_index", PTN_PARAM_POSITIVE_INT, false},
    };
    char why[256];
    int code = ptn_params_check(c->root, params, PTN_COUNT_OF(params), "", why, sizeof why);
    if (code != PTN_API_OK) {
        reply_error(c, code, "%s", why);
        return;
    }
    const char *package = text_of(c->root, "plugin");
    struct ptn_host *host = find_host(c->control, package);
    if (!host) {
        reply_error(c, PTN_API_NO_PLUGIN, "No such plugin '%s'", package);
        return;
    }
    struct ptn_handle *h;
    ptn_err err = handle_new(c->session, host, text_of(c->root, "opaque_id"),
                             text_of(c->root, "token"), wanted_loop(c), &h);
    if (err != PTN_OK) {
        reply_error(c, PTN_API_ATTACH, "Couldn't attach to plugin: error '%d'", (int)err);
        return;
    }
    json_t *reply = reply_begin("success", c->session_id, c->transaction);
    json_object_set_new(reply, "data", json_pack("{s:I}", "id", (json_int_t)h->id));
    reply_json(c, reply);
}

static void verb_destroy(struct call *c) {
    success(c);
    session_end(c->session, PTN_SESSION_DESTROYED);
}

static void verb_detach(struct call *c) {
    success(c);
    handle_end(c->handle);
}

static void verb_hangup(struct call *c) {
    struct ptn_handle *h = c->handle;
    success(c);
    if (h->rtc.state == RTC_NONE) { /* nothing follows, though the plugin is told */
        if (h->host->def->hangup)
            h->host->def->hangup(h->state, "Janus API");
        return;
    }
    webrtc_close(h, "Janus API");
}

enum level { ROOT = 1, SESSION = 2, HANDLE = 4 };

static const struct {
    const char *verb;
    int levels;
    void (*run)(struct call *c);
} verbs[] = {
    {"info", ROOT, verb_info},
    {"ping", ROOT, verb_ping},
    {"create", ROOT, verb_create},
    {"keepalive", SESSION | HANDLE, verb_keepalive},
    {"claim", SESSION | HANDLE, verb_claim},
    {"attach", SESSION, verb_attach},
    {"destroy", SESSION, verb_destroy},
    {"detach", HANDLE, verb_detach},
    {"hangup", HANDLE, verb_hangup},
    {"message", HANDLE, verb_message},
    {"trickle", HANDLE, verb_trickle},
};

static void dispatch(struct call *c, const char *verb, int level) {
    bool known = false;
    for (size_t i = 0; i < PTN_COUNT_OF(verbs); i++) {
        if (strcasecmp(verbs[i].verb, verb) != 0)
            continue;
        if (verbs[i].levels & level) {
            verbs[i].run(c);
            return;
        }
        known |= verbs[i].levels != ROOT; /* root verbs are unknown elsewhere */
    }
    if (known || level == ROOT)
        reply_error(c, PTN_API_INVALID_PATH, "Unhandled request '%s' at this path", verb);
    else
        reply_error(c, PTN_API_UNKNOWN_REQUEST, "Unknown request '%s'", verb);
}

/* Only a JSON integer is an id; anything else counts as absent. */
static int64_t id_of(const json_t *root, const char *key) {
    return json_integer_value(json_object_get(root, key));
}

static bool is_present(const json_t *root, const char *key) {
    const json_t *v = json_object_get(root, key);
    return v && !json_is_null(v);
}

static void in_session(struct call *c, const char *verb, int64_t handle_id) {
    if (!authorized(c))
        return;
    c->session = session_find(c->control, c->session_id);
    if (!c->session) {
        reply_error(c, PTN_API_NO_SESSION, "No such session %" PRIu64, c->session_id);
        return;
    }
    c->session->last_activity = c->control->cfg.now();
    if (handle_id > 0) {
        c->handle = handle_find(c->session, (uint64_t)handle_id);
        if (!c->handle) {
            reply_error(c, PTN_API_NO_HANDLE, "No such handle %" PRId64 " in session %" PRIu64,
                        handle_id, c->session_id);
            return;
        }
    }
    dispatch(c, verb, c->handle ? HANDLE : SESSION);
}

void ptn_api_request(struct ptn_api *api, struct ptn_client *client, uint64_t cookie,
                     json_t *root) {
    static const struct ptn_param envelope[] = {
        {"transaction", PTN_PARAM_STRING, true},
        {"janus", PTN_PARAM_STRING, true},
        {"id", PTN_PARAM_POSITIVE_INT, false},
    };
    struct call c = {
        .control = (struct ptn_control *)api, .client = client, .cookie = cookie, .root = root};
    char why[256];
    int64_t session_id = id_of(root, "session_id"), handle_id = id_of(root, "handle_id");
    if (session_id > 0)
        c.session_id = (uint64_t)session_id;
    int code = ptn_params_check(root, envelope, PTN_COUNT_OF(envelope), "", why, sizeof why);
    if (code != PTN_API_OK) {
        reply_error(&c, code, "%s", why);
        json_decref(root);
        return;
    }
    c.transaction = text_of(root, "transaction");
    const char *verb = text_of(root, "janus");
    bool handle_given = is_present(root, "handle_id");
    if (session_id < 1 && handle_id < 1)
        dispatch(&c, verb, ROOT);
    else if (session_id < 1)
        reply_error(&c, PTN_API_NO_SESSION, NULL);
    else if (handle_given && handle_id < 1)
        reply_error(&c, PTN_API_NO_HANDLE, NULL);
    else
        in_session(&c, verb, handle_id);
    json_decref(root);
}

void ptn_api_reject(struct ptn_api *api, struct ptn_client *client, uint64_t cookie, int code,
                    const char *reason) {
    (void)api;
    json_t *json = ptn_api_error(0, NULL, code, reason);
    client->ops->reply(client, cookie, json);
    json_decref(json);
}
