/* What the engine tells: events for the client and the plugin (core.md 7). */
#include <inttypes.h>
#include <string.h>

#include "api/text.h"
#include "base/log.h"
#include "control/internal.h"

static void on_gathered(struct ptn_handle *h, struct ptn_notice *n) {
    struct webrtc *w = &h->rtc;
    w->gathered = true;
    w->cand_count = n->cand_count;
    memcpy(w->cand, n->cand, sizeof w->cand);
    if (w->answer)
        webrtc_send_answer(h);
    else if (w->negotiated && h->session->control->cfg.full_trickle)
        webrtc_trickle_ours(h); /* the answer has not waited */
}

static void on_failed(struct ptn_handle *h, struct ptn_notice *n) {
    struct webrtc *w = &h->rtc;
    struct ptn_control *c = h->session->control;
    ptn_log(PTN_LOG_WARN, "webrtc", "ice failed handle=%" PRIu64 " why=\"%s\"", h->id, n->text);
    if (w->failed_at == 0) {
        w->failed_at = c->cfg.now();
        w->failed_check = w->failed_at + ICE_CHECK;
    }
    if (w->was_connected) {
        event_send(h->session, event_begin(h, "ice-failed", NULL));
        if (c->cfg.hangup_on_failed)
            webrtc_close(h, "ICE failed");
    }
    handle_rearm(h);
}

static void on_ice(struct ptn_handle *h, struct ptn_notice *n) {
    struct webrtc *w = &h->rtc;
    w->ice = n->ice_state;
    ptn_log(PTN_LOG_VERB, "webrtc", "ice handle=%" PRIu64 " state=%s", h->id,
            ptn_ice_state_name(n->ice_state));
    if (n->ice_state == PTN_ICE_CONNECTED) {
        w->was_connected = true;
        w->failed_at = 0;
    } else if (n->ice_state == PTN_ICE_FAILED) {
        on_failed(h, n);
    }
}

static void on_selected(struct ptn_handle *h, struct ptn_notice *n) {
    ptn_log(PTN_LOG_VERB, "webrtc", "selected handle=%" PRIu64 " pair=\"%s\"", h->id, n->text);
}

static void on_dtls(struct ptn_handle *h, struct ptn_notice *n) {
    ptn_log(PTN_LOG_VERB, "webrtc", "dtls handle=%" PRIu64 " state=%s %s", h->id, n->text,
            n->detail);
}

static void on_up(struct ptn_handle *h, struct ptn_notice *n) {
    if (h->rtc.up)
        return;
    h->rtc.up = true;
    ptn_log(PTN_LOG_INFO, "webrtc", "up handle=%" PRIu64 " profile=%s after_ms=%lld", h->id,
            n->text, (long long)((h->session->control->cfg.now() - h->rtc.since) / PTN_MS));
    event_send(h->session, event_begin(h, "webrtcup", NULL));
    if (h->host->def->media_up)
        h->host->def->media_up(h->state);
}

static const struct ptn_neg_mline *mline_of(const struct ptn_handle *h, size_t mindex) {
    return mindex < h->rtc.neg.mline_count ? &h->rtc.neg.mline[mindex] : NULL;
}

static const char *kind_name(const struct ptn_neg_mline *m) {
    return m->kind == PTN_VIDEO ? "video" : "audio";
}

static void on_media(struct ptn_handle *h, struct ptn_notice *n) {
    const struct ptn_neg_mline *m = mline_of(h, n->mindex);
    ptn_time timer = h->session->control->cfg.no_media_timer;
    if (!m)
        return;
    json_t *json = event_begin(h, "media", NULL);
    json_object_set_new(json, "mid", ptn_api_text(m->mid));
    json_object_set_new(json, "type", json_string(kind_name(m)));
    if (n->layer >= 0)
        json_object_set_new(json, "substream", json_integer(n->layer));
    json_object_set_new(json, "receiving", json_boolean(n->flag));
    if (!n->flag && timer > PTN_SECOND)
        json_object_set_new(json, "seconds", json_integer(timer / PTN_SECOND));
    event_send(h->session, json);
    if (h->host->def->media)
        h->host->def->media(h->state, n->mindex, n->flag);
}

static void on_slowlink(struct ptn_handle *h, struct ptn_notice *n) {
    const struct ptn_neg_mline *m = mline_of(h, n->mindex);
    if (!m)
        return;
    json_t *json = event_begin(h, "slowlink", NULL);
    json_object_set_new(json, "mid", ptn_api_text(m->mid));
    json_object_set_new(json, "media", json_string(kind_name(m)));
    json_object_set_new(json, "uplink", json_boolean(n->flag));
    json_object_set_new(json, "lost", json_integer((json_int_t)n->value));
    event_send(h->session, json);
    if (h->host->def->slow_link)
        h->host->def->slow_link(h->state, n->mindex, n->flag, n->value);
}

static void on_remb(struct ptn_handle *h, struct ptn_notice *n) {
    if (h->host->def->remb)
        h->host->def->remb(h->state, n->value);
}

static void on_ignored(struct ptn_handle *h, struct ptn_notice *n) {
    (void)h;
    (void)n; /* answered inside the engine */
}

static void on_closed(struct ptn_handle *h, struct ptn_notice *n) {
    webrtc_log_closed(h, n->text, n->detail);
    requests_hold(h); /* what waits goes on when the client knows of the end */
    if (h->host->def->hangup)
        h->host->def->hangup(h->state, n->text);
    webrtc_reset(h);
    json_t *json = event_begin(h, "hangup", NULL);
    json_object_set_new(json, "reason", json_string(n->text));
    event_send(h->session, json);
    requests_resume(h);
}

static void (*const handlers[])(struct ptn_handle *h, struct ptn_notice *n) = {
    [PTN_NOTICE_GATHERED] = on_gathered,
    [PTN_NOTICE_ICE] = on_ice,
    [PTN_NOTICE_SELECTED] = on_selected,
    [PTN_NOTICE_DTLS] = on_dtls,
    [PTN_NOTICE_UP] = on_up,
    [PTN_NOTICE_MEDIA] = on_media,
    [PTN_NOTICE_SLOWLINK] = on_slowlink,
    [PTN_NOTICE_REMB] = on_remb,
    [PTN_NOTICE_KEYFRAME] = on_ignored,
    [PTN_NOTICE_CLOSED] = on_closed,
    [PTN_NOTICE_STATS] = on_ignored,
};

void ptn_control_notice(void *control, struct ptn_notice *n) {
    struct ptn_control *c = control;
    struct webrtc *w;
    HASH_FIND(hh, c->peers, &n->peer, sizeof n->peer, w);
    if (w) /* else a late word from a peer whose handle is gone */
        handlers[n->type](webrtc_handle(w), n);
}
