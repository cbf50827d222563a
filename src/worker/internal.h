/* Inside src/worker only. */
#ifndef PTN_WORKER_INTERNAL_H
#define PTN_WORKER_INTERNAL_H

#include "base/hash.h"
#include <pthread.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/timers.h"
#include "route/route.h"
#include "worker/demux.h"
#include "worker/engine.h"
#include "worker/mailbox.h"
#include "worker/txbatch.h"

#define RX_BATCH 64              /* datagrams of one recvmmsg */
#define RX_ROUNDS 8              /* batches of one socket before others get their turn */
#define PACKETS_MAX 131072       /* buffers of one loop: about 200 MB when all are large */
#define HALF_OPEN_MAX 4096       /* DTLS handshakes in progress, per loop */
#define HALF_OPEN_PER_IP 1024    /* ... and per remote address and loop */
#define BUSY_WINDOW (8 * PTN_MS) /* a loop that receives so much in so long gathers packets */
#define BUSY_PACKETS 16
#define NOTICE_DELAY (20 * PTN_MS) /* of notices that nobody waits for */
#define PEERS_MAX 20000            /* per loop, when the configuration says nothing */

struct ip_count { /* handshakes in progress with one remote address */
    UT_hash_handle hh;
    struct ptn_addr ip;
    unsigned count;
};

struct member { /* one peer on this loop */
    UT_hash_handle hh;
    uint64_t id;
    struct loop *loop;
    struct ptn_endpoint *ep; /* owned */
    struct ptn_names names;
    struct ptn_timer timer;
    struct ptn_list touched;    /* in loop->touched while something is to be pumped */
    struct ip_count *half_open; /* counted as a handshake in progress; NULL: not */
    struct ptn_addr last_remote;
    bool ended; /* leaves at the end of this settle */
    char reason[64], detail[160];
};

struct command;

#define EARLY_MAX 64 /* tuples with early DTLS datagrams, per loop */
#define EARLY_EACH 2 /* a hello may be two datagrams */
#define EARLY_LIFE (3 * PTN_SECOND)
struct early {
    struct ptn_path path;
    ptn_time at;
    struct ptn_packet *packet[EARLY_EACH];
    size_t count;
};

struct loop_counters { /* plain, the loop's own; published once per tick */
    uint64_t rx_packets, rx_no_buffer, rx_unknown, rx_overflow, late_commands, stun_unknown,
        half_open_refused, lane_full;
};

struct rx_batch {
    struct mmsghdr msg[RX_BATCH];
    struct iovec iov[RX_BATCH];
    struct sockaddr_storage from[RX_BATCH];
    char control[RX_BATCH][64];
    struct ptn_packet *packet[RX_BATCH];
    bool ready[RX_BATCH]; /* to be handed to the kernel as it is */
};

struct loop {
    unsigned index;
    struct ptn_engine *engine;
    pthread_t thread;
    bool thread_started, stopping;
    bool coarse_wait; /* epoll_pwait2 is not to be had here */
    int epoll;
    struct ptn_mailbox mailbox;
    struct ptn_rng rng;
    int64_t wall_offset;
    ptn_time now;   /* of the present tick's latest look at the clock */
    ptn_time woken; /* when the present tick began */

    /* of loop.c: how much has come lately */
    bool busy;
    ptn_time window_start;
    uint64_t window_packets;

    struct ptn_tx_socket *sockets; /* owned; fds too */
    size_t socket_count;
    uint32_t *overflow; /* per socket: the kernel's last SO_RXQ_OVFL value */

    struct ptn_packet_pool *pool;
    struct ptn_graph *graph;
    struct ptn_demux *demux;
    struct ptn_timers timers;
    struct ptn_timer housekeeping;
    struct ptn_timer notices; /* some are waiting to be told */

    /* whom to wake at the end of the tick */
    bool wake_control;
    uint64_t wake_loops;
    struct ptn_txbatch *tx;
    struct rx_batch *rx;
    struct early early[EARLY_MAX];
    struct member *members; /* uthash by id */
    struct ptn_list touched;
    struct ip_count *half_open; /* uthash by ip */
    unsigned half_open_count;
    struct loop_counters count;

    /* shared: written by this loop (peers: by the control side too), read by anybody */
    _Atomic unsigned peers;
    _Atomic uint64_t public_count[12];
};

struct ptn_engine {
    struct ptn_engine_config cfg;
    struct loop *loop; /* array */
    unsigned loop_count;
    struct ptn_mailbox control; /* notices */
    ptn_notice_fn *notify;
    void *ctx;
    uint64_t next_id;
    bool held;     /* the control side is still posting */
    uint64_t owed; /* loops to be woken then */
};

enum command_type {
    CMD_PEER_NEW,
    CMD_PEER_PLAN,
    CMD_PEER_CANDIDATE,
    CMD_PEER_CLOSE,
    CMD_PEER_STATS,
    CMD_PEER_REMB,
    CMD_CONNECT,
    CMD_DISCONNECT,
    CMD_SINK_SET,
    CMD_KEYFRAME,
    CMD_SUBSCRIBE,
    CMD_STOP,
    CMD_TYPES,
};

struct command {
    struct ptn_mpsc_node node;
    enum command_type type;
    uint64_t id, other; /* peer, or source and sink */
    union {
        struct ptn_peer_params params;
        struct ptn_plan *plan; /* one reference */
        struct {
            bool end;
            struct ptn_cand cand;
        } candidate;
        struct ptn_sink_params sink;
        char reason[64];
        uint64_t value;
        struct {
            unsigned loop;
            bool on;
        } subscribe;
    } u;
};

struct batch { /* packets of a source for another loop */
    struct ptn_mpsc_node node;
    uint64_t source;
    size_t count;
    struct ptn_packet *packet[]; /* a reference each */
};

struct notice_msg {
    struct ptn_mpsc_node node;
    struct ptn_notice notice;
};

/* loop.c */
ptn_err loop_init(struct loop *l, struct ptn_engine *engine, unsigned index);
void *loop_main(void *arg);
void loop_free(struct loop *l); /* after every loop's thread has ended */
void loop_settle(struct loop *l);
void loop_measure(struct loop *l); /* once per tick: is this loop busy? */
/* command.c */
void commands_run(struct loop *l);
void command_free(struct command *c);
ptn_err command_post(struct loop *l, struct command *c, bool must);
/* member.c */
struct member *member_new(struct loop *l, uint64_t id, const struct ptn_peer_params *params);
struct member *member_find(struct loop *l, uint64_t id);
void member_free(struct member *m);
void member_touch(struct member *m);
void member_settle(struct member *m);
void member_end(struct member *m, const char *reason, const char *detail);
struct member *member_of_names(struct ptn_names *n);
/* receive.c */
void receive_socket(struct loop *l, size_t socket);
void receive_datagram(struct loop *l, const struct ptn_path *path, struct ptn_packet *packet);
/* half_open.c */
bool half_open_allowed(struct loop *l, const struct ptn_addr *remote);
void half_open_track(struct member *m, bool handshaking);
/* early.c */
void early_keep(struct loop *l, const struct ptn_path *path, struct ptn_packet *packet);
void early_replay(struct loop *l, const struct ptn_path *path);
void early_expire(struct loop *l);
void early_done(struct loop *l);
/* across.c: the graph's ops */
extern const struct ptn_graph_ops loop_graph_ops;
void batches_run(struct loop *l);
void batch_free(struct batch *b, struct ptn_packet_pool *home);
/* notice.c */
struct ptn_notice *notice_new(struct loop *l, enum ptn_notice_type type, uint64_t peer);
void notice_post(struct loop *l, struct ptn_notice *n);
void notice_of_event(struct loop *l, struct member *m, struct ptn_peer_event *ev);

#endif
