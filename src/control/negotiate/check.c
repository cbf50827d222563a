/* What a remote description must have. */
#include <stdio.h>
#include <string.h>

#include "control/negotiate/internal.h"

ptn_err ptn_neg_check_remote(const struct ptn_sdp *sdp, char *why, size_t why_cap) {
    struct ptn_sdp_transport t = ptn_sdp_bundle_transport(sdp);
    const char *missing = !t.ufrag[0] ? "ice-ufrag"
                          : !t.pwd[0] ? "ice-pwd"
                          : t.fingerprint_count == 0
                              ? "fingerprint (sha-1, sha-256, sha-384 or sha-512)"
                              : NULL;
    if (!missing)
        return PTN_OK;
    snprintf(why, why_cap, "the description has no %s", missing);
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
