#include "transports/web/http.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "transports/web/conn.h"
#include "transports/web/url.h"
#include "transports/web/ws.h"

#define BODY_FIRST 4096 /* what most requests fit in; then doubling */

bool http_method_is(const struct http_request *req, const char *method) {
    return ptn_bytes_eq(req->head.method, ptn_bytes_str(method));
}

static void request_free(struct http_request *req) {
    struct ptn_web *web = req->conn->server->web;
    http_pending_forget(web, req);
    http_poll_forget(req);
    if (req->file >= 0)
        close(req->file);
    web_release(web, req->body_cap);
    free(req->body);
    free(req->path);
    free(req->text);
    req->conn->request = NULL;
    free(req);
}

static struct http_request *request_new(struct web_conn *conn, const uint8_t *text, size_t n) {
    struct http_request *req = ptn_new(struct http_request);
    req->conn = conn;
    req->file = -1;
    ptn_list_init(&req->poll_link);
    req->text = ptn_strndup((const char *)text, n);
    conn->request = req;
    return req;
}

/* -- body ------------------------------------------------------------------------------------ */

static int body_add(struct http_request *req, struct ptn_bytes more) {
    struct ptn_web *web = req->conn->server->web;
    if (more.n > web->limits.message - req->body_len)
        return 413;
    if (req->body_len + more.n > req->body_cap) {
        size_t cap = req->body_cap ? req->body_cap : BODY_FIRST;
        while (cap < req->body_len + more.n)
            cap *= 2;
        if (!web_hold(web, cap - req->body_cap))
            return 503;
        req->body = ptn_realloc(req->body, cap);
        req->body_cap = cap;
    }
    if (more.n > 0)
        memcpy(req->body + req->body_len, more.p, more.n);
    req->body_len += more.n;
    return 0;
}

static int take_chunked(struct http_request *req, struct ptn_bytes *in, bool *complete) {
    while (in->n > 0 && req->chunked.state != CHUNKED_DONE) {
        struct ptn_bytes data = chunked_next(&req->chunked, in);
        if (req->chunked.state == CHUNKED_BAD)
            return 400;
        int status = body_add(req, data);
        if (status != 0)
            return status;
    }
    *complete = req->chunked.state == CHUNKED_DONE;
    return 0;
}

static int take_length(struct http_request *req, struct ptn_bytes *in, bool *complete) {
    size_t n = in->n < req->body_left ? in->n : (size_t)req->body_left;
    int status = body_add(req, (struct ptn_bytes){in->p, n});
    in->p += n;
    in->n -= n;
    req->body_left -= n;
    *complete = req->body_left == 0;
    return status;
}

static size_t body_input(struct http_request *req, const uint8_t *p, size_t n) {
    struct ptn_bytes in = {p, n};
    struct web_conn *conn = req->conn;
    bool complete = false;
    int status =
        req->head.chunked ? take_chunked(req, &in, &complete) : take_length(req, &in, &complete);
    if (status != 0) {
        http_refuse(conn, status);
        return n;
    }
    if (complete) {
        conn_deadline(conn, PTN_NEVER);
        http_route(req);
    }
    return n - in.n;
}

/* -- head ------------------------------------------------------------------------------------ */

static bool is_upgrade(const struct http_head *head) {
    return http_head_has_token(head, "connection", "upgrade") &&
           http_head_has_token(head, "upgrade", "websocket");
}

static void expect_body(struct http_request *req) {
    struct web_conn *conn = req->conn;
    struct ptn_web *web = conn->server->web;
    if (req->head.length > web->limits.message) {
        http_refuse(conn, 413);
        return;
    }
    req->state = HTTP_BODY;
    req->body_left = req->head.length;
    chunked_init(&req->chunked);
    conn_deadline(conn, web->limits.body_time);
    if (req->head.expect_continue)
        conn_send_copy(conn, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

static void head_complete(struct web_conn *conn, const uint8_t *p, size_t n) {
    struct http_request *req = request_new(conn, p, n);
    int status = http_head_parse(ptn_bytes_of(req->text, n), &req->head);
    if (status != 0) {
        http_refuse(conn, status);
        return;
    }
    bool upgrade = is_upgrade(&req->head);
    if (!web_access_with_head(conn->server, &conn->remote, &req->head, upgrade)) {
        conn->server->web->counters.refused_acl++;
        conn_kill(conn, "not in the access list");
        return;
    }
    if (upgrade) {
        ws_upgrade(req);
        return;
    }
    conn->server->web->counters.http_requests++;
    req->keep_alive = req->head.keep_alive;
    req->path = ptn_alloc(req->head.target.n + 1);
    if (!url_split(req->head.target, req->path, &req->query)) {
        free(req->path);
        req->path = NULL;
    }
    if (req->head.chunked || req->head.length > 0)
        expect_body(req);
    else
        http_route(req);
}

static size_t head_input(struct web_conn *conn, const uint8_t *p, size_t n) {
    if (conn->scanned == 0) {
        if (p[0] == '\r' && n == 1)
            return 0;
        if (p[0] == '\r' && p[1] == '\n')
            return 2; /* RFC 9112 2.2: empty lines before a request are ignored */
        if (conn->timer.pos == 0 || conn->between)
            conn_deadline(conn, conn->server->web->limits.header_time);
        conn->between = false;
    }
    size_t end = 0;
    struct ptn_bytes in = {p, n < HTTP_HEAD_MAX ? n : HTTP_HEAD_MAX};
    enum http_scan scan = http_head_scan(in, &conn->scanned, &end);
    if (scan == HTTP_SCAN_MORE && n < HTTP_HEAD_MAX)
        return 0;
    conn->scanned = 0;
    if (scan != HTTP_SCAN_DONE) {
        http_refuse(conn, scan == HTTP_SCAN_BAD ? 400 : 431);
        return n;
    }
    conn_deadline(conn, PTN_NEVER);
    head_complete(conn, p, end);
    return end;
}

/* -- protocol -------------------------------------------------------------------------------- */

static size_t http_input(struct web_conn *conn, uint8_t *p, size_t n) {
    struct http_request *req = conn->request;
    if (!req)
        return head_input(conn, p, n);
    return req->state == HTTP_BODY ? body_input(req, p, n) : 0;
}

static void request_done(struct http_request *req) {
    struct web_conn *conn = req->conn;
    bool keep_alive = req->keep_alive;
    request_free(req);
    if (!keep_alive) {
        conn_end(conn, false);
        return;
    }
    conn->between = true;
    conn_deadline(conn, conn->server->web->limits.idle_time);
}

static void answer_sent(struct http_request *req) {
    if (req->file_left == 0)
        request_done(req);
    else if (!http_static_next(req))
        conn_kill(req->conn, "file cannot be read on");
}

static void http_drained(struct web_conn *conn) {
    struct http_request *req = conn->request;
    if (!req)
        return;
    if (req->state == HTTP_POLL && req->woken)
        http_poll_answer(req);
    else if (req->state == HTTP_SENDING)
        answer_sent(req);
}

static void http_timeout(struct web_conn *conn) {
    struct http_request *req = conn->request;
    if (req && req->state == HTTP_POLL) {
        http_poll_answer(req);
        return;
    }
    if (!conn->between || req)
        conn->server->web->counters.timeouts++;
    conn_kill(conn, !req                      ? "no request in time"
                    : req->state == HTTP_BODY ? "no body in time"
                                              : "no reply in time");
}

static uint64_t *gauge(struct web_conn *conn) {
    struct ptn_web_counters *c = &conn->server->web->counters;
    return conn->server->cfg.tls ? &c->https_connections : &c->http_connections;
}

static void http_gone(struct web_conn *conn) {
    if (conn->request)
        request_free(conn->request);
    (*gauge(conn))--;
}

const struct conn_protocol http_protocol = {
    .input = http_input,
    .drained = http_drained,
    .timeout = http_timeout,
    .gone = http_gone,
};

void http_begin(struct web_conn *conn) {
    conn->protocol = &http_protocol;
    (*gauge(conn))++;
    conn_deadline(conn, conn->server->web->limits.header_time);
}
