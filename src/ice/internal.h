/* What the files of src/ice share; seen by nobody else. README.md draws the states. */
#ifndef PTN_ICE_INTERNAL_H
#define PTN_ICE_INTERNAL_H

#include "base/list.h"
#include "ice/ice.h"
#include "stun/stun.h"

#define ICE_PAIR_MAX 100                    /* RFC 8445 6.1.2.5 */
#define ICE_IN_PROGRESS_MAX 32              /* checks waiting for an answer at a time */
#define ICE_OUT_MAX 64                      /* messages queued; the owner pumps after every call */
#define ICE_STATES_MAX 8                    /* state changes not yet polled */
#define ICE_KNOWN_MAX 128                   /* authenticated paths of the previous generation */
#define ICE_MESSAGE_MAX 768                 /* bytes of the longest message: ufrags of 256 */
#define ICE_ERRORS_PER_SECOND 20            /* error responses to strangers */
#define ICE_TA (20 * PTN_MS)                /* between checks, when not configured */
#define ICE_TA_MIN (5 * PTN_MS)             /* RFC 8445 14.2 */
#define ICE_TRIES 7                         /* Rc of RFC 8489 6.2.1 */
#define ICE_RTO (250 * PTN_MS)              /* first retransmission; RFC 8489 has 500 ms */
#define ICE_RTO_MAX (2 * PTN_SECOND)        /* else the seventh try comes after 16 s */
#define ICE_PATIENCE (30 * PTN_SECOND)      /* for candidates and checks of the peer, RFC 8863 */
#define ICE_NOMINATE_WAIT (300 * PTN_MS)    /* for a better pair, after the first that works */
#define ICE_CONSENT_EVERY (5 * PTN_SECOND)  /* times 0.8 to 1.2, RFC 7675 5.1 */
#define ICE_CONSENT_RTO (500 * PTN_MS)      /* a lost consent check is repeated, doubling */
#define ICE_CONSENT_SENDS 4                 /* per transaction: at 0, 0.5, 1.5 and 3.5 s */
#define ICE_CONSENT_LATE (5 * PTN_SECOND)   /* no answer this long after asking: disconnected */
#define ICE_CONSENT_LIFE (30 * PTN_SECOND)  /* RFC 7675 5.1 */
#define ICE_CONSENT_TX 8                    /* transactions that may still be answered */
#define ICE_LITE_LATE (15 * PTN_SECOND)     /* lite agents only hear: three missed checks */
#define ICE_AGGRESSIVE_START PTN_SECOND     /* nominations this close are one aggressive start */
#define ICE_NOMINATED_FOR (10 * PTN_SECOND) /* a nomination not repeated this long is over */

/* Error codes of RFC 8489 14.8 and RFC 8445 7.3.1.1. */
enum {
    STUN_BAD_REQUEST = 400,
    STUN_UNAUTHENTICATED = 401,
    STUN_UNKNOWN_ATTRIBUTE = 420,
    STUN_ROLE_CONFLICT = 487
};

struct ice_creds { /* owned by whoever holds the struct; NULL: none */
    char *ufrag, *pwd;
};

struct ice_remote {
    struct ptn_cand cand;
    ptn_time heard;   /* last authenticated request from there */
    bool is_learned;  /* peer-reflexive: found by a request, not signalled (yet) */
    bool is_unpolled; /* PTN_ICE_NEW_REMOTE is still to be told */
};

/* RFC 8445 6.1.2.6, without Frozen (one component needs no freezing). */
enum pair_state {
    PAIR_WAITING,
    PAIR_IN_PROGRESS,
    PAIR_SUCCEEDED,
    PAIR_FAILED,
    PAIR_UNUSED, /* a better pair is nominated: checked only on request, or when that one dies */
    PAIR_STATES
};

struct ice_pair {
    struct ptn_path path;
    const struct ptn_cand *local; /* borrowed from the agent */
    struct ice_remote *remote;    /* borrowed from the agent, or the previous generation's */
    uint64_t priority;            /* RFC 8445 6.1.2.3 */
    enum pair_state state;
    bool is_valid;      /* a check succeeded; lite: a request authenticated */
    bool is_nominated;  /* by the controlling side, on a valid pair */
    bool is_known;      /* something authenticated came on this path */
    bool is_old;        /* belongs to the previous generation's credentials */
    bool is_nominating; /* controlling: its next check carries USE-CANDIDATE */
    bool asked_to_use;  /* controlled: USE-CANDIDATE came before the pair was valid */
    uint32_t trigger;   /* place in the triggered-check queue, 0: not in it */
    /* The check in flight. */
    uint8_t txid[PTN_STUN_TXID];
    bool sent_controlling, sent_use, is_resent;
    uint8_t tries;
    ptn_time rto, sent_at, due; /* due: of the next try, or of giving up after the last */
    /* What we learned. */
    ptn_time rtt, answered; /* smoothed, 0: unknown; last success response, 0: none */
    ptn_time use_first, use_last, use_prev; /* USE-CANDIDATE requests, 0: none */
    uint16_t error;                         /* last error response */
};

struct consent_tx {
    uint8_t id[PTN_STUN_TXID];
    uint8_t sends; /* 0: free */
    bool sent_controlling;
    ptn_time sent_at;
};

struct consent { /* of the selected pair */
    struct consent_tx tx[ICE_CONSENT_TX];
    size_t newest;
    ptn_time next_at, retry_at;
    ptn_time heard;    /* last answer (lite: request) */
    ptn_time asked_at; /* first check not answered since; PTN_NEVER: all are */
};

struct ice_counters {
    uint64_t checks_sent, consents_sent, requests, responses, conflicts;
    uint64_t malformed, bad_auth, unmatched, error_responses, dropped_out;
};

struct ice_out { /* one queued message */
    struct ptn_list node;
    struct ptn_path path;
    size_t len;
    uint8_t data[];
};

/* The previous generation: what keeps working until the new one does. */
struct ice_old {
    struct ice_creds local, remote;
    struct ice_remote *peer; /* owned: of `pair` */
    struct ice_pair *pair;   /* owned: the selected pair, while the new generation has none */
    struct ptn_path *known;  /* owned array */
    size_t known_count;
};

struct ptn_ice {
    /* configuration */
    struct ptn_rng rng;
    bool is_lite, starts_controlling, is_aggressive, allow_loopback, allow_linklocal;
    ptn_time ta;
    /* this generation; owned */
    struct ice_creds local_creds, remote_creds;
    struct ptn_cand *locals[PTN_ICE_LOCAL_MAX];
    struct ice_remote *remotes[PTN_ICE_REMOTE_MAX];
    struct ice_pair **pairs;
    size_t local_count, remote_count, pair_count, pair_cap;
    struct ice_old old;
    struct ice_pair *selected; /* borrowed from pairs or old; NULL: none */
    /* state */
    enum ptn_ice_state state;
    bool is_controlling, remote_is_lite, remote_is_done;
    bool has_given_up; /* failed: until a restart, or a pair works after all */
    bool is_refused;   /* lite against lite */
    bool is_new_path;  /* PTN_ICE_SELECTED is still to be told */
    uint64_t tie_breaker;
    uint32_t last_trigger;
    ptn_time slot;        /* no check before this (Ta) */
    ptn_time patience;    /* failing is allowed from here on */
    ptn_time first_valid; /* when the first pair of this generation worked; PTN_NEVER */
    struct consent consent;
    /* out */
    struct ptn_list out;
    size_t out_count;
    uint8_t told[ICE_STATES_MAX]; /* states to be polled */
    size_t told_count;
    ptn_time error_window;
    unsigned error_used;
    struct ice_counters counters;
};

/* agent.c */
/* Sends what is due and evaluates the state; every function that takes `now` ends with it. */
void ice_settle(struct ptn_ice *ice, ptn_time now);
void ice_set_role(struct ptn_ice *ice, bool controlling);

/* creds.c */
bool ice_creds_valid(const char *ufrag, const char *pwd);
void ice_creds_set(struct ice_creds *creds, const char *ufrag, const char *pwd);
void ice_creds_clear(struct ice_creds *creds);
bool ice_creds_are(const struct ice_creds *creds, const char *ufrag, const char *pwd);

/* candidate.c */
const struct ptn_cand *ice_find_local(const struct ptn_ice *ice, const struct ptn_addr *addr);
struct ice_remote *ice_find_remote(const struct ptn_ice *ice, const struct ptn_addr *addr);
bool ice_target_allowed(const struct ptn_ice *ice, const struct ptn_addr *addr);
/* The candidate a request came from, made if need be; NULL when there is no room. */
struct ice_remote *ice_learn_remote(struct ptn_ice *ice, const struct ptn_addr *addr,
                                    const struct ptn_cand *local, const struct ptn_stun *request);
void ice_drop_remotes_not_of(struct ptn_ice *ice, const char *ufrag);

/* pair.c */
struct ice_pair *ice_find_pair(const struct ptn_ice *ice, const struct ptn_path *path);
bool ice_path_eq(const struct ptn_path *a, const struct ptn_path *b);
void ice_pair_enter(struct ice_pair *pair, enum pair_state to);
const char *ice_pair_state_name(enum pair_state state);
bool ice_pair_is_live(const struct ice_pair *pair); /* a check is due or under way */
/* Adds the pair unless it exists or there is no room (must: make room). May return NULL. */
struct ice_pair *ice_pair_add(struct ptn_ice *ice, const struct ptn_cand *local,
                              struct ice_remote *remote, bool must);
void ice_pairs_reprioritise(struct ptn_ice *ice);
void ice_pairs_drop_remote(struct ptn_ice *ice, const struct ice_remote *remote);

/* checklist.c */
void ice_trigger(struct ptn_ice *ice, struct ice_pair *pair);
void ice_checks_run(struct ptn_ice *ice, ptn_time now);
ptn_time ice_checks_next(const struct ptn_ice *ice);
/* A pair is nominated: those below it are no longer worth a check (RFC 8445 8.1.2). */
void ice_checks_conclude(struct ptn_ice *ice);
bool ice_checks_live(const struct ptn_ice *ice); /* some pair is waiting or in progress */
/* The selected pair is silent: everything else is worth a check again. */
void ice_checks_revive(struct ptn_ice *ice, ptn_time now);

/* check.c */
void ice_check_send(struct ptn_ice *ice, struct ice_pair *pair, ptn_time now);
/* One request on the pair's path. */
void ice_check_write(struct ptn_ice *ice, const struct ice_pair *pair,
                     const uint8_t txid[PTN_STUN_TXID], bool use);
ptn_err ice_handle_response(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                            const struct ptn_stun *msg);
/* 487 to a check sent in that role: switch, unless done already (RFC 8445 7.2.5.1). */
void ice_role_conflict(struct ptn_ice *ice, bool sent_controlling);
void ice_rtt_add(struct ice_pair *pair, ptn_time sample);
const char *ice_remote_pwd(const struct ptn_ice *ice, const struct ice_pair *pair);

/* request.c */
ptn_err ice_handle_request(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                           const struct ptn_stun *msg);

/* nominate.c */
/* The pair became valid, or a nomination of it arrived: does it become the selected one? */
void ice_select_maybe(struct ptn_ice *ice, struct ice_pair *pair, ptn_time now);
void ice_select_none(struct ptn_ice *ice);
/* Consent for the selected pair is over: another that works, or none. */
void ice_select_other(struct ptn_ice *ice, ptn_time now);
void ice_use_candidate(struct ptn_ice *ice, struct ice_pair *pair, ptn_time now);
void ice_nominate(struct ptn_ice *ice, ptn_time now); /* as controlling: when it is time */
ptn_time ice_nominate_next(const struct ptn_ice *ice);

/* consent.c */
void ice_consent_begin(struct ptn_ice *ice, ptn_time now);
void ice_consent_heard(struct ptn_ice *ice, ptn_time now); /* a sign of life that counts */
void ice_consent_hurry(struct ptn_ice *ice, ptn_time now); /* ask as soon as Ta allows */
/* PTN_ENOENT: not an answer to a consent check. */
ptn_err ice_consent_response(struct ptn_ice *ice, ptn_time now, const struct ptn_path *path,
                             const struct ptn_stun *msg);
bool ice_consent_run(struct ptn_ice *ice, ptn_time now); /* true: it used this slot */
bool ice_consent_is_late(const struct ptn_ice *ice, ptn_time now);
bool ice_consent_is_over(const struct ptn_ice *ice, ptn_time now);
ptn_time ice_consent_next(const struct ptn_ice *ice);

/* restart.c */
void ice_generation_begin(struct ptn_ice *ice);
void ice_generation_clear(struct ptn_ice *ice); /* frees pairs and remote candidates */
void ice_old_retire(struct ptn_ice *ice);       /* keeps only the known paths */
void ice_old_done(struct ptn_ice *ice);
bool ice_old_knows(const struct ptn_ice *ice, const struct ptn_path *path);
void ice_old_learn(struct ptn_ice *ice, const struct ptn_path *path);

/* out.c */
void ice_out_push(struct ptn_ice *ice, const struct ptn_path *path, struct ptn_bytes message);
void ice_out_clear(struct ptn_ice *ice);
void ice_tell_state(struct ptn_ice *ice, enum ptn_ice_state state);

#endif
