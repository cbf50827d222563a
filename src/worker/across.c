/* Between loops: packets by reference, one batch per source and loop, and the requests that make
 * them flow. */
#include "worker/internal.h"

#include <stdlib.h>

#include "base/mem.h"

static void on_event(void *ctx, struct ptn_endpoint *ep, struct ptn_peer_event *ev) {
    notice_of_event(ctx, ptn_endpoint_owner(ep), ev);
}

static void on_touched(void *ctx, struct ptn_endpoint *ep) {
    (void)ctx;
    member_touch(ptn_endpoint_owner(ep));
}

void batch_free(struct batch *b, struct ptn_packet_pool *home) {
    for (size_t i = 0; i < b->count; i++)
        ptn_packet_unref(b->packet[i], home);
    free(b);
}

static void on_publish(void *ctx, unsigned to, uint64_t source, struct ptn_packet *const *packets,
                       size_t n) {
    struct loop *l = ctx;
    struct batch *b = ptn_alloc(sizeof *b + n * sizeof(struct ptn_packet *));
    b->source = source;
    b->count = n;
    for (size_t i = 0; i < n; i++)
        b->packet[i] = ptn_packet_ref(packets[i]);
    if (ptn_mailbox_packets(&l->engine->loop[to].mailbox, &b->node) != PTN_OK) {
        l->count.lane_full += n;
        batch_free(b, l->pool);
    }
    l->wake_loops |= UINT64_C(1) << to;
}

static void on_subscribe(void *ctx, unsigned to, uint64_t source, bool on) {
    struct loop *l = ctx;
    struct command *c = ptn_new(struct command);
    c->type = CMD_SUBSCRIBE;
    c->id = source;
    c->u.subscribe.loop = l->index;
    c->u.subscribe.on = on;
    ptn_ignore(command_post(&l->engine->loop[to], c, true), "must: never refused");
    l->wake_loops |= UINT64_C(1) << to;
}

static void on_keyframe(void *ctx, unsigned to, uint64_t source) {
    struct loop *l = ctx;
    struct command *c = ptn_new(struct command);
    c->type = CMD_KEYFRAME;
    c->id = source;
    ptn_ignore(command_post(&l->engine->loop[to], c, false), "the receiver asks again");
    l->wake_loops |= UINT64_C(1) << to;
}

const struct ptn_graph_ops loop_graph_ops = {
    .event = on_event,
    .touched = on_touched,
    .publish = on_publish,
    .subscribe = on_subscribe,
    .keyframe = on_keyframe,
};

void batches_run(struct loop *l) {
    struct ptn_mpsc_node *node;
    while ((node = ptn_mailbox_pop_packets(&l->mailbox))) {
        struct batch *b = ptn_container_of(node, struct batch, node);
        if (!l->stopping)
            ptn_graph_deliver(l->graph, l->now, b->source, b->packet, b->count);
        batch_free(b, l->pool);
    }
}
