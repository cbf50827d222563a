/* The agent's life, its state, and the deadlines. */
#include "ice/internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

#define TO(s) (1u << PTN_ICE_##s)
static const uint32_t allowed[] = {
    [PTN_ICE_NEW] = TO(CHECKING) | TO(CONNECTED) | TO(FAILED),
    [PTN_ICE_CHECKING] = TO(NEW) | TO(CONNECTED) | TO(FAILED),
    [PTN_ICE_CONNECTED] = TO(DISCONNECTED) | TO(FAILED),
    [PTN_ICE_DISCONNECTED] = TO(CONNECTED) | TO(FAILED) | TO(CHECKING) | TO(NEW), /* restarting */
    [PTN_ICE_FAILED] = TO(NEW) | TO(CHECKING) | TO(CONNECTED),
};

static const char *const names[] = {
    [PTN_ICE_NEW] = "new",
    [PTN_ICE_CHECKING] = "checking",
    [PTN_ICE_CONNECTED] = "connected",
    [PTN_ICE_DISCONNECTED] = "disconnected",
    [PTN_ICE_FAILED] = "failed",
};

const char *ptn_ice_state_name(enum ptn_ice_state state) {
    return names[state];
}

static ptn_time pacing(ptn_time configured) {
    if (configured == 0)
        return ICE_TA;
    return configured < ICE_TA_MIN ? ICE_TA_MIN : configured;
}

struct ptn_ice *ptn_ice_new(const struct ptn_ice_config *cfg) {
    assert(ice_creds_valid(cfg->ufrag, cfg->pwd));
    struct ptn_ice *ice = ptn_new(struct ptn_ice);
    ice->rng = cfg->rng;
    ice->is_lite = cfg->lite;
    ice->starts_controlling = ice->is_controlling = cfg->controlling && !cfg->lite;
    ice->is_aggressive = cfg->aggressive;
    ice->allow_loopback = cfg->allow_loopback;
    ice->allow_linklocal = cfg->allow_linklocal;
    ice->ta = pacing(cfg->check_interval);
    ice->tie_breaker = ptn_rng_u64(&ice->rng);
    ice->first_valid = ice->patience = PTN_NEVER;
    ice_creds_set(&ice->local_creds, cfg->ufrag, cfg->pwd);
    ptn_list_init(&ice->out);
    return ice;
}

void ptn_ice_free(struct ptn_ice *ice) {
    if (!ice)
        return;
    ice_out_clear(ice);
    ice_generation_clear(ice);
    ice_old_done(ice);
    for (size_t i = 0; i < ice->local_count; i++)
        free(ice->locals[i]);
    ice_creds_clear(&ice->local_creds);
    ice_creds_clear(&ice->remote_creds);
    free(ice);
}

void ice_set_role(struct ptn_ice *ice, bool controlling) {
    if (ice->is_controlling == controlling)
        return;
    ice->is_controlling = controlling;
    for (size_t i = 0; i < ice->pair_count; i++)
        ice->pairs[i]->is_nominating = ice->pairs[i]->asked_to_use = false;
    ice_pairs_reprioritise(ice);
}

static void state_enter(struct ptn_ice *ice, enum ptn_ice_state to, ptn_time now) {
    if (ice->state == to)
        return;
    assert(allowed[ice->state] & 1u << to);
    ice->state = to;
    ice_tell_state(ice, to);
    if (to == PTN_ICE_DISCONNECTED)
        ice_checks_revive(ice, now);
}

/* When it has failed, if nothing more comes. Pairs there were, none is left and no more will be
 * signalled: at once. Without any pair only patience ends it: a peer that hides its candidates
 * (mDNS) may still ask us. A peer that keeps asking but never answers gets twice the time. */
static ptn_time hopeless_at(const struct ptn_ice *ice) {
    if (ice->selected || ice->has_given_up || !ice->remote_creds.ufrag)
        return PTN_NEVER;
    if (ice->is_lite)
        return ice->patience;
    if (ice_checks_live(ice))
        return ice->patience + ICE_PATIENCE;
    return ice->remote_is_done && ice->pair_count > 0 ? 0 : ice->patience;
}

static enum ptn_ice_state judge(const struct ptn_ice *ice, ptn_time now) {
    if (ice->selected)
        return ice_consent_is_late(ice, now) ? PTN_ICE_DISCONNECTED : PTN_ICE_CONNECTED;
    if (ice->is_refused || ice->has_given_up)
        return PTN_ICE_FAILED;
    if (!ice->remote_creds.ufrag)
        return PTN_ICE_NEW;
    if (now >= hopeless_at(ice))
        return PTN_ICE_FAILED;
    return ice->remote_count > 0 ? PTN_ICE_CHECKING : PTN_ICE_NEW;
}

void ice_settle(struct ptn_ice *ice, ptn_time now) {
    if (ice_consent_is_over(ice, now)) {
        if (ice->state == PTN_ICE_CONNECTED) /* the clock jumped: say both */
            state_enter(ice, PTN_ICE_DISCONNECTED, now);
        ice_select_other(ice, now);
    }
    ice_nominate(ice, now);
    ice_checks_run(ice, now);
    enum ptn_ice_state to = judge(ice, now);
    ice->has_given_up = to == PTN_ICE_FAILED;
    state_enter(ice, to, now);
}

ptn_err ptn_ice_set_remote(struct ptn_ice *ice, ptn_time now, const char *ufrag, const char *pwd,
                           bool remote_is_lite) {
    if (!ice_creds_valid(ufrag, pwd))
        return PTN_EMALFORMED;
    if (ice_creds_are(&ice->remote_creds, ufrag, pwd))
        return PTN_OK;
    if (ice->remote_creds.ufrag)
        ice_generation_begin(ice);
    ice_creds_set(&ice->remote_creds, ufrag, pwd);
    ice_drop_remotes_not_of(ice, ufrag);
    ice->remote_is_lite = remote_is_lite;
    ice->is_refused = remote_is_lite && ice->is_lite;
    ice->has_given_up = false;
    ice->patience = now + ICE_PATIENCE;
    if (remote_is_lite && !ice->is_lite)
        ice_set_role(ice, true);                                       /* RFC 8445 6.1.1 */
    for (size_t i = 0; i < ice->pair_count && !ice->is_refused; i++) { /* early checks */
        if (ice->pairs[i]->is_nominated)
            ice_select_maybe(ice, ice->pairs[i], now);
    }
    ice_settle(ice, now);
    return ice->is_refused ? PTN_EUNSUPPORTED : PTN_OK;
}

void ptn_ice_remote_done(struct ptn_ice *ice, ptn_time now) {
    ice->remote_is_done = true;
    ice_settle(ice, now);
}

void ptn_ice_restart(struct ptn_ice *ice, ptn_time now, const char *ufrag, const char *pwd) {
    assert(ice_creds_valid(ufrag, pwd));
    ice_generation_begin(ice);
    ice_creds_set(&ice->local_creds, ufrag, pwd);
    ice_set_role(ice, ice->starts_controlling);
    ice_settle(ice, now);
}

ptn_err ptn_ice_handle_datagram(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                                struct ptn_bytes message) {
    struct ptn_stun msg;
    ptn_err err = ptn_stun_parse(message, &msg);
    if (err != PTN_OK) {
        ice->counters.malformed++;
        return err;
    }
    if (msg.method != PTN_STUN_BINDING)
        return PTN_EPROTO;
    switch (msg.class) {
    case PTN_STUN_REQUEST:
        err = ice_handle_request(ice, now, path, &msg);
        break;
    case PTN_STUN_SUCCESS:
    case PTN_STUN_ERROR:
        err = ice_handle_response(ice, now, path, &msg);
        break;
    case PTN_STUN_INDICATION: /* a keepalive: nothing vouches for it, RFC 8445 11 */
        return PTN_EPROTO;
    }
    ice_settle(ice, now);
    return err;
}

void ptn_ice_handle_timeout(struct ptn_ice *ice, ptn_time now) {
    ice_settle(ice, now);
}

ptn_time ptn_ice_next_timeout(const struct ptn_ice *ice) {
    ptn_time t = ptn_time_min(ice_checks_next(ice), ice_consent_next(ice));
    t = ptn_time_min(t, ice_nominate_next(ice));
    return ptn_time_min(t, hopeless_at(ice));
}

bool ptn_ice_path_is_known(const struct ptn_ice *ice, const struct ptn_path *path) {
    const struct ice_pair *p = ice_find_pair(ice, path);
    return (p && p->is_known) || ice_old_knows(ice, path);
}

const struct ptn_path *ptn_ice_selected(const struct ptn_ice *ice) {
    return ice->selected ? &ice->selected->path : NULL;
}

enum ptn_ice_state ptn_ice_get_state(const struct ptn_ice *ice) {
    return ice->state;
}

bool ptn_ice_is_controlling(const struct ptn_ice *ice) {
    return ice->is_controlling;
}

ptn_time ptn_ice_rtt(const struct ptn_ice *ice) {
    return ice->selected ? ice->selected->rtt : 0;
}
