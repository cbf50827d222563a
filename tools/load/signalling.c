/* The Janus API of one client: one session, one handle on the EchoTest. The transaction of a
 * request is the name of the step that waits for its answer. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "load/internal.h"

/* -- requests ---------------------------------------------------------------------------------- */

static void send_request(struct client *c, json_t *root) {
    const struct options *o = &c->load->opt;
    if (o->apisecret)
        json_object_set_new(root, "apisecret", json_string(o->apisecret));
    if (o->token)
        json_object_set_new(root, "token", json_string(o->token));
    if (c->session != 0)
        json_object_set_new(root, "session_id", json_integer((json_int_t)c->session));
    if (c->handle != 0)
        json_object_set_new(root, "handle_id", json_integer((json_int_t)c->handle));
    char *text = json_dumps(root, JSON_COMPACT);
    ws_send_text(c->ws, text);
    load_watch(c->load, c, true, true);
    free(text);
    json_decref(root);
}

static uint64_t fresh_id(void *ctx) {
    struct client *c = ctx;
    return c->next_stream_id++;
}

static void set_role(struct ptn_sdp *offer, enum ptn_sdp_setup setup) {
    for (size_t i = 0; i < offer->mline_count; i++)
        offer->mline[i].transport.setup = setup;
}

static json_t *make_offer(struct client *c) {
    struct load *l = c->load;
    const struct ptn_neg_offer_options options = {l->opt.audio, l->opt.video, l->opt.video_codec};
    const struct ptn_neg_local local = {
        .ufrag = c->ufrag,
        .pwd = c->pwd,
        .fingerprint = l->fingerprint,
        .addr = c->local,
        .rng = l->rng,
        .stream_id = fresh_id,
        .ctx = c,
    };
    struct ptn_cand cand = transport_candidate(c);
    struct ptn_str text;
    c->offer = ptn_neg_offer(&c->neg, &options, &local);
    set_role(c->offer, l->opt.setup);
    ptn_neg_add_candidates(c->offer, &cand, 1);
    ptn_str_init(&text);
    ptn_sdp_write(c->offer, &text);
    json_t *jsep = json_pack("{s:s, s:s}", "type", "offer", "sdp", text.s);
    ptn_str_done(&text);
    return jsep;
}

void signal_step(struct client *c) {
    switch (c->step) {
    case STEP_CREATE:
        send_request(c, json_pack("{s:s, s:s}", "janus", "create", "transaction", "create"));
        break;
    case STEP_ATTACH:
        send_request(c, json_pack("{s:s, s:s, s:s}", "janus", "attach", "transaction", "attach",
                                  "plugin", "janus.plugin.echotest"));
        break;
    case STEP_OFFER:
        send_request(c, json_pack("{s:s, s:s, s:{s:b, s:b}, s:o}", "janus", "message",
                                  "transaction", "offer", "body", "audio", c->load->opt.audio,
                                  "video", c->load->opt.video, "jsep", make_offer(c)));
        break;
    case STEP_LEAVING:
        c->handle = 0;
        send_request(c, json_pack("{s:s, s:s}", "janus", "destroy", "transaction", "leave"));
        break;
    case STEP_WAITING:
    case STEP_TRANSPORT:
    case STEP_UP:
    case STEP_GONE:
    case STEP_FAILED:
    case STEPS:
        break;
    }
}

void signal_keepalive(struct client *c) {
    json_t *root = json_pack("{s:s, s:s, s:I}", "janus", "keepalive", "transaction", "keepalive",
                             "session_id", (json_int_t)c->session);
    send_request(c, root);
}

/* -- answers and events ------------------------------------------------------------------------ */

static void on_success(struct client *c, const json_t *root) {
    const json_t *id = json_object_get(json_object_get(root, "data"), "id");
    if (c->step == STEP_CREATE) {
        c->session = (uint64_t)json_integer_value(id);
        client_enter(c, STEP_ATTACH);
    } else if (c->step == STEP_ATTACH) {
        c->handle = (uint64_t)json_integer_value(id);
        client_enter(c, STEP_OFFER);
    } else if (c->step == STEP_LEAVING) {
        const char *transaction = json_string_value(json_object_get(root, "transaction"));
        if (transaction && strcmp(transaction, "leave") == 0)
            client_enter(c, STEP_GONE);
    }
}

static void on_answer(struct client *c, const char *text) {
    struct ptn_sdp *answer;
    struct ptn_plan *plan;
    char why[PTN_SDP_WHY];
    if (ptn_sdp_parse(text, &answer, why, sizeof why) != PTN_OK) {
        client_fail(c, "answer: %s", why);
        return;
    }
    if (ptn_neg_apply_answer(&c->neg, c->offer, answer, &plan) != PTN_OK) {
        client_fail(c, "the answer does not fit the offer");
    } else {
        transport_start(c, answer, plan);
        ptn_plan_unref(plan);
        client_enter(c, STEP_TRANSPORT);
    }
    ptn_sdp_free(answer);
}

static void on_event(struct client *c, const json_t *root) {
    const json_t *jsep = json_object_get(root, "jsep");
    const json_t *data = json_object_get(json_object_get(root, "plugindata"), "data");
    const char *sdp = json_string_value(json_object_get(jsep, "sdp"));
    const char *error = json_string_value(json_object_get(data, "error"));
    if (error)
        client_fail(c, "EchoTest: %s", error);
    else if (sdp && c->step == STEP_OFFER)
        on_answer(c, sdp);
}

static void on_trickle(struct client *c, const json_t *root) {
    const json_t *cand = json_object_get(root, "candidate");
    transport_candidate_in(c, json_string_value(json_object_get(cand, "candidate")));
}

static void on_error(struct client *c, const json_t *root) {
    const char *reason =
        json_string_value(json_object_get(json_object_get(root, "error"), "reason"));
    client_fail(c, "refused: %s", reason ? reason : "without a reason");
}

static void on_hangup(struct client *c, const json_t *root) {
    const char *reason = json_string_value(json_object_get(root, "reason"));
    if (c->step < STEP_LEAVING)
        client_fail(c, "the server hung up: %s", reason ? reason : "");
}

static void on_message(struct client *c, const json_t *root) {
    static const struct {
        const char *janus;
        void (*take)(struct client *c, const json_t *root);
    } table[] = {
        {"success", on_success}, {"event", on_event},   {"trickle", on_trickle},
        {"error", on_error},     {"hangup", on_hangup}, {"timeout", on_hangup},
    };
    const char *janus = json_string_value(json_object_get(root, "janus"));
    for (size_t i = 0; janus && i < sizeof table / sizeof table[0]; i++)
        if (strcmp(janus, table[i].janus) == 0) {
            table[i].take(c, root);
            return;
        }
}

void signal_io(struct client *c) {
    bool alive = ws_handle_io(c->ws);
    char *text;
    while (c->ws && (text = ws_poll_text(c->ws))) {
        json_t *root = json_loads(text, 0, NULL);
        if (root)
            on_message(c, root);
        else
            client_fail(c, "the server sent no JSON");
        json_decref(root);
        free(text);
    }
    if (!c->ws)
        return;
    if (alive)
        load_watch(c->load, c, true, true);
    else if (c->step == STEP_LEAVING)
        client_enter(c, STEP_GONE);
    else
        client_fail(c, "WebSocket: %s", ws_why(c->ws));
}
