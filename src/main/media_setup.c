/* Certificate, engine and control side, from the configuration. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "main/internal.h"
#include "plugins/plugins.h"

static ptn_err load_certificate(struct server *s, struct ptn_problems *problems) {
    const struct ptn_config_file *core = ptn_config_file(s->cfg, "core");
    const char *cert = ptn_config_str(core, "certificates.cert_pem");
    const char *key = ptn_config_str(core, "certificates.cert_key");
    char why[256];
    if (!cert || !key)
        return ptn_cert_generate(ptn_config_bool(core, "certificates.rsa_private_key"), &s->cert);
    ptn_err err = ptn_cert_load(cert, key, ptn_config_str(core, "certificates.cert_pwd"), &s->cert,
                                why, sizeof why);
    if (err != PTN_OK)
        ptn_problems_error(problems, ptn_config_where(core, "certificates.cert_pem"), "%s", why);
    return err;
}

static ptn_err make_dtls(struct server *s, struct ptn_problems *problems) {
    const struct ptn_config_file *core = ptn_config_file(s->cfg, "core");
    struct ptn_dtls_ctx_config cfg = {
        .cert = s->cert,
        .ciphers = ptn_config_str(core, "certificates.dtls_ciphers"),
        .verify_chain = !ptn_config_bool(core, "certificates.dtls_accept_selfsigned"),
    };
    ptn_err err = ptn_dtls_ctx_new(&cfg, &s->dtls);
    if (err != PTN_OK)
        ptn_problems_error(problems, ptn_config_where(core, "certificates.dtls_ciphers"),
                           "this cipher list selects nothing");
    return err;
}

static struct ptn_engine_socket *engine_sockets(const struct server *s) {
    struct ptn_engine_socket *list = ptn_new_array(struct ptn_engine_socket, s->media_count);
    for (size_t i = 0; i < s->media_count; i++)
        list[i] = (struct ptn_engine_socket){s->media[i].fd, s->media[i].loop, s->media[i].addr};
    return list;
}

static bool is_aggressive(const struct ptn_config_file *core) {
    const char *text = ptn_config_str(core, "nat.ice_nomination");
    return !text || text[0] == 'a';
}

ptn_err engine_setup(struct server *s, struct ptn_problems *problems) {
    const struct ptn_config_file *core = ptn_config_file(s->cfg, "core");
    struct ptn_engine_socket *sockets = engine_sockets(s);
    struct ptn_engine_config cfg = {
        .loops = s->plan.media.loops,
        .sockets = sockets,
        .socket_count = s->media_count,
        .dtls_ctx = s->dtls,
        .dtls_mtu = (uint16_t)ptn_config_int(core, "media.dtls_mtu"),
        .ice_lite = ptn_config_bool(core, "nat.ice_lite"),
        .ice_aggressive = is_aggressive(core),
        .dscp = (uint8_t)ptn_config_int(core, "media.dscp"),
        .twcc_period = ptn_config_int(core, "media.twcc_period") * PTN_MS,
        .no_media_timer = ptn_config_int(core, "media.no_media_timer") * PTN_SECOND,
        .slowlink_threshold = (unsigned)ptn_config_int(core, "media.slowlink_threshold"),
        .min_nack_queue = ptn_config_int(core, "media.min_nack_queue") * PTN_MS,
    };
    ptn_err err = ptn_engine_start(&cfg, ptn_control_notice, s->control, &s->engine);
    free(sockets);
    s->media_count = 0; /* the descriptors are the engine's, also when it failed */
    if (err != PTN_OK)
        ptn_problems_error(problems, (struct ptn_where){0}, "the media loops could not be started");
    else
        ptn_control_set_engine(s->control, s->engine);
    return err;
}

static const struct ptn_plugin *const all_plugins[] = {&ptn_plugin_echotest};

static size_t enabled_plugins(const struct server *s, const struct ptn_plugin **out) {
    size_t n = 0;
    for (size_t i = 0; i < PTN_COUNT_OF(all_plugins); i++)
        if (ptn_config_module_enabled(s->cfg, all_plugins[i]->config_name))
            out[n++] = all_plugins[i];
    return n;
}

static void list_transports(struct server *s) {
    bool http = false, ws = false;
    for (size_t i = 0; i < s->plan.spec_count; i++) {
        bool is_ws = s->plan.spec[i].id == ID_WS || s->plan.spec[i].id == ID_WSS;
        ws |= is_ws;
        http |= !is_ws;
    }
    if (http)
        s->transport[s->transport_count++] =
            (struct ptn_module_info){"janus.transport.http",
                                     "JANUS REST (HTTP/HTTPS) transport plugin",
                                     "Portunus",
                                     "The API over HTTP, with long polls.",
                                     "0.0.2",
                                     2};
    if (ws)
        s->transport[s->transport_count++] =
            (struct ptn_module_info){"janus.transport.websockets",
                                     "JANUS WebSockets transport plugin",
                                     "Portunus",
                                     "The API over WebSocket.",
                                     "0.0.1",
                                     1};
    if (s->plan.unix_count > 0)
        s->transport[s->transport_count++] =
            (struct ptn_module_info){"janus.transport.pfunix",
                                     "JANUS Unix Sockets transport plugin",
                                     "Portunus",
                                     "The API over Unix sockets.",
                                     "0.0.1",
                                     1};
}

static struct ptn_control_config control_config(struct server *s) {
    const struct ptn_config_file *core = ptn_config_file(s->cfg, "core");
    return (struct ptn_control_config){
        .api_secret = ptn_config_str(core, "general.api_secret"),
        .session_timeout = ptn_config_int(core, "general.session_timeout") * PTN_SECOND,
        .reclaim_session_timeout =
            ptn_config_int(core, "general.reclaim_session_timeout") * PTN_SECOND,
        .candidates_timeout = ptn_config_int(core, "general.candidates_timeout") * PTN_SECOND,
        .server_name = ptn_config_str(core, "general.server_name"),
        .local_addr = s->plan.local,
        .full_trickle = ptn_config_bool(core, "nat.full_trickle"),
        .answer_passive = true, /* docs/decisions/0003 */
        .ice_lite = ptn_config_bool(core, "nat.ice_lite"),
        .ice_aggressive = is_aggressive(core),
        .hangup_on_failed = ptn_config_bool(core, "nat.hangup_on_failed"),
        .consent_freshness = ptn_config_bool(core, "nat.ice_consent_freshness"),
        .opaqueid_in_api = ptn_config_bool(core, "general.opaqueid_in_api"),
        .hide_dependencies = ptn_config_bool(core, "general.hide_dependencies"),
        .allow_loop_indication = ptn_config_bool(core, "general.allow_loop_indication"),
        .static_loops = (unsigned)ptn_config_int(core, "general.event_loops"),
        .no_media_timer = ptn_config_int(core, "media.no_media_timer") * PTN_SECOND,
        .log_to_stdout = ptn_config_bool(core, "general.log_to_stdout"),
        .log_path = ptn_config_str(core, "general.log_to_file"),
        .ipv6 = ptn_config_bool(core, "media.ipv6"),
        .ipv6_linklocal = ptn_config_bool(core, "media.ipv6_linklocal"),
        .min_nack_queue_ms = ptn_config_int(core, "media.min_nack_queue"),
        .twcc_period_ms = ptn_config_int(core, "media.twcc_period"),
        .dscp = ptn_config_int(core, "media.dscp"),
        .dtls_mtu = ptn_config_int(core, "media.dtls_mtu"),
        .config = s->cfg,
        .transports = s->transport,
        .transport_count = s->transport_count,
        .rng = ptn_rng_system(),
        .now = ptn_time_now,
    };
}

ptn_err control_setup(struct server *s) {
    const struct ptn_plugin *plugins[PTN_COUNT_OF(all_plugins)];
    struct ptn_problems *problems = ptn_problems_new();
    ptn_err err = load_certificate(s, problems);
    if (err == PTN_OK)
        err = make_dtls(s, problems);
    ptn_problems_print(problems, stderr);
    ptn_problems_free(problems);
    if (err != PTN_OK)
        return err;
    list_transports(s);
    struct ptn_control_config cfg = control_config(s);
    cfg.plugins = plugins;
    cfg.plugin_count = enabled_plugins(s, plugins);
    ptn_cert_fingerprint(s->cert, PTN_SHA256, &cfg.fingerprint);
    cfg.dependencies = json_pack("{s:s, s:s, s:s}", "jansson", JANSSON_VERSION, "libuv",
                                 uv_version_string(), "crypto", "OpenSSL");
    err = ptn_control_new(&cfg, &s->control);
    json_decref(cfg.dependencies);
    return err;
}
