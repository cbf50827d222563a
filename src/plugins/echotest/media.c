/* The echo itself: what every m-line receives goes to what it sends. */
#include <stdlib.h>

#include "base/mem.h"
#include "echotest/internal.h"

#define EXTENSIONS                                                                                 \
    (PTN_EXT_MID | PTN_EXT_AUDIO_LEVEL | PTN_EXT_ORIENTATION | PTN_EXT_PLAYOUT_DELAY |             \
     PTN_EXT_TWCC | PTN_EXT_DEPENDENCY_DESCRIPTOR | PTN_EXT_ABS_SEND_TIME |                        \
     PTN_EXT_ABS_CAPTURE_TIME | PTN_EXT_LAYERS_ALLOCATION)

static const char *text(const json_t *body, const char *key) {
    return json_string_value(json_object_get(body, key));
}

/* recvonly of the first audio and video m-line: there is nothing to send back (echotest.md 5). */
static struct ptn_answer_mline wish_for(const json_t *body, const struct ptn_offer_mline *m) {
    bool is_audio = m->kind == PTN_MEDIA_AUDIO;
    return (struct ptn_answer_mline){
        .accept = m->kind != PTN_MEDIA_DATA, /* data channels are not supported yet */
        .send = m->peer_sends,
        .recv = true,
        .codec = text(body, is_audio ? "audiocodec" : "videocodec"),
        .profile = is_audio ? NULL : text(body, "videoprofile"),
        .red = is_audio && json_is_true(json_object_get(body, "opusred")),
        .ext = EXTENSIONS,
    };
}

/* A profile without a codec belongs to the codec that has such profiles. When none is offered the
 * m-line is refused: a profile is a requirement. */
static void guess_codec(const struct ptn_offer *o, size_t mindex, struct ptn_answer_mline *wish) {
    static const char *const profiled[] = {"vp9", "h264"};
    if (!wish->profile || wish->codec)
        return;
    wish->accept = false;
    for (size_t i = 0; i < PTN_COUNT_OF(profiled) && !wish->codec; i++)
        if (ptn_offer_has_codec(o, mindex, profiled[i], wish->profile)) {
            wish->codec = profiled[i];
            wish->accept = true;
        }
}

/* Connecting asks for a keyframe. */
static void connect_all(struct echo *e) {
    struct ptn_host *host = ptn_handle_host(e->handle);
    for (size_t i = 0; i < ptn_handle_mlines(e->handle); i++)
        ptn_host_connect(host, ptn_handle_source(e->handle, i), ptn_handle_sink(e->handle, i));
}

ptn_err echo_answer(struct echo *e, struct ptn_request *r, json_t *data) {
    const struct ptn_offer *offer = ptn_request_offer(r);
    size_t n = ptn_offer_count(offer);
    struct ptn_answer_mline *lines = ptn_new_array(struct ptn_answer_mline, n);
    for (size_t i = 0; i < n; i++) {
        struct ptn_offer_mline m = ptn_offer_mline(offer, i);
        lines[i] = wish_for(ptn_request_body(r), &m);
        if (m.kind == PTN_MEDIA_VIDEO)
            guess_codec(offer, i, &lines[i]);
    }
    ptn_err err = ptn_request_answer(r, lines, n, data);
    free(lines);
    if (err == PTN_OK) {
        e->hung_up = false;
        connect_all(e);
    }
    return err;
}

bool echo_is_on(const struct echo *e, size_t mindex) {
    return ptn_handle_kind(e->handle, mindex) == PTN_MEDIA_AUDIO ? e->audio : e->video;
}

void echo_update(struct echo *e, struct echo_change change) {
    struct ptn_host *host = ptn_handle_host(e->handle);
    for (size_t i = 0; i < ptn_handle_mlines(e->handle); i++) {
        struct ptn_sink_settings s = {
            .paused = !echo_is_on(e, i), .playout_min = e->min_delay, .playout_max = e->max_delay};
        ptn_host_sink_set(host, ptn_handle_sink(e->handle, i), &s);
        if (change.video_is_back && ptn_handle_kind(e->handle, i) == PTN_MEDIA_VIDEO)
            ptn_host_keyframe(host, ptn_handle_source(e->handle, i));
    }
    if (change.bitrate)
        ptn_handle_set_bitrate(e->handle, e->bitrate);
}
