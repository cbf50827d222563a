/* What loops tell the control side. */
#include "worker/internal.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

struct ptn_notice *notice_new(struct loop *l, enum ptn_notice_type type, uint64_t peer) {
    (void)l;
    struct notice_msg *msg = ptn_new(struct notice_msg);
    msg->notice.type = type;
    msg->notice.peer = peer;
    msg->notice.layer = -1;
    return &msg->notice;
}

static void put(struct loop *l, struct ptn_notice *n) {
    struct notice_msg *msg = ptn_container_of(n, struct notice_msg, notice);
    ptn_ignore(ptn_mailbox_command(&l->engine->control, &msg->node, true), "must: never refused");
}

void notice_post(struct loop *l, struct ptn_notice *n) {
    put(l, n);
    l->wake_control = true;
}

/* Steps on the way, which nobody waits for: they go with the next notice that somebody waits for,
 * and wake the control side themselves only when none comes. */
static bool can_wait(const struct ptn_peer_event *ev) {
    return (ev->type == PTN_PEER_ICE && ev->ice_state != PTN_ICE_FAILED) ||
           ev->type == PTN_PEER_SELECTED || ev->type == PTN_PEER_DTLS;
}

static void put_waiting(struct loop *l, struct ptn_notice *n) {
    put(l, n);
    if (l->notices.due == PTN_NEVER)
        ptn_timer_arm(&l->timers, &l->notices, l->now + NOTICE_DELAY);
}

static const enum ptn_notice_type notice_types[] = {
    [PTN_PEER_ICE] = PTN_NOTICE_ICE,     [PTN_PEER_SELECTED] = PTN_NOTICE_SELECTED,
    [PTN_PEER_DTLS] = PTN_NOTICE_DTLS,   [PTN_PEER_UP] = PTN_NOTICE_UP,
    [PTN_PEER_MEDIA] = PTN_NOTICE_MEDIA, [PTN_PEER_SLOWLINK] = PTN_NOTICE_SLOWLINK,
    [PTN_PEER_REMB] = PTN_NOTICE_REMB,   [PTN_PEER_KEYFRAME] = PTN_NOTICE_KEYFRAME,
};

void notice_of_event(struct loop *l, struct member *m, struct ptn_peer_event *ev) {
    if (ev->type == PTN_PEER_ENDED) {
        member_end(m, ev->text, ev->detail);
        return;
    }
    struct ptn_notice *n = notice_new(l, notice_types[ev->type], m->id);
    n->ice_state = ev->ice_state;
    n->mindex = ev->mindex;
    n->layer = ev->layer;
    n->flag = ev->flag;
    n->value = ev->value;
    if (ev->type == PTN_PEER_DTLS)
        n->flag = ev->value > 0;
    ptn_str_copy(n->text, sizeof n->text, ev->text);
    ptn_str_copy(n->detail, sizeof n->detail, ev->detail);
    if (can_wait(ev))
        put_waiting(l, n);
    else
        notice_post(l, n);
}
