/* Session descriptions (RFC 8866, JSEP subset): text to struct and back. Offer/answer rules live
 * in control/. A parsed description owns its memory. Limits: PTN_SDP_* below. */
#ifndef PTN_SDP_SDP_H
#define PTN_SDP_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "crypto/cert.h"
#include "ice/cand.h"

#define PTN_SDP_BYTES_MAX (256 * 1024)
#define PTN_SDP_LINE_MAX 8191 /* bytes; the longest seen is an fmtp with parameter sets, 2 kB */
#define PTN_SDP_MLINE_MAX 200 /* bytes of an m= line */
#define PTN_SDP_WHY 224       /* enough for every reason ptn_sdp_parse gives */
#define PTN_SDP_MLINES_MAX 64
#define PTN_SDP_CODECS_MAX 64 /* payload types of one m-line */
#define PTN_SDP_FB_MAX 16     /* rtcp-fb lines of one payload type */
#define PTN_SDP_EXTMAPS_MAX 32
#define PTN_SDP_SSRCS_MAX 32
#define PTN_SDP_GROUPS_MAX 16
#define PTN_SDP_RIDS_MAX 8
#define PTN_SDP_CANDS_MAX 64
#define PTN_SDP_EXTRA_MAX 16
#define PTN_SDP_MID_MAX 16 /* characters */

enum ptn_sdp_kind { PTN_SDP_AUDIO, PTN_SDP_VIDEO, PTN_SDP_APPLICATION };
enum ptn_sdp_dir { /* bit 0: send, bit 1: receive, as seen by the description's author */
                   PTN_SDP_INACTIVE = 0,
                   PTN_SDP_SENDONLY = 1,
                   PTN_SDP_RECVONLY = 2,
                   PTN_SDP_SENDRECV = 3,
                   PTN_SDP_NO_DIR = 4, /* line absent (data m-lines); means sendrecv */
};
enum ptn_sdp_setup { PTN_SETUP_NONE, PTN_SETUP_ACTPASS, PTN_SETUP_ACTIVE, PTN_SETUP_PASSIVE };

struct ptn_sdp_codec {
    uint8_t pt;
    char name[32]; /* as in rtpmap, case kept; static payload types 0, 8, 9 are filled in */
    uint32_t clock;
    uint8_t channels;         /* 0: not given */
    char *fmtp;               /* owned; NULL: none */
    char *fb[PTN_SDP_FB_MAX]; /* owned: "nack pli"; a=rtcp-fb:* lines are copied to every codec */
    size_t fb_count;
};

struct ptn_sdp_extmap {
    uint8_t id;
    enum ptn_sdp_dir dir; /* PTN_SDP_NO_DIR: no suffix */
    char *uri;            /* owned */
};

struct ptn_sdp_ssrc {
    uint32_t ssrc;
    char *cname; /* owned; NULL: none */
    char *msid;  /* owned; NULL: none */
};

struct ptn_sdp_group { /* a=ssrc-group */
    char semantics[8];
    uint32_t ssrc[4];
    size_t count;
};

struct ptn_sdp_rid {
    char id[16];
    bool recv;   /* direction token: recv, else send */
    bool paused; /* "~" in a=simulcast */
};

struct ptn_sdp_transport { /* what may stand at session or media level */
    char ufrag[257], pwd[257];
    struct ptn_fingerprint fingerprint[4];
    size_t fingerprint_count;
    enum ptn_sdp_setup setup;
};

struct ptn_sdp_mline {
    enum ptn_sdp_kind kind;
    uint16_t port;
    bool bundle_only;
    char proto[32];
    enum ptn_sdp_dir dir;
    bool has_mid;
    char mid[PTN_SDP_MID_MAX + 1];
    struct ptn_sdp_transport transport;
    bool rtcp_mux, rtcp_rsize, end_of_candidates, ice_trickle;
    uint32_t b_as, b_tias;       /* 0: none */
    struct ptn_sdp_codec *codec; /* owned array, order of the m= line */
    size_t codec_count;
    struct ptn_sdp_extmap *ext;
    size_t ext_count;
    struct ptn_sdp_ssrc *ssrc;
    size_t ssrc_count;
    struct ptn_sdp_group *group;
    size_t group_count;
    struct ptn_sdp_rid rid[PTN_SDP_RIDS_MAX]; /* order of a=rid lines */
    size_t rid_count;
    bool simulcast;     /* a=simulcast present */
    bool simulcast_old; /* the old draft's "a=simulcast: send rid=h;m;l" */
    char msid_stream[65], msid_track[65];
    bool has_msid;
    struct ptn_cand *cand;
    size_t cand_count;
    /* data */
    uint16_t sctp_port;        /* 0: none */
    bool sctpmap;              /* old form a=sctpmap:5000 webrtc-datachannel N */
    uint32_t max_message_size; /* 0: none */
    char fmt[32];              /* first format of a data m-line ("webrtc-datachannel", "5000") */
    char **extra;              /* owned: "name:value" lines written verbatim (ptime, ...) */
    size_t extra_count;
};

struct ptn_sdp {
    char o_name[65];
    uint64_t o_id, o_version;
    struct ptn_addr o_addr;
    char *s_name;                       /* owned */
    struct ptn_sdp_transport transport; /* session level */
    bool ice_lite, ice_trickle, extmap_allow_mixed, msid_semantic;
    bool has_bundle;
    char bundle[PTN_SDP_MLINES_MAX][PTN_SDP_MID_MAX + 1];
    size_t bundle_count;
    struct ptn_sdp_mline *mline; /* owned array */
    size_t mline_count;
    /* What parses, but cannot be negotiated (core.md 8.3): a mid that is too long or no token, an
     * msid without track. NULL: nothing. Static text; ptn_neg_check_remote refuses it. */
    const char *flaw;
};

/* On failure why holds the reason in the wording of the specification ("Invalid m= line: …").
 *  returns PTN_EMALFORMED; PTN_ELIMIT for what exceeds a limit above. out untouched. */
PTN_MUST_CHECK ptn_err ptn_sdp_parse(const char *text, struct ptn_sdp **out, char *why,
                                     size_t why_cap);
struct ptn_sdp *ptn_sdp_new(void);
void ptn_sdp_free(struct ptn_sdp *sdp); /* NULL allowed */
/* Appends a zeroed m-line with dir and kind set; NULL beyond the limit. Borrowed. The pointer is
 * invalid after the next add. */
struct ptn_sdp_mline *ptn_sdp_add_mline(struct ptn_sdp *sdp, enum ptn_sdp_kind kind);
struct ptn_sdp_codec *ptn_sdp_add_codec(struct ptn_sdp_mline *m, uint8_t pt, const char *name,
                                        uint32_t clock, uint8_t channels);
void ptn_sdp_codec_set_fmtp(struct ptn_sdp_codec *c, const char *fmtp); /* copies; NULL clears */
bool ptn_sdp_codec_add_fb(struct ptn_sdp_codec *c, const char *fb);     /* false: limit */
bool ptn_sdp_add_ext(struct ptn_sdp_mline *m, uint8_t id, enum ptn_sdp_dir dir, const char *uri);
bool ptn_sdp_add_ssrc(struct ptn_sdp_mline *m, uint32_t ssrc, const char *cname, const char *msid);
bool ptn_sdp_add_group(struct ptn_sdp_mline *m, const char *semantics, const uint32_t *ssrc,
                       size_t n);
/* "name:value" or "name", written verbatim after a=. */
bool ptn_sdp_add_extra(struct ptn_sdp_mline *m, const char *line);
bool ptn_sdp_add_cand(struct ptn_sdp_mline *m, const struct ptn_cand *cand);

/* The whole text, lines in the order of the specification (core.md 11), CRLF. */
void ptn_sdp_write(const struct ptn_sdp *sdp, struct ptn_str *out);

/* Looking things up. */
const struct ptn_sdp_codec *ptn_sdp_codec_by_pt(const struct ptn_sdp_mline *m, uint8_t pt);
const struct ptn_sdp_extmap *ptn_sdp_ext_by_uri(const struct ptn_sdp_mline *m, const char *uri);
/* One parameter of an fmtp ("apt", "profile-id"): copies its value; false when absent. */
bool ptn_sdp_fmtp_param(const char *fmtp, const char *name, char *out, size_t cap);
/* Disabled in the offer: port 0, neither the first m-line nor bundle-only. */
bool ptn_sdp_mline_is_disabled(const struct ptn_sdp *sdp, size_t index);
/* Session level or first m-line (media level wins), RFC 8843: one transport for the bundle. */
struct ptn_sdp_transport ptn_sdp_bundle_transport(const struct ptn_sdp *sdp);
enum ptn_sdp_dir ptn_sdp_dir_reversed(enum ptn_sdp_dir dir);
const char *ptn_sdp_dir_name(enum ptn_sdp_dir dir);    /* "sendrecv" */
const char *ptn_sdp_kind_name(enum ptn_sdp_kind kind); /* "audio" */

#endif
