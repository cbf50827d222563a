/* An ICE agent of one component (RFC 8445, 8838 trickle, 7675 consent), full or lite.
 * Bytes and a clock in; bytes, deadlines and events out. The sockets are the owner's and shared:
 * the owner finds the agent of a request by ufrag and of a response by transaction id and source.
 * One loop. After every call that takes `now`, pump: poll datagrams and events, re-arm the timer.
 */
#ifndef PTN_ICE_ICE_H
#define PTN_ICE_ICE_H

#include <jansson.h>

#include "base/datagram.h"
#include "base/rng.h"
#include "base/time.h"
#include "ice/cand.h"

#define PTN_ICE_REMOTE_MAX 32 /* remote candidates, learned ones included: no port scanner */
#define PTN_ICE_LOCAL_MAX 16
#define PTN_ICE_UFRAG_MAX 256 /* RFC 8839 5.4 */
#define PTN_ICE_PWD_MAX 256

enum ptn_ice_state {
    PTN_ICE_NEW, /* no remote credentials or candidates yet */
    PTN_ICE_CHECKING,
    PTN_ICE_CONNECTED,    /* a pair works and may carry data (full: nominated or not yet) */
    PTN_ICE_DISCONNECTED, /* consent is late (5 s without an answer), nothing given up yet */
    PTN_ICE_FAILED,       /* no pair works, or consent expired (30 s). A restart revives it, and so
                             does a peer that checks again and answers our check in return. */
};

struct ptn_ice_config {
    struct ptn_rng rng;
    bool lite;        /* we are lite: never send checks, always controlled */
    bool controlling; /* initial role; conflicts are resolved by tie-breaker */
    bool aggressive;  /* nominate with the first check, else (RFC 8445) regular */
    /* Which otherwise refused targets are allowed. Multicast and wildcard never are. */
    bool allow_loopback;
    bool allow_linklocal;
    ptn_time check_interval;           /* Ta between new checks, at least 5 ms; 0: 20 ms */
    char ufrag[PTN_ICE_UFRAG_MAX + 1]; /* ours, at least 4 characters */
    char pwd[PTN_ICE_PWD_MAX + 1];     /* ours, at least 22 characters */
};

/* Polled in this order: candidates, then the path, then states, so that whoever sees CONNECTED has
 * seen its path. What was overtaken before it was polled (a path replaced by another) is left out.
 */
enum ptn_ice_event_type {
    PTN_ICE_STATE_CHANGED, /* state */
    PTN_ICE_SELECTED,      /* path: from now on send here; again whenever it changes */
    PTN_ICE_NEW_REMOTE,    /* cand: a peer-reflexive candidate was learned */
};

struct ptn_ice_event {
    enum ptn_ice_event_type type;
    enum ptn_ice_state state;
    struct ptn_path path;
    struct ptn_cand local, remote; /* SELECTED: the pair; NEW_REMOTE: remote */
};

struct ptn_ice;

struct ptn_ice *ptn_ice_new(const struct ptn_ice_config *cfg);
void ptn_ice_free(struct ptn_ice *ice);

/* A host candidate on one of the owner's sockets (cand->addr is the socket's address; an address
 * advertised instead of it is the owner's business). PTN_ELIMIT. */
PTN_MUST_CHECK ptn_err ptn_ice_add_local(struct ptn_ice *ice, ptn_time now,
                                         const struct ptn_cand *cand);
/* The peer's credentials. The same ones again: no effect. Different ones while connected: the
 * peer restarted; without a matching ptn_ice_restart they replace the old ones for new checks.
 *  returns PTN_EMALFORMED    too short, too long or not ice-chars; nothing changed
 *          PTN_EUNSUPPORTED  both sides are lite: the state is now FAILED
 * Against a lite peer a full agent takes the controlling role (RFC 8445 6.1.1). */
PTN_MUST_CHECK ptn_err ptn_ice_set_remote(struct ptn_ice *ice, ptn_time now, const char *ufrag,
                                          const char *pwd, bool remote_is_lite);
/* Adds a remote candidate (RFC 8445 5.3; trickled: RFC 8838). May come before set_remote.
 *  cand     borrowed for the call, copied
 *  returns  PTN_EPROTO        ufrag of an older generation: drop the candidate
 *           PTN_EUNSUPPORTED  not UDP, component not 1, mDNS name, family without local candidate
 *           PTN_EINVALID      refused target: port 0, multicast, wildcard, or loopback/link-local
 *                             that is not allowed
 *           PTN_ELIMIT        PTN_ICE_REMOTE_MAX already known, and no learned one is idle.
 *           Anything but PTN_OK changes nothing. A candidate already known is PTN_OK. */
PTN_MUST_CHECK ptn_err ptn_ice_add_remote(struct ptn_ice *ice, ptn_time now,
                                          const struct ptn_cand *cand);
/* The peer has no more candidates: failing becomes possible before the 30 s patience ends, as soon
 * as every pair has failed. (Without any pair it does not: a peer that hides its addresses behind
 * mDNS names may still check us.) */
void ptn_ice_remote_done(struct ptn_ice *ice, ptn_time now);
/* New local credentials and a fresh checklist (RFC 8445 9); local candidates stay. The selected
 * pair keeps carrying data, and the agent its state, until a pair of the new generation works;
 * requests with the old ufrag are still answered until then. Role as configured. Follow with
 * set_remote and candidates. ufrag and pwd are ours, so valid: asserted, as in ptn_ice_new. */
void ptn_ice_restart(struct ptn_ice *ice, ptn_time now, const char *ufrag, const char *pwd);

/* One STUN message; the caller has found this agent by the first half of USERNAME (requests) or
 * by transaction id and source (responses). returns
 *   PTN_OK          authentic and for us: path is now an authenticated tuple
 *   PTN_ELIMIT      authentic and answered, but no room to remember the path
 *   PTN_EMALFORMED, PTN_EAUTH, PTN_EPROTO   dropped (an error response may have been queued) */
ptn_err ptn_ice_handle_datagram(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                                struct ptn_bytes message);
void ptn_ice_handle_timeout(struct ptn_ice *ice, ptn_time now);
ptn_time ptn_ice_next_timeout(const struct ptn_ice *ice); /* PTN_NEVER: nothing due */
bool ptn_ice_poll_datagram(struct ptn_ice *ice, struct ptn_datagram *out); /* false: drained */
bool ptn_ice_poll_event(struct ptn_ice *ice, struct ptn_ice_event *out);

/* True when a check on exactly this path authenticated in the present or previous generation:
 * only such paths may deliver DTLS and media. */
bool ptn_ice_path_is_known(const struct ptn_ice *ice, const struct ptn_path *path);
/* The path to send on; NULL before the first, and again once consent has expired (RFC 7675 5.1:
 * sending must stop). Borrowed until the next call that takes `now`. */
const struct ptn_path *ptn_ice_selected(const struct ptn_ice *ice);
enum ptn_ice_state ptn_ice_get_state(const struct ptn_ice *ice);
const char *ptn_ice_state_name(enum ptn_ice_state state); /* "checking" */
bool ptn_ice_is_controlling(const struct ptn_ice *ice);
ptn_time ptn_ice_rtt(const struct ptn_ice *ice); /* of the selected pair, smoothed; 0: unknown */
/* Why it failed or is not connected yet, one line: pairs tried and what came back. */
void ptn_ice_explain(const struct ptn_ice *ice, char *buf, size_t cap);
json_t *ptn_ice_dump(const struct ptn_ice *ice); /* new reference */

#endif
