/* server_info (core.md 3.1): the keys, in this order. */
#include "control/internal.h"

#define COMPAT_VERSION 1402 /* the API level clients look for */
#define COMPAT_VERSION_STRING "1.4.2"

#ifndef PTN_COMMIT
#define PTN_COMMIT "unknown"
#endif

static void set(json_t *o, const char *key, json_t *value) {
    json_object_set_new(o, key, value);
}

static void set_bool(json_t *o, const char *key, bool value) {
    set(o, key, json_boolean(value));
}

static void set_int(json_t *o, const char *key, int64_t value) {
    set(o, key, json_integer(value));
}

static json_t *module(const struct ptn_module_info *m) {
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "name", m->name, "author", m->author,
                     "description", m->description, "version_string", m->version_string, "version",
                     m->version);
}

static json_t *plugins(const struct ptn_control *c) {
    json_t *o = json_object();
    for (size_t i = 0; i < c->host_count; i++) {
        const struct ptn_plugin *d = c->host[i].def;
        struct ptn_module_info m = {d->package,     d->name,           d->author,
                                    d->description, d->version_string, d->version};
        set(o, d->package, module(&m));
    }
    return o;
}

static json_t *transports(const struct ptn_control *c) {
    json_t *o = json_object();
    for (size_t i = 0; i < c->cfg.transport_count; i++)
        set(o, c->cfg.transports[i].package, module(&c->cfg.transports[i]));
    return o;
}

static void add_server(const struct ptn_control *c, json_t *o) {
    const struct ptn_control_config *cfg = &c->cfg;
    char ip[PTN_ADDR_TEXT];
    set(o, "name", json_string("Janus WebRTC Server"));
    set_int(o, "version", COMPAT_VERSION);
    set(o, "version_string", json_string(COMPAT_VERSION_STRING));
    set(o, "author", json_string("Portunus"));
    set(o, "commit-hash", json_string(PTN_COMMIT));
    set(o, "compile-time", json_string(__DATE__ " " __TIME__));
    set_bool(o, "log-to-stdout", cfg->log_to_stdout);
    set_bool(o, "log-to-file", cfg->log_path != NULL);
    if (cfg->log_path)
        set(o, "log-path", json_string(cfg->log_path));
    set_bool(o, "data_channels", false);
    set_bool(o, "accepting-new-sessions", c->accepting);
    set_int(o, "session-timeout", cfg->session_timeout / PTN_SECOND);
    set_int(o, "reclaim-session-timeout", cfg->reclaim_session_timeout / PTN_SECOND);
    set_int(o, "candidates-timeout", cfg->candidates_timeout / PTN_SECOND);
    set(o, "server-name", json_string(cfg->server_name));
    set(o, "local-ip", json_string(ptn_addr_ip_text(&cfg->local_addr, ip, sizeof ip)));
}

static void add_media(const struct ptn_control *c, json_t *o) {
    const struct ptn_control_config *cfg = &c->cfg;
    set_bool(o, "ipv6", cfg->ipv6);
    if (cfg->ipv6)
        set_bool(o, "ipv6-link-local", cfg->ipv6_linklocal);
    set_bool(o, "ice-lite", cfg->ice_lite);
    set_bool(o, "ice-tcp", false);
    set(o, "ice-nomination", json_string(cfg->ice_aggressive ? "aggressive" : "regular"));
    set_bool(o, "ice-consent-freshness", cfg->consent_freshness);
    set_bool(o, "ice-keepalive-conncheck", cfg->consent_freshness);
    set_bool(o, "hangup-on-failed", cfg->hangup_on_failed);
    set_bool(o, "full-trickle", cfg->full_trickle);
    set_bool(o, "mdns-enabled", false);
    set_int(o, "min-nack-queue", cfg->min_nack_queue_ms);
    set_bool(o, "nack-optimizations", false);
    set_int(o, "twcc-period", cfg->twcc_period_ms);
    if (cfg->dscp > 0)
        set_int(o, "dscp", cfg->dscp);
    set_int(o, "dtls-mtu", cfg->dtls_mtu);
    set_int(o, "static-event-loops", cfg->static_loops);
    if (cfg->static_loops > 0)
        set_bool(o, "loop-indication", cfg->allow_loop_indication);
}

static void add_modules(const struct ptn_control *c, json_t *o) {
    set_bool(o, "api_secret", c->cfg.api_secret != NULL);
    set_bool(o, "auth_token", false);
    set_bool(o, "event_handlers", false);
    set_bool(o, "opaqueid_in_api", c->cfg.opaqueid_in_api);
    if (c->cfg.dependencies && !c->cfg.hide_dependencies)
        json_object_set(o, "dependencies", c->cfg.dependencies);
    set(o, "transports", transports(c));
    set(o, "events", json_object());
    set(o, "loggers", json_object());
    set(o, "plugins", plugins(c));
}

json_t *ptn_api_info(struct ptn_api *api, const char *transaction) {
    struct ptn_control *c = (struct ptn_control *)api;
    char random[12];
    if (!transaction) {
        ptn_rng_text(&c->cfg.rng, random, sizeof random - 1);
        transaction = random;
    }
    json_t *o = reply_begin("server_info", 0, transaction);
    add_server(c, o);
    add_media(c, o);
    add_modules(c, o);
    return o;
}
