/* What is checked next. One message per Ta in all: consent first, then triggered checks, then
 * retransmissions, then pairs never checked, best first (RFC 8445 6.1.4). */
#include "ice/internal.h"

void ice_trigger(struct ptn_ice *ice, struct ice_pair *pair) {
    if (!pair->trigger)
        pair->trigger = ++ice->last_trigger;
}

static bool can_check(const struct ptn_ice *ice) {
    return !ice->is_lite && !ice->is_refused && ice->remote_creds.ufrag;
}

static size_t in_progress(const struct ptn_ice *ice) {
    size_t n = 0;
    for (size_t i = 0; i < ice->pair_count; i++)
        n += ice->pairs[i]->state == PAIR_IN_PROGRESS;
    return n;
}

bool ice_checks_live(const struct ptn_ice *ice) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice_pair_is_live(ice->pairs[i]) || ice->pairs[i]->trigger)
            return true;
    }
    return false;
}

/* When the pair itself would like to send (0: now), apart from Ta; PTN_NEVER: it does not. */
static ptn_time wants(const struct ice_pair *p, bool has_room) {
    if (p->trigger)
        return 0;
    if (p->state == PAIR_WAITING)
        return has_room ? 0 : PTN_NEVER;
    return p->state == PAIR_IN_PROGRESS && p->tries < ICE_TRIES ? p->due : PTN_NEVER;
}

enum { RANK_TRIGGERED, RANK_AGAIN, RANK_NEW };

static int rank(const struct ice_pair *p) {
    if (p->trigger)
        return RANK_TRIGGERED;
    return p->state == PAIR_IN_PROGRESS ? RANK_AGAIN : RANK_NEW;
}

static bool goes_before(const struct ice_pair *a, const struct ice_pair *b) {
    if (rank(a) != rank(b))
        return rank(a) < rank(b);
    switch (rank(a)) {
    case RANK_TRIGGERED:
        return a->trigger < b->trigger;
    case RANK_AGAIN:
        return a->due < b->due;
    default:
        return a->priority > b->priority;
    }
}

static struct ice_pair *pick(const struct ptn_ice *ice, ptn_time now) {
    bool has_room = in_progress(ice) < ICE_IN_PROGRESS_MAX;
    struct ice_pair *best = NULL;
    for (size_t i = 0; i < ice->pair_count; i++) {
        struct ice_pair *p = ice->pairs[i];
        if (wants(p, has_room) <= now && (!best || goes_before(p, best)))
            best = p;
    }
    return best;
}

static bool is_hopeless(const struct ice_pair *p) {
    return p->state == PAIR_IN_PROGRESS && p->tries >= ICE_TRIES && !p->trigger;
}

static void give_up_on(struct ptn_ice *ice, ptn_time now) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (is_hopeless(ice->pairs[i]) && ice->pairs[i]->due <= now)
            ice_pair_enter(ice->pairs[i], PAIR_FAILED);
    }
}

static bool send_one(struct ptn_ice *ice, ptn_time now) {
    if (ice_consent_run(ice, now))
        return true;
    struct ice_pair *p = can_check(ice) ? pick(ice, now) : NULL;
    if (p)
        ice_check_send(ice, p, now);
    return p;
}

void ice_checks_run(struct ptn_ice *ice, ptn_time now) {
    give_up_on(ice, now);
    if (now >= ice->slot && send_one(ice, now))
        ice->slot = now + ice->ta;
}

ptn_time ice_checks_next(const struct ptn_ice *ice) {
    ptn_time send = PTN_NEVER, end = PTN_NEVER;
    if (!can_check(ice))
        return PTN_NEVER;
    bool has_room = in_progress(ice) < ICE_IN_PROGRESS_MAX;
    for (size_t i = 0; i < ice->pair_count; i++) {
        const struct ice_pair *p = ice->pairs[i];
        send = ptn_time_min(send, wants(p, has_room));
        if (is_hopeless(p))
            end = ptn_time_min(end, p->due);
    }
    if (send < ice->slot)
        send = ice->slot;
    return ptn_time_min(send, end);
}

void ice_checks_conclude(struct ptn_ice *ice) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        struct ice_pair *p = ice->pairs[i];
        if (p == ice->selected || p->priority > ice->selected->priority || p->trigger)
            continue;
        if (ice_pair_is_live(p)) {
            p->is_nominating = false;
            ice_pair_enter(p, PAIR_UNUSED);
        }
    }
}

/* What a NAT forgot does not come back: a learned address that has been silent for long is not
 * asked again, and makes room for the next. */
static bool is_worth_reviving(const struct ptn_ice *ice, const struct ice_pair *p, ptn_time now) {
    if (p == ice->selected || ice_pair_is_live(p))
        return false;
    return !p->remote->is_learned || now - p->remote->heard < ICE_CONSENT_LIFE;
}

void ice_checks_revive(struct ptn_ice *ice, ptn_time now) {
    if (ice->is_lite)
        return;
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (is_worth_reviving(ice, ice->pairs[i], now))
            ice_pair_enter(ice->pairs[i], PAIR_WAITING);
    }
}
