/* Starting and stopping, and starting that fails: the loop always ends clean. */
#include "test.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake_api.h"
#include "net/listener.h"

static struct ptn_web_http http = {.base_path = "/janus"};
static struct ptn_web_ws ws;

static int listening(void) {
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static void count(void *arg) {
    ++*(int *)arg;
}

struct fixture {
    uv_loop_t loop;
    struct ptn_web *web;
    struct ptn_problems *problems;
    struct ptn_listener listener[3];
    struct ptn_web_listener serve[3];
    struct ptn_web_config cfg;
};

static void set_up(struct fixture *f) {
    static const char *const names[] = {"HTTP", "WS", "shared"};
    memset(f, 0, sizeof *f);
    uv_loop_init(&f->loop);
    f->problems = ptn_problems_new();
    for (size_t i = 0; i < 3; i++) {
        f->listener[i].fd = listening();
        f->listener[i].name = names[i];
        f->serve[i].listener = &f->listener[i];
        f->serve[i].http = i != 1 ? &http : NULL;
        f->serve[i].ws = i != 0 ? &ws : NULL;
    }
    f->cfg = (struct ptn_web_config){
        .loop = &f->loop,
        .listeners = f->serve,
        .listener_count = 3,
        .where = {.file = "x.jcfg", .line = 7, .key = "web"},
    };
    fake_api_init(&f->loop, &f->web);
}

static void tear_down(struct fixture *f) {
    assert_int_equal(uv_run(&f->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(close(f->listener[i].fd), -1); /* web has closed it */
    ptn_problems_free(f->problems);
}

static void stops_at_once(void **state) {
    (void)state;
    for (int round = 0; round < 3; round++) {
        struct fixture f;
        int done = 0;
        set_up(&f);
        assert_int_equal(ptn_web_start(&f.cfg, f.problems, &f.web), PTN_OK);
        if (round > 0)
            uv_run(&f.loop, UV_RUN_NOWAIT);
        ptn_web_stop(f.web, count, &done);
        assert_int_equal(done, 0); /* never from inside the call */
        tear_down(&f);
        assert_int_equal(done, 1);
    }
}

static void a_listener_that_fails_takes_all_down(void **state) {
    static const struct ptn_web_tls missing = {.cert_pem = "/nowhere/cert.pem",
                                               .key_pem = "/nowhere/key.pem"};
    (void)state;
    for (size_t bad = 0; bad < 3; bad++) {
        struct fixture f;
        set_up(&f);
        f.serve[bad].tls = &missing;
        assert_int_equal(ptn_web_start(&f.cfg, f.problems, &f.web), PTN_EIO);
        assert_int_equal(ptn_problems_errors(f.problems), 1);
        assert_non_null(strstr(ptn_problems_text(f.problems, 0), "x.jcfg:7: error: web: "));
        assert_non_null(strstr(ptn_problems_text(f.problems, 0), f.listener[bad].name));
        assert_non_null(strstr(ptn_problems_text(f.problems, 0), "certificate"));
        tear_down(&f);
    }
}

static void admin_is_refused(void **state) {
    struct fixture f;
    (void)state;
    set_up(&f);
    f.serve[2].api = PTN_WEB_API_ADMIN;
    f.listener[2].where =
        (struct ptn_where){.file = "y.jcfg", .line = 3, .key = "admin.admin_http"};
    assert_int_equal(ptn_web_start(&f.cfg, f.problems, &f.web), PTN_EINVALID);
    assert_string_equal(ptn_problems_text(f.problems, 0),
                        "y.jcfg:3: error: admin.admin_http: shared: the Admin API is not supported "
                        "yet");
    tear_down(&f);
}

static void lws_logging_words(void **state) {
    (void)state;
    assert_int_equal(ptn_web_set_lws_logging("err,warn,count"), PTN_OK);
    assert_int_equal(ptn_web_set_lws_logging("all"), PTN_OK);
    assert_int_equal(ptn_web_set_lws_logging(""), PTN_OK);
    assert_int_equal(ptn_web_set_lws_logging("errr"), PTN_EINVALID);
    assert_int_equal(ptn_web_set_lws_logging("err, warn"), PTN_EINVALID);
    assert_int_equal(ptn_web_set_lws_logging("none"), PTN_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lws_logging_words), /* first: the last word there is silence */
        cmocka_unit_test(stops_at_once),
        cmocka_unit_test(a_listener_that_fails_takes_all_down),
        cmocka_unit_test(admin_is_refused),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
