/* What the core offers to plugins (portunus/plugin.h), except requests (request.c). */
#include <string.h>

#include "control/internal.h"

void ptn_handle_event(struct ptn_handle *h, json_t *data) {
    json_t *json = event_begin(h, "event", NULL);
    json_object_set_new(json, "plugindata", plugindata(h, data));
    event_send(h->session, json);
}

void ptn_handle_notify(struct ptn_handle *h, json_t *data) {
    (void)h; /* event handlers are not built yet: the configuration says so */
    json_decref(data);
}

const char *ptn_handle_opaque_id(const struct ptn_handle *h) {
    return h->opaque_id;
}

uint64_t ptn_handle_id(const struct ptn_handle *h) {
    return h->id;
}

struct ptn_host *ptn_handle_host(const struct ptn_handle *h) {
    return h->host;
}

/* -- negotiation ------------------------------------------------------------------------------- */

static uint64_t stream_id(void *ctx) {
    struct ptn_handle *h = ctx;
    return ptn_engine_stream_id(h->session->control->engine, h->rtc.peer);
}

static struct ptn_neg_local local_side(struct ptn_handle *h) {
    const struct ptn_control_config *cfg = &h->session->control->cfg;
    struct webrtc *w = &h->rtc;
    ptn_rng_text(&cfg->rng, w->next_ufrag, 8);
    ptn_rng_text(&cfg->rng, w->next_pwd, 32);
    return (struct ptn_neg_local){
        .ufrag = w->ufrag,
        .pwd = w->pwd,
        .next_ufrag = w->next_ufrag,
        .next_pwd = w->next_pwd,
        .fingerprint = cfg->fingerprint,
        .addr = cfg->local_addr,
        .ice_lite = cfg->ice_lite,
        .lmh = w->lmh,
        .answer_passive = cfg->answer_passive,
        .rng = cfg->rng,
        .stream_id = stream_id,
        .ctx = h,
    };
}

/* Candidates that stand in the description itself; the bundle is the first m-line's. */
static void use_inline_candidates(struct ptn_handle *h, const struct ptn_sdp *offer) {
    struct ptn_engine *engine = h->session->control->engine;
    const struct ptn_sdp_mline *m = &offer->mline[0];
    for (size_t i = 0; i < m->cand_count; i++)
        if (m->cand[i].addr.family != 0)
            ptn_ignore(ptn_engine_peer_candidate(engine, h->rtc.peer, &m->cand[i]),
                       "a full lane drops candidates");
    if (h->rtc.trickle_done || m->end_of_candidates)
        ptn_ignore(ptn_engine_peer_candidate(engine, h->rtc.peer, NULL),
                   "the agent's patience ends by itself");
}

static void wait_for_candidates(struct ptn_request *r, struct ptn_sdp *answer, json_t *data) {
    struct ptn_handle *h = r->handle;
    struct webrtc *w = &h->rtc;
    const struct ptn_control_config *cfg = &h->session->control->cfg;
    w->answer = answer;
    w->answer_data = data;
    w->answer_request = r;
    w->answer_deadline = cfg->now() + GATHER_PATIENCE;
    r->answer_pending = true;
    if (w->gathered || cfg->full_trickle)
        webrtc_send_answer(h);
    else
        handle_rearm(h);
}

ptn_err ptn_request_answer(struct ptn_request *r, const struct ptn_answer_mline *lines,
                           size_t count, json_t *data) {
    struct ptn_handle *h = r->handle;
    struct webrtc *w = &h->rtc;
    struct ptn_sdp *answer;
    struct ptn_plan *plan;
    ptn_err err = r->sdp && w->state == RTC_ACTIVE && !w->answer ? PTN_OK : PTN_EINVALID;
    if (err == PTN_OK) {
        struct ptn_neg_local local = local_side(h);
        err = ptn_neg_answer(&w->neg, r->sdp, lines, count, &local, &answer, &plan);
    }
    if (err != PTN_OK) {
        json_decref(data);
        return err;
    }
    if (plan->ice_restart) {
        memcpy(w->ufrag, w->next_ufrag, sizeof w->ufrag);
        memcpy(w->pwd, w->next_pwd, sizeof w->pwd);
    }
    if (ptn_engine_peer_plan(h->session->control->engine, w->peer, plan) != PTN_OK)
        webrtc_close(h, "DTLS-SRTP stack error"); /* the lane is full: nothing would ever happen */
    w->negotiated = true;
    use_inline_candidates(h, r->sdp);
    request_release_trickles(r);
    wait_for_candidates(r, answer, data);
    return PTN_OK;
}

static const struct ptn_neg_mline *accepted(const struct ptn_handle *h, size_t mindex) {
    if (mindex >= h->rtc.neg.mline_count || !h->rtc.neg.mline[mindex].accepted)
        return NULL;
    return &h->rtc.neg.mline[mindex];
}

const char *ptn_handle_codec(const struct ptn_handle *h, size_t mindex) {
    const struct ptn_neg_mline *m = accepted(h, mindex);
    return m ? m->codec : NULL;
}

size_t ptn_handle_mlines(const struct ptn_handle *h) {
    return h->rtc.neg.mline_count;
}

enum ptn_media_kind ptn_handle_kind(const struct ptn_handle *h, size_t mindex) {
    static const enum ptn_media_kind kinds[] = {PTN_MEDIA_AUDIO, PTN_MEDIA_VIDEO, PTN_MEDIA_DATA};
    return kinds[h->rtc.neg.mline[mindex].kind];
}

bool ptn_handle_has_peer(const struct ptn_handle *h) {
    return h->rtc.state == RTC_ACTIVE;
}

void ptn_handle_close_peer(struct ptn_handle *h) {
    webrtc_close(h, "Close PC");
}

/* -- wiring ------------------------------------------------------------------------------------ */

ptn_source ptn_handle_source(const struct ptn_handle *h, size_t mindex) {
    const struct ptn_neg_mline *m = accepted(h, mindex);
    return m && m->recv ? m->source_id : 0;
}

ptn_sink ptn_handle_sink(const struct ptn_handle *h, size_t mindex) {
    const struct ptn_neg_mline *m = accepted(h, mindex);
    return m && m->send ? m->sink_id : 0;
}

#define LANE_FULL "the lane is full: counted there, and the next request repeats it"

void ptn_host_connect(struct ptn_host *host, ptn_source source, ptn_sink sink) {
    if (source != 0 && sink != 0)
        ptn_ignore(ptn_engine_connect(host->control->engine, source, sink), LANE_FULL);
}

void ptn_host_disconnect(struct ptn_host *host, ptn_sink sink) {
    if (sink != 0)
        ptn_ignore(ptn_engine_disconnect(host->control->engine, sink), LANE_FULL);
}

void ptn_host_sink_set(struct ptn_host *host, ptn_sink sink, const struct ptn_sink_settings *s) {
    struct ptn_sink_params params = {
        .paused = s->paused, .playout_min = s->playout_min, .playout_max = s->playout_max};
    if (sink != 0)
        ptn_ignore(ptn_engine_sink_set(host->control->engine, sink, &params), LANE_FULL);
}

void ptn_host_keyframe(struct ptn_host *host, ptn_source source) {
    if (source != 0)
        ptn_ignore(ptn_engine_keyframe(host->control->engine, source), LANE_FULL);
}

void ptn_handle_set_bitrate(struct ptn_handle *h, uint32_t bitrate) {
    if (h->rtc.state == RTC_ACTIVE)
        ptn_ignore(ptn_engine_peer_remb(h->session->control->engine, h->rtc.peer, bitrate),
                   LANE_FULL);
}
