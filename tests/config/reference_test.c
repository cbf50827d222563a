/* The configuration folder that Debian's package of the reference server installs, read as it is;
 * skipped where it is not installed. Independent fixtures: report_test.c, folder_test.c. */
#include "test.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/report.h"
#include "util.h"

#define FOLDER "/etc/janus"

static bool is_installed(void) {
    return access(FOLDER "/janus.jcfg", R_OK) == 0 &&
           access(FOLDER "/janus.transport.http.jcfg", R_OK) == 0;
}

static void loads_with_warnings_only(void **state) {
    (void)state;
    if (!is_installed())
        skip();
    struct folder f = {FOLDER};
    struct loaded l = load_folder(&f);
    CHECK(ptn_problems_errors(l.problems) == 0, "%s", l.text);
    assert_non_null(strstr(l.text, "general.admin_secret: a secret from a published sample"));
    const struct ptn_config_file *http = ptn_config_file(l.cfg, "transport.http");
    assert_true(ptn_config_module_enabled(l.cfg, "transport.http"));
    assert_true(ptn_config_bool(http, "general.http"));
    assert_string_equal(ptn_config_str(http, "general.json"), "indented");
    assert_true(ptn_config_bool(ptn_config_file(l.cfg, "transport.websockets"), "general.ws"));
    loaded_free(&l);
}

static bool is_read(const struct loaded *l, const char *path) {
    static const char *const names[] = {"core", "transport.http", "transport.websockets",
                                        "transport.pfunix", "plugin.echotest"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *is = ptn_config_file_path(ptn_config_file(l->cfg, names[i]));
        if (is && strcmp(is, path) == 0)
            return true;
    }
    return false;
}

/* None is passed over in silence. */
static void each_file_is_read_or_warned_about(void **state) {
    (void)state;
    if (!is_installed())
        skip();
    struct folder f = {FOLDER};
    struct loaded l = load_folder(&f);
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char warning[400];
        size_t n = strlen(e->d_name);
        if (strncmp(e->d_name, "janus.", 6) != 0 || n < 5 ||
            strcmp(e->d_name + n - 5, ".jcfg") != 0)
            continue;
        snprintf(warning, sizeof warning, "F/%s: warning: ", e->d_name);
        CHECK(is_read(&l, folder_path(&f, e->d_name)) || strstr(l.text, warning), "%s", e->d_name);
    }
    closedir(dir);
    loaded_free(&l);
}

static void the_report_refuses_none_of_it(void **state) {
    (void)state;
    if (!is_installed())
        skip();
    struct folder f = {FOLDER};
    struct loaded l = load_folder(&f);
    char *text = ptn_config_compat(l.cfg, l.problems, PTN_REPORT_TEXT);
    CHECK(strstr(text, " 0 refused; 0 errors: the server would start\n"), "%s", text);
    assert_null(strstr(text, "janusoverlord"));
    free(text);
    loaded_free(&l);
}

/* All of the folder but one file, which is ours. */
static void link_all_but(const struct folder *f, const char *but) {
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char from[400];
        if (e->d_name[0] == '.' || strcmp(e->d_name, but) == 0)
            continue;
        snprintf(from, sizeof from, FOLDER "/%s", e->d_name);
        assert_int_equal(symlink(from, folder_path(f, e->d_name)), 0);
    }
    closedir(dir);
}

/* Where the sample's secret guards something, it is an error. */
static void its_secret_is_refused_once_it_guards(void **state) {
    (void)state;
    if (!is_installed())
        skip();
    struct folder f;
    folder_new(&f);
    link_all_but(&f, "janus.transport.http.jcfg");
    folder_write(&f, "janus.transport.http.jcfg",
                 "general: { http = true }\nadmin: { admin_http = true }\n");
    struct loaded l = load_folder(&f);
    CHECK(strstr(l.text, ": error: general.admin_secret: a secret from a published sample"), "%s",
          l.text);
    assert_null(strstr(l.text, "janusoverlord"));
    loaded_free(&l);
    folder_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_with_warnings_only),
        cmocka_unit_test(each_file_is_read_or_warned_about),
        cmocka_unit_test(the_report_refuses_none_of_it),
        cmocka_unit_test(its_secret_is_refused_once_it_guards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
