#include "transports/web/ws_handshake.h"

#include "base/str.h"
#include "transports/web/conn.h"
#include "transports/web/ws_accept.h"

static const char *protocol_of(const struct web_server *server) {
    switch (server->cfg.api) {
    case PTN_WEB_API_JANUS:
        return "janus-protocol";
    case PTN_WEB_API_ADMIN:
        return "janus-admin-protocol";
    }
    return "";
}

static bool refuse(struct http_request *req, int status, const char *extra) {
    req->keep_alive = false;
    http_answer(req, status, NULL, extra, NULL, 0);
    return false;
}

/* 0, or the status to refuse with. */
static int check(const struct http_request *req, char accept[WS_ACCEPT_TEXT]) {
    const struct web_server *server = req->conn->server;
    const struct http_head *head = &req->head;
    if (!server->cfg.ws)
        return 403; /* an HTTP port */
    if (!http_method_is(req, "GET") || head->minor != 1 || head->chunked || head->length > 0)
        return 400;
    if (!http_bytes_is(http_head_find(head, "sec-websocket-version"), "13"))
        return 426;
    if (!http_head_has_token(head, "sec-websocket-protocol", protocol_of(server)))
        return 400;
    if (!http_cors_allows(&server->cfg.ws->cors, head, false))
        return 403;
    return ws_accept_of(http_head_find(head, "sec-websocket-key"), accept) ? 0 : 400;
}

bool ws_handshake(struct http_request *req) {
    char accept[WS_ACCEPT_TEXT];
    const struct web_server *server = req->conn->server;
    int status = check(req, accept);
    if (status != 0)
        return refuse(req, status, status == 426 ? "Sec-WebSocket-Version: 13\r\n" : NULL);
    struct ptn_str out;
    const char *origin = server->cfg.ws->cors.allow_origin;
    ptn_str_init(&out);
    ptn_str_addf(&out,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
                 "Sec-WebSocket-Protocol: %s\r\nAccess-Control-Allow-Origin: %s\r\n\r\n",
                 accept, protocol_of(server), origin ? origin : "*");
    conn_send_copy(req->conn, out.s, out.len);
    ptn_str_done(&out);
    return true;
}
