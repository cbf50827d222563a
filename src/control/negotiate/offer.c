/* The client's side: a browser-like offer, and the plan that the server's answer makes of it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "control/negotiate/internal.h"

#define CLIENT_CNAME "client"

/* -- the offer --------------------------------------------------------------------------------- */

static void offer_exts(struct ptn_sdp_mline *m) {
    const uint32_t audio = PTN_EXT_MID | PTN_EXT_TWCC | PTN_EXT_ABS_SEND_TIME | PTN_EXT_AUDIO_LEVEL;
    const uint32_t video = PTN_EXT_MID | PTN_EXT_TWCC | PTN_EXT_ABS_SEND_TIME;
    uint32_t wanted = m->kind == PTN_SDP_AUDIO ? audio : video;
    for (size_t i = 0; i < ext_uri_count; i++) /* the same id on every m-line: RFC 8843 10 */
        if (ext_uris[i].flag & wanted)
            ptn_sdp_add_ext(m, (uint8_t)(i + 1), PTN_SDP_NO_DIR, ext_uris[i].uri);
}

static const char *usual_fmtp(const char *codec) {
    static const struct {
        const char *codec, *fmtp;
    } rows[] = {
        {"opus", "minptime=10;useinbandfec=1"},
        {"vp9", "profile-id=0"},
        {"h264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        if (strcmp(codec, rows[i].codec) == 0)
            return rows[i].fmtp;
    return NULL;
}

static struct ptn_sdp_codec *offer_codec(struct ptn_sdp_mline *m, uint8_t pt, const char *name) {
    const struct codec_name *n = codec_by_name(name);
    struct ptn_sdp_codec *c = ptn_sdp_add_codec(m, pt, n->rtpmap, n->clock, n->channels);
    ptn_sdp_codec_set_fmtp(c, usual_fmtp(n->name));
    return c;
}

static void offer_codecs(struct ptn_sdp_mline *m, const char *video_codec) {
    static const char *const feedback[] = {"goog-remb", "transport-cc", "ccm fir", "nack",
                                           "nack pli"};
    if (m->kind == PTN_SDP_AUDIO) {
        ptn_sdp_codec_add_fb(offer_codec(m, 111, "opus"), "transport-cc");
        return;
    }
    const struct codec_name *wanted = video_codec ? codec_by_name(video_codec) : NULL;
    bool usable = wanted && wanted->kind == PTN_SDP_VIDEO;
    struct ptn_sdp_codec *c = offer_codec(m, 96, usable ? wanted->name : "vp8");
    for (size_t i = 0; i < PTN_COUNT_OF(feedback); i++)
        ptn_sdp_codec_add_fb(c, feedback[i]);
    ptn_sdp_codec_set_fmtp(ptn_sdp_add_codec(m, 97, "rtx", 90000, 0), "apt=96");
}

static void offer_streams(struct ptn_sdp_mline *m, const struct ptn_neg_mline *s) {
    m->has_msid = true;
    ptn_str_copy(m->msid_stream, sizeof m->msid_stream, CLIENT_CNAME);
    snprintf(m->msid_track, sizeof m->msid_track, CLIENT_CNAME "%s", s->mid);
    if (s->rtx_ssrc)
        ptn_sdp_add_group(m, "FID", (uint32_t[]){s->ssrc, s->rtx_ssrc}, 2);
    ptn_sdp_add_ssrc(m, s->ssrc, CLIENT_CNAME, NULL);
    if (s->rtx_ssrc)
        ptn_sdp_add_ssrc(m, s->rtx_ssrc, CLIENT_CNAME, NULL);
}

/* What the m-line keeps over later offers is made with the first. */
static void begin_state(struct ptn_neg *neg, size_t mindex, enum ptn_kind kind,
                        const struct ptn_neg_local *local) {
    struct ptn_neg_mline *s = &neg->mline[mindex];
    if (s->ssrc != 0 && s->kind == kind)
        return;
    memset(s, 0, sizeof *s);
    s->kind = kind;
    s->has_mid = true;
    snprintf(s->mid, sizeof s->mid, "%zu", mindex);
    s->ssrc = fresh_ssrc(&local->rng, neg, NULL);
    if (kind == PTN_VIDEO)
        s->rtx_ssrc = fresh_ssrc(&local->rng, neg, NULL);
    s->source_id = local->stream_id(local->ctx);
    s->sink_id = local->stream_id(local->ctx);
}

static void offer_mline(struct ptn_neg *neg, struct ptn_sdp *sdp, enum ptn_sdp_kind kind,
                        const struct ptn_neg_offer_options *options,
                        const struct ptn_neg_local *local) {
    struct ptn_sdp_mline *m = ptn_sdp_add_mline(sdp, kind);
    begin_state(neg, neg->mline_count, kind == PTN_SDP_AUDIO ? PTN_AUDIO : PTN_VIDEO, local);
    const struct ptn_neg_mline *s = &neg->mline[neg->mline_count++];
    m->port = 9;
    m->dir = PTN_SDP_SENDRECV;
    m->has_mid = m->rtcp_mux = m->rtcp_rsize = m->ice_trickle = true;
    ptn_str_copy(m->mid, sizeof m->mid, s->mid);
    ptn_str_copy(m->proto, sizeof m->proto, "UDP/TLS/RTP/SAVPF");
    ptn_str_copy(m->transport.ufrag, sizeof m->transport.ufrag, local->ufrag);
    ptn_str_copy(m->transport.pwd, sizeof m->transport.pwd, local->pwd);
    m->transport.fingerprint[m->transport.fingerprint_count++] = local->fingerprint;
    m->transport.setup = PTN_SETUP_ACTPASS;
    offer_codecs(m, options->video_codec);
    offer_exts(m);
    offer_streams(m, s);
    ptn_str_copy(sdp->bundle[sdp->bundle_count++], PTN_SDP_MID_MAX + 1, m->mid);
}

struct ptn_sdp *ptn_neg_offer(struct ptn_neg *neg, const struct ptn_neg_offer_options *options,
                              const struct ptn_neg_local *local) {
    struct ptn_sdp *sdp = ptn_sdp_new();
    sdp->o_id = ptn_rng_u64(&local->rng) >> 1; /* RFC 8829 5.2.1: 63 bits */
    sdp->o_version = neg->generation + 1;
    sdp->o_addr = local->addr;
    sdp->has_bundle = sdp->extmap_allow_mixed = sdp->msid_semantic = true;
    sdp->ice_lite = local->ice_lite;
    neg->mline_count = 0;
    if (options->audio)
        offer_mline(neg, sdp, PTN_SDP_AUDIO, options, local);
    if (options->video)
        offer_mline(neg, sdp, PTN_SDP_VIDEO, options, local);
    return sdp;
}

/* -- the answer to it -------------------------------------------------------------------------- */

static const struct ptn_sdp_codec *answered_codec(const struct ptn_sdp_mline *m) {
    for (size_t i = 0; m->port != 0 && i < m->codec_count; i++) {
        const struct codec_name *n = codec_of(&m->codec[i]);
        if (n && n->is_media && n->kind == m->kind)
            return &m->codec[i];
    }
    return NULL;
}

/* The same kind in the same place, and a codec that was offered under this payload type. */
static bool fits(const struct ptn_sdp_mline *offered, const struct ptn_sdp_mline *answered) {
    if (answered->kind != offered->kind)
        return false;
    const struct ptn_sdp_codec *c = answered_codec(answered);
    const struct ptn_sdp_codec *o = c ? ptn_sdp_codec_by_pt(offered, c->pt) : NULL;
    return answered->port == 0 || (o && codec_of(o) == codec_of(c));
}

static void apply_mline(struct ptn_plan_mline *p, struct ptn_neg_mline *s,
                        const struct ptn_sdp_mline *offered, const struct ptn_sdp_mline *m) {
    const struct ptn_sdp_codec *c = answered_codec(m);
    p->kind = s->kind;
    p->source_id = s->source_id;
    p->sink_id = s->sink_id;
    p->ssrc = s->ssrc;
    p->layer_count = 1;
    p->clock_hz = c ? c->clock : 1000; /* of no stream: only never zero */
    ptn_str_copy(p->mid, sizeof p->mid, s->mid);
    ptn_str_copy(s->codec, sizeof s->codec, c ? codec_of(c)->name : "");
    ptn_str_copy(p->codec, sizeof p->codec, s->codec);
    s->accepted = c != NULL;
    s->send = s->recv = false;
    if (!c)
        return;
    enum ptn_sdp_dir ours = (enum ptn_sdp_dir)(dir_of(offered) & ptn_sdp_dir_reversed(dir_of(m)));
    const struct ptn_sdp_codec *rtx = rtx_of(m, c->pt);
    s->send = p->send = ours & PTN_SDP_SENDONLY;
    s->recv = p->recv = ours & PTN_SDP_RECVONLY;
    p->pt = c->pt;
    p->rtx_pt = rtx ? rtx->pt : 0;
    p->rtx_ssrc = rtx ? s->rtx_ssrc : 0;
    p->twcc = ext_stands(m, PTN_EXT_TWCC);
    plan_feedback(p, c);
    plan_layers(p, m, false, false, false);
}

static void apply_session(struct ptn_plan *plan, struct ptn_neg *neg,
                          const struct ptn_sdp *answer) {
    if (neg->generation == 0) /* the role never changes later */
        neg->dtls_role = ptn_sdp_bundle_transport(answer).setup == PTN_SETUP_ACTIVE
                             ? PTN_DTLS_SERVER
                             : PTN_DTLS_CLIENT;
    plan_transport(plan, answer);
    plan->dtls_role = neg->dtls_role;
    plan->generation = ++neg->generation;
    memcpy(neg->remote_ufrag, plan->remote_ufrag, sizeof neg->remote_ufrag);
    memcpy(neg->remote_pwd, plan->remote_pwd, sizeof neg->remote_pwd);
}

ptn_err ptn_neg_apply_answer(struct ptn_neg *neg, const struct ptn_sdp *offer,
                             const struct ptn_sdp *answer, struct ptn_plan **out) {
    if (answer->mline_count != offer->mline_count || answer->mline_count != neg->mline_count)
        return PTN_EINVALID;
    for (size_t i = 0; i < answer->mline_count; i++)
        if (!fits(&offer->mline[i], &answer->mline[i]))
            return PTN_EINVALID;
    struct ptn_plan *plan = ptn_plan_new(answer->mline_count);
    for (size_t i = 0; i < answer->mline_count; i++) {
        apply_mline(&plan->mline[i], &neg->mline[i], &offer->mline[i], &answer->mline[i]);
        plan_ext_ids(&plan->ext, &answer->mline[i]);
    }
    apply_session(plan, neg, answer);
    *out = plan;
    return PTN_OK;
}
