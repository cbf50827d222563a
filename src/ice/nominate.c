/* Which pair carries the data: nomination (RFC 8445 8.1, 7.3.1.5) and selection. */
#include "ice/internal.h"

/* A full agent uses the first pair that works, nominated or not (RFC 8445 12.1); from then on only
 * nominations move it. */

/* The peer says USE-CANDIDATE about p while it also keeps saying so about s: aggressive nomination
 * of several pairs, of which the best counts. Otherwise it changed its mind, as libwebrtc does
 * when its own selected pair gets weak: the latest counts. */
static bool is_interleaved(const struct ice_pair *p, const struct ice_pair *s) {
    if (p->use_prev == 0)
        return p->use_last - s->use_first < ICE_AGGRESSIVE_START;
    return s->use_last >= p->use_prev && p->use_last - p->use_prev < ICE_NOMINATED_FOR;
}

static bool is_preferred(const struct ptn_ice *ice, const struct ice_pair *p, ptn_time now) {
    const struct ice_pair *s = ice->selected;
    if (!ice->remote_creds.ufrag || ice->is_refused || (ice->is_lite && !p->is_nominated))
        return false;
    if (!s || s->is_old)
        return true;
    if (!p->is_nominated)
        return !s->is_nominated && ice_consent_is_late(ice, now);
    if (!s->is_nominated || p->priority > s->priority)
        return true;
    return ice->is_controlling ? p->is_nominating : !is_interleaved(p, s);
}

void ice_select_maybe(struct ptn_ice *ice, struct ice_pair *pair, ptn_time now) {
    if (pair != ice->selected && is_preferred(ice, pair, now)) {
        ice->selected = pair;
        ice->is_new_path = true;
        ice->has_given_up = false;
        ice_old_retire(ice);
        ice_consent_begin(ice, now);
    }
    if (pair == ice->selected && pair->is_nominated)
        ice_checks_conclude(ice);
}

void ice_select_none(struct ptn_ice *ice) {
    ice->selected = NULL;
    ice->is_new_path = false;
}

static struct ice_pair *best_valid(const struct ptn_ice *ice, ptn_time answered_after) {
    struct ice_pair *best = NULL;
    for (size_t i = 0; i < ice->pair_count; i++) {
        struct ice_pair *p = ice->pairs[i];
        if (p->is_valid && p->answered >= answered_after && (!best || p->priority > best->priority))
            best = p;
    }
    return best;
}

void ice_select_other(struct ptn_ice *ice, ptn_time now) {
    struct ice_pair *gone = ice->selected;
    bool was_old = gone->is_old;
    ice_select_none(ice);
    if (was_old) { /* the restart goes on, if it has begun on the other side too */
        ice_old_retire(ice);
        ice->has_given_up = !ice->remote_creds.ufrag;
        return;
    }
    ice_pair_enter(gone, PAIR_FAILED);
    struct ice_pair *p = best_valid(ice, now - ICE_CONSENT_LIFE + 1);
    if (p)
        ice_select_maybe(ice, p, now);
    ice->has_given_up = !ice->selected;
}

void ice_use_candidate(struct ptn_ice *ice, struct ice_pair *pair, ptn_time now) {
    bool is_fresh = pair->use_last == 0 || now - pair->use_last >= ICE_NOMINATED_FOR;
    pair->use_prev = is_fresh ? 0 : pair->use_last;
    pair->use_first = is_fresh ? now : pair->use_first;
    pair->use_last = now;
    if (!pair->is_valid) {
        pair->asked_to_use = true; /* nominated once our own check succeeds: RFC 8445 7.3.1.5 */
        return;
    }
    pair->is_nominated = true;
    ice_select_maybe(ice, pair, now);
}

static bool someone_is_nominating(const struct ptn_ice *ice) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i]->is_nominating)
            return true;
    }
    return false;
}

static bool better_is_live(const struct ptn_ice *ice, const struct ice_pair *than) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice_pair_is_live(ice->pairs[i]) && ice->pairs[i]->priority > than->priority)
            return true;
    }
    return false;
}

/* As controlling: the pair to nominate, and when; NULL when there is nothing to do. Once nominated
 * a pair stays, unless it is silent and another has answered since. */
static struct ice_pair *to_nominate(const struct ptn_ice *ice, ptn_time *when) {
    const struct ice_pair *s = ice->selected;
    if (!ice->is_controlling || !s || s->is_old || someone_is_nominating(ice))
        return NULL;
    bool is_late = ice->state == PTN_ICE_DISCONNECTED;
    if (s->is_nominated && !is_late)
        return NULL;
    struct ice_pair *best = best_valid(ice, is_late ? ice->consent.heard + 1 : 0);
    if (!best || (best == s && s->is_nominated))
        return NULL;
    bool is_ready = is_late || !better_is_live(ice, best);
    *when = is_ready ? 0 : ice->first_valid + ICE_NOMINATE_WAIT;
    return best;
}

void ice_nominate(struct ptn_ice *ice, ptn_time now) {
    ptn_time when;
    struct ice_pair *p = to_nominate(ice, &when);
    if (!p || now < when)
        return;
    p->is_nominating = true;
    ice_trigger(ice, p);
}

ptn_time ice_nominate_next(const struct ptn_ice *ice) {
    ptn_time when;
    return to_nominate(ice, &when) ? when : PTN_NEVER;
}
