/* A description in a request (core.md 8). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "control/internal.h"

static bool is_type(const json_t *jsep, const char *type) {
    return strcasecmp(json_string_value(json_object_get(jsep, "type")), type) == 0;
}

int jsep_check(const json_t *jsep, char *why, size_t cap) {
    static const struct ptn_param params[] = {
        {"type", PTN_PARAM_STRING, true},       {"sdp", PTN_PARAM_STRING, true},
        {"trickle", PTN_PARAM_BOOL, false},     {"rid_order", PTN_PARAM_STRING, false},
        {"force_relay", PTN_PARAM_BOOL, false}, {"e2ee", PTN_PARAM_BOOL, false},
    };
    int code = ptn_params_check(jsep, params, PTN_COUNT_OF(params), "JSEP error: ", why, cap);
    if (code != PTN_API_OK)
        return code;
    if (is_type(jsep, "offer") || is_type(jsep, "answer"))
        return PTN_API_OK;
    snprintf(why, cap, "JSEP error: unknown message type '%s'",
             json_string_value(json_object_get(jsep, "type")));
    return PTN_API_JSEP_TYPE;
}

/* Each {"mindex": int and/or "mid": string, "svc": string}; malformed: all of it is ignored. */
static const json_t *svc_of(const json_t *jsep) {
    const json_t *svc = json_object_get(jsep, "svc"), *item;
    size_t i;
    if (!json_is_array(svc) || json_array_size(svc) == 0)
        return NULL;
    json_array_foreach(svc, i, item) {
        const json_t *mindex = json_object_get(item, "mindex"), *mid = json_object_get(item, "mid");
        if (!json_is_string(json_object_get(item, "svc")) || (!mindex && !mid) ||
            (mindex && !json_is_integer(mindex)) || (mid && !json_is_string(mid)))
            return NULL;
    }
    return svc;
}

static void note_options(struct webrtc *w, const struct ptn_request *r) {
    const json_t *trickle = json_object_get(r->jsep, "trickle");
    const char *order = json_string_value(json_object_get(r->jsep, "rid_order"));
    bool more_will_come = w->neg.generation == 0 || ptn_neg_is_restart(&w->neg, r->sdp);
    w->peer_trickles = !json_is_false(trickle);
    w->trickle_done = !w->peer_trickles || (w->trickle_done && !more_will_come);
    w->lmh = order && strcmp(order, "lmh") == 0;
    w->e2ee |= json_is_true(json_object_get(r->jsep, "e2ee"));
}

int jsep_process(struct ptn_request *r, char *why, size_t cap) {
    struct ptn_handle *h = r->handle;
    struct webrtc *w = &h->rtc;
    if (w->state == RTC_CLOSING) {
        snprintf(why, cap, "Still cleaning a previous session");
        return PTN_API_WEBRTC_STATE;
    }
    if (ptn_sdp_parse(json_string_value(json_object_get(r->jsep, "sdp")), &r->sdp, why, cap) !=
        PTN_OK)
        return PTN_API_INVALID_SDP;
    if (is_type(r->jsep, "answer")) {
        snprintf(why, cap, "Unexpected ANSWER (did we offer?)");
        return PTN_API_UNEXPECTED_ANSWER;
    }
    bool first = w->neg.generation == 0;
    char detail[128];
    if (ptn_neg_check_remote(r->sdp, detail, sizeof detail) != PTN_OK ||
        r->sdp->mline_count < w->neg.mline_count) {
        snprintf(why, cap, "Error processing SDP");
        return first ? PTN_API_INVALID_SDP : PTN_API_UNEXPECTED_ANSWER;
    }
    if (w->state == RTC_NONE && webrtc_start(h, r->body) != PTN_OK) {
        snprintf(why, cap, "Error setting ICE locally");
        return PTN_API_UNKNOWN;
    }
    note_options(w, r);
    r->offer = (struct ptn_offer){.sdp = r->sdp, .svc = svc_of(r->jsep), .e2ee = w->e2ee};
    return PTN_API_OK;
}
