/* Attributes: a table of name, where it may stand, and its function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "sdp/internal.h"

enum { SESSION = 1, MEDIA = 2, BOTH = 3 };

static struct ptn_sdp_transport *level_transport(struct parse *p) {
    return p->m ? &p->m->transport : &p->sdp->transport;
}

static ptn_err bad(struct parse *p, const char *line) {
    return sdp_fail(p, "Invalid a= line: ", line);
}

/* Cuts value at the first blank; returns what follows, or NULL. */
static char *split(char *value) {
    char *blank = strchr(value, ' ');
    if (!blank)
        return NULL;
    *blank = '\0';
    return blank + 1 + strspn(blank + 1, " ");
}

static struct ptn_sdp_codec *codec_of(struct parse *p, const char *pt_text) {
    uint64_t pt;
    if (!sdp_number(pt_text, NULL, 127, &pt))
        return NULL;
    for (size_t i = 0; i < p->m->codec_count; i++)
        if (p->m->codec[i].pt == pt)
            return &p->m->codec[i];
    return NULL;
}

/* -- transport --------------------------------------------------------------------------------- */

static ptn_err on_ufrag(struct parse *p, char *v, const char *line) {
    struct ptn_sdp_transport *t = level_transport(p);
    return ptn_str_copy(t->ufrag, sizeof t->ufrag, v) ? PTN_OK : bad(p, line);
}

static ptn_err on_pwd(struct parse *p, char *v, const char *line) {
    struct ptn_sdp_transport *t = level_transport(p);
    return ptn_str_copy(t->pwd, sizeof t->pwd, v) ? PTN_OK : bad(p, line);
}

static ptn_err on_fingerprint(struct parse *p, char *v, const char *line) {
    struct ptn_sdp_transport *t = level_transport(p);
    struct ptn_fingerprint fp;
    const char *hex = split(v);
    if (!hex)
        return bad(p, line);
    /* an unknown hash is as if it were missing (core.md 10.1) */
    if (ptn_fingerprint_parse(v, hex, &fp) == PTN_OK &&
        t->fingerprint_count < PTN_COUNT_OF(t->fingerprint))
        t->fingerprint[t->fingerprint_count++] = fp;
    return PTN_OK;
}

static ptn_err on_setup(struct parse *p, char *v, const char *line) {
    (void)line;
    static const char *const names[] = {"", "actpass", "active", "passive"};
    struct ptn_sdp_transport *t = level_transport(p);
    for (size_t i = 1; t->setup == PTN_SETUP_NONE && i < PTN_COUNT_OF(names); i++)
        if (strcasecmp(v, names[i]) == 0)
            t->setup = (enum ptn_sdp_setup)i;
    return PTN_OK;
}

static ptn_err on_ice_options(struct parse *p, char *v, const char *line) {
    (void)line;
    if (strstr(v, "trickle"))
        *(p->m ? &p->m->ice_trickle : &p->sdp->ice_trickle) = true;
    return PTN_OK;
}

static ptn_err on_candidate(struct parse *p, char *v, const char *line) {
    (void)line;
    struct ptn_cand cand; /* what we cannot use is ignored (core.md 9) */
    if (ptn_cand_parse(v, &cand) == PTN_OK)
        ptn_sdp_add_cand(p->m, &cand);
    return PTN_OK;
}

static ptn_err on_end_of_candidates(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    if (p->m)
        p->m->end_of_candidates = true;
    return PTN_OK;
}

/* -- session ----------------------------------------------------------------------------------- */

static ptn_err on_group(struct parse *p, char *v, const char *line) {
    (void)line;
    char *rest = split(v);
    if (strcmp(v, "BUNDLE") != 0 || p->sdp->has_bundle)
        return PTN_OK;
    p->sdp->has_bundle = true;
    while (rest && *rest && p->sdp->bundle_count < PTN_SDP_MLINES_MAX) {
        char *next = split(rest);
        sdp_copy(p->sdp->bundle[p->sdp->bundle_count++], PTN_SDP_MID_MAX + 1, rest);
        rest = next;
    }
    return PTN_OK;
}

static ptn_err on_ice_lite(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    p->sdp->ice_lite = true;
    return PTN_OK;
}

static ptn_err on_allow_mixed(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    p->sdp->extmap_allow_mixed = true;
    return PTN_OK;
}

static ptn_err on_msid_semantic(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    p->sdp->msid_semantic = true;
    return PTN_OK;
}

/* -- media ------------------------------------------------------------------------------------- */

static ptn_err on_mid(struct parse *p, char *v, const char *line) {
    (void)line;
    if (!sdp_copy(p->m->mid, sizeof p->m->mid, v))
        p->sdp->flaw = "an a=mid longer than 16 characters";
    if (strpbrk(v, " \t")) /* the answer's a=group could not name it */
        p->sdp->flaw = "an a=mid with a blank in it";
    p->m->has_mid = true;
    return PTN_OK;
}

static ptn_err on_direction(struct parse *p, enum ptn_sdp_dir dir) {
    *(p->m ? &p->m->dir : &p->session_dir) = dir;
    return PTN_OK;
}

static ptn_err on_sendrecv(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    return on_direction(p, PTN_SDP_SENDRECV);
}

static ptn_err on_sendonly(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    return on_direction(p, PTN_SDP_SENDONLY);
}

static ptn_err on_recvonly(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    return on_direction(p, PTN_SDP_RECVONLY);
}

static ptn_err on_inactive(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    return on_direction(p, PTN_SDP_INACTIVE);
}

static ptn_err on_rtcp_mux(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    p->m->rtcp_mux = true;
    return PTN_OK;
}

static ptn_err on_rtcp_rsize(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    p->m->rtcp_rsize = true;
    return PTN_OK;
}

static ptn_err on_bundle_only(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    p->m->bundle_only = true;
    return PTN_OK;
}

/* <pt> <name>/<clock>[/<channels>] */
static ptn_err on_rtpmap(struct parse *p, char *v, const char *line) {
    char *rest = split(v);
    char *slash = rest ? strchr(rest, '/') : NULL;
    uint64_t clock, channels = 0;
    const char *end;
    if (!slash || slash == rest || !sdp_number(slash + 1, &end, UINT32_MAX, &clock) ||
        (*end == '/' && !sdp_number(end + 1, NULL, 255, &channels)))
        return bad(p, line);
    *slash = '\0';
    struct ptn_sdp_codec *c = codec_of(p, v);
    if (!c)
        return PTN_OK; /* of no format of this m-line */
    c->clock = (uint32_t)clock;
    c->channels = (uint8_t)channels;
    return ptn_str_copy(c->name, sizeof c->name, rest) ? PTN_OK : bad(p, line);
}

static ptn_err on_fmtp(struct parse *p, char *v, const char *line) {
    const char *rest = split(v);
    if (!rest)
        return bad(p, line);
    struct ptn_sdp_codec *c = codec_of(p, v);
    if (c)
        ptn_sdp_codec_set_fmtp(c, rest);
    return PTN_OK;
}

static ptn_err on_rtcp_fb(struct parse *p, char *v, const char *line) {
    const char *rest = split(v);
    if (!rest)
        return bad(p, line);
    if (strcmp(v, "*") == 0) {
        if (p->wild_count < PTN_SDP_FB_MAX) {
            p->wild_fb = ptn_realloc(p->wild_fb, (p->wild_count + 1) * sizeof *p->wild_fb);
            p->wild_fb[p->wild_count++] = ptn_strdup(rest);
        }
        return PTN_OK;
    }
    struct ptn_sdp_codec *c = codec_of(p, v);
    if (c)
        ptn_sdp_codec_add_fb(c, rest);
    return PTN_OK;
}

static enum ptn_sdp_dir dir_of(const char *text) {
    for (enum ptn_sdp_dir d = PTN_SDP_INACTIVE; d <= PTN_SDP_SENDRECV; d++)
        if (strcmp(text, ptn_sdp_dir_name(d)) == 0)
            return d;
    return PTN_SDP_NO_DIR;
}

/* <id>[/<direction>] <uri> [<attributes>] */
static ptn_err on_extmap(struct parse *p, char *v, const char *line) {
    char *uri = split(v);
    const char *end;
    uint64_t id;
    if (!uri || !*uri || !sdp_number(v, &end, 65535, &id) || (*end != '\0' && *end != '/'))
        return bad(p, line);
    split(uri);
    if (id >= 1 && id <= 255 && id != 15)
        ptn_sdp_add_ext(p->m, (uint8_t)id, *end ? dir_of(end + 1) : PTN_SDP_NO_DIR, uri);
    return PTN_OK;
}

static struct ptn_sdp_ssrc *ssrc_entry(struct ptn_sdp_mline *m, uint32_t ssrc) {
    for (size_t i = 0; i < m->ssrc_count; i++)
        if (m->ssrc[i].ssrc == ssrc)
            return &m->ssrc[i];
    return ptn_sdp_add_ssrc(m, ssrc, NULL, NULL) ? &m->ssrc[m->ssrc_count - 1] : NULL;
}

/* <ssrc> <attribute>[:<value>] */
static ptn_err on_ssrc(struct parse *p, char *v, const char *line) {
    char *rest = split(v);
    uint64_t ssrc;
    if (!sdp_number(v, NULL, UINT32_MAX, &ssrc))
        return bad(p, line);
    struct ptn_sdp_ssrc *s = ssrc == 0 ? NULL : ssrc_entry(p->m, (uint32_t)ssrc);
    if (!s || !rest)
        return PTN_OK;
    if (strncmp(rest, "cname:", 6) == 0 && !s->cname)
        s->cname = ptn_strdup(rest + 6);
    else if (strncmp(rest, "msid:", 5) == 0 && !s->msid)
        s->msid = ptn_strdup(rest + 5);
    return PTN_OK;
}

static ptn_err on_ssrc_group(struct parse *p, char *v, const char *line) {
    uint32_t list[4];
    size_t n = 0;
    char *rest = split(v);
    if (strlen(v) >= sizeof(((struct ptn_sdp_group *)0)->semantics))
        return PTN_OK; /* none that we know */
    while (rest && *rest && n < 4) {
        char *next = split(rest);
        uint64_t ssrc;
        if (!sdp_number(rest, NULL, UINT32_MAX, &ssrc) || ssrc == 0)
            return bad(p, line);
        list[n++] = (uint32_t)ssrc;
        rest = next;
    }
    if (n > 0)
        ptn_sdp_add_group(p->m, v, list, n);
    return PTN_OK;
}

/* <id> send|recv [<restrictions>] */
static ptn_err on_rid(struct parse *p, char *v, const char *line) {
    char *dir = split(v);
    if (!dir)
        return bad(p, line);
    split(dir);
    if (p->m->rid_count == PTN_SDP_RIDS_MAX || strlen(v) >= sizeof p->m->rid[0].id)
        return PTN_OK; /* more than anybody uses, or longer than the specification allows */
    struct ptn_sdp_rid *r = &p->m->rid[p->m->rid_count++];
    ptn_str_copy(r->id, sizeof r->id, v);
    r->recv = strcmp(dir, "recv") == 0;
    return PTN_OK;
}

static void mark_paused(struct ptn_sdp_mline *m, const char *id, size_t n) {
    for (size_t i = 0; i < m->rid_count; i++)
        if (strlen(m->rid[i].id) == n && memcmp(m->rid[i].id, id, n) == 0)
            m->rid[i].paused = true;
}

/* "send ~h;m,x;l" or the old draft's " send rid=h;m;l"; paused ones are marked with "~". */
static ptn_err on_simulcast(struct parse *p, char *v, const char *line) {
    (void)line;
    p->m->simulcast = true;
    p->m->simulcast_old = strstr(v, "rid=") != NULL;
    free(p->simulcast);
    p->simulcast = ptn_strdup(v);
    return PTN_OK;
}

static void finish_simulcast(struct parse *p) {
    for (const char *at = p->m ? p->simulcast : NULL; at && (at = strchr(at, '~')); at++)
        mark_paused(p->m, at + 1, strcspn(at + 1, ";, "));
    free(p->simulcast);
    p->simulcast = NULL;
}

static ptn_err on_msid(struct parse *p, char *v, const char *line) {
    (void)line;
    char *track = split(v);
    if (!track || !*track) {
        p->sdp->flaw = "an a=msid without a track";
        return PTN_OK;
    }
    split(track);
    sdp_copy(p->m->msid_stream, sizeof p->m->msid_stream, v);
    sdp_copy(p->m->msid_track, sizeof p->m->msid_track, track);
    p->m->has_msid = true;
    return PTN_OK;
}

static ptn_err on_sctp_port(struct parse *p, char *v, const char *line) {
    uint64_t port;
    if (!sdp_number(v, NULL, 65535, &port))
        return bad(p, line);
    p->m->sctp_port = (uint16_t)port;
    return PTN_OK;
}

static ptn_err on_sctpmap(struct parse *p, char *v, const char *line) {
    (void)v;
    (void)line;
    p->m->sctpmap = true;
    return PTN_OK;
}

static ptn_err on_max_message_size(struct parse *p, char *v, const char *line) {
    uint64_t size;
    if (!sdp_number(v, NULL, UINT64_MAX, &size))
        return bad(p, line);
    p->m->max_message_size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    return PTN_OK;
}

static const struct {
    const char *name;
    int level;
    bool wants_value;
    ptn_err (*parse)(struct parse *p, char *value, const char *line);
} attributes[] = {
    {"ice-ufrag", BOTH, true, on_ufrag},
    {"ice-pwd", BOTH, true, on_pwd},
    {"ice-options", BOTH, true, on_ice_options},
    {"ice-lite", SESSION, false, on_ice_lite},
    {"fingerprint", BOTH, true, on_fingerprint},
    {"setup", BOTH, true, on_setup},
    {"group", SESSION, true, on_group},
    {"extmap-allow-mixed", SESSION, false, on_allow_mixed},
    {"msid-semantic", SESSION, true, on_msid_semantic},
    {"candidate", MEDIA, true, on_candidate},
    {"end-of-candidates", BOTH, false, on_end_of_candidates},
    {"mid", MEDIA, true, on_mid},
    {"sendrecv", BOTH, false, on_sendrecv},
    {"sendonly", BOTH, false, on_sendonly},
    {"recvonly", BOTH, false, on_recvonly},
    {"inactive", BOTH, false, on_inactive},
    {"rtcp-mux", MEDIA, false, on_rtcp_mux},
    {"rtcp-rsize", MEDIA, false, on_rtcp_rsize},
    {"bundle-only", MEDIA, false, on_bundle_only},
    {"rtpmap", MEDIA, true, on_rtpmap},
    {"fmtp", MEDIA, true, on_fmtp},
    {"rtcp-fb", MEDIA, true, on_rtcp_fb},
    {"extmap", MEDIA, true, on_extmap},
    {"ssrc", MEDIA, true, on_ssrc},
    {"ssrc-group", MEDIA, true, on_ssrc_group},
    {"rid", MEDIA, true, on_rid},
    {"simulcast", MEDIA, true, on_simulcast},
    {"msid", MEDIA, true, on_msid},
    {"sctp-port", MEDIA, true, on_sctp_port},
    {"sctpmap", MEDIA, true, on_sctpmap},
    {"max-message-size", MEDIA, true, on_max_message_size},
};

ptn_err sdp_attr_parse(struct parse *p, char *text, const char *line) {
    size_t n = strcspn(text, ":");
    bool has_value = text[n] == ':';
    if (has_value && text[n + 1] == '\0')
        return bad(p, line); /* core.md 10.1 */
    int level = p->m ? MEDIA : SESSION;
    for (size_t i = 0; i < PTN_COUNT_OF(attributes); i++) {
        if (strlen(attributes[i].name) != n || strncmp(attributes[i].name, text, n) != 0)
            continue;
        if (!(attributes[i].level & level) || (attributes[i].wants_value && !has_value))
            return PTN_OK;
        char *value = text + n + has_value;
        return attributes[i].parse(p, value + strspn(value, " "), line);
    }
    return PTN_OK; /* one we do not need */
}

static void finish_feedback(struct parse *p) {
    for (size_t i = 0; i < p->wild_count; i++) {
        for (size_t k = 0; p->m && k < p->m->codec_count; k++)
            ptn_sdp_codec_add_fb(&p->m->codec[k], p->wild_fb[i]);
        free(p->wild_fb[i]);
    }
    free(p->wild_fb);
    p->wild_fb = NULL;
    p->wild_count = 0;
}

void sdp_mline_finish(struct parse *p) {
    if (p->m && p->m->dir == PTN_SDP_NO_DIR && p->m->kind != PTN_SDP_APPLICATION)
        p->m->dir = p->session_dir;
    finish_feedback(p);
    finish_simulcast(p);
}
