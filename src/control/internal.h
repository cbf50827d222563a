/* Inside src/control only. */
#ifndef PTN_CONTROL_INTERNAL_H
#define PTN_CONTROL_INTERNAL_H

#include "base/hash.h"

#include "api/errors.h"
#include "api/params.h"
#include "base/list.h"
#include "base/timers.h"
#include "control/control.h"
#include "control/negotiate/negotiate.h"

#define SESSIONS_MAX 100000    /* of the server */
#define HANDLES_MAX 1024       /* of a session */
#define HANDLES_ALL_MAX 200000 /* of the server: about 9 kB each */
#define QUEUE_MAX 128          /* requests waiting on one handle */
#define TRICKLES_MAX 128       /* candidates waiting for their negotiation */
#define WATCHDOG (2 * PTN_SECOND)
#define GATHER_PATIENCE (5 * PTN_SECOND)
#define CLEANUP_PATIENCE (3 * PTN_SECOND)
#define ICE_CHECK (500 * PTN_MS)
#define ICE_GRACE (5 * PTN_SECOND)
#define ICE_PATIENCE (15 * PTN_SECOND)
#define ID_MAX ((UINT64_C(1) << 53) - 1) /* safe as a JavaScript number */

struct ptn_host { /* one started plugin */
    struct ptn_control *control;
    const struct ptn_plugin *def;
    void *state;
};

struct ptn_control {
    struct ptn_control_config cfg;
    struct ptn_engine *engine; /* borrowed */
    struct ptn_host *host;     /* array */
    size_t host_count;
    struct session *sessions; /* uthash by id, owned */
    struct owner *owners;     /* uthash by client */
    struct webrtc *peers;     /* uthash by peer id; embedded in handles */
    struct ptn_list requests; /* every live request */
    struct ptn_timers timers;
    struct ptn_timer watchdog;
    size_t handle_count;
    bool accepting;
};

struct owner { /* a client that owns sessions; made and freed by owner_set */
    UT_hash_handle hh;
    struct ptn_client *client;
    struct ptn_list sessions;
};

struct session {
    UT_hash_handle hh;
    uint64_t id;
    struct ptn_control *control;
    struct ptn_client *client; /* owner; NULL: lost. Set by owner_set */
    struct ptn_list owned;     /* in the owner's list */
    ptn_time last_activity, created;
    struct ptn_handle *handles; /* uthash by id, owned */
};

enum webrtc_state { RTC_NONE, RTC_ACTIVE, RTC_CLOSING };

struct trickle { /* a candidate of the peer, read */
    bool is_end;
    bool has_mid;
    char mid[PTN_SDP_MID_MAX + 1]; /* of the m-line that it is for */
    struct ptn_cand cand;
};

struct trickle_item { /* one that came before its negotiation was done */
    struct ptn_list node;
    ptn_time at;
    struct trickle trickle;
};

/* The PeerConnection of a handle. */
struct webrtc {
    UT_hash_handle hh; /* in control->peers while peer != 0 */
    uint64_t peer;
    enum webrtc_state state;
    ptn_time since;
    struct ptn_neg neg;
    char ufrag[9], pwd[33], next_ufrag[9], next_pwd[33];
    bool gathered, negotiated, up, was_connected, e2ee, lmh;
    bool peer_trickles, trickle_done;
    enum ptn_ice_state ice;
    ptn_time failed_at;    /* 0: not failed */
    ptn_time failed_check; /* when to look again */
    struct ptn_cand cand[PTN_NOTICE_CANDS];
    size_t cand_count;
    struct ptn_list trickles;
    /* an answer that waits for local candidates */
    struct ptn_sdp *answer;
    json_t *answer_data;
    struct ptn_request *answer_request;
    ptn_time answer_deadline;
};

struct ptn_handle {
    UT_hash_handle hh;
    uint64_t id;
    struct session *session;
    struct ptn_host *host;
    void *state; /* the plugin's */
    char *opaque_id, *token;
    int loop_index; /* -1: engine's choice */
    ptn_time created;
    struct webrtc rtc;
    struct ptn_list queue; /* struct ptn_request.node: waiting for their turn */
    size_t queued;
    struct ptn_request *current;
    size_t offers; /* descriptions not yet answered or refused: candidates wait for them */
    bool running;  /* requests_run is at work, or held off */
    bool detaching;
    struct ptn_timer timer; /* the earliest of this handle's deadlines */
};

struct ptn_request {
    struct ptn_list node, all; /* in a handle's list; in control->requests */
    struct ptn_handle *handle;
    struct ptn_client *client; /* NULL: gone */
    uint64_t cookie;
    char *transaction;
    json_t *body; /* owned */
    json_t *jsep; /* owned; NULL: none */
    struct ptn_sdp *sdp;
    struct ptn_offer offer;
    ptn_time wait_until; /* first in the queue, for the end of the previous PeerConnection; or 0 */
    bool replied, done, answer_pending;
    bool holds_trickles; /* is counted in handle->offers */
};

/* What a verb sees; replies go through reply_*. */
struct call {
    struct ptn_control *control;
    struct ptn_client *client;
    uint64_t cookie;
    json_t *root;
    const char *transaction;
    uint64_t session_id;
    struct session *session;
    struct ptn_handle *handle;
};

/* reply.c */
void reply_json(struct call *c, json_t *json); /* json is stolen */
void reply_error(struct call *c, int code, const char *fmt, ...) PTN_PRINTF(3, 4);
json_t *reply_begin(const char *janus, uint64_t session, const char *transaction);
json_t *event_begin(const struct ptn_handle *h, const char *janus, const char *transaction);
void event_send(struct session *s, json_t *json); /* json is stolen */
json_t *plugindata(const struct ptn_handle *h, json_t *data);
/* session.c */
struct session *session_find(struct ptn_control *c, uint64_t id);
struct session *session_new(struct ptn_control *c, uint64_t id, struct ptn_client *owner);
void session_end(struct session *s, enum ptn_session_end how);
void session_claim(struct session *s, struct ptn_client *client);
void sessions_watch(struct ptn_control *c, ptn_time now);
/* owner.c */
void owner_set(struct session *s, struct ptn_client *client); /* NULL: lost */
struct session *owner_first(struct ptn_control *c, struct ptn_client *client);
/* handle.c */
struct ptn_handle *handle_find(struct session *s, uint64_t id);
ptn_err handle_new(struct session *s, struct ptn_host *host, const char *opaque_id,
                   const char *token, int loop, struct ptn_handle **out);
void handle_end(struct ptn_handle *h);
void handle_rearm(struct ptn_handle *h);
uint64_t fresh_id(struct ptn_control *c);
/* verbs.c */
void verbs_dispatch(struct call *c, const char *verb);
/* message.c, jsep.c, trickle.c */
void verb_message(struct call *c);
void verb_trickle(struct call *c);
int jsep_check(const json_t *jsep, char *why, size_t cap);
/* When it is the request's turn: parses and checks its description and makes the PeerConnection
 * when there is none.
 * Returns 0 or an error code with its text. */
int jsep_process(struct ptn_request *r, char *why, size_t cap);
void trickle_queue_run(struct ptn_handle *h);
void trickle_queue_done(struct webrtc *w);
/* request.c */
struct ptn_request *request_new(struct call *c, json_t *body, json_t *jsep);
void request_free(struct ptn_request *r);
void request_enqueue(struct ptn_request *r);
void request_refuse(struct ptn_request *r, int code, const char *why);
void requests_run(struct ptn_handle *h);
void requests_hold(struct ptn_handle *h); /* until requests_resume nothing is handed out */
void requests_resume(struct ptn_handle *h);
ptn_time requests_due(const struct ptn_handle *h);
/* Candidates no longer wait for this request. */
void request_release_trickles(struct ptn_request *r);
void request_answer_sent(struct ptn_request *r);
/* webrtc.c */
ptn_err webrtc_start(struct ptn_handle *h, const json_t *body);
void webrtc_close(struct ptn_handle *h, const char *reason);
void webrtc_reset(struct ptn_handle *h);
void webrtc_send_answer(struct ptn_handle *h);
void webrtc_trickle_ours(struct ptn_handle *h); /* full trickle: all of our candidates */
void webrtc_log_closed(const struct ptn_handle *h, const char *reason, const char *detail);
void webrtc_tick(struct ptn_handle *h, ptn_time now);
ptn_time webrtc_due(const struct ptn_handle *h);
struct ptn_handle *webrtc_handle(struct webrtc *w);
/* auth.c */
bool auth_ok(const struct ptn_control *c, const char *apisecret, const char *token);

#endif
