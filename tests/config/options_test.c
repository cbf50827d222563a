/* Every option of the reference server's command line, and ours. */
#include "test.h"

#include <stdlib.h>

#include "util.h"

#define ARGS_MAX 8

struct parsed {
    ptn_err err;
    struct ptn_options options;
    char why[300];
};

static struct parsed parse(const char *const *args) {
    char *argv[ARGS_MAX + 2] = {"portunus"};
    int argc = 1;
    struct parsed p = {.why = ""};
    for (; argc <= ARGS_MAX && args[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc - 1];
    p.err = ptn_options_parse(argc, argv, &p.options, p.why, sizeof p.why);
    return p;
}

struct override_case {
    const char *args[3];
    const char *option, *key, *value;
};

/* config.md 3, in its order; each in its short and its long form. */
static const struct override_case overrides[] = {
    {{"-b"}, "--daemon", "general.daemonize", "true"},
    {{"--daemon"}, "--daemon", "general.daemonize", "true"},
    {{"-p", "/p"}, "--pid-file", "general.pid_file", "/p"},
    {{"--pid-file", "/p"}, "--pid-file", "general.pid_file", "/p"},
    {{"--pid-file=/p=q"}, "--pid-file", "general.pid_file", "/p=q"},
    {{"-N"}, "--disable-stdout", "general.log_to_stdout", "false"},
    {{"--disable-stdout"}, "--disable-stdout", "general.log_to_stdout", "false"},
    {{"--log-stdout"}, "--log-stdout", "general.log_to_stdout", "true"},
    {{"-L", "f"}, "--log-file", "general.log_to_file", "f"},
    {{"--log-file", "f"}, "--log-file", "general.log_to_file", "f"},
    {{"-R", "SIGHUP"}, "--log-rotate-sig", "general.log_rotate_sig", "SIGHUP"},
    {{"--log-rotate-sig", "SIGHUP"}, "--log-rotate-sig", "general.log_rotate_sig", "SIGHUP"},
    {{"-l", "9"}, "--check-openfiles-limits", "general.check_openfiles_limit", "9"},
    {{"--check-openfiles-limits=9"},
     "--check-openfiles-limits",
     "general.check_openfiles_limit",
     "9"},
    {{"-H", "/"}, "--cwd-path", "general.cwd_path", "/"},
    {{"--cwd-path", "/"}, "--cwd-path", "general.cwd_path", "/"},
    {{"-i", "192.0.2.1"}, "--interface", "general.interface", "192.0.2.1"},
    {{"--interface", "192.0.2.1"}, "--interface", "general.interface", "192.0.2.1"},
    {{"-P", "/x"}, "--plugins-folder", "general.plugins_folder", "/x"},
    {{"--plugins-folder", "/x"}, "--plugins-folder", "general.plugins_folder", "/x"},
    {{"-c", "x"}, "--cert-pem", "certificates.cert_pem", "x"},
    {{"--cert-pem", "x"}, "--cert-pem", "certificates.cert_pem", "x"},
    {{"-k", "x"}, "--cert-key", "certificates.cert_key", "x"},
    {{"--cert-key", "x"}, "--cert-key", "certificates.cert_key", "x"},
    {{"-K", "x"}, "--cert-pwd", "certificates.cert_pwd", "x"},
    {{"--cert-pwd", "x"}, "--cert-pwd", "certificates.cert_pwd", "x"},
    {{"-S", "stun.example.org"}, "--stun-server", "nat.stun_server", "stun.example.org"},
    {{"--stun-server", "2001:db8::1"}, "--stun-server", "nat.stun_server", "2001:db8::1"},
    {{"-1", "192.0.2.1"}, "--nat-1-1", "nat.nat_1_1_mapping", "192.0.2.1"},
    {{"--nat-1-1", "192.0.2.1"}, "--nat-1-1", "nat.nat_1_1_mapping", "192.0.2.1"},
    {{"-2"}, "--keep-private-host", "nat.keep_private_host", "true"},
    {{"--keep-private-host"}, "--keep-private-host", "nat.keep_private_host", "true"},
    {{"-E", "eth0,lo"}, "--ice-enforce-list", "nat.ice_enforce_list", "eth0,lo"},
    {{"--ice-enforce-list", "lo"}, "--ice-enforce-list", "nat.ice_enforce_list", "lo"},
    {{"-X", "vmnet"}, "--ice-ignore-list", "nat.ice_ignore_list", "vmnet"},
    {{"--ice-ignore-list", "vmnet"}, "--ice-ignore-list", "nat.ice_ignore_list", "vmnet"},
    {{"-6"}, "--ipv6-candidates", "media.ipv6", "true"},
    {{"--ipv6-candidates"}, "--ipv6-candidates", "media.ipv6", "true"},
    {{"-O"}, "--ipv6-link-local", "media.ipv6_linklocal", "true"},
    {{"--ipv6-link-local"}, "--ipv6-link-local", "media.ipv6_linklocal", "true"},
    {{"-f"}, "--full-trickle", "nat.full_trickle", "true"},
    {{"--full-trickle"}, "--full-trickle", "nat.full_trickle", "true"},
    {{"-I"}, "--ice-lite", "nat.ice_lite", "true"},
    {{"--ice-lite"}, "--ice-lite", "nat.ice_lite", "true"},
    {{"-T"}, "--ice-tcp", "nat.ice_tcp", "true"},
    {{"--ice-tcp"}, "--ice-tcp", "nat.ice_tcp", "true"},
    {{"-Q", "300"}, "--min-nack-queue", "media.min_nack_queue", "300"},
    {{"--min-nack-queue", "300"}, "--min-nack-queue", "media.min_nack_queue", "300"},
    {{"-t", "0"}, "--no-media-timer", "media.no_media_timer", "0"},
    {{"--no-media-timer", "0"}, "--no-media-timer", "media.no_media_timer", "0"},
    {{"-W", "5"}, "--slowlink-threshold", "media.slowlink_threshold", "5"},
    {{"--slowlink-threshold", "5"}, "--slowlink-threshold", "media.slowlink_threshold", "5"},
    {{"-r", "1-2"}, "--rtp-port-range", "media.rtp_port_range", "1-2"},
    {{"--rtp-port-range", "1-2"}, "--rtp-port-range", "media.rtp_port_range", "1-2"},
    {{"-B", "100"}, "--twcc-period", "media.twcc_period", "100"},
    {{"--twcc-period", "100"}, "--twcc-period", "media.twcc_period", "100"},
    {{"-n", "x"}, "--server-name", "general.server_name", "x"},
    {{"--server-name", "x"}, "--server-name", "general.server_name", "x"},
    {{"-s", "9"}, "--session-timeout", "general.session_timeout", "9"},
    {{"--session-timeout", "9"}, "--session-timeout", "general.session_timeout", "9"},
    {{"-m", "9"}, "--reclaim-session-timeout", "general.reclaim_session_timeout", "9"},
    {{"--reclaim-session-timeout", "9"},
     "--reclaim-session-timeout",
     "general.reclaim_session_timeout",
     "9"},
    {{"-d", "7"}, "--debug-level", "general.debug_level", "7"},
    {{"-d7"}, "--debug-level", "general.debug_level", "7"},
    {{"--debug-level=7"}, "--debug-level", "general.debug_level", "7"},
    {{"-D"}, "--debug-timestamps", "general.debug_timestamps", "true"},
    {{"--debug-timestamps"}, "--debug-timestamps", "general.debug_timestamps", "true"},
    {{"-o"}, "--disable-colors", "general.debug_colors", "false"},
    {{"--disable-colors"}, "--disable-colors", "general.debug_colors", "false"},
    {{"-M"}, "--debug-locks", "general.debug_locks", "true"},
    {{"--debug-locks"}, "--debug-locks", "general.debug_locks", "true"},
    {{"-a", "s"}, "--apisecret", "general.api_secret", "s"},
    {{"--apisecret", "s"}, "--apisecret", "general.api_secret", "s"},
    {{"-A"}, "--token-auth", "general.token_auth", "true"},
    {{"--token-auth"}, "--token-auth", "general.token_auth", "true"},
    {{"--token-auth-secret", "s"}, "--token-auth-secret", "general.token_auth_secret", "s"},
    {{"-e"}, "--event-handlers", "events.broadcast", "true"},
    {{"--event-handlers"}, "--event-handlers", "events.broadcast", "true"},
    {{"-w"}, "--no-webrtc-encryption", "general.no_webrtc_encryption", "true"},
    {{"--no-webrtc-encryption"}, "--no-webrtc-encryption", "general.no_webrtc_encryption", "true"},
};

static void each_option_overrides_its_key(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        const struct override_case *c = &overrides[i];
        struct parsed p = parse(c->args);
        CHECK(p.err == PTN_OK, "%s: %s", c->args[0], p.why);
        CHECK(p.options.mode == PTN_RUN_SERVE, "%s", c->args[0]);
        CHECK(p.options.override_count == 1, "%s", c->args[0]);
        CHECK(strcmp(p.options.override[0].option, c->option) == 0, "%s", c->args[0]);
        CHECK(strcmp(p.options.override[0].key, c->key) == 0, "%s", c->args[0]);
        CHECK(strcmp(p.options.override[0].value, c->value) == 0, "%s", c->args[0]);
    }
}

static void modes_and_places(void **state) {
    (void)state;
    static const struct {
        const char *args[ARGS_MAX];
        enum ptn_run_mode mode;
        const char *folder, *file, *argument;
    } cases[] = {
        {{NULL}, PTN_RUN_SERVE, "/etc/portunus", NULL, NULL},
        {{"-h"}, PTN_RUN_HELP, "/etc/portunus", NULL, NULL},
        {{"--help", "--version"}, PTN_RUN_HELP, "/etc/portunus", NULL, NULL},
        {{"-V", "-h"}, PTN_RUN_HELP, "/etc/portunus", NULL, NULL},
        {{"-V"}, PTN_RUN_VERSION, "/etc/portunus", NULL, NULL},
        {{"--version", "--check-config"}, PTN_RUN_VERSION, "/etc/portunus", NULL, NULL},
        {{"--check-config", "-F", "x"}, PTN_RUN_CHECK_CONFIG, "x", NULL, NULL},
        {{"--print-sockets", "--configs-folder=x"}, PTN_RUN_PRINT_SOCKETS, "x", NULL, NULL},
        {{"--write-samples", "d"}, PTN_RUN_WRITE_SAMPLES, "/etc/portunus", NULL, "d"},
        {{"--dump-config", "-F", "x"}, PTN_RUN_DUMP_CONFIG, "x", NULL, NULL},
        {{"--compat-report"}, PTN_RUN_COMPAT_REPORT, "/etc/portunus", NULL, NULL},
        {{"--explain", "ws_ip"}, PTN_RUN_EXPLAIN, "/etc/portunus", NULL, "ws_ip"},
        {{"--explain=ws_ip", "--json"}, PTN_RUN_EXPLAIN, "/etc/portunus", NULL, "ws_ip"},
        {{"--json", "-V"}, PTN_RUN_VERSION, "/etc/portunus", NULL, NULL},
        {{"-C", "c", "-Fx"}, PTN_RUN_SERVE, "x", "c", NULL},
        {{"--config", "c"}, PTN_RUN_SERVE, "/etc/portunus", "c", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p = parse(cases[i].args);
        CHECK(p.err == PTN_OK, "%zu: %s", i, p.why);
        CHECK(p.options.mode == cases[i].mode, "%zu", i);
        assert_string_equal(p.options.folder, cases[i].folder);
        CHECK(!p.options.file == !cases[i].file, "%zu", i);
        if (cases[i].file)
            assert_string_equal(p.options.file, cases[i].file);
        if (cases[i].argument)
            assert_string_equal(p.options.argument, cases[i].argument);
    }
}

static void json_goes_with_reports(void **state) {
    (void)state;
    static const char *const reports[] = {"--check-config", "--dump-config", "--compat-report",
                                          "--explain=ip"};
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        const char *const before[] = {"--json", reports[i], NULL}, *const after[] = {
                                                                       reports[i], "--json", NULL};
        struct parsed a = parse(before), b = parse(after);
        CHECK(a.err == PTN_OK && a.options.as_json, "%s: %s", reports[i], a.why);
        CHECK(b.err == PTN_OK && b.options.as_json, "%s: %s", reports[i], b.why);
        a = parse(after + 1); /* alone: it would be passed over */
        assert_int_equal(a.err, PTN_EINVALID);
        const char *const without[] = {reports[i], NULL};
        a = parse(without);
        CHECK(a.err == PTN_OK && !a.options.as_json, "%s", reports[i]);
    }
}

static void flags_cluster(void **state) {
    (void)state;
    const char *const args[] = {"-NoDd", "5", "-6fs9", NULL};
    struct parsed p = parse(args);
    assert_int_equal(p.err, PTN_OK);
    assert_int_equal(p.options.override_count, 7);
    assert_string_equal(p.options.override[3].value, "5");
    assert_string_equal(p.options.override[6].key, "general.session_timeout");
    assert_string_equal(p.options.override[6].value, "9");
}

static void a_stun_server_may_bring_its_port(void **state) {
    (void)state;
    static const struct {
        const char *given, *host, *port;
    } cases[] = {{"stun.example.org:3479", "stun.example.org", "3479"},
                 {"192.0.2.1:19302", "192.0.2.1", "19302"},
                 {"[2001:db8::1]:3479", "2001:db8::1", "3479"},
                 {"2001:db8::1", "2001:db8::1", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const args[] = {"-F/nonexistent", "-S", cases[i].given, NULL};
        struct parsed p = parse(args);
        CHECK(p.err == PTN_OK, "%s: %s", cases[i].given, p.why);
        struct ptn_problems *problems = ptn_problems_new();
        struct ptn_config *cfg = ptn_config_load(&p.options, problems);
        const struct ptn_config_file *core = ptn_config_file(cfg, "core");
        assert_string_equal(ptn_config_str(core, "nat.stun_server"), cases[i].host);
        assert_int_equal(ptn_config_int(core, "nat.stun_port"),
                         cases[i].port ? strtol(cases[i].port, NULL, 10) : 3478);
        ptn_config_free(cfg);
        ptn_problems_free(problems);
    }
}

static void mistakes_are_named(void **state) {
    (void)state;
    static const struct {
        const char *args[3], *why;
    } cases[] = {
        {{"--nonsense"}, "--nonsense: unknown option"},
        {{"--debg-level=3"}, "--debg-level: unknown option; did you mean '--debug-level'?"},
        {{"--conf", "x"}, "--conf: unknown option; did you mean '--config'?"},
        {{"-Z"}, "-Z: unknown option"},
        {{"-NZ"}, "-Z: unknown option"},
        {{"-d"}, "--debug-level: needs a value: 0-7"},
        {{"--interface"}, "--interface: needs a value: ip"},
        {{"--daemon=yes"}, "--daemon: takes no value"},
        {{"-d", "banana"}, "--debug-level: 'banana' is not a whole number; allowed is 0..7"},
        {{"-d9"}, "--debug-level: 9 is out of range; allowed is 0..7"},
        {{"-i", ""},
         "--interface: '' is not an IP address or interface name; allowed is a numeric address or "
         "the name of one network interface"},
        {{"-S", "x:y"}, "--stun-server: 'y' is not a whole number; allowed is 1..65535"},
        {{"-d3", "-d4"}, "--debug-level: given twice"},
        {{"--check-config", "--print-sockets"},
         "--print-sockets: contradicts another option before it"},
        {{"--json"},
         "--json: goes with --check-config, --dump-config, --compat-report or --explain"},
        {{"--json", "--print-sockets"},
         "--json: goes with --check-config, --dump-config, --compat-report or --explain"},
        {{"--json=yes"}, "--json: takes no value"},
        {{"--explain"}, "--explain: needs a value: key"},
        {{"--dump-config", "--compat-report"},
         "--compat-report: contradicts another option before it"},
        {{"--explain=a", "--explain=b"}, "--explain: given twice"},
        {{"start"}, "'start': unexpected; everything is said with options"},
        {{"-"}, "'-': unexpected; everything is said with options"},
        {{"--"}, "'--': unexpected; everything is said with options"},
        {{"\x1b[31m"}, "'?[31m': unexpected; everything is said with options"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p = parse(cases[i].args);
        CHECK(p.err == PTN_EINVALID, "%s", cases[i].args[0]);
        CHECK(strcmp(p.why, cases[i].why) == 0, "%s: said '%s'", cases[i].args[0], p.why);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_option_overrides_its_key),
        cmocka_unit_test(modes_and_places),
        cmocka_unit_test(json_goes_with_reports),
        cmocka_unit_test(flags_cluster),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(a_stun_server_may_bring_its_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
