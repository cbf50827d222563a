/* HTTP/1.1 on a connection: requests one after the other, each answered before the next is looked
 * at (pipelining works, in order). */
#ifndef PTN_WEB_HTTP_H
#define PTN_WEB_HTTP_H

#include <jansson.h>

#include "api/api.h"
#include "base/hash.h"
#include "base/list.h"
#include "transports/web/chunked.h"
#include "transports/web/http_head.h"

struct web_conn;
struct web_server;
struct conn_protocol;
struct ptn_web;
struct http_session;

enum http_state {
    HTTP_BODY,    /* the body is arriving */
    HTTP_REPLY,   /* the core has been asked */
    HTTP_POLL,    /* a long poll waits for events */
    HTTP_SENDING, /* the answer is on its way */
};

struct http_request {
    struct web_conn *conn; /* borrowed: parent */
    enum http_state state;
    char *text; /* owned: the head's bytes, which head and query point into */
    struct http_head head;
    char *path; /* owned: decoded; NULL for targets that are not paths ("*") */
    struct ptn_bytes query;
    bool keep_alive;

    uint8_t *body; /* owned, out of the web's budget */
    size_t body_len, body_cap;
    uint64_t body_left; /* of a body with a length */
    struct chunked chunked;

    uint64_t cookie; /* HTTP_REPLY: key in http_client.pending */
    UT_hash_handle hh;

    struct http_session *session; /* HTTP_POLL: borrowed, unlinks its polls when it ends */
    struct ptn_list poll_link;
    size_t max_events;
    bool wants_array;
    bool woken; /* an event has come, which another poll may have taken meanwhile */

    int file; /* HTTP_SENDING: owned descriptor of a static file, or -1 */
    uint64_t file_left;
};

/* All of HTTP is one client of the API. */
struct http_client {
    struct ptn_client client;
    struct http_request *pending;  /* by cookie: borrowed, owned by their connections */
    struct http_session *sessions; /* by id: owned */
    uint64_t last_cookie;
};

extern const struct conn_protocol http_protocol;

/* Called when a connection has been accepted. */
void http_begin(struct web_conn *conn);

/* -- http_reply.c: answers; each ends the request's wait and may be called once per request ---- */

/* Copies the body. type NULL: none. extra: more header lines, each with CRLF, or NULL. */
void http_answer(struct http_request *req, int status, const char *type, const char *extra,
                 const void *body, size_t n);
void http_answer_empty(struct http_request *req, int status);
void http_answer_json(struct http_request *req, int status, const json_t *json);
/* The head of an answer whose body (n bytes) follows from req->file. */
void http_answer_file(struct http_request *req, const char *type, const char *extra, uint64_t n);
/* Broken or too large requests, before there is anything to route: answers and closes. */
void http_refuse(struct web_conn *conn, int status);

/* -- http_cors.c ------------------------------------------------------------------------------- */

struct ptn_str;
struct ptn_web_cors;
void http_cors_headers(const struct ptn_web_cors *cors, const struct http_head *head,
                       struct ptn_str *out);
/* With enforce: Origin (or, where allowed, Referer) starts with allow_origin. */
bool http_cors_allows(const struct ptn_web_cors *cors, const struct http_head *head,
                      bool or_referer);

/* -- http_rest.c: the API ---------------------------------------------------------------------- */

/* A complete request: decides what it is and answers now or later. */
void http_route(struct http_request *req);
void http_client_init(struct ptn_web *web);
/* Forgets a request whose connection has gone. */
void http_pending_forget(struct ptn_web *web, struct http_request *req);

/* -- http_poll.c: queues of events ------------------------------------------------------------- */

void http_poll_start(struct http_request *req, uint64_t session);
/* Answers with what is queued, or a keepalive. */
void http_poll_answer(struct http_request *req);
void http_poll_forget(struct http_request *req);
void http_session_begun(struct ptn_client *client, uint64_t session);
void http_session_over(struct ptn_client *client, uint64_t session, enum ptn_session_end how);
void http_session_event(struct ptn_client *client, uint64_t session, json_t *json);
/* At the end: every poll is answered, every queue freed. */
void http_sessions_done(struct ptn_web *web);

/* -- http_static.c ----------------------------------------------------------------------------- */

/* Whether the path lies under the static path and there is a folder at all. */
bool http_static_covers(const struct web_server *server, const char *path);
void http_static_serve(struct http_request *req);
/* Queues the next piece of req->file; false: the file could not be read on. */
bool http_static_next(struct http_request *req);

/* -- http.c ------------------------------------------------------------------------------------ */
bool http_method_is(const struct http_request *req, const char *method);

#endif
