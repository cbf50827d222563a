/* Every key of the specification's tables, as they stand there, and every key of our own: known by
 * that name in that section, of that type, with that default. And nothing else is in the schema. */
#include "test.h"

#include <stdlib.h>

#include "config/schema.h"
#include "util.h"

/* What the tables call a type. */
enum { BOOL, INT, STRING, PATH, LIST, RANGE };

static bool is_of(int type, enum ptn_key_type is) {
    switch (is) {
    case KEY_BOOL:
        return type == BOOL;
    case KEY_INT:
        return type == INT;
    case KEY_TEXT:
    case KEY_ENUM:
        return type == STRING;
    case KEY_PATH:
        return type == PATH;
    case KEY_LIST:
        return type == LIST;
    case KEY_RANGE:
        return type == RANGE;
    case KEY_TYPES:
        break;
    }
    return false;
}

struct row {
    const char *section, *key;
    int type;
    const char *def; /* NULL: none */
};

/* config.md 2.1 to 2.5 */
static const struct row core[] = {
    {"general", "configs_folder", PATH, NULL},
    {"general", "plugins_folder", PATH, NULL},
    {"general", "transports_folder", PATH, NULL},
    {"general", "events_folder", PATH, NULL},
    {"general", "loggers_folder", PATH, NULL},
    {"general", "log_to_stdout", BOOL, "true"},
    {"general", "log_to_file", PATH, NULL},
    {"general", "log_rotate_sig", STRING, NULL},
    {"general", "debug_level", INT, "4"},
    {"general", "debug_timestamps", BOOL, "false"},
    {"general", "debug_colors", BOOL, "true"},
    {"general", "debug_locks", BOOL, "false"},
    {"general", "log_prefix", STRING, NULL},
    {"general", "daemonize", BOOL, "false"},
    {"general", "pid_file", PATH, NULL},
    {"general", "check_openfiles_limit", INT, "0"},
    {"general", "api_secret", STRING, NULL},
    {"general", "token_auth", BOOL, "false"},
    {"general", "token_auth_secret", STRING, NULL},
    {"general", "admin_secret", STRING, NULL},
    {"general", "interface", STRING, NULL},
    {"general", "server_name", STRING, "MyJanusInstance"},
    {"general", "session_timeout", INT, "60"},
    {"general", "candidates_timeout", INT, "45"},
    {"general", "reclaim_session_timeout", INT, "0"},
    {"general", "recordings_tmp_ext", STRING, NULL},
    {"general", "event_loops", INT, "0"},
    {"general", "allow_loop_indication", BOOL, "false"},
    {"general", "task_pool_size", INT, "0"}, /* "unlimited", and that is what 0 means */
    {"general", "opaqueid_in_api", BOOL, "false"},
    {"general", "hide_dependencies", BOOL, "false"},
    {"general", "exit_on_dl_error", BOOL, "false"},
    {"general", "no_webrtc_encryption", BOOL, "false"},
    {"general", "protected_folders", LIST, NULL},
    {"certificates", "cert_pem", PATH, NULL},
    {"certificates", "cert_key", PATH, NULL},
    {"certificates", "cert_pwd", STRING, NULL},
    {"certificates", "dtls_accept_selfsigned", BOOL, "true"},
    {"certificates", "dtls_ciphers", STRING, NULL}, /* a list of our own choice */
    {"certificates", "rsa_private_key", BOOL, "false"},
    {"media", "ipv6", BOOL, "false"},
    {"media", "ipv6_linklocal", BOOL, "false"},
    {"media", "min_nack_queue", INT, "200"},
    {"media", "rtp_port_range", RANGE, NULL},
    {"media", "dtls_mtu", INT, "1200"},
    {"media", "no_media_timer", INT, "1"},
    {"media", "slowlink_threshold", INT, "0"},
    {"media", "twcc_period", INT, "200"},
    {"media", "dtls_timeout", INT, "1000"},
    {"media", "nack_optimizations", BOOL, "false"},
    {"media", "dscp", INT, "0"},
    {"nat", "stun_server", STRING, NULL},
    {"nat", "stun_port", INT, "3478"},
    {"nat", "nice_debug", STRING, NULL},
    {"nat", "full_trickle", BOOL, "false"},
    {"nat", "ice_nomination", STRING, "aggressive"},
    {"nat", "ice_consent_freshness", BOOL, "false"},
    {"nat", "ice_keepalive_conncheck", BOOL, "false"},
    {"nat", "ice_lite", BOOL, "false"},
    {"nat", "ice_tcp", BOOL, "false"},
    {"nat", "hangup_on_failed", BOOL, "false"},
    {"nat", "ignore_mdns", BOOL, "false"},
    {"nat", "nat_1_1_mapping", LIST, NULL},
    {"nat", "keep_private_host", BOOL, "false"},
    {"nat", "turn_server", STRING, NULL},
    {"nat", "turn_port", INT, "3478"},
    {"nat", "turn_type", STRING, "udp"},
    {"nat", "turn_user", STRING, NULL},
    {"nat", "turn_pwd", STRING, NULL},
    {"nat", "turn_rest_api", STRING, NULL},
    {"nat", "turn_rest_api_key", STRING, NULL},
    {"nat", "turn_rest_api_method", STRING, "POST"},
    {"nat", "turn_rest_api_timeout", INT, "10"},
    {"nat", "allow_force_relay", BOOL, "false"},
    {"nat", "ice_enforce_list", LIST, NULL},
    {"nat", "ice_ignore_list", LIST, NULL},
    {"nat", "ignore_unreachable_ice_server", BOOL, "false"},
    {"plugins", "disable", LIST, NULL},
    {"transports", "disable", LIST, NULL},
    {"loggers", "disable", LIST, NULL},
    {"events", "disable", LIST, NULL},
    {"events", "broadcast", BOOL, "false"},
    {"events", "combine_media_stats", BOOL, "false"},
    {"events", "stats_period", INT, "1"},
};

/* transports.md 1, 2 and 3.1 */
static const struct row http[] = {
    {"general", "events", BOOL, "true"},
    {"general", "json", STRING, "compact"},
    {"general", "base_path", STRING, "/janus"},
    {"general", "http", BOOL, "false"},
    {"general", "port", INT, "8088"},
    {"general", "interface", STRING, NULL},
    {"general", "ip", STRING, NULL},
    {"general", "https", BOOL, "false"},
    {"general", "secure_port", INT, "8089"},
    {"general", "secure_interface", STRING, NULL},
    {"general", "secure_ip", STRING, NULL},
    {"general", "acl", LIST, NULL},
    {"general", "acl_forwarded", BOOL, "false"},
    {"general", "mhd_connection_limit", INT, NULL}, /* 1020, from web.max_connections */
    {"general", "mhd_debug", BOOL, "false"},
    {"admin", "admin_base_path", STRING, "/admin"},
    {"admin", "admin_http", BOOL, "false"},
    {"admin", "admin_port", INT, "7088"},
    {"admin", "admin_interface", STRING, NULL},
    {"admin", "admin_ip", STRING, NULL},
    {"admin", "admin_https", BOOL, "false"},
    {"admin", "admin_secure_port", INT, "7889"},
    {"admin", "admin_secure_interface", STRING, NULL},
    {"admin", "admin_secure_ip", STRING, NULL},
    {"admin", "admin_acl", LIST, NULL},
    {"admin", "admin_acl_forwarded", BOOL, "false"},
    {"cors", "allow_origin", STRING, NULL},
    {"cors", "enforce_cors", BOOL, "false"},
    {"certificates", "cert_pem", PATH, NULL},
    {"certificates", "cert_key", PATH, NULL},
    {"certificates", "cert_pwd", STRING, NULL},
    {"certificates", "ciphers", STRING, NULL}, /* "NORMAL" is another library's word for it */
};

/* transports.md 1, 2 and 4.1 */
static const struct row websockets[] = {
    {"general", "events", BOOL, "true"},
    {"general", "json", STRING, "compact"},
    {"general", "pingpong_trigger", INT, "0"},
    {"general", "pingpong_timeout", INT, "0"},
    {"general", "ws", BOOL, "false"},
    {"general", "ws_port", INT, "8188"},
    {"general", "ws_interface", STRING, NULL},
    {"general", "ws_ip", STRING, NULL},
    {"general", "ws_unix", PATH, NULL},
    {"general", "wss", BOOL, "false"},
    {"general", "wss_port", INT, "8989"},
    {"general", "wss_interface", STRING, NULL},
    {"general", "wss_ip", STRING, NULL},
    {"general", "wss_unix", PATH, NULL},
    {"general", "ws_logging", LIST, NULL},
    {"general", "ws_acl", LIST, NULL},
    {"general", "ws_acl_forwarded", BOOL, "false"},
    {"admin", "admin_ws", BOOL, "false"},
    {"admin", "admin_ws_port", INT, "7188"},
    {"admin", "admin_ws_interface", STRING, NULL},
    {"admin", "admin_ws_ip", STRING, NULL},
    {"admin", "admin_ws_unix", PATH, NULL},
    {"admin", "admin_wss", BOOL, "false"},
    {"admin", "admin_wss_port", INT, "7989"},
    {"admin", "admin_wss_interface", STRING, NULL},
    {"admin", "admin_wss_ip", STRING, NULL},
    {"admin", "admin_wss_unix", PATH, NULL},
    {"admin", "admin_ws_acl", LIST, NULL},
    {"admin", "admin_ws_acl_forwarded", BOOL, "false"},
    {"cors", "allow_origin", STRING, NULL},
    {"cors", "enforce_cors", BOOL, "false"},
    {"certificates", "cert_pem", PATH, NULL},
    {"certificates", "cert_key", PATH, NULL},
    {"certificates", "cert_pwd", STRING, NULL},
    {"certificates", "ciphers", STRING, NULL},
};

/* transports.md 1 and 5 */
static const struct row pfunix[] = {
    {"general", "enabled", BOOL, "false"},
    {"general", "events", BOOL, "true"},
    {"general", "json", STRING, "compact"},
    {"general", "path", PATH, NULL},
    {"general", "type", STRING, "SOCK_SEQPACKET"},
    {"admin", "admin_enabled", BOOL, "false"},
    {"admin", "admin_path", PATH, NULL},
    {"admin", "admin_type", STRING, "SOCK_SEQPACKET"},
};

/* Ours: the reference server has none of these. */
static const struct row own_core[] = {
    {"general", "cwd_path", PATH, NULL}, /* of its command line, -H */
    {"general", "log_json", BOOL, "false"},
    {"general", "log_mask_addresses", BOOL, "false"},
    {"general", "wait_for_address", INT, "0"},
    {"general", "drain_timeout", INT, "0"},
    {"media", "port", INT, NULL},
    {"web", "shared_port", BOOL, "false"},
    {"web", "static_folder", PATH, NULL},
    {"web", "static_path", STRING, "/"},
    {"web", "max_message", INT, "1048576"},
    {"web", "max_connections", INT, "1020"},
    {"web", "max_connections_per_address", INT, "0"},
    {"web", "max_request_rate", INT, "0"},
    {"web", "max_json_depth", INT, "64"},
    {"web", "header_timeout", INT, "10"},
    {"web", "body_timeout", INT, "30"},
    {"web", "trusted_proxies", LIST, NULL},
    {"metrics", "enabled", BOOL, "false"},
    {"metrics", "port", INT, "9464"},
    {"metrics", "ip", STRING, NULL},
    {"metrics", "interface", STRING, NULL},
    {"metrics", "base_path", STRING, "/metrics"},
    {"metrics", "acl", LIST, NULL},
};

static const struct row own_web[] = {
    {"certificates", "tls_min_version", STRING, "TLSv1.2"},
    {"certificates", "client_ca", PATH, NULL},
};

#define ROWS(array) array, sizeof array / sizeof array[0]

static const struct {
    const struct ptn_schema *schema;
    const struct row *row;
    size_t count;
} tables[] = {
    {&ptn_schema_core, ROWS(core)},
    {&ptn_schema_core, ROWS(own_core)},
    {&ptn_schema_http, ROWS(http)},
    {&ptn_schema_http, ROWS(own_web)},
    {&ptn_schema_websockets, ROWS(websockets)},
    {&ptn_schema_websockets, ROWS(own_web)},
    {&ptn_schema_pfunix, ROWS(pfunix)},
};
#define TABLES (sizeof tables / sizeof tables[0])

static const struct ptn_key *key_of(const struct ptn_schema *s, const struct row *r) {
    char dotted[100];
    snprintf(dotted, sizeof dotted, "%s.%s", r->section, r->key);
    return ptn_schema_dotted(s, dotted);
}

static void each_row_is_in_the_schema(void **state) {
    (void)state;
    for (size_t i = 0; i < TABLES; i++)
        for (size_t j = 0; j < tables[i].count; j++) {
            const struct row *r = &tables[i].row[j];
            const struct ptn_key *k = key_of(tables[i].schema, r);
            CHECK(k, "%s: %s.%s", tables[i].schema->name, r->section, r->key);
            CHECK(is_of(r->type, k->type), "%s.%s is of another type", r->section, r->key);
            CHECK(!k->def == !r->def, "%s.%s: default %s", r->section, r->key, k->def);
            CHECK(!r->def || strcmp(k->def, r->def) == 0, "%s.%s: default %s", r->section, r->key,
                  k->def);
        }
}

static void nothing_else_is(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_SCHEMAS; i++) {
        const struct ptn_schema *s = ptn_schemas[i];
        size_t expected = 0;
        for (size_t j = 0; j < TABLES; j++)
            expected += tables[j].schema == s ? tables[j].count : 0;
        if (strncmp(s->name, "plugin.", 7) != 0)
            CHECK(s->count == expected, "%s: %zu keys, not %zu", s->name, s->count, expected);
    }
}

/* A file that says nothing gives what the tables say, through the typed questions. */
static void what_is_not_set_has_that_value(void **state) {
    (void)state;
    for (size_t i = 0; i < TABLES; i++) {
        struct loaded l = load_text(tables[i].schema->name, "x.jcfg", "");
        const struct ptn_config_file *f = ptn_config_file(l.cfg, tables[i].schema->name);
        for (size_t j = 0; j < tables[i].count; j++) {
            const struct row *r = &tables[i].row[j];
            char dotted[100];
            snprintf(dotted, sizeof dotted, "%s.%s", r->section, r->key);
            CHECK(!ptn_config_is_set(f, dotted), "%s", dotted);
            if (r->type == BOOL)
                CHECK(ptn_config_bool(f, dotted) == (r->def[0] == 't'), "%s", dotted);
            else if (r->type == INT && r->def)
                CHECK(ptn_config_int(f, dotted) == strtoll(r->def, NULL, 10), "%s", dotted);
            else if (r->type == STRING && r->def)
                CHECK(strcmp(ptn_config_str(f, dotted), r->def) == 0, "%s", dotted);
            else if (r->type != INT && r->type != RANGE)
                CHECK(!ptn_config_str(f, dotted), "%s", dotted);
        }
        loaded_free(&l);
    }
    struct loaded l = load_text("transport.http", "x.jcfg", "");
    assert_int_equal(
        ptn_config_int(ptn_config_file(l.cfg, "transport.http"), "general.mhd_connection_limit"),
        1020);
    loaded_free(&l);
}

/* The older names and places that the specification mentions. */
static void older_names_are_known(void **state) {
    (void)state;
    static const struct {
        const struct ptn_schema *schema;
        const char *section, *name, *is;
    } cases[] = {
        {&ptn_schema_core, "media", "dscp_tos", "dscp"},
        {&ptn_schema_http, "general", "admin_acl_forwarded", "admin_acl_forwarded"},
        {&ptn_schema_http, "admin", "admin_acl_forwarded", "admin_acl_forwarded"},
        {&ptn_schema_websockets, "general", "admin_ws_acl_forwarded", "admin_ws_acl_forwarded"},
        {&ptn_schema_websockets, "ADMIN", "Admin_WS_ACL_forwarded", "admin_ws_acl_forwarded"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct ptn_key *k = ptn_schema_key(cases[i].schema, cases[i].section, cases[i].name);
        CHECK(k && strcmp(k->name, cases[i].is) == 0, "%s.%s", cases[i].section, cases[i].name);
    }
}

/* Another value than the default, of a key that takes any. */
static const char *other_value(const struct ptn_key *k) {
    if (k->type == KEY_BOOL)
        return strcmp(k->def, "true") == 0 ? "false" : "true";
    static char text[100];
    if (k->type == KEY_INT)
        snprintf(text, sizeof text, "%lld",
                 (long long)(k->def && strtoll(k->def, NULL, 10) == k->max ? k->min : k->max));
    else if (k->type == KEY_ENUM) {
        const char *end = strrchr(k->choices, ',') + 1; /* none has its last one as default ... */
        if (k->def && strcmp(end, k->def) == 0)         /* ... or the first is another */
            snprintf(text, sizeof text, "\"%.*s\"", (int)strcspn(k->choices, ","), k->choices);
        else
            snprintf(text, sizeof text, "\"%s\"", end);
    } else if (k->form == &ptn_form_url_path)
        return "\"/elsewhere\"";
    else
        snprintf(text, sizeof text, k->example && k->example[0] == '[' ? "%s" : "\"%s\"",
                 k->example);
    return text;
}

/* Nothing that is asked for is passed over: reserved keys say so, as loudly as their flags say. */
static void reserved_keys_are_said_aloud(void **state) {
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        for (size_t j = 0; j < ptn_schemas[i]->count; j++) {
            const struct ptn_key *k = &ptn_schemas[i]->keys[j];
            char text[300];
            if (!(k->flags & (KEY_LATER | KEY_IGNORED)) || (k->flags & KEY_OPTION_ONLY))
                continue;
            const char *level = k->flags & KEY_FAILS   ? ": error: "
                                : k->flags & KEY_WARNS ? ": warning: "
                                : k->flags & KEY_NOTES ? ": note: "
                                                       : NULL;
            const char *what = k->flags & KEY_LATER ? "not supported yet" : "has no effect";
            snprintf(text, sizeof text, "%s: { %s = %s }", k->section, k->name, other_value(k));
            struct loaded l = load_text(ptn_schemas[i]->name, "x.jcfg", text);
            CHECK(!level || (strstr(l.text, level) && strstr(l.text, what)), "%s: %s", text,
                  l.text);
            CHECK(level || !strstr(l.text, what), "%s: %s", text, l.text);
            loaded_free(&l);
            tried++;
        }
    assert_true(tried > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_in_the_schema),      cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(what_is_not_set_has_that_value), cmocka_unit_test(older_names_are_known),
        cmocka_unit_test(reserved_keys_are_said_aloud),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
