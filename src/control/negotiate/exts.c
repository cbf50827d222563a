/* Header extensions we know, by URI (core.md 16). */
#include <stddef.h>
#include <string.h>

#include "control/negotiate/internal.h"

#define SDES "urn:ietf:params:rtp-hdrext:sdes:"
#define WEBRTC "http://www.webrtc.org/experiments/rtp-hdrext/"
#define ROW(uri, flag, member)                                                                     \
    { uri, flag, offsetof(struct ptn_plan_exts, member) }

const struct ext_uri ext_uris[] = {
    ROW(SDES "mid", PTN_EXT_MID, mid),
    ROW(SDES "rtp-stream-id", PTN_EXT_RID, rid),
    ROW(SDES "repaired-rtp-stream-id", PTN_EXT_RID, repaired_rid),
    ROW("urn:ietf:params:rtp-hdrext:ssrc-audio-level", PTN_EXT_AUDIO_LEVEL, audio_level),
    ROW("urn:3gpp:video-orientation", PTN_EXT_ORIENTATION, orientation),
    ROW(WEBRTC "playout-delay", PTN_EXT_PLAYOUT_DELAY, playout_delay),
    ROW("http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", PTN_EXT_TWCC,
        twcc),
    ROW(WEBRTC "abs-send-time", PTN_EXT_ABS_SEND_TIME, abs_send_time),
    ROW(WEBRTC "abs-capture-time", PTN_EXT_ABS_CAPTURE_TIME, abs_capture_time),
    ROW("https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
        PTN_EXT_DEPENDENCY_DESCRIPTOR, dependency_descriptor),
    ROW(WEBRTC "video-layers-allocation00", PTN_EXT_LAYERS_ALLOCATION, layers_allocation),
};
const size_t ext_uri_count = sizeof ext_uris / sizeof ext_uris[0];

uint32_t ext_flag(const char *uri) {
    for (size_t i = 0; i < ext_uri_count; i++)
        if (strcmp(ext_uris[i].uri, uri) == 0)
            return ext_uris[i].flag;
    return 0;
}

bool ext_stands(const struct ptn_sdp_mline *m, uint32_t flag) {
    for (size_t i = 0; i < m->ext_count; i++)
        if (ext_flag(m->ext[i].uri) == flag)
            return true;
    return false;
}

bool ext_clashes(const struct ptn_plan_exts *ids, const struct ptn_sdp_extmap *e) {
    for (size_t i = 0; i < ext_uri_count; i++) {
        uint8_t id = *((const uint8_t *)ids + ext_uris[i].id_at);
        bool same_uri = strcmp(ext_uris[i].uri, e->uri) == 0;
        if (id != 0 && same_uri != (id == e->id))
            return true;
    }
    return false;
}

void plan_ext_ids(struct ptn_plan_exts *ids, const struct ptn_sdp_mline *m) {
    for (size_t i = 0; i < ext_uri_count; i++) {
        const struct ptn_sdp_extmap *e = ptn_sdp_ext_by_uri(m, ext_uris[i].uri);
        if (e) /* one id per URI for the whole PeerConnection */
            *((uint8_t *)ids + ext_uris[i].id_at) = e->id;
    }
}
