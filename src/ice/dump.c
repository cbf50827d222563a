/* The agent's state for people: a line that says why, and JSON. No passwords in either. */
#include "ice/internal.h"

#include <stdio.h>

#include "base/mem.h"

static size_t count_in(const struct ptn_ice *ice, enum pair_state state) {
    size_t n = 0;
    for (size_t i = 0; i < ice->pair_count; i++)
        n += ice->pairs[i]->state == state;
    return n;
}

static uint16_t any_error(const struct ptn_ice *ice) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i]->error)
            return ice->pairs[i]->error;
    }
    return 0;
}

/* What is missing before a check can be made; NULL: nothing. */
static const char *missing(const struct ptn_ice *ice) {
    if (ice->is_refused)
        return "both sides are ice-lite, nobody would send checks";
    if (!ice->remote_creds.ufrag)
        return "no credentials from the peer yet";
    if (ice->local_count == 0)
        return "no local candidate";
    if (ice->is_lite)
        return ice->counters.requests ? "the peer has checked but nominated nothing"
                                      : "no check from the peer has arrived";
    if (ice->remote_count == 0)
        return "no usable candidate from the peer, and no check from it has arrived";
    return ice->pair_count == 0 ? "no local address reaches a candidate of the peer" : NULL;
}

void ptn_ice_explain(const struct ptn_ice *ice, char *buf, size_t cap) {
    const struct ice_counters *c = &ice->counters;
    char detail[160];
    const char *reason = missing(ice);
    uint16_t error = any_error(ice);
    if (ice->selected)
        reason = ice->state == PTN_ICE_CONNECTED ? "a pair works" : "the selected pair is silent";
    if (!reason) {
        snprintf(detail, sizeof detail,
                 "%zu pairs: %zu waiting, %zu in progress, %zu failed; %llu checks sent, "
                 "%llu answered",
                 ice->pair_count, count_in(ice, PAIR_WAITING), count_in(ice, PAIR_IN_PROGRESS),
                 count_in(ice, PAIR_FAILED), (unsigned long long)c->checks_sent,
                 (unsigned long long)c->responses);
        reason = detail;
    }
    int n = snprintf(buf, cap, "%s; %llu requests received, %llu with wrong credentials", reason,
                     (unsigned long long)c->requests, (unsigned long long)c->bad_auth);
    if (error && n > 0 && (size_t)n < cap)
        snprintf(buf + n, cap - (size_t)n, "; the peer answered error %u", error);
}

static json_t *addr_json(const struct ptn_addr *addr) {
    char text[PTN_ADDR_TEXT];
    return json_string(ptn_addr_text(addr, text, sizeof text));
}

static json_t *cand_json(const struct ptn_cand *cand) {
    char text[PTN_CAND_TEXT];
    return json_string(ptn_cand_write(cand, text, sizeof text));
}

static json_t *pair_json(const struct ptn_ice *ice, const struct ice_pair *p) {
    return json_pack("{s:o, s:o, s:s, s:I, s:b, s:b, s:b, s:b, s:i, s:i, s:i}", "local",
                     addr_json(&p->path.local), "remote", addr_json(&p->path.remote), "state",
                     ice_pair_state_name(p->state), "priority", (json_int_t)p->priority, "valid",
                     p->is_valid, "nominated", p->is_nominated, "selected", p == ice->selected,
                     "authenticated", p->is_known, "tries", p->tries, "rtt-us", (int)p->rtt,
                     "error", p->error);
}

static json_t *counters_json(const struct ice_counters *c) {
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"checks-sent", c->checks_sent},
        {"consents-sent", c->consents_sent},
        {"requests", c->requests},
        {"responses", c->responses},
        {"role-conflicts", c->conflicts},
        {"malformed", c->malformed},
        {"wrong-credentials", c->bad_auth},
        {"unmatched-responses", c->unmatched},
        {"error-responses", c->error_responses},
        {"dropped", c->dropped_out},
    };
    json_t *o = json_object();
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        json_object_set_new(o, rows[i].name, json_integer((json_int_t)rows[i].value));
    return o;
}

json_t *ptn_ice_dump(const struct ptn_ice *ice) {
    char why[256];
    ptn_ice_explain(ice, why, sizeof why);
    json_t *locals = json_array(), *remotes = json_array(), *pairs = json_array();
    for (size_t i = 0; i < ice->local_count; i++)
        json_array_append_new(locals, cand_json(ice->locals[i]));
    for (size_t i = 0; i < ice->remote_count; i++)
        json_array_append_new(remotes, cand_json(&ice->remotes[i]->cand));
    for (size_t i = 0; i < ice->pair_count; i++)
        json_array_append_new(pairs, pair_json(ice, ice->pairs[i]));
    if (ice->old.pair)
        json_array_append_new(pairs, pair_json(ice, ice->old.pair));
    return json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:s?, s:b, s:o, s:o, s:o, s:o}", "state",
                     ptn_ice_state_name(ice->state), "why", why, "lite", ice->is_lite,
                     "remote-lite", ice->remote_is_lite, "controlling", ice->is_controlling,
                     "local-ufrag", ice->local_creds.ufrag, "remote-ufrag", ice->remote_creds.ufrag,
                     "remote-done", ice->remote_is_done, "local-candidates", locals,
                     "remote-candidates", remotes, "pairs", pairs, "counters",
                     counters_json(&ice->counters));
}
