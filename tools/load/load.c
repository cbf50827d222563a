/* The tool's one loop: all clients, their timers, and the phases of a run. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/internal.h"

#define EVENTS 64
#define DRAIN PTN_SECOND      /* the last packets come home */
#define PACKETS_MAX (1 << 20) /* a bound nobody meets: our own load */

/* -- descriptors ------------------------------------------------------------------------------- */

void load_watch(struct load *l, struct client *c, bool is_ws, bool add) {
    int fd = is_ws ? ws_fd(c->ws) : c->udp;
    uint32_t out = is_ws && add && ws_wants_write(c->ws) ? EPOLLOUT : 0;
    struct epoll_event ev = {.events = EPOLLIN | out, .data.u64 = (uint64_t)c->index << 1 | is_ws};
    if (!add)
        epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
    else if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &ev) != 0)
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static void dispatch(struct load *l, const struct epoll_event *ev) {
    struct client *c = &l->client[ev->data.u64 >> 1];
    if (!(ev->data.u64 & 1))
        transport_read(c);
    else if (c->ws)
        signal_io(c);
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number) {
    (void)number;
    interrupted = 1;
}

/* Runs until then. */
static void tick(struct load *l, ptn_time until) {
    struct epoll_event events[EVENTS];
    ptn_time wait = ptn_time_min(ptn_timers_next(&l->timers), until) - ptn_time_now();
    if (wait < 0)
        wait = 0;
    struct timespec ts = {wait / PTN_SECOND, (wait % PTN_SECOND) * 1000};
    int n = epoll_pwait2(l->epoll, events, EVENTS, &ts, NULL);
    l->now = ptn_time_now();
    for (int i = 0; i < n; i++)
        dispatch(l, &events[i]);
    l->now = ptn_time_now();
    ptn_timers_run(&l->timers, l->now);
    transport_flush(l);
    l->interrupted = interrupted;
}

static void run_for(struct load *l, ptn_time span) {
    ptn_time until = ptn_time_now() + span;
    while (ptn_time_now() < until && !l->interrupted)
        tick(l, until);
}

/* -- phases ------------------------------------------------------------------------------------ */

static bool all_joined(const struct load *l) {
    for (unsigned i = 0; i < l->opt.peers; i++)
        if (l->client[i].step < STEP_UP)
            return false;
    return true;
}

static void join(struct load *l) {
    for (unsigned i = 0; i < l->opt.peers; i++)
        client_init(&l->client[i], l, i);
    while (!all_joined(l) && !l->interrupted)
        tick(l, PTN_NEVER);
}

static void measure(struct load *l) {
    l->measuring = true;
    l->measured_from = ptn_time_now();
    l->echoed_at_start = l->echoed;
    run_for(l, l->opt.duration);
    l->measured_to = ptn_time_now();
    l->echoed_at_end = l->echoed;
}

static void drain(struct load *l) {
    for (unsigned i = 0; i < l->opt.peers; i++)
        client_stop_media(&l->client[i]);
    run_for(l, DRAIN);
}

static void leave(struct load *l) {
    for (unsigned i = 0; i < l->opt.peers; i++)
        client_leave(&l->client[i]);
    while (l->ended < l->opt.peers)
        tick(l, PTN_NEVER);
}

void load_run(struct load *l) {
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    l->started = l->now = ptn_time_now();
    report_phase(l, "start");
    join(l);
    report_phase(l, "joined");
    run_for(l, l->opt.settle);
    report_phase(l, "measure");
    measure(l);
    report_phase(l, "measured");
    drain(l);
    report_phase(l, "drained");
    leave(l);
    report_phase(l, "left");
}

/* -- life -------------------------------------------------------------------------------------- */

static void raise_open_files(void) {
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0) {
        lim.rlim_cur = lim.rlim_max;
        setrlimit(RLIMIT_NOFILE, &lim);
    }
}

bool load_open(struct load *l) {
    raise_open_files();
    l->rng = ptn_rng_system();
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0 || ptn_cert_generate(false, &l->cert) != PTN_OK)
        return false;
    ptn_cert_fingerprint(l->cert, PTN_SHA256, &l->fingerprint);
    if (ptn_dtls_ctx_new(&(struct ptn_dtls_ctx_config){.cert = l->cert, .profiles = l->opt.srtp},
                         &l->dtls) != PTN_OK)
        return false;
    l->pool = ptn_packet_pool_new(PACKETS_MAX);
    l->graph = ptn_graph_new(&(struct ptn_graph_config){.pool = l->pool,
                                                        .rng = l->rng,
                                                        .min_nack_queue = 500 * PTN_MS,
                                                        .ops = &transport_graph_ops,
                                                        .ctx = l});
    l->tx = ptn_txbatch_new(&l->tx_socket, 1);
    ptn_timers_init(&l->timers);
    l->client = ptn_new_array(struct client, l->opt.peers);
    return true;
}

void load_close(struct load *l) {
    for (unsigned i = 0; l->client && i < l->opt.peers; i++)
        client_done(&l->client[i]);
    free(l->client);
    if (l->graph) {
        ptn_graph_free(l->graph);
        ptn_txbatch_free(l->tx);
        ptn_packet_pool_free(l->pool);
        ptn_timers_done(&l->timers);
    }
    ptn_dtls_ctx_unref(l->dtls);
    ptn_cert_unref(l->cert);
    if (l->epoll >= 0)
        close(l->epoll);
}

struct totals load_totals(const struct load *l) {
    struct totals t = {0};
    for (unsigned i = 0; i < l->opt.peers; i++)
        for (size_t k = 0; k < l->client[i].stream_count; k++) {
            const struct meter *m = &l->client[i].stream[k].source.meter;
            t.sent += m->sent;
            t.received += m->received + m->early;
            t.counted += meter_counted(m);
            t.lost += meter_lost(m);
            t.early += m->started ? m->first - m->early : 0;
            t.duplicates += m->duplicates;
            t.foreign += m->foreign;
        }
    return t;
}
