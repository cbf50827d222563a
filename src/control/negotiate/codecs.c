/* Codec names, the automatic order, and matching against an offer (core.md 12.1). */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "control/negotiate/internal.h"

static const struct codec_name codecs[] = {
    /* audio, then video, each in the automatic order */
    {"opus", "opus", 48000, 2, false},
    {"pcmu", "PCMU", 8000, 0, false},
    {"pcma", "PCMA", 8000, 0, false},
    {"g722", "G722", 8000, 0, false},
    {"isac32", "ISAC", 32000, 0, false},
    {"isac16", "ISAC", 16000, 0, false},
    {"multiopus", "multiopus", 48000, 6, false},
    {"l16-48", "L16", 48000, 0, false},
    {"l16", "L16", 16000, 0, false},
    {"vp8", "VP8", 90000, 0, true},
    {"vp9", "VP9", 90000, 0, true},
    {"h264", "H264", 90000, 0, true},
    {"av1", "AV1", 90000, 0, true},
    {"h265", "H265", 90000, 0, true},
    /* never chosen automatically */
    {"red", "red", 48000, 2, false},
    {"dtmf", "telephone-event", 8000, 0, false},
};
#define AUTOMATIC 14

const struct codec_name *codec_by_name(const char *name) {
    for (size_t i = 0; i < PTN_COUNT_OF(codecs); i++)
        if (strcasecmp(codecs[i].name, name) == 0)
            return &codecs[i];
    return NULL;
}

static bool is_codec(const struct codec_name *n, const struct ptn_sdp_codec *c) {
    return strcasecmp(n->rtpmap, c->name) == 0 && n->clock == c->clock &&
           (n->channels == 0 || n->channels == c->channels);
}

const struct codec_name *codec_of(const struct ptn_sdp_codec *c) {
    for (size_t i = 0; i < PTN_COUNT_OF(codecs); i++)
        if (is_codec(&codecs[i], c))
            return &codecs[i];
    return NULL;
}

/* A VP9 profile is profile-id, 0 when not given; an H.264 one is profile-level-id. */
static bool has_profile(const struct ptn_sdp_codec *c, const char *profile) {
    char value[32];
    if (!profile)
        return true;
    if (strcasecmp(c->name, "VP9") == 0) {
        if (!ptn_sdp_fmtp_param(c->fmtp, "profile-id", value, sizeof value))
            return strcmp(profile, "0") == 0;
        return strcmp(value, profile) == 0;
    }
    if (strcasecmp(c->name, "H264") == 0)
        return ptn_sdp_fmtp_param(c->fmtp, "profile-level-id", value, sizeof value) &&
               strcasecmp(value, profile) == 0;
    return true;
}

const struct ptn_sdp_codec *codec_offered(const struct ptn_sdp_mline *m, const char *name,
                                          const char *profile) {
    const struct codec_name *n = codec_by_name(name);
    for (size_t i = 0; n && i < m->codec_count; i++)
        if (is_codec(n, &m->codec[i]) && has_profile(&m->codec[i], profile))
            return &m->codec[i];
    return NULL;
}

const struct ptn_sdp_codec *codec_automatic(const struct ptn_sdp_mline *m) {
    for (size_t i = 0; i < AUTOMATIC; i++) {
        if (codecs[i].is_video != (m->kind == PTN_SDP_VIDEO))
            continue;
        const struct ptn_sdp_codec *c = codec_offered(m, codecs[i].name, NULL);
        if (c)
            return c;
    }
    return NULL;
}

const struct ptn_sdp_codec *rtx_of(const struct ptn_sdp_mline *m, uint8_t pt) {
    char apt[8];
    for (size_t i = 0; i < m->codec_count; i++) {
        const struct ptn_sdp_codec *c = &m->codec[i];
        uint64_t v = 0;
        if (strcasecmp(c->name, "rtx") != 0 || !ptn_sdp_fmtp_param(c->fmtp, "apt", apt, sizeof apt))
            continue;
        for (const char *d = apt; *d >= '0' && *d <= '9'; d++)
            v = v * 10 + (uint64_t)(*d - '0');
        if (v == pt)
            return c;
    }
    return NULL;
}
