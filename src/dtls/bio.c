/* A BIO over memory that keeps datagram boundaries. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dtls/internal.h"

static BIO_METHOD *method;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The library gathers the records of a flight up to the MTU itself: each write is a datagram. */
static int on_write(BIO *bio, const char *data, int len) {
    struct ptn_dtls *d = BIO_get_data(bio);
    size_t n = (size_t)len;
    BIO_clear_retry_flags(bio);
    if (len <= 0 || n > PTN_DATAGRAM_MAX)
        return len;
    if (d->out_count >= OUT_MAX)
        return len; /* as if the network had lost it */
    struct out *o = ptn_alloc(sizeof *o + n);
    o->len = n;
    memcpy(o->data, data, n);
    ptn_list_push(&d->out, &o->node);
    d->out_count++;
    return len;
}

static int on_read(BIO *bio, char *buf, int cap) {
    struct ptn_dtls *d = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (d->in.n == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t n = d->in.n < (size_t)cap ? d->in.n : (size_t)cap;
    memcpy(buf, d->in.p, n);
    d->in.n = 0; /* a datagram is read once, what does not fit is lost */
    return (int)n;
}

static long on_ctrl(BIO *bio, int cmd, long num, void *ptr) {
    const struct ptn_dtls *d = BIO_get_data(bio);
    (void)num;
    (void)ptr;
    switch (cmd) {
    case BIO_CTRL_FLUSH:
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return d ? d->cfg.mtu : 1200;
    default: /* the library asks many things; a datagram BIO answers none of the others */
        return 0;
    }
}

static void make_method(void) {
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "portunus datagrams");
    BIO_meth_set_write(method, on_write);
    BIO_meth_set_read(method, on_read);
    BIO_meth_set_ctrl(method, on_ctrl);
}

BIO *bio_new(struct ptn_dtls *d) {
    pthread_once(&once, make_method);
    BIO *bio = BIO_new(method);
    if (bio) {
        BIO_set_data(bio, d);
        BIO_set_init(bio, 1);
    }
    return bio;
}
