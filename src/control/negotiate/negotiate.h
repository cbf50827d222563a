/* Offer and answer (RFC 3264, 8829; core.md 8 to 13): from a peer's description and a plugin's
 * wishes to our description and a media plan. Pure: no engine, no clock, no I/O. Control thread. */
#ifndef PTN_CONTROL_NEGOTIATE_NEGOTIATE_H
#define PTN_CONTROL_NEGOTIATE_NEGOTIATE_H

#include <jansson.h>

#include "base/rng.h"
#include "media/plan.h"
#include "portunus/plugin.h"
#include "sdp/sdp.h"

/* The offer as ptn_offer_* of plugin.h show it. Borrowed parts live as long as the request. */
struct ptn_offer {
    const struct ptn_sdp *sdp;
    const json_t *svc; /* jsep.svc or NULL */
    bool e2ee;
};

/* What is decided about one m-line, kept over renegotiations. */
struct ptn_neg_mline {
    enum ptn_kind kind;
    bool accepted;
    bool send, recv; /* our side */
    bool has_mid;
    char mid[PTN_SDP_MID_MAX + 1]; /* the first it had; without any: its index as text */
    char codec[16];                /* "" when refused */
    uint32_t ssrc, rtx_ssrc;       /* ours; 0: none yet, or given up when it was refused */
    uint64_t source_id, sink_id;   /* 0: never accepted so far */
};

/* The negotiation state of one PeerConnection; zero-initialise. Holds no memory. */
struct ptn_neg {
    uint32_t generation; /* negotiations completed */
    char remote_ufrag[257], remote_pwd[257];
    enum ptn_dtls_role dtls_role;
    size_t mline_count;
    struct ptn_neg_mline mline[PTN_PLAN_MLINES_MAX];
};

struct ptn_neg_local {                 /* our side; strings borrowed for the call */
    const char *ufrag, *pwd;           /* of this PeerConnection */
    const char *next_ufrag, *next_pwd; /* used instead when the peer restarts ICE */
    struct ptn_fingerprint fingerprint;
    struct ptn_addr addr; /* for o= and c= */
    bool ice_lite;
    bool lmh;            /* jsep.rid_order: first rid is the lowest quality */
    bool answer_passive; /* be the DTLS server when the offer leaves the choice */
    struct ptn_rng rng;
    uint64_t (*stream_id)(void *ctx); /* a fresh id for a source or sink */
    void *ctx;
};

/* Everything a remote description must have (core.md 8.3): ICE credentials, a fingerprint by a hash
 * we accept (sha-1, sha-256, sha-384, sha-512), mids and msids of the right form.
 *  returns PTN_EMALFORMED; why then says what is missing, for the log. */
PTN_MUST_CHECK ptn_err ptn_neg_check_remote(const struct ptn_sdp *sdp, char *why, size_t why_cap);
/* The peer's credentials differ from those of the last negotiation. */
bool ptn_neg_is_restart(const struct ptn_neg *neg, const struct ptn_sdp *offer);
/* Answers an offer. lines: one per m-line of the offer; data m-lines are refused whatever they say.
 *  answer   new description without candidates; the caller frees it
 *  plan     one reference
 *  returns  PTN_EINVALID: count differs from the offer's m-lines, or the offer has fewer m-lines
 *           than before. neg changes only on success. */
PTN_MUST_CHECK ptn_err ptn_neg_answer(struct ptn_neg *neg, const struct ptn_sdp *offer,
                                      const struct ptn_answer_mline *lines, size_t count,
                                      const struct ptn_neg_local *local, struct ptn_sdp **answer,
                                      struct ptn_plan **plan);
/* Half trickle: the candidates and end-of-candidates on every m-line in use. For a finished answer
 * or offer, before it is written; in full trickle it is simply not called. */
void ptn_neg_add_candidates(struct ptn_sdp *sdp, const struct ptn_cand *cands, size_t count);

/* -- the other side: what our own clients (load tool, tests) use ------------------------------ */

struct ptn_neg_offer_options {
    bool audio, video;
    const char *video_codec; /* NULL or unknown: vp8 */
};
/* A browser-like offer: sendrecv, RTX, the usual extensions; BUNDLE; trickle unless
 * ptn_neg_add_candidates follows. The caller frees it. A later offer of the same neg keeps SSRCs
 * and stream ids, and may add what the first did not have. Of local, next_ufrag and next_pwd are
 * unused. */
struct ptn_sdp *ptn_neg_offer(struct ptn_neg *neg, const struct ptn_neg_offer_options *options,
                              const struct ptn_neg_local *local);
/* The answer to it becomes a plan (one reference).
 *  returns PTN_EINVALID when it does not fit the offer: other m-lines, or a codec or payload type
 *          that was not offered. neg changes only on success. */
PTN_MUST_CHECK ptn_err ptn_neg_apply_answer(struct ptn_neg *neg, const struct ptn_sdp *offer,
                                            const struct ptn_sdp *answer, struct ptn_plan **plan);

#endif
