/* The program itself, with the options that only report: what goes where, and the exit status.
 * Nothing is opened. First argument: the program. */
#include "test.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "util.h"

#define SECRET "never-to-be-printed"

static const char *program;

struct run {
    int status;
    char *out, *err; /* owned; the folder hidden */
};

static char *read_all(const char *path) {
    struct ptn_str s;
    char chunk[4096];
    ptn_str_init(&s);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        ptn_str_addn(&s, chunk, n);
    fclose(f);
    char *text = ptn_str_take(&s);
    ptn_str_done(&s);
    return text;
}

static struct run run(const struct folder *f, const char *const *args) {
    char *argv[12] = {(char *)(uintptr_t)program, "-F", (char *)(uintptr_t)f->path};
    char out[200], err[200];
    int status;
    for (int i = 0; args[i]; i++)
        argv[3 + i] = (char *)(uintptr_t)args[i];
    snprintf(out, sizeof out, "%s", folder_path(f, "out"));
    snprintf(err, sizeof err, "%s", folder_path(f, "err"));
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen(out, "w", stdout) && freopen(err, "w", stderr))
            execv(program, argv);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    struct run r = {WEXITSTATUS(status), read_all(out), read_all(err)};
    folder_hide(f, r.out);
    folder_hide(f, r.err);
    return r;
}

static const char good[] = "general: { http = true; ip = \"127.0.0.1\" }";
static const char bad[] = "general: {\n http = true\n ipp = \"127.0.0.1\"\n}";

struct program_case {
    const char *name, *http; /* NULL: no file */
    const char *args[6];
    int status;
    const char *out, *err; /* contained in it; NULL: it is empty */
};

static const struct program_case cases[] = {
    {"dump", good, {"--dump-config"}, 0, "F/portunus.transport.http.jcfg:1\n", "note: "},
    {"dump json", good, {"--dump-config", "--json"}, 0, "\"kind\": \"file\"", "note: "},
    {"dump of a bad one", bad, {"--dump-config"}, 78, "transport.http: F/", "unknown key; did you"},
    {"dump, option", good, {"--dump-config", "-a", SECRET}, 0, "set, 19 characters ", "note: "},
    {"compat", good, {"--compat-report"}, 0, "0 errors: the server would start\n", NULL},
    {"compat json", good, {"--json", "--compat-report"}, 0, "\"would_start\": true", NULL},
    {"compat of a bad one", bad, {"--compat-report"}, 78, "refused      general.ipp ", "1 error"},
    {"compat, address of another host",
     "general: { http = true; ip = \"203.0.113.77\" }",
     {"--compat-report"},
     78,
     "refused      general.ip ",
     "1 error"},
    {"check", good, {"--check-config"}, 0, "note: ", NULL},
    {"check json", good, {"--check-config", "--json"}, 0, "\"is_valid\": true", NULL},
    {"check of a bad one, json", bad, {"--check-config", "--json"}, 78, "\"line\": 3", "1 error"},
    {"explain", NULL, {"--explain", "ws_ip"}, 0, "transport.websockets:general.ws_ip\n", NULL},
    {"explain json", NULL, {"--explain=ws_ip", "--json"}, 0, "\"key\": \"ws_ip\"", NULL},
    {"explain what is not", NULL, {"--explain", "ws_ipp"}, 1, NULL, "did you mean\n"},
    {"explain what is not, json", NULL, {"--explain", "ws_ipp", "--json"}, 1, "\"nearest\"", NULL},
    {"explain nothing", NULL, {"--explain"}, 1, NULL, "--explain: needs a value: key\n"},
    {"json alone", good, {"--json"}, 1, NULL, "--json: goes with --check-config, "},
    {"help names them", NULL, {"--help"}, 0, "--dump-config", NULL},
};

static void each_prints_where_it_should(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct program_case *c = &cases[i];
        struct folder f;
        folder_new(&f);
        folder_write(&f, "portunus.jcfg", "general: { admin_secret = \"" SECRET "\" }");
        if (c->http)
            folder_write(&f, "portunus.transport.http.jcfg", c->http);
        struct run r = run(&f, c->args);
        CHECK(r.status == c->status, "%s: %d\n%s%s", c->name, r.status, r.out, r.err);
        CHECK(c->out ? strstr(r.out, c->out) != NULL : r.out[0] == '\0', "%s: %s", c->name, r.out);
        CHECK(c->err ? strstr(r.err, c->err) != NULL : r.err[0] == '\0', "%s: %s", c->name, r.err);
        CHECK(!strstr(r.out, SECRET) && !strstr(r.err, SECRET), "%s: %s%s", c->name, r.out, r.err);
        free(r.out);
        free(r.err);
        folder_free(&f);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_prints_where_it_should)};
    program = argc > 1 ? argv[1] : "build/portunus";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
