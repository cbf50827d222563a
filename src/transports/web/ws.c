#include "transports/web/ws.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "transports/json_text.h"
#include "transports/web/conn.h"
#include "transports/web/ws_frame.h"
#include "transports/web/ws_handshake.h"

#define OBJECTS_MAX 256    /* JSON objects in one message; clients send one */
#define MESSAGE_FIRST 4096 /* what most messages fit in; then doubling */

enum close_code {
    CLOSE_GOING_AWAY = 1001,
    CLOSE_PROTOCOL = 1002,
    CLOSE_NOT_UTF8 = 1007,
    CLOSE_TOO_LARGE = 1009,
    CLOSE_OVERLOAD = 1013,
};

struct ws_conn {
    struct ptn_client client;
    struct web_conn *conn; /* borrowed: parent */
    struct ws_parser parser;
    uint8_t message_opcode; /* text or binary: of the message being received */
    uint8_t *message;       /* owned, out of the web's budget */
    size_t message_len, message_cap;
    uint8_t control[WS_CONTROL_MAX];
    size_t control_len;
    size_t inflight; /* requests without a reply */
    uint64_t last_cookie;
    bool ping_sent; /* and nothing has come since */
    bool gone_told; /* the API knows that the client is gone */
};

static struct ws_conn *ws_of(struct ptn_client *client) {
    return ptn_container_of(client, struct ws_conn, client);
}

static const struct ptn_web_ws *config(const struct ws_conn *ws) {
    return ws->conn->server->cfg.ws;
}

static struct ptn_web *web_of(const struct ws_conn *ws) {
    return ws->conn->server->web;
}

/* -- sending ----------------------------------------------------------------------------------- */

static void send_frame(struct ws_conn *ws, enum ws_opcode opcode, const void *payload, size_t n) {
    uint8_t header[WS_HEADER_MAX];
    size_t header_len = ws_header_write(opcode, n, header);
    uint8_t *bytes = ptn_alloc(header_len + n);
    memcpy(bytes, header, header_len);
    if (n > 0)
        memcpy(bytes + header_len, payload, n);
    conn_send(ws->conn, bytes, 0, header_len + n);
}

static bool queue_is_full(const struct ws_conn *ws, size_t more) {
    const struct ptn_web_limits *limits = &web_of(ws)->limits;
    return ws->conn->out_chunks >= limits->ws_queue_messages ||
           ws->conn->out_bytes + more > limits->ws_queue_bytes;
}

static void send_json(struct ws_conn *ws, json_t *json) {
    if (ws->conn->doomed || ws->conn->ending)
        return;
    char *text = json_text_write(json, config(ws)->style);
    size_t n = strlen(text);
    if (queue_is_full(ws, n)) {
        web_of(ws)->counters.slow_clients++;
        conn_kill(ws->conn, "does not read: queue is full");
    } else {
        send_frame(ws, WS_TEXT, text, n);
    }
    free(text);
}

static void send_close(struct ws_conn *ws, unsigned code, const char *reason) {
    uint8_t payload[WS_CONTROL_MAX] = {(uint8_t)(code >> 8), (uint8_t)code};
    size_t n = strlen(reason);
    memcpy(payload + 2, reason, n);
    send_frame(ws, WS_CLOSE, payload, n + 2);
}

/* We end it: the peer is told why and has CONN_LINGER to answer. */
static void fail(struct ws_conn *ws, enum close_code code, const char *reason) {
    struct ptn_web_counters *c = &web_of(ws)->counters;
    if (code == CLOSE_TOO_LARGE)
        c->too_large++;
    else if (code != CLOSE_GOING_AWAY)
        c->malformed++;
    send_close(ws, code, reason);
    conn_end(ws->conn, true);
}

/* -- the API's side ---------------------------------------------------------------------------- */

static void on_reply(struct ptn_client *client, uint64_t cookie, json_t *json) {
    struct ws_conn *ws = ws_of(client);
    (void)cookie; /* the transaction inside is what the peer matches by */
    ws->inflight--;
    send_json(ws, json);
    if (ws->conn->hold_input && ws->inflight <= web_of(ws)->limits.ws_inflight / 2)
        conn_hold_input(ws->conn, false);
}

static void on_event(struct ptn_client *client, uint64_t session, json_t *json) {
    (void)session;
    send_json(ws_of(client), json);
}

static void on_session_begun(struct ptn_client *client, uint64_t session) {
    (void)client; /* the API knows who owns what; nothing is kept per session here */
    (void)session;
}

static void on_session_over(struct ptn_client *client, uint64_t session, enum ptn_session_end how) {
    (void)client; /* the connection stays open, also after a timeout */
    (void)session;
    (void)how;
}

static const struct ptn_client_ops client_ops = {
    .package = "janus.transport.websockets",
    .reply = on_reply,
    .event = on_event,
    .session_begun = on_session_begun,
    .session_over = on_session_over,
};

static void tell_gone(struct ws_conn *ws) {
    if (ws->gone_told)
        return;
    ws->gone_told = true;
    ptn_api_client_gone(web_of(ws)->api, &ws->client);
}

/* -- messages ---------------------------------------------------------------------------------- */

static uint64_t new_cookie(struct ws_conn *ws) {
    ws->inflight++;
    web_of(ws)->counters.ws_messages++;
    return ++ws->last_cookie;
}

static void not_json(struct ws_conn *ws, const struct json_text_error *error) {
    char reason[sizeof error->text + 96];
    snprintf(reason, sizeof reason, "Invalid Janus API request - <string>(%d,%d): %s", error->line,
             error->column, error->text);
    web_of(ws)->counters.not_json++;
    uint64_t cookie = new_cookie(ws);
    ptn_api_reject(web_of(ws)->api, &ws->client, cookie, 454, reason);
}

static void message_complete(struct ws_conn *ws) {
    struct json_text_error error;
    struct ptn_bytes text = ptn_bytes_of(ws->message, ws->message_len);
    if (ws->message_opcode == WS_TEXT && !ws_utf8_ok(text)) {
        fail(ws, CLOSE_NOT_UTF8, "text is not UTF-8");
        return;
    }
    json_t *all = json_text_parse_all(text, OBJECTS_MAX, &error);
    if (!all) {
        not_json(ws, &error);
        return;
    }
    for (size_t i = 0; i < json_array_size(all) && !ws->conn->doomed; i++) {
        uint64_t cookie = new_cookie(ws);
        ptn_api_request(web_of(ws)->api, &ws->client, cookie, json_incref(json_array_get(all, i)));
    }
    json_decref(all);
}

static void message_forget(struct ws_conn *ws) {
    web_release(web_of(ws), ws->message_cap);
    free(ws->message);
    ws->message = NULL;
    ws->message_len = ws->message_cap = 0;
}

/* false: the budget of all clients is used up. */
static bool message_add(struct ws_conn *ws, struct ptn_bytes more) {
    if (ws->message_len + more.n > ws->message_cap) {
        size_t cap = ws->message_cap ? ws->message_cap : MESSAGE_FIRST;
        while (cap < ws->message_len + more.n)
            cap *= 2;
        if (!web_hold(web_of(ws), cap - ws->message_cap))
            return false;
        ws->message = ptn_realloc(ws->message, cap);
        ws->message_cap = cap;
    }
    memcpy(ws->message + ws->message_len, more.p, more.n);
    ws->message_len += more.n;
    return true;
}

/* -- frames ------------------------------------------------------------------------------------ */

static bool is_control(const struct ws_parser *p) {
    return (p->opcode & 0x8) != 0;
}

/* The peer closes: its code is echoed (RFC 6455 5.5.1), and the server closes first. */
static void peer_closes(struct ws_conn *ws) {
    unsigned code = ws->control_len >= 2 ? (unsigned)(ws->control[0] << 8 | ws->control[1]) : 1000;
    struct ptn_bytes reason = {ws->control + 2, ws->control_len > 2 ? ws->control_len - 2 : 0};
    if (ws->control_len == 1 || !ws_close_code_ok(code) || !ws_utf8_ok(reason)) {
        fail(ws, CLOSE_PROTOCOL, "malformed close");
        return;
    }
    send_close(ws, code, "");
    conn_end(ws->conn, false);
}

static void frame_begins(struct ws_conn *ws) {
    struct ws_parser *p = &ws->parser;
    ws->control_len = 0;
    if (is_control(p))
        return;
    if (p->opcode != WS_CONTINUATION)
        ws->message_opcode = p->opcode;
    if (p->left > web_of(ws)->limits.message - ws->message_len)
        fail(ws, CLOSE_TOO_LARGE, "message too large");
}

static void frame_data(struct ws_conn *ws, struct ptn_bytes data) {
    if (is_control(&ws->parser)) {
        memcpy(ws->control + ws->control_len, data.p, data.n); /* the parser keeps to the limit */
        ws->control_len += data.n;
    } else if (!message_add(ws, data)) {
        fail(ws, CLOSE_OVERLOAD, "try again later");
    }
}

static void frame_ends(struct ws_conn *ws) {
    switch (ws->parser.opcode) {
    case WS_PING:
        if (!queue_is_full(ws, ws->control_len))
            send_frame(ws, WS_PONG, ws->control, ws->control_len);
        break;
    case WS_PONG:
        break;
    case WS_CLOSE:
        peer_closes(ws);
        break;
    default:
        if (ws->parser.fin) {
            message_complete(ws);
            message_forget(ws);
        }
    }
}

static void handle(struct ws_conn *ws, enum ws_event event, struct ptn_bytes data) {
    switch (event) {
    case WS_MORE:
        break;
    case WS_BEGIN:
        frame_begins(ws);
        break;
    case WS_DATA:
        frame_data(ws, data);
        break;
    case WS_END:
        frame_ends(ws);
        break;
    case WS_BAD:
        fail(ws, CLOSE_PROTOCOL, "protocol error");
        break;
    }
}

static void arm_ping(struct ws_conn *ws) {
    const struct ptn_web_ws *cfg = config(ws);
    ws->ping_sent = false;
    if (cfg->ping_trigger_s > 0 && cfg->ping_timeout_s > 0)
        conn_deadline(ws->conn, cfg->ping_trigger_s * PTN_SECOND);
}

static size_t ws_input(struct web_conn *conn, uint8_t *p, size_t n) {
    struct ws_conn *ws = conn->ws;
    struct ptn_bytes in = {p, n}, data = {NULL, 0};
    enum ws_event event = WS_BEGIN;
    arm_ping(ws); /* whatever comes is a sign of life */
    while (event != WS_MORE && !conn->ending && !conn->doomed) {
        if (ws->inflight >= web_of(ws)->limits.ws_inflight) {
            conn_hold_input(conn, true);
            break;
        }
        event = ws_parse(&ws->parser, &in, &data);
        handle(ws, event, data);
    }
    return n - in.n;
}

/* -- life -------------------------------------------------------------------------------------- */

static void ws_drained(struct web_conn *conn) {
    (void)conn;
}

static void ws_timeout(struct web_conn *conn) {
    struct ws_conn *ws = conn->ws;
    if (ws->ping_sent) {
        web_of(ws)->counters.timeouts++;
        conn_kill(conn, "no pong");
        return;
    }
    ws->ping_sent = true;
    send_frame(ws, WS_PING, "ptn", 3);
    conn_deadline(conn, config(ws)->ping_timeout_s * PTN_SECOND);
}

static void ws_gone(struct web_conn *conn) {
    struct ws_conn *ws = conn->ws;
    tell_gone(ws);
    message_forget(ws);
    web_of(ws)->counters.ws_connections--;
    conn->ws = NULL;
    free(ws);
}

static const struct conn_protocol ws_protocol = {
    .input = ws_input,
    .drained = ws_drained,
    .timeout = ws_timeout,
    .gone = ws_gone,
};

void ws_upgrade(struct http_request *req) {
    struct web_conn *conn = req->conn;
    struct ptn_web *web = conn->server->web;
    if (!ws_handshake(req)) {
        web->counters.ws_refused++;
        return;
    }
    http_protocol.gone(conn); /* the request, and its place among the HTTP connections */
    struct ws_conn *ws = ptn_new(struct ws_conn);
    ws->conn = conn;
    ws->client.ops = &client_ops;
    ws->client.id = conn->id;
    ws_parser_init(&ws->parser);
    conn->ws = ws;
    conn->protocol = &ws_protocol;
    conn_deadline(conn, PTN_NEVER);
    arm_ping(ws);
    web->counters.ws_connections++;
    web->counters.ws_opened++;
    char text[PTN_ADDR_TEXT];
    ptn_log(PTN_LOG_INFO, "web", "websocket open conn=%" PRIu64 " listener=%s remote=%s", conn->id,
            conn->server->name, ptn_addr_text(&conn->remote, text, sizeof text));
}

void ws_goodbye(struct web_conn *conn) {
    if (conn->protocol != &ws_protocol || conn->ending)
        return;
    tell_gone(conn->ws);
    fail(conn->ws, CLOSE_GOING_AWAY, "server shutting down");
}
