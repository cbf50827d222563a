/* trickle: the peer's candidates, one by one (core.md 9). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "control/internal.h"

static bool is_end(const json_t *candidate) {
    return !json_is_object(candidate) || json_object_get(candidate, "completed");
}

static int check(const json_t *candidate, char *why, size_t cap) {
    static const struct ptn_param places[] = {
        {"sdpMid", PTN_PARAM_STRING, false},
        {"sdpMLineIndex", PTN_PARAM_POSITIVE_INT, false},
    };
    static const struct ptn_param text[] = {{"candidate", PTN_PARAM_STRING, true}};
    int code = ptn_params_check(candidate, places, 2, "Trickle error: ", why, cap);
    if (code != PTN_API_OK)
        return code;
    if (!json_object_get(candidate, "sdpMid") && !json_object_get(candidate, "sdpMLineIndex")) {
        snprintf(why, cap, "Trickle error: missing mandatory element (sdpMid or sdpMLineIndex)");
        return PTN_API_MISSING_ELEMENT;
    }
    return ptn_params_check(candidate, text, 1, "Trickle error: ", why, cap);
}

/* Everything is bundled on the first m-line: candidates of others are of no use. */
static bool is_of_first_mline(const struct webrtc *w, const json_t *candidate) {
    const char *mid = json_string_value(json_object_get(candidate, "sdpMid"));
    const json_t *index = json_object_get(candidate, "sdpMLineIndex");
    if (index && json_integer_value(index) > 0)
        return false;
    return !mid || w->neg.mline_count == 0 || strcmp(mid, w->neg.mline[0].mid) == 0;
}

static void use(struct ptn_handle *h, const json_t *candidate) {
    struct webrtc *w = &h->rtc;
    struct ptn_engine *engine = h->session->control->engine;
    const char *text = json_string_value(json_object_get(candidate, "candidate"));
    struct ptn_cand cand;
    if (text[0] == '\0' || strstr(text, "end-of-candidates") || !is_of_first_mline(w, candidate) ||
        ptn_cand_parse(text, &cand) != PTN_OK || cand.priority == 0 || cand.addr.family == 0)
        return; /* silently ignored */
    ptn_ignore(ptn_engine_peer_candidate(engine, w->peer, &cand), "a full lane drops candidates");
}

static void end(struct ptn_handle *h) {
    h->rtc.trickle_done = true;
    ptn_ignore(ptn_engine_peer_candidate(h->session->control->engine, h->rtc.peer, NULL),
               "the agent's patience ends by itself");
}

/* Returns 0 or an error. */
static int take(struct ptn_handle *h, const json_t *candidate, char *why, size_t cap) {
    if (is_end(candidate)) {
        end(h);
        return PTN_API_OK;
    }
    int code = check(candidate, why, cap);
    if (code == PTN_API_OK)
        use(h, candidate);
    return code;
}

void trickle_queue_add(struct ptn_handle *h, json_t *candidate) {
    size_t n = 0;
    PTN_LIST_EACH (it, &h->rtc.trickles)
        n++;
    if (n >= TRICKLES_MAX)
        return;
    struct trickle_item *t = ptn_new(struct trickle_item);
    t->at = h->session->control->cfg.now();
    t->candidate = json_incref(candidate);
    ptn_list_push(&h->rtc.trickles, &t->node);
}

static void item_free(struct trickle_item *t) {
    ptn_list_remove(&t->node);
    json_decref(t->candidate);
    free(t);
}

void trickle_queue_run(struct ptn_handle *h) {
    const struct ptn_control_config *cfg = &h->session->control->cfg;
    char why[256];
    PTN_LIST_EACH (it, &h->rtc.trickles) {
        struct trickle_item *t = ptn_container_of(it, struct trickle_item, node);
        if (cfg->now() - t->at < cfg->candidates_timeout)
            (void)take(h, t->candidate, why, sizeof why); /* it has been acknowledged already */
        item_free(t);
    }
}

void trickle_queue_done(struct webrtc *w) {
    PTN_LIST_EACH (it, &w->trickles)
        item_free(ptn_container_of(it, struct trickle_item, node));
}

static int take_all(struct ptn_handle *h, json_t *one, json_t *many, char *why, size_t cap) {
    size_t i;
    json_t *item;
    if (one)
        return take(h, one, why, cap);
    if (!json_is_array(many)) {
        snprintf(why, cap, "candidates is not an array");
        return PTN_API_INVALID_TYPE;
    }
    json_array_foreach(many, i, item)(void)
        take(h, item, why, cap); /* errors inside an array are ignored */
    return PTN_API_OK;
}

static void queue_all(struct ptn_handle *h, json_t *one, json_t *many) {
    size_t i;
    json_t *item;
    if (one)
        trickle_queue_add(h, one);
    json_array_foreach(many, i, item) trickle_queue_add(h, item);
}

void verb_trickle(struct call *c) {
    struct ptn_handle *h = c->handle;
    struct webrtc *w = &h->rtc;
    json_t *one = json_object_get(c->root, "candidate");
    json_t *many = json_object_get(c->root, "candidates");
    char why[256];
    int code = PTN_API_OK;
    if (!one && !many) {
        reply_error(c, PTN_API_MISSING_ELEMENT, "Missing mandatory element (candidate|candidates)");
        return;
    }
    if (one && many) {
        reply_error(c, PTN_API_INVALID_JSON, "Can't have both candidate and candidates");
        return;
    }
    if (w->state == RTC_CLOSING) {
        reply_error(c, PTN_API_WEBRTC_STATE, NULL);
        return;
    }
    w->peer_trickles = true;
    if (w->state == RTC_NONE || !w->negotiated || h->offers > 0)
        queue_all(h, one, many);
    else
        code = take_all(h, one, many, why, sizeof why);
    if (code != PTN_API_OK)
        reply_error(c, code, "%s", why);
    else
        reply_json(c, reply_begin("ack", c->session_id, c->transaction));
}
