#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "transports/json_text.h"
#include "transports/web/conn.h"
#include "transports/web/http.h"

static const char *reason_of(int status) {
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {413, "Content Too Large"},
        {426, "Upgrade Required"},
        {431, "Request Header Fields Too Large"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Error";
}

static void add_date(struct ptn_str *out) { /* RFC 9110 5.6.7; our locale is "C" */
    char text[64];
    struct tm tm;
    time_t now = time(NULL);
    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    ptn_str_addf(out, "Date: %s\r\n", text);
}

static void write_head(const struct http_request *req, int status, const char *type,
                       const char *extra, uint64_t n, struct ptn_str *out) {
    const struct web_server *server = req->conn->server;
    ptn_str_addf(out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
    add_date(out);
    if (type)
        ptn_str_addf(out, "Content-Type: %s\r\n", type);
    if (status != 304) /* RFC 9110 8.6: it would be the length of the file */
        ptn_str_addf(out, "Content-Length: %" PRIu64 "\r\n", n);
    if (server->cfg.http)
        http_cors_headers(&server->cfg.http->cors, &req->head, out);
    if (extra)
        ptn_str_add(out, extra);
    if (!req->keep_alive)
        ptn_str_add(out, "Connection: close\r\n");
    ptn_str_add(out, "\r\n");
}

static void send_text(struct web_conn *conn, struct ptn_str *text) {
    size_t n = text->len;
    conn_send(conn, (uint8_t *)ptn_str_take(text), 0, n);
    ptn_str_done(text);
}

static void begin_sending(struct http_request *req) {
    http_pending_forget(req->conn->server->web, req);
    http_poll_forget(req);
    req->state = HTTP_SENDING;
    conn_deadline(req->conn, PTN_NEVER);
}

void http_answer(struct http_request *req, int status, const char *type, const char *extra,
                 const void *body, size_t n) {
    struct ptn_str out;
    begin_sending(req);
    ptn_str_init(&out);
    write_head(req, status, type, extra, n, &out);
    if (n > 0 && !http_method_is(req, "HEAD"))
        ptn_str_addn(&out, body, n);
    send_text(req->conn, &out);
}

void http_answer_empty(struct http_request *req, int status) {
    http_answer(req, status, NULL, NULL, NULL, 0);
}

void http_answer_json(struct http_request *req, int status, const json_t *json) {
    const struct ptn_web_http *cfg = req->conn->server->cfg.http;
    char *text = json_text_write(json, cfg ? cfg->style : PTN_JSON_COMPACT);
    http_answer(req, status, "application/json", "Cache-Control: no-store\r\n", text, strlen(text));
    free(text);
}

void http_answer_file(struct http_request *req, const char *type, const char *extra, uint64_t n) {
    struct ptn_str out;
    begin_sending(req);
    ptn_str_init(&out);
    write_head(req, 200, type, extra, n, &out);
    send_text(req->conn, &out);
    req->file_left = http_method_is(req, "HEAD") ? 0 : n;
}

/* The request may be half parsed: nothing of it is looked at. */
void http_refuse(struct web_conn *conn, int status) {
    struct ptn_web_counters *c = &conn->server->web->counters;
    struct ptn_str out;
    json_t *json = ptn_api_error(0, NULL, 450, reason_of(status));
    char *body = json_text_write(json, PTN_JSON_COMPACT);
    json_decref(json);
    if (status == 413)
        c->too_large++;
    else
        c->malformed++;
    ptn_str_init(&out);
    ptn_str_addf(&out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
    add_date(&out);
    ptn_str_addf(&out,
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n"
                 "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n%s",
                 strlen(body), body);
    free(body);
    send_text(conn, &out);
    conn_end(conn, true);
}
