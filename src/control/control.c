#include "control/control.h"

#include <stdlib.h>

#include "base/log.h"
#include "control/internal.h"

static void on_watchdog(struct ptn_timer *t, ptn_time now) {
    struct ptn_control *c = ptn_container_of(t, struct ptn_control, watchdog);
    sessions_watch(c, now);
    ptn_timer_arm(&c->timers, t, now + WATCHDOG);
}

static ptn_err start_plugins(struct ptn_control *c) {
    c->host = ptn_new_array(struct ptn_host, c->cfg.plugin_count + 1);
    for (size_t i = 0; i < c->cfg.plugin_count; i++) {
        struct ptn_host *host = &c->host[c->host_count];
        host->control = c;
        host->def = c->cfg.plugins[i];
        const struct ptn_config_file *file =
            c->cfg.config ? ptn_config_file(c->cfg.config, host->def->config_name) : NULL;
        if (host->def->init && host->def->init(host, file, &host->state) != PTN_OK) {
            ptn_log(PTN_LOG_ERR, "control", "plugin %s could not start", host->def->package);
            return PTN_EINVALID;
        }
        c->host_count++;
    }
    return PTN_OK;
}

ptn_err ptn_control_new(const struct ptn_control_config *cfg, struct ptn_control **out) {
    struct ptn_control *c = ptn_new(struct ptn_control);
    c->cfg = *cfg;
    json_incref(cfg->dependencies);
    c->accepting = true;
    ptn_list_init(&c->requests);
    ptn_timers_init(&c->timers);
    c->watchdog.fire = on_watchdog;
    ptn_timer_arm(&c->timers, &c->watchdog, cfg->now() + WATCHDOG);
    ptn_err err = start_plugins(c);
    if (err != PTN_OK) {
        ptn_control_free(c);
        return err;
    }
    *out = c;
    return PTN_OK;
}

void ptn_control_set_engine(struct ptn_control *c, struct ptn_engine *engine) {
    c->engine = engine;
}

void ptn_control_shutdown(struct ptn_control *c) {
    struct session *s, *next;
    if (!c)
        return;
    c->accepting = false;
    HASH_ITER(hh, c->sessions, s, next) {
        owner_set(s, NULL); /* transports are gone */
        session_end(s, PTN_SESSION_SHUTDOWN);
    }
}

void ptn_control_free(struct ptn_control *c) {
    if (!c)
        return;
    for (size_t i = 0; i < c->host_count; i++)
        if (c->host[i].def->done)
            c->host[i].def->done(c->host[i].state);
    ptn_timers_done(&c->timers);
    json_decref(c->cfg.dependencies);
    free(c->host);
    free(c);
}

struct ptn_api *ptn_control_api(struct ptn_control *c) {
    return (struct ptn_api *)c; /* the API's opaque type is this one */
}

void ptn_control_handle_timeout(struct ptn_control *c, ptn_time now) {
    ptn_timers_run(&c->timers, now);
}

ptn_time ptn_control_next_timeout(const struct ptn_control *c) {
    return ptn_timers_next(&c->timers);
}

struct ptn_control_counts ptn_control_count(const struct ptn_control *c) {
    return (struct ptn_control_counts){HASH_COUNT(c->sessions), c->handle_count,
                                       HASH_COUNT(c->peers)};
}
