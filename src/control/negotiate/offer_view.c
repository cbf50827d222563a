/* The offer as plugins see it. */
#include "control/negotiate/internal.h"

size_t ptn_offer_count(const struct ptn_offer *o) {
    return o->sdp->mline_count;
}

static bool offers_simulcast(const struct ptn_sdp_mline *m) {
    const struct ptn_sdp_rid *rid[PTN_PLAN_LAYERS];
    return m->kind == PTN_SDP_VIDEO && (sim_group(m) || rids_sent(m, rid, PTN_PLAN_LAYERS) > 1);
}

struct ptn_offer_mline ptn_offer_mline(const struct ptn_offer *o, size_t mindex) {
    const struct ptn_sdp_mline *m = &o->sdp->mline[mindex];
    enum ptn_sdp_dir dir = dir_of(m);
    static const enum ptn_media_kind kinds[] = {PTN_MEDIA_AUDIO, PTN_MEDIA_VIDEO, PTN_MEDIA_DATA};
    return (struct ptn_offer_mline){
        .mid = m->mid,
        .kind = kinds[m->kind],
        .disabled = ptn_sdp_mline_is_disabled(o->sdp, mindex),
        .peer_sends = dir & PTN_SDP_SENDONLY,
        .peer_receives = dir & PTN_SDP_RECVONLY,
        .simulcast = offers_simulcast(m),
    };
}

bool ptn_offer_has_codec(const struct ptn_offer *o, size_t mindex, const char *codec,
                         const char *profile) {
    return codec_offered(&o->sdp->mline[mindex], codec, profile) != NULL;
}

bool ptn_offer_e2ee(const struct ptn_offer *o) {
    return o->e2ee;
}

const json_t *ptn_offer_svc(const struct ptn_offer *o) {
    return o->svc;
}
