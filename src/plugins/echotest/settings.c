/* Sticky settings: they last until changed or until the PeerConnection ends. */
#include "echotest/internal.h"

void echo_defaults(struct echo *e) {
    e->audio = e->video = true;
    e->bitrate = 0;
    e->peer_bitrate = 0;
    e->min_delay = e->max_delay = -1;
}

static int16_t clamp(int64_t v) {
    return (int16_t)(v > DELAY_MAX ? DELAY_MAX : v);
}

/* A negative value in either resets both; one beyond the other drags it along. */
static void apply_delays(struct echo *e, const json_t *body) {
    const json_t *min = json_object_get(body, "min_delay");
    const json_t *max = json_object_get(body, "max_delay");
    if ((min && json_integer_value(min) < 0) || (max && json_integer_value(max) < 0)) {
        e->min_delay = e->max_delay = -1;
        return;
    }
    if (min) {
        e->min_delay = clamp(json_integer_value(min));
        if (e->max_delay < e->min_delay)
            e->max_delay = e->min_delay;
    }
    if (max) {
        e->max_delay = clamp(json_integer_value(max));
        if (e->min_delay < 0 || e->min_delay > e->max_delay)
            e->min_delay = e->max_delay;
    }
}

struct echo_change echo_apply(struct echo *e, const json_t *body) {
    const json_t *audio = json_object_get(body, "audio"), *video = json_object_get(body, "video");
    const json_t *bitrate = json_object_get(body, "bitrate");
    bool had_video = e->video;
    if (audio)
        e->audio = json_is_true(audio);
    if (video)
        e->video = json_is_true(video);
    if (bitrate)
        e->bitrate = (uint32_t)json_integer_value(bitrate);
    apply_delays(e, body);
    return (struct echo_change){.bitrate = bitrate, .video_is_back = e->video && !had_video};
}
