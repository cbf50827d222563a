/* What waits for the owner: messages in a queue, events as facts still to be told. Events are not
 * stored: a flag per candidate, one for the path, a short list of states. Nothing can pile up. */
#include "ice/internal.h"

#include <stdlib.h>

#include "base/mem.h"

void ice_out_push(struct ptn_ice *ice, const struct ptn_path *path, struct ptn_bytes message) {
    if (ice->out_count >= ICE_OUT_MAX) {
        ice->counters.dropped_out++;
        return;
    }
    struct ice_out *o = ptn_alloc(sizeof *o + message.n);
    o->path = *path;
    o->len = message.n;
    memcpy(o->data, message.p, message.n);
    ptn_list_push(&ice->out, &o->node);
    ice->out_count++;
}

static struct ice_out *out_pop(struct ptn_ice *ice) {
    struct ptn_list *node = ptn_list_pop(&ice->out);
    if (!node)
        return NULL;
    ice->out_count--;
    return ptn_container_of(node, struct ice_out, node);
}

void ice_out_clear(struct ptn_ice *ice) {
    for (struct ice_out *o; (o = out_pop(ice));)
        free(o);
}

bool ptn_ice_poll_datagram(struct ptn_ice *ice, struct ptn_datagram *out) {
    struct ice_out *o = out_pop(ice);
    if (!o)
        return false;
    out->path = o->path;
    out->len = o->len;
    memcpy(out->data, o->data, o->len);
    free(o);
    return true;
}

void ice_tell_state(struct ptn_ice *ice, enum ptn_ice_state state) {
    if (ice->told_count == ICE_STATES_MAX) /* nobody polls: the newest is what matters */
        ice->told_count--;
    ice->told[ice->told_count++] = (uint8_t)state;
}

static bool poll_new_remote(struct ptn_ice *ice, struct ptn_ice_event *out) {
    for (size_t i = 0; i < ice->remote_count; i++) {
        struct ice_remote *r = ice->remotes[i];
        if (!r->is_unpolled)
            continue;
        r->is_unpolled = false;
        *out = (struct ptn_ice_event){.type = PTN_ICE_NEW_REMOTE, .remote = r->cand};
        out->state = ice->state;
        return true;
    }
    return false;
}

static bool poll_selected(struct ptn_ice *ice, struct ptn_ice_event *out) {
    const struct ice_pair *p = ice->selected;
    if (!ice->is_new_path || !p)
        return false;
    ice->is_new_path = false;
    *out = (struct ptn_ice_event){.type = PTN_ICE_SELECTED,
                                  .state = ice->state,
                                  .path = p->path,
                                  .local = *p->local,
                                  .remote = p->remote->cand};
    return true;
}

static bool poll_state(struct ptn_ice *ice, struct ptn_ice_event *out) {
    if (ice->told_count == 0)
        return false;
    *out = (struct ptn_ice_event){.type = PTN_ICE_STATE_CHANGED,
                                  .state = (enum ptn_ice_state)ice->told[0]};
    memmove(ice->told, ice->told + 1, --ice->told_count);
    return true;
}

/* The candidate before the path that uses it, the path before the state that relies on it. */
bool ptn_ice_poll_event(struct ptn_ice *ice, struct ptn_ice_event *out) {
    return poll_new_remote(ice, out) || poll_selected(ice, out) || poll_state(ice, out);
}
