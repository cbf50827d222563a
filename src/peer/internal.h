/* Inside src/peer only. */
#ifndef PTN_PEER_INTERNAL_H
#define PTN_PEER_INTERNAL_H

#include "peer/peer.h"
#include "rtp/nack_gen.h"
#include "rtp/rate.h"
#include "rtp/rx_stats.h"
#include "rtp/seq.h"
#include "rtp/twcc_gen.h"
#include "rtp/tx_stats.h"

#define RX_INBOX_MAX 256   /* packets between two drains; a batch is 64 */
#define NACK_INBOX_MAX 256 /* requests between two drains */
#define EVENTS_MAX 64      /* between two drains; repeated ones are merged */
#define EGRESS_MAX 2048    /* packets queued between two flushes */
#define KEYFRAME_INTERVAL (500 * PTN_MS)
#define RTCP_INTERVAL PTN_SECOND
#define DEFAULT_REMB 10000000u /* bit/s: announced when no cap is set */

/* One RTP stream the peer sends: a layer of an m-line, with its RTX. */
struct rx_track {
    uint32_t ssrc, rtx_ssrc; /* 0: not known yet */
    uint32_t left[2];        /* what these were before: late packets of it bring it not back */
    char rid[16];
    struct ptn_unwrap unwrap;
    int64_t ext_base; /* added to unwrapped numbers for the world outside: see rx_track_done */
    struct ptn_nack_gen *nack; /* owned; NULL: not negotiated */
    struct ptn_rx_stats stats;
    struct ptn_rate rate;
    ptn_time last_packet;  /* 0: never */
    bool receiving;        /* as reported by media events */
    int64_t lost_reported; /* for slowlink */
};

/* One m-line: what the peer sends and what we send on it. */
struct mline {
    const struct ptn_plan_mline *plan; /* borrowed from the peer's plan */
    struct rx_track rx[PTN_PLAN_LAYERS];
    size_t rx_count;
    struct ptn_tx_stats tx;
    struct ptn_tx_stats rtx;
    struct ptn_rate tx_rate;
    int64_t rtx_index; /* next; 0: not started */
    ptn_time keyframe_sent;
    bool keyframe_wanted;
    uint8_t fir_seq;
};

struct ssrc_route { /* of what the peer sends */
    uint32_t ssrc;
    uint8_t mindex, layer;
    bool is_rtx;
};
#define ROUTES_MAX 128

struct egress_queue {
    struct ptn_out *out; /* owned array; each holds a packet reference */
    size_t count, cap;
};

enum ext_meaning {
    EXT_NONE,
    EXT_MID,
    EXT_RID,
    EXT_REPAIRED_RID,
    EXT_TWCC,
    EXT_CARRY, /* + enum ptn_carry */
};

enum peer_phase { PHASE_NEW, PHASE_DTLS, PHASE_UP, PHASE_CLOSING, PHASE_ENDED };

struct ptn_peer {
    struct ptn_peer_config cfg; /* cands is NULL after _new */
    enum peer_phase phase;
    bool ended_told;
    ptn_time created, up_at;

    /* owned: freed by ptn_peer_free */
    struct ptn_ice *ice;
    struct ptn_dtls *dtls;
    struct ptn_srtp_tx *srtp_tx;
    struct ptn_srtp_rx *srtp_rx;
    struct ptn_twcc_gen *twcc;
    struct mline *mline;
    size_t mline_count;
    struct ssrc_route *route;
    size_t route_count, route_cap;
    struct egress_queue audio, video;

    /* shared across loops: one reference held */
    struct ptn_plan *plan;

    /* owned: what waits to be drained; grown as needed up to the limits above */
    struct ptn_peer_media *inbox;
    size_t inbox_count, inbox_cap;
    struct ptn_peer_nack *nacks;
    size_t nack_count, nack_cap;
    struct ptn_peer_event *events;
    size_t event_head, event_count, event_cap;
    uint8_t *rtcp_out; /* plain compound packets, each behind a 16-bit length */
    size_t rtcp_len, rtcp_read, rtcp_cap;

    struct ptn_path data_path; /* last known path that delivered DTLS or media */
    bool had_path;             /* ICE has selected one, now or earlier */
    uint8_t meaning[256];      /* of a header extension id: enum ext_meaning */

    uint16_t twcc_seq; /* next transport-wide number of what we send */
    ptn_time rtcp_due; /* next report */
    ptn_time twcc_due;
    ptn_time watch_due;
    ptn_time nack_due;
    uint32_t remb;
    bool remb_due;
    unsigned dtls_retransmissions;
    struct ptn_peer_counters count;
};

/* peer.c */
void peer_end(struct ptn_peer *p, const char *reason, const char *detail);
/* events.c */
struct ptn_peer_event *peer_event(struct ptn_peer *p, enum ptn_peer_event_type type);
/* transport.c */
void transport_pump(struct ptn_peer *p, ptn_time now);
/* Where everything but STUN goes: the pair that ICE selected; before the first one, the
 * authenticated path that the peer's own datagrams take. NULL: nowhere, as when consent has expired
 * (RFC 7675 5.1). */
const struct ptn_path *transport_path(const struct ptn_peer *p);
ptn_err transport_handle_dtls(struct ptn_peer *p, ptn_time now, const struct ptn_path *path,
                              struct ptn_bytes datagram);
/* routes.c */
const struct ssrc_route *route_find(const struct ptn_peer *p, uint32_t ssrc);
bool route_add(struct ptn_peer *p, uint32_t ssrc, size_t mindex, size_t layer, bool is_rtx);
void routes_rebuild(struct ptn_peer *p);
/* Finds or learns the route of a packet by SSRC, else by mid and rid (RFC 8843, 8852). */
const struct ssrc_route *route_learn(struct ptn_peer *p, const struct ptn_packet *packet);
/* rtp_in.c, rtcp_in.c */
ptn_err rtp_handle(struct ptn_peer *p, ptn_time now, struct ptn_packet *packet);
ptn_err rtcp_handle(struct ptn_peer *p, ptn_time now, struct ptn_packet *packet);
/* grow.c: room for one more in a growing array; false at the limit */
bool grow(void **array, size_t *cap, size_t count, size_t limit, size_t item);
/* rtcp_out.c */
void rtcp_reports(struct ptn_peer *p, ptn_time now);
void rtcp_nacks(struct ptn_peer *p, ptn_time now);
void rtcp_keyframe(struct ptn_peer *p, ptn_time now, size_t mindex);
void rtcp_feedback(struct ptn_peer *p, ptn_time now);
void rtcp_remb(struct ptn_peer *p);
bool rtcp_poll(struct ptn_peer *p, struct ptn_datagram *out);
uint64_t peer_ntp(const struct ptn_peer *p, ptn_time now);
/* watch.c */
void watch_run(struct ptn_peer *p, ptn_time now);
void watch_packet(struct ptn_peer *p, ptn_time now, size_t mindex, size_t layer);
/* plan.c */
void rx_track_start(struct rx_track *t, const struct ptn_plan_mline *m,
                    const struct ptn_plan_layer *layer);
void rx_track_done(struct rx_track *t);
/* egress.c */
void egress_done(struct ptn_peer *p, struct egress_queue *q);

#endif
