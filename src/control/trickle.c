/* trickle: the peer's candidates, one by one (core.md 9). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "control/internal.h"

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

/* Reads what may be used. The outcome stands in *usable: candidates that we can do nothing with are
 * silently ignored, and everything is bundled on the first m-line: those of others are of no use.
 * Returns 0 or an error. */
static int read_trickle(const json_t *json, struct trickle *t, bool *usable, char *why,
                        size_t cap) {
    *t = (struct trickle){.is_end = !json_is_object(json) || json_object_get(json, "completed")};
    *usable = t->is_end;
    if (t->is_end)
        return PTN_API_OK;
    int code = check(json, why, cap);
    if (code != PTN_API_OK)
        return code;
    const char *text = json_string_value(json_object_get(json, "candidate"));
    const char *mid = json_string_value(json_object_get(json, "sdpMid"));
    t->has_mid = mid != NULL;
    *usable = json_integer_value(json_object_get(json, "sdpMLineIndex")) == 0 &&
              (!mid || ptn_str_copy(t->mid, sizeof t->mid, mid)) &&
              !strstr(text, "end-of-candidates") && ptn_cand_parse(text, &t->cand) == PTN_OK &&
              t->cand.priority != 0 && t->cand.addr.family != 0;
    return PTN_API_OK;
}

static void use(struct ptn_handle *h, const struct trickle *t) {
    struct webrtc *w = &h->rtc;
    struct ptn_engine *engine = h->session->control->engine;
    if (t->is_end) {
        w->trickle_done = true;
        ptn_ignore(ptn_engine_peer_candidate(engine, w->peer, NULL),
                   "the agent's patience ends by itself");
    } else if (!t->has_mid || strcmp(t->mid, w->neg.mline[0].mid) == 0) {
        ptn_ignore(ptn_engine_peer_candidate(engine, w->peer, &t->cand),
                   "a full lane drops candidates");
    }
}

/* Returns 0 or an error. */
static int take(struct ptn_handle *h, const json_t *json, char *why, size_t cap) {
    struct trickle t;
    bool usable;
    int code = read_trickle(json, &t, &usable, why, cap);
    if (usable)
        use(h, &t);
    return code;
}

static void wait_its_turn(struct ptn_handle *h, const json_t *json) {
    struct trickle t;
    char why[256];
    size_t n = 0;
    bool usable;
    PTN_LIST_EACH (it, &h->rtc.trickles)
        n++;
    (void)read_trickle(json, &t, &usable, why, sizeof why); /* it is acknowledged, whatever it is */
    if (!usable || n >= TRICKLES_MAX)
        return;
    struct trickle_item *item = ptn_new(struct trickle_item);
    item->at = h->session->control->cfg.now();
    item->trickle = t;
    ptn_list_push(&h->rtc.trickles, &item->node);
}

static void item_free(struct trickle_item *t) {
    ptn_list_remove(&t->node);
    free(t);
}

void trickle_queue_run(struct ptn_handle *h) {
    const struct ptn_control_config *cfg = &h->session->control->cfg;
    PTN_LIST_EACH (it, &h->rtc.trickles) {
        struct trickle_item *t = ptn_container_of(it, struct trickle_item, node);
        if (cfg->now() - t->at < cfg->candidates_timeout)
            use(h, &t->trickle);
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
        wait_its_turn(h, one);
    json_array_foreach(many, i, item) wait_its_turn(h, item);
}

/* Who said that nothing would come after the description, and sends something, trickles. */
static void note_trickling(struct webrtc *w) {
    if (!w->peer_trickles)
        w->trickle_done = false;
    w->peer_trickles = true;
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
    note_trickling(w);
    if (w->state == RTC_NONE || !w->negotiated || h->offers > 0)
        queue_all(h, one, many);
    else
        code = take_all(h, one, many, why, sizeof why);
    if (code != PTN_API_OK)
        reply_error(c, code, "%s", why);
    else
        reply_json(c, reply_begin("ack", c->session_id, c->transaction));
}
