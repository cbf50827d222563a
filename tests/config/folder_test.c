/* Which files are read, and what the command line and the folder do together. */
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

#define HTTP_ON "general: { http = true; port = 9000 }"
#define CORE_X "general: { server_name = \"x\" }"

static const char *server_name(const struct loaded *l) {
    return ptn_config_str(ptn_config_file(l->cfg, "core"), "general.server_name");
}

struct folder_case {
    const char *name;
    const char *files[6][2]; /* name, text */
    const char *expected;
    const char *server_name;
};

static const struct folder_case cases[] = {
    {"ours", {{"portunus.jcfg", CORE_X}, {"portunus.transport.http.jcfg", HTTP_ON}}, "", "x"},
    {"theirs", {{"janus.jcfg", CORE_X}, {"janus.transport.http.jcfg", HTTP_ON}}, "", "x"},
    {"mixed", {{"janus.jcfg", CORE_X}, {"portunus.transport.http.jcfg", HTTP_ON}}, "", "x"},
    {"both names",
     {{"portunus.jcfg", CORE_X}, {"janus.jcfg", CORE_X}, {"janus.transport.http.jcfg", HTTP_ON}},
     "F/portunus.jcfg: error: 'F/janus.jcfg' exists as well; allowed is one of the two\n",
     "x"},
    {"no core file", {{"portunus.transport.http.jcfg", HTTP_ON}}, "", "MyJanusInstance"},
    {"nothing",
     {{NULL}},
     "error: no Janus API transport is enabled; allowed is at least one of http, https "
     "(transport.http), ws, wss (transport.websockets), enabled (transport.pfunix)\n",
     "MyJanusInstance"},
    {"nothing enabled",
     {{"portunus.transport.websockets.jcfg", "general: { ws = false }"}},
     "error: no Janus API transport is enabled; allowed is at least one of http, https "
     "(transport.http), ws, wss (transport.websockets), enabled (transport.pfunix)\n",
     "MyJanusInstance"},
    {"legacy",
     {{"janus.cfg", "[general]\nserver_name = old\n"}, {"janus.transport.http.jcfg", HTTP_ON}},
     "",
     "old"},
    {"legacy beside the newer",
     {{"janus.cfg", "[general]\nserver_name = old\n"},
      {"janus.jcfg", CORE_X},
      {"janus.transport.http.jcfg", HTTP_ON}},
     "F/janus.cfg: note: not read, because 'F/janus.jcfg' exists\n",
     "x"},
    {"a broken file is never replaced by the older one",
     {{"janus.cfg", "[general]\nserver_name = old\n"},
      {"janus.jcfg", "general: { server_name = \"x\";\n"},
      {"janus.transport.http.jcfg", HTTP_ON}},
     "F/janus.cfg: note: not read, because 'F/janus.jcfg' exists\n"
     "F/janus.jcfg:2: error: syntax error; nothing of this file is used\n",
     "MyJanusInstance"},
    {"modules we do not have",
     {{"portunus.transport.http.jcfg", HTTP_ON},
      {"janus.plugin.videoroom.jcfg", "complete nonsense {"},
      {"janus.plugin.mine.jcfg", ""},
      {"janus.transport.htp.jcfg", ""},
      {"janus.jcfg.bak", "nonsense {"},
      {"janusx.jcfg", "nonsense {"}},
     "F/janus.plugin.mine.jcfg: warning: there is no module 'plugin.mine'; the file is not read\n"
     "F/janus.plugin.videoroom.jcfg: warning: plugin.videoroom is not supported yet; the file is "
     "not read\n"
     "F/janus.transport.htp.jcfg: warning: there is no module 'transport.htp'; the file is not "
     "read; did you mean 'transport.http'?\n",
     "MyJanusInstance"},
    {"a disabled transport opens nothing",
     {{"portunus.jcfg", "transports: { disable = \"libjanus_http.so\" }"},
      {"portunus.transport.http.jcfg", HTTP_ON}},
     "error: no Janus API transport is enabled; allowed is at least one of http, https "
     "(transport.http), ws, wss (transport.websockets), enabled (transport.pfunix)\n",
     "MyJanusInstance"},
    {"a disabled transport may ask for what is not built",
     {{"portunus.jcfg", "transports: { disable = \"libjanus_pfunix.so, libjanus_websockets.so\" }"},
      {"portunus.transport.http.jcfg", HTTP_ON},
      {"portunus.transport.pfunix.jcfg", "general: { enabled = true; path = \"/x\" }"},
      {"portunus.transport.websockets.jcfg", "general: { wss = true }"}},
     "",
     "MyJanusInstance"},
    {"a published admin secret with an admin listener",
     {{"portunus.jcfg", "general: { admin_secret = \"janusoverlord\" }"},
      {"portunus.transport.http.jcfg", HTTP_ON "\nadmin: { admin_http = true }"}},
     "F/portunus.jcfg:1: warning: general.admin_secret: not supported yet: there is no Admin API "
     "for it to guard\n"
     "F/portunus.transport.http.jcfg:2: error: admin.admin_http: not supported yet: the Admin API "
     "would not be served\n"
     "F/portunus.jcfg:1: error: general.admin_secret: a secret from a published sample; allowed "
     "is one of your own\n",
     "MyJanusInstance"},
    {"two things on one path",
     {{"portunus.jcfg", "web: { static_folder = \"/tmp\"; static_path = \"/janus\" }"},
      {"portunus.transport.http.jcfg", HTTP_ON}},
     "F/portunus.transport.http.jcfg: error: general.base_path: '/janus' is web.static_path too; "
     "allowed are two different paths\n",
     "MyJanusInstance"},
};

static void reads_exactly_these(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct folder_case *c = &cases[i];
        struct folder f;
        folder_new(&f);
        for (size_t j = 0; j < 6 && c->files[j][0]; j++)
            folder_write(&f, c->files[j][0], c->files[j][1]);
        struct loaded l = load_folder(&f);
        CHECK(strcmp(l.text, c->expected) == 0, "%s: said\n%s", c->name, l.text);
        CHECK(strcmp(server_name(&l), c->server_name) == 0, "%s: %s", c->name, server_name(&l));
        loaded_free(&l);
        folder_free(&f);
    }
}

static void modules_are_enabled_by_their_files(void **state) {
    (void)state;
    struct folder f;
    folder_new(&f);
    folder_write(&f, "janus.jcfg", "plugins: { disable = \"libjanus_echotest.so\" }");
    folder_write(&f, "janus.transport.http.jcfg", HTTP_ON);
    struct loaded l = load_folder(&f);
    assert_string_equal(l.text, "");
    assert_true(ptn_config_module_enabled(l.cfg, "core"));
    assert_true(ptn_config_module_enabled(l.cfg, "transport.http"));
    assert_false(ptn_config_module_enabled(l.cfg, "transport.websockets"));
    assert_false(ptn_config_module_enabled(l.cfg, "plugin.echotest"));
    assert_string_equal(ptn_config_file_path(ptn_config_file(l.cfg, "transport.http")),
                        folder_path(&f, "janus.transport.http.jcfg"));
    loaded_free(&l);
    folder_write(&f, "janus.jcfg", "");
    l = load_folder(&f);
    assert_true(ptn_config_module_enabled(l.cfg, "plugin.echotest"));
    loaded_free(&l);
    folder_free(&f);
}

static void the_core_file_can_be_named(void **state) {
    (void)state;
    struct folder f;
    char missing[200];
    folder_new(&f);
    folder_write(&f, "portunus.jcfg", "general: { server_name = \"folder\" }");
    folder_write(&f, "other.txt", "general: { server_name = \"named\" }");
    folder_write(&f, "portunus.transport.http.jcfg", HTTP_ON);
    struct ptn_options options = {.folder = f.path, .file = folder_path(&f, "other.txt")};
    struct loaded l = {.problems = ptn_problems_new()};
    l.cfg = ptn_config_load(&options, l.problems);
    l.text = problems_text(l.problems);
    assert_string_equal(l.text, "");
    assert_string_equal(server_name(&l), "named");
    loaded_free(&l);

    snprintf(missing, sizeof missing, "%s", folder_path(&f, "missing.jcfg"));
    options.file = missing;
    l = (struct loaded){.problems = ptn_problems_new()};
    l.cfg = ptn_config_load(&options, l.problems);
    l.text = problems_text(l.problems);
    folder_hide(&f, l.text);
    assert_string_equal(
        l.text, "error: --config: 'F/missing.jcfg' cannot be read: No such file or directory\n");
    loaded_free(&l);
    folder_free(&f);
}

static void a_missing_folder_is_an_error(void **state) {
    (void)state;
    struct folder f = {"/nonexistent/folder"};
    struct loaded l = load_folder(&f);
    assert_string_equal(l.text, "F: error: the configuration folder cannot be read: No such file "
                                "or directory; another one is named with -F\n");
    loaded_free(&l);
}

static void what_is_not_a_file_is_not_read(void **state) {
    (void)state;
    struct folder f;
    folder_new(&f);
    folder_write(&f, "portunus.transport.http.jcfg", HTTP_ON);
    assert_int_equal(mkfifo(folder_path(&f, "portunus.jcfg"), 0600), 0);
    assert_int_equal(symlink("nowhere", folder_path(&f, "portunus.plugin.echotest.jcfg")), 0);
    struct loaded l = load_folder(&f);
    assert_string_equal(l.text,
                        "F/portunus.jcfg: error: 'F/portunus.jcfg' is not a file of at most "
                        "1048576 bytes\n"
                        "F/portunus.plugin.echotest.jcfg: error: 'F/portunus.plugin.echotest.jcfg' "
                        "cannot be read: No such file or directory\n");
    loaded_free(&l);
    folder_free(&f);
}

static void includes_report_their_own_lines(void **state) {
    (void)state;
    struct folder f;
    char text[600];
    folder_new(&f);
    snprintf(text, sizeof text,
             "general: {\n  http = true\n@include \"%s\"\n  jsn = \"plain\"\n}\n",
             folder_path(&f, "ports"));
    folder_write(&f, "portunus.transport.http.jcfg", text);
    folder_write(&f, "ports", "\nprt = 1\nsecure_port = 4294975384\nmhd_connection_limit = 12\n");
    struct loaded l = load_folder(&f);
    assert_string_equal(
        l.text, "F/ports:3: error: secure_port: 4294975384 is out of range; allowed are whole "
                "numbers of 32 bits\n"
                "F/ports:2: error: general.prt: unknown key; did you mean 'port'?\n"
                "F/portunus.transport.http.jcfg:4: error: general.jsn: unknown key; did you mean "
                "'json'?\n");
    const struct ptn_config_file *http = ptn_config_file(l.cfg, "transport.http");
    assert_int_equal(ptn_config_int(http, "general.mhd_connection_limit"), 12);
    assert_int_equal(ptn_config_where(http, "general.mhd_connection_limit").line, 4);
    loaded_free(&l);
    folder_free(&f);
}

/* libconfig ends the process on a folder, and calls a missing file a syntax error. */
static void bad_includes_are_errors(void **state) {
    (void)state;
    static const struct {
        const char *text, *expected;
    } bad[] = {
        {"general: { http = true }\n  @include \"/tmp\"\n",
         "F/portunus.transport.http.jcfg:2: error: '/tmp' is not a file of at most 1048576 "
         "bytes\n"},
        {"@include \"/nonexistent\"\n",
         "F/portunus.transport.http.jcfg:1: error: '/nonexistent' cannot be read: No such file or "
         "directory\n"},
        {"general: { http = true }\n/*\n@include \"/nonexistent\"\n*/\n# @include \"/tmp\"\n", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct folder f;
        folder_new(&f);
        folder_write(&f, "portunus.transport.http.jcfg", bad[i].text);
        struct loaded l = load_folder(&f);
        CHECK(strcmp(l.text, bad[i].expected) == 0, "%s", l.text);
        loaded_free(&l);
        folder_free(&f);
    }
}

static void an_include_of_itself_ends(void **state) {
    (void)state;
    struct folder f;
    char text[300];
    folder_new(&f);
    snprintf(text, sizeof text, "@include \"%s\"\n", folder_path(&f, "portunus.jcfg"));
    folder_write(&f, "portunus.jcfg", text);
    folder_write(&f, "portunus.transport.http.jcfg", HTTP_ON);
    struct loaded l = load_folder(&f);
    assert_string_equal(l.text, "F/portunus.jcfg:1: error: files include each other too deeply; "
                                "allowed are 10 levels\n");
    loaded_free(&l);
    folder_free(&f);
}

static void options_override_the_file(void **state) {
    (void)state;
    struct folder f;
    folder_new(&f);
    folder_write(&f, "portunus.jcfg", "general: { session_timeout = \"7\"; debug_level = 3 }");
    folder_write(&f, "portunus.transport.http.jcfg", HTTP_ON);
    char *argv[] = {"portunus", "-F", f.path, "-s", "9", "-o", "-r", "300-200"};
    struct ptn_options options;
    char why[200] = "";
    assert_int_equal(ptn_options_parse(8, argv, &options, why, sizeof why), PTN_OK);
    struct loaded l = {.problems = ptn_problems_new()};
    l.cfg = ptn_config_load(&options, l.problems);
    l.text = problems_text(l.problems);
    assert_string_equal(l.text, "warning: --rtp-port-range: 300-200 is the wrong way round; taken "
                                "as 200-300\n");
    const struct ptn_config_file *core = ptn_config_file(l.cfg, "core");
    assert_int_equal(ptn_config_int(core, "general.session_timeout"), 9);
    assert_int_equal(ptn_config_int(core, "general.debug_level"), 3);
    assert_false(ptn_config_bool(core, "general.debug_colors"));
    struct ptn_where w = ptn_config_where(core, "general.session_timeout");
    assert_null(w.file);
    assert_string_equal(w.key, "--session-timeout");
    loaded_free(&l);
    folder_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_exactly_these),
        cmocka_unit_test(modules_are_enabled_by_their_files),
        cmocka_unit_test(the_core_file_can_be_named),
        cmocka_unit_test(a_missing_folder_is_an_error),
        cmocka_unit_test(what_is_not_a_file_is_not_read),
        cmocka_unit_test(includes_report_their_own_lines),
        cmocka_unit_test(bad_includes_are_errors),
        cmocka_unit_test(an_include_of_itself_ends),
        cmocka_unit_test(options_override_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
