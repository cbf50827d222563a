/* What a remote description must have. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "control/negotiate/internal.h"

static bool is_ice_text(const char *s,
                        size_t min) { /* RFC 8839 5.4; the maximum was the parser's */
    size_t n = 0;
    for (; s[n]; n++)
        if (!isalnum((unsigned char)s[n]) && s[n] != '+' && s[n] != '/')
            return false;
    return n >= min;
}

static const char *flaw_of(const struct ptn_sdp *sdp) {
    struct ptn_sdp_transport t = ptn_sdp_bundle_transport(sdp);
    if (sdp->flaw)
        return sdp->flaw;
    if (!t.ufrag[0])
        return "no a=ice-ufrag";
    if (!t.pwd[0])
        return "no a=ice-pwd";
    if (!is_ice_text(t.ufrag, 4) || !is_ice_text(t.pwd, 22))
        return "ICE credentials that are not valid";
    if (t.fingerprint_count == 0)
        return "no a=fingerprint by sha-1, sha-256, sha-384 or sha-512";
    return NULL;
}

ptn_err ptn_neg_check_remote(const struct ptn_sdp *sdp, char *why, size_t why_cap) {
    const char *flaw = flaw_of(sdp);
    if (!flaw)
        return PTN_OK;
    snprintf(why, why_cap, "the description has %s", flaw);
    return PTN_EMALFORMED;
}

bool ptn_neg_is_restart(const struct ptn_neg *neg, const struct ptn_sdp *offer) {
    struct ptn_sdp_transport t = ptn_sdp_bundle_transport(offer);
    return neg->generation > 0 &&
           (strcmp(t.ufrag, neg->remote_ufrag) != 0 || strcmp(t.pwd, neg->remote_pwd) != 0);
}

void ptn_neg_add_candidates(struct ptn_sdp *sdp, const struct ptn_cand *cands, size_t count) {
    for (size_t i = 0; i < sdp->mline_count; i++) {
        struct ptn_sdp_mline *m = &sdp->mline[i];
        if (m->port == 0)
            continue;
        for (size_t k = 0; k < count; k++)
            ptn_sdp_add_cand(m, &cands[k]);
        m->end_of_candidates = true;
    }
}
