/* One PeerConnection without sockets: ICE, DTLS, SRTP, RTP and RTCP of one remote peer on one
 * component. Datagrams, a plan and a clock in; datagrams, received media, events and deadlines
 * out. It knows no room, no other peer and no thread. One loop.
 * After every call that takes `now`: drain media, NACKs, events and datagrams, re-arm the timer. */
#ifndef PTN_PEER_PEER_H
#define PTN_PEER_PEER_H

#include <jansson.h>

#include "base/datagram.h"
#include "dtls/dtls.h"
#include "ice/ice.h"
#include "media/packet.h"
#include "media/plan.h"

struct ptn_peer_config {
    struct ptn_rng rng;
    struct ptn_packet_pool *pool;  /* borrowed: of the loop */
    struct ptn_dtls_ctx *dtls_ctx; /* borrowed: a reference is taken when needed */
    uint16_t dtls_mtu;
    bool ice_lite, ice_aggressive, controlling;
    char ufrag[33], pwd[65];
    const struct ptn_cand *cands; /* local candidates, copied */
    size_t cand_count;
    ptn_time twcc_period;
    ptn_time no_media_timer;     /* 0: off */
    unsigned slowlink_threshold; /* 0: off */
    int64_t wall_offset;         /* wall clock minus monotonic clock, for NTP time stamps */
};

enum ptn_peer_event_type {
    PTN_PEER_ICE,      /* ice_state; text: explanation when failed */
    PTN_PEER_SELECTED, /* text: the pair */
    PTN_PEER_DTLS,     /* text: "trying", "connected", "failed"; value: retransmissions */
    PTN_PEER_UP,       /* text: SRTP profile */
    PTN_PEER_MEDIA,    /* mindex, layer, flag */
    PTN_PEER_SLOWLINK, /* mindex, flag: uplink, value: lost */
    PTN_PEER_REMB,     /* value */
    PTN_PEER_KEYFRAME, /* mindex: the peer wants one of what we send */
    PTN_PEER_ENDED,    /* the peer cannot go on: text = reason of core.md 7.5, detail; once */
};

struct ptn_peer_event {
    enum ptn_peer_event_type type;
    enum ptn_ice_state ice_state;
    uint16_t mindex;
    int8_t layer; /* -1: no simulcast */
    bool flag;
    uint64_t value;
    char text[160];
    char detail[160];
};

struct ptn_peer;

struct ptn_peer *ptn_peer_new(const struct ptn_peer_config *cfg, ptn_time now);
void ptn_peer_free(struct ptn_peer *p); /* NULL allowed */

/* A new plan of a later generation (older ones are ignored); a reference is taken. */
void ptn_peer_apply(struct ptn_peer *p, ptn_time now, struct ptn_plan *plan);
/* cand NULL: no more will come. Results of ptn_ice_add_remote. */
ptn_err ptn_peer_candidate(struct ptn_peer *p, ptn_time now, const struct ptn_cand *cand);
/* Begins a polite end: close_notify is queued; nothing is received or sent after it. */
void ptn_peer_close(struct ptn_peer *p, ptn_time now);
/* REMB to the peer once a second; 0: 10 Mbit/s is announced once, then nothing. */
void ptn_peer_set_remb(struct ptn_peer *p, ptn_time now, uint32_t bitrate);

/* One datagram for this peer; packet->data[0..len) is decrypted in place. The reference stays the
 * caller's: what is kept is referenced.
 *  returns PTN_OK when the datagram was authentic; for STUN this makes path a known tuple. */
ptn_err ptn_peer_handle(struct ptn_peer *p, ptn_time now, const struct ptn_path *path,
                        struct ptn_packet *packet);
void ptn_peer_handle_timeout(struct ptn_peer *p, ptn_time now);
ptn_time ptn_peer_next_timeout(const struct ptn_peer *p);
bool ptn_peer_poll_datagram(struct ptn_peer *p, ptn_time now, struct ptn_datagram *out);
bool ptn_peer_poll_event(struct ptn_peer *p, struct ptn_peer_event *out);

/* -- media ----------------------------------------------------------------------------------- */

struct ptn_peer_media {        /* one received packet, new and in the plan */
    struct ptn_packet *packet; /* the reference goes to the taker */
    uint16_t mindex;
    uint8_t layer;
};
/* Takes up to cap packets in order of arrival. */
size_t ptn_peer_take_media(struct ptn_peer *p, struct ptn_peer_media *out, size_t cap);

struct ptn_peer_nack { /* the peer misses this packet of what we sent */
    uint16_t mindex;
    uint16_t seq; /* as on the wire, of the media SSRC */
};
size_t ptn_peer_take_nacks(struct ptn_peer *p, struct ptn_peer_nack *out, size_t cap);

/* Asks the peer for a keyframe of what it sends on this m-line; merged, at most one in 500 ms. */
void ptn_peer_want_keyframe(struct ptn_peer *p, ptn_time now, uint16_t mindex);
/* The newest sender report mapping of a received m-line's layer 0; false: none yet. */
bool ptn_peer_can_send(const struct ptn_peer *p); /* SRTP is up */
ptn_time ptn_peer_rtt(const struct ptn_peer *p);  /* 0: unknown */

struct ptn_out { /* one RTP packet to send: a reference and how to rewrite its header */
    struct ptn_packet *packet; /* a reference is taken by ptn_peer_send */
    int64_t index;             /* outgoing unwrapped sequence number (rollover counter inside) */
    uint32_t ts;
    uint16_t mindex;
    uint16_t osn; /* original sequence number of an RTX packet */
    bool rtx;
    int16_t playout_min, playout_max; /* both >= 0: written instead of what is carried */
};
/* Queues for the next flush. PTN_ELIMIT: queue full, counted, the packet is dropped. */
ptn_err ptn_peer_send(struct ptn_peer *p, const struct ptn_out *out);
/* The next unwrapped number of the m-line's RTX stream. */
int64_t ptn_peer_next_rtx(struct ptn_peer *p, uint16_t mindex);

/* Where flush writes encrypted packets: room gives cap bytes (NULL: no more, the rest is dropped
 * and counted), commit says how many were used. */
struct ptn_out_writer {
    uint8_t *(*room)(struct ptn_out_writer *w, const struct ptn_path *path, size_t cap);
    void (*commit)(struct ptn_out_writer *w, size_t len);
};
/* Audio first, then video and retransmissions. */
void ptn_peer_flush(struct ptn_peer *p, ptn_time now, struct ptn_out_writer *w);
bool ptn_peer_has_output(const struct ptn_peer *p); /* something queued for flush */

/* -- looking --------------------------------------------------------------------------------- */

const struct ptn_plan *ptn_peer_plan(const struct ptn_peer *p); /* NULL before the first */
bool ptn_peer_knows_path(const struct ptn_peer *p, const struct ptn_path *path);
bool ptn_peer_handshaking(const struct ptn_peer *p); /* DTLS has begun and is not finished */

struct ptn_peer_counters {
    uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
    uint64_t rx_bad_auth, rx_replayed, rx_unknown_ssrc, rx_malformed, rx_too_large, rx_not_wanted,
        rx_duplicate, rx_rtx, tx_dropped, tx_rtx, nacks_sent, nacks_received, plis_sent,
        plis_received, twcc_received;
};
const struct ptn_peer_counters *ptn_peer_get_counters(const struct ptn_peer *p);
json_t *ptn_peer_dump(const struct ptn_peer *p, ptn_time now); /* new reference */

#endif
