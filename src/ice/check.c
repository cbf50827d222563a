/* Connectivity checks as the side that asks: RFC 8445 7.2. */
#include "ice/internal.h"

#include "base/mem.h"

static const struct ice_creds *local_creds(const struct ptn_ice *ice, const struct ice_pair *p) {
    return p->is_old ? &ice->old.local : &ice->local_creds;
}

static const struct ice_creds *remote_creds(const struct ptn_ice *ice, const struct ice_pair *p) {
    return p->is_old ? &ice->old.remote : &ice->remote_creds;
}

const char *ice_remote_pwd(const struct ptn_ice *ice, const struct ice_pair *pair) {
    return remote_creds(ice, pair)->pwd;
}

/* What a peer-reflexive candidate found by this check would have: RFC 8445 7.1.1. */
static uint32_t reflexive_priority(const struct ptn_cand *local) {
    return ptn_cand_priority(PTN_CAND_PRFLX, (uint16_t)(local->priority >> 8), local->component);
}

void ice_check_write(struct ptn_ice *ice, const struct ice_pair *pair,
                     const uint8_t txid[PTN_STUN_TXID], bool use) {
    const struct ice_creds *ours = local_creds(ice, pair), *theirs = remote_creds(ice, pair);
    uint8_t buf[ICE_MESSAGE_MAX];
    struct ptn_stun_wr s;
    size_t len;
    ptn_stun_begin(&s, buf, sizeof buf, PTN_STUN_REQUEST, PTN_STUN_BINDING, txid);
    ptn_stun_add_username(&s, theirs->ufrag, ours->ufrag);
    ptn_stun_add_priority(&s, reflexive_priority(pair->local));
    ptn_stun_add_role(&s, ice->is_controlling, ice->tie_breaker);
    if (use)
        ptn_stun_add_use_candidate(&s);
    if (ptn_stun_end(&s, ptn_bytes_str(theirs->pwd), &len) == PTN_OK)
        ice_out_push(ice, &pair->path, ptn_bytes_of(buf, len));
}

static ptn_time first_rto(const struct ptn_ice *ice) { /* RFC 8445 14.3 */
    ptn_time live = 0;
    for (size_t i = 0; i < ice->pair_count; i++)
        live += ice_pair_is_live(ice->pairs[i]);
    ptn_time rto = ice->ta * live;
    return rto > ICE_RTO ? rto : ICE_RTO;
}

static void transaction_begin(struct ptn_ice *ice, struct ice_pair *p, ptn_time now, bool use) {
    if (p->state != PAIR_IN_PROGRESS) {
        ice_pair_enter(p, PAIR_WAITING);
        ice_pair_enter(p, PAIR_IN_PROGRESS);
    }
    ice->rng.fill(ice->rng.ctx, p->txid, sizeof p->txid);
    p->sent_at = now;
    p->sent_use = use;
    p->sent_controlling = ice->is_controlling;
    p->is_resent = false;
    p->tries = 0;
    p->rto = first_rto(ice);
}

/* The peer is there, it just asked us: the same transaction gets new patience. A new one would
 * throw away an answer that may be under way. */
static void transaction_repeat(struct ptn_ice *ice, struct ice_pair *p) {
    p->is_resent = true;
    if (p->trigger) {
        p->tries = 0;
        p->rto = first_rto(ice);
    }
}

void ice_check_send(struct ptn_ice *ice, struct ice_pair *pair, ptn_time now) {
    bool use = ice->is_controlling && (ice->is_aggressive || pair->is_nominating);
    bool is_same = pair->state == PAIR_IN_PROGRESS && pair->sent_use == use &&
                   pair->sent_controlling == ice->is_controlling;
    if (is_same)
        transaction_repeat(ice, pair);
    else
        transaction_begin(ice, pair, now, use);
    pair->trigger = 0;
    pair->tries++;
    pair->due = now + pair->rto;
    ptn_time twice = 2 * pair->rto;
    if (twice <= ICE_RTO_MAX || pair->rto < ICE_RTO_MAX)
        pair->rto = twice < ICE_RTO_MAX ? twice : ICE_RTO_MAX;
    ice->counters.checks_sent++;
    ice_check_write(ice, pair, pair->txid, use);
}

void ice_rtt_add(struct ice_pair *pair, ptn_time sample) { /* RFC 6298 2: 1/8 of the new */
    if (sample < 1)
        sample = 1; /* 0 means unknown */
    pair->rtt = pair->rtt ? (7 * pair->rtt + sample) / 8 : sample;
}

void ice_role_conflict(struct ptn_ice *ice, bool sent_controlling) {
    ice->counters.conflicts++;
    if (ice->remote_is_lite || sent_controlling != ice->is_controlling)
        return;
    ice->tie_breaker = ptn_rng_u64(&ice->rng);
    ice_set_role(ice, !sent_controlling);
}

static ptn_err on_error(struct ptn_ice *ice, struct ice_pair *p, uint16_t code) {
    p->error = code;
    if (code == STUN_ROLE_CONFLICT && !ice->remote_is_lite) {
        ice_role_conflict(ice, p->sent_controlling);
        ice_pair_enter(p, PAIR_WAITING);
        ice_trigger(ice, p);
    } else {
        ice_pair_enter(p, PAIR_FAILED);
    }
    return PTN_OK;
}

/* A second pair works while one is nominated: the peer may have moved. If the selected pair does
 * not answer now, we as the controlling side nominate the other soon instead of late. */
static bool is_rival(const struct ptn_ice *ice) {
    return ice->is_controlling && ice->selected && !ice->selected->is_old &&
           ice->selected->is_nominated && ice->consent.asked_at == PTN_NEVER;
}

static ptn_err on_success(struct ptn_ice *ice, struct ice_pair *p, ptn_time now) {
    if (!p->is_resent) /* else it is unknown which of them was answered (Karn) */
        ice_rtt_add(p, now - p->sent_at);
    ice_pair_enter(p, PAIR_SUCCEEDED);
    p->trigger = 0;
    p->is_valid = true;
    p->answered = now;
    p->error = 0;
    if (ice->first_valid == PTN_NEVER)
        ice->first_valid = now;
    if (ice->is_controlling ? p->sent_controlling && p->sent_use : p->asked_to_use)
        p->is_nominated = true;
    p->asked_to_use = false;
    if (p == ice->selected)
        ice_consent_heard(ice, now);
    else if (is_rival(ice))
        ice_consent_hurry(ice, now);
    ice_select_maybe(ice, p, now);
    p->is_nominating = p->is_nominating && !p->sent_use; /* decided after this check left */
    if (p->is_nominating)
        ice_trigger(ice, p);
    return PTN_OK;
}

static struct ice_pair *find_check(const struct ptn_ice *ice, const struct ptn_stun *msg) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        struct ice_pair *p = ice->pairs[i];
        if (p->state == PAIR_IN_PROGRESS && memcmp(p->txid, msg->txid, PTN_STUN_TXID) == 0)
            return p;
    }
    return NULL;
}

/* Answers come back the way the question went (RFC 8445 7.2.5.2.1); anything else is dropped, as
 * a forged answer must not be able to fail a pair. The reflexive local address an answer may name
 * changes nothing here: a valid pair uses the path its check was sent on. */
ptn_err ice_handle_response(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                            const struct ptn_stun *msg) {
    ptn_err err = ice_consent_response(ice, now, path, msg);
    if (err != PTN_ENOENT)
        return err;
    struct ice_pair *p = find_check(ice, msg);
    if (!p || !ice_path_eq(&p->path, path)) {
        ice->counters.unmatched++;
        return PTN_EPROTO;
    }
    if (ptn_stun_verify(msg, ptn_bytes_str(ice_remote_pwd(ice, p))) != PTN_OK) {
        ice->counters.bad_auth++;
        p->error = msg->error_code; /* for ice_explain; unproven, so the check goes on */
        return PTN_EAUTH;
    }
    if (msg->unknown_count > 0 || (msg->class == PTN_STUN_SUCCESS && !msg->mapped.family) ||
        (msg->class == PTN_STUN_ERROR && !msg->error_code))
        return PTN_EPROTO;
    ice->counters.responses++;
    p->is_known = true;
    return msg->class == PTN_STUN_ERROR ? on_error(ice, p, msg->error_code)
                                        : on_success(ice, p, now);
}
