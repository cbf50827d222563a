/* One media loop: a thread that owns its sockets, peers and graph, and sleeps in epoll. */
#include "worker/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define MAILBOX_TAG UINT64_MAX /* epoll data of the mailbox; sockets carry their index */
#define HOUSEKEEPING PTN_SECOND
#define EPOLL_EVENTS 32
/* Waking up costs as much as several packets. A quiet loop sleeps in epoll and answers at once; one
 * that receives BUSY_PACKETS in BUSY_WINDOW or more looks once in GATHER, without asking epoll,
 * so that packets come, and leave, in batches. */
#define GATHER PTN_MS

static ptn_err watch(struct loop *l, int fd, uint64_t tag) {
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = tag};
    return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) == 0 ? PTN_OK : PTN_EIO;
}

static void on_housekeeping(struct ptn_timer *t, ptn_time now) {
    struct loop *l = ptn_container_of(t, struct loop, housekeeping);
    ptn_demux_expire(l->demux, now);
    early_expire(l);
    ptn_timer_arm(&l->timers, t, now + HOUSEKEEPING);
}

static void on_notices(struct ptn_timer *t, ptn_time now) {
    (void)now;
    ptn_container_of(t, struct loop, notices)->wake_control = true;
}

static void take_sockets(struct loop *l, const struct ptn_engine_config *cfg) {
    l->sockets = ptn_new_array(struct ptn_tx_socket, cfg->socket_count);
    l->overflow = ptn_new_array(uint32_t, cfg->socket_count);
    for (size_t i = 0; i < cfg->socket_count; i++)
        if (cfg->sockets[i].loop == l->index)
            l->sockets[l->socket_count++] =
                (struct ptn_tx_socket){cfg->sockets[i].fd, cfg->sockets[i].addr, false};
}

ptn_err loop_init(struct loop *l, struct ptn_engine *engine, unsigned index) {
    l->index = index;
    l->engine = engine;
    l->epoll = -1;
    l->rng = ptn_rng_system();
    l->now = ptn_time_now();
    l->wall_offset = ptn_time_wall() - l->now;
    take_sockets(l, &engine->cfg);
    l->pool = ptn_packet_pool_new(PACKETS_MAX);
    l->graph =
        ptn_graph_new(&(struct ptn_graph_config){.loop = index,
                                                 .pool = l->pool,
                                                 .rng = l->rng,
                                                 .min_nack_queue = engine->cfg.min_nack_queue,
                                                 .ops = &loop_graph_ops,
                                                 .ctx = l});
    l->demux = ptn_demux_new();
    l->tx = ptn_txbatch_new(l->sockets, l->socket_count);
    l->rx = ptn_new(struct rx_batch);
    ptn_timers_init(&l->timers);
    ptn_list_init(&l->touched);
    l->housekeeping.fire = on_housekeeping;
    l->notices = (struct ptn_timer){.due = PTN_NEVER, .fire = on_notices};
    ptn_timer_arm(&l->timers, &l->housekeeping, l->now + HOUSEKEEPING);
    PTN_TRY(ptn_mailbox_init(&l->mailbox));
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0)
        return PTN_EIO;
    PTN_TRY(watch(l, l->mailbox.fd, MAILBOX_TAG));
    for (size_t i = 0; i < l->socket_count; i++)
        PTN_TRY(watch(l, l->sockets[i].fd, i));
    return PTN_OK;
}

void loop_settle(struct loop *l) {
    struct ptn_list *node;
    while ((node = ptn_list_pop(&l->touched)))
        member_settle(ptn_container_of(node, struct member, touched));
}

static void flush(struct loop *l) {
    struct ptn_endpoint *ep;
    while ((ep = ptn_graph_next_output(l->graph)))
        ptn_peer_flush(ptn_endpoint_peer(ep), l->now, ptn_txbatch_writer(l->tx));
    ptn_txbatch_send(l->tx);
}

/* One system call for all that a tick has posted. */
static void wake_others(struct loop *l) {
    for (uint64_t left = l->wake_loops; left != 0; left &= left - 1)
        ptn_mailbox_wake(&l->engine->loop[__builtin_ctzll(left)].mailbox);
    l->wake_loops = 0;
    if (!l->wake_control)
        return;
    ptn_timer_disarm(&l->timers, &l->notices);
    ptn_mailbox_wake(&l->engine->control);
    l->wake_control = false;
}

static void publish_counters(struct loop *l) {
    const struct ptn_tx_counters *tx = ptn_txbatch_counters(l->tx);
    const uint64_t values[] = {
        l->count.rx_packets,
        tx->packets,
        l->count.rx_no_buffer + l->count.rx_overflow,
        tx->refused + tx->would_block,
        l->count.late_commands,
        l->count.stun_unknown,
        l->count.half_open_refused,
        l->count.lane_full,
    };
    for (size_t i = 0; i < PTN_COUNT_OF(values); i++)
        atomic_store_explicit(&l->public_count[i], values[i], memory_order_relaxed);
}

void loop_measure(struct loop *l) {
    ptn_time passed = l->now - l->window_start;
    if (passed < BUSY_WINDOW)
        return;
    uint64_t packets = l->count.rx_packets - l->window_packets;
    l->busy = packets * BUSY_WINDOW >= BUSY_PACKETS * (uint64_t)passed;
    l->window_start = l->now;
    l->window_packets = l->count.rx_packets;
}

static void gather(const struct loop *l) {
    ptn_time wait = l->woken + GATHER - ptn_time_now();
    if (wait <= 0)
        return;
    struct timespec ts = {0, wait * 1000};
    nanosleep(&ts, NULL);
}

/* Where the call with microseconds is missing (kernels before 5.11, strict filters), milliseconds
 * rounded up: late by less than one, never spinning. */
static int wait_for_events(struct loop *l, struct epoll_event *events, ptn_time wait) {
    if (!l->coarse_wait) {
        struct timespec ts = {wait / PTN_SECOND, (wait % PTN_SECOND) * 1000};
        int n = epoll_pwait2(l->epoll, events, EPOLL_EVENTS, &ts, NULL);
        if (n >= 0 || (errno != ENOSYS && errno != EPERM))
            return n;
        l->coarse_wait = true;
    }
    return epoll_wait(l->epoll, events, EPOLL_EVENTS, (int)((wait + PTN_MS - 1) / PTN_MS));
}

static int sleep_until_due(struct loop *l, struct epoll_event *events) {
    ptn_time due = ptn_timers_next(&l->timers);
    ptn_time wait = due == PTN_NEVER ? PTN_SECOND : due - ptn_time_now();
    if (wait < 0)
        wait = 0;
    return wait_for_events(l, events, wait);
}

static void read_mailbox(struct loop *l) {
    ptn_mailbox_rearm(&l->mailbox);
    commands_run(l);
    batches_run(l);
    loop_settle(l);
}

static void wait_and_read(struct loop *l) {
    struct epoll_event events[EPOLL_EVENTS];
    int n = sleep_until_due(l, events);
    l->now = l->woken = ptn_time_now();
    for (int i = 0; i < n; i++)
        if (events[i].data.u64 == MAILBOX_TAG)
            read_mailbox(l);
    for (int i = 0; i < n; i++)
        if (events[i].data.u64 != MAILBOX_TAG)
            receive_socket(l, (size_t)events[i].data.u64);
}

static void gather_and_read(struct loop *l) {
    gather(l);
    l->now = l->woken = ptn_time_now();
    if (ptn_mailbox_signalled(&l->mailbox))
        read_mailbox(l);
    for (size_t i = 0; i < l->socket_count; i++)
        receive_socket(l, i);
}

static void tick(struct loop *l) {
    if (l->busy)
        gather_and_read(l);
    else
        wait_and_read(l);
    loop_measure(l);
    ptn_timers_run(&l->timers, l->now);
    loop_settle(l);
    flush(l);
    wake_others(l);
    publish_counters(l);
}

static void end_all(struct loop *l) {
    struct member *m, *next;
    l->now = ptn_time_now();
    HASH_ITER(hh, l->members, m, next)
    member_end(m, "Shutdown", "the server is stopping");
    loop_settle(l);
    flush(l);
    wake_others(l);
}

void *loop_main(void *arg) {
    struct loop *l = arg;
    while (!l->stopping)
        tick(l);
    end_all(l);
    return NULL;
}

static void drain_mailbox(struct loop *l) {
    struct ptn_mpsc_node *node;
    l->stopping = true;
    commands_run(l);
    while ((node = ptn_mailbox_pop_packets(&l->mailbox)))
        batch_free(ptn_container_of(node, struct batch, node), NULL);
}

void loop_free(struct loop *l) {
    drain_mailbox(l);
    early_done(l);
    for (size_t i = 0; i < RX_BATCH && l->rx; i++)
        if (l->rx->packet[i])
            ptn_packet_unref(l->rx->packet[i], l->pool);
    free(l->rx);
    ptn_graph_free(l->graph);
    ptn_demux_free(l->demux);
    ptn_txbatch_free(l->tx);
    ptn_timers_done(&l->timers);
    for (size_t i = 0; i < l->socket_count; i++)
        close(l->sockets[i].fd);
    free(l->sockets);
    free(l->overflow);
    if (l->epoll >= 0)
        close(l->epoll);
    ptn_mailbox_done(&l->mailbox);
}
