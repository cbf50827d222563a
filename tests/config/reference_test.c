/* The configuration folder that Debian's package of the reference server installs, unchanged. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "util.h"

#define FOLDER "/etc/janus"

static void loads_with_warnings_only(void **state) {
    (void)state;
    if (access(FOLDER "/janus.jcfg", R_OK) != 0 ||
        access(FOLDER "/janus.transport.http.jcfg", R_OK) != 0)
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(loads_with_warnings_only)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
