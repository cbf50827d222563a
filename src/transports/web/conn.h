/* One accepted connection: bytes in, a bounded queue of bytes out, two timers, an orderly end.
 * It starts as HTTP and may become a WebSocket; what the bytes mean is the protocol's business. */
#ifndef PTN_WEB_CONN_H
#define PTN_WEB_CONN_H

#include "transports/web/internal.h"

struct web_conn;
struct ws_conn;
struct http_request;

/* What a protocol on top does. */
struct conn_protocol {
    /* Takes what it can from the front of the buffered input (which it may change in place) and
     * returns how much; 0: it needs more, or does not want any now. */
    size_t (*input)(struct web_conn *conn, uint8_t *p, size_t n);
    /* Everything queued has been handed to the kernel: the place to queue more. */
    void (*drained)(struct web_conn *conn);
    /* The protocol timer fired. */
    void (*timeout)(struct web_conn *conn);
    /* The connection is gone; no other call follows. Frees what the protocol has. */
    void (*gone)(struct web_conn *conn);
};

#define CONN_LINGER (2 * PTN_SECOND)
#define CONN_IN_PAUSE 32768 /* buffered input at which reading pauses: two heads */

struct web_conn {
    struct ptn_list link; /* in server->conns */
    struct web_server *server;
    struct lws *wsi; /* NULL: lws has closed it */
    uint64_t id;
    struct ptn_addr remote;
    const struct conn_protocol *protocol;

    uint8_t *in; /* owned: input nobody has taken yet */
    size_t in_len, in_cap;
    size_t scanned; /* how far of it http_head_scan has looked */
    bool between;   /* HTTP: after an answer, before the next request has begun */

    struct ptn_list out; /* owned: queued output */
    size_t out_bytes, out_chunks;

    struct ptn_timer timer; /* the protocol's deadline */
    struct ptn_timer write_timer;
    struct ptn_timer kill_timer; /* due at once: closing from outside lws callbacks */

    bool in_callback; /* inside an lws callback of this connection */
    bool ending;      /* no more input; closes when the output is out */
    bool doomed;      /* to be closed without ceremony */
    bool linger;      /* after that, wait for the peer to close */
    bool finished;    /* nothing left to wait for: close */
    bool read_off;    /* lws has been told to stop reading */
    bool hold_input;  /* the protocol asked for a pause */
    bool drain_wanted;
    bool asked; /* lws has been asked for a writeable callback */

    struct http_request *request; /* http.c: the one being answered, or NULL */
    struct ws_conn *ws;           /* ws.c */
};

struct web_conn *conn_new(struct web_server *server, const struct ptn_addr *remote);
/* lws events. false: the connection is to be closed now. */
bool conn_received(struct web_conn *conn, const uint8_t *p, size_t n);
bool conn_writeable(struct web_conn *conn);
void conn_closed(struct web_conn *conn); /* lws has closed it; may come more than once */
void conn_free(struct web_conn *conn);

/* Queues bytes. Takes over `owned` (malloc'd), of which the bytes from `skip` on are sent. When the
 * budget is used up the connection is doomed and counted. Never sends from inside the call. */
void conn_send(struct web_conn *conn, uint8_t *owned, size_t skip, size_t n);
void conn_send_copy(struct web_conn *conn, const void *p, size_t n);
/* Asks for drained() when nothing is queued (a file to be read, a poll to be answered). */
void conn_want_drained(struct web_conn *conn);
/* No more input is taken; closes once the output is out. linger: the peer may still be sending what
 * we do not read (closing at once would reset the connection and could lose our last words): its
 * input is thrown away until it closes too, for CONN_LINGER at most. */
void conn_end(struct web_conn *conn, bool linger);
/* Closes without ceremony, from anywhere: never inside the call. why: for the log. */
void conn_kill(struct web_conn *conn, const char *why);
/* Pauses and resumes the protocol's input. */
void conn_hold_input(struct web_conn *conn, bool hold);
/* The protocol's deadline, from now; PTN_NEVER: none. */
void conn_deadline(struct web_conn *conn, ptn_time in);
/* Whether the peer has closed its side already (a long poll is then not worth its events). */
bool conn_peer_left(const struct web_conn *conn);

#endif
