/* Two associations and the bad network between them, in virtual time. */
#ifndef PTN_TESTS_DTLS_LINK_H
#define PTN_TESTS_DTLS_LINK_H

#include "base/rng.h"
#include "dtls/dtls.h"

#define LINK_FLYING 256
#define LINK_RECORDS 64

enum side { A, B }; /* index of an end; the other one is !side */

struct link_config {
    uint64_t seed;
    unsigned loss, dup; /* per cent of the datagrams */
    unsigned delay_ms;  /* one way */
    unsigned jitter_ms; /* up to so much more: what reorders */
    uint16_t mtu;       /* 0: 1200 */
    ptn_time timeout;   /* 0: 20 s */
    enum ptn_dtls_role a_role;
    struct ptn_dtls_ctx *ctx[2];
    /* What each end expects of the other; count 0: the other's true sha-256. */
    struct ptn_fingerprint expected[2][PTN_DTLS_FINGERPRINTS_MAX];
    size_t expected_count[2];
    struct ptn_cert *cert[2];
};

struct end {
    struct ptn_dtls *dtls;
    unsigned sent, connected, closed, failed;
    size_t biggest; /* datagram sent */
    struct ptn_dtls_event up, failure;
    size_t record_count;
    struct {
        size_t len;
        uint8_t data[2048];
    } record[LINK_RECORDS];
};

struct link {
    struct link_config cfg;
    struct ptn_rng_seed rng_state;
    struct ptn_rng rng;
    ptn_time now;
    struct end end[2];
    struct flying {
        bool used;
        enum side to;
        ptn_time at;
        size_t len;
        uint8_t data[PTN_DATAGRAM_MAX];
    } flying[LINK_FLYING];
    size_t biggest_flight;
    /* Called for each datagram sent (nth counts from 1 per sender); true: it is lost. */
    bool (*lose)(struct link *l, enum side from, unsigned nth, struct ptn_bytes datagram);
    void *arg;
};

/* Ends are made, nothing is started. Fails the test when they cannot be made. */
struct link *link_new(const struct link_config *cfg);
void link_free(struct link *l);
void link_start(struct link *l); /* both ends, and what they have to say goes on its way */
/* Takes what an end has to say: datagrams onto the wire, events into struct end. */
void link_pump(struct link *l, enum side side);
/* A datagram from nowhere arrives at an end now. */
void link_inject(struct link *l, enum side to, struct ptn_bytes datagram);
/* Until done(l) or until the time; returns done(l). done may be NULL. */
bool link_run(struct link *l, ptn_time until, bool (*done)(const struct link *l));
bool link_both_up(const struct link *l);
bool link_any_failed(const struct link *l);
bool link_keys_agree(const struct link *l);

#endif
