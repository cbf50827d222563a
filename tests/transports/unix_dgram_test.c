/* The API over SOCK_DGRAM: clients are paths. */
#include "unix_util.h"

static void bind_to(const struct fixture *f, int fd, char name) {
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    snprintf(sun.sun_path, sizeof sun.sun_path, "%s/%c", f->folder, name);
    unlink(sun.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
}

static void connect_to_server(const struct fixture *f, int fd) {
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    strcpy(sun.sun_path, f->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof sun), 0);
}

/* Connected to the server: answers from anybody else would not arrive, and the kernel limits what
 * waits for it by the server's send buffer alone. */
static int client(const struct fixture *f, char name) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bind_to(f, fd, name);
    connect_to_server(f, fd);
    return fd;
}

/* Not connected: net.unix.max_dgram_qlen messages may wait for it. */
static int loose_client(const struct fixture *f, char name) {
    int fd = client(f, name);
    struct sockaddr_un nobody = {.sun_family = AF_UNSPEC};
    assert_int_equal(connect(fd, (struct sockaddr *)&nobody, sizeof(sa_family_t)), 0);
    return fd;
}

static void tell(const struct fixture *f, int fd, const char *text) {
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    strcpy(sun.sun_path, f->path);
    assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&sun, sizeof sun),
                     (ssize_t)strlen(text));
}

static void tell_events(const struct fixture *f, int fd, uint64_t session, int count, int bytes) {
    char text[200];
    snprintf(text, sizeof text,
             "{\"janus\":\"events\",\"session_id\":%llu,\"count\":%d,\"bytes\":%d}",
             (unsigned long long)session, count, bytes);
    tell(f, fd, text);
}

static uint64_t create_loose(struct fixture *f, int fd) {
    connect_to_server(f, fd);
    uint64_t session = create(f, fd);
    struct sockaddr_un nobody = {.sun_family = AF_UNSPEC};
    assert_int_equal(connect(fd, (struct sockaddr *)&nobody, sizeof(sa_family_t)), 0);
    return session;
}

static void answers_go_to_the_path_of_the_sender(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int a = client(&f, 'a'), b = client(&f, 'b');
    say(a, PING);
    say(b, "{\"janus\":\"echo\",\"n\":2}");
    assert_hears(&f, a, PONG);
    assert_hears(&f, b, "{\"janus\":\"echo\",\"n\":2}");
    assert_silence(&f, a);
    assert_silence(&f, b);
    assert_int_equal(counters(&f).clients, 0); /* nothing is kept of who owns nothing */
    close(a);
    close(b);
    tear_down(&f);
}

static void names_without_a_file_are_names(void **state) {
    (void)state;
    struct fixture f;
    struct sockaddr_un none = {.sun_family = AF_UNIX};
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&none, sizeof(sa_family_t)), 0); /* any */
    connect_to_server(&f, fd);
    create(&f, fd);
    assert_int_equal(counters(&f).clients, 1);
    say(fd, PING);
    assert_hears(&f, fd, PONG);
    assert_int_equal(counters(&f).clients, 1);
    close(fd);
    tear_down(&f);
}

static void who_has_no_name_gets_no_answer(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    connect_to_server(&f, fd);
    say(fd, "{\"janus\":\"create\",\"transaction\":\"c\"}");
    TURN_UNTIL(&f, counters(&f).nameless == 1);
    assert_int_equal(fake_api_sessions(), 0);
    close(fd);
    tear_down(&f);
}

static void survives_what_is_no_request(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){.message = 9000});
    int fd = client(&f, 'a');
    check_hostile_input(&f, fd);
    check_size_limit(&f, fd, 9000);
    assert_int_equal(send(fd, "", 0, 0), 0);
    assert_refused(&f, fd, 454);
    assert_int_equal(counters(&f).clients, 0);
    close(fd);
    tear_down(&f);
}

/* Hand-over: events go to the path that created the session, or has claimed it since. */
static void events_go_to_the_owner(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int a = client(&f, 'a'), b = client(&f, 'b');
    uint64_t session = create(&f, a);
    say_verb(b, "events", session, ",\"count\":1,\"bytes\":1");
    assert_hears(&f, b, "{\"janus\":\"ack\",\"transaction\":\"t\"}");
    assert_int_equal(event_number(hear(&f, a)), 0);
    say_verb(b, "claim", session, "");
    assert_hears(&f, b, "{\"janus\":\"success\",\"transaction\":\"t\"}");
    say_verb(a, "events", session, ",\"count\":1,\"bytes\":1");
    assert_hears(&f, a, "{\"janus\":\"ack\",\"transaction\":\"t\"}");
    assert_int_equal(event_number(hear(&f, b)), 0);
    assert_silence(&f, a);
    assert_int_equal(counters(&f).clients, 1); /* a is forgotten, b is not */
    say_verb(b, "destroy", session, "");
    assert_hears(&f, b, "{\"janus\":\"success\",\"transaction\":\"t\"}");
    assert_int_equal(counters(&f).clients, 0);
    close(a);
    close(b);
    tear_down(&f);
}

static void a_session_timeout_is_told(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int fd = client(&f, 'a');
    uint64_t session = create(&f, fd);
    say_verb(fd, "timeout", session, "");
    assert_hears(&f, fd, "{\"janus\":\"ack\",\"transaction\":\"t\"}");
    assert_non_null(strstr(hear(&f, fd), "\"timeout\""));
    TURN_UNTIL(&f, counters(&f).clients == 0);
    say(fd, PING);
    assert_hears(&f, fd, PONG);
    close(fd);
    tear_down(&f);
}

/* Nobody tells when a client has gone: its session goes on, what is sent to it is lost, and whoever
 * binds the path again is that client. */
static void a_path_that_is_gone_loses_messages_only(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int a = client(&f, 'a'), b = client(&f, 'b');
    uint64_t session = create(&f, a);
    close(a); /* its file stays: ECONNREFUSED */
    say_verb(b, "events", session, ",\"count\":3,\"bytes\":1");
    hear(&f, b);
    TURN_UNTIL(&f, counters(&f).dropped == 3);
    char path[128];
    snprintf(path, sizeof path, "%s/a", f.folder);
    unlink(path); /* ENOENT */
    say_verb(b, "events", session, ",\"count\":3,\"bytes\":1");
    hear(&f, b);
    TURN_UNTIL(&f, counters(&f).dropped == 6);
    assert_int_equal(counters(&f).held_bytes, 0);
    assert_int_equal(fake_api_sessions(), 1);
    a = client(&f, 'a');
    say_verb(b, "events", session, ",\"count\":1,\"bytes\":1");
    assert_int_equal(event_number(hear(&f, a)), 0);
    close(a);
    close(b);
    tear_down(&f);
}

/* The answer comes later: until then the client is known, even without a session. */
static void a_late_reply_arrives(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int fd = client(&f, 'a');
    say(fd, "{\"janus\":\"later\",\"ms\":10}");
    TURN_UNTIL(&f, counters(&f).messages == 1);
    assert_int_equal(counters(&f).clients, 1);
    assert_hears(&f, fd, "{\"janus\":\"late\"}");
    TURN_UNTIL(&f, counters(&f).clients == 0);
    close(fd);
    tear_down(&f);
}

/* -- back-pressure ----------------------------------------------------------------------------- */

/* Both kinds of client, one message and a hundred of them too many for the kernel. */
static void a_slow_reader_gets_everything_and_holds_up_nobody(void **state) {
    (void)state;
    enum { COUNT = 300 };
    for (int is_connected = 0; is_connected < 2; is_connected++) {
        struct fixture f;
        set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
        int slow = is_connected ? client(&f, 'a') : loose_client(&f, 'a'), fast = client(&f, 'b');
        uint64_t session = create_loose(&f, slow);
        if (is_connected)
            connect_to_server(&f, slow);
        tell_events(&f, slow, session, COUNT, 1000);
        TURN_UNTIL(&f, counters(&f).held_bytes > 50000);
        for (int i = 0; i < 20; i++) { /* 20 kB more */
            say(fast, "{\"janus\":\"fill\",\"bytes\":1000}");
            assert_non_null(strstr(hear(&f, fast), "\"filled\""));
        }
        assert_hears(&f, slow, "{\"janus\":\"ack\"}");
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(event_number(hear(&f, slow)), i);
        assert_int_equal(counters(&f).held_bytes, 0);
        assert_int_equal(counters(&f).dropped, 0);
        close(slow);
        close(fast);
        tear_down(&f);
    }
}

/* Clients that hang with all they were sent unread leave the others enough. */
static void clients_that_hang_do_not_take_all_of_the_kernels_room(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int a = client(&f, 'a'), b = client(&f, 'b'), fast = client(&f, 'c');
    uint64_t first = create(&f, a), second = create(&f, b), third = create(&f, fast);
    tell_events(&f, a, first, 300, 1000);
    tell_events(&f, b, second, 300, 1000);
    TURN_UNTIL(&f, counters(&f).held_bytes > 300000);
    for (int round = 0; round < 10; round++) {
        tell_events(&f, fast, third, 10, 1000);
        assert_hears(&f, fast, "{\"janus\":\"ack\"}");
        for (int i = 0; i < 10; i++)
            assert_int_equal(event_number(hear(&f, fast)), i);
    }
    close(a);
    close(b);
    close(fast);
    tear_down(&f);
}

/* Each limit: what does not fit is dropped and counted; the client and its session stay. */
static void who_does_not_read_loses_messages(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct ptn_unix_limits limits;
    } rows[] = {{"bytes", {.queue_bytes = 20000}},
                {"messages", {.queue_messages = 20}},
                {"memory", {.memory = 20000}},
                {"time", {.write_time = 30 * PTN_MS}}};
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct fixture f;
        bool is_stall = rows[i].limits.write_time > 0;
        int arrived = 0, last = -1;
        set_up_and_start(&f, PTN_UNIX_DGRAM, rows[i].limits);
        int fd = loose_client(&f, 'a');
        uint64_t session = create_loose(&f, fd);
        tell_events(&f, fd, session, 100, 1000);
        TURN_UNTIL(&f, counters(&f).dropped > 0);
        CHECK(counters(&f).timeouts == is_stall, "%s", rows[i].name);
        CHECK((counters(&f).held_bytes > 0) == !is_stall, "%s", rows[i].name);
        assert_int_equal(fake_api_sessions(), 1);
        hear(&f, fd);
        for (uint64_t left = 100 - counters(&f).dropped; left > 0; left--, arrived++) {
            int n = event_number(hear(&f, fd));
            CHECK(n == last + 1, "%s: %d after %d", rows[i].name, n, last);
            last = n;
        }
        CHECK(arrived > 5 && arrived < 50, "%s: %d", rows[i].name, arrived);
        assert_int_equal(counters(&f).held_bytes, 0);
        tell(&f, fd, PING);
        assert_hears(&f, fd, PONG);
        close(fd);
        tear_down(&f);
    }
}

static void requests_without_replies_are_limited(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){.inflight = 4});
    int a = client(&f, 'a'), b = client(&f, 'b');
    for (int i = 0; i < 4; i++)
        say(a, "{\"janus\":\"later\",\"ms\":20}");
    say(a, PING);
    assert_refused(&f, a, 490);
    say(b, PING);
    assert_hears(&f, b, PONG);
    for (int i = 0; i < 4; i++)
        assert_hears(&f, a, "{\"janus\":\"late\"}");
    say(a, PING);
    assert_hears(&f, a, PONG);
    close(a);
    close(b);
    tear_down(&f);
}

static void too_many_clients_are_refused(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){.clients = 2});
    int a = client(&f, 'a'), b = client(&f, 'b'), c = client(&f, 'c');
    uint64_t session = create(&f, a);
    create(&f, b);
    say(c, PING);
    assert_refused(&f, c, 490);
    assert_int_equal(counters(&f).refused_limit, 1);
    say(b, PING);
    assert_hears(&f, b, PONG);
    say_verb(a, "destroy", session, "");
    hear(&f, a);
    say(c, PING);
    assert_hears(&f, c, PONG);
    close(a);
    close(b);
    close(c);
    tear_down(&f);
}

/* -- the end ----------------------------------------------------------------------------------- */

static void stops_with_what_is_queued_sent(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int fd = loose_client(&f, 'a'), silent = client(&f, 'b');
    uint64_t session = create_loose(&f, fd);
    create(&f, silent);
    tell_events(&f, fd, session, 50, 100);
    TURN_UNTIL(&f, counters(&f).held_bytes > 0);
    say(silent, "{\"janus\":\"never\"}"); /* is not read any more */
    stop(&f);
    assert_int_equal(fake_api_gone(), 2);
    hear(&f, fd);
    for (int i = 0; i < 50; i++)
        assert_int_equal(event_number(hear(&f, fd)), i);
    close(fd);
    close(silent);
    tear_down(&f);
    assert_true(f.done);
}

static void stops_though_a_client_does_not_read(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_DGRAM, (struct ptn_unix_limits){0});
    int fd = loose_client(&f, 'a');
    uint64_t session = create_loose(&f, fd);
    tell_events(&f, fd, session, 50, 100);
    TURN_UNTIL(&f, counters(&f).held_bytes > 0);
    ptn_time began = ptn_time_now();
    tear_down(&f);
    assert_true(f.done);
    assert_true(ptn_time_now() - began < PATIENCE / 2);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_go_to_the_path_of_the_sender),
        cmocka_unit_test(names_without_a_file_are_names),
        cmocka_unit_test(who_has_no_name_gets_no_answer),
        cmocka_unit_test(survives_what_is_no_request),
        cmocka_unit_test(events_go_to_the_owner),
        cmocka_unit_test(a_session_timeout_is_told),
        cmocka_unit_test(a_path_that_is_gone_loses_messages_only),
        cmocka_unit_test(a_late_reply_arrives),
        cmocka_unit_test(a_slow_reader_gets_everything_and_holds_up_nobody),
        cmocka_unit_test(clients_that_hang_do_not_take_all_of_the_kernels_room),
        cmocka_unit_test(who_does_not_read_loses_messages),
        cmocka_unit_test(requests_without_replies_are_limited),
        cmocka_unit_test(too_many_clients_are_refused),
        cmocka_unit_test(stops_with_what_is_queued_sent),
        cmocka_unit_test(stops_though_a_client_does_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
