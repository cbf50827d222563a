/* Candidate pairs: their states, priorities, and the bounded list of them. */
#include "ice/internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

#define TO(s) (1u << PAIR_##s)
static const uint32_t allowed[PAIR_STATES] = {
    [PAIR_WAITING] = TO(IN_PROGRESS) | TO(UNUSED) | TO(FAILED) | TO(SUCCEEDED),
    [PAIR_IN_PROGRESS] = TO(SUCCEEDED) | TO(FAILED) | TO(WAITING) | TO(UNUSED),
    [PAIR_SUCCEEDED] = TO(WAITING) | TO(FAILED), /* a nominating check; consent is over */
    [PAIR_FAILED] = TO(WAITING) | TO(SUCCEEDED), /* triggered check, RFC 8445 7.3.1.4 */
    [PAIR_UNUSED] = TO(WAITING) | TO(SUCCEEDED) | TO(FAILED),
    /* A lite agent checks nothing: a request makes a pair succeed from anywhere. */
};

static const char *const names[PAIR_STATES] = {
    [PAIR_WAITING] = "waiting", [PAIR_IN_PROGRESS] = "in-progress", [PAIR_SUCCEEDED] = "succeeded",
    [PAIR_FAILED] = "failed",   [PAIR_UNUSED] = "unused",
};

const char *ice_pair_state_name(enum pair_state state) {
    return names[state];
}

void ice_pair_enter(struct ice_pair *pair, enum pair_state to) {
    assert(pair->state == to || (allowed[pair->state] & 1u << to));
    pair->state = to;
    if (to == PAIR_FAILED)
        pair->is_valid = pair->is_nominated = pair->is_nominating = false;
}

bool ice_pair_is_live(const struct ice_pair *pair) {
    return pair->state == PAIR_WAITING || pair->state == PAIR_IN_PROGRESS;
}

/* 2^32*MIN(G,D) + 2*MAX(G,D) + (G>D?1:0), RFC 8445 6.1.2.3 */
static uint64_t priority_of(const struct ptn_ice *ice, uint32_t local, uint32_t remote) {
    uint64_t g = ice->is_controlling ? local : remote;
    uint64_t d = ice->is_controlling ? remote : local;
    uint64_t min = g < d ? g : d, max = g < d ? d : g;
    return (min << 32) + 2 * max + (g > d ? 1 : 0);
}

/* A link-local remote is on the link of the socket that reaches it; no text can say which. */
static struct ptn_path path_of(const struct ptn_cand *local, const struct ptn_cand *remote) {
    struct ptn_path path = {local->addr, remote->addr};
    if (ptn_addr_is_linklocal(&remote->addr) && remote->addr.scope == 0)
        path.remote.scope = local->addr.scope;
    return path;
}

bool ice_path_eq(const struct ptn_path *a, const struct ptn_path *b) {
    return ptn_addr_eq(&a->remote, &b->remote) && ptn_addr_eq(&a->local, &b->local);
}

struct ice_pair *ice_find_pair(const struct ptn_ice *ice, const struct ptn_path *path) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice_path_eq(&ice->pairs[i]->path, path))
            return ice->pairs[i];
    }
    return NULL;
}

static void remove_at(struct ptn_ice *ice, size_t i) {
    if (ice->pairs[i] == ice->selected)
        ice_select_none(ice);
    free(ice->pairs[i]);
    memmove(ice->pairs + i, ice->pairs + i + 1, (--ice->pair_count - i) * sizeof ice->pairs[0]);
}

/* How much we would miss it. In use: never dropped; tried in vain: first. */
static uint64_t worth(const struct ptn_ice *ice, const struct ice_pair *p) {
    if (p == ice->selected || p->state == PAIR_IN_PROGRESS || p->trigger)
        return UINT64_MAX;
    return p->state == PAIR_FAILED || p->state == PAIR_UNUSED ? 0 : p->priority;
}

static bool make_room(struct ptn_ice *ice, uint64_t priority) {
    size_t least = 0;
    if (ice->pair_count < ICE_PAIR_MAX)
        return true;
    for (size_t i = 1; i < ice->pair_count; i++) {
        if (worth(ice, ice->pairs[i]) < worth(ice, ice->pairs[least]))
            least = i;
    }
    if (worth(ice, ice->pairs[least]) >= priority)
        return false;
    remove_at(ice, least);
    return true;
}

static void append(struct ptn_ice *ice, struct ice_pair *pair) {
    if (ice->pair_count == ice->pair_cap) {
        ice->pair_cap = ice->pair_cap ? ice->pair_cap * 2 : 4;
        ice->pairs = ptn_realloc(ice->pairs, ice->pair_cap * sizeof ice->pairs[0]);
    }
    ice->pairs[ice->pair_count++] = pair;
}

/* After nomination a pair below the selected one is not worth a check of its own. */
static enum pair_state first_state(const struct ptn_ice *ice, uint64_t priority) {
    const struct ice_pair *s = ice->selected;
    bool is_late = ice->state == PTN_ICE_DISCONNECTED;
    bool is_moot = s && !s->is_old && s->is_nominated && !is_late && s->priority > priority;
    return is_moot ? PAIR_UNUSED : PAIR_WAITING;
}

struct ice_pair *ice_pair_add(struct ptn_ice *ice, const struct ptn_cand *local,
                              struct ice_remote *remote, bool must) {
    struct ptn_path path = path_of(local, &remote->cand);
    struct ice_pair *p = ice_find_pair(ice, &path);
    if (p)
        return p;
    uint64_t priority = priority_of(ice, local->priority, remote->cand.priority);
    if (!make_room(ice, must ? UINT64_MAX : priority))
        return NULL;
    p = ptn_new(struct ice_pair);
    p->path = path;
    p->local = local;
    p->remote = remote;
    p->priority = priority;
    p->state = first_state(ice, priority);
    append(ice, p);
    return p;
}

void ice_pairs_reprioritise(struct ptn_ice *ice) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        struct ice_pair *p = ice->pairs[i];
        p->priority = priority_of(ice, p->local->priority, p->remote->cand.priority);
    }
}

void ice_pairs_drop_remote(struct ptn_ice *ice, const struct ice_remote *remote) {
    for (size_t i = ice->pair_count; i-- > 0;) {
        if (ice->pairs[i]->remote == remote)
            remove_at(ice, i);
    }
}
