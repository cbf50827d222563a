/* Inside src/control/negotiate only. */
#ifndef PTN_NEGOTIATE_INTERNAL_H
#define PTN_NEGOTIATE_INTERNAL_H

#include "control/negotiate/negotiate.h"

#define CNAME "janus" /* core.md 11 */

/* -- codecs.c ---------------------------------------------------------------------------------- */

struct codec_name {
    const char *name;   /* ours: "vp8" */
    const char *rtpmap; /* "VP8" */
    uint32_t clock;
    uint8_t channels; /* 0: any */
    enum ptn_sdp_kind kind;
    bool is_media; /* false: only ever beside a codec (RED, DTMF) */
};
const struct codec_name *codec_by_name(const char *name);
/* The codec of an offered payload type, NULL when it is none of ours. */
const struct codec_name *codec_of(const struct ptn_sdp_codec *c);
/* The first offered payload type of this codec (and profile); NULL: not offered. */
const struct ptn_sdp_codec *codec_offered(const struct ptn_sdp_mline *m, const char *name,
                                          const char *profile);
/* What an answer uses: the wanted codec, or the first of the automatic order (core.md 12.1) when
 * name is NULL. NULL: refuse. */
const struct ptn_sdp_codec *codec_chosen(const struct ptn_sdp_mline *m, const char *name,
                                         const char *profile);
/* The payload type that repairs pt (RFC 4588), NULL: none. */
const struct ptn_sdp_codec *rtx_of(const struct ptn_sdp_mline *m, uint8_t pt);

/* -- exts.c ------------------------------------------------------------------------------------ */

struct ext_uri {
    const char *uri;
    uint32_t flag; /* PTN_EXT_* */
    size_t id_at;  /* offset in struct ptn_plan_exts */
};
extern const struct ext_uri ext_uris[];
extern const size_t ext_uri_count;
/* PTN_EXT_* of a URI; 0: none that we know. */
uint32_t ext_flag(const char *uri);
/* Some extension of this flag stands on the m-line. */
bool ext_stands(const struct ptn_sdp_mline *m, uint32_t flag);
/* An earlier m-line gave this id to another URI, or this URI another id: in a bundle both mean the
 * same everywhere (RFC 8843 9, RFC 8285 5). aiortc numbers per m-line, and stumbles over that. */
bool ext_clashes(const struct ptn_plan_exts *ids, const struct ptn_sdp_extmap *e);
void plan_ext_ids(struct ptn_plan_exts *ids, const struct ptn_sdp_mline *m);

/* -- plan_parts.c ------------------------------------------------------------------------------ */

/* Not 0, and none that neg or the description uses. */
uint32_t fresh_ssrc(const struct ptn_rng *rng, const struct ptn_neg *neg,
                    const struct ptn_sdp *remote);
enum ptn_sdp_dir dir_of(const struct ptn_sdp_mline *m); /* an absent one means sendrecv */
void plan_transport(struct ptn_plan *plan, const struct ptn_sdp *remote);
/* What the codec of the other side's description says about feedback; twcc is not among it. */
void plan_feedback(struct ptn_plan_mline *out, const struct ptn_sdp_codec *c);
/* What the peer may send as simulcast, as it stands in its description. */
size_t rids_sent(const struct ptn_sdp_mline *m, const struct ptn_sdp_rid **out, size_t cap);
const struct ptn_sdp_group *sim_group(const struct ptn_sdp_mline *m);
/* Layers of what the peer sends. by_rid, by_ssrc: these ways of simulcast are accepted. */
void plan_layers(struct ptn_plan_mline *out, const struct ptn_sdp_mline *remote, bool by_rid,
                 bool by_ssrc, bool lmh);

#endif
