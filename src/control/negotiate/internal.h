/* Inside src/control/negotiate only. */
#ifndef PTN_NEGOTIATE_INTERNAL_H
#define PTN_NEGOTIATE_INTERNAL_H

#include "control/negotiate/negotiate.h"

#define CNAME "janus" /* core.md 11 */

struct codec_name {
    const char *name;   /* ours: "vp8" */
    const char *rtpmap; /* "VP8" */
    uint32_t clock;
    uint8_t channels; /* 0: any */
    bool is_video;
};
const struct codec_name *codec_by_name(const char *name);
/* The codec of an offered payload type, NULL when it is none of ours. */
const struct codec_name *codec_of(const struct ptn_sdp_codec *c);
/* The first offered payload type of this codec (and profile); NULL: not offered. */
const struct ptn_sdp_codec *codec_offered(const struct ptn_sdp_mline *m, const char *name,
                                          const char *profile);
/* The first codec of the automatic order that is offered (core.md 12.1). */
const struct ptn_sdp_codec *codec_automatic(const struct ptn_sdp_mline *m);
const struct ptn_sdp_codec *rtx_of(const struct ptn_sdp_mline *m, uint8_t pt);

struct ext_uri {
    const char *uri;
    uint32_t flag; /* PTN_EXT_* */
    size_t id_at;  /* offset in struct ptn_plan_exts */
};
extern const struct ext_uri ext_uris[];
extern const size_t ext_uri_count;

uint32_t fresh_ssrc(const struct ptn_rng *rng);
void plan_transport(struct ptn_plan *plan, const struct ptn_sdp *remote);
/* Payload types, feedback and layers of what the description on the other side says. */
void plan_layers(struct ptn_plan_mline *out, const struct ptn_sdp_mline *remote, bool rid_simulcast,
                 bool lmh);
void plan_ext_ids(struct ptn_plan_exts *ids, const struct ptn_sdp_mline *m);

#endif
