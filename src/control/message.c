/* message: to the plugin, with an offer or answer if one came along (core.md 3.10). */
#include "control/internal.h"

/* A description must wait until the previous PeerConnection is cleaned up. */
static bool must_park(const struct ptn_request *r) {
    return r->jsep && r->handle->rtc.state == RTC_CLOSING;
}

static void park(struct ptn_request *r) {
    struct ptn_handle *h = r->handle;
    r->parked_until = h->session->control->cfg.now() + CLEANUP_PATIENCE;
    ptn_list_push(&h->parked, &r->node);
    handle_rearm(h);
}

static void deliver(struct ptn_request *r) {
    char why[256] = "";
    int code = r->jsep ? jsep_process(r, why, sizeof why) : PTN_API_OK;
    if (code != PTN_API_OK)
        request_refuse(r, code, why[0] ? why : NULL);
    else
        request_enqueue(r);
}

void verb_message(struct call *c) {
    static const struct ptn_param params[] = {{"body", PTN_PARAM_OBJECT, true}};
    char why[256];
    int code = ptn_params_check(c->root, params, 1, "", why, sizeof why);
    json_t *jsep = json_object_get(c->root, "jsep");
    if (code == PTN_API_OK && jsep && !json_is_object(jsep)) {
        reply_error(c, PTN_API_INVALID_JSON_OBJECT, "Invalid jsep object");
        return;
    }
    if (code == PTN_API_OK && jsep)
        code = jsep_check(jsep, why, sizeof why);
    if (code != PTN_API_OK) {
        reply_error(c, code, "%s", why);
        return;
    }
    struct ptn_request *r = request_new(c, json_object_get(c->root, "body"), jsep);
    if (must_park(r))
        park(r);
    else
        deliver(r);
}

void message_unpark(struct ptn_handle *h, ptn_time now) {
    PTN_LIST_EACH (it, &h->parked) {
        struct ptn_request *r = ptn_container_of(it, struct ptn_request, node);
        if (h->rtc.state != RTC_CLOSING) {
            ptn_list_remove(&r->node);
            deliver(r);
        } else if (r->parked_until <= now) {
            ptn_list_remove(&r->node);
            request_refuse(r, PTN_API_WEBRTC_STATE, "Still cleaning a previous session");
        }
    }
}
