/* The answer to an offer, m-line by m-line. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "control/negotiate/internal.h"

struct answering { /* one m-line on its way */
    size_t mindex;
    bool is_new; /* not there in the last negotiation */
    bool disabled;
    const struct ptn_neg *neg;
    const struct ptn_sdp *offer;
    const struct ptn_sdp_mline *offered;
    const struct ptn_answer_mline *wish;
    const struct ptn_neg_local *local;
    const struct ptn_sdp_codec *codec; /* NULL: refused */
    const struct ptn_sdp_codec *red, *dtmf, *rtx;
    struct ptn_neg_mline *state;
    struct ptn_sdp_mline *out;
    struct ptn_plan_mline *plan;
};

static enum ptn_sdp_dir answer_direction(const struct answering *a) {
    enum ptn_sdp_dir offered = dir_of(a->offered);
    unsigned dir = 0;
    if (a->wish->send && (offered & PTN_SDP_RECVONLY))
        dir |= PTN_SDP_SENDONLY;
    if (a->wish->recv && (offered & PTN_SDP_SENDONLY))
        dir |= PTN_SDP_RECVONLY;
    return (enum ptn_sdp_dir)dir;
}

/* -- codecs ------------------------------------------------------------------------------------ */

/* Of an Opus fmtp only what a sender of echo or room audio must know (echotest.md 5). */
static void opus_fmtp(const char *offered, char *out, size_t cap) {
    static const char *const keep[] = {"useinbandfec", "usedtx", "stereo"};
    char value[8];
    out[0] = '\0';
    for (size_t i = 0; i < PTN_COUNT_OF(keep); i++) {
        if (!ptn_sdp_fmtp_param(offered, keep[i], value, sizeof value) || strcmp(value, "1") != 0)
            continue;
        size_t n = strlen(out);
        snprintf(out + n, cap - n, "%s%s=1", n ? ";" : "", keep[i]);
    }
}

static bool copies_fmtp(const char *codec) { /* core.md 12.1, echotest.md 5 */
    static const char *const names[] = {"vp8", "vp9", "h264", "multiopus"};
    for (size_t i = 0; i < PTN_COUNT_OF(names); i++)
        if (strcmp(codec, names[i]) == 0)
            return true;
    return false;
}

static void set_fmtp(const struct answering *a, struct ptn_sdp_codec *c) {
    char text[128] = "";
    const char *name = a->state->codec, *profile = a->wish->profile;
    if (profile && strcmp(name, "vp9") == 0)
        snprintf(text, sizeof text, "profile-id=%s", profile);
    else if (profile && strcmp(name, "h264") == 0)
        snprintf(text, sizeof text, "profile-level-id=%s;packetization-mode=1", profile);
    else if (a->out->kind == PTN_SDP_AUDIO && !copies_fmtp(name))
        opus_fmtp(a->codec->fmtp, text, sizeof text);
    if (copies_fmtp(name) && !text[0])
        ptn_sdp_codec_set_fmtp(c, a->codec->fmtp);
    else if (text[0])
        ptn_sdp_codec_set_fmtp(c, text);
}

static struct ptn_sdp_codec *copy_codec(struct ptn_sdp_mline *out, const struct ptn_sdp_codec *c) {
    return ptn_sdp_add_codec(out, c->pt, c->name, c->clock, c->channels);
}

static void set_feedback(const struct answering *a, struct ptn_sdp_codec *c) {
    static const char *const video[] = {"ccm fir", "nack", "nack pli", "goog-remb"};
    for (size_t i = 0; a->out->kind == PTN_SDP_VIDEO && i < PTN_COUNT_OF(video); i++)
        ptn_sdp_codec_add_fb(c, video[i]);
    if (a->plan->twcc)
        ptn_sdp_codec_add_fb(c, "transport-cc");
}

static void answer_codecs(struct answering *a) {
    char text[32];
    if (a->red) {
        struct ptn_sdp_codec *red = copy_codec(a->out, a->red);
        snprintf(text, sizeof text, "%u/%u", a->codec->pt, a->codec->pt);
        ptn_sdp_codec_set_fmtp(red, text);
    }
    struct ptn_sdp_codec *c = copy_codec(a->out, a->codec);
    set_fmtp(a, c);
    set_feedback(a, c);
    if (a->dtmf)
        copy_codec(a->out, a->dtmf);
    if (a->rtx) {
        struct ptn_sdp_codec *rtx = copy_codec(a->out, a->rtx);
        snprintf(text, sizeof text, "apt=%u", a->codec->pt);
        ptn_sdp_codec_set_fmtp(rtx, text);
    }
}

/* -- extensions -------------------------------------------------------------------------------- */

static bool accepts_ext(const struct answering *a, uint32_t flag) {
    if (!(a->wish->ext & flag))
        return false;
    return flag != PTN_EXT_DEPENDENCY_DESCRIPTOR || strcmp(a->state->codec, "av1") == 0 ||
           strcmp(a->state->codec, "vp9") == 0;
}

static void answer_exts(struct answering *a, const struct ptn_plan_exts *ids) {
    for (size_t i = 0; i < a->offered->ext_count; i++) {
        const struct ptn_sdp_extmap *e = &a->offered->ext[i];
        uint32_t flag = ext_flag(e->uri);
        if (flag != 0 && accepts_ext(a, flag) && !ext_clashes(ids, e))
            ptn_sdp_add_ext(a->out, e->id, ptn_sdp_dir_reversed(e->dir), e->uri);
    }
}

/* -- streams ----------------------------------------------------------------------------------- */

static void answer_streams(struct answering *a, enum ptn_sdp_dir dir) {
    struct ptn_neg_mline *s = a->state;
    if (dir == PTN_SDP_INACTIVE)
        return;
    bool rtx = a->rtx && (dir & PTN_SDP_SENDONLY);
    if (rtx)
        ptn_sdp_add_group(a->out, "FID", (uint32_t[]){s->ssrc, s->rtx_ssrc}, 2);
    a->out->has_msid = true;
    ptn_str_copy(a->out->msid_stream, sizeof a->out->msid_stream, "janus");
    snprintf(a->out->msid_track, sizeof a->out->msid_track, "janus%s", a->plan->mid);
    ptn_sdp_add_ssrc(a->out, s->ssrc, CNAME, NULL);
    if (rtx)
        ptn_sdp_add_ssrc(a->out, s->rtx_ssrc, CNAME, NULL);
}

static void answer_rids(struct answering *a) {
    const struct ptn_sdp_rid *rid[PTN_PLAN_LAYERS];
    a->out->rid_count = rids_sent(a->offered, rid, PTN_PLAN_LAYERS);
    for (size_t i = 0; i < a->out->rid_count; i++) {
        a->out->rid[i] = *rid[i];
        a->out->rid[i].recv = true;
    }
    a->out->simulcast = a->offered->simulcast;
    a->out->simulcast_old = a->offered->simulcast_old;
}

static void ensure_ids(struct answering *a) {
    struct ptn_neg_mline *s = a->state;
    const struct ptn_neg_local *l = a->local;
    if (s->ssrc == 0)
        s->ssrc = fresh_ssrc(&l->rng, a->neg, a->offer);
    if (a->rtx && s->rtx_ssrc == 0)
        s->rtx_ssrc = fresh_ssrc(&l->rng, a->neg, a->offer);
    if (s->source_id == 0) {
        s->source_id = l->stream_id(l->ctx);
        s->sink_id = l->stream_id(l->ctx);
    }
}

/* -- one m-line -------------------------------------------------------------------------------- */

/* Position and mid are a pair from the first appearance on (core.md 8.4). */
static void keep_mid(struct ptn_neg_mline *s, const struct ptn_sdp_mline *offered, size_t mindex) {
    if (s->has_mid)
        return;
    s->has_mid = offered->has_mid;
    if (s->has_mid)
        ptn_str_copy(s->mid, sizeof s->mid, offered->mid);
    else
        snprintf(s->mid, sizeof s->mid, "%u", (unsigned)mindex % 1000u);
}

/* The answer and the packets carry the mid of this offer: no browser takes another one
 * (RFC 8829 5.3.1), whatever the pair was. */
static void begin_mline(struct answering *a) {
    static const enum ptn_kind kinds[] = {PTN_AUDIO, PTN_VIDEO, PTN_DATA};
    struct ptn_neg_mline *s = a->state;
    if (a->is_new)
        s->kind = kinds[a->offered->kind];
    if (s->kind != kinds[a->offered->kind])
        a->disabled = true; /* reused for another media type */
    keep_mid(s, a->offered, a->mindex);
    a->out->has_mid = a->offered->has_mid;
    ptn_str_copy(a->out->mid, sizeof a->out->mid, a->offered->mid);
    ptn_str_copy(a->out->proto, sizeof a->out->proto, a->offered->proto);
    ptn_str_copy(a->out->fmt, sizeof a->out->fmt, a->offered->fmt);
    ptn_str_copy(a->plan->mid, sizeof a->plan->mid, a->out->has_mid ? a->out->mid : s->mid);
    a->plan->kind = s->kind;
}

static void refuse(struct answering *a) {
    struct ptn_neg_mline *s = a->state;
    s->accepted = s->send = s->recv = false;
    s->codec[0] = '\0';
    a->out->port = 0;
    a->out->dir = a->out->kind == PTN_SDP_APPLICATION ? PTN_SDP_NO_DIR : PTN_SDP_INACTIVE;
    a->plan->ssrc = s->ssrc;
    a->plan->source_id = s->source_id;
    a->plan->sink_id = s->sink_id;
    a->plan->layer_count = 1;
    a->plan->clock_hz = 1000;  /* of no stream: only never zero */
    s->ssrc = s->rtx_ssrc = 0; /* a new one when it comes back (core.md 8.4) */
}

static void fill_plan(struct answering *a, enum ptn_sdp_dir dir) {
    struct ptn_plan_mline *p = a->plan;
    const struct ptn_neg_mline *s = a->state;
    p->source_id = s->source_id;
    p->sink_id = s->sink_id;
    p->recv = dir & PTN_SDP_RECVONLY;
    p->send = dir & PTN_SDP_SENDONLY;
    p->clock_hz = a->codec->clock;
    p->pt = a->codec->pt;
    p->rtx_pt = a->rtx ? a->rtx->pt : 0;
    p->red_pt = a->red ? a->red->pt : 0;
    p->dtmf_pt = a->dtmf ? a->dtmf->pt : 0;
    plan_feedback(p, a->codec);
    p->twcc = ext_stands(a->out, PTN_EXT_TWCC);
    p->ssrc = s->ssrc;
    p->rtx_ssrc = a->rtx ? s->rtx_ssrc : 0;
    ptn_str_copy(p->codec, sizeof p->codec, s->codec);
}

static void choose_companions(struct answering *a) {
    bool is_opus = strcmp(a->state->codec, "opus") == 0;
    a->red = a->wish->red && is_opus ? codec_offered(a->offered, "red", NULL) : NULL;
    a->dtmf = a->wish->dtmf ? codec_offered(a->offered, "dtmf", NULL) : NULL;
    a->rtx = a->out->kind == PTN_SDP_VIDEO ? rtx_of(a->offered, a->codec->pt) : NULL;
}

/* By rid when the extension that tells them apart was accepted; by SSRC when the plugin takes
 * simulcast at all, which is what accepting that extension means (core.md 13). */
static void answer_layers(struct answering *a) {
    bool is_video = a->out->kind == PTN_SDP_VIDEO;
    bool by_ssrc = is_video && (a->wish->ext & PTN_EXT_RID);
    bool by_rid = by_ssrc && ext_stands(a->out, PTN_EXT_RID);
    if (by_rid && a->plan->recv)
        answer_rids(a);
    plan_layers(a->plan, a->offered, by_rid, by_ssrc, a->local->lmh);
}

static void accept_mline(struct answering *a, struct ptn_plan_exts *ids) {
    enum ptn_sdp_dir dir = answer_direction(a);
    struct ptn_neg_mline *s = a->state;
    s->accepted = true;
    s->send = dir & PTN_SDP_SENDONLY;
    s->recv = dir & PTN_SDP_RECVONLY;
    ptn_str_copy(s->codec, sizeof s->codec, codec_of(a->codec)->name);
    choose_companions(a);
    ensure_ids(a);
    a->out->port = 9;
    a->out->dir = dir;
    a->out->rtcp_mux = true;
    answer_exts(a, ids);
    fill_plan(a, dir);
    answer_codecs(a);
    answer_streams(a, dir);
    answer_layers(a);
    plan_ext_ids(ids, a->out);
}

static void answer_mline(struct answering *a, struct ptn_plan_exts *ids) {
    begin_mline(a);
    if (a->wish->accept && !a->disabled && a->out->kind != PTN_SDP_APPLICATION)
        a->codec = codec_chosen(a->offered, a->wish->codec, a->wish->profile);
    if (a->codec)
        accept_mline(a, ids);
    else
        refuse(a);
}

/* -- the whole --------------------------------------------------------------------------------- */

static enum ptn_sdp_setup answer_setup(struct ptn_neg *neg, const struct ptn_sdp *offer,
                                       const struct ptn_neg_local *local) {
    if (neg->generation == 0) { /* the role never changes later (core.md 10.1) */
        enum ptn_sdp_setup offered = ptn_sdp_bundle_transport(offer).setup;
        bool passive =
            offered == PTN_SETUP_ACTIVE || (offered == PTN_SETUP_ACTPASS && local->answer_passive);
        neg->dtls_role = passive ? PTN_DTLS_SERVER : PTN_DTLS_CLIENT;
    }
    return neg->dtls_role == PTN_DTLS_SERVER ? PTN_SETUP_PASSIVE : PTN_SETUP_ACTIVE;
}

static void answer_session(struct ptn_sdp *out, const struct ptn_sdp *offer,
                           const struct ptn_neg_local *local) {
    ptn_str_copy(out->o_name, sizeof out->o_name, offer->o_name);
    out->o_id = offer->o_id;
    out->o_version = offer->o_version;
    out->o_addr = local->addr;
    out->s_name = ptn_strdup(offer->s_name);
    out->ice_trickle = out->extmap_allow_mixed = out->msid_semantic = out->has_bundle = true;
    out->ice_lite = local->ice_lite;
    out->transport.fingerprint[0] = local->fingerprint;
    out->transport.fingerprint_count = 1;
}

static void finish_mline(struct ptn_sdp *out, struct ptn_sdp_mline *m,
                         const struct ptn_neg_local *local, bool restart,
                         enum ptn_sdp_setup setup) {
    if (m->port == 0)
        return;
    struct ptn_sdp_transport *t = &m->transport;
    ptn_str_copy(t->ufrag, sizeof t->ufrag, restart ? local->next_ufrag : local->ufrag);
    ptn_str_copy(t->pwd, sizeof t->pwd, restart ? local->next_pwd : local->pwd);
    t->setup = setup;
    m->ice_trickle = true;
    if (m->has_mid)
        ptn_str_copy(out->bundle[out->bundle_count++], PTN_SDP_MID_MAX + 1, m->mid);
}

/* Everything of the plan that is not of one m-line; the state of the whole moves on with it. */
static void finish_plan(struct ptn_plan *plan, struct ptn_neg *neg, const struct ptn_sdp *offer,
                        const struct ptn_neg_local *local) {
    plan->ice_restart = ptn_neg_is_restart(neg, offer);
    if (plan->ice_restart) {
        ptn_str_copy(plan->local_ufrag, sizeof plan->local_ufrag, local->next_ufrag);
        ptn_str_copy(plan->local_pwd, sizeof plan->local_pwd, local->next_pwd);
    }
    plan_transport(plan, offer);
    plan->dtls_role = neg->dtls_role;
    plan->generation = ++neg->generation;
    neg->mline_count = offer->mline_count;
    memcpy(neg->remote_ufrag, plan->remote_ufrag, sizeof neg->remote_ufrag);
    memcpy(neg->remote_pwd, plan->remote_pwd, sizeof neg->remote_pwd);
}

ptn_err ptn_neg_answer(struct ptn_neg *neg, const struct ptn_sdp *offer,
                       const struct ptn_answer_mline *lines, size_t count,
                       const struct ptn_neg_local *local, struct ptn_sdp **answer,
                       struct ptn_plan **out_plan) {
    static_assert(PTN_SDP_MLINES_MAX <= PTN_PLAN_MLINES_MAX, "every description has its state");
    if (count != offer->mline_count || count < neg->mline_count)
        return PTN_EINVALID;
    bool restart = ptn_neg_is_restart(neg, offer);
    enum ptn_sdp_setup setup = answer_setup(neg, offer, local);
    struct ptn_sdp *out = ptn_sdp_new();
    struct ptn_plan *plan = ptn_plan_new(count);
    answer_session(out, offer, local);
    for (size_t i = 0; i < count; i++) {
        struct answering a = {.mindex = i,
                              .is_new = i >= neg->mline_count,
                              .disabled = ptn_sdp_mline_is_disabled(offer, i),
                              .neg = neg,
                              .offer = offer,
                              .offered = &offer->mline[i],
                              .wish = &lines[i],
                              .local = local,
                              .state = &neg->mline[i],
                              .out = ptn_sdp_add_mline(out, offer->mline[i].kind),
                              .plan = &plan->mline[i]};
        answer_mline(&a, &plan->ext);
        finish_mline(out, a.out, local, restart, setup);
    }
    finish_plan(plan, neg, offer, local);
    *answer = out;
    *out_plan = plan;
    return PTN_OK;
}
