/* SOCK_SEQPACKET: every accepted connection is a client. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listener.h"
#include "transports/unix/internal.h"

#define ACCEPT_ROUND 64             /* per callback: a flood of connections shares the loop */
#define ACCEPT_PAUSE (200 * PTN_MS) /* after running out of descriptors */
#define DRAIN_ROUND 1024            /* more than the kernel lets a peer have on the way */

struct conn {
    struct unix_client client;
    uv_poll_t poll;
    int fd;          /* owned */
    int polled;      /* what the poll handle waits for now */
    bool hold;       /* too many requests without a reply: not reading */
    bool ending;     /* no more input; closes when the output is out */
    const char *why; /* not NULL: to be closed now, because of this */
};

static struct conn *conn_of(struct unix_client *c) {
    return ptn_container_of(c, struct conn, client);
}

/* -- ending ------------------------------------------------------------------------------------ */

/* Closes without ceremony, from anywhere: never inside the call. */
static void doom(struct conn *conn, const char *why) {
    if (conn->why)
        return;
    conn->why = why;
    conn->client.muted = true;
    unix_client_settle_in(&conn->client, 0);
}

/* Input that nobody read would turn our end into an error at the peer (ECONNRESET), which it may
 * meet before our last words. After SHUT_RD no more comes. */
static void drain(int fd) {
    uint8_t byte;
    shutdown(fd, SHUT_RD);
    for (int i = 0; i < DRAIN_ROUND && recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) > 0; i++)
        continue;
}

static void on_conn_closed(uv_handle_t *poll) {
    struct conn *conn = poll->data;
    struct ptn_unix *u = conn->client.server->u;
    free(conn);
    unix_handle_closed(u);
}

static void conn_close(struct conn *conn, const char *why) {
    struct unix_client *c = &conn->client;
    ptn_log(PTN_LOG_VERB, "unix", "closed conn=%" PRIu64 " listener=%s reason=\"%s\"", c->api.id,
            c->server->cfg.socket->name, why);
    unix_client_done(c);
    uv_close((uv_handle_t *)&conn->poll, on_conn_closed);
    drain(conn->fd);
    close(conn->fd);
}

/* -- the connection's events ------------------------------------------------------------------- */

static bool is_reading(const struct conn *conn) {
    return !conn->hold && !conn->ending && !conn->why;
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void update_poll(struct conn *conn) {
    int want = UV_DISCONNECT;
    if (is_reading(conn))
        want |= UV_READABLE;
    if (conn->client.out_count > 0)
        want |= UV_WRITABLE;
    if (want == conn->polled)
        return;
    conn->polled = want;
    uv_poll_start(&conn->poll, want, on_poll);
}

static void receive(struct conn *conn) {
    struct ptn_unix *u = conn->client.server->u;
    for (int i = 0; i < RECEIVE_ROUND && is_reading(conn); i++) {
        struct iovec iov = {u->packet, u->limits.message};
        struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1}; /* passed descriptors are closed */
        ssize_t n = recvmsg(conn->fd, &msg, MSG_DONTWAIT);
        if (n > 0) {
            unix_client_packet(&conn->client, ptn_bytes_of(u->packet, (size_t)n),
                               (msg.msg_flags & MSG_TRUNC) != 0);
            conn->hold = conn->client.inflight >= u->limits.inflight;
        } else if (n == 0) { /* an empty packet looks the same: it is no request either */
            doom(conn, "closed by the client");
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNRESET) { /* after that its packets are there */
            doom(conn, strerror(errno));
        }
    }
}

static void settle(struct unix_client *c) {
    struct conn *conn = conn_of(c);
    if (conn->why)
        conn_close(conn, conn->why);
    else if (conn->ending && c->out_count == 0)
        conn_close(conn, "ended by the server");
    else
        update_poll(conn);
}

/* status < 0: the connection is in error, because the peer has closed without reading all that we
 * sent; the handle is stopped. What it sent before is still there. */
static void on_poll(uv_poll_t *poll, int status, int events) {
    struct conn *conn = poll->data;
    if (events & UV_WRITABLE)
        unix_client_flush(&conn->client);
    if (status < 0 || (events & UV_READABLE))
        receive(conn);
    if (status < 0)
        doom(conn, "closed by the client");
    else if ((events & UV_DISCONNECT) && !is_reading(conn))
        doom(conn, "closed by the client");
    settle(&conn->client);
}

/* -- as a client ------------------------------------------------------------------------------- */

static enum unix_sent transmit(struct unix_client *c, const char *text, size_t n) {
    ssize_t sent;
    do
        sent = send(conn_of(c)->fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return UNIX_SENT;
    if (errno == EAGAIN)
        return UNIX_BLOCKED;
    if (errno != EMSGSIZE)
        return UNIX_BROKEN;
    ptn_log(PTN_LOG_WARN, "unix", "message of %zu bytes is more than a socket takes conn=%" PRIu64,
            n, c->api.id);
    return UNIX_LOST;
}

static void waiting(struct unix_client *c) {
    update_poll(conn_of(c));
}

static void broken(struct unix_client *c) {
    doom(conn_of(c), "closed by the client");
}

static void overflow(struct unix_client *c) {
    c->server->u->counters.slow_clients++;
    doom(conn_of(c), "does not read: queue is full");
}

static void stalled(struct unix_client *c) {
    conn_close(conn_of(c), "does not read");
}

/* Unlike a WebSocket (core.md 6). The event that says so is on its way or in the queue. */
static void timed_out(struct unix_client *c) {
    conn_of(c)->ending = true;
    c->muted = true;
    unix_client_settle_in(c, 0);
}

static void answered(struct unix_client *c) {
    struct conn *conn = conn_of(c);
    if (!conn->hold || c->inflight > c->server->u->limits.inflight / 2)
        return;
    conn->hold = false;
    if (!conn->why)
        update_poll(conn);
}

static const struct unix_kind kind = {
    .transmit = transmit,
    .waiting = waiting,
    .broken = broken,
    .overflow = overflow,
    .timed_out = timed_out,
    .answered = answered,
    .stalled = stalled,
    .settle = settle,
};

/* -- accepting --------------------------------------------------------------------------------- */

static void log_open(const struct conn *conn) {
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    (void)getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len); /* for the log only */
    ptn_log(PTN_LOG_INFO, "unix", "connected conn=%" PRIu64 " listener=%s pid=%d uid=%u",
            conn->client.api.id, conn->client.server->cfg.socket->name, (int)peer.pid,
            (unsigned)peer.uid);
}

static void accepted(struct unix_server *server, int fd) {
    struct ptn_unix *u = server->u;
    struct conn *conn = ptn_new(struct conn);
    if (server->client_count >= u->limits.clients || uv_poll_init(u->loop, &conn->poll, fd) != 0) {
        u->counters.refused_limit++;
        close(fd);
        free(conn);
        return;
    }
    u->handles++;
    conn->fd = fd;
    conn->poll.data = conn;
    unix_client_init(&conn->client, server, &kind);
    log_open(conn);
    update_poll(conn);
}

static void on_listen(uv_poll_t *poll, int status, int events);

static void accept_again(struct ptn_timer *timer, ptn_time now) {
    struct unix_server *server = ptn_container_of(timer, struct unix_server, accept_again);
    (void)now;
    uv_poll_start(&server->poll, UV_READABLE, on_listen);
}

/* Out of descriptors or memory: the socket stays readable, so looking away is all that helps. */
static void pause_accepting(struct unix_server *server) {
    ptn_log(PTN_LOG_WARN, "unix", "cannot accept listener=%s error=\"%s\"",
            server->cfg.socket->name, strerror(errno));
    uv_poll_stop(&server->poll);
    unix_arm(server->u, &server->accept_again, ACCEPT_PAUSE);
}

static void on_listen(uv_poll_t *poll, int status, int events) {
    struct unix_server *server = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPT_ROUND; i++) {
        int fd = ptn_unix_accept(server->cfg.socket->fd);
        if (fd >= 0) {
            accepted(server, fd);
        } else if (fd == PTN_ACCEPT_FULL || fd == PTN_ACCEPT_BROKEN) {
            pause_accepting(server);
            return;
        } else if (fd == PTN_ACCEPT_AGAIN) {
            return;
        }
    }
}

/* -- start and end ----------------------------------------------------------------------------- */

ptn_err seqpacket_start(struct unix_server *server) {
    server->accept_again.fire = accept_again;
    return uv_poll_start(&server->poll, UV_READABLE, on_listen) == 0 ? PTN_OK : PTN_EIO;
}

void seqpacket_stop(struct unix_server *server) {
    unix_disarm(server->u, &server->accept_again);
    uv_poll_stop(&server->poll);
    PTN_LIST_EACH (it, &server->clients) {
        struct unix_client *c = ptn_container_of(it, struct unix_client, link);
        conn_of(c)->ending = true;
        unix_client_tell_gone(c);
        settle(c);
    }
}

void seqpacket_close(struct unix_server *server) {
    PTN_LIST_EACH (it, &server->clients)
        conn_close(conn_of(ptn_container_of(it, struct unix_client, link)), "server shutting down");
}
