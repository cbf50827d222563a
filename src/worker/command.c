/* Commands of the control side and of other loops. */
#include "worker/internal.h"

#include <stdlib.h>

#include "base/mem.h"

void command_free(struct command *c) {
    if (c->type == CMD_PEER_PLAN)
        ptn_plan_unref(c->u.plan);
    if (c->type == CMD_PEER_NEW)
        ptn_wipe(&c->u.params, sizeof c->u.params);
    free(c);
}

ptn_err command_post(struct loop *l, struct command *c, bool must) {
    ptn_err err = ptn_mailbox_command(&l->mailbox, &c->node, must);
    if (err != PTN_OK)
        command_free(c);
    return err;
}

static void late(struct loop *l, ptn_err err) {
    if (err == PTN_ENOENT)
        l->count.late_commands++;
}

static void do_new(struct loop *l, struct member *m, struct command *c) {
    (void)m;
    member_new(l, c->id, &c->u.params);
}

static void do_plan(struct loop *l, struct member *m, struct command *c) {
    if (c->u.plan->ice_restart)
        ptn_demux_add_ufrag(l->demux, &m->names, c->u.plan->local_ufrag);
    ptn_endpoint_apply(m->ep, l->now, c->u.plan);
}

static void do_candidate(struct loop *l, struct member *m, struct command *c) {
    ptn_ignore(ptn_peer_candidate(ptn_endpoint_peer(m->ep), l->now,
                                  c->u.candidate.end ? NULL : &c->u.candidate.cand),
               "a candidate that cannot be used is the peer's business");
}

static void do_close(struct loop *l, struct member *m, struct command *c) {
    (void)l;
    member_end(m, c->u.reason, "");
}

static void do_stats(struct loop *l, struct member *m, struct command *c) {
    struct ptn_notice *n = notice_new(l, PTN_NOTICE_STATS, m->id);
    n->value = c->u.value;
    n->json = ptn_peer_dump(ptn_endpoint_peer(m->ep), l->now);
    notice_post(l, n);
}

static void do_remb(struct loop *l, struct member *m, struct command *c) {
    ptn_peer_set_remb(ptn_endpoint_peer(m->ep), l->now, (uint32_t)c->u.value);
}

static void do_connect(struct loop *l, struct member *m, struct command *c) {
    (void)m;
    late(l, ptn_graph_connect(l->graph, l->now, c->id, c->other));
}

static void do_disconnect(struct loop *l, struct member *m, struct command *c) {
    (void)m;
    late(l, ptn_graph_disconnect(l->graph, c->id));
}

static void do_sink_set(struct loop *l, struct member *m, struct command *c) {
    (void)m;
    late(l, ptn_graph_sink_set(l->graph, c->id, &c->u.sink));
}

static void do_keyframe(struct loop *l, struct member *m, struct command *c) {
    (void)m;
    ptn_graph_keyframe(l->graph, l->now, c->id);
}

static void do_subscribe(struct loop *l, struct member *m, struct command *c) {
    (void)m;
    ptn_graph_remote(l->graph, l->now, c->id, c->u.subscribe.loop, c->u.subscribe.on);
}

static void do_stop(struct loop *l, struct member *m, struct command *c) {
    (void)m;
    (void)c;
    l->stopping = true;
}

static const struct {
    bool for_member; /* the id names a peer, which must still be there */
    void (*run)(struct loop *l, struct member *m, struct command *c);
} table[CMD_TYPES] = {
    [CMD_PEER_NEW] = {false, do_new},
    [CMD_PEER_PLAN] = {true, do_plan},
    [CMD_PEER_CANDIDATE] = {true, do_candidate},
    [CMD_PEER_CLOSE] = {true, do_close},
    [CMD_PEER_STATS] = {true, do_stats},
    [CMD_PEER_REMB] = {true, do_remb},
    [CMD_CONNECT] = {false, do_connect},
    [CMD_DISCONNECT] = {false, do_disconnect},
    [CMD_SINK_SET] = {false, do_sink_set},
    [CMD_KEYFRAME] = {false, do_keyframe},
    [CMD_SUBSCRIBE] = {false, do_subscribe},
    [CMD_STOP] = {false, do_stop},
};

static void run(struct loop *l, struct command *c) {
    struct member *m = NULL;
    if (table[c->type].for_member) {
        m = member_find(l, c->id);
        if (!m || m->ended) {
            l->count.late_commands++;
            return;
        }
        member_touch(m);
    }
    table[c->type].run(l, m, c);
}

void commands_run(struct loop *l) {
    struct ptn_mpsc_node *node;
    while ((node = ptn_mailbox_pop_command(&l->mailbox))) {
        struct command *c = ptn_container_of(node, struct command, node);
        if (!l->stopping)
            run(l, c);
        command_free(c);
    }
}
