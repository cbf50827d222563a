/* Making and freeing descriptions. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sdp/internal.h"

struct ptn_sdp *ptn_sdp_new(void) {
    struct ptn_sdp *sdp = ptn_new(struct ptn_sdp);
    sdp->mline = ptn_new_array(struct ptn_sdp_mline, 1);
    return sdp;
}

static void codec_done(struct ptn_sdp_codec *c) {
    free(c->fmtp);
    for (size_t i = 0; i < c->fb_count; i++)
        free(c->fb[i]);
}

static void mline_done(struct ptn_sdp_mline *m) {
    for (size_t i = 0; i < m->codec_count; i++)
        codec_done(&m->codec[i]);
    for (size_t i = 0; i < m->ext_count; i++)
        free(m->ext[i].uri);
    for (size_t i = 0; i < m->ssrc_count; i++) {
        free(m->ssrc[i].cname);
        free(m->ssrc[i].msid);
    }
    for (size_t i = 0; i < m->extra_count; i++)
        free(m->extra[i]);
    free(m->codec);
    free(m->ext);
    free(m->ssrc);
    free(m->group);
    free(m->cand);
    free(m->extra);
}

void ptn_sdp_free(struct ptn_sdp *sdp) {
    if (!sdp)
        return;
    for (size_t i = 0; i < sdp->mline_count; i++)
        mline_done(&sdp->mline[i]);
    free(sdp->mline);
    free(sdp->s_name);
    free(sdp);
}

/* One zeroed item more at the end of a growing array; NULL at the limit. */
static void *append(void **array, size_t *count, size_t limit, size_t item) {
    if (*count >= limit)
        return NULL;
    if ((*count & (*count - 1)) == 0) /* full: it has room for a power of two */
        *array = ptn_realloc(*array, (*count ? *count * 2 : 1) * item);
    void *slot = (char *)*array + *count * item;
    memset(slot, 0, item);
    (*count)++;
    return slot;
}

struct ptn_sdp_mline *ptn_sdp_add_mline(struct ptn_sdp *sdp, enum ptn_sdp_kind kind) {
    struct ptn_sdp_mline *m =
        append((void **)&sdp->mline, &sdp->mline_count, PTN_SDP_MLINES_MAX, sizeof *m);
    if (m) {
        m->kind = kind;
        m->dir = PTN_SDP_NO_DIR;
    }
    return m;
}

struct ptn_sdp_codec *ptn_sdp_add_codec(struct ptn_sdp_mline *m, uint8_t pt, const char *name,
                                        uint32_t clock, uint8_t channels) {
    struct ptn_sdp_codec *c =
        append((void **)&m->codec, &m->codec_count, PTN_SDP_CODECS_MAX, sizeof *c);
    if (!c)
        return NULL;
    c->pt = pt;
    c->clock = clock;
    c->channels = channels;
    ptn_str_copy(c->name, sizeof c->name, name);
    return c;
}

void ptn_sdp_codec_set_fmtp(struct ptn_sdp_codec *c, const char *fmtp) {
    char *copy = ptn_strdup(fmtp);
    free(c->fmtp);
    c->fmtp = copy;
}

bool ptn_sdp_codec_add_fb(struct ptn_sdp_codec *c, const char *fb) {
    if (c->fb_count >= PTN_SDP_FB_MAX)
        return false;
    c->fb[c->fb_count++] = ptn_strdup(fb);
    return true;
}

bool ptn_sdp_add_ext(struct ptn_sdp_mline *m, uint8_t id, enum ptn_sdp_dir dir, const char *uri) {
    struct ptn_sdp_extmap *e =
        append((void **)&m->ext, &m->ext_count, PTN_SDP_EXTMAPS_MAX, sizeof *e);
    if (e)
        *e = (struct ptn_sdp_extmap){id, dir, ptn_strdup(uri)};
    return e != NULL;
}

bool ptn_sdp_add_ssrc(struct ptn_sdp_mline *m, uint32_t ssrc, const char *cname, const char *msid) {
    struct ptn_sdp_ssrc *s =
        append((void **)&m->ssrc, &m->ssrc_count, PTN_SDP_SSRCS_MAX, sizeof *s);
    if (s)
        *s = (struct ptn_sdp_ssrc){ssrc, ptn_strdup(cname), ptn_strdup(msid)};
    return s != NULL;
}

bool ptn_sdp_add_group(struct ptn_sdp_mline *m, const char *semantics, const uint32_t *ssrc,
                       size_t n) {
    struct ptn_sdp_group *g =
        append((void **)&m->group, &m->group_count, PTN_SDP_GROUPS_MAX, sizeof *g);
    if (!g)
        return false;
    ptn_str_copy(g->semantics, sizeof g->semantics, semantics);
    g->count = n < PTN_COUNT_OF(g->ssrc) ? n : PTN_COUNT_OF(g->ssrc);
    memcpy(g->ssrc, ssrc, g->count * sizeof *ssrc);
    return true;
}

bool ptn_sdp_add_cand(struct ptn_sdp_mline *m, const struct ptn_cand *cand) {
    struct ptn_cand *c = append((void **)&m->cand, &m->cand_count, PTN_SDP_CANDS_MAX, sizeof *c);
    if (c)
        *c = *cand;
    return c != NULL;
}

bool ptn_sdp_add_extra(struct ptn_sdp_mline *m, const char *line) {
    char **e = append((void **)&m->extra, &m->extra_count, PTN_SDP_EXTRA_MAX, sizeof *e);
    if (e)
        *e = ptn_strdup(line);
    return e != NULL;
}
