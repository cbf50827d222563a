/* Inside tools/load only. */
#ifndef PTN_LOAD_INTERNAL_H
#define PTN_LOAD_INTERNAL_H

#include <jansson.h>

#include "base/timers.h"
#include "control/negotiate/negotiate.h"
#include "load/media.h"
#include "load/options.h"
#include "load/ws.h"
#include "route/route.h"
#include "worker/txbatch.h"

#define STREAMS 2 /* audio, video */
#define RX_BATCH 32

enum step { /* of a client's life, in order */
            STEP_WAITING,
            STEP_CREATE,
            STEP_ATTACH,
            STEP_OFFER,
            STEP_TRANSPORT, /* the answer is there: ICE and DTLS */
            STEP_UP,
            STEP_LEAVING,
            STEP_GONE,
            STEP_FAILED,
            STEPS,
};

struct stream {
    struct shape shape;
    struct source source;
    uint64_t inject_id;    /* of what we send, as a source of the graph */
    struct ptn_timer pace; /* next frame */
    ptn_time due;          /* of that frame */
    struct client *client;
    size_t mindex;
};

struct client { /* one echo peer */
    struct load *load;
    unsigned index;
    enum step step;
    ptn_time began, up_at;
    char why[192]; /* of a failure */
    bool broken;   /* the peer has ended; the clock deals with it */

    /* owned */
    struct ws *ws;
    struct ptn_sdp *offer;
    struct ptn_endpoint *ep;
    int udp;

    struct ptn_addr local;
    uint64_t session, handle;
    struct ptn_neg neg;
    uint64_t next_stream_id;
    char ufrag[9], pwd[25];
    char profile[64]; /* SRTP */
    struct stream stream[STREAMS];
    size_t stream_count;
    struct ptn_timer transport; /* the peer's deadlines */
    struct ptn_timer clock;     /* start, patience, keepalive */
};

struct totals {
    uint64_t sent, received, duplicates, foreign;
    uint64_t counted, lost; /* of what was sent once the first echo had come */
    uint64_t early;         /* sent before, and it did not come back */
};

struct load {
    struct options opt;
    ptn_time now, started;
    int epoll;
    struct ptn_rng rng;
    struct ptn_cert *cert;
    struct ptn_dtls_ctx *dtls;
    struct ptn_fingerprint fingerprint;
    struct ptn_packet_pool *pool;
    struct ptn_graph *graph;
    struct ptn_timers timers;
    struct ptn_tx_socket tx_socket; /* of the client that is sending right now */
    struct ptn_txbatch *tx;
    struct client *client;
    unsigned ended; /* clients gone or failed */
    bool interrupted;
    bool measuring; /* delays count */
    struct delays audio_delay, video_delay, join_time;
    uint64_t echoed; /* packets, all the time */
    uint64_t echoed_at_start, echoed_at_end;
    ptn_time measured_from, measured_to;
    uint64_t keyframes_asked;
};

/* client.c */
void client_init(struct client *c, struct load *load, unsigned index);
void client_done(struct client *c);
void client_join(struct client *c);
void client_leave(struct client *c);
void client_fail(struct client *c, const char *fmt, ...) PTN_PRINTF(2, 3);
void client_enter(struct client *c, enum step step);
void client_stop_media(struct client *c);
/* signalling.c */
void signal_step(struct client *c); /* sends the request of the step just entered */
void signal_io(struct client *c);
void signal_keepalive(struct client *c);
/* transport.c */
bool transport_open(struct client *c);
struct ptn_cand transport_candidate(const struct client *c);
void transport_start(struct client *c, const struct ptn_sdp *answer, struct ptn_plan *plan);
void transport_candidate_in(struct client *c, const char *text); /* NULL: no more */
void transport_read(struct client *c);
void transport_settle(struct client *c);
void transport_close(struct client *c);
void transport_flush(struct load *l); /* what the graph has queued */
extern const struct ptn_graph_ops transport_graph_ops;
/* load.c */
void load_watch(struct load *l, struct client *c, bool is_ws, bool add);
bool load_open(struct load *l);
void load_close(struct load *l);
void load_run(struct load *l);
struct totals load_totals(const struct load *l);
/* report.c */
void report_phase(struct load *l, const char *phase);
bool report(struct load *l); /* false: too much was lost, or somebody did not get in */

#endif
