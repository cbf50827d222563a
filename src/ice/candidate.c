/* Local and remote candidates: signalled, trickled, learned; and which targets are refused. */
#include "ice/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

const struct ptn_cand *ice_find_local(const struct ptn_ice *ice, const struct ptn_addr *addr) {
    for (size_t i = 0; i < ice->local_count; i++) {
        if (ptn_addr_eq(&ice->locals[i]->addr, addr))
            return ice->locals[i];
    }
    return NULL;
}

/* A signalled link-local address has no scope, one seen on a socket has. */
static bool same_remote(const struct ptn_addr *a, const struct ptn_addr *b) {
    struct ptn_addr x = *a, y = *b;
    if (x.scope == 0 || y.scope == 0)
        x.scope = y.scope = 0;
    return ptn_addr_eq(&x, &y);
}

struct ice_remote *ice_find_remote(const struct ptn_ice *ice, const struct ptn_addr *addr) {
    for (size_t i = 0; i < ice->remote_count; i++) {
        if (same_remote(&ice->remotes[i]->cand.addr, addr))
            return ice->remotes[i];
    }
    return NULL;
}

bool ice_target_allowed(const struct ptn_ice *ice, const struct ptn_addr *addr) {
    if (addr->port == 0 || ptn_addr_is_multicast(addr) || ptn_addr_is_wildcard(addr))
        return false;
    if (ptn_addr_is_loopback(addr) && !ice->allow_loopback)
        return false;
    return !ptn_addr_is_linklocal(addr) || ice->allow_linklocal;
}

/* Link-local IPv6 reaches its own link only, and nothing else reaches it (RFC 8421 4). */
static bool can_reach(const struct ptn_addr *local, const struct ptn_addr *remote) {
    if (local->family != remote->family)
        return false;
    if (ptn_addr_is_loopback(local) && !ptn_addr_is_loopback(remote))
        return false;
    return local->family == 4 || ptn_addr_is_linklocal(local) == ptn_addr_is_linklocal(remote);
}

static bool has_local_for(const struct ptn_ice *ice, const struct ptn_addr *remote) {
    for (size_t i = 0; i < ice->local_count; i++) {
        if (ice->locals[i]->addr.family == remote->family)
            return true;
    }
    return false;
}

static void pair_up(struct ptn_ice *ice, const struct ptn_cand *local, struct ice_remote *remote) {
    if (!ice->is_lite && can_reach(&local->addr, &remote->cand.addr))
        ice_pair_add(ice, local, remote, false);
}

ptn_err ptn_ice_add_local(struct ptn_ice *ice, ptn_time now, const struct ptn_cand *cand) {
    if (ice_find_local(ice, &cand->addr))
        return PTN_OK;
    if (ice->local_count == PTN_ICE_LOCAL_MAX)
        return PTN_ELIMIT;
    struct ptn_cand *local = ptn_new(struct ptn_cand);
    *local = *cand;
    ice->locals[ice->local_count++] = local;
    for (size_t i = 0; i < ice->remote_count; i++)
        pair_up(ice, local, ice->remotes[i]);
    ice_settle(ice, now);
    return PTN_OK;
}

static struct ice_remote *append(struct ptn_ice *ice, const struct ptn_cand *cand) {
    struct ice_remote *r = ptn_new(struct ice_remote);
    r->cand = *cand;
    ice->remotes[ice->remote_count++] = r;
    return r;
}

static void remove_at(struct ptn_ice *ice, size_t i) {
    struct ice_remote *r = ice->remotes[i];
    ice_pairs_drop_remote(ice, r);
    memmove(ice->remotes + i, ice->remotes + i + 1,
            (--ice->remote_count - i) * sizeof ice->remotes[0]);
    free(r);
}

/* A learned candidate that is signalled after all takes the signalled type, foundation and
 * priority (RFC 8445 7.3.1.3). */
static void adopt(struct ptn_ice *ice, struct ice_remote *r, const struct ptn_cand *cand) {
    if (!r->is_learned)
        return;
    struct ptn_addr as_seen = r->cand.addr; /* with its scope */
    r->cand = *cand;
    r->cand.addr = as_seen;
    r->is_learned = r->is_unpolled = false;
    ice_pairs_reprioritise(ice);
}

static ptn_err check_remote(const struct ptn_ice *ice, const struct ptn_cand *cand) {
    const char *ufrag = ice->remote_creds.ufrag;
    if (ufrag && cand->ufrag[0] && strcmp(cand->ufrag, ufrag) != 0)
        return PTN_EPROTO;
    if (cand->proto != PTN_CAND_UDP || cand->component != 1 || cand->addr.family == 0)
        return PTN_EUNSUPPORTED;
    if (!ice_target_allowed(ice, &cand->addr))
        return PTN_EINVALID;
    return has_local_for(ice, &cand->addr) ? PTN_OK : PTN_EUNSUPPORTED;
}

static bool is_busy(const struct ptn_ice *ice, const struct ice_remote *r) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        const struct ice_pair *p = ice->pairs[i];
        if (p->remote == r && (p == ice->selected || p->trigger || ice_pair_is_live(p)))
            return true;
    }
    return false;
}

/* A long call may move more often than the list is long: the learned candidate not heard for the
 * longest time makes room, once its checks are finished. */
static bool make_room(struct ptn_ice *ice) {
    size_t oldest = PTN_ICE_REMOTE_MAX;
    if (ice->remote_count < PTN_ICE_REMOTE_MAX)
        return true;
    for (size_t i = 0; i < ice->remote_count; i++) {
        const struct ice_remote *r = ice->remotes[i];
        if (!r->is_learned || is_busy(ice, r))
            continue;
        if (oldest == PTN_ICE_REMOTE_MAX || r->heard < ice->remotes[oldest]->heard)
            oldest = i;
    }
    if (oldest == PTN_ICE_REMOTE_MAX)
        return false;
    remove_at(ice, oldest);
    return true;
}

ptn_err ptn_ice_add_remote(struct ptn_ice *ice, ptn_time now, const struct ptn_cand *cand) {
    struct ptn_cand c = *cand;
    c.addr = ptn_addr_unmapped(&cand->addr);
    PTN_TRY(check_remote(ice, &c));
    struct ice_remote *r = ice_find_remote(ice, &c.addr);
    if (!r && !make_room(ice))
        return PTN_ELIMIT;
    if (r)
        adopt(ice, r, &c);
    else
        r = append(ice, &c);
    for (size_t i = 0; i < ice->local_count; i++)
        pair_up(ice, ice->locals[i], r);
    ice_settle(ice, now);
    return PTN_OK;
}

struct ice_remote *ice_learn_remote(struct ptn_ice *ice, const struct ptn_addr *addr,
                                    const struct ptn_cand *local, const struct ptn_stun *request) {
    struct ice_remote *r = ice_find_remote(ice, addr);
    if (r || !make_room(ice))
        return r;
    struct ptn_cand c = {.type = PTN_CAND_PRFLX, .component = local->component, .addr = *addr};
    c.priority = request->has_priority ? request->priority
                                       : ptn_cand_priority(PTN_CAND_PRFLX, 0, c.component);
    uint32_t unique = ptn_rng_u32(&ice->rng); /* unlike any other: RFC 8445 7.3.1.3 */
    snprintf(c.foundation, sizeof c.foundation, "prflx%08x", unique);
    r = append(ice, &c);
    r->is_learned = r->is_unpolled = true;
    return r;
}

void ice_drop_remotes_not_of(struct ptn_ice *ice, const char *ufrag) {
    for (size_t i = ice->remote_count; i-- > 0;) {
        const char *named = ice->remotes[i]->cand.ufrag;
        if (named[0] && strcmp(named, ufrag) != 0)
            remove_at(ice, i);
    }
}
