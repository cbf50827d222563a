/* SOCK_DGRAM: one socket, and every path that somebody sends from is a client. It is known while it
 * owns a session, waits for a reply, or has messages waiting for it. */
#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "api/errors.h"
#include "base/hash.h"
#include "transports/json_text.h"
#include "transports/unix/internal.h"

/* A full receive queue (net.unix.max_dgram_qlen, 10) tells nobody when it has room again. */
#define RETRY_FIRST (2 * PTN_MS)
#define RETRY_LAST (64 * PTN_MS) /* doubling up to this */
#define DROP_LOG_BURST 5         /* lines per second */
/* What clients have not read is the kernel's to keep out of one buffer, that of our socket (a
 * connected client's own queue has no limit). Nothing tells whose it is, but who speaks is alive:
 * so while more than half is in use, no client may have been sent more than this part of it since
 * its last request, and one that hangs cannot take what the others need. */
#define UNREAD_PART 8
#define MESSAGE_OVERHEAD 768 /* bytes a datagram costs beyond its own: an sk_buff */
#define NAME_AT offsetof(struct sockaddr_un, sun_path)

struct dgram_client {
    struct unix_client client;
    struct sockaddr_un addr;
    socklen_t len; /* of it, at least one byte of name */
    ptn_time retry;
    size_t unread;     /* bytes sent since its last request, as the kernel counts them */
    UT_hash_handle hh; /* by the name's bytes */
};

static struct dgram_client *dgram_of(struct unix_client *c) {
    return ptn_container_of(c, struct dgram_client, client);
}

#define NAME_TEXT (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)

/* A name fit for one line of a log: it is chosen by whoever may send here. */
static const char *name_text(const struct dgram_client *d, char buf[NAME_TEXT]) {
    size_t n = d->len - NAME_AT;
    for (size_t i = 0; i < n; i++) {
        char c = d->addr.sun_path[i];
        buf[i] = c >= ' ' && c <= '~' && c != '"' ? c : '?';
    }
    if (d->addr.sun_path[0] == '\0')
        buf[0] = '@'; /* abstract */
    else
        n = strnlen(d->addr.sun_path, n);
    buf[n] = '\0';
    return buf;
}

/* -- sending ----------------------------------------------------------------------------------- */

static void log_lost(const struct dgram_client *d, const char *why) {
    struct ptn_unix *u = d->client.server->u;
    char text[NAME_TEXT];
    if (ptn_log_allowed(&u->drop_log, DROP_LOG_BURST, ptn_time_now()))
        ptn_log(PTN_LOG_VERB, "unix", "message dropped listener=%s to=\"%s\" reason=\"%s\"",
                d->client.server->cfg.socket->name, name_text(d, text), why);
}

static ssize_t send_to(const struct unix_server *server, const struct sockaddr_un *addr,
                       socklen_t len, const char *text, size_t n) {
    ssize_t sent;
    do
        sent = sendto(server->cfg.socket->fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL,
                      (const struct sockaddr *)addr, len);
    while (sent < 0 && errno == EINTR);
    return sent;
}

static bool takes_too_much(const struct dgram_client *d) {
    const struct unix_server *server = d->client.server;
    int used = 0;
    return d->unread > server->send_room / UNREAD_PART &&
           ioctl(server->cfg.socket->fd, SIOCOUTQ, &used) == 0 &&
           (size_t)used > server->send_room / 2;
}

static enum unix_sent transmit(struct unix_client *c, const char *text, size_t n) {
    struct dgram_client *d = dgram_of(c);
    if (takes_too_much(d))
        return UNIX_BLOCKED;
    if (send_to(c->server, &d->addr, d->len, text, n) >= 0) {
        d->retry = RETRY_FIRST;
        d->unread += n + MESSAGE_OVERHEAD;
        return UNIX_SENT;
    }
    if (errno == EAGAIN || errno == ENOBUFS)
        return UNIX_BLOCKED;
    log_lost(d, strerror(errno)); /* the path is gone, or not ours to write to */
    return UNIX_LOST;
}

static void waiting(struct unix_client *c) {
    if (c->out_count == 1)
        unix_client_settle_in(c, dgram_of(c)->retry);
}

static void broken(struct unix_client *c) {
    (void)c; /* a datagram is lost, the next may not be */
}

static void overflow(struct unix_client *c) {
    c->server->u->counters.dropped++;
    log_lost(dgram_of(c), "queue is full");
}

static void stalled(struct unix_client *c) {
    c->server->u->counters.dropped += c->out_count;
    log_lost(dgram_of(c), "does not read");
    unix_client_drop_queue(c);
    c->kind->settle(c);
}

static void timed_out(struct unix_client *c) {
    (void)c; /* there is no connection to close */
}

/* -- life -------------------------------------------------------------------------------------- */

static bool is_idle(const struct unix_client *c) {
    return c->sessions == 0 && c->inflight == 0 && c->out_count == 0;
}

static void answered(struct unix_client *c) {
    if (is_idle(c))
        unix_client_settle_in(c, 0);
}

static void forget(struct dgram_client *d) {
    HASH_DELETE(hh, d->client.server->by_address, d);
    unix_client_done(&d->client);
    free(d);
}

static void settle(struct unix_client *c) {
    struct dgram_client *d = dgram_of(c);
    if (is_idle(c)) {
        forget(d);
    } else if (c->out_count > 0 && c->settle_timer.pos == 0) {
        d->retry = d->retry < RETRY_LAST ? d->retry * 2 : RETRY_LAST;
        unix_client_settle_in(c, d->retry);
    }
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

/* -- receiving --------------------------------------------------------------------------------- */

static struct dgram_client *find(struct unix_server *server, const struct sockaddr_un *from,
                                 socklen_t len) {
    struct dgram_client *d;
    HASH_FIND(hh, server->by_address, from->sun_path, len - NAME_AT, d);
    return d;
}

static struct dgram_client *make(struct unix_server *server, const struct sockaddr_un *from,
                                 socklen_t len) {
    struct dgram_client *d = ptn_new(struct dgram_client);
    unix_client_init(&d->client, server, &kind);
    d->addr = *from;
    d->len = len;
    d->retry = RETRY_FIRST;
    HASH_ADD(hh, server->by_address, addr.sun_path, len - NAME_AT, d);
    return d;
}

/* The only answer that no client stands for, so that it is not kept when it cannot be sent. */
static void refuse(struct unix_server *server, const struct sockaddr_un *to, socklen_t len) {
    json_t *json = ptn_api_error(0, NULL, PTN_API_UNKNOWN, "Too many clients");
    char *text = json_text_write(json, server->cfg.style);
    server->u->counters.refused_limit++;
    if (send_to(server, to, len, text, strlen(text)) < 0)
        server->u->counters.dropped++;
    free(text);
    json_decref(json);
}

static void received(struct unix_server *server, const struct sockaddr_un *from, socklen_t len,
                     struct ptn_bytes text, bool is_cut) {
    struct ptn_unix *u = server->u;
    if (len <= NAME_AT) {
        u->counters.nameless++;
        return;
    }
    struct dgram_client *d = find(server, from, len);
    if (!d && server->client_count >= u->limits.clients) {
        refuse(server, from, len);
        return;
    }
    if (!d)
        d = make(server, from, len);
    d->unread = 0;
    unix_client_packet(&d->client, text, is_cut);
    if (is_idle(&d->client))
        forget(d);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
    struct unix_server *server = poll->data;
    struct ptn_unix *u = server->u;
    (void)status;
    (void)events;
    for (int i = 0; i < RECEIVE_ROUND; i++) {
        struct sockaddr_un from = {0};
        struct iovec iov = {u->packet, u->limits.message};
        struct msghdr msg = {.msg_iov = &iov, /* descriptors passed along are closed */
                             .msg_iovlen = 1,
                             .msg_name = &from,
                             .msg_namelen = sizeof from};
        ssize_t n = recvmsg(server->cfg.socket->fd, &msg, MSG_DONTWAIT);
        if (n < 0 && errno != EINTR)
            return;
        socklen_t len = msg.msg_namelen < sizeof from ? msg.msg_namelen : sizeof from;
        if (n >= 0)
            received(server, &from, len, ptn_bytes_of(u->packet, (size_t)n),
                     (msg.msg_flags & MSG_TRUNC) != 0);
    }
}

/* -- start and end ----------------------------------------------------------------------------- */

ptn_err dgram_start(struct unix_server *server) {
    int room = 0;
    socklen_t len = sizeof room;
    if (getsockopt(server->cfg.socket->fd, SOL_SOCKET, SO_SNDBUF, &room, &len) != 0)
        return PTN_EIO;
    server->send_room = (size_t)room;
    return uv_poll_start(&server->poll, UV_READABLE, on_readable) == 0 ? PTN_OK : PTN_EIO;
}

/* What is queued is still sent, by each client's timer. */
void dgram_stop(struct unix_server *server) {
    uv_poll_stop(&server->poll);
    PTN_LIST_EACH (it, &server->clients) {
        struct unix_client *c = ptn_container_of(it, struct unix_client, link);
        unix_client_tell_gone(c);
        c->sessions = c->inflight = 0;
        settle(c);
    }
}

void dgram_close(struct unix_server *server) {
    PTN_LIST_EACH (it, &server->clients)
        forget(dgram_of(ptn_container_of(it, struct unix_client, link)));
}
