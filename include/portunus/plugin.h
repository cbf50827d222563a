/* What a plugin's control code implements, and what the engine offers it.
 *
 * A plugin wires media and talks JSON; it never sees a packet, an SSRC, a sequence number or a key.
 * Everything runs on the control thread and must not block. Plugins are compiled in; there is no
 * ABI promise. The shape is meant to carry every kind of plugin: docs/architecture.md walks through
 * them. */
#ifndef PORTUNUS_PLUGIN_H
#define PORTUNUS_PLUGIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"

struct ptn_host;    /* the core, as seen by one plugin */
struct ptn_handle;  /* one client attached to the plugin; at most one PeerConnection at a time */
struct ptn_request; /* one message; owned by the core until it is done */
struct ptn_offer;   /* a JSEP offer that came with a request; owned by the request */

enum ptn_media_kind { PTN_MEDIA_AUDIO, PTN_MEDIA_VIDEO, PTN_MEDIA_DATA };

typedef uint64_t ptn_source; /* media coming in: an m-line of a peer, an RTP port, a mixer's output */
typedef uint64_t ptn_sink;   /* media going out: an m-line of a peer, a recorder, a forwarder */

/* -- what a plugin implements ----------------------------------------------------------------- */

struct ptn_plugin {
    const char *package; /* "janus.plugin.echotest" */
    const char *name, *author, *description, *version_string;
    int version;
    const char *config_name; /* "plugin.echotest": schema of its file */

    /* Any member below may be NULL unless marked *. */
    ptn_err (*init)(struct ptn_host *host, const struct ptn_config_file *cfg, void **plugin);
    void (*done)(void *plugin);
    /* * A client attaches; *state is the plugin's own per-handle object. Failing refuses (461). */
    ptn_err (*attach)(void *plugin, struct ptn_handle *handle, void **state);
    /* * The handle is going away; hangup has been called before if there was a PeerConnection.
     * Requests that are not done yet are over: forget them, the core answers (459). */
    void (*detach)(void *state);
    /* A key by which peers want to share a media loop (a room), before candidates are gathered. */
    uint64_t (*placement)(void *state, const json_t *body);
    /* * One request. Answer it now or later with the ptn_request_* calls, then end it with
     * ptn_request_done; the handle's next request waits until then. */
    void (*message)(void *state, struct ptn_request *request);
    void (*media_up)(void *state); /* DTLS finished, media can flow */
    /* The PeerConnection is gone, for this reason; sources and sinks of the handle with it. */
    void (*hangup)(void *state, const char *reason);
    void (*media)(void *state, size_t mindex, bool receiving);
    /* Losses above the threshold; uplink: of what we send. */
    void (*slow_link)(void *state, size_t mindex, bool uplink, uint64_t lost);
    void (*remb)(void *state, uint64_t bitrate); /* the peer's estimate for what we send */
    json_t *(*query)(void *state);               /* handle_info's plugin_specific; new reference */
    json_t *(*admin)(void *plugin, const json_t *request); /* message_plugin; new reference */
};

/* -- requests --------------------------------------------------------------------------------- */

const json_t *ptn_request_body(const struct ptn_request *r);   /* always an object; borrowed */
const char *ptn_request_transaction(const struct ptn_request *r);
const struct ptn_offer *ptn_request_offer(const struct ptn_request *r); /* NULL: none came */

/* The direct reply, exactly one of these three: synchronous success with data; "ack" (hint may be
 * NULL), events follow; or core error 462 with the text. data is stolen. */
void ptn_request_success(struct ptn_request *r, json_t *data);
void ptn_request_ack(struct ptn_request *r, const char *hint);
void ptn_request_fail(struct ptn_request *r, const char *text);
/* An event that carries the request's transaction; after ack, any number of times. data stolen. */
void ptn_request_event(struct ptn_request *r, json_t *data);
/* The request is over; r is gone. */
void ptn_request_done(struct ptn_request *r);

/* An event without transaction. data is stolen. */
void ptn_handle_event(struct ptn_handle *h, json_t *data);
/* Type-64 event for event handlers. data is stolen. */
void ptn_handle_notify(struct ptn_handle *h, json_t *data);

const char *ptn_handle_opaque_id(const struct ptn_handle *h); /* NULL: none */
uint64_t ptn_handle_id(const struct ptn_handle *h);

/* -- negotiation ------------------------------------------------------------------------------ */

struct ptn_offer_mline { /* one m-line of the offer; strings borrowed */
    const char *mid;
    enum ptn_media_kind kind;
    bool disabled;          /* port 0: must be refused */
    bool peer_sends, peer_receives;
    bool simulcast;         /* the peer would send several layers */
};
size_t ptn_offer_count(const struct ptn_offer *o);
struct ptn_offer_mline ptn_offer_mline(const struct ptn_offer *o, size_t mindex);
/* Is this codec ("vp8", "opus", "red") offered on the m-line? profile: NULL or a VP9 profile /
 * H.264 profile-level-id that must match. */
bool ptn_offer_has_codec(const struct ptn_offer *o, size_t mindex, const char *codec,
                         const char *profile);
bool ptn_offer_e2ee(const struct ptn_offer *o);
const json_t *ptn_offer_svc(const struct ptn_offer *o); /* array or NULL; borrowed */

/* Extensions a plugin accepts, if offered. */
enum {
    PTN_EXT_MID = 1u << 0,
    PTN_EXT_RID = 1u << 1, /* rtp-stream-id and repaired-rtp-stream-id: enables rid simulcast */
    PTN_EXT_AUDIO_LEVEL = 1u << 2,
    PTN_EXT_ORIENTATION = 1u << 3,
    PTN_EXT_PLAYOUT_DELAY = 1u << 4,
    PTN_EXT_TWCC = 1u << 5,
    PTN_EXT_ABS_SEND_TIME = 1u << 6,
    PTN_EXT_ABS_CAPTURE_TIME = 1u << 7,
    PTN_EXT_DEPENDENCY_DESCRIPTOR = 1u << 8,
    PTN_EXT_LAYERS_ALLOCATION = 1u << 9,
};

struct ptn_answer_mline { /* what the plugin wants for one m-line */
    bool accept;         /* false: refused (port 0) */
    bool send, recv;     /* our side, at most; narrowed by the offer's direction */
    const char *codec;   /* NULL: first of the automatic order that is offered */
    const char *profile; /* NULL: any */
    bool red;            /* Opus RED when offered */
    bool dtmf;           /* telephone-event when offered */
    uint32_t ext;        /* PTN_EXT_* accepted */
};

/* Makes the answer of the request's offer, posts the media plan, waits for local candidates, and
 * then sends data as an event with the answer's JSEP under the request's transaction.
 *  lines    one per m-line of the offer; data is stolen in every case
 *  returns  PTN_EINVALID when lines is impossible; nothing is sent then. */
PTN_MUST_CHECK ptn_err ptn_request_answer(struct ptn_request *r,
                                          const struct ptn_answer_mline *lines, size_t count,
                                          json_t *data);
/* What the present negotiation chose: lower-case codec name, NULL when the m-line is refused. */
const char *ptn_handle_codec(const struct ptn_handle *h, size_t mindex);
size_t ptn_handle_mlines(const struct ptn_handle *h);
enum ptn_media_kind ptn_handle_kind(const struct ptn_handle *h, size_t mindex);
bool ptn_handle_has_peer(const struct ptn_handle *h);
/* Polite end of the PeerConnection ("Close PC"); the handle stays. */
void ptn_handle_close_peer(struct ptn_handle *h);

/* -- wiring ----------------------------------------------------------------------------------- */

/* What the m-line receives and sends; 0 when it does neither. Valid until the next negotiation or
 * hangup; an id of the past is harmless. */
ptn_source ptn_handle_source(const struct ptn_handle *h, size_t mindex);
ptn_sink ptn_handle_sink(const struct ptn_handle *h, size_t mindex);
/* A sink takes one source at a time; connecting again replaces. A keyframe is asked for. */
void ptn_host_connect(struct ptn_host *host, ptn_source source, ptn_sink sink);
void ptn_host_disconnect(struct ptn_host *host, ptn_sink sink);

struct ptn_sink_settings {
    bool paused;                      /* drop, without gaps in numbering */
    int16_t playout_min, playout_max; /* 10 ms units; -1: not forced */
};
void ptn_host_sink_set(struct ptn_host *host, ptn_sink sink, const struct ptn_sink_settings *s);
void ptn_host_keyframe(struct ptn_host *host, ptn_source source);
/* Cap of what the peer sends, by REMB, now and every second; 0: none (a REMB of 10 Mbit/s). */
void ptn_handle_set_bitrate(struct ptn_handle *h, uint32_t bitrate);

struct ptn_handle *ptn_request_handle(const struct ptn_request *r);
struct ptn_host *ptn_handle_host(const struct ptn_handle *h);

#endif
