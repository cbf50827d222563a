/* Events wait in a short queue until the owner drains them. */
#include "peer/internal.h"

#include <stdlib.h>
#include <string.h>

/* A repeated request of the same kind says nothing new while the first one still waits. */
static bool mergeable(enum ptn_peer_event_type type) {
    return type == PTN_PEER_REMB || type == PTN_PEER_KEYFRAME;
}

struct ptn_peer_event *peer_event(struct ptn_peer *p, enum ptn_peer_event_type type) {
    static _Thread_local struct ptn_peer_event overflow; /* written, never read */
    for (size_t i = p->event_head; mergeable(type) && i < p->event_count; i++)
        if (p->events[i].type == type && type == PTN_PEER_REMB)
            return &p->events[i];
    size_t limit = type == PTN_PEER_ENDED ? EVENTS_MAX + 1 : EVENTS_MAX; /* the end always fits */
    if (!grow((void **)&p->events, &p->event_cap, p->event_count, limit, sizeof *p->events))
        return &overflow;
    struct ptn_peer_event *ev = &p->events[p->event_count++];
    memset(ev, 0, sizeof *ev);
    ev->type = type;
    ev->layer = -1;
    return ev;
}

bool ptn_peer_poll_event(struct ptn_peer *p, struct ptn_peer_event *out) {
    if (p->event_head == p->event_count)
        return false;
    *out = p->events[p->event_head++];
    if (p->event_head == p->event_count) {
        free(p->events); /* an idle peer holds none */
        p->events = NULL;
        p->event_head = p->event_count = p->event_cap = 0;
    }
    return true;
}
