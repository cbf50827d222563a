/* The control side: sessions, handles, plugins and negotiation. It answers the Janus API for
 * transports (api/api.h) and drives the media engine. Control thread only; a clock is passed in. */
#ifndef PTN_CONTROL_CONTROL_H
#define PTN_CONTROL_CONTROL_H

#include "api/api.h"
#include "base/rng.h"
#include "base/time.h"
#include "crypto/cert.h"
#include "portunus/plugin.h"
#include "worker/engine.h"

struct ptn_module_info { /* a line of info's transports table */
    const char *package, *name, *author, *description, *version_string;
    int version;
};

/* Borrowed, with everything it points at, until ptn_control_free. */
struct ptn_control_config {
    const char *api_secret;   /* NULL: none */
    ptn_time session_timeout; /* 0: never */
    ptn_time reclaim_session_timeout;
    ptn_time candidates_timeout;
    const char *server_name;
    struct ptn_addr local_addr; /* for o= and c= */
    bool full_trickle, ice_lite, ice_aggressive, hangup_on_failed, consent_freshness;
    bool answer_passive; /* be DTLS server when the offer leaves it open */
    struct ptn_fingerprint fingerprint;
    bool opaqueid_in_api, hide_dependencies, allow_loop_indication;
    unsigned static_loops;   /* general.event_loops: 0 when not configured */
    ptn_time no_media_timer; /* as the engine's */
    bool log_to_stdout;
    const char *log_path; /* NULL: none */
    bool ipv6, ipv6_linklocal;
    int64_t min_nack_queue_ms, twcc_period_ms, dscp, dtls_mtu; /* for info */
    const struct ptn_plugin *const *plugins;                   /* read by ptn_control_new only */
    size_t plugin_count;
    const struct ptn_config *config; /* plugins read their files */
    const struct ptn_module_info *transports;
    size_t transport_count;
    json_t *dependencies; /* name -> version; NULL: none; a reference is taken */
    struct ptn_rng rng;
    ptn_time (*now)(void); /* the loop's clock */
};

struct ptn_control;

/* PTN_EINVALID: a plugin refused to start; it has logged why. */
PTN_MUST_CHECK ptn_err ptn_control_new(const struct ptn_control_config *cfg,
                                       struct ptn_control **out);
/* The engine is started with ptn_control_notice as its notify and the control as ctx. */
void ptn_control_set_engine(struct ptn_control *c, struct ptn_engine *engine);
/* Ends every session; the engine must still run, transports have stopped. NULL allowed. */
void ptn_control_shutdown(struct ptn_control *c);
/* After the engine has stopped: ends the plugins. NULL allowed. */
void ptn_control_free(struct ptn_control *c);

struct ptn_api *ptn_control_api(struct ptn_control *c);
void ptn_control_notice(void *control, struct ptn_notice *notice); /* a ptn_notice_fn */
void ptn_control_handle_timeout(struct ptn_control *c, ptn_time now);
ptn_time ptn_control_next_timeout(const struct ptn_control *c);

struct ptn_control_counts {
    size_t sessions, handles, peers;
};
struct ptn_control_counts ptn_control_count(const struct ptn_control *c);

#endif
