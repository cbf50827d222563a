/* One echo peer: the steps of its life and its clock. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "load/internal.h"

#define KEEPALIVE (25 * PTN_SECOND) /* core.md: sessions die after 60 s of silence */
#define LEAVE_PATIENCE (5 * PTN_SECOND)
#define FRAME_MAX 256 /* packets of one frame */

static const char *const step_names[STEPS] = {"waiting", "create", "attach", "offer", "transport",
                                              "up",      "leave",  "gone",   "failed"};

/* -- clock ------------------------------------------------------------------------------------- */

static void on_clock(struct ptn_timer *t, ptn_time now) {
    struct client *c = ptn_container_of(t, struct client, clock);
    if (c->broken && c->step < STEP_LEAVING) {
        client_enter(c, STEP_FAILED);
        return;
    }
    switch (c->step) {
    case STEP_WAITING:
        client_join(c);
        break;
    case STEP_CREATE:
    case STEP_ATTACH:
    case STEP_OFFER:
    case STEP_TRANSPORT:
        client_fail(c, "too slow in step %s", step_names[c->step]);
        break;
    case STEP_UP:
        signal_keepalive(c);
        ptn_timer_arm(&c->load->timers, t, now + KEEPALIVE);
        break;
    case STEP_LEAVING:
        client_enter(c, STEP_GONE);
        break;
    case STEP_GONE:
    case STEP_FAILED:
    case STEPS:
        break;
    }
}

static void on_transport(struct ptn_timer *t, ptn_time now) {
    struct client *c = ptn_container_of(t, struct client, transport);
    ptn_peer_handle_timeout(ptn_endpoint_peer(c->ep), now);
    transport_settle(c);
}

static void on_pace(struct ptn_timer *t, ptn_time now) {
    struct stream *s = ptn_container_of(t, struct stream, pace);
    struct load *l = s->client->load;
    struct ptn_packet *packet[FRAME_MAX];
    size_t n = source_next(&s->source, &s->shape, now, l->pool, packet, FRAME_MAX);
    ptn_graph_deliver(l->graph, now, s->inject_id, packet, n);
    for (size_t i = 0; i < n; i++)
        ptn_packet_unref(packet[i], l->pool);
    s->due += shape_period(&s->shape);
    if (s->due < now - PTN_SECOND) /* hopelessly behind: no burst to make up for it */
        s->due = now;
    ptn_timer_arm(&l->timers, t, s->due);
}

/* -- life -------------------------------------------------------------------------------------- */

static void add_stream(struct client *c, const struct shape *shape) {
    struct stream *s = &c->stream[c->stream_count];
    s->client = c;
    s->shape = *shape;
    s->mindex = c->stream_count++;
    s->inject_id = UINT64_C(1) << 56 | (uint64_t)(c->index * STREAMS + s->mindex);
    s->pace = (struct ptn_timer){.due = PTN_NEVER, .fire = on_pace};
}

void client_init(struct client *c, struct load *load, unsigned index) {
    const struct options *o = &load->opt;
    c->load = load;
    c->index = index;
    c->udp = -1;
    c->clock = (struct ptn_timer){.due = PTN_NEVER, .fire = on_clock};
    c->transport = (struct ptn_timer){.due = PTN_NEVER, .fire = on_transport};
    c->next_stream_id = (uint64_t)(index + 1) << 8;
    if (o->audio)
        add_stream(c, &(struct shape){false, o->audio_pps, 0, o->audio_size});
    if (o->video)
        add_stream(c, &(struct shape){true, o->video_pps, o->video_fps, o->video_size});
    ptn_rng_text(&load->rng, c->ufrag, sizeof c->ufrag - 1);
    ptn_rng_text(&load->rng, c->pwd, sizeof c->pwd - 1);
    ptn_timer_arm(&load->timers, &c->clock,
                  load->started + (ptn_time)((double)PTN_SECOND * index / o->ramp));
}

static void release(struct client *c) {
    client_stop_media(c);
    transport_close(c);
    if (c->ws)
        load_watch(c->load, c, true, false);
    ws_free(c->ws);
    c->ws = NULL;
    ptn_sdp_free(c->offer);
    c->offer = NULL;
    ptn_timer_disarm(&c->load->timers, &c->clock);
}

void client_done(struct client *c) {
    release(c);
    for (size_t i = 0; i < c->stream_count; i++)
        meter_done(&c->stream[i].source.meter);
}

/* Peers do not send in step with each other. */
static void start_media(struct client *c) {
    for (size_t i = 0; i < c->stream_count && !c->load->opt.silent; i++) {
        struct stream *s = &c->stream[i];
        uint64_t period = (uint64_t)shape_period(&s->shape);
        s->due = c->load->now + (ptn_time)ptn_rng_below(&c->load->rng, period);
        ptn_timer_arm(&c->load->timers, &s->pace, s->due);
    }
}

void client_stop_media(struct client *c) {
    for (size_t i = 0; i < c->stream_count; i++)
        ptn_timer_disarm(&c->load->timers, &c->stream[i].pace);
}

static void say(const struct client *c) {
    if (c->load->opt.verbose || c->step == STEP_FAILED)
        fprintf(stderr, "peer=%u step=%s ms=%.1f%s%s\n", c->index, step_names[c->step],
                (double)(c->load->now - c->began) / PTN_MS, c->why[0] ? " why=" : "", c->why);
}

void client_enter(struct client *c, enum step step) {
    struct load *l = c->load;
    c->step = step;
    say(c);
    switch (step) {
    case STEP_CREATE:
        ptn_timer_arm(&l->timers, &c->clock, l->now + l->opt.join_timeout);
        signal_step(c);
        break;
    case STEP_UP:
        c->up_at = l->now;
        delays_add(&l->join_time, c->up_at - c->began);
        ptn_timer_arm(&l->timers, &c->clock, l->now + KEEPALIVE);
        start_media(c);
        break;
    case STEP_LEAVING:
        ptn_timer_arm(&l->timers, &c->clock, l->now + LEAVE_PATIENCE);
        client_stop_media(c);
        signal_step(c);
        break;
    case STEP_GONE:
    case STEP_FAILED:
        l->ended++;
        release(c);
        break;
    case STEP_ATTACH:
    case STEP_OFFER:
    case STEP_TRANSPORT:
        signal_step(c);
        break;
    case STEP_WAITING:
    case STEPS:
        break;
    }
}

void client_fail(struct client *c, const char *fmt, ...) {
    va_list args;
    if (c->step >= STEP_GONE)
        return;
    va_start(args, fmt);
    vsnprintf(c->why, sizeof c->why, fmt, args);
    va_end(args);
    client_enter(c, STEP_FAILED);
}

void client_join(struct client *c) {
    const struct options *o = &c->load->opt;
    c->began = c->load->now;
    c->ws = ws_new(&o->server, o->host, o->path, &c->load->rng);
    if (!c->ws || !transport_open(c)) {
        client_fail(c, "no socket");
        return;
    }
    load_watch(c->load, c, true, true);
    client_enter(c, STEP_CREATE);
}

void client_leave(struct client *c) {
    if (c->step == STEP_WAITING) {
        ptn_timer_disarm(&c->load->timers, &c->clock);
        client_enter(c, STEP_GONE);
    } else if (c->step < STEP_LEAVING) {
        client_enter(c, STEP_LEAVING);
    }
}
