/* Every kind of mistake, and the whole of what is said about it. */
#include "test.h"

#include <stdlib.h>

#include "util.h"

struct message_case {
    const char *name, *schema, *path, *text, *expected;
};

#define CORE "core", "portunus.jcfg"
#define HTTP "transport.http", "http.jcfg"
#define WS "transport.websockets", "ws.jcfg"
#define ISO_BOOL " is not a boolean; allowed are yes, true, 1, no, false, 0\n"

static const struct message_case cases[] = {
    {"nothing wrong", CORE, "general: { server_name = \"x\"; };", ""},
    {"empty file", CORE, "", ""},

    /* what is not there */
    {"unknown key", WS, "general: {\n ws_ipp = \"127.0.0.1\"\n}",
     "ws.jcfg:2: error: general.ws_ipp: unknown key; did you mean 'ws_ip'?\n"},
    {"swapped letters", HTTP, "general: { prot = 1 }",
     "http.jcfg:1: error: general.prot: unknown key; did you mean 'port'?\n"},
    {"case does not matter to the nearest", HTTP, "general: { BASE_PTH = \"/x\" }",
     "http.jcfg:1: error: general.BASE_PTH: unknown key; did you mean 'base_path'?\n"},
    {"unknown key, nothing near", "plugin.echotest", "e.jcfg", "general: { zzzzzzzzz = 1 }",
     "e.jcfg:1: error: general.zzzzzzzzz: unknown key; allowed are events\n"},
    {"key of another section", CORE, "general: { rtp_port_range = \"20000-20100\" }",
     "portunus.jcfg:1: error: general.rtp_port_range: unknown key; did you mean "
     "'media.rtp_port_range'?\n"},
    {"an option's own key", CORE, "general: { cwd_path = \"/\" }",
     "portunus.jcfg:1: error: general.cwd_path: unknown key; allowed are log_to_stdout, "
     "log_to_file, log_rotate_sig, debug_level, debug_timestamps, debug_colors, log_prefix, "
     "log_json, log_mask_addresses, daemonize, pid_file, check_openfiles_limit, api_secret, "
     "token_auth, token_auth_secret, admin_secret, interface, wait_for_address, server_name, "
     "session_timeout, candidates_timeout, reclaim_session_timeout, drain_timeout, "
     "recordings_tmp_ext, event_loops, allow_loop_indication, opaqueid_in_api, hide_dependencies, "
     "no_webrtc_encryption, protected_folders\n"},
    {"unknown section", HTTP, "\n\ngenral: { port = 1; nonsense = 2; }",
     "http.jcfg:3: error: genral: unknown section; did you mean 'general'?\n"},
    {"unknown empty section", HTTP, "zzzzzz: { }",
     "http.jcfg:1: error: zzzzzz: unknown section; allowed are general, admin, cors, "
     "certificates\n"},
    {"key outside sections", HTTP, "port = 8088",
     "http.jcfg:1: error: port: stands outside any section; allowed sections are general, admin, "
     "cors, certificates\n"},
    {"value instead of a section", HTTP, "general = 8088",
     "http.jcfg:1: error: general: a value was given; allowed is a group, as in general: { ... "
     "}\n"},

    /* wrong values */
    {"boolean", CORE, "general: { hide_dependencies = \"on\" }",
     "portunus.jcfg:1: error: general.hide_dependencies: 'on'" ISO_BOOL},
    {"boolean from a number", CORE, "general: { hide_dependencies = 2 }",
     "portunus.jcfg:1: error: general.hide_dependencies: '2'" ISO_BOOL},
    {"empty boolean", CORE, "general: { hide_dependencies = \"\" }",
     "portunus.jcfg:1: error: general.hide_dependencies: ''" ISO_BOOL},
    {"number", HTTP, "general: { port = \"banana\" }",
     "http.jcfg:1: error: general.port: 'banana' is not a whole number; allowed is 1..65535\n"},
    {"number with more behind it", HTTP, "general: { port = \"8088x\" }",
     "http.jcfg:1: error: general.port: '8088x' is not a whole number; allowed is 1..65535\n"},
    {"number in hexadecimal text", HTTP, "general: { port = \"0x1F98\" }",
     "http.jcfg:1: error: general.port: '0x1F98' is not a whole number; allowed is 1..65535\n"},
    {"number with a blank", HTTP, "general: { port = \" 8088\" }",
     "http.jcfg:1: error: general.port: ' 8088' is not a whole number; allowed is 1..65535\n"},
    {"fraction", HTTP, "general: { port = 8088.0 }",
     "http.jcfg:1: error: general.port: '8088.000000' is not a whole number; allowed is "
     "1..65535\n"},
    {"boolean for a number", HTTP, "general: { port = true }",
     "http.jcfg:1: error: general.port: 'true' is not a whole number; allowed is 1..65535\n"},
    {"port too large", HTTP, "general: { port = 99999 }",
     "http.jcfg:1: error: general.port: 99999 is out of range; allowed is 1..65535\n"},
    {"port 0", HTTP, "general: { port = 0 }",
     "http.jcfg:1: error: general.port: 0 is out of range; allowed is 1..65535\n"},
    {"negative", CORE, "general: { session_timeout = -1 }",
     "portunus.jcfg:1: error: general.session_timeout: -1 is out of range; allowed is "
     "0..31536000\n"},
    {"text beyond 64 bits", HTTP, "general: { port = \"99999999999999999999\" }",
     "http.jcfg:1: error: general.port: 99999999999999999999 is out of range; allowed is "
     "1..65535\n"},
    {"number libconfig would wrap to 8088", HTTP, "general: {\n port = 4294975384\n}",
     "http.jcfg:2: error: general.port: 4294975384 is out of range; allowed are whole numbers of "
     "32 bits\n"},
    {"hexadecimal that would wrap", HTTP, "general: { port = 0x100001F98 }",
     "http.jcfg:1: error: general.port: 0x100001F98 is out of range; allowed are whole numbers of "
     "32 bits\n"},
    {"long that would wrap", HTTP, "general: { port = 0x10000000000001F98L }",
     "http.jcfg:1: error: general.port: 0x10000000000001F98L is out of range; allowed are whole "
     "numbers of 32 bits\n"},
    {"enumeration", HTTP, "general: { json = \"fancy\" }",
     "http.jcfg:1: error: general.json: 'fancy' is not known; allowed are indented, plain, "
     "compact\n"},
    {"enumeration, misspelt", HTTP, "general: { json = \"idented\" }",
     "http.jcfg:1: error: general.json: 'idented' is not known; allowed are indented, plain, "
     "compact; did you mean 'indented'?\n"},
    {"range", CORE, "media: { rtp_port_range = \"banana\" }",
     "portunus.jcfg:1: error: media.rtp_port_range: 'banana' is not a range; allowed is "
     "\"min-max\", both 1..65535\n"},
    {"range of one", CORE, "media: { rtp_port_range = 20000 }",
     "portunus.jcfg:1: error: media.rtp_port_range: '20000' is not a range; allowed is "
     "\"min-max\", both 1..65535\n"},
    {"range out of range", CORE, "media: { rtp_port_range = \"20000-99999\" }",
     "portunus.jcfg:1: error: media.rtp_port_range: 20000-99999 is out of range; allowed is "
     "\"min-max\", both 1..65535\n"},
    {"range reversed", CORE, "media: { rtp_port_range = \"20100-20000\" }",
     "portunus.jcfg:1: warning: media.rtp_port_range: 20100-20000 is the wrong way round; taken "
     "as 20000-20100\n"},
    {"address", HTTP, "general: { ip = \"1.2.3\" }",
     "http.jcfg:1: error: general.ip: '1.2.3' is not an IP address; allowed is a numeric IPv4 or "
     "IPv6 address without port\n"},
    {"address with port", WS, "general: { ws_ip = \"127.0.0.1:80\" }",
     "ws.jcfg:1: error: general.ws_ip: '127.0.0.1:80' is not an IP address; allowed is a numeric "
     "IPv4 or IPv6 address without port\n"},
    {"no address", HTTP, "general: { ip = \"\" }",
     "http.jcfg:1: error: general.ip: '' is not an IP address; allowed is a numeric IPv4 or IPv6 "
     "address without port\n"},
    {"interface", HTTP, "general: { interface = \"eth0/1\" }",
     "http.jcfg:1: error: general.interface: 'eth0/1' is not an interface name; allowed is the "
     "name of one network interface, as in eth0\n"},
    {"address for an interface", HTTP, "general: { interface = \"192.0.2.1\" }",
     "http.jcfg:1: error: general.interface: '192.0.2.1' is not an interface name; allowed is the "
     "name of one network interface, as in eth0\n"},
    {"acl in the middle of an address", HTTP, "general: { acl = \"127.,192.168.0\" }",
     "http.jcfg:1: error: general.acl: '192.168.0' is not an address, block or prefix; allowed is "
     "an exact address, a block as in 192.0.2.0/24, or a prefix that ends at a dot or colon as in "
     "192.168.\n"},
    {"acl block too wide", WS, "general: { ws_acl = \"10.0.0.0/33\" }",
     "ws.jcfg:1: error: general.ws_acl: '10.0.0.0/33' is not an address, block or prefix; allowed "
     "is an exact address, a block as in 192.0.2.0/24, or a prefix that ends at a dot or colon as "
     "in 192.168.\n"},
    {"acl prefix that no address has", WS, "general: { ws_acl = \"300.\" }",
     "ws.jcfg:1: error: general.ws_acl: '300.' is not an address, block or prefix; allowed is an "
     "exact address, a block as in 192.0.2.0/24, or a prefix that ends at a dot or colon as in "
     "192.168.\n"},
    {"empty acl", HTTP, "general: { acl = \" , \" }",
     "http.jcfg:1: error: general.acl: is empty; leave the key out to do without it\n"},
    {"empty allow-list", CORE, "nat: { ice_enforce_list = \"\" }",
     "portunus.jcfg:1: error: nat.ice_enforce_list: is empty; leave the key out to do without "
     "it\n"},
    {"allow-list that is no address", CORE, "nat: { ice_enforce_list = \"eth0,192.168.300.1\" }",
     "portunus.jcfg:1: error: nat.ice_enforce_list: '192.168.300.1' is not an address, block, "
     "prefix or interface; allowed is an exact address, a block as in 192.0.2.0/24, an exact "
     "interface name, or a prefix that ends at a dot or colon as in 192.168.\n"},
    {"base path", HTTP, "general: { base_path = \"janus\" }",
     "http.jcfg:1: error: general.base_path: 'janus' is not a path of a web address; allowed is a "
     "text that starts with /, as in /janus\n"},
    {"folder that is not there", CORE, "web: { static_folder = \"/nonexistent/demos\" }",
     "portunus.jcfg:1: error: web.static_folder: '/nonexistent/demos' is not a folder; allowed is "
     "an existing folder, relative to the working directory\n"},
    {"header line", HTTP, "cors: { allow_origin = \"x\\r\\nSet-Cookie: y\" }",
     "http.jcfg:1: error: cors.allow_origin: 'x??Set-Cookie: y' is not one line of text; allowed "
     "is a text without control characters\n"},
    {"empty secret", CORE, "general: { api_secret = \"\" }",
     "portunus.jcfg:1: error: general.api_secret: is empty; leave the key out to do without it\n"},
    {"log word", WS, "general: { ws_logging = \"err,wrn\" }",
     "ws.jcfg:1: error: general.ws_logging: 'wrn' is not known; allowed are none, all, err, warn, "
     "notice, info, debug, parser, header, ext, client, latency, user, count; did you mean "
     "'warn'?\n"},

    /* wrong kinds */
    {"list for a value", HTTP, "general: { port = [8088, 8089] }",
     "http.jcfg:1: error: general.port: a list was given; allowed is one value: a whole number "
     "1..65535\n"},
    {"empty list for a value", HTTP, "general: { ip = [] }",
     "http.jcfg:1: error: general.ip: a list was given; allowed is one value: a numeric IPv4 or "
     "IPv6 address without port\n"},
    {"group for a value", HTTP, "general: { port: { a = 1 } }",
     "http.jcfg:1: error: general.port: a group was given; allowed is one value: a whole number "
     "1..65535\n"},
    {"groups in a list", CORE, "general: { protected_folders = ( {a = 1} ) }",
     "portunus.jcfg:1: error: general.protected_folders: a group was given; allowed is a list, "
     "each item any text\n"},

    /* broken files */
    {"syntax", HTTP, "general: {\n port = = 1\n}",
     "http.jcfg:2: error: syntax error; nothing of this file is used\n"},
    {"same key twice", HTTP, "general: {\n port = 1;\n port = 2\n}",
     "http.jcfg:3: error: duplicate setting name; nothing of this file is used\n"},
    {"same key twice in another case", HTTP, "general: {\n port = 1;\n Port = 2\n}",
     "http.jcfg:3: error: general.port: given twice; the first is at http.jcfg:2\n"},
    {"under both its names", CORE, "media: {\n dscp = 1;\n dscp_tos = 2\n}",
     "portunus.jcfg:3: error: media.dscp: given twice; the first is at portunus.jcfg:2\n"},
    {"comment without end", CORE, "general: { }\n/* general: { api_secret = \"x\" }",
     "portunus.jcfg:2: error: a comment starts here and never ends\n"},
    {"NUL in a text", CORE, "general: { api_secret = \"x\\x00yz\" }",
     "portunus.jcfg:1: error: general.api_secret: a text contains a NUL byte\n"},
    {"line of a legacy file", "transport.http", "http.cfg", "[general]\nhttp = yes\nport 8088\n",
     "http.cfg:3: error: neither [section] nor key = value\n"},
    {"value in a legacy file", "transport.http", "http.cfg", "; x\n[general]\nport => 99999\n",
     "http.cfg:3: error: general.port: 99999 is out of range; allowed is 1..65535\n"},

    /* known, but nothing uses it */
    {"not yet, unsafe", CORE, "general: { token_auth = yes }",
     "portunus.jcfg:1: error: syntax error; nothing of this file is used\n"},
    {"tokens", CORE, "general: { token_auth = true }",
     "portunus.jcfg:1: error: general.token_auth: not supported yet: requests would be served "
     "without a token\n"},
    {"no tokens", CORE, "general: { token_auth = false }", ""},
    {"plain media", CORE, "general: { no_webrtc_encryption = true }",
     "portunus.jcfg:1: error: general.no_webrtc_encryption: not supported yet: media is always "
     "encrypted\n"},
    {"public addresses", CORE, "nat: { nat_1_1_mapping = \"203.0.113.5\" }",
     "portunus.jcfg:1: error: nat.nat_1_1_mapping: not supported yet: clients would be shown the "
     "private addresses it hides\n"},
    {"TCP candidates", CORE, "nat: { ice_tcp = true }",
     "portunus.jcfg:1: error: nat.ice_tcp: not supported yet: the sockets it asks for would not "
     "exist\n"},
    {"daemon", CORE, "general: { daemonize = true }",
     "portunus.jcfg:1: error: general.daemonize: not supported yet: the process would stay in the "
     "foreground and hold up whoever waits for it\n"},
    {"metrics everywhere", CORE, "metrics: { enabled = true }",
     "portunus.jcfg:1: error: metrics.enabled: not supported yet: the listener would not exist\n"
     "portunus.jcfg:1: error: metrics.enabled: enabled without an address; needed is metrics.ip or "
     "metrics.interface\n"},
    {"metrics somewhere", CORE, "metrics: { enabled = true; ip = \"127.0.0.1\" }",
     "portunus.jcfg:1: error: metrics.enabled: not supported yet: the listener would not exist\n"
     "portunus.jcfg:1: note: metrics.ip: not supported yet\n"},
    {"STUN server that is a misspelt address", CORE, "nat: { stun_server = \"192.0.2\" }",
     "portunus.jcfg:1: error: nat.stun_server: '192.0.2' is not a host; allowed is a host name or "
     "a "
     "numeric address\n"},
    {"limit that nobody would enforce", CORE, "web: { max_request_rate = 10 }",
     "portunus.jcfg:1: error: web.max_request_rate: not supported yet: it would not be enforced\n"},
    {"TLS version as a number", HTTP, "certificates: { tls_min_version = 1.3 }",
     "http.jcfg:1: error: certificates.tls_min_version: '1.300000' is not known; allowed are "
     "TLSv1.2, TLSv1.3\n"},
    {"STUN server", CORE, "nat: { stun_server = \"stun.example.org\" }",
     "portunus.jcfg:1: warning: nat.stun_server: not supported yet: no server-reflexive "
     "candidates are offered\n"},
    {"events", CORE, "events: { broadcast = true }",
     "portunus.jcfg:1: warning: events.broadcast: not supported yet: no event handler is called\n"},
    {"admin listener", HTTP, "admin: { admin_http = true }",
     "http.jcfg:1: error: admin.admin_http: not supported yet: the Admin API would not be "
     "served\n"},
    {"Unix WebSocket", WS, "general: { ws_unix = \"/run/ws.sock\" }",
     "ws.jcfg:1: error: general.ws_unix: not supported yet: a TCP port would be opened in its "
     "place\n"},
    {"Unix admin socket", "transport.pfunix", "u.jcfg", "admin: { admin_enabled = true }",
     "u.jcfg:1: error: admin.admin_enabled: not supported yet: the Admin API would not be "
     "served\n"},
    {"historical", CORE, "nat: { nice_debug = false }",
     "portunus.jcfg:1: warning: nat.nice_debug: has no effect: it belongs to a library that is "
     "not used here\n"},
    {"historical folder", CORE, "general: { plugins_folder = \"/x\" }",
     "portunus.jcfg:1: note: general.plugins_folder: has no effect: plugins are compiled in\n"},

    /* keys together */
    {"published API secret", CORE, "general: { api_secret = \"janusrocks\" }",
     "portunus.jcfg:1: error: general.api_secret: a secret from a published sample; allowed is "
     "one of your own\n"},
    {"published admin secret without Admin API", CORE,
     "general: { admin_secret = \"janusoverlord\" }",
     "portunus.jcfg:1: warning: general.admin_secret: not supported yet: there is no Admin API "
     "for it to guard\n"
     "portunus.jcfg:1: warning: general.admin_secret: a secret from a published sample; allowed "
     "is one of your own\n"},
    {"origin not enforced", HTTP, "cors: { enforce_cors = true }",
     "http.jcfg:1: error: cors.enforce_cors: has no effect without cors.allow_origin\n"},
    {"acl not enforced", WS, "general: { ws_acl_forwarded = true }",
     "ws.jcfg:1: error: general.ws_acl_forwarded: has no effect without general.ws_acl\n"},
    {"half a ping", WS, "general: { pingpong_trigger = 30 }",
     "ws.jcfg:1: warning: general.pingpong_trigger: has no effect without "
     "general.pingpong_timeout\n"},
    {"half a certificate", CORE, "certificates: { cert_pem = \"/x.pem\" }",
     "portunus.jcfg:1: error: certificates.cert_pem: given without certificates.cert_key\n"},
    {"HTTPS without certificate", HTTP, "general: { https = true }",
     "http.jcfg:1: error: general.https: enabled without a certificate; needed are "
     "certificates.cert_pem and certificates.cert_key\n"},
    {"WSS without certificate", WS, "general: { wss = true }",
     "ws.jcfg:1: error: general.wss: enabled without a certificate; needed are "
     "certificates.cert_pem\n"},
    {"Unix socket without a path", "transport.pfunix", "u.jcfg", "general: { enabled = true }",
     "u.jcfg:1: error: general.enabled: enabled without general.path\n"},
    {"Unix socket", "transport.pfunix", "u.jcfg",
     "general: { enabled = true; path = \"/run/x.sock\"; type = \"sock_dgram\" }", ""},
    {"Unix socket of no kind", "transport.pfunix", "u.jcfg",
     "general: { path = \"/x\"; type = \"SOCK_STREAM\" }",
     "u.jcfg:1: error: general.type: 'SOCK_STREAM' is not known; allowed are SOCK_SEQPACKET, "
     "SOCK_DGRAM; did you mean 'SOCK_DGRAM'?\n"},
    {"no such cipher", CORE, "certificates: { dtls_ciphers = \"banana\" }",
     "portunus.jcfg:1: error: certificates.dtls_ciphers: no known cipher is in it; allowed is a "
     "list as `openssl ciphers` takes it\n"},
    {"ciphers of another library", HTTP, "certificates: { ciphers = \"PFS:-VERS-TLS1.0\" }",
     "http.jcfg:1: warning: certificates.ciphers: a GnuTLS priority string has no effect; TLS 1.2 "
     "and 1.3 are spoken, with OpenSSL's own choice of ciphers\n"},
    {"port outside the range", CORE, "media: {\n port = 100;\n rtp_port_range = \"200-300\"\n}",
     "portunus.jcfg:2: error: media.port: 100 is outside media.rtp_port_range; allowed is "
     "200..300\n"},
    {"no such transport to disable", CORE, "transports: { disable = \"libjanus_htp.so\" }",
     "portunus.jcfg:1: error: transports.disable: there is no module 'libjanus_htp.so'; did you "
     "mean 'libjanus_http.so'?\n"},
    {"no such plugin to disable", CORE, "plugins: { disable = \"libzzz.so\" }",
     "portunus.jcfg:1: warning: plugins.disable: there is no module 'libzzz.so'\n"},

    /* hostile texts stay on one line of the terminal */
    {"control characters", CORE, "general: { debug_level = \"a\\x1b[31m\\n\" }",
     "portunus.jcfg:1: error: general.debug_level: 'a?[31m?' is not a whole number; allowed is "
     "0..7\n"},

    /* all of them, not the first */
    {"three at once", HTTP, "general: {\n port = 0;\n htps = 1;\n json = \"x\"\n}",
     "http.jcfg:2: error: general.port: 0 is out of range; allowed is 1..65535\n"
     "http.jcfg:3: error: general.htps: unknown key; did you mean 'https'?\n"
     "http.jcfg:4: error: general.json: 'x' is not known; allowed are indented, plain, compact\n"},
};

static void says_exactly_this(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loaded l = load_text(cases[i].schema, cases[i].path, cases[i].text);
        CHECK(strcmp(l.text, cases[i].expected) == 0, "%s: said\n%s", cases[i].name, l.text);
        loaded_free(&l);
    }
}

static void counts_errors_only(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loaded l = load_text(cases[i].schema, cases[i].path, cases[i].text);
        bool expected = strstr(cases[i].expected, ": error: ") != NULL;
        CHECK((ptn_problems_errors(l.problems) > 0) == expected, "%s", cases[i].name);
        loaded_free(&l);
    }
}

static void a_secret_is_never_repeated(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg",
                                "general: { api_secret = \"janusrocks\"; admin_secret = [\"hush\"] "
                                "}\ncertificates: { cert_pwd: { hush = 1 } }");
    assert_int_equal(ptn_problems_errors(l.problems), 3);
    assert_null(strstr(l.text, "janusrocks"));
    assert_null(strstr(l.text, "hush"));
    loaded_free(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_exactly_this),
        cmocka_unit_test(counts_errors_only),
        cmocka_unit_test(a_secret_is_never_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
