/* The API over SOCK_SEQPACKET. */
#include "unix_util.h"

#include <signal.h>
#include <sys/resource.h>

static int connected(struct fixture *f) {
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    strcpy(sun.sun_path, f->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof sun), 0);
    return fd;
}

static void one_packet_is_one_message(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int fd = connected(&f);
    say(fd, PING);
    say(fd, "{\"janus\":\"echo\",\"n\":2}");
    say(fd, " {\"janus\" : \"ping\", \"transaction\":\"3\"}\n");
    assert_hears(&f, fd, PONG);
    assert_hears(&f, fd, "{\"janus\":\"echo\",\"n\":2}");
    assert_hears(&f, fd, "{\"janus\":\"pong\",\"transaction\":\"3\"}");
    assert_silence(&f, fd);
    assert_int_equal(counters(&f).messages, 3);
    assert_int_equal(counters(&f).sent, 3);
    close(fd);
    TURN_UNTIL(&f, counters(&f).clients == 0);
    tear_down(&f);
}

static void replies_in_the_style_that_was_asked_for(void **state) {
    (void)state;
    static const char *const expected[] = {[PTN_JSON_COMPACT] = "{\"janus\":\"echo\",\"n\":2}",
                                           [PTN_JSON_PLAIN] = "{\"janus\": \"echo\", \"n\": 2}",
                                           [PTN_JSON_INDENTED] =
                                               "{\n   \"janus\": \"echo\",\n   \"n\": 2\n}"};
    for (enum ptn_json_style style = PTN_JSON_COMPACT; style <= PTN_JSON_INDENTED; style++) {
        struct fixture f;
        set_up(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
        f.listener.style = style;
        start(&f);
        int fd = connected(&f);
        say(fd, "{\"janus\":\"echo\",\"n\":2}");
        assert_hears(&f, fd, expected[style]);
        close(fd);
        tear_down(&f);
    }
}

static void survives_what_is_no_request(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){.message = 9000});
    int fd = connected(&f);
    check_hostile_input(&f, fd);
    check_size_limit(&f, fd, 9000);
    assert_int_equal(fake_api_gone(), 0);
    /* an empty packet cannot be told from the end */
    assert_int_equal(send(fd, "", 0, 0), 0);
    assert_ptr_equal(hear(&f, fd), ENDED);
    close(fd);
    tear_down(&f);
}

static void the_end_of_the_connection_is_the_clients(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int a = connected(&f), b = connected(&f);
    create(&f, a);
    create(&f, a); /* one connection may own several */
    create(&f, b);
    assert_int_equal(fake_api_sessions(), 3);
    close(a);
    TURN_UNTIL(&f, fake_api_gone() == 1);
    assert_int_equal(fake_api_sessions(), 1);
    shutdown(b, SHUT_WR); /* half an end is one */
    TURN_UNTIL(&f, fake_api_gone() == 2);
    assert_ptr_equal(hear(&f, b), ENDED);
    assert_int_equal(fake_api_sessions(), 0);
    assert_int_equal(counters(&f).clients, 0);
    close(b);
    tear_down(&f);
}

/* The peer closes with answers unread, which is an error to the kernel: what it had asked before
 * is done all the same. */
static void last_requests_of_a_client_that_is_gone_are_done(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int fd = connected(&f), keeper = connected(&f);
    uint64_t session = create(&f, keeper);
    say(fd, PING);
    TURN_UNTIL(&f, counters(&f).sent == 2);
    say_verb(fd, "destroy", session, "");
    close(fd); /* the pong was not read */
    TURN_UNTIL(&f, counters(&f).clients == 1);
    assert_int_equal(fake_api_sessions(), 0);
    close(keeper);
    tear_down(&f);
}

static void a_claimed_session_speaks_to_its_new_owner(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int a = connected(&f), b = connected(&f);
    uint64_t session = create(&f, a);
    say_verb(b, "claim", session, "");
    assert_hears(&f, b, "{\"janus\":\"success\",\"transaction\":\"t\"}");
    say_verb(a, "events", session, ",\"count\":1,\"bytes\":1");
    assert_hears(&f, a, "{\"janus\":\"ack\",\"transaction\":\"t\"}");
    assert_int_equal(event_number(hear(&f, b)), 0);
    assert_silence(&f, a);
    close(a);
    TURN_UNTIL(&f, fake_api_gone() == 1);
    assert_int_equal(fake_api_sessions(), 1); /* it is no longer a's */
    close(b);
    TURN_UNTIL(&f, fake_api_gone() == 2);
    assert_int_equal(fake_api_sessions(), 0);
    tear_down(&f);
}

static void a_session_timeout_is_told_and_ends_the_connection(void **state) {
    (void)state;
    struct fixture f;
    char expected[100];
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int fd = connected(&f);
    uint64_t session = create(&f, fd), other = create(&f, fd);
    (void)other;
    say_verb(fd, "timeout", session, "");
    say(fd, PING); /* too late */
    assert_hears(&f, fd, "{\"janus\":\"ack\",\"transaction\":\"t\"}");
    snprintf(expected, sizeof expected, "{\"janus\":\"timeout\",\"session_id\":%llu}",
             (unsigned long long)session);
    assert_hears(&f, fd, expected);
    assert_ptr_equal(hear(&f, fd), ENDED); /* and no ECONNRESET, for the ping nobody read */
    assert_int_equal(fake_api_gone(), 1);
    assert_int_equal(fake_api_sessions(), 0);
    close(fd);
    tear_down(&f);
}

/* -- back-pressure ----------------------------------------------------------------------------- */

static void a_slow_reader_gets_everything_in_order(void **state) {
    (void)state;
    enum { COUNT = 500 }; /* of 4 kB: ten times what the kernel keeps */
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int fd = connected(&f);
    uint64_t session = create(&f, fd);
    say_verb(fd, "events", session, ",\"count\":500,\"bytes\":4000");
    TURN_UNTIL(&f, counters(&f).held_bytes > 0);
    turn(&f, 20);
    assert_true(counters(&f).held_bytes > 1000000);
    assert_hears(&f, fd, "{\"janus\":\"ack\",\"transaction\":\"t\"}");
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(event_number(hear(&f, fd)), i);
    say(fd, PING);
    assert_hears(&f, fd, PONG);
    assert_int_equal(counters(&f).held_bytes, 0);
    assert_int_equal(counters(&f).slow_clients, 0);
    close(fd);
    tear_down(&f);
}

/* Each limit: the client is closed, counted, and what it held is given back. */
static void who_does_not_read_is_closed(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct ptn_unix_limits limits;
        bool is_stall;
    } rows[] = {{"bytes", {.queue_bytes = 100000}, false},
                {"messages", {.queue_messages = 20}, false},
                {"memory", {.memory = 100000}, false},
                {"time", {.write_time = 30 * PTN_MS}, true}};
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct fixture f;
        set_up_and_start(&f, PTN_UNIX_SEQPACKET, rows[i].limits);
        int fd = connected(&f), other = connected(&f);
        uint64_t session = create(&f, fd);
        say_verb(fd, "events", session, ",\"count\":500,\"bytes\":4000");
        TURN_UNTIL(&f, fake_api_gone() == 1);
        CHECK(counters(&f).slow_clients == !rows[i].is_stall, "%s", rows[i].name);
        CHECK(counters(&f).timeouts == rows[i].is_stall, "%s", rows[i].name);
        assert_int_equal(counters(&f).held_bytes, 0);
        assert_int_equal(counters(&f).clients, 1);
        assert_int_equal(fake_api_sessions(), 0);
        int last = -1;
        for (char *text = hear(&f, fd); text != ENDED; text = hear(&f, fd))
            if (event_number(text) >= 0)
                assert_int_equal(event_number(text), ++last); /* no gap before the end */
        assert_true(last > 0);
        say(other, PING);
        assert_hears(&f, other, PONG);
        close(fd);
        close(other);
        tear_down(&f);
    }
}

/* Every message taken is a sign of life, however long the whole takes. */
static void who_reads_slowly_is_not_closed(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){.write_time = 100 * PTN_MS});
    int fd = connected(&f);
    uint64_t session = create(&f, fd);
    say_verb(fd, "events", session, ",\"count\":200,\"bytes\":4000");
    TURN_UNTIL(&f, counters(&f).held_bytes > 0);
    hear(&f, fd);
    for (int i = 0; i < 30; i++) {
        ptn_time next = ptn_time_now() + 10 * PTN_MS;
        assert_int_equal(event_number(hear(&f, fd)), i);
        TURN_UNTIL(&f, ptn_time_now() >= next);
    }
    assert_int_equal(counters(&f).timeouts, 0);
    assert_int_equal(fake_api_gone(), 0);
    TURN_UNTIL(&f, fake_api_gone() == 1); /* who stops reading then is */
    assert_int_equal(counters(&f).timeouts, 1);
    close(fd);
    tear_down(&f);
}

static void requests_without_replies_stop_the_reading(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){.inflight = 4});
    int fd = connected(&f);
    for (int i = 0; i < 4; i++)
        say(fd, "{\"janus\":\"later\",\"ms\":30}");
    say(fd, PING);
    turn(&f, 20);
    assert_int_equal(counters(&f).messages, 4);
    for (int i = 0; i < 4; i++)
        assert_hears(&f, fd, "{\"janus\":\"late\"}");
    assert_hears(&f, fd, PONG);
    /* and while it does not read it notices the end */
    for (int i = 0; i < 4; i++)
        say(fd, "{\"janus\":\"never\"}");
    say(fd, PING);
    turn(&f, 20);
    assert_int_equal(counters(&f).messages, 9);
    close(fd);
    TURN_UNTIL(&f, fake_api_gone() == 1);
    tear_down(&f);
}

static void too_many_connections_are_refused(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){.clients = 2});
    int a = connected(&f), b = connected(&f), c = connected(&f);
    assert_ptr_equal(hear(&f, c), ENDED);
    assert_int_equal(counters(&f).refused_limit, 1);
    say(b, PING);
    assert_hears(&f, b, PONG);
    close(a);
    TURN_UNTIL(&f, counters(&f).clients == 1);
    close(c);
    c = connected(&f);
    say(c, PING);
    assert_hears(&f, c, PONG);
    close(b);
    close(c);
    tear_down(&f);
}

static void without_descriptors_connections_wait(void **state) {
    (void)state;
    struct rlimit limit, low;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int fd = connected(&f);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    low.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    turn(&f, 50); /* and does not spin: the next look is 200 ms away */
    assert_int_equal(counters(&f).accepted, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    say(fd, PING);
    assert_hears(&f, fd, PONG);
    close(fd);
    tear_down(&f);
}

/* -- the end ----------------------------------------------------------------------------------- */

static void stops_with_what_is_queued_sent(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int fd = connected(&f), idle = connected(&f);
    uint64_t session = create(&f, fd);
    say_verb(fd, "events", session, ",\"count\":200,\"bytes\":4000");
    TURN_UNTIL(&f, counters(&f).held_bytes > 0);
    say(idle, PING); /* is not read any more */
    stop(&f);
    assert_int_equal(fake_api_gone(), 2);
    assert_ptr_equal(hear(&f, idle), ENDED);
    hear(&f, fd);
    for (int i = 0; i < 200; i++)
        assert_int_equal(event_number(hear(&f, fd)), i);
    assert_ptr_equal(hear(&f, fd), ENDED);
    close(fd);
    close(idle);
    tear_down(&f);
    assert_true(f.done);
}

static void stops_though_a_client_does_not_read(void **state) {
    (void)state;
    struct fixture f;
    set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    int fd = connected(&f);
    uint64_t session = create(&f, fd);
    say_verb(fd, "events", session, ",\"count\":200,\"bytes\":4000");
    TURN_UNTIL(&f, counters(&f).held_bytes > 0);
    ptn_time began = ptn_time_now();
    tear_down(&f);
    assert_true(f.done);
    assert_true(ptn_time_now() - began < PATIENCE / 2);
    close(fd);
}

static void stops_at_once(void **state) {
    (void)state;
    for (int rounds = 0; rounds < 3; rounds++) {
        struct fixture f;
        set_up_and_start(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
        turn(&f, rounds);
        tear_down(&f);
        assert_true(f.done);
    }
}

static void the_admin_api_is_refused(void **state) {
    (void)state;
    struct fixture f;
    struct ptn_unix_listener both[2];
    set_up(&f, PTN_UNIX_SEQPACKET, (struct ptn_unix_limits){0});
    both[0] = both[1] = f.listener;
    both[1].api = PTN_UNIX_API_ADMIN;
    f.cfg.listeners = both;
    f.cfg.listener_count = 2;
    assert_int_equal(ptn_unix_start(&f.cfg, f.problems, &f.u), PTN_EINVALID);
    assert_string_equal(ptn_problems_text(f.problems, 0),
                        "u.jcfg:3: error: general.path: Unix: the Admin API is not supported yet");
    assert_null(f.u);
    tear_down(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_packet_is_one_message),
        cmocka_unit_test(replies_in_the_style_that_was_asked_for),
        cmocka_unit_test(survives_what_is_no_request),
        cmocka_unit_test(the_end_of_the_connection_is_the_clients),
        cmocka_unit_test(last_requests_of_a_client_that_is_gone_are_done),
        cmocka_unit_test(a_claimed_session_speaks_to_its_new_owner),
        cmocka_unit_test(a_session_timeout_is_told_and_ends_the_connection),
        cmocka_unit_test(a_slow_reader_gets_everything_in_order),
        cmocka_unit_test(who_does_not_read_is_closed),
        cmocka_unit_test(who_reads_slowly_is_not_closed),
        cmocka_unit_test(requests_without_replies_stop_the_reading),
        cmocka_unit_test(too_many_connections_are_refused),
        cmocka_unit_test(without_descriptors_connections_wait),
        cmocka_unit_test(stops_with_what_is_queued_sent),
        cmocka_unit_test(stops_though_a_client_does_not_read),
        cmocka_unit_test(stops_at_once),
        cmocka_unit_test(the_admin_api_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
