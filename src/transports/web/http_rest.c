/* The REST face of the API: which request means what, and the one direct reply to each. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "transports/json_text.h"
#include "transports/web/conn.h"
#include "transports/web/http.h"
#include "transports/web/url.h"

/* What stands below the base path. */
struct rest_path {
    bool info, ping;
    unsigned ids; /* 0, 1: session, 2: session and handle */
    uint64_t session, handle;
};

static bool parse_part(struct rest_path *path, const char *part, size_t n) {
    uint64_t id;
    if (path->ids == 2 || path->info || path->ping)
        return false;
    if (path->ids == 0 && n == 4 && memcmp(part, "info", 4) == 0)
        return path->info = true;
    if (path->ids == 0 && n == 4 && memcmp(part, "ping", 4) == 0)
        return path->ping = true;
    if (!url_number(part, n, &id))
        return false;
    if (path->ids++ == 0)
        path->session = id;
    else
        path->handle = id;
    return true;
}

/* below: "", "/", "/7", "/7/8/": one trailing slash is tolerated. */
static bool parse_below(const char *below, struct rest_path *out) {
    *out = (struct rest_path){.ids = 0};
    while (*below == '/' && below[1]) {
        size_t n = strcspn(++below, "/");
        if (!parse_part(out, below, n))
            return false;
        below += n;
    }
    return *below == '\0' || below[1] == '\0';
}

/* The rest of the path when it lies under the base path, else NULL. */
static const char *below_base(const struct http_request *req) {
    const char *base = req->conn->server->base_path;
    size_t n = strlen(base);
    if (!req->path)
        return NULL;
    if (strncmp(req->path, base, n) == 0 && (req->path[n] == '/' || req->path[n] == '\0'))
        return req->path + n;
    /* regardless of case only when it is the whole path */
    if (strncasecmp(req->path, base, n) == 0 && strspn(req->path + n, "/") == strlen(req->path + n))
        return req->path + n;
    return NULL;
}

/* -- one question to the core ------------------------------------------------------------------ */

static struct ptn_web *web_of(struct ptn_client *client) {
    struct http_client *http = ptn_container_of(client, struct http_client, client);
    return ptn_container_of(http, struct ptn_web, http);
}

void http_pending_forget(struct ptn_web *web, struct http_request *req) {
    if (req->state != HTTP_REPLY)
        return;
    HASH_DEL(web->http.pending, req);
    req->state = HTTP_SENDING;
}

static void on_reply(struct ptn_client *client, uint64_t cookie, json_t *json) {
    struct ptn_web *web = web_of(client);
    struct http_request *req;
    HASH_FIND(hh, web->http.pending, &cookie, sizeof cookie, req);
    if (!req) {
        web->counters.late_replies++;
        return;
    }
    http_answer_json(req, 200, json);
}

void http_client_init(struct ptn_web *web) {
    static const struct ptn_client_ops ops = {
        .package = "janus.transport.http",
        .reply = on_reply,
        .event = http_session_event,
        .session_begun = http_session_begun,
        .session_over = http_session_over,
    };
    web->http.client.ops = &ops;
    web->http.client.id = ++web->next_id;
}

/* From here on the request may be answered at any time, also before the call returns. */
static uint64_t await_reply(struct http_request *req) {
    struct ptn_web *web = req->conn->server->web;
    req->cookie = ++web->http.last_cookie;
    req->state = HTTP_REPLY;
    HASH_ADD(hh, web->http.pending, cookie, sizeof req->cookie, req);
    conn_deadline(req->conn, web->limits.reply_time);
    return req->cookie;
}

static void reject(struct http_request *req, int code, const char *reason) {
    struct ptn_web *web = req->conn->server->web;
    uint64_t cookie = await_reply(req);
    ptn_api_reject(web->api, &web->http.client, cookie, code, reason);
}

/* -- POST -------------------------------------------------------------------------------------- */

/* An id of the path goes into the body; false when the body says another one. */
static bool merge_id(json_t *root, const char *key, uint64_t id) {
    json_t *given = json_object_get(root, key);
    if (json_is_integer(given))
        return (uint64_t)json_integer_value(given) == id;
    json_object_set_new(root, key, json_integer((json_int_t)id));
    return true;
}

static void post_json(struct http_request *req, const struct rest_path *path, json_t *root) {
    struct ptn_web *web = req->conn->server->web;
    if (path->ids > 0 && !merge_id(root, "session_id", path->session)) {
        json_decref(root);
        reject(req, 457, "Conflicting session ID (payload and path)");
        return;
    }
    if (path->ids > 1 && !merge_id(root, "handle_id", path->handle)) {
        json_decref(root);
        reject(req, 457, "Conflicting handle ID (payload and path)");
        return;
    }
    uint64_t cookie = await_reply(req);
    ptn_api_request(web->api, &web->http.client, cookie, root);
}

static void not_json(struct http_request *req, const struct json_text_error *error) {
    char reason[sizeof error->text + 64];
    snprintf(reason, sizeof reason, "JSON error: on line %d: %s", error->line, error->text);
    req->conn->server->web->counters.not_json++;
    reject(req, 454, reason);
}

static void post(struct http_request *req, const struct rest_path *path) {
    struct json_text_error error;
    if (path->info || path->ping) {
        http_answer_empty(req, 400);
        return;
    }
    if (req->body_len == 0) {
        conn_kill(req->conn, "POST without body");
        return;
    }
    json_t *root = json_text_parse(ptn_bytes_of(req->body, req->body_len), &error);
    if (!root) {
        not_json(req, &error);
        return;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        reject(req, 455, "JSON error: not an object");
        return;
    }
    post_json(req, path, root);
}

/* -- GET --------------------------------------------------------------------------------------- */

static void answer_root(struct http_request *req, bool ping) {
    struct ptn_rng rng = ptn_rng_system();
    char transaction[12];
    ptn_rng_text(&rng, transaction, 11);
    json_t *json =
        ping ? ptn_api_pong(transaction) : ptn_api_info(req->conn->server->web->api, transaction);
    http_answer_json(req, 200, json);
    json_decref(json);
}

static void redirect_to_session(struct http_request *req, uint64_t session) {
    char location[512];
    snprintf(location, sizeof location, "Location: %s/%" PRIu64 "\r\n",
             req->conn->server->base_path, session);
    http_answer(req, 302, NULL, location, NULL, 0);
}

static void get(struct http_request *req, const struct rest_path *path) {
    if (path->info || path->ping)
        answer_root(req, path->ping);
    else if (path->ids == 1)
        http_poll_start(req, path->session);
    else if (path->ids == 2)
        redirect_to_session(req, path->session);
    else
        http_answer_empty(req, 404);
}

/* -- which is it ------------------------------------------------------------------------------- */

static void route_api(struct http_request *req, const struct rest_path *path) {
    if (!http_cors_allows(&req->conn->server->cfg.http->cors, &req->head, true))
        http_answer_empty(req, 403);
    else if (!path)
        http_answer_empty(req, 404);
    else if (http_method_is(req, "POST"))
        post(req, path);
    else
        get(req, path);
}

static void unsupported_method(struct http_request *req) {
    char reason[HTTP_METHOD_MAX + 32];
    snprintf(reason, sizeof reason, "Unsupported method %.*s", (int)req->head.method.n,
             (const char *)req->head.method.p);
    reject(req, 450, reason);
}

/* The base path belongs to the API, also where it means nothing. With base path "/" the two share
 * the name space: what is no API path is a file. */
static bool wants_file(const struct http_request *req, bool below, const struct rest_path *path) {
    const struct web_server *server = req->conn->server;
    if (!http_method_is(req, "GET") && !http_method_is(req, "HEAD"))
        return false;
    if (!req->path || !http_static_covers(server, req->path))
        return false;
    if (!below)
        return true;
    bool means_nothing = !path || (path->ids == 0 && !path->info && !path->ping);
    return server->base_path[0] == '\0' && means_nothing;
}

void http_route(struct http_request *req) {
    struct rest_path parsed;
    if (!req->conn->server->cfg.http) { /* a WebSocket port */
        req->keep_alive = false;
        http_answer_empty(req, 403);
        return;
    }
    const char *below = below_base(req);
    const struct rest_path *path = below && parse_below(below, &parsed) ? &parsed : NULL;
    if (http_method_is(req, "OPTIONS"))
        http_answer_empty(req, 200);
    else if (wants_file(req, below != NULL, path))
        http_static_serve(req);
    else if (!http_method_is(req, "GET") && !http_method_is(req, "POST"))
        unsupported_method(req);
    else if (below)
        route_api(req, path);
    else
        http_answer_empty(req, 404);
}
