/* The life of a handle's PeerConnection: made by the first offer, ended by a CLOSED notice. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/text.h"
#include "base/log.h"
#include "base/str.h"
#include "control/internal.h"

struct ptn_handle *webrtc_handle(struct webrtc *w) {
    return ptn_container_of(w, struct ptn_handle, rtc);
}

static void fresh_credentials(const struct ptn_rng *rng, char ufrag[9], char pwd[33]) {
    ptn_rng_text(rng, ufrag, 8); /* RFC 8839 5.4: at least 24 and 128 bits of randomness */
    ptn_rng_text(rng, pwd, 32);
}

ptn_err webrtc_start(struct ptn_handle *h, const json_t *body) {
    struct ptn_control *c = h->session->control;
    struct webrtc *w = &h->rtc;
    struct ptn_peer_params params = {.loop = h->loop_index};
    if (h->host->def->placement)
        params.affinity = h->host->def->placement(h->state, body);
    fresh_credentials(&c->cfg.rng, w->ufrag, w->pwd);
    ptn_str_copy(params.ufrag, sizeof params.ufrag, w->ufrag);
    ptn_str_copy(params.pwd, sizeof params.pwd, w->pwd);
    PTN_TRY(ptn_engine_peer_new(c->engine, &params, &w->peer));
    w->state = RTC_ACTIVE;
    w->since = c->cfg.now();
    HASH_ADD(hh, c->peers, peer, sizeof w->peer, w);
    ptn_log(PTN_LOG_INFO, "webrtc", "started handle=%" PRIu64 " loop=%u", h->id,
            ptn_engine_peer_loop(w->peer));
    return PTN_OK;
}

void webrtc_close(struct ptn_handle *h, const char *reason) {
    struct webrtc *w = &h->rtc;
    if (w->state != RTC_ACTIVE)
        return;
    w->state = RTC_CLOSING;
    ptn_engine_peer_close(h->session->control->engine, w->peer, reason);
}

/* Returns the request that waited for it; NULL: none. */
static struct ptn_request *drop_answer(struct webrtc *w) {
    struct ptn_request *r = w->answer_request;
    ptn_sdp_free(w->answer);
    json_decref(w->answer_data);
    w->answer = NULL;
    w->answer_data = NULL;
    w->answer_request = NULL;
    return r;
}

void webrtc_log_closed(const struct ptn_handle *h, const char *reason, const char *detail) {
    ptn_log(PTN_LOG_INFO, "webrtc",
            "closed handle=%" PRIu64 " reason=\"%s\" detail=\"%s\" after_s=%lld", h->id, reason,
            detail, (long long)((h->session->control->cfg.now() - h->rtc.since) / PTN_SECOND));
}

void webrtc_reset(struct ptn_handle *h) {
    struct ptn_control *c = h->session->control;
    struct webrtc *w = &h->rtc;
    struct ptn_request *r = drop_answer(w);
    trickle_queue_done(w);
    if (w->peer != 0)
        HASH_DEL(c->peers, w);
    memset(w, 0, sizeof *w);
    ptn_list_init(&w->trickles);
    if (!h->detaching)
        handle_rearm(h);
    if (r)
        request_answer_sent(r);
}

/* -- the answer -------------------------------------------------------------------------------- */

static json_t *jsep_of(const struct webrtc *w, const char *type, const struct ptn_sdp *sdp) {
    struct ptn_str text;
    ptn_str_init(&text);
    ptn_sdp_write(sdp, &text);
    json_t *jsep = json_pack("{s:s, s:o}", "type", type, "sdp", ptn_api_text(text.s));
    if (w->e2ee)
        json_object_set_new(jsep, "e2ee", json_true());
    ptn_str_done(&text);
    return jsep;
}

static void trickle_event(struct ptn_handle *h, json_t *candidate) {
    json_t *json = event_begin(h, "trickle", NULL);
    json_object_set_new(json, "candidate", candidate);
    event_send(h->session, json);
}

void webrtc_trickle_ours(struct ptn_handle *h) {
    struct webrtc *w = &h->rtc;
    char text[PTN_CAND_TEXT], line[PTN_CAND_TEXT + 16];
    for (size_t i = 0; i < w->cand_count; i++) {
        snprintf(line, sizeof line, "candidate:%s", ptn_cand_write(&w->cand[i], text, sizeof text));
        trickle_event(h, json_pack("{s:o, s:i, s:s}", "sdpMid", ptn_api_text(w->neg.mline[0].mid),
                                   "sdpMLineIndex", 0, "candidate", line));
    }
    trickle_event(h, json_pack("{s:b}", "completed", 1));
}

static void answer_event(struct ptn_handle *h) {
    struct webrtc *w = &h->rtc;
    struct ptn_request *r = w->answer_request;
    if (!r->replied)
        ptn_request_ack(r, NULL);
    json_t *json = event_begin(h, "event", r->transaction);
    json_object_set_new(json, "plugindata", plugindata(h, w->answer_data));
    json_object_set_new(json, "jsep", jsep_of(w, "answer", w->answer));
    w->answer_data = NULL;
    event_send(h->session, json);
}

void webrtc_send_answer(struct ptn_handle *h) {
    struct webrtc *w = &h->rtc;
    bool full = h->session->control->cfg.full_trickle;
    if (!w->answer)
        return;
    if (!full)
        ptn_neg_add_candidates(w->answer, w->cand, w->cand_count);
    if (w->state == RTC_ACTIVE) { /* else a hangup overtook it */
        answer_event(h);
        if (full && w->gathered)
            webrtc_trickle_ours(h);
    }
    request_answer_sent(drop_answer(w));
}

/* -- deadlines --------------------------------------------------------------------------------- */

static bool may_give_up(const struct webrtc *w, ptn_time now) {
    ptn_time failed_for = now - w->failed_at;
    bool nothing_more = w->negotiated && (w->trickle_done || !w->peer_trickles);
    return failed_for >= ICE_PATIENCE || (failed_for >= ICE_GRACE && nothing_more);
}

void webrtc_tick(struct ptn_handle *h, ptn_time now) {
    struct webrtc *w = &h->rtc;
    if (w->answer && w->answer_deadline <= now)
        webrtc_send_answer(h); /* with what is there */
    if (w->state != RTC_ACTIVE || w->failed_at == 0 || now < w->failed_check)
        return;
    w->failed_check = now + ICE_CHECK;
    if (may_give_up(w, now))
        webrtc_close(h, "ICE failed");
}

ptn_time webrtc_due(const struct ptn_handle *h) {
    const struct webrtc *w = &h->rtc;
    ptn_time due = w->answer ? w->answer_deadline : PTN_NEVER;
    if (w->state == RTC_ACTIVE && w->failed_at != 0)
        due = ptn_time_min(due, w->failed_check);
    return due;
}
