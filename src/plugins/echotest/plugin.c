/* EchoTest: everything a peer sends comes back to it. */
#include <stdlib.h>

#include "base/mem.h"
#include "echotest/internal.h"
#include "plugins/plugins.h"

static json_t *result(const char *what) {
    return json_pack("{s:s, s:s}", "echotest", "event", "result", what);
}

static json_t *failure(int code, const char *why) {
    return json_pack("{s:s, s:i, s:s}", "echotest", "event", "error_code", code, "error", why);
}

static ptn_err on_attach(void *plugin, struct ptn_handle *handle, void **state) {
    (void)plugin;
    struct echo *e = ptn_new(struct echo);
    e->handle = handle;
    e->hung_up = true;
    echo_defaults(e);
    *state = e;
    return PTN_OK;
}

static void on_detach(void *state) {
    free(state);
}

static json_t *report(const struct echo *e) {
    return json_pack("{s:b, s:b, s:I}", "audio_active", e->audio, "video_active", e->video,
                     "bitrate", (json_int_t)e->bitrate);
}

static void on_message(void *state, struct ptn_request *r) {
    struct echo *e = state;
    const json_t *body = ptn_request_body(r);
    const struct ptn_offer *offer = ptn_request_offer(r);
    char why[160] = "";
    ptn_request_ack(r, "I'm taking my time!");
    int code = echo_validate(body, offer != NULL, why, sizeof why);
    if (code != 0) {
        ptn_request_event(r, failure(code, why));
        ptn_request_done(r);
        return;
    }
    struct echo_change change = echo_apply(e, body);
    bool answered = offer && echo_answer(e, r, result("ok")) == PTN_OK;
    change.bitrate |= answered && e->bitrate > 0; /* it may be older than the PeerConnection */
    echo_update(e, change);
    if (!offer)
        ptn_request_event(r, result("ok"));
    else if (!answered)
        ptn_request_event(r, failure(ECHO_INVALID_SDP, "Error parsing offer: invalid SDP"));
    ptn_handle_notify(e->handle, report(e));
    ptn_request_done(r);
}

static void on_hangup(void *state, const char *reason) {
    struct echo *e = state;
    (void)reason;
    if (e->hung_up)
        return;
    e->hung_up = true;
    ptn_handle_event(e->handle, result("done"));
    echo_defaults(e);
}

/* Losses of what the peer sends us: it may want to send less (echotest.md 4). */
static void on_slow_link(void *state, size_t mindex, bool uplink, uint64_t lost) {
    struct echo *e = state;
    (void)lost;
    if (uplink || !echo_is_on(e, mindex))
        return;
    e->slowlinks++;
    bool is_video = ptn_handle_kind(e->handle, mindex) == PTN_MEDIA_VIDEO;
    json_t *event = json_pack("{s:s, s:s, s:s}", "echotest", "event", "event", "slow_link", "media",
                              is_video ? "video" : "audio");
    if (is_video)
        json_object_set_new(event, "current-bitrate", json_integer((json_int_t)e->bitrate));
    ptn_handle_event(e->handle, event);
}

/* The peer's estimate is kept; it is answered with ours, never echoed. */
static void on_remb(void *state, uint64_t bitrate) {
    struct echo *e = state;
    e->peer_bitrate = bitrate;
    ptn_handle_set_bitrate(e->handle, e->bitrate);
}

static const char *codec_of_kind(const struct echo *e, enum ptn_media_kind kind) {
    for (size_t i = 0; i < ptn_handle_mlines(e->handle); i++)
        if (ptn_handle_kind(e->handle, i) == kind && ptn_handle_codec(e->handle, i))
            return ptn_handle_codec(e->handle, i);
    return NULL;
}

static json_t *on_query(void *state) {
    const struct echo *e = state;
    json_t *o = report(e);
    const char *audio = codec_of_kind(e, PTN_MEDIA_AUDIO);
    const char *video = codec_of_kind(e, PTN_MEDIA_VIDEO);
    if (audio)
        json_object_set_new(o, "audio_codec", json_string(audio));
    if (video)
        json_object_set_new(o, "video_codec", json_string(video));
    json_object_set_new(o, "peer-bitrate", json_integer((json_int_t)e->peer_bitrate));
    json_object_set_new(o, "slowlink_count", json_integer((json_int_t)e->slowlinks));
    json_object_set_new(o, "hangingup", json_integer(e->hung_up));
    json_object_set_new(o, "destroyed", json_integer(0));
    return o;
}

static json_t *on_admin(void *plugin, const json_t *request) {
    (void)plugin;
    return json_deep_copy(request);
}

const struct ptn_plugin ptn_plugin_echotest = {
    .package = "janus.plugin.echotest",
    .name = "JANUS EchoTest plugin",
    .author = "Portunus",
    .description = "Sends back what it receives, for testing a connection.",
    .version_string = "0.0.7",
    .version = 7,
    .config_name = "plugin.echotest",
    .attach = on_attach,
    .detach = on_detach,
    .message = on_message,
    .hangup = on_hangup,
    .slow_link = on_slow_link,
    .remb = on_remb,
    .query = on_query,
    .admin = on_admin,
};
