/* What each listening socket serves. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "main/internal.h"

enum ptn_json_style style_of(const struct ptn_config_file *f) {
    const char *text = ptn_config_str(f, "general.json");
    if (text && strcmp(text, "indented") == 0)
        return PTN_JSON_INDENTED;
    if (text && strcmp(text, "plain") == 0)
        return PTN_JSON_PLAIN;
    return PTN_JSON_COMPACT;
}

static struct ptn_web_cors cors_of(const struct ptn_config_file *f) {
    return (struct ptn_web_cors){.allow_origin = ptn_config_str(f, "cors.allow_origin"),
                                 .enforce = ptn_config_bool(f, "cors.enforce_cors")};
}

static struct ptn_web_tls tls_of(const struct ptn_config_file *f) {
    return (struct ptn_web_tls){.cert_pem = ptn_config_str(f, "certificates.cert_pem"),
                                .key_pem = ptn_config_str(f, "certificates.cert_key"),
                                .password = ptn_config_str(f, "certificates.cert_pwd"),
                                .ciphers = ptn_config_str(f, "certificates.ciphers")};
}

static void setup_http(struct web_setup *w, const struct ptn_config *cfg,
                       struct ptn_problems *problems) {
    const struct ptn_config_file *f = ptn_config_file(cfg, "transport.http");
    const struct ptn_config_file *core = ptn_config_file(cfg, "core");
    w->acl_http =
        ptn_acl_new(ptn_config_str(f, "general.acl"), ptn_config_where(f, "general.acl"), problems);
    w->http = (struct ptn_web_http){
        .base_path = ptn_config_str(f, "general.base_path"),
        .style = style_of(f),
        .cors = cors_of(f),
        .access = {w->acl_http, ptn_config_bool(f, "general.acl_forwarded")},
        .static_folder = ptn_config_str(core, "web.static_folder"),
        .static_path = ptn_config_str(core, "web.static_path"),
    };
    w->tls_http = tls_of(f);
}

static void setup_ws(struct web_setup *w, const struct ptn_config *cfg,
                     struct ptn_problems *problems) {
    const struct ptn_config_file *f = ptn_config_file(cfg, "transport.websockets");
    w->acl_ws = ptn_acl_new(ptn_config_str(f, "general.ws_acl"),
                            ptn_config_where(f, "general.ws_acl"), problems);
    w->ws = (struct ptn_web_ws){
        .style = style_of(f),
        .cors = cors_of(f),
        .access = {w->acl_ws, ptn_config_bool(f, "general.ws_acl_forwarded")},
        .ping_trigger_s = ptn_config_int(f, "general.pingpong_trigger"),
        .ping_timeout_s = ptn_config_int(f, "general.pingpong_timeout"),
    };
    w->tls_ws = tls_of(f);
}

static struct ptn_web_listener serve(struct web_setup *w, const struct ptn_listener *l) {
    struct ptn_web_listener out = {.listener = l, .api = PTN_WEB_API_JANUS};
    for (size_t i = 0; i < l->id_count; i++) {
        switch ((enum listener_id)l->ids[i]) {
        case ID_HTTPS:
            out.tls = &w->tls_http; /* a shared port shows the HTTP file's certificate */
            out.http = &w->http;
            break;
        case ID_HTTP:
            out.http = &w->http;
            break;
        case ID_WSS:
            if (!out.tls)
                out.tls = &w->tls_ws;
            out.ws = &w->ws;
            break;
        case ID_WS:
            out.ws = &w->ws;
            break;
        case ID_COUNT:
            break;
        }
    }
    return out;
}

void web_setup_make(struct web_setup *w, const struct ptn_config *cfg,
                    const struct ptn_listener *list, size_t count, struct ptn_problems *problems) {
    memset(w, 0, sizeof *w);
    setup_http(w, cfg, problems);
    setup_ws(w, cfg, problems);
    w->listener = ptn_new_array(struct ptn_web_listener, count + 1);
    for (size_t i = 0; i < count; i++)
        w->listener[w->count++] = serve(w, &list[i]);
}

void web_setup_done(struct web_setup *w) {
    free(w->listener);
    ptn_acl_free(w->acl_http);
    ptn_acl_free(w->acl_ws);
}

struct ptn_web_limits web_limits(const struct ptn_config *cfg) {
    const struct ptn_config_file *http = ptn_config_file(cfg, "transport.http");
    return (struct ptn_web_limits){
        .message = (size_t)ptn_config_int(ptn_config_file(cfg, "core"), "web.max_message"),
        .connections = (size_t)ptn_config_int(http, "general.mhd_connection_limit"),
    };
}
