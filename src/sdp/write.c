/* Text of a description, lines in the order of core.md 11. */
#include <stdio.h>
#include <string.h>

#include "sdp/internal.h"

static const char *const setup_names[] = {"", "actpass", "active", "passive"};

static const char *family(const struct ptn_addr *a) {
    return a->family == 6 ? "IP6" : "IP4";
}

static const char *ip(const struct ptn_addr *a, char *buf, size_t cap) {
    if (a->family == 0)
        return ptn_str_copy(buf, cap, "0.0.0.0") ? buf : "";
    ptn_addr_ip_text(a, buf, cap);
    buf[strcspn(buf, "%")] = '\0'; /* a scope means nothing to others */
    return buf;
}

static void write_fingerprints(const struct ptn_sdp_transport *t, struct ptn_str *out) {
    char text[PTN_FINGERPRINT_TEXT];
    for (size_t i = 0; i < t->fingerprint_count; i++)
        ptn_str_addf(out, "a=fingerprint:%s %s\r\n", ptn_hash_name(t->fingerprint[i].hash),
                     ptn_fingerprint_text(&t->fingerprint[i], text, sizeof text));
}

static void write_credentials(const struct ptn_sdp_transport *t, bool trickle,
                              struct ptn_str *out) {
    if (t->ufrag[0])
        ptn_str_addf(out, "a=ice-ufrag:%s\r\n", t->ufrag);
    if (t->pwd[0])
        ptn_str_addf(out, "a=ice-pwd:%s\r\n", t->pwd);
    if (trickle)
        ptn_str_add(out, "a=ice-options:trickle\r\n");
}

static void write_session(const struct ptn_sdp *s, struct ptn_str *out) {
    char addr[PTN_ADDR_TEXT];
    ptn_str_addf(out, "v=0\r\no=%s %llu %llu IN %s %s\r\ns=%s\r\nt=0 0\r\n",
                 s->o_name[0] ? s->o_name : "-", (unsigned long long)s->o_id,
                 (unsigned long long)s->o_version, family(&s->o_addr),
                 ip(&s->o_addr, addr, sizeof addr), s->s_name && s->s_name[0] ? s->s_name : "-");
    if (s->has_bundle) {
        ptn_str_add(out, "a=group:BUNDLE");
        for (size_t i = 0; i < s->bundle_count; i++)
            ptn_str_addf(out, " %s", s->bundle[i]);
        ptn_str_add(out, "\r\n");
    }
    write_credentials(&s->transport, s->ice_trickle, out);
    write_fingerprints(&s->transport, out);
    if (s->transport.setup != PTN_SETUP_NONE)
        ptn_str_addf(out, "a=setup:%s\r\n", setup_names[s->transport.setup]);
    if (s->extmap_allow_mixed)
        ptn_str_add(out, "a=extmap-allow-mixed\r\n");
    if (s->msid_semantic)
        ptn_str_add(out, "a=msid-semantic: WMS *\r\n");
    if (s->ice_lite)
        ptn_str_add(out, "a=ice-lite\r\n");
}

static void write_head(const struct ptn_sdp *s, const struct ptn_sdp_mline *m,
                       struct ptn_str *out) {
    char addr[PTN_ADDR_TEXT];
    ptn_str_addf(out, "m=%s %u %s", ptn_sdp_kind_name(m->kind), (unsigned)m->port, m->proto);
    for (size_t i = 0; i < m->codec_count; i++)
        ptn_str_addf(out, " %u", (unsigned)m->codec[i].pt);
    if (m->kind == PTN_SDP_APPLICATION)
        ptn_str_addf(out, " %s", m->fmt);
    else if (m->codec_count == 0)
        ptn_str_add(out, " 0");
    ptn_str_addf(out, "\r\nc=IN %s %s\r\n", family(&s->o_addr), ip(&s->o_addr, addr, sizeof addr));
    if (m->b_as)
        ptn_str_addf(out, "b=AS:%u\r\n", (unsigned)m->b_as);
    if (m->b_tias)
        ptn_str_addf(out, "b=TIAS:%u\r\n", (unsigned)m->b_tias);
    if (m->dir != PTN_SDP_NO_DIR)
        ptn_str_addf(out, "a=%s\r\n", ptn_sdp_dir_name(m->dir));
    if (m->has_mid)
        ptn_str_addf(out, "a=mid:%s\r\n", m->mid);
}

static bool is_rtx(const struct ptn_sdp_codec *c) {
    return strcmp(c->name, "rtx") == 0;
}

static void write_rtpmap(const struct ptn_sdp_codec *c, struct ptn_str *out) {
    if (!c->name[0])
        return;
    ptn_str_addf(out, "a=rtpmap:%u %s/%u", (unsigned)c->pt, c->name, (unsigned)c->clock);
    if (c->channels > 1)
        ptn_str_addf(out, "/%u", (unsigned)c->channels);
    ptn_str_add(out, "\r\n");
}

/* [RED] rtpmap, fmtp, rtcp-fb of what is not RTX; extmaps; other lines */
static void write_codecs(const struct ptn_sdp_mline *m, struct ptn_str *out) {
    for (size_t i = 0; i < m->codec_count; i++)
        if (!is_rtx(&m->codec[i]))
            write_rtpmap(&m->codec[i], out);
    for (size_t i = 0; i < m->codec_count; i++)
        if (!is_rtx(&m->codec[i]) && m->codec[i].fmtp)
            ptn_str_addf(out, "a=fmtp:%u %s\r\n", (unsigned)m->codec[i].pt, m->codec[i].fmtp);
    for (size_t i = 0; i < m->codec_count; i++)
        for (size_t k = 0; !is_rtx(&m->codec[i]) && k < m->codec[i].fb_count; k++)
            ptn_str_addf(out, "a=rtcp-fb:%u %s\r\n", (unsigned)m->codec[i].pt, m->codec[i].fb[k]);
    for (size_t i = 0; i < m->ext_count; i++) {
        const struct ptn_sdp_extmap *e = &m->ext[i];
        ptn_str_addf(out, "a=extmap:%u%s%s %s\r\n", (unsigned)e->id,
                     e->dir != PTN_SDP_NO_DIR ? "/" : "", ptn_sdp_dir_name(e->dir), e->uri);
    }
    for (size_t i = 0; i < m->extra_count; i++)
        ptn_str_addf(out, "a=%s\r\n", m->extra[i]);
    for (size_t i = 0; i < m->codec_count; i++) {
        if (!is_rtx(&m->codec[i]))
            continue;
        write_rtpmap(&m->codec[i], out);
        if (m->codec[i].fmtp)
            ptn_str_addf(out, "a=fmtp:%u %s\r\n", (unsigned)m->codec[i].pt, m->codec[i].fmtp);
    }
}

static void write_streams(const struct ptn_sdp_mline *m, struct ptn_str *out) {
    for (size_t i = 0; i < m->group_count; i++) {
        ptn_str_addf(out, "a=ssrc-group:%s", m->group[i].semantics);
        for (size_t k = 0; k < m->group[i].count; k++)
            ptn_str_addf(out, " %u", (unsigned)m->group[i].ssrc[k]);
        ptn_str_add(out, "\r\n");
    }
    if (m->has_msid)
        ptn_str_addf(out, "a=msid:%s %s\r\n", m->msid_stream, m->msid_track);
    for (size_t i = 0; i < m->ssrc_count; i++) {
        const struct ptn_sdp_ssrc *s = &m->ssrc[i];
        if (s->cname)
            ptn_str_addf(out, "a=ssrc:%u cname:%s\r\n", (unsigned)s->ssrc, s->cname);
        if (s->msid)
            ptn_str_addf(out, "a=ssrc:%u msid:%s\r\n", (unsigned)s->ssrc, s->msid);
    }
}

/* "send h;~m;l", or nothing when no rid has this direction */
static void write_rid_list(const struct ptn_sdp_mline *m, bool recv, struct ptn_str *out) {
    bool first = true;
    for (size_t i = 0; i < m->rid_count; i++) {
        const struct ptn_sdp_rid *r = &m->rid[i];
        if (r->recv != recv)
            continue;
        if (first)
            ptn_str_addf(out, " %s %s", recv ? "recv" : "send", m->simulcast_old ? "rid=" : "");
        ptn_str_addf(out, "%s%s%s", first ? "" : ";", r->paused ? "~" : "", r->id);
        first = false;
    }
}

static void write_rids(const struct ptn_sdp_mline *m, struct ptn_str *out) {
    for (size_t i = 0; i < m->rid_count; i++)
        ptn_str_addf(out, "a=rid:%s %s\r\n", m->rid[i].id, m->rid[i].recv ? "recv" : "send");
    if (!m->simulcast || m->rid_count == 0)
        return;
    struct ptn_str list;
    ptn_str_init(&list);
    write_rid_list(m, false, &list);
    write_rid_list(m, true, &list);
    /* only the old draft's syntax has the blank in front */
    ptn_str_addf(out, "a=simulcast:%s\r\n", list.s + (m->simulcast_old ? 0 : 1));
    ptn_str_done(&list);
}

static void write_candidates(const struct ptn_sdp_mline *m, struct ptn_str *out) {
    char text[PTN_CAND_TEXT];
    for (size_t i = 0; i < m->cand_count; i++)
        ptn_str_addf(out, "a=candidate:%s\r\n", ptn_cand_write(&m->cand[i], text, sizeof text));
    if (m->end_of_candidates)
        ptn_str_add(out, "a=end-of-candidates\r\n");
}

static void write_mline(const struct ptn_sdp *s, const struct ptn_sdp_mline *m,
                        struct ptn_str *out) {
    write_head(s, m, out);
    if (m->bundle_only)
        ptn_str_add(out, "a=bundle-only\r\n");
    if (m->rtcp_mux)
        ptn_str_add(out, "a=rtcp-mux\r\n");
    if (m->rtcp_rsize)
        ptn_str_add(out, "a=rtcp-rsize\r\n");
    if (m->sctp_port)
        ptn_str_addf(out, "a=sctp-port:%u\r\n", (unsigned)m->sctp_port);
    if (m->sctpmap)
        ptn_str_add(out, "a=sctpmap:5000 webrtc-datachannel 16\r\n");
    if (m->max_message_size)
        ptn_str_addf(out, "a=max-message-size:%u\r\n", (unsigned)m->max_message_size);
    write_credentials(&m->transport, m->ice_trickle, out);
    write_fingerprints(&m->transport, out);
    if (m->transport.setup != PTN_SETUP_NONE)
        ptn_str_addf(out, "a=setup:%s\r\n", setup_names[m->transport.setup]);
    write_codecs(m, out);
    write_streams(m, out);
    write_rids(m, out);
    write_candidates(m, out);
}

void ptn_sdp_write(const struct ptn_sdp *sdp, struct ptn_str *out) {
    write_session(sdp, out);
    for (size_t i = 0; i < sdp->mline_count; i++)
        write_mline(sdp, &sdp->mline[i], out);
}
