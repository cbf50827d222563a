/* The client's side: a browser-like offer, and the plan that the server's answer makes of it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "control/negotiate/internal.h"

static void offer_exts(struct ptn_sdp_mline *m) {
    const uint32_t audio = PTN_EXT_MID | PTN_EXT_AUDIO_LEVEL;
    const uint32_t video = PTN_EXT_MID | PTN_EXT_TWCC | PTN_EXT_ABS_SEND_TIME;
    uint32_t wanted = m->kind == PTN_SDP_AUDIO ? audio : video;
    for (size_t i = 0; i < ext_uri_count; i++)
        if (ext_uris[i].flag & wanted)
            ptn_sdp_add_ext(m, (uint8_t)(i + 1), PTN_SDP_NO_DIR, ext_uris[i].uri);
}

static void offer_codecs(struct ptn_sdp_mline *m, const char *video_codec) {
    static const char *const feedback[] = {"goog-remb", "transport-cc", "ccm fir", "nack",
                                           "nack pli"};
    if (m->kind == PTN_SDP_AUDIO) {
        struct ptn_sdp_codec *opus = ptn_sdp_add_codec(m, 111, "opus", 48000, 2);
        ptn_sdp_codec_set_fmtp(opus, "minptime=10;useinbandfec=1");
        return;
    }
    const struct codec_name *n = codec_by_name(video_codec ? video_codec : "vp8");
    struct ptn_sdp_codec *c = ptn_sdp_add_codec(m, 96, n ? n->rtpmap : "VP8", 90000, 0);
    for (size_t i = 0; i < PTN_COUNT_OF(feedback); i++)
        ptn_sdp_codec_add_fb(c, feedback[i]);
    ptn_sdp_codec_set_fmtp(ptn_sdp_add_codec(m, 97, "rtx", 90000, 0), "apt=96");
}

static void offer_mline(struct ptn_neg *neg, struct ptn_sdp *sdp, enum ptn_sdp_kind kind,
                        const struct ptn_neg_offer_options *options,
                        const struct ptn_neg_local *local) {
    struct ptn_neg_mline *s = &neg->mline[neg->mline_count];
    struct ptn_sdp_mline *m = ptn_sdp_add_mline(sdp, kind);
    memset(s, 0, sizeof *s);
    s->kind = kind == PTN_SDP_AUDIO ? PTN_AUDIO : PTN_VIDEO;
    s->has_mid = m->has_mid = true;
    s->ssrc = fresh_ssrc(&local->rng);
    s->rtx_ssrc = kind == PTN_SDP_VIDEO ? fresh_ssrc(&local->rng) : 0;
    s->source_id = local->stream_id(local->ctx);
    s->sink_id = local->stream_id(local->ctx);
    snprintf(s->mid, sizeof s->mid, "%zu", neg->mline_count);
    ptn_str_copy(m->mid, sizeof m->mid, s->mid);
    m->port = 9;
    m->dir = PTN_SDP_SENDRECV;
    m->rtcp_mux = true;
    m->ice_trickle = true;
    ptn_str_copy(m->proto, sizeof m->proto, "UDP/TLS/RTP/SAVPF");
    ptn_str_copy(m->transport.ufrag, sizeof m->transport.ufrag, local->ufrag);
    ptn_str_copy(m->transport.pwd, sizeof m->transport.pwd, local->pwd);
    m->transport.setup = PTN_SETUP_ACTPASS;
    offer_codecs(m, options->video_codec);
    offer_exts(m);
    ptn_sdp_add_ssrc(m, s->ssrc, "client", NULL);
    if (s->rtx_ssrc) {
        ptn_sdp_add_group(m, "FID", (uint32_t[]){s->ssrc, s->rtx_ssrc}, 2);
        ptn_sdp_add_ssrc(m, s->rtx_ssrc, "client", NULL);
    }
    ptn_str_copy(sdp->bundle[sdp->bundle_count++], PTN_SDP_MID_MAX + 1, m->mid);
    neg->mline_count++;
}

struct ptn_sdp *ptn_neg_offer(struct ptn_neg *neg, const struct ptn_neg_offer_options *options,
                              const struct ptn_neg_local *local) {
    struct ptn_sdp *sdp = ptn_sdp_new();
    sdp->o_id = ptn_rng_u64(&local->rng) >> 1;
    sdp->o_version = 1;
    sdp->o_addr = local->addr;
    sdp->has_bundle = sdp->ice_trickle = sdp->extmap_allow_mixed = true;
    sdp->transport.fingerprint[0] = local->fingerprint;
    sdp->transport.fingerprint_count = 1;
    neg->mline_count = 0;
    if (options->audio)
        offer_mline(neg, sdp, PTN_SDP_AUDIO, options, local);
    if (options->video)
        offer_mline(neg, sdp, PTN_SDP_VIDEO, options, local);
    return sdp;
}

static bool codec_has_fb(const struct ptn_sdp_codec *c, const char *fb) {
    for (size_t i = 0; i < c->fb_count; i++)
        if (strcasecmp(c->fb[i], fb) == 0)
            return true;
    return false;
}

static const struct ptn_sdp_codec *answered_codec(const struct ptn_sdp_mline *m) {
    for (size_t i = 0; m->port != 0 && i < m->codec_count; i++)
        if (codec_of(&m->codec[i]) && strcasecmp(m->codec[i].name, "red") != 0)
            return &m->codec[i];
    return NULL;
}

static void apply_mline(struct ptn_plan_mline *p, struct ptn_neg_mline *s,
                        const struct ptn_sdp_mline *m) {
    const struct ptn_sdp_codec *c = answered_codec(m);
    enum ptn_sdp_dir theirs = m->dir == PTN_SDP_NO_DIR ? PTN_SDP_SENDRECV : m->dir;
    p->kind = s->kind;
    p->source_id = s->source_id;
    p->sink_id = s->sink_id;
    p->ssrc = s->ssrc;
    p->layer_count = 1;
    p->clock_hz = 1000;
    ptn_str_copy(p->mid, sizeof p->mid, s->mid);
    s->accepted = c != NULL;
    if (!c)
        return;
    const struct ptn_sdp_codec *rtx = rtx_of(m, c->pt);
    s->send = p->send = theirs & PTN_SDP_RECVONLY;
    s->recv = p->recv = theirs & PTN_SDP_SENDONLY;
    p->pt = c->pt;
    p->clock_hz = c->clock;
    p->rtx_pt = rtx ? rtx->pt : 0;
    p->rtx_ssrc = rtx ? s->rtx_ssrc : 0;
    p->nack = codec_has_fb(c, "nack");
    p->pli = codec_has_fb(c, "nack pli");
    p->fir = codec_has_fb(c, "ccm fir");
    p->remb = codec_has_fb(c, "goog-remb");
    p->twcc = codec_has_fb(c, "transport-cc");
    ptn_str_copy(p->codec, sizeof p->codec, codec_of(c)->name);
    ptn_str_copy(s->codec, sizeof s->codec, p->codec);
    plan_layers(p, m, false, false);
}

ptn_err ptn_neg_apply_answer(struct ptn_neg *neg, const struct ptn_sdp *offer,
                             const struct ptn_sdp *answer, struct ptn_plan **out) {
    if (answer->mline_count != offer->mline_count || answer->mline_count != neg->mline_count)
        return PTN_EINVALID;
    struct ptn_sdp_transport t = ptn_sdp_bundle_transport(answer);
    struct ptn_plan *plan = ptn_plan_new(answer->mline_count);
    for (size_t i = 0; i < answer->mline_count; i++) {
        apply_mline(&plan->mline[i], &neg->mline[i], &answer->mline[i]);
        plan_ext_ids(&plan->ext, &answer->mline[i]);
    }
    plan_transport(plan, answer);
    neg->dtls_role = t.setup == PTN_SETUP_ACTIVE ? PTN_DTLS_SERVER : PTN_DTLS_CLIENT;
    plan->dtls_role = neg->dtls_role;
    plan->generation = ++neg->generation;
    *out = plan;
    return PTN_OK;
}
