/* What a negotiation decided, for one peer: made by the control loop, immutable, posted to the
 * peer's media loop. The engine knows nothing of SDP. */
#ifndef PTN_MEDIA_PLAN_H
#define PTN_MEDIA_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/cert.h"
#include "dtls/dtls.h"

#define PTN_PLAN_MLINES_MAX 64
#define PTN_PLAN_LAYERS 3 /* simulcast layers of an m-line; 0 is the lowest quality */

enum ptn_kind { PTN_AUDIO, PTN_VIDEO, PTN_DATA };

/* Header extension ids of the whole PeerConnection; 0: not negotiated. */
struct ptn_plan_exts {
    uint8_t mid, rid, repaired_rid, audio_level, orientation, playout_delay, twcc, abs_send_time,
        abs_capture_time, dependency_descriptor, layers_allocation;
};

struct ptn_plan_layer { /* of what the peer sends */
    uint32_t ssrc;      /* 0: not announced, learned from mid/rid */
    uint32_t rtx_ssrc;  /* 0: none or learned */
    char rid[16];       /* empty: no rid simulcast */
};

struct ptn_plan_mline {
    uint64_t source_id; /* what this m-line receives; 0: never received. Stable over plans. */
    uint64_t sink_id;   /* what this m-line sends; 0: never sends. Stable over plans. */
    enum ptn_kind kind;
    bool recv; /* from the peer, now */
    bool send; /* to the peer, now */
    char mid[17];
    char codec[16]; /* "vp8", "opus": lower case, the names of core.md 12.1 */
    uint32_t clock_hz;
    uint8_t pt;                      /* the codec's payload type with this peer */
    uint8_t rtx_pt;                  /* 0: no RTX */
    uint8_t red_pt;                  /* 0: none (audio RED) */
    uint8_t dtmf_pt;                 /* 0: none */
    bool nack, pli, fir, remb, twcc; /* negotiated feedback */
    uint32_t ssrc;                   /* ours: RTP we send, and RTCP sender SSRC */
    uint32_t rtx_ssrc;               /* ours; 0 without RTX */
    size_t layer_count;              /* 1, or 2..3 with simulcast */
    struct ptn_plan_layer layer[PTN_PLAN_LAYERS];
};

struct ptn_plan {
    atomic_uint refs;
    uint32_t generation; /* counts negotiations of this peer, from 1 */
    char remote_ufrag[257], remote_pwd[257];
    bool remote_lite;
    bool ice_restart;                      /* our new credentials are in local_ufrag/local_pwd */
    char local_ufrag[257], local_pwd[257]; /* with ice_restart */
    enum ptn_dtls_role dtls_role;          /* fixed by the first plan */
    struct ptn_fingerprint fingerprint[PTN_DTLS_FINGERPRINTS_MAX];
    size_t fingerprint_count;
    struct ptn_plan_exts ext;
    size_t mline_count;
    struct ptn_plan_mline mline[]; /* index = mindex */
};

struct ptn_plan *ptn_plan_new(size_t mlines); /* zeroed, one reference */
struct ptn_plan *ptn_plan_ref(struct ptn_plan *plan);
void ptn_plan_unref(struct ptn_plan *plan); /* NULL allowed; any thread */

#endif
