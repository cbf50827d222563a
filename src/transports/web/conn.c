#include "transports/web/conn.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"

#define FLUSH_ROUNDS 16 /* writes per callback: one client does not hold up the loop */

struct out_chunk {
    struct ptn_list link;
    uint8_t *bytes; /* owned */
    size_t pos, end;
};

static void on_timer(struct ptn_timer *timer, ptn_time now) {
    struct web_conn *conn = ptn_container_of(timer, struct web_conn, timer);
    (void)now;
    if (conn->ending)
        conn_kill(conn, "lingered");
    else
        conn->protocol->timeout(conn);
}

static void on_write_timer(struct ptn_timer *timer, ptn_time now) {
    struct web_conn *conn = ptn_container_of(timer, struct web_conn, write_timer);
    (void)now;
    conn->server->web->counters.timeouts++;
    conn_kill(conn, "does not read");
}

static void on_kill_timer(struct ptn_timer *timer, ptn_time now) {
    struct web_conn *conn = ptn_container_of(timer, struct web_conn, kill_timer);
    (void)now;
    if (conn->wsi) /* we are in our own timer: lws is not serving this connection */
        lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

struct web_conn *conn_new(struct web_server *server, const struct ptn_addr *remote) {
    struct web_conn *conn = ptn_new(struct web_conn);
    conn->server = server;
    conn->remote = *remote;
    conn->id = ++server->web->next_id;
    conn->timer.fire = on_timer;
    conn->write_timer.fire = on_write_timer;
    conn->kill_timer.fire = on_kill_timer;
    ptn_list_init(&conn->out);
    ptn_list_push(&server->conns, &conn->link);
    server->conn_count++;
    return conn;
}

void conn_deadline(struct web_conn *conn, ptn_time in) {
    if (in == PTN_NEVER)
        web_disarm(conn->server->web, &conn->timer);
    else
        web_arm(conn->server->web, &conn->timer, in);
}

void conn_kill(struct web_conn *conn, const char *why) {
    if (conn->doomed || !conn->wsi)
        return;
    char text[PTN_ADDR_TEXT];
    ptn_log(PTN_LOG_VERB, "web", "closing conn=%" PRIu64 " listener=%s remote=%s reason=\"%s\"",
            conn->id, conn->server->name, ptn_addr_text(&conn->remote, text, sizeof text), why);
    conn->doomed = true;
    web_arm(conn->server->web, &conn->kill_timer, 0);
}

/* -- output ---------------------------------------------------------------------------------- */

static void ask_writeable(struct web_conn *conn) {
    if (conn->in_callback || conn->asked || !conn->wsi || conn->doomed)
        return;
    conn->asked = true;
    lws_callback_on_writable(conn->wsi);
}

void conn_want_drained(struct web_conn *conn) {
    conn->drain_wanted = true;
    ask_writeable(conn);
}

static void out_drop(struct web_conn *conn, struct out_chunk *chunk) {
    ptn_list_remove(&chunk->link);
    conn->out_bytes -= chunk->end - chunk->pos;
    conn->out_chunks--;
    web_release(conn->server->web, chunk->end);
    free(chunk->bytes);
    free(chunk);
}

void conn_send(struct web_conn *conn, uint8_t *owned, size_t skip, size_t n) {
    struct ptn_web *web = conn->server->web;
    if (!conn->wsi || conn->doomed || conn->ending || !web_hold(web, skip + n)) {
        free(owned);
        if (conn->wsi && !conn->ending && !conn->doomed) {
            web->counters.slow_clients++;
            conn_kill(conn, "limits.memory reached");
        }
        return;
    }
    struct out_chunk *chunk = ptn_new(struct out_chunk);
    *chunk = (struct out_chunk){.bytes = owned, .pos = skip, .end = skip + n};
    ptn_list_init(&chunk->link);
    ptn_list_push(&conn->out, &chunk->link);
    conn->out_bytes += n;
    conn->out_chunks++;
    if (conn->write_timer.pos == 0)
        web_arm(web, &conn->write_timer, web->limits.write_time);
    conn_want_drained(conn);
}

void conn_send_copy(struct web_conn *conn, const void *p, size_t n) {
    uint8_t *copy = ptn_alloc(n ? n : 1);
    memcpy(copy, p, n);
    conn_send(conn, copy, 0, n);
}

/* Fills the scratch buffer from the front of the queue. */
static size_t gather(struct web_conn *conn, uint8_t *to, size_t cap) {
    size_t n = 0;
    while (n < cap && !ptn_list_empty(&conn->out)) {
        struct out_chunk *chunk = ptn_container_of(conn->out.next, struct out_chunk, link);
        size_t part = chunk->end - chunk->pos < cap - n ? chunk->end - chunk->pos : cap - n;
        memcpy(to + n, chunk->bytes + chunk->pos, part);
        n += part;
        chunk->pos += part;
        conn->out_bytes -= part;
        if (chunk->pos == chunk->end)
            out_drop(conn, chunk);
    }
    return n;
}

/* Writes what lws takes without keeping any of it. Only inside a callback of this connection.
 * Returns true when nothing is left, neither here nor in lws. */
static bool flush(struct web_conn *conn) {
    struct ptn_web *web = conn->server->web;
    uint8_t *buf = web->scratch + LWS_PRE;
    for (int i = 0; i < FLUSH_ROUNDS && !conn->doomed; i++) {
        if (lws_partial_buffered(conn->wsi))
            break;
        size_t n = gather(conn, buf, WEB_CHUNK);
        if (n == 0) {
            web_disarm(web, &conn->write_timer);
            return true;
        }
        web_arm(web, &conn->write_timer, web->limits.write_time);
        if (lws_write(conn->wsi, buf, n, LWS_WRITE_RAW) < 0)
            conn->doomed = true;
    }
    return false;
}

/* -- input ----------------------------------------------------------------------------------- */

/* Who does not read is not read from either: with output stuck inside it lws would be woken by
 * every arriving byte and look away, round and round (seen on 4.1.6). */
static void set_reading(struct web_conn *conn) {
    if (!conn->wsi)
        return;
    bool enough = !conn->ending && (conn->hold_input || conn->in_len >= CONN_IN_PAUSE);
    bool off = enough || lws_partial_buffered(conn->wsi);
    if (off == conn->read_off)
        return;
    conn->read_off = off;
    lws_rx_flow_control(conn->wsi, !off);
}

void conn_hold_input(struct web_conn *conn, bool hold) {
    if (conn->hold_input == hold)
        return;
    conn->hold_input = hold;
    set_reading(conn);
    if (!hold)
        conn_want_drained(conn); /* what is buffered is looked at there */
}

static void append(struct web_conn *conn, const uint8_t *p, size_t n) {
    if (conn->in_len + n > conn->in_cap) {
        conn->in_cap = conn->in_len + n;
        conn->in = ptn_realloc(conn->in, conn->in_cap);
    }
    memcpy(conn->in + conn->in_len, p, n);
    conn->in_len += n;
}

static void process(struct web_conn *conn) {
    size_t pos = 0;
    while (pos < conn->in_len && !conn->ending && !conn->doomed && !conn->hold_input) {
        size_t used = conn->protocol->input(conn, conn->in + pos, conn->in_len - pos);
        if (used == 0)
            break;
        pos += used;
    }
    if (conn->ending)
        pos = conn->in_len;
    if (pos > 0 && pos < conn->in_len)
        memmove(conn->in, conn->in + pos, conn->in_len - pos);
    conn->in_len -= pos;
    if (conn->in_len == 0 && conn->in_cap > 0) {
        free(conn->in); /* an idle connection keeps no buffer */
        conn->in = NULL;
        conn->in_cap = 0;
    }
}

/* -- ending ---------------------------------------------------------------------------------- */

void conn_end(struct web_conn *conn, bool linger) {
    conn->ending = true;
    conn->linger = linger;
    set_reading(conn);
    conn_deadline(conn, PTN_NEVER);
    conn_want_drained(conn);
}

static void last_words_sent(struct web_conn *conn) {
    if (!conn->linger) {
        conn->finished = true;
        return;
    }
    if (conn->timer.pos != 0)
        return; /* lingering already */
    shutdown(lws_get_socket_fd(conn->wsi), SHUT_WR);
    conn_deadline(conn, CONN_LINGER);
}

/* The common end of every callback: sends, lets the protocol go on when all is sent, and again. */
static bool settle(struct web_conn *conn) {
    bool sent = false;
    for (int i = 0; i < FLUSH_ROUNDS && !conn->doomed; i++) {
        sent = flush(conn);
        if (!sent || conn->ending || !conn->drain_wanted)
            break;
        conn->drain_wanted = false;
        conn->protocol->drained(conn);
        process(conn);
        sent = false; /* both may have queued something */
    }
    if (sent && conn->ending)
        last_words_sent(conn);
    conn->in_callback = false;
    if (conn->doomed || conn->finished)
        return false;
    set_reading(conn);
    if (!sent)
        ask_writeable(conn);
    return true;
}

bool conn_received(struct web_conn *conn, const uint8_t *p, size_t n) {
    if (!conn->wsi || conn->doomed)
        return false;
    conn->in_callback = true;
    if (!conn->ending) {
        append(conn, p, n);
        process(conn);
    }
    return settle(conn);
}

bool conn_writeable(struct web_conn *conn) {
    if (!conn->wsi || conn->doomed)
        return false;
    conn->asked = false;
    conn->in_callback = true;
    return settle(conn);
}

void conn_closed(struct web_conn *conn) {
    if (!conn->wsi)
        return;
    struct ptn_web *web = conn->server->web;
    conn->wsi = NULL;
    web_disarm(web, &conn->timer);
    web_disarm(web, &conn->write_timer);
    web_disarm(web, &conn->kill_timer);
    conn->protocol->gone(conn);
    while (!ptn_list_empty(&conn->out))
        out_drop(conn, ptn_container_of(conn->out.next, struct out_chunk, link));
    free(conn->in);
    conn->in = NULL;
    conn->in_len = conn->in_cap = 0;
    ptn_list_remove(&conn->link);
    conn->server->conn_count--;
}

void conn_free(struct web_conn *conn) {
    conn_closed(conn);
    free(conn);
}

bool conn_peer_left(const struct web_conn *conn) {
    uint8_t byte;
    if (!conn->wsi)
        return true;
    return recv(lws_get_socket_fd(conn->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}
