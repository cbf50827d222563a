/* Consent to send on the selected pair, which is also its keepalive: RFC 7675. A lite agent asks
 * nothing; it takes the peer's checks for a sign of life. */
#include "ice/internal.h"

#include "base/mem.h"

static ptn_time interval(struct ptn_ice *ice) { /* times 0.8 to 1.2: RFC 7675 5.1 */
    ptn_time fifth = ICE_CONSENT_EVERY / 5;
    return 4 * fifth + (ptn_time)ptn_rng_below(&ice->rng, (uint64_t)(2 * fifth) + 1);
}

void ice_consent_begin(struct ptn_ice *ice, ptn_time now) {
    struct consent *c = &ice->consent;
    bool is_fresh = now - ice->selected->answered < PTN_SECOND;
    *c = (struct consent){.heard = now, .asked_at = PTN_NEVER, .retry_at = PTN_NEVER};
    c->next_at = is_fresh ? now + interval(ice) : now;
}

void ice_consent_heard(struct ptn_ice *ice, ptn_time now) {
    ice->consent.heard = now;
    ice->consent.asked_at = ice->consent.retry_at = PTN_NEVER;
}

void ice_consent_hurry(struct ptn_ice *ice, ptn_time now) {
    ice->consent.next_at = ptn_time_min(ice->consent.next_at, now);
}

static void send_tx(struct ptn_ice *ice, struct consent_tx *tx, ptn_time now) {
    const struct ice_pair *p = ice->selected;
    bool use = ice->is_controlling && p->is_nominated && !p->is_old;
    ice->consent.retry_at =
        ++tx->sends < ICE_CONSENT_SENDS ? now + (ICE_CONSENT_RTO << (tx->sends - 1)) : PTN_NEVER;
    ice->counters.consents_sent++;
    ice_check_write(ice, p, tx->id, use);
}

static void ask(struct ptn_ice *ice, ptn_time now) {
    struct consent *c = &ice->consent;
    c->newest = (c->newest + 1) % ICE_CONSENT_TX;
    struct consent_tx *tx = &c->tx[c->newest];
    *tx = (struct consent_tx){.sent_at = now, .sent_controlling = ice->is_controlling};
    ice->rng.fill(ice->rng.ctx, tx->id, sizeof tx->id);
    c->next_at = now + interval(ice);
    c->asked_at = ptn_time_min(c->asked_at, now);
    send_tx(ice, tx, now);
}

/* In every check of ours a nominated pair stays nominated: a peer that sees us come from a new
 * address (our NAT changed its mind) follows at once. */
bool ice_consent_run(struct ptn_ice *ice, ptn_time now) {
    struct consent *c = &ice->consent;
    if (!ice->selected || ice->is_lite)
        return false;
    if (now >= c->next_at)
        ask(ice, now);
    else if (now >= c->retry_at)
        send_tx(ice, &c->tx[c->newest], now);
    else
        return false;
    return true;
}

static struct consent_tx *find(struct ptn_ice *ice, const struct ptn_stun *msg) {
    for (size_t i = 0; i < ICE_CONSENT_TX; i++) {
        struct consent_tx *tx = &ice->consent.tx[i];
        if (tx->sends > 0 && memcmp(tx->id, msg->txid, PTN_STUN_TXID) == 0)
            return tx;
    }
    return NULL;
}

static void granted(struct ptn_ice *ice, ptn_time now, const struct consent_tx *tx) {
    struct consent *c = &ice->consent;
    struct ice_pair *p = ice->selected;
    if (tx->sends == 1)
        ice_rtt_add(p, now - tx->sent_at);
    memset(c->tx, 0, sizeof c->tx);
    ice_consent_heard(ice, now);
    p->answered = now;
    if (!p->is_valid && !p->is_old) /* its nominating check failed, yet it works: ask again */
        ice_trigger(ice, p);
}

static void refused(struct ptn_ice *ice, ptn_time now, struct consent_tx *tx, uint16_t code) {
    bool sent_controlling = tx->sent_controlling;
    tx->sends = 0;
    ice->consent.retry_at = PTN_NEVER;
    if (code != STUN_ROLE_CONFLICT || ice->selected->is_old)
        return;
    ice_role_conflict(ice, sent_controlling);
    ice->consent.next_at = now;
}

ptn_err ice_consent_response(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                             const struct ptn_stun *msg) {
    struct ice_pair *p = ice->selected;
    struct consent_tx *tx = p && ice_path_eq(&p->path, path) ? find(ice, msg) : NULL;
    if (!tx)
        return PTN_ENOENT;
    if (ptn_stun_verify(msg, ptn_bytes_str(ice_remote_pwd(ice, p))) != PTN_OK) {
        ice->counters.bad_auth++;
        return PTN_EAUTH;
    }
    ice->counters.responses++;
    if (msg->class == PTN_STUN_SUCCESS)
        granted(ice, now, tx);
    else
        refused(ice, now, tx, msg->error_code);
    return PTN_OK;
}

static ptn_time late_at(const struct ptn_ice *ice) {
    const struct consent *c = &ice->consent;
    if (ice->is_lite)
        return c->heard + ICE_LITE_LATE;
    return c->asked_at == PTN_NEVER ? PTN_NEVER : c->asked_at + ICE_CONSENT_LATE;
}

bool ice_consent_is_late(const struct ptn_ice *ice, ptn_time now) {
    return ice->selected && now >= late_at(ice);
}

bool ice_consent_is_over(const struct ptn_ice *ice, ptn_time now) {
    return ice->selected && now >= ice->consent.heard + ICE_CONSENT_LIFE;
}

ptn_time ice_consent_next(const struct ptn_ice *ice) {
    const struct consent *c = &ice->consent;
    if (!ice->selected)
        return PTN_NEVER;
    ptn_time t = c->heard + ICE_CONSENT_LIFE;
    if (ice->state == PTN_ICE_CONNECTED)
        t = ptn_time_min(t, late_at(ice));
    if (ice->is_lite)
        return t;
    ptn_time send = ptn_time_min(c->next_at, c->retry_at);
    return ptn_time_min(t, send < ice->slot ? ice->slot : send);
}
