#include "worker/txbatch.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h; older libc headers lack it */
#endif

/* A run of datagrams of one size to one destination; the last may be shorter. */
struct run {
    struct ptn_tx_socket *socket;
    struct sockaddr_storage to;
    socklen_t to_len;
    struct ptn_addr remote;
    size_t at, len; /* in the buffer */
    uint16_t size;  /* of a full segment */
    uint16_t segments;
    bool closed; /* a shorter segment ended it */
};

struct ptn_txbatch {
    struct ptn_out_writer writer; /* first: the writer is the batch */
    struct ptn_tx_socket *sockets;
    size_t socket_count;
    uint8_t *buf;
    size_t used, offered;
    struct ptn_path path; /* of the room offered last */
    struct run *run;
    size_t run_count;
    struct ptn_tx_counters count;
};

static uint8_t *writer_room(struct ptn_out_writer *w, const struct ptn_path *path, size_t cap);
static void writer_commit(struct ptn_out_writer *w, size_t len);

struct ptn_txbatch *ptn_txbatch_new(struct ptn_tx_socket *sockets, size_t count) {
    struct ptn_txbatch *tx = ptn_new(struct ptn_txbatch);
    tx->writer = (struct ptn_out_writer){writer_room, writer_commit};
    tx->sockets = sockets;
    tx->socket_count = count;
    tx->buf = ptn_alloc(PTN_TX_BYTES);
    tx->run = ptn_new_array(struct run, PTN_TX_MESSAGES);
    return tx;
}

void ptn_txbatch_free(struct ptn_txbatch *tx) {
    if (!tx)
        return;
    free(tx->buf);
    free(tx->run);
    free(tx);
}

struct ptn_out_writer *ptn_txbatch_writer(struct ptn_txbatch *tx) {
    return &tx->writer;
}

static struct ptn_tx_socket *find_socket(struct ptn_txbatch *tx, const struct ptn_addr *local) {
    for (size_t i = 0; i < tx->socket_count; i++)
        if (ptn_addr_eq(&tx->sockets[i].addr, local))
            return &tx->sockets[i];
    return NULL;
}

/* -- sending ----------------------------------------------------------------------------------- */

union control {
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
    struct cmsghdr align;
};

static void set_segment_size(struct msghdr *m, union control *c, uint16_t size) {
    m->msg_control = c->bytes;
    m->msg_controllen = sizeof c->bytes;
    struct cmsghdr *h = CMSG_FIRSTHDR(m);
    h->cmsg_level = SOL_UDP;
    h->cmsg_type = UDP_SEGMENT;
    h->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(h), &size, sizeof size);
}

static void count_failure(struct ptn_txbatch *tx, size_t packets) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
        tx->count.would_block += packets; /* the socket's buffer is full: dropped, counted */
    else
        tx->count.refused += packets; /* no route, port unreachable, filtered */
}

/* A path that does not take segments: one datagram at a time, nothing is lost. */
static void send_singly(struct ptn_txbatch *tx, const struct run *r) {
    for (size_t at = 0; at < r->len; at += r->size) {
        size_t n = r->len - at < r->size ? r->len - at : r->size;
        tx->count.calls++;
        if (sendto(r->socket->fd, tx->buf + r->at + at, n, MSG_NOSIGNAL,
                   (const struct sockaddr *)&r->to, r->to_len) < 0)
            count_failure(tx, 1);
    }
}

/* RFC-less facts of the kernel: a segment above the path MTU gives EMSGSIZE or EINVAL, a device
 * without checksum offload EIO. */
static bool is_gso_error(const struct run *r) {
    return r->segments > 1 && (errno == EMSGSIZE || errno == EINVAL || errno == EIO);
}

static void run_failed(struct ptn_txbatch *tx, struct run *r) {
    if (!is_gso_error(r)) {
        count_failure(tx, r->segments);
        return;
    }
    if (errno == EIO)
        r->socket->gso_refused = true;
    tx->count.gso_fallbacks++;
    send_singly(tx, r);
}

static void fill_message(struct ptn_txbatch *tx, struct run *r, struct mmsghdr *m,
                         struct iovec *iov, union control *c) {
    *iov = (struct iovec){tx->buf + r->at, r->len};
    *m = (struct mmsghdr){
        .msg_hdr = {.msg_name = &r->to, .msg_namelen = r->to_len, .msg_iov = iov, .msg_iovlen = 1}};
    if (r->segments > 1) {
        set_segment_size(&m->msg_hdr, c, r->size);
        tx->count.gso_runs++;
    }
}

/* Runs first..last go to one socket. */
static void send_runs(struct ptn_txbatch *tx, size_t first, size_t last) {
    static _Thread_local struct mmsghdr msgs[PTN_TX_MESSAGES];
    static _Thread_local struct iovec iovs[PTN_TX_MESSAGES];
    static _Thread_local union control controls[PTN_TX_MESSAGES];
    size_t n = last - first;
    for (size_t i = 0; i < n; i++)
        fill_message(tx, &tx->run[first + i], &msgs[i], &iovs[i], &controls[i]);
    for (size_t done = 0; done < n;) {
        tx->count.calls++;
        int sent =
            sendmmsg(tx->run[first].socket->fd, msgs + done, (unsigned)(n - done), MSG_NOSIGNAL);
        if (sent > 0) {
            done += (size_t)sent;
        } else if (errno != EINTR) { /* the first one failed: deal with it and go on */
            run_failed(tx, &tx->run[first + done]);
            done++;
        }
    }
}

void ptn_txbatch_send(struct ptn_txbatch *tx) {
    for (size_t first = 0, last; first < tx->run_count; first = last) {
        for (last = first + 1; last < tx->run_count; last++)
            if (tx->run[last].socket != tx->run[first].socket)
                break;
        send_runs(tx, first, last);
    }
    tx->run_count = 0;
    tx->used = 0;
}

/* -- writing ----------------------------------------------------------------------------------- */

static bool joins(const struct ptn_txbatch *tx, const struct run *r, size_t len) {
    return !r->closed && !r->socket->gso_refused && len <= r->size &&
           r->segments < PTN_GSO_SEGMENTS && r->len + len <= PTN_GSO_BYTES &&
           r->at + r->len == tx->used && ptn_addr_eq(&r->remote, &tx->path.remote) &&
           ptn_addr_eq(&r->socket->addr, &tx->path.local);
}

static bool start_run(struct ptn_txbatch *tx, size_t len) {
    struct ptn_tx_socket *socket = find_socket(tx, &tx->path.local);
    if (!socket) {
        tx->count.refused++;
        return false;
    }
    struct run *r = &tx->run[tx->run_count++];
    *r = (struct run){
        .socket = socket, .remote = tx->path.remote, .at = tx->used, .size = (uint16_t)len};
    r->to_len = ptn_addr_to_sockaddr(&tx->path.remote, &r->to);
    return true;
}

static uint8_t *writer_room(struct ptn_out_writer *w, const struct ptn_path *path, size_t cap) {
    struct ptn_txbatch *tx = (struct ptn_txbatch *)w;
    if (cap > PTN_DATAGRAM_MAX)
        return NULL;
    if (tx->used + cap > PTN_TX_BYTES || tx->run_count == PTN_TX_MESSAGES)
        ptn_txbatch_send(tx);
    tx->path = *path;
    tx->offered = cap;
    return tx->buf + tx->used;
}

static void writer_commit(struct ptn_out_writer *w, size_t len) {
    struct ptn_txbatch *tx = (struct ptn_txbatch *)w;
    assert(len > 0 && len <= tx->offered);
    struct run *r = tx->run_count > 0 ? &tx->run[tx->run_count - 1] : NULL;
    if (!r || !joins(tx, r, len)) {
        if (!start_run(tx, len))
            return;
        r = &tx->run[tx->run_count - 1];
    }
    assert(r != NULL);
    r->closed = len < r->size;
    r->segments++;
    r->len += len;
    tx->used += len;
    tx->count.packets++;
    tx->count.bytes += len;
}

void ptn_txbatch_add(struct ptn_txbatch *tx, const struct ptn_path *path, struct ptn_bytes data) {
    uint8_t *room = writer_room(&tx->writer, path, data.n);
    if (!room || data.n == 0)
        return;
    memcpy(room, data.p, data.n);
    writer_commit(&tx->writer, data.n);
}

const struct ptn_tx_counters *ptn_txbatch_counters(const struct ptn_txbatch *tx) {
    return &tx->count;
}
