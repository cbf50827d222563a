/* A running server: all sockets or none, everything verified before anything serves, and an
 * ordered end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "main/internal.h"

#define AUDIT_MS 10000 /* the socket table is compared with the kernel's list this often */

/* -- the loop ---------------------------------------------------------------------------------- */

static void arm_timer(struct server *s);

static void on_timer(uv_timer_t *t) {
    struct server *s = t->data;
    ptn_control_handle_timeout(s->control, ptn_time_now());
    arm_timer(s);
}

static void arm_timer(struct server *s) {
    if (s->stopping)
        return;
    ptn_time due = ptn_control_next_timeout(s->control), now = ptn_time_now();
    uint64_t ms = due <= now ? 1 : (uint64_t)((due - now + PTN_MS - 1) / PTN_MS);
    uv_timer_start(&s->timer, on_timer, ms, 0);
}

static void on_notices(uv_poll_t *p, int status, int events) {
    struct server *s = p->data;
    (void)status;
    (void)events;
    ptn_engine_dispatch(s->engine);
    arm_timer(s);
}

/* Before the loop sleeps: deadlines made by a request of the web side are seen, and the media loops
 * are woken for all commands of this round at once. */
static void on_prepare(uv_prepare_t *p) {
    struct server *s = p->data;
    arm_timer(s);
    ptn_engine_release(s->engine);
    ptn_engine_hold(s->engine);
}

static void on_audit(uv_timer_t *t) {
    struct server *s = t->data;
    char why[1024];
    if (ptn_socktable_verify(s->table, why, sizeof why) == PTN_EPROTO) {
        s->audit_failures++;
        ptn_log(PTN_LOG_ERR, "sockets", "the kernel's list differs from the socket table: %s", why);
    }
}

/* -- the end ----------------------------------------------------------------------------------- */

static void close_handle(uv_handle_t *h, void *arg) {
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static void on_web_stopped(void *arg) {
    struct server *s = arg;
    s->web_stopped = true;
    uv_stop(&s->loop);
}

static void on_unix_stopped(void *arg) {
    struct server *s = arg;
    s->unix_stopped = true;
    ptn_unix_close(s->unix_socket, s->unix_count, s->table);
    uv_stop(&s->loop);
}

/* Those that have been started. */
static void stop_transports(struct server *s) {
    s->stopping = true;
    s->web_stopped = !s->web;
    s->unix_stopped = !s->unix_api;
    if (s->web)
        ptn_web_stop(s->web, on_web_stopped, s);
    if (s->unix_api)
        ptn_unix_stop(s->unix_api, on_unix_stopped, s);
}

static void stop(struct server *s) {
    if (s->stopping)
        return;
    struct ptn_control_counts left = ptn_control_count(s->control);
    ptn_log(PTN_LOG_INFO, "server", "stopping: %zu sessions, %zu handles, %zu peers", left.sessions,
            left.handles, left.peers);
    stop_transports(s);
}

static void on_stop_signal(uv_signal_t *sig, int number) {
    struct server *s = sig->data;
    (void)number;
    if (++s->stop_signals >= 3)
        _exit(1);
    stop(s);
}

static void on_rotate(uv_signal_t *sig, int number) {
    (void)sig;
    (void)number;
    if (ptn_log_reopen() != PTN_OK)
        ptn_log(PTN_LOG_ERR, "server", "the log file could not be opened again");
}

static void teardown(struct server *s) {
    for (size_t i = 0; s->media && i < s->media_count; i++)
        close(s->media[i].fd);
    if (!s->web_up)
        ptn_listen_close(s->listener, s->listener_count, s->table);
    ptn_control_shutdown(s->control);
    ptn_engine_stop(s->engine);
    ptn_control_free(s->control);
    if (s->uv_up) {
        uv_walk(&s->loop, close_handle, NULL);
        uv_run(&s->loop, UV_RUN_DEFAULT);
        uv_loop_close(&s->loop);
    }
    ptn_unix_close(s->unix_socket, s->unix_count, s->table);
    web_setup_done(&s->web_setup);
    ptn_dtls_ctx_unref(s->dtls);
    ptn_cert_unref(s->cert);
    ptn_socktable_free(s->table);
    free(s->listener);
    free(s->media);
}

/* -- the beginning ----------------------------------------------------------------------------- */

static ptn_err open_sockets(struct server *s, struct ptn_problems *problems) {
    s->table = ptn_socktable_new();
    s->listener_count = ptn_listen_plan_count(s->plan.listen);
    s->listener = ptn_new_array(struct ptn_listener, s->listener_count + 1);
    ptn_err err = ptn_listen_open(s->plan.listen, s->table, s->listener, problems);
    if (err != PTN_OK) {
        s->listener_count = 0; /* all are closed again */
        return err;
    }
    size_t count = s->plan.media.addr_count * s->plan.media.loops;
    s->media = ptn_new_array(struct ptn_media_socket, count + 1);
    err = ptn_media_open(&s->plan.media, s->table, s->media, problems);
    s->media_count = err == PTN_OK ? count : 0;
    if (err == PTN_OK)
        err = ptn_unix_open(s->plan.unix_spec, s->plan.unix_count, s->table, s->unix_socket,
                            problems);
    s->unix_count = err == PTN_OK ? s->plan.unix_count : 0;
    return err;
}

static ptn_err verify(struct server *s) {
    char why[2048];
    ptn_err err = ptn_socktable_verify(s->table, why, sizeof why);
    if (err != PTN_OK)
        ptn_log(PTN_LOG_FATAL, "sockets", "not what the configuration says: %s", why);
    return err;
}

static ptn_err start_web(struct server *s, struct ptn_problems *problems) {
    const struct ptn_config_file *ws = ptn_config_file(s->cfg, "transport.websockets");
    ptn_ignore(ptn_web_set_lws_logging(ptn_config_str(ws, "general.ws_logging")),
               "the configuration has checked the words");
    web_setup_make(&s->web_setup, s->cfg, s->listener, s->listener_count, problems);
    struct ptn_web_config cfg = {
        .loop = &s->loop,
        .api = ptn_control_api(s->control),
        .listeners = s->web_setup.listener,
        .listener_count = s->web_setup.count,
        .limits = web_limits(s->cfg),
    };
    s->web_up = true; /* the listening descriptors are its own from here on */
    return ptn_web_start(&cfg, problems, &s->web);
}

static ptn_err start_unix(struct server *s, struct ptn_problems *problems) {
    if (s->unix_count == 0)
        return PTN_OK;
    unix_setup_make(&s->unix_setup, s->cfg, s->unix_socket, s->unix_count);
    struct ptn_unix_config cfg = {
        .loop = &s->loop,
        .api = ptn_control_api(s->control),
        .listeners = s->unix_setup.listener,
        .listener_count = s->unix_setup.count,
        .limits = unix_limits(s->cfg),
    };
    return ptn_unix_start(&cfg, problems, &s->unix_api);
}

static void start_signal(struct server *s, uv_signal_t *sig, int number, uv_signal_cb cb) {
    uv_signal_init(&s->loop, sig);
    sig->data = s;
    uv_signal_start(sig, cb, number);
}

static void start_handles(struct server *s) {
    static uv_prepare_t prepare;
    const char *rotate = ptn_config_str(ptn_config_file(s->cfg, "core"), "general.log_rotate_sig");
    uv_poll_init(&s->loop, &s->notices, ptn_engine_fd(s->engine));
    uv_timer_init(&s->loop, &s->timer);
    uv_timer_init(&s->loop, &s->audit);
    uv_prepare_init(&s->loop, &prepare);
    s->notices.data = s->timer.data = s->audit.data = prepare.data = s;
    uv_poll_start(&s->notices, UV_READABLE, on_notices);
    uv_timer_start(&s->audit, on_audit, AUDIT_MS, AUDIT_MS);
    uv_prepare_start(&prepare, on_prepare);
    start_signal(s, &s->sig_int, SIGINT, on_stop_signal);
    start_signal(s, &s->sig_term, SIGTERM, on_stop_signal);
    if (rotate)
        start_signal(s, &s->sig_rotate, strcmp(rotate, "SIGHUP") == 0 ? SIGHUP : SIGUSR1,
                     on_rotate);
    arm_timer(s);
}

static ptn_err start(struct server *s, struct ptn_problems *problems) {
    PTN_TRY(open_sockets(s, problems));
    PTN_TRY(control_setup(s));
    PTN_TRY(engine_setup(s, problems));
    if (uv_loop_init(&s->loop) != 0)
        return PTN_EIO;
    s->uv_up = true;
    PTN_TRY(start_web(s, problems));
    PTN_TRY(start_unix(s, problems));
    PTN_TRY(verify(s));
    start_handles(s);
    return PTN_OK;
}

/* Descriptors are cheap to allow and dear to miss. */
static void raise_open_files(void) {
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
        lim.rlim_cur = lim.rlim_max;
        setrlimit(RLIMIT_NOFILE, &lim);
    }
}

static void run_until_stopped(struct server *s) {
    while (!s->web_stopped || !s->unix_stopped)
        uv_run(&s->loop, UV_RUN_DEFAULT);
}

int server_run(const struct ptn_config *cfg, const struct plan *plan, bool only_print_sockets) {
    struct ptn_problems *problems = ptn_problems_new();
    struct server s = {.cfg = cfg, .plan = *plan};
    signal(SIGPIPE, SIG_IGN);
    raise_open_files();
    ptn_err err = start(&s, problems);
    ptn_problems_print(problems, stderr);
    if (err == PTN_OK) {
        ptn_socktable_print(s.table, stdout);
        fflush(stdout);
        if (only_print_sockets)
            stop(&s);
        else
            ptn_log(PTN_LOG_INFO, "server", "ready");
        run_until_stopped(&s);
    } else {
        stop_transports(&s);
        run_until_stopped(&s);
    }
    teardown(&s);
    ptn_problems_free(problems);
    if (err == PTN_OK && !only_print_sockets)
        ptn_log(PTN_LOG_INFO, "server", "stopped");
    return err == PTN_OK ? 0 : 1;
}
