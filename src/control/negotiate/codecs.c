/* Codec names, the automatic order, and matching against an offer (core.md 12.1). */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "control/negotiate/internal.h"

static const struct codec_name codecs[] = {
    /* each kind in the automatic order */
    {"opus", "opus", 48000, 2, PTN_SDP_AUDIO, true},
    {"pcmu", "PCMU", 8000, 0, PTN_SDP_AUDIO, true},
    {"pcma", "PCMA", 8000, 0, PTN_SDP_AUDIO, true},
    {"g722", "G722", 8000, 0, PTN_SDP_AUDIO, true},
    {"isac32", "ISAC", 32000, 0, PTN_SDP_AUDIO, true},
    {"isac16", "ISAC", 16000, 0, PTN_SDP_AUDIO, true},
    {"multiopus", "multiopus", 48000, 6, PTN_SDP_AUDIO, true},
    {"l16-48", "L16", 48000, 0, PTN_SDP_AUDIO, true},
    {"l16", "L16", 16000, 0, PTN_SDP_AUDIO, true},
    {"vp8", "VP8", 90000, 0, PTN_SDP_VIDEO, true},
    {"vp9", "VP9", 90000, 0, PTN_SDP_VIDEO, true},
    {"h264", "H264", 90000, 0, PTN_SDP_VIDEO, true},
    {"av1", "AV1", 90000, 0, PTN_SDP_VIDEO, true},
    {"h265", "H265", 90000, 0, PTN_SDP_VIDEO, true},
    {"red", "red", 48000, 2, PTN_SDP_AUDIO, false},
    {"dtmf", "telephone-event", 8000, 0, PTN_SDP_AUDIO, false},
};

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

static bool param_is(const struct ptn_sdp_codec *c, const char *name, const char *wanted,
                     const char *absent_means) {
    char value[32];
    if (!ptn_sdp_fmtp_param(c->fmtp, name, value, sizeof value))
        return absent_means && strcmp(absent_means, wanted) == 0;
    return strcasecmp(value, wanted) == 0;
}

/* A VP9 profile is profile-id, 0 when not given (RFC 9628 6); an H.264 one profile-level-id. */
static bool has_profile(const struct ptn_sdp_codec *c, const char *profile) {
    if (profile && strcasecmp(c->name, "VP9") == 0)
        return param_is(c, "profile-id", profile, "0");
    if (profile && strcasecmp(c->name, "H264") == 0)
        return param_is(c, "profile-level-id", profile, NULL);
    return true;
}

/* An answer with a profile says packetization-mode=1: one that was offered with it is better. */
static bool is_second_choice(const struct ptn_sdp_codec *c, const char *profile) {
    return profile && strcasecmp(c->name, "H264") == 0 &&
           !param_is(c, "packetization-mode", "1", NULL);
}

const struct ptn_sdp_codec *codec_offered(const struct ptn_sdp_mline *m, const char *name,
                                          const char *profile) {
    const struct codec_name *n = codec_by_name(name);
    const struct ptn_sdp_codec *second = NULL;
    if (!n || n->kind != m->kind)
        return NULL;
    for (size_t i = 0; i < m->codec_count; i++) {
        const struct ptn_sdp_codec *c = &m->codec[i];
        if (!is_codec(n, c) || !has_profile(c, profile))
            continue;
        if (!is_second_choice(c, profile))
            return c;
        if (!second)
            second = c;
    }
    return second;
}

static const struct ptn_sdp_codec *codec_automatic(const struct ptn_sdp_mline *m,
                                                   const char *profile) {
    const struct ptn_sdp_codec *c = NULL;
    for (size_t i = 0; !c && i < PTN_COUNT_OF(codecs); i++)
        if (codecs[i].is_media)
            c = codec_offered(m, codecs[i].name, profile);
    return c;
}

const struct ptn_sdp_codec *codec_chosen(const struct ptn_sdp_mline *m, const char *name,
                                         const char *profile) {
    if (!name)
        return codec_automatic(m, profile);
    const struct codec_name *n = codec_by_name(name);
    return n && n->is_media ? codec_offered(m, name, profile) : NULL;
}

const struct ptn_sdp_codec *rtx_of(const struct ptn_sdp_mline *m, uint8_t pt) {
    char wanted[8];
    snprintf(wanted, sizeof wanted, "%u", (unsigned)pt);
    for (size_t i = 0; i < m->codec_count; i++) {
        const struct ptn_sdp_codec *c = &m->codec[i];
        if (strcasecmp(c->name, "rtx") == 0 && param_is(c, "apt", wanted, NULL))
            return c;
    }
    return NULL;
}
