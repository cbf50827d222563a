/* The server that web_test.py talks to: every kind of listener on ports of its own, a fake API,
 * short time limits. Prints its ports as one JSON line; ends when its standard input closes.
 *   web_server FOLDER CERT KEY */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "fake_api.h"
#include "net/acl.h"
#include "net/listener.h"

static struct ptn_web_http http = {.base_path = "/janus/", .static_path = "/"};
static struct ptn_web_http http_deep = {.base_path = "/a/b", .static_path = "/demos"};
static struct ptn_web_http http_root = {.base_path = "/", .style = PTN_JSON_PLAIN};
static struct ptn_web_http http_cors = {
    .base_path = "/janus",
    .style = PTN_JSON_INDENTED,
    .cors = {.allow_origin = "https://good.example", .enforce = true},
};
static struct ptn_web_http http_denied = {.base_path = "/janus"};
static struct ptn_web_http http_forwarded = {.base_path = "/janus", .access = {.forwarded = true}};
static struct ptn_web_ws ws;
static struct ptn_web_ws ws_denied;
static struct ptn_web_ws ws_cors = {
    .cors = {.allow_origin = "https://good.example", .enforce = true},
};
static struct ptn_web_ws ws_ping = {.ping_trigger_s = 1, .ping_timeout_s = 1};
static struct ptn_web_tls tls;

static const struct {
    const char *name;
    const struct ptn_web_http *http;
    const struct ptn_web_ws *ws;
    const struct ptn_web_tls *tls;
} wanted[] = {
    {"http", &http, NULL, NULL},
    {"https", &http, NULL, &tls},
    {"ws", NULL, &ws, NULL},
    {"wss", NULL, &ws, &tls},
    {"shared", &http, &ws, NULL},
    {"tls_shared", &http, &ws, &tls},
    {"deep", &http_deep, NULL, NULL},
    {"root", &http_root, NULL, NULL},
    {"cors", &http_cors, &ws_cors, NULL},
    {"denied", &http_denied, NULL, NULL},
    {"ws_denied", NULL, &ws_denied, NULL},
    {"half_denied", &http, &ws_denied, NULL},
    {"forwarded", &http_forwarded, NULL, NULL},
    {"ping", NULL, &ws_ping, NULL},
};
#define COUNT PTN_COUNT_OF(wanted)

static struct ptn_web *web;
static uv_loop_t loop;
static uv_pipe_t input;

static int listen_somewhere(struct ptn_addr *addr) {
    struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof sin;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof sin) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&sin, &len) != 0 ||
        ptn_addr_from_sockaddr((struct sockaddr *)&sin, addr) != PTN_OK)
        abort();
    return fd;
}

static void stopped(void *arg) {
    (void)arg;
    web = NULL;
}

static void on_input(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    (void)buf;
    if (n >= 0)
        return;
    uv_close((uv_handle_t *)stream, NULL);
    fake_api_done();
    ptn_web_stop(web, stopped, NULL);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
    static char bytes[256];
    (void)handle;
    (void)size;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

/* Nothing but SIGPIPE, which writing to closed sockets needs ignored, may be touched. */
static void check_signals(void) {
    for (int s = 1; s < 32; s++) {
        struct sigaction sa;
        if (s == SIGPIPE || sigaction(s, NULL, &sa) != 0)
            continue;
        if (sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN && s != SIGSEGV && s != SIGBUS &&
            s != SIGFPE) { /* the sanitizers' own */
            fprintf(stderr, "signal %d has a handler\n", s);
            abort();
        }
    }
}

static void leave_open(uv_handle_t *handle, void *arg) {
    (void)arg;
    fprintf(stderr, "left open: %s\n", uv_handle_type_name(handle->type));
}

int main(int argc, char **argv) {
    static struct ptn_listener listeners[COUNT];
    static struct ptn_web_listener serves[COUNT];
    if (argc != 4)
        return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    const char *log = getenv("WEB_TEST_LOG"); /* a file, when a test puzzles */
    struct ptn_log_config log_cfg = {.level = log ? PTN_LOG_DBG : PTN_LOG_NONE, .file = log};
    if (ptn_log_configure(&log_cfg) != PTN_OK)
        return 2;
    struct ptn_problems *problems = ptn_problems_new();
    struct ptn_acl *nobody = ptn_acl_new("10.0.0.0/8", (struct ptn_where){.key = "acl"}, problems);
    struct ptn_acl *here = ptn_acl_new("127.", (struct ptn_where){.key = "acl"}, problems);
    http.static_folder = http_deep.static_folder = http_root.static_folder = argv[1];
    tls = (struct ptn_web_tls){.cert_pem = argv[2], .key_pem = argv[3], .ciphers = "NORMAL"};
    http_denied.access.acl = ws_denied.access.acl = nobody;
    http_forwarded.access.acl = here;
    for (size_t i = 0; i < COUNT; i++) {
        listeners[i].name = wanted[i].name;
        listeners[i].fd = listen_somewhere(&listeners[i].addr);
        serves[i] = (struct ptn_web_listener){.listener = &listeners[i],
                                              .http = wanted[i].http,
                                              .ws = wanted[i].ws,
                                              .tls = wanted[i].tls};
    }
    uv_loop_init(&loop);
    fake_api_init(&loop, &web);
    struct ptn_web_config cfg = {
        .loop = &loop,
        .listeners = serves,
        .listener_count = COUNT,
        .limits = {.message = 65536,
                   .connections = 40,
                   .ws_queue_bytes = 400000,
                   .ws_queue_messages = 500,
                   .ws_inflight = 8,
                   .poll_queue_events = 50,
                   .poll_queue_bytes = 100000,
                   .header_time = 800 * PTN_MS,
                   .body_time = 900 * PTN_MS,
                   .reply_time = 600 * PTN_MS,
                   .poll_time = 700 * PTN_MS,
                   .idle_time = 1500 * PTN_MS,
                   .write_time = 1200 * PTN_MS},
        .where = {.key = "test"},
    };
    if (getenv("WEB_TEST_MEMORY"))
        cfg.limits.memory = strtoul(getenv("WEB_TEST_MEMORY"), NULL, 10);
    if (ptn_web_set_lws_logging(log ? "err,warn,notice,info" : NULL) != PTN_OK ||
        ptn_web_start(&cfg, problems, &web) != PTN_OK) {
        ptn_problems_print(problems, stderr);
        return 1;
    }
    check_signals();
    printf("{");
    for (size_t i = 0; i < COUNT; i++)
        printf("%s\"%s\": %d", i ? ", " : "", wanted[i].name, listeners[i].addr.port);
    printf("}\n");
    fflush(stdout);
    uv_pipe_init(&loop, &input, 0);
    uv_pipe_open(&input, 0);
    uv_read_start((uv_stream_t *)&input, on_alloc, on_input);
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) {
        uv_walk(&loop, leave_open, NULL);
        return 1;
    }
    ptn_acl_free(nobody);
    ptn_acl_free(here);
    ptn_problems_free(problems);
    ptn_log_close();
    return web ? 1 : 0;
}
