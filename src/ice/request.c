/* Connectivity checks as the side that answers: RFC 8445 7.3, RFC 8489 9.1.3. */
#include "ice/internal.h"

#include "base/mem.h"

#define PLAIN_ERROR_LEN 36 /* header, ERROR-CODE without reason, FINGERPRINT */

static void response_send(struct ptn_ice *ice, const struct ptn_path *path, struct ptn_stun_wr *s,
                          const char *pwd) {
    size_t len;
    if (ptn_stun_end(s, ptn_bytes_str(pwd), &len) == PTN_OK)
        ice_out_push(ice, path, ptn_bytes_of(s->w.buf, len));
}

/* To strangers: short, seldom, and never more bytes than they sent. */
static bool may_answer_stranger(struct ptn_ice *ice, ptn_time now, const struct ptn_stun *msg) {
    if (msg->whole.n < PLAIN_ERROR_LEN)
        return false;
    if (now - ice->error_window >= PTN_SECOND || ice->error_used == 0) {
        ice->error_window = now;
        ice->error_used = 0;
    }
    return ice->error_used < ICE_ERRORS_PER_SECOND && ++ice->error_used;
}

/* pwd "": without integrity. */
static void error_send(struct ptn_ice *ice, const struct ptn_path *path, const struct ptn_stun *msg,
                       uint16_t code, const char *pwd) {
    uint8_t buf[ICE_MESSAGE_MAX];
    struct ptn_stun_wr s;
    ptn_stun_begin(&s, buf, sizeof buf, PTN_STUN_ERROR, PTN_STUN_BINDING, msg->txid);
    ptn_stun_add_error(&s, code, "");
    if (code == STUN_UNKNOWN_ATTRIBUTE)
        ptn_stun_add_unknown(&s, msg->unknown, msg->unknown_count);
    response_send(ice, path, &s, pwd);
    ice->counters.error_responses++;
}

static void success_send(struct ptn_ice *ice, const struct ptn_path *path,
                         const struct ptn_stun *msg, const char *pwd) {
    uint8_t buf[ICE_MESSAGE_MAX];
    struct ptn_stun_wr s;
    ptn_stun_begin(&s, buf, sizeof buf, PTN_STUN_SUCCESS, PTN_STUN_BINDING, msg->txid);
    ptn_stun_add_xor_mapped(&s, &path->remote);
    response_send(ice, path, &s, pwd);
}

static bool is_addressed_to(const struct ice_creds *creds, struct ptn_bytes ufrag) {
    return creds->ufrag && ptn_bytes_eq(ptn_bytes_str(creds->ufrag), ufrag);
}

/* Which of our credentials the request is for. The second half of USERNAME is the peer's ufrag,
 * which we may not know yet (an early check): our password decides, not that. */
static const struct ice_creds *authenticate(const struct ptn_ice *ice, const struct ptn_stun *msg,
                                            uint16_t *error) {
    struct ptn_bytes ours, theirs;
    *error = STUN_BAD_REQUEST;
    if (!msg->has_integrity || ptn_stun_split_username(msg, &ours, &theirs) != PTN_OK)
        return NULL;
    *error = STUN_UNAUTHENTICATED;
    const struct ice_creds *creds = is_addressed_to(&ice->local_creds, ours) ? &ice->local_creds
                                    : is_addressed_to(&ice->old.local, ours) ? &ice->old.local
                                                                             : NULL;
    if (!creds || ptn_stun_verify(msg, ptn_bytes_str(creds->pwd)) != PTN_OK)
        return NULL;
    return creds;
}

/* RFC 8445 7.3.1.1. True: the peer has to switch, tell it. Otherwise we have switched if needed. */
static bool peer_must_switch(struct ptn_ice *ice, const struct ptn_stun *msg) {
    bool we_win = ice->tie_breaker >= msg->tie_breaker;
    bool both_controlling = ice->is_controlling && msg->has_controlling;
    bool both_controlled = !ice->is_controlling && msg->has_controlled;
    if (!both_controlling && !both_controlled)
        return false;
    ice->counters.conflicts++;
    if (ice->is_lite || ice->remote_is_lite) /* the full agent controls, whatever the numbers say */
        return true;
    if (both_controlling ? we_win : !we_win)
        return true;
    ice_set_role(ice, !ice->is_controlling);
    return false;
}

static void heard_by_lite(struct ptn_ice *ice, ptn_time now, struct ice_pair *p) {
    ice_pair_enter(p, PAIR_SUCCEEDED);
    p->is_valid = true;
    p->answered = now;
    if (p == ice->selected)
        ice_consent_heard(ice, now);
}

/* The request is authentic and answered: what it teaches us. */
static void learn(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                  const struct ptn_cand *local, const struct ptn_stun *msg) {
    struct ice_remote *remote = ice_learn_remote(ice, &path->remote, local, msg);
    if (!remote)
        return;
    remote->heard = now;
    struct ice_pair *p = ice_pair_add(ice, local, remote, true);
    if (!p)
        return;
    p->is_known = true;
    if (ice->is_lite)
        heard_by_lite(ice, now, p);
    else if (p->state != PAIR_SUCCEEDED)
        ice_trigger(ice, p);
    if (msg->use_candidate && !ice->is_controlling)
        ice_use_candidate(ice, p, now);
}

static ptn_err refuse(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                      const struct ptn_stun *msg, uint16_t error) {
    ice->counters.bad_auth++;
    if (may_answer_stranger(ice, now, msg))
        error_send(ice, path, msg, error, "");
    return PTN_EAUTH;
}

/* Answered either way; but what the lists have no room for is not an authenticated tuple. */
static ptn_err outcome(const struct ptn_ice *ice, const struct ptn_path *path) {
    return ptn_ice_path_is_known(ice, path) ? PTN_OK : PTN_ELIMIT;
}

ptn_err ice_handle_request(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                           const struct ptn_stun *msg) {
    const struct ptn_cand *local = ice_find_local(ice, &path->local);
    if (!local || !ice_target_allowed(ice, &path->remote))
        return PTN_EPROTO;
    uint16_t error;
    const struct ice_creds *creds = authenticate(ice, msg, &error);
    if (!creds)
        return refuse(ice, now, path, msg, error);
    if (msg->unknown_count > 0) {
        error_send(ice, path, msg, STUN_UNKNOWN_ATTRIBUTE, creds->pwd);
        return PTN_EPROTO;
    }
    ice->counters.requests++;
    if (creds == &ice->old.local) { /* the past is answered, but teaches nothing */
        success_send(ice, path, msg, creds->pwd);
        ice_old_learn(ice, path);
        return outcome(ice, path);
    }
    if (peer_must_switch(ice, msg)) {
        error_send(ice, path, msg, STUN_ROLE_CONFLICT, creds->pwd);
        return PTN_EPROTO;
    }
    success_send(ice, path, msg, creds->pwd);
    learn(ice, now, path, local, msg);
    return outcome(ice, path);
}
