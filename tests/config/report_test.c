/* What --dump-config, --explain, --compat-report and --check-config --json print. */
#include "test.h"

#include <jansson.h>
#include <stdlib.h>

#include "config/report.h"
#include "config/schema.h"
#include "util.h"

/* -- helpers ---------------------------------------------------------------------------------- */

static struct loaded load_with(const struct folder *f, int argc, const char *const *args) {
    static struct ptn_options options; /* outlives the configuration: sources point into it */
    char *argv[12] = {"portunus", "-F", (char *)(uintptr_t)f->path}, why[200] = "";
    for (int i = 0; i < argc; i++)
        argv[3 + i] = (char *)(uintptr_t)args[i];
    CHECK(ptn_options_parse(3 + argc, argv, &options, why, sizeof why) == PTN_OK, "%s", why);
    struct loaded l = {.problems = ptn_problems_new()};
    l.cfg = ptn_config_load(&options, l.problems);
    l.text = problems_text(l.problems);
    folder_hide(f, l.text);
    return l;
}

/* The one line that starts with these words, blanks squeezed to one. A static buffer. */
static const char *line_of(const char *text, const char *start) {
    static char line[600];
    for (const char *p = text; *p; p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n')) {
        size_t n = 0;
        for (const char *q = p; *q && *q != '\n' && n + 1 < sizeof line; q++)
            if (*q != ' ' || (n > 0 && line[n - 1] != ' '))
                line[n++] = *q;
        line[n] = '\0';
        if (strncmp(line, start, strlen(start)) == 0 && line[strlen(start)] == ' ')
            return line;
    }
    return "(no such line)";
}

static json_t *parse(char *text) {
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    CHECK(json, "%s: %s", error.text, text);
    free(text);
    return json;
}

static const char *str(const json_t *o, const char *name) {
    return json_string_value(json_object_get(o, name));
}

/* The object of a key, in an array of files with keys or in one of keys. */
static json_t *key_in(json_t *keys, const char *key) {
    size_t i;
    json_t *one;
    json_array_foreach(keys, i, one) {
        if (strcmp(str(one, "key"), key) == 0)
            return one;
    }
    return NULL;
}

static json_t *file_in(json_t *root, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(root, "files"), i, one) {
        if (strcmp(str(one, "name"), name) == 0)
            return one;
    }
    return NULL;
}

static json_t *key_of(json_t *root, const char *file, const char *key) {
    json_t *found = key_in(json_object_get(file_in(root, file), "keys"), key);
    CHECK(found, "%s: %s", file, key);
    return found;
}

/* -- --dump-config ---------------------------------------------------------------------------- */

#define SECRET "not-to-be-seen-\xc3\xa9" /* 16 characters, 17 bytes */

static const char core_file[] = "general: {\n"
                                "  api_secret = \"" SECRET "\"\n"
                                "  session_timeout = 7\n"
                                "  debug_level = 3\n"
                                "  log_prefix = \"a\\\"b\\x1b[31m\\\\\"\n"
                                "}\n"
                                "media: { rtp_port_range = \"300-200\"; dscp = \"banana\" }\n"
                                "nat: {\n"
                                "  ice_enforce_list = [\"eth0\", \"127.0.0.1\"]\n"
                                "  turn_rest_api = \"https://user:hush@turn.example.org/a\"\n"
                                "  turn_rest_api_key = \"" SECRET "\"\n"
                                "}\n"
                                "web: { max_connections = 50 }\n";

static void the_dump_says_value_and_source(void **state) {
    (void)state;
    static const char *const args[] = {"-s", "9", "--apisecret", SECRET "-2", "-K", SECRET};
    static const char *const lines[][2] = {
        {"api_secret", "api_secret set, 18 characters --apisecret, not F/portunus.jcfg:2"},
        {"session_timeout", "session_timeout 9 s --session-timeout, not F/portunus.jcfg:3"},
        {"debug_level", "debug_level 3 F/portunus.jcfg:4"},
        {"log_prefix", "log_prefix \"a\\\"b\\x1b[31m\\\\\" F/portunus.jcfg:5"},
        {"server_name", "server_name \"MyJanusInstance\" default"},
        {"log_to_stdout", "log_to_stdout true default"},
        {"cert_pwd", "cert_pwd set, 16 characters --cert-pwd"},
        {"pid_file", "pid_file not set default"},
        {"port", "port not set default"},
        {"rtp_port_range", "rtp_port_range \"200-300\" F/portunus.jcfg:7"},
        {"dscp", "dscp 0 default, not F/portunus.jcfg:7"},
        {"ice_enforce_list", "ice_enforce_list [\"eth0\", \"127.0.0.1\"] F/portunus.jcfg:9"},
        {"turn_rest_api",
         "turn_rest_api \"https://***@turn.example.org/a\" F/portunus.jcfg:10 (not "
         "supported yet)"},
        {"turn_rest_api_key", "turn_rest_api_key set, 16 characters F/portunus.jcfg:11 (not "
                              "supported yet)"},
        {"mhd_connection_limit", "mhd_connection_limit 50 connections as web.max_connections"},
        {"core:", "core: F/portunus.jcfg"},
        {"transport.http:", "transport.http: F/janus.transport.http.jcfg"},
        {"transport.websockets:", "transport.websockets: no file; not loaded"},
        {"plugin.echotest:", "plugin.echotest: no file"},
    };
    struct folder f;
    folder_new(&f);
    folder_write(&f, "portunus.jcfg", core_file);
    folder_write(&f, "janus.transport.http.jcfg", "general: { http = true }");
    struct loaded l = load_with(&f, 6, args);
    char *dump = ptn_config_dump(l.cfg, PTN_REPORT_TEXT);
    folder_hide(&f, dump);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *line = line_of(dump, lines[i][0]);
        CHECK(strcmp(line, lines[i][1]) == 0, "%s", line);
    }
    assert_null(strstr(dump, "not-to-be"));
    assert_null(strstr(dump, "hush"));
    assert_null(strchr(dump, '\x1b'));
    free(dump);
    loaded_free(&l);
    folder_free(&f);
}

/* Each key of each schema is one line, below its section, and every source starts in one column. */
static void the_dump_is_complete_and_aligned(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg", "");
    char *dump = ptn_config_dump(l.cfg, PTN_REPORT_TEXT);
    const char *at = dump;
    for (size_t i = 0; i < PTN_SCHEMAS; i++) {
        const struct ptn_schema *s = ptn_schemas[i];
        const char *section = "";
        size_t column = 0;
        at = strchr(at, '\n') + 1; /* the file's own line */
        for (size_t j = 0; j < s->count; j++) {
            char start[100];
            if (strcmp(section, s->keys[j].section) != 0) {
                section = s->keys[j].section;
                snprintf(start, sizeof start, "  %s\n", section);
                CHECK(strncmp(at, start, strlen(start)) == 0, "%s: %.40s", start, at);
                at = strchr(at, '\n') + 1;
            }
            snprintf(start, sizeof start, "    %s ", s->keys[j].name);
            CHECK(strncmp(at, start, strlen(start)) == 0, "%s: %.40s", start, at);
            const char *end = strchr(at, '\n'), *source = end;
            while (source > at && (source[-1] != ' ' || source[-2] != ' '))
                source--;
            CHECK(column == 0 || column == (size_t)(source - at), "%.80s", at);
            column = (size_t)(source - at);
            at = end + 1;
        }
        at += *at == '\n';
    }
    assert_int_equal(*at, '\0');
    free(dump);
    loaded_free(&l);
}

static void the_dump_in_json(void **state) {
    (void)state;
    static const char *const args[] = {"-s", "9"};
    struct folder f;
    char path[200];
    folder_new(&f);
    folder_write(&f, "portunus.jcfg", core_file);
    folder_write(&f, "portunus.transport.http.jcfg", "general: { http = true }");
    struct loaded l = load_with(&f, 2, args);
    char *text = ptn_config_dump(l.cfg, PTN_REPORT_JSON);
    assert_null(strstr(text, "not-to-be"));
    assert_null(strstr(text, "hush"));
    json_t *root = parse(text);
    snprintf(path, sizeof path, "%s", folder_path(&f, "portunus.jcfg"));
    assert_string_equal(str(file_in(root, "core"), "path"), path);
    assert_true(json_is_true(json_object_get(file_in(root, "transport.http"), "is_loaded")));
    assert_true(json_is_false(json_object_get(file_in(root, "transport.websockets"), "is_loaded")));

    json_t *k = key_of(root, "core", "general.api_secret");
    assert_true(json_is_null(json_object_get(k, "value")));
    assert_true(json_is_true(json_object_get(k, "secret")));
    assert_int_equal(json_integer_value(json_object_get(k, "characters")), 16);
    assert_string_equal(str(json_object_get(k, "source"), "kind"), "file");
    assert_string_equal(str(json_object_get(k, "source"), "file"), path);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(k, "source"), "line")), 2);
    k = key_of(root, "core", "general.admin_secret");
    assert_true(json_is_null(json_object_get(k, "characters")));

    k = key_of(root, "core", "general.session_timeout");
    assert_int_equal(json_integer_value(json_object_get(k, "value")), 9);
    assert_string_equal(str(k, "unit"), "s");
    assert_string_equal(str(json_object_get(k, "source"), "kind"), "option");
    assert_string_equal(str(json_object_get(k, "source"), "option"), "--session-timeout");
    k = key_of(root, "core", "nat.ice_enforce_list");
    assert_int_equal(json_array_size(json_object_get(k, "value")), 2);
    k = key_of(root, "core", "media.rtp_port_range");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(k, "value"), "max")), 300);
    k = key_of(root, "core", "media.port");
    assert_true(json_is_null(json_object_get(k, "value")));
    assert_string_equal(str(json_object_get(k, "source"), "kind"), "default");
    k = key_of(root, "transport.http", "general.http");
    assert_true(json_is_true(json_object_get(k, "value")));
    k = key_of(root, "transport.http", "general.mhd_connection_limit");
    assert_string_equal(str(json_object_get(k, "source"), "key"), "web.max_connections");
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        assert_int_equal(
            json_array_size(json_object_get(file_in(root, ptn_schemas[i]->name), "keys")),
            ptn_schemas[i]->count);
    json_decref(root);
    loaded_free(&l);
    folder_free(&f);
}

/* What is not UTF-8 in a file is none in the output, but never breaks it. */
static void bytes_that_are_no_text_are_shown(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg", "general: { log_prefix = \"a\\xff\\x80z\" }");
    json_t *root = parse(ptn_config_dump(l.cfg, PTN_REPORT_JSON));
    assert_string_equal(str(key_of(root, "core", "general.log_prefix"), "value"), "a??z");
    json_decref(root);
    loaded_free(&l);
}

/* -- --explain -------------------------------------------------------------------------------- */

static void a_key_is_explained(void **state) {
    (void)state;
    static const struct {
        const char *word, *text;
    } cases[] = {
        {"transport.websockets:general.ws_port",
         "transport.websockets:general.ws_port\n"
         "  TCP port of WebSocket.\n"
         "  Type       whole number\n"
         "  Allowed    a whole number 1..65535\n"
         "  Default    8188\n"
         "  File       portunus.transport.websockets.jcfg or janus.transport.websockets.jcfg, "
         "section general\n"
         "  Since      0.1.0\n"
         "  State      works\n"},
        {"GENERAL.Session_Timeout", "core:general.session_timeout\n"
                                    "  A session without a request for so long ends; 0: never.\n"
                                    "  Type       whole number\n"
                                    "  Allowed    a whole number 0..31536000\n"
                                    "  Default    60\n"
                                    "  Unit       s\n"
                                    "  File       portunus.jcfg or janus.jcfg, section general\n"
                                    "  Option     --session-timeout s\n"
                                    "  Since      0.1.0\n"
                                    "  State      works\n"},
        {"debug_locks", "core:general.debug_locks\n"
                        "  Log every lock and unlock.\n"
                        "  Type       boolean\n"
                        "  Allowed    yes, true, 1, no, false, 0\n"
                        "  Default    false\n"
                        "  File       portunus.jcfg or janus.jcfg, section general\n"
                        "  Option     --debug-locks\n"
                        "  Since      0.1.0\n"
                        "  State      no effect: there are no locks to log\n"
                        "  If set     a warning, unless to its default\n"
                        "  Advice     remove it\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text;
        assert_true(ptn_config_explain(cases[i].word, PTN_REPORT_TEXT, &text));
        CHECK(strcmp(text, cases[i].text) == 0, "%s: said\n%s", cases[i].word, text);
        free(text);
    }
}

static bool explains(const char *word, const char *part) {
    char *text;
    bool found = ptn_config_explain(word, PTN_REPORT_TEXT, &text);
    bool has = strstr(text, part) != NULL;
    free(text);
    return found && has;
}

static void states_and_reasons_are_told(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"token_auth", "State      not supported yet: requests would be served without a token\n"},
        {"token_auth", "If set     an error, unless to its default\n"},
        {"token_auth", "Advice     use api_secret"},
        {"plugins_folder", "State      no effect: plugins are compiled in\n"},
        {"plugins_folder", "If set     a note, unless to its default\n"},
        {"plugins_folder", "Advice     leave it out\n"},
        {"ice_enforce_list", "State      differs\n"},
        {"ice_enforce_list", "Differs    an entry is an exact address"},
        {"ice_enforce_list", "Example    192.0.2.1\n"},
        {"server_name", "State      works\n"},
        {"dscp_tos", "core:media.dscp\n"},
        {"dscp_tos", "Older name dscp_tos\n"},
        {"general.admin_acl_forwarded", "section admin, or general\n"},
        {"api_secret", "Secret     it is never shown\n"},
        {"turn_type", "Allowed    udp, tcp, tls\n"},
        {"cwd_path", "Option     --cwd-path path\n"},
        {"transport.http:ip", "transport.http:general.ip\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(explains(cases[i][0], cases[i][1]), "%s: %s", cases[i][0], cases[i][1]);
}

static void a_name_may_be_several_keys(void **state) {
    (void)state;
    char *text;
    assert_true(ptn_config_explain("cert_pem", PTN_REPORT_TEXT, &text));
    assert_non_null(strstr(text, "core:certificates.cert_pem\n"));
    assert_non_null(strstr(text, "\n\ntransport.http:certificates.cert_pem\n"));
    assert_non_null(strstr(text, "\n\ntransport.websockets:certificates.cert_pem\n"));
    free(text);
    assert_true(ptn_config_explain("cert_pem", PTN_REPORT_JSON, &text));
    json_t *root = parse(text);
    assert_int_equal(json_array_size(json_object_get(root, "keys")), 3);
    json_decref(root);
}

static void every_key_can_be_explained(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        for (size_t j = 0; j < ptn_schemas[i]->count; j++) {
            const struct ptn_key *k = &ptn_schemas[i]->keys[j];
            char word[200], *text;
            snprintf(word, sizeof word, "%s:%s.%s", ptn_schemas[i]->name, k->section, k->name);
            CHECK(ptn_config_explain(word, PTN_REPORT_TEXT, &text), "%s", word);
            CHECK(strncmp(text, word, strlen(word)) == 0 && strstr(text, k->help), "%s", text);
            CHECK(strstr(text, "  Since ") && strstr(text, "  State "), "%s", text);
            free(text);
            CHECK(ptn_config_explain(word, PTN_REPORT_JSON, &text), "%s", word);
            json_t *root = parse(text), *keys = json_object_get(root, "keys");
            assert_int_equal(json_array_size(keys), 1);
            assert_string_equal(str(json_array_get(keys, 0), "key"), k->name);
            assert_string_equal(str(json_array_get(keys, 0), "help"), k->help);
            json_decref(root);
        }
}

static void an_unknown_key_gets_its_neighbours(void **state) {
    (void)state;
    static const struct {
        const char *word, *says;
    } cases[] = {
        {"ws_ipp", "'ws_ipp': there is no such key; did you mean\n"
                   "  transport.websockets:general.ws_ip\n"},
        {"transport.http:general.ws_ip", "'transport.http:general.ws_ip': there is no such key; "
                                         "did you mean\n  transport.websockets:general.ws_ip\n"},
        {"media.ice_lite", "'media.ice_lite': there is no such key; did you mean\n"
                           "  core:nat.ice_lite\n"},
        {"mtu", "'mtu': there is no such key; did you mean\n  core:media.dtls_mtu\n"},
        {"zzzzzzzzz", "'zzzzzzzzz': there is no such key; --dump-config lists them all\n"},
        {"", "'': there is no such key; --dump-config lists them all\n"},
        {":.", "':.': there is no such key; --dump-config lists them all\n"},
        {"\x1b[31m", "'?[31m': there is no such key; --dump-config lists them all\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text;
        CHECK(!ptn_config_explain(cases[i].word, PTN_REPORT_TEXT, &text), "%s", cases[i].word);
        CHECK(strncmp(text, cases[i].says, strlen(cases[i].says)) == 0, "%s", text);
        free(text);
    }
    char *text, word[5000];
    assert_false(ptn_config_explain("ws_ipp", PTN_REPORT_JSON, &text));
    json_t *root = parse(text);
    assert_string_equal(json_string_value(json_array_get(json_object_get(root, "nearest"), 0)),
                        "transport.websockets:general.ws_ip");
    json_decref(root);
    memset(word, 'w', sizeof word - 1); /* longer than anything */
    word[sizeof word - 1] = '\0';
    assert_false(ptn_config_explain(word, PTN_REPORT_TEXT, &text));
    free(text);
}

/* -- --compat-report -------------------------------------------------------------------------- */

/* A folder as somebody would have it for the reference server, in our words. */
static void write_their_folder(const struct folder *f) {
    folder_write(f, "janus.jcfg",
                 "general: {\n"
                 "  plugins_folder = \"/opt/x\"\n"
                 "  admin_secret = \"janusoverlord\"\n"
                 "  session_timeout = 30\n"
                 "  token_auth = false\n"
                 "  nonsense_of_theirs = 1\n"
                 "}\n"
                 "nat: {\n"
                 "  ice_ignore_list = \"vmnet\"\n"
                 "  nat_1_1_mapping = \"203.0.113.5\"\n"
                 "  stun_server = \"stun.example.org\"\n"
                 "}\n"
                 "media: { dtls_mtu = 99999 }\n"
                 "zzzzz: { a = 1 }\n");
    folder_write(f, "janus.transport.http.jcfg",
                 "general: {\n  http = true\n}\n"
                 "admin: {\n  admin_port = 7088\n}\n");
    folder_write(f, "janus.plugin.videoroom.jcfg", "room-1: { secret = \"adminpwd\" }");
}

static const struct {
    const char *key, *line; /* as the report has it, blanks squeezed */
} report_lines[] = {
    {"no effect general.plugins_folder", "no effect general.plugins_folder line 2"},
    {"not yet general.admin_secret", "not yet general.admin_secret line 3"},
    {"works general.session_timeout", "works general.session_timeout line 4"},
    {"works general.token_auth", "works general.token_auth line 5"},
    {"refused general.nonsense_of_theirs", "refused general.nonsense_of_theirs line 6"},
    {"differs nat.ice_ignore_list", "differs nat.ice_ignore_list line 9"},
    {"not yet nat.nat_1_1_mapping", "not yet nat.nat_1_1_mapping line 10"},
    {"not yet nat.stun_server", "not yet nat.stun_server line 11"},
    {"refused media.dtls_mtu", "refused media.dtls_mtu line 13"},
    {"refused zzzzz", "refused zzzzz line 14"},
    {"works general.http", "works general.http line 2"},
    {"works admin.admin_port", "works admin.admin_port line 5"},
};

static void the_report_says_what_becomes_of_each_key(void **state) {
    (void)state;
    static const char *const parts[] = {
        "  no effect    general.plugins_folder                    line 2\n"
        "               has no effect: plugins are compiled in\n"
        "               advice: leave it out\n",
        "               unknown key; allowed are ",
        "               not supported yet: clients would be shown the private addresses it hides\n"
        "               advice: give this host the public address",
        "               99999 is out of range; allowed is 512..1500\n",
        "core: F/janus.jcfg\n",
        "transport.http: F/janus.transport.http.jcfg\n",
        "besides\n  F/janus.plugin.videoroom.jcfg: warning: plugin.videoroom is not supported yet; "
        "the file is not read\n",
        "12 keys: 4 works, 1 differs, 3 not yet, 1 no effect, 3 refused; 4 errors: the server "
        "would not start\n",
    };
    struct folder f;
    folder_new(&f);
    write_their_folder(&f);
    struct loaded l = load_folder(&f);
    char *text = ptn_config_compat(l.cfg, l.problems, PTN_REPORT_TEXT);
    folder_hide(&f, text);
    for (size_t i = 0; i < sizeof report_lines / sizeof report_lines[0]; i++) {
        const char *line = line_of(text, report_lines[i].key);
        CHECK(strcmp(line, report_lines[i].line) == 0, "%s: %s", report_lines[i].key, line);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CHECK(strstr(text, parts[i]), "%s is not in\n%s", parts[i], text);
    free(text);
    loaded_free(&l);
    folder_free(&f);
}

static void the_report_in_json(void **state) {
    (void)state;
    struct folder f;
    folder_new(&f);
    write_their_folder(&f);
    struct loaded l = load_folder(&f);
    json_t *root = parse(ptn_config_compat(l.cfg, l.problems, PTN_REPORT_JSON));
    assert_true(json_is_false(json_object_get(root, "would_start")));
    assert_int_equal(json_integer_value(json_object_get(root, "errors")), 4);
    assert_int_equal(json_array_size(json_object_get(root, "besides")), 1);
    json_t *counts = json_object_get(root, "counts");
    assert_int_equal(json_integer_value(json_object_get(counts, "works")), 4);
    assert_int_equal(json_integer_value(json_object_get(counts, "refused")), 3);
    json_t *k = key_of(root, "core", "nat.nat_1_1_mapping");
    assert_string_equal(str(k, "verdict"), "not yet");
    assert_int_equal(json_integer_value(json_object_get(k, "line")), 10);
    assert_int_equal(json_array_size(json_object_get(k, "reasons")), 1);
    assert_non_null(strstr(str(k, "advice"), "public address"));
    k = key_of(root, "core", "general.admin_secret"); /* not built, and a known one */
    assert_int_equal(json_array_size(json_object_get(k, "reasons")), 2);
    json_decref(root);
    loaded_free(&l);
    folder_free(&f);
}

/* A list that an option replaces does not decide; an include is named with its own file. */
static void the_report_knows_options_and_includes(void **state) {
    (void)state;
    static const char *const args[] = {"-s", "9"};
    struct folder f;
    char text[300];
    folder_new(&f);
    folder_write(&f, "more", "session_timeout = 3\n");
    snprintf(text, sizeof text, "general: {\n@include \"%s\"\n}\n", folder_path(&f, "more"));
    folder_write(&f, "janus.jcfg", text);
    folder_write(&f, "janus.transport.http.jcfg", "general: { http = true }");
    struct loaded l = load_with(&f, 2, args);
    char *report = ptn_config_compat(l.cfg, l.problems, PTN_REPORT_TEXT);
    folder_hide(&f, report);
    assert_string_equal(line_of(report, "works general.session_timeout"),
                        "works general.session_timeout F/more:1");
    assert_non_null(strstr(report, "               --session-timeout decides instead\n"));
    assert_non_null(strstr(report, "; 0 errors: the server would start\n"));
    free(report);
    loaded_free(&l);
    folder_free(&f);
}

/* -- --check-config --json -------------------------------------------------------------------- */

static void problems_in_json(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg",
                                "general: {\n debug_levl = 1\n api_secret = \"janusrocks\"\n}\n"
                                "nat: { stun_server = \"a\" }\n");
    char *text = ptn_config_problems_json(l.problems);
    assert_null(strstr(text, "janusrocks"));
    json_t *root = parse(text), *list = json_object_get(root, "problems");
    assert_true(json_is_false(json_object_get(root, "is_valid")));
    assert_int_equal(json_integer_value(json_object_get(root, "errors")), 2);
    assert_int_equal(json_integer_value(json_object_get(root, "warnings")), 1);
    assert_int_equal(json_integer_value(json_object_get(root, "notes")), 0);
    assert_int_equal(json_array_size(list), 3);
    json_t *first = json_array_get(list, 0);
    assert_string_equal(str(first, "level"), "error");
    assert_string_equal(str(first, "file"), "c.jcfg");
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 2);
    assert_string_equal(str(first, "key"), "general.debug_levl");
    assert_string_equal(str(first, "text"), "unknown key; did you mean 'debug_level'?");
    json_decref(root);
    loaded_free(&l);
    l = load_text("core", "c.jcfg", "");
    root = parse(ptn_config_problems_json(l.problems));
    assert_true(json_is_true(json_object_get(root, "is_valid")));
    assert_int_equal(json_array_size(json_object_get(root, "problems")), 0);
    json_decref(root);
    loaded_free(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dump_says_value_and_source),
        cmocka_unit_test(the_dump_is_complete_and_aligned),
        cmocka_unit_test(the_dump_in_json),
        cmocka_unit_test(bytes_that_are_no_text_are_shown),
        cmocka_unit_test(a_key_is_explained),
        cmocka_unit_test(states_and_reasons_are_told),
        cmocka_unit_test(a_name_may_be_several_keys),
        cmocka_unit_test(every_key_can_be_explained),
        cmocka_unit_test(an_unknown_key_gets_its_neighbours),
        cmocka_unit_test(the_report_says_what_becomes_of_each_key),
        cmocka_unit_test(the_report_in_json),
        cmocka_unit_test(the_report_knows_options_and_includes),
        cmocka_unit_test(problems_in_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
