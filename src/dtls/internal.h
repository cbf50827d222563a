/* Inside src/dtls only. */
#ifndef PTN_DTLS_INTERNAL_H
#define PTN_DTLS_INTERNAL_H

#include <openssl/ssl.h>

#include "base/list.h"
#include "crypto/internal.h"
#include "dtls/dtls.h"

#define OUT_MAX 32     /* datagrams waiting to be polled; a flight is at most a few */
#define RECORDS_MAX 64 /* application records waiting to be polled */
#define EVENTS_MAX 4   /* connected, closed, failed: each at most once */

struct ptn_dtls_ctx {
    atomic_uint refs;
    SSL_CTX *ssl;
    struct ptn_cert *cert; /* one reference held */
    bool verify_chain;
};

struct out { /* one datagram */
    struct ptn_list node;
    size_t len;
    uint8_t data[];
};

struct record { /* application data */
    struct ptn_list node;
    size_t len;
    uint8_t data[];
};

struct ptn_dtls {
    struct ptn_dtls_config cfg; /* ctx: one reference held */
    SSL *ssl;
    struct ptn_bytes in; /* the datagram being handled; borrowed during the call */
    struct ptn_list out, records;
    size_t out_count, record_count;
    struct record *lent; /* record given out by the last poll */
    ptn_time deadline;   /* of the handshake; PTN_NEVER: not started or over */
    ptn_time due;        /* next retransmission */
    size_t repeats;      /* of the present flight */
    void *flight_buffer; /* the library's; borrowed until its pages have been given back */
    bool started, connected, ended, closing, fingerprint_bad;
    int alert; /* last fatal alert received, -1: none */
    struct ptn_dtls_event event[EVENTS_MAX];
    size_t event_head, event_count;
    struct ptn_dtls_stats stats;
};

/* bio.c: the library's view of the network is this association's queues */
BIO *bio_new(struct ptn_dtls *d);
/* flight.c: around every call that may make or free the buffer, and after the handshake */
void flight_begin(struct ptn_dtls *d);
void flight_end(void);
void flight_release(struct ptn_dtls *d);
/* hello.c: the first record's header is whole and of a known type */
bool looks_like_dtls(struct ptn_bytes datagram);
/* verify.c */
int verify_peer(X509_STORE_CTX *store, void *arg);
extern int dtls_ex_index; /* SSL ex_data slot holding the struct ptn_dtls */

#endif
