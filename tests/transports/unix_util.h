/* A transport on Unix sockets in a folder of its own, over the fake API, and clients in the same
 * thread: what they do is done before the loop turns. */
#ifndef PTN_TESTS_UNIX_UTIL_H
#define PTN_TESTS_UNIX_UTIL_H

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "fake_api.h"
#include "net/unix.h"
#include "transports/unix/unix.h"

#define PATIENCE (10 * PTN_SECOND)

struct fixture {
    char folder[64], path[128];
    uv_loop_t loop;
    struct ptn_problems *problems;
    struct ptn_socktable *table;
    struct ptn_unix_spec spec;
    struct ptn_unix_socket socket;
    struct ptn_unix_listener listener;
    struct ptn_unix_config cfg;
    struct ptn_unix *u; /* NULL: stopped */
    bool done;
};

static inline void set_up(struct fixture *f, enum ptn_unix_type type,
                          struct ptn_unix_limits limits) {
    memset(f, 0, sizeof *f);
    strcpy(f->folder, "/tmp/ptn-unix-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/server", f->folder);
    uv_loop_init(&f->loop);
    f->problems = ptn_problems_new();
    f->table = ptn_socktable_new();
    f->spec = (struct ptn_unix_spec){
        .name = "Unix", .path = f->path, .type = type, .where = {"u.jcfg", 3, "general.path"}};
    assert_int_equal(ptn_unix_open(&f->spec, 1, f->table, &f->socket, f->problems), PTN_OK);
    f->listener.socket = &f->socket;
    f->cfg = (struct ptn_unix_config){
        .loop = &f->loop, .listeners = &f->listener, .listener_count = 1, .limits = limits};
    fake_api_init(&f->loop, NULL);
}

static inline void start(struct fixture *f) {
    assert_int_equal(ptn_unix_start(&f->cfg, f->problems, &f->u), PTN_OK);
}

static inline void set_up_and_start(struct fixture *f, enum ptn_unix_type type,
                                    struct ptn_unix_limits limits) {
    set_up(f, type, limits);
    start(f);
}

static inline void on_done(void *arg) {
    ((struct fixture *)arg)->done = true;
}

static inline void stop(struct fixture *f) {
    fake_api_done();
    ptn_unix_stop(f->u, on_done, f);
    assert_false(f->done); /* never from inside the call */
    f->u = NULL;
}

/* The loop ends by itself: no handle is left. */
static inline void tear_down(struct fixture *f) {
    char client[160];
    if (f->u)
        stop(f);
    assert_int_equal(uv_run(&f->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    ptn_unix_close(&f->socket, 1, f->table);
    for (char name = 'a'; name < 'd'; name++) {
        snprintf(client, sizeof client, "%s/%c", f->folder, name);
        unlink(client);
    }
    assert_int_equal(rmdir(f->folder), 0);
    ptn_problems_free(f->problems);
    ptn_socktable_free(f->table);
}

static inline void turn(struct fixture *f, int times) {
    for (int i = 0; i < times; i++)
        uv_run(&f->loop, UV_RUN_NOWAIT);
}

static inline struct ptn_unix_counters counters(const struct fixture *f) {
    return ptn_unix_counters(f->u);
}

/* Turns the loop until the condition holds, at most for PATIENCE. */
#define TURN_UNTIL(f, cond)                                                                        \
    do {                                                                                           \
        ptn_time until_ = ptn_time_now() + PATIENCE;                                               \
        while (!(cond) && ptn_time_now() < until_)                                                 \
            turn(f, 1);                                                                            \
        assert_true(cond);                                                                         \
    } while (0)

/* -- clients ----------------------------------------------------------------------------------- */

static inline void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

#define ENDED ((char *)1) /* the server has closed the connection */

/* The next packet, NUL-terminated, in a static buffer; ENDED; NULL: none is there. */
static inline char *poll_packet(int fd) {
    static char text[1 << 20];
    ssize_t n = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    if (n < 0) {
        assert_int_equal(errno, EAGAIN);
        return NULL;
    }
    text[n] = '\0';
    return n == 0 ? ENDED : text;
}

static inline char *hear(struct fixture *f, int fd) {
    char *text = NULL;
    ptn_time until = ptn_time_now() + PATIENCE;
    while (!(text = poll_packet(fd)) && ptn_time_now() < until)
        turn(f, 1);
    assert_non_null(text);
    return text;
}

static inline void assert_hears(struct fixture *f, int fd, const char *expected) {
    char *text = hear(f, fd);
    assert_ptr_not_equal(text, ENDED);
    assert_string_equal(text, expected);
}

static inline void assert_silence(struct fixture *f, int fd) {
    turn(f, 20);
    assert_null(poll_packet(fd));
}

/* An error object with this code. */
static inline void assert_refused(struct fixture *f, int fd, int code) {
    char *text = hear(f, fd);
    assert_ptr_not_equal(text, ENDED);
    json_t *json = json_loads(text, 0, NULL);
    CHECK(json_integer_value(json_object_get(json_object_get(json, "error"), "code")) == code, "%s",
          text);
    json_decref(json);
}

static inline uint64_t create(struct fixture *f, int fd) {
    say(fd, "{\"janus\":\"create\",\"transaction\":\"c\"}");
    char *text = hear(f, fd);
    assert_ptr_not_equal(text, ENDED);
    json_t *json = json_loads(text, 0, NULL);
    uint64_t id =
        (uint64_t)json_integer_value(json_object_get(json_object_get(json, "data"), "id"));
    json_decref(json);
    assert_true(id > 0);
    return id;
}

static inline void say_verb(int fd, const char *verb, uint64_t session, const char *more) {
    char text[256];
    snprintf(text, sizeof text, "{\"janus\":\"%s\",\"transaction\":\"t\",\"session_id\":%llu%s}",
             verb, (unsigned long long)session, more);
    say(fd, text);
}

/* The number of an event, -1 when it is something else. */
static inline int event_number(const char *text) {
    assert_ptr_not_equal(text, ENDED);
    json_t *json = json_loads(text, 0, NULL);
    json_t *n = json_object_get(json, "n");
    int number = json_is_integer(n) ? (int)json_integer_value(n) : -1;
    json_decref(json);
    return number;
}

static inline size_t open_descriptors(void) {
    size_t n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Sends a descriptor along with a request. */
static inline void say_with_descriptor(int fd, const char *text, int passed) {
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &passed, sizeof passed);
    assert_int_equal(sendmsg(fd, &msg, 0), (ssize_t)strlen(text));
}

#define PING "{\"janus\":\"ping\",\"transaction\":\"1\"}"
#define PONG "{\"janus\":\"pong\",\"transaction\":\"1\"}"

/* Whatever is sent, one error comes back and the client lives on. */
static inline void check_hostile_input(struct fixture *f, int fd) {
    static const char *const broken[] = {"{",
                                         "nonsense",
                                         "{\"janus\":\"ping\"} x",
                                         "{\"a\":\"\xff\"}",
                                         " ",
                                         "{\"janus\":\"ping\"}{\"janus\":\"ping\"}"};
    for (size_t i = 0; i < PTN_COUNT_OF(broken); i++) {
        say(fd, broken[i]);
        assert_refused(f, fd, 454);
    }
    for (size_t n = 1; n < strlen(PING); n++) { /* every truncation */
        assert_int_equal(send(fd, PING, n, 0), (ssize_t)n);
        assert_refused(f, fd, 454);
    }
    assert_int_equal(send(fd, PING, sizeof PING, 0), sizeof PING); /* with its NUL */
    assert_refused(f, fd, 454);
    char deep[2000];
    memset(deep, '[', sizeof deep);
    assert_int_equal(send(fd, deep, sizeof deep, 0), sizeof deep);
    assert_refused(f, fd, 454);
    size_t before = open_descriptors();
    say_with_descriptor(fd, PING, fd);
    assert_hears(f, fd, PONG);
    assert_int_equal(open_descriptors(), before);
    say(fd, PING);
    assert_hears(f, fd, PONG);
}

/* A request as large as the limit is served, one byte more is not. */
static inline void check_size_limit(struct fixture *f, int fd, size_t limit) {
    char *text = ptn_alloc(limit + 1);
    memset(text, ' ', limit + 1);
    memcpy(text, PING, strlen(PING));
    assert_int_equal(send(fd, text, limit, 0), (ssize_t)limit);
    assert_hears(f, fd, PONG);
    assert_int_equal(counters(f).too_large, 0);
    assert_int_equal(send(fd, text, limit + 1, 0), (ssize_t)limit + 1);
    char *reply = hear(f, fd);
    assert_non_null(strstr(reply, "\"code\":454"));
    assert_non_null(strstr(reply, "more than "));
    assert_int_equal(counters(f).too_large, 1);
    say(fd, PING);
    assert_hears(f, fd, PONG);
    free(text);
}

#endif
