/* What is accepted, and what it means. */
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

struct bool_case {
    const char *written;
    bool expected;
};

static void booleans_have_six_spellings(void **state) {
    (void)state;
    static const struct bool_case cases[] = {
        {"true", true},       {"false", false},   {"TRUE", true}, {"\"yes\"", true},
        {"\"YES\"", true},    {"\"true\"", true}, {"1", true},    {"\"1\"", true},
        {"\"no\"", false},    {"\"No\"", false},  {"0", false},   {"\"0\"", false},
        {"\"false\"", false}, {"1L", true},       {"0x1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "general: { opaqueid_in_api = %s }", cases[i].written);
        struct loaded l = load_text("core", "c.jcfg", text);
        CHECK(l.text[0] == '\0', "%s: %s", text, l.text);
        CHECK(ptn_config_bool(ptn_config_file(l.cfg, "core"), "general.opaqueid_in_api") ==
                  cases[i].expected,
              "%s", text);
        loaded_free(&l);
    }
}

static void numbers_may_be_text(void **state) {
    (void)state;
    static const char *const written[] = {"8088",  "\"8088\"",  "8088L",     "0x1F98",
                                          "+8088", "\"+8088\"", "\"08088\"", "\"80\" \"88\""};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "general: { port = %s }", written[i]);
        struct loaded l = load_text("transport.http", "h.jcfg", text);
        CHECK(l.text[0] == '\0', "%s: %s", text, l.text);
        CHECK(ptn_config_int(ptn_config_file(l.cfg, "transport.http"), "general.port") == 8088,
              "%s", text);
        loaded_free(&l);
    }
}

static void the_ends_of_a_range_are_inside(void **state) {
    (void)state;
    static const char *const good[] = {"1", "65535"}, *const bad[] = {"0", "65536", "-1"};
    char text[100];
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "media: { port = %s }", good[i]);
        struct loaded l = load_text("core", "c.jcfg", text);
        CHECK(ptn_problems_errors(l.problems) == 0, "%s", good[i]);
        loaded_free(&l);
    }
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "media: { port = %s }", bad[i]);
        struct loaded l = load_text("core", "c.jcfg", text);
        CHECK(ptn_problems_errors(l.problems) == 1, "%s", bad[i]);
        loaded_free(&l);
    }
}

static void names_ignore_case(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg", "GENERAL: { Server_Name = \"x\" }");
    const struct ptn_config_file *f = ptn_config_file(l.cfg, "core");
    assert_string_equal(l.text, "");
    assert_string_equal(ptn_config_str(f, "general.server_name"), "x");
    assert_true(ptn_config_is_set(f, "general.server_name"));
    loaded_free(&l);
}

static void enumerations_come_back_as_the_schema_spells_them(void **state) {
    (void)state;
    struct loaded l = load_text("transport.http", "h.jcfg", "general: { json = \"Indented\" }");
    assert_string_equal(l.text, "");
    assert_string_equal(ptn_config_str(ptn_config_file(l.cfg, "transport.http"), "general.json"),
                        "indented");
    loaded_free(&l);
}

static void what_is_not_set_is_the_default(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg", "");
    const struct ptn_config_file *core = ptn_config_file(l.cfg, "core");
    const struct ptn_config_file *http = ptn_config_file(l.cfg, "transport.http");
    const struct ptn_config_file *ws = ptn_config_file(l.cfg, "transport.websockets");
    int64_t min = 7, max = 7;
    assert_int_equal(ptn_config_int(core, "general.session_timeout"), 60);
    assert_int_equal(ptn_config_int(core, "general.candidates_timeout"), 45);
    assert_int_equal(ptn_config_int(core, "general.reclaim_session_timeout"), 0);
    assert_int_equal(ptn_config_int(core, "general.debug_level"), 4);
    assert_int_equal(ptn_config_int(core, "general.event_loops"), 0);
    assert_string_equal(ptn_config_str(core, "general.server_name"), "MyJanusInstance");
    assert_true(ptn_config_bool(core, "certificates.dtls_accept_selfsigned"));
    assert_int_equal(ptn_config_int(core, "media.min_nack_queue"), 200);
    assert_int_equal(ptn_config_int(core, "media.dtls_mtu"), 1200);
    assert_int_equal(ptn_config_int(core, "media.twcc_period"), 200);
    assert_int_equal(ptn_config_int(core, "media.no_media_timer"), 1);
    assert_int_equal(ptn_config_int(core, "media.port"), 0);
    assert_string_equal(ptn_config_str(core, "nat.ice_nomination"), "aggressive");
    assert_int_equal(ptn_config_int(core, "web.max_message"), 1 << 20);
    assert_false(ptn_config_bool(core, "web.shared_port"));
    assert_string_equal(ptn_config_str(core, "web.static_path"), "/");
    assert_null(ptn_config_str(core, "web.static_folder"));
    assert_null(ptn_config_str(core, "general.api_secret"));
    assert_int_equal(ptn_config_list_count(core, "nat.ice_enforce_list"), 0);
    assert_null(ptn_config_str(core, "nat.ice_enforce_list"));
    assert_false(ptn_config_range(core, "media.rtp_port_range", &min, &max));
    assert_int_equal(min + max, 14);
    assert_false(ptn_config_is_set(core, "general.session_timeout"));
    assert_false(ptn_config_bool(http, "general.http"));
    assert_int_equal(ptn_config_int(http, "general.port"), 8088);
    assert_int_equal(ptn_config_int(http, "general.secure_port"), 8089);
    assert_string_equal(ptn_config_str(http, "general.base_path"), "/janus");
    assert_string_equal(ptn_config_str(http, "general.json"), "compact");
    assert_int_equal(ptn_config_int(http, "general.mhd_connection_limit"), 1020);
    assert_false(ptn_config_bool(ws, "general.ws"));
    assert_int_equal(ptn_config_int(ws, "general.ws_port"), 8188);
    assert_int_equal(ptn_config_int(ws, "general.wss_port"), 8989);
    assert_null(ptn_config_file_path(http));
    loaded_free(&l);
}

static void lists_are_texts_or_arrays(void **state) {
    (void)state;
    static const char *const written[] = {
        "\"eth0,192.0.2.1,10.0.0.0/8\"", "\" eth0 ,, 192.0.2.1,10.0.0.0/8,\"",
        "[\"eth0\", \"192.0.2.1\", \"10.0.0.0/8\"]", "(\"eth0\", \"192.0.2.1\", \"10.0.0.0/8\")"};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "nat: { ice_enforce_list = %s }", written[i]);
        struct loaded l = load_text("core", "c.jcfg", text);
        const struct ptn_config_file *f = ptn_config_file(l.cfg, "core");
        CHECK(l.text[0] == '\0', "%s", l.text);
        assert_int_equal(ptn_config_list_count(f, "nat.ice_enforce_list"), 3);
        assert_string_equal(ptn_config_list_item(f, "nat.ice_enforce_list", 0), "eth0");
        assert_string_equal(ptn_config_list_item(f, "nat.ice_enforce_list", 1), "192.0.2.1");
        assert_string_equal(ptn_config_list_item(f, "nat.ice_enforce_list", 2), "10.0.0.0/8");
        assert_string_equal(ptn_config_str(f, "nat.ice_enforce_list"), "eth0,192.0.2.1,10.0.0.0/8");
        loaded_free(&l);
    }
}

struct form_case {
    const char *text;
    bool is_acl, is_ice, is_interface, is_ip;
};

static bool accepts(const char *schema, const char *section, const char *key, const char *text) {
    char doc[300];
    snprintf(doc, sizeof doc, "%s: { %s = \"%s\" }", section, key, text);
    struct loaded l = load_text(schema, "f.jcfg", doc);
    bool ok = ptn_problems_errors(l.problems) == 0;
    loaded_free(&l);
    return ok;
}

static void addresses_prefixes_and_interfaces_are_told_apart(void **state) {
    (void)state;
    static const struct form_case cases[] = {
        {"127.0.0.1", true, true, false, true},
        {"0.0.0.0", true, true, false, true},
        {"::", true, true, false, true},
        {"2001:db8::1", true, true, false, true},
        {"192.0.2.0/24", true, true, false, false},
        {"2001:db8::/32", true, true, false, false},
        {"192.168.", true, true, false, false},
        {"127.", true, true, false, false},
        {"10.1.2.", true, true, false, false},
        {"fe80:", true, true, false, false},
        {"2001:db8:", true, true, false, false},
        {"::ffff:192.168.", true, true, false, false},
        {"192.168", false, false, false, false},
        {"192.168.0.300", false, false, false, false},
        {"1.2.3.4.", false, false, false, false},
        {"192..", false, false, false, false},
        {".", false, false, false, false},
        {"10.0.0.0/", false, false, false, false},
        {"10.0.0.0/x", false, false, false, false},
        {"eth0", false, true, true, false},
        {"eth0:1", false, true, true, false},
        {"br-lan.7", false, true, true, false},
        {"abcdef", false, true, true, false}, /* hexadecimal digits, but no address */
        {"eth0/24", false, false, false, false},
        {"an-interface-with-a-long-name", false, false, false, false},
        {"eth 0", false, false, false, false},
        {"localhost:80", false, true, true, false}, /* an alias may be called so */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct form_case *c = &cases[i];
        CHECK(accepts("transport.http", "general", "acl", c->text) == c->is_acl, "%s", c->text);
        CHECK(accepts("core", "nat", "ice_enforce_list", c->text) == c->is_ice, "%s", c->text);
        CHECK(accepts("core", "nat", "ice_ignore_list", c->text) == c->is_ice, "%s", c->text);
        CHECK(accepts("transport.http", "general", "interface", c->text) == c->is_interface, "%s",
              c->text);
        CHECK(accepts("transport.websockets", "general", "ws_ip", c->text) == c->is_ip, "%s",
              c->text);
        CHECK(accepts("core", "general", "interface", c->text) == (c->is_interface || c->is_ip),
              "%s", c->text);
    }
}

static void ranges_come_out_in_order(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t min, max;
    } cases[] = {{"20000-20100", 20000, 20100},
                 {"20100-20000", 20000, 20100},
                 {"5-5", 5, 5},
                 {"10000-0", 10000, 65535}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[100];
        int64_t min, max;
        snprintf(text, sizeof text, "media: { rtp_port_range = \"%s\" }", cases[i].text);
        struct loaded l = load_text("core", "c.jcfg", text);
        CHECK(ptn_problems_errors(l.problems) == 0, "%s", cases[i].text);
        assert_true(
            ptn_config_range(ptn_config_file(l.cfg, "core"), "media.rtp_port_range", &min, &max));
        CHECK(min == cases[i].min && max == cases[i].max, "%s", cases[i].text);
        loaded_free(&l);
    }
}

static void older_names_and_places_are_understood(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg", "media: { dscp_tos = 46 }");
    assert_string_equal(l.text, "");
    assert_int_equal(ptn_config_int(ptn_config_file(l.cfg, "core"), "media.dscp"), 46);
    loaded_free(&l);
    static const char *const places[] = {"general", "admin"};
    for (size_t i = 0; i < 2; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s: { admin_ws_acl_forwarded = true }", places[i]);
        l = load_text("transport.websockets", "w.jcfg", text);
        assert_int_equal(ptn_problems_errors(l.problems), 0);
        assert_true(ptn_config_bool(ptn_config_file(l.cfg, "transport.websockets"),
                                    "admin.admin_ws_acl_forwarded"));
        loaded_free(&l);
    }
}

static void the_older_connection_limit_wins(void **state) {
    (void)state;
    struct loaded l =
        load_text("transport.http", "h.jcfg", "general: { mhd_connection_limit = 7 }");
    assert_int_equal(
        ptn_config_int(ptn_config_file(l.cfg, "transport.http"), "general.mhd_connection_limit"),
        7);
    loaded_free(&l);
    l = load_text("core", "c.jcfg", "web: { max_connections = 9 }");
    assert_int_equal(
        ptn_config_int(ptn_config_file(l.cfg, "transport.http"), "general.mhd_connection_limit"),
        9);
    loaded_free(&l);
}

static void ciphers_of_another_library_count_as_not_set(void **state) {
    (void)state;
    struct loaded l =
        load_text("transport.http", "h.jcfg", "certificates: { ciphers = \"NORMAL\" }");
    const struct ptn_config_file *f = ptn_config_file(l.cfg, "transport.http");
    assert_null(ptn_config_str(f, "certificates.ciphers"));
    assert_false(ptn_config_is_set(f, "certificates.ciphers"));
    loaded_free(&l);
    l = load_text("transport.http", "h.jcfg", "certificates: { ciphers = \"ECDHE+AESGCM\" }");
    f = ptn_config_file(l.cfg, "transport.http");
    assert_string_equal(l.text, "");
    assert_string_equal(ptn_config_str(f, "certificates.ciphers"), "ECDHE+AESGCM");
    loaded_free(&l);
}

static void legacy_files_say_the_same(void **state) {
    (void)state;
    struct loaded l = load_text("transport.http", "h.cfg",
                                "; a comment\r\n"
                                "[general]\r\n"
                                "http = yes ; on\n"
                                "  port  =>  8090\t\n"
                                "base_path = /a\\;b\n"
                                "acl = 127., 192.168.0.\n"
                                "\n"
                                "[ CORS ]\n"
                                "allow_origin = http://x.example\n");
    const struct ptn_config_file *f = ptn_config_file(l.cfg, "transport.http");
    assert_string_equal(l.text, "");
    assert_true(ptn_config_bool(f, "general.http"));
    assert_int_equal(ptn_config_int(f, "general.port"), 8090);
    assert_string_equal(ptn_config_str(f, "general.base_path"), "/a;b");
    assert_string_equal(ptn_config_str(f, "general.acl"), "127.,192.168.0.");
    assert_string_equal(ptn_config_str(f, "cors.allow_origin"), "http://x.example");
    assert_int_equal(ptn_config_where(f, "general.port").line, 4);
    loaded_free(&l);
}

static void where_names_file_and_line(void **state) {
    (void)state;
    struct loaded l =
        load_text("transport.http", "h.jcfg", "general: {\n  http = true\n\n  port = 8090\n}");
    const struct ptn_config_file *f = ptn_config_file(l.cfg, "transport.http");
    struct ptn_where w = ptn_config_where(f, "general.port");
    assert_string_equal(w.file, "h.jcfg");
    assert_int_equal(w.line, 4);
    assert_string_equal(w.key, "general.port");
    w = ptn_config_where(f, "general.ip");
    assert_string_equal(w.file, "h.jcfg");
    assert_int_equal(w.line, 0);
    assert_string_equal(w.key, "general.ip");
    loaded_free(&l);
}

/* Runs one wrong getter in a child: it must abort. */
static bool aborts(void (*wrong)(const struct ptn_config *)) {
    int status;
    struct loaded l = load_text("core", "c.jcfg", "");
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        assert_non_null(freopen("/dev/null", "w", stderr));
        wrong(l.cfg);
        _exit(0);
    }
    loaded_free(&l);
    return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void ask_unknown_key(const struct ptn_config *cfg) {
    ptn_config_int(ptn_config_file(cfg, "core"), "general.nonsense");
}
static void ask_wrong_type(const struct ptn_config *cfg) {
    ptn_config_int(ptn_config_file(cfg, "core"), "general.server_name");
}
static void ask_unknown_file(const struct ptn_config *cfg) {
    ptn_config_file(cfg, "plugin.nonsense");
}
static void ask_item_beyond(const struct ptn_config *cfg) {
    ptn_config_list_item(ptn_config_file(cfg, "core"), "nat.ice_enforce_list", 0);
}
static void ask_nothing_wrong(const struct ptn_config *cfg) {
    ptn_config_int(ptn_config_file(cfg, "core"), "media.port");
}

static void wrong_questions_abort(void **state) {
    (void)state;
    assert_true(aborts(ask_unknown_key));
    assert_true(aborts(ask_wrong_type));
    assert_true(aborts(ask_unknown_file));
    assert_true(aborts(ask_item_beyond));
    assert_false(aborts(ask_nothing_wrong));
}

static void every_truncation_is_survived(void **state) {
    (void)state;
    static const struct {
        const char *path, *text;
    } cases[] = {
        {"c.jcfg",
         "/* c */ general: { # x\n server_name = \"a\\\"b\\x41\"; session_timeout = 0x10L "
         "}\nnat: { ice_enforce_list = [\"eth0\", \"127.0.0.1\"] } // end\n"},
        {"c.cfg", "[general]\nserver_name = a\\;b ; c\nsession_timeout => 7\n[nat]\n"
                  "ice_enforce_list = eth0, 127.0.0.1\n"},
    };
    for (size_t i = 0; i < 2; i++)
        for (size_t n = 0; n <= strlen(cases[i].text); n++) {
            struct ptn_problems *p = ptn_problems_new();
            char *exact = malloc(n + 1);
            assert_non_null(exact);
            memcpy(exact, cases[i].text, n);
            struct ptn_config *cfg = ptn_config_load_text("core", cases[i].path, exact, n, p);
            if (n == strlen(cases[i].text))
                CHECK(ptn_problems_count(p) == 0, "%s: %s", cases[i].path, ptn_problems_text(p, 0));
            free(exact);
            ptn_config_free(cfg);
            ptn_problems_free(p);
        }
}

static void a_nul_byte_is_an_error(void **state) {
    (void)state;
    static const char text[] = "general: { }\0general: { api_secret = \"x\" }";
    static const char *const paths[] = {"c.jcfg", "c.cfg"};
    for (size_t i = 0; i < 2; i++) {
        struct ptn_problems *p = ptn_problems_new();
        struct ptn_config *cfg = ptn_config_load_text("core", paths[i], text, sizeof text - 1, p);
        assert_int_equal(ptn_problems_errors(p), 1);
        assert_non_null(strstr(ptn_problems_text(p, 0), "NUL byte"));
        ptn_config_free(cfg);
        ptn_problems_free(p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(booleans_have_six_spellings),
        cmocka_unit_test(numbers_may_be_text),
        cmocka_unit_test(the_ends_of_a_range_are_inside),
        cmocka_unit_test(names_ignore_case),
        cmocka_unit_test(enumerations_come_back_as_the_schema_spells_them),
        cmocka_unit_test(what_is_not_set_is_the_default),
        cmocka_unit_test(lists_are_texts_or_arrays),
        cmocka_unit_test(addresses_prefixes_and_interfaces_are_told_apart),
        cmocka_unit_test(ranges_come_out_in_order),
        cmocka_unit_test(older_names_and_places_are_understood),
        cmocka_unit_test(the_older_connection_limit_wins),
        cmocka_unit_test(ciphers_of_another_library_count_as_not_set),
        cmocka_unit_test(legacy_files_say_the_same),
        cmocka_unit_test(where_names_file_and_line),
        cmocka_unit_test(wrong_questions_abort),
        cmocka_unit_test(every_truncation_is_survived),
        cmocka_unit_test(a_nul_byte_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
