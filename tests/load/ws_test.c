/* The WebSocket client of portunus-load against a server that the test plays by hand, on loopback.
 * Keys, answers and masked bytes are the examples of RFC 6455 1.3 and 5.7. */
#include "test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "load/ws.h"

#define PATIENCE_MS 5000
#define ACCEPTED                                                                                   \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"                                       \
    "Sec-WebSocket-Protocol: janus-protocol\r\n\r\n"

/* -- both ends --------------------------------------------------------------------------------- */

struct rig {
    int listener, server;
    struct ws *ws;
    bool alive;
};

/* The nonce of the RFC's example, then its mask, again and again. */
static void rfc_random(void *ctx, void *buf, size_t n) {
    static const uint8_t mask[] = {0x37, 0xfa, 0x21, 0x3d};
    (void)ctx;
    assert_true(n == 16 || n == sizeof mask);
    memcpy(buf, n == 16 ? (const void *)"the sample nonce" : mask, n);
}

static struct ptn_addr listen_anywhere(int *fd) {
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct ptn_addr addr;
    socklen_t len = sizeof sa;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&sa, sizeof sa), 0);
    assert_int_equal(listen(*fd, 1), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&sa, &len), 0);
    assert_int_equal(ptn_addr_from_sockaddr((struct sockaddr *)&sa, &addr), PTN_OK);
    return addr;
}

static int setup(void **state) {
    static struct rig r;
    const struct ptn_rng rng = {.fill = rfc_random};
    struct ptn_addr addr = listen_anywhere(&r.listener);
    r.ws = ws_new(&addr, "example.com:80", "/chat", &rng);
    assert_non_null(r.ws);
    r.server = accept(r.listener, NULL, NULL);
    r.alive = true;
    *state = &r;
    return r.server < 0;
}

static int teardown(void **state) {
    struct rig *r = *state;
    ws_free(r->ws);
    if (r->server >= 0)
        close(r->server);
    close(r->listener);
    return 0;
}

static void wait_readable(int fd, short events) {
    struct pollfd p = {.fd = fd, .events = events};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
}

static void say(struct rig *r, const void *bytes, size_t n) {
    assert_int_equal(send(r->server, bytes, n, MSG_NOSIGNAL), n);
}

static void hear(struct rig *r, const void *expected, size_t n) {
    uint8_t got[1024];
    assert_true(n <= sizeof got);
    wait_readable(r->server, POLLIN);
    assert_int_equal(recv(r->server, got, n, MSG_WAITALL), n);
    assert_memory_equal(got, expected, n);
}

static void hear_nothing_more(struct rig *r) {
    char c;
    assert_int_equal(recv(r->server, &c, 1, MSG_DONTWAIT), -1);
}

/* Lets the client read what has been said. */
static void turn(struct rig *r) {
    wait_readable(ws_fd(r->ws), POLLIN);
    r->alive = ws_handle_io(r->ws);
}

static void hear_request(struct rig *r) {
    static const char request[] = "GET /chat HTTP/1.1\r\nHost: example.com:80\r\n"
                                  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                  "Sec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Protocol: janus-protocol\r\n\r\n";
    assert_true(ws_wants_write(r->ws));
    wait_readable(ws_fd(r->ws), POLLOUT);
    assert_true(ws_handle_io(r->ws)); /* connected */
    assert_true(ws_handle_io(r->ws)); /* asks */
    assert_false(ws_wants_write(r->ws));
    hear(r, request, sizeof request - 1);
}

static void open_it(struct rig *r) {
    hear_request(r);
    say(r, ACCEPTED, sizeof ACCEPTED - 1);
    turn(r);
    assert_true(r->alive && ws_is_open(r->ws));
}

static void expect_text(struct rig *r, const char *expected) {
    char *text = ws_poll_text(r->ws);
    if (!expected)
        assert_null(text);
    else
        assert_string_equal(text, expected);
    free(text);
}

/* -- handshake --------------------------------------------------------------------------------- */

static void opens(void **state) {
    struct rig *r = *state;
    assert_false(ws_is_open(r->ws));
    open_it(r);
    expect_text(r, NULL);
    hear_nothing_more(r);
}

static void opens_byte_by_byte(void **state) {
    static const char accepted[] = ACCEPTED;
    struct rig *r = *state;
    hear_request(r);
    for (size_t i = 0; accepted[i]; i++) {
        assert_false(ws_is_open(r->ws));
        say(r, accepted + i, 1);
        turn(r);
        assert_true(r->alive);
        expect_text(r, NULL);
    }
    assert_true(ws_is_open(r->ws));
}

static void a_message_behind_the_handshake(void **state) {
    struct rig *r = *state;
    hear_request(r);
    say(r, ACCEPTED "\x81\x05Hello", sizeof ACCEPTED - 1 + 7);
    turn(r);
    expect_text(r, "Hello");
    expect_text(r, NULL);
}

static void text_waits_for_the_handshake(void **state) {
    struct rig *r = *state;
    ws_send_text(r->ws, "Hello");
    hear_request(r);
    hear_nothing_more(r);
    say(r, ACCEPTED, sizeof ACCEPTED - 1);
    turn(r);
    hear(r, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
}

#define OTHER_ANSWER                                                                               \
    "HTTP/1.1 101 Switching Protocols\r\n"                                                         \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=\r\n\r\n"

static void refusals(void **state) {
    static const char *const cases[] = {
        "HTTP/1.1 403 Forbidden\r\n\r\n",
        "HTTP/1.1 200 OK\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: \r\n\r\n",
        OTHER_ANSWER,
        "nonsense\r\n\r\n\x81\x05Hello",
    };
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (i > 0) { /* the first connection is setup's */
            teardown(state);
            setup(state);
        }
        hear_request(r);
        say(r, cases[i], strlen(cases[i]));
        turn(r);
        CHECK(!r->alive && !ws_is_open(r->ws) && ws_why(r->ws)[0], "case %zu", i);
        expect_text(r, NULL);
        ws_send_text(r->ws, "too late");
        CHECK(!ws_handle_io(r->ws), "case %zu", i);
        hear_nothing_more(r);
    }
}

static void an_endless_head(void **state) {
    struct rig *r = *state;
    char spaces[1024];
    memset(spaces, ' ', sizeof spaces);
    hear_request(r);
    for (int i = 0; i < 9 && r->alive; i++) {
        say(r, spaces, sizeof spaces);
        turn(r);
    }
    assert_false(r->alive);
}

static void nobody_listens(void **state) {
    struct ptn_addr addr;
    int fd;
    (void)state;
    addr = listen_anywhere(&fd);
    close(fd);
    const struct ptn_rng rng = {.fill = rfc_random};
    struct ws *ws = ws_new(&addr, "h", "/", &rng);
    if (ws) { /* loopback may refuse at once */
        wait_readable(ws_fd(ws), POLLOUT);
        assert_false(ws_handle_io(ws));
        assert_string_equal(ws_why(ws), "Connection refused");
    }
    ws_free(ws);
}

/* -- messages in ------------------------------------------------------------------------------- */

static void expect_text_of(struct rig *r, char fill, size_t n) {
    char *text = ws_poll_text(r->ws);
    assert_non_null(text);
    assert_int_equal(strlen(text), n);
    assert_int_equal(strspn(text, (char[]){fill, '\0'}), n);
    free(text);
}

static void lengths(void **state) {
    static const struct {
        uint8_t head[10];
        size_t head_len, n;
    } cases[] = {
        {{0x81, 1}, 2, 1},
        {{0x81, 125}, 2, 125},
        {{0x81, 126, 0, 126}, 4, 126},
        {{0x81, 126, 0xff, 0xff}, 4, 65535},
        {{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}, 10, 65536},
        {{0x81, 127, 0, 0, 0, 0, 0, 0x10, 0, 0}, 10, WS_MESSAGE_MAX},
    };
    struct rig *r = *state;
    open_it(r);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *payload = ptn_alloc(cases[i].n);
        size_t said = 0;
        memset(payload, 'x', cases[i].n);
        say(r, cases[i].head, cases[i].head_len);
        while (said < cases[i].n) { /* in turns: the kernel's buffers are smaller */
            size_t part = cases[i].n - said < 50000 ? cases[i].n - said : 50000;
            expect_text(r, NULL);
            say(r, payload + said, part);
            said += part;
            turn(r);
        }
        while (!r->alive)
            fail_msg("case %zu: %s", i, ws_why(r->ws));
        expect_text_of(r, 'x', cases[i].n);
        free(payload);
    }
}

static void several_at_once_and_in_pieces(void **state) {
    static const char both[] = "\x81\x03one\x81\x00\x81\x05three";
    struct rig *r = *state;
    open_it(r);
    say(r, both, sizeof both - 1);
    turn(r);
    expect_text(r, "one");
    expect_text(r, "");
    expect_text(r, "three");
    expect_text(r, NULL);
    for (size_t i = 0; i < sizeof both - 1; i++) {
        say(r, both + i, 1);
        turn(r);
        expect_text(r, i == 4 ? "one" : i == 6 ? "" : i == 13 ? "three" : NULL);
    }
}

/* RFC 6455 5.7: "Hel", "lo", here with a ping between them. */
static void fragments_and_pings(void **state) {
    struct rig *r = *state;
    open_it(r);
    say(r, "\x01\x03Hel\x89\x05Hello\x8a\x00\x80\x02lo", 18);
    turn(r);
    expect_text(r, "Hello");
    assert_true(ws_handle_io(r->ws)); /* writes */
    hear(r, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
}

static void ends(void **state) {
    static const struct {
        const char *name, *bytes;
        size_t n;
    } cases[] = {
        {"close", "\x88\x02\x03\xe8\x81\x01x", 7},
        {"reserved bit", "\xc1\x01x", 3},
        {"masked", "\x81\x81\x00\x00\x00\x00x", 7},
        {"binary", "\x82\x01x", 3},
        {"unknown kind", "\x83\x01x", 3},
        {"unknown control", "\x8b\x00", 2},
        {"ping in fragments", "\x09\x01x", 3},
        {"long ping", "\x89\x7e\x00\x7e", 4},
        {"continuation of nothing", "\x80\x01x", 3},
        {"text within a message", "\x01\x01x\x81\x01y", 6},
        {"one byte too long", "\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x01", 10},
        {"longest of all", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10},
    };
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (i > 0) {
            teardown(state);
            setup(state);
        }
        open_it(r);
        say(r, cases[i].bytes, cases[i].n);
        turn(r);
        expect_text(r, NULL);
        CHECK(!ws_is_open(r->ws) && ws_why(r->ws)[0], "%s", cases[i].name);
        CHECK(!ws_handle_io(r->ws), "%s", cases[i].name);
        expect_text(r, NULL);
    }
}

/* A message may not grow without end in fragments either. */
static void endless_fragments(void **state) {
    enum { PART = 60000 };
    static char frame[4 + PART] = {0, 126, (char)(PART >> 8), (char)(PART & 0xff)};
    struct rig *r = *state;
    open_it(r);
    int parts = 0;
    for (; parts < 100 && ws_is_open(r->ws); parts++) {
        frame[0] = parts == 0; /* text, then continuations */
        for (size_t said = 0; said < sizeof frame; said += sizeof frame / 2) {
            say(r, frame + said, sizeof frame / 2);
            turn(r);
            expect_text(r, NULL);
        }
    }
    assert_int_equal(parts, WS_MESSAGE_MAX / PART + 1);
    assert_string_equal(ws_why(r->ws), "message too large");
}

static void last_words(void **state) {
    struct rig *r = *state;
    open_it(r);
    say(r,
        "\x81\x03"
        "bye\x81\x02t",
        8);
    close(r->server);
    r->server = -1;
    turn(r);
    while (r->alive) /* the words and the end may arrive one after the other */
        turn(r);
    expect_text(r, "bye");
    expect_text(r, NULL);
    assert_string_equal(ws_why(r->ws), "the server closed the connection");
}

/* -- messages out ------------------------------------------------------------------------------ */

static void text_out(void **state) {
    static const struct {
        size_t n;
        const char *head;
        size_t head_len;
    } cases[] = {
        {5, "\x81\x85", 2},
        {125, "\x81\xfd", 2},
        {126, "\x81\xfe\x00\x7e", 4},
        {65535, "\x81\xfe\xff\xff", 4},
        {65536, "\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00", 10},
    };
    static const uint8_t mask[] = {0x37, 0xfa, 0x21, 0x3d};
    struct rig *r = *state;
    open_it(r);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t n = cases[i].n;
        char *text = ptn_alloc(n + 1);
        memset(text, 'x', n);
        text[n] = '\0';
        ws_send_text(r->ws, text);
        hear(r, cases[i].head, cases[i].head_len);
        hear(r, mask, sizeof mask);
        for (size_t at = 0; at < n; at++)
            text[at] = (char)(text[at] ^ (char)mask[at % 4]);
        for (size_t at = 0; at < n; at += 1000)
            hear(r, text + at, n - at < 1000 ? n - at : 1000);
        free(text);
    }
}

/* More than the kernel takes: the rest waits, nothing is lost or reordered. */
static void a_slow_server(void **state) {
    enum { COUNT = 8000, SIZE = 1000 };
    char text[SIZE + 1];
    struct rig *r = *state;
    open_it(r);
    memset(text, 'y', SIZE);
    text[SIZE] = '\0';
    for (int i = 0; i < COUNT; i++)
        ws_send_text(r->ws, text);
    assert_true(ws_wants_write(r->ws));
    size_t left = (size_t)COUNT * (4 + 4 + SIZE);
    char got[65536];
    while (left > 0) {
        ssize_t n = recv(r->server, got, sizeof got, MSG_DONTWAIT);
        if (n > 0)
            left -= (size_t)n;
        else
            assert_true(ws_handle_io(r->ws));
    }
    assert_false(ws_wants_write(r->ws));
    hear_nothing_more(r);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(opens),
        CASE(opens_byte_by_byte),
        CASE(a_message_behind_the_handshake),
        CASE(text_waits_for_the_handshake),
        CASE(refusals),
        CASE(an_endless_head),
        cmocka_unit_test(nobody_listens),
        CASE(lengths),
        CASE(several_at_once_and_in_pieces),
        CASE(fragments_and_pings),
        CASE(ends),
        CASE(endless_fragments),
        CASE(last_words),
        CASE(text_out),
        CASE(a_slow_server),
    };
    return cmocka_run_group_tests_name("load ws", tests, NULL, NULL);
}
