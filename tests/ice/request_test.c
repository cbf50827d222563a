/* The agent as the side that is asked. */
#include "handmade.h"

static void answers_an_authentic_request(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_addr from = addr("203.0.113.7", 4000);
    assert_int_equal(ask(&l, &from, (struct request){.controlling = true, .id = 9}), PTN_OK);
    assert_true(next_message(&l));
    assert_int_equal(l.msg.class, PTN_STUN_SUCCESS);
    assert_int_equal(l.msg.txid[3], 9);
    assert_true(ptn_addr_eq(&l.msg.mapped, &from));
    assert_true(l.msg.has_fingerprint);
    assert_int_equal(ptn_stun_verify(&l.msg, ptn_bytes_str(OUR_PWD)), PTN_OK);
    assert_true(ptn_addr_eq(&l.got.path.remote, &from));
    assert_true(ptn_addr_eq(&l.got.path.local, &l.ours));
    assert_true(path_known(&l, &from));
    lab_done(&l);
}

static void strangers_get_little_and_leave_nothing(void **state) {
    (void)state;
    static const struct {
        const char *name;
        struct request r;
        uint16_t code;
    } rows[] = {
        {"no credentials", {.bare = true}, 400},
        {"wrong password", {.pwd = "somethingElseOf22chars"}, 401},
        {"unknown ufrag", {.to = "nobody"}, 401},
        {"empty ufrag", {.to = ""}, 401},
        {"prefix of our ufrag", {.to = "our"}, 401},
        {"nominating", {.pwd = "somethingElseOf22chars", .use = true, .controlling = true}, 401},
    };
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_addr from = addr("203.0.113.7", 4000);
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        uint8_t buf[MESSAGE_MAX];
        size_t len = make_request(buf, &rows[i].r);
        l.now += PTN_SECOND;
        CHECK(give(&l, &from, ptn_bytes_of(buf, len)) == PTN_EAUTH, "%s", rows[i].name);
        CHECK(next_message(&l) && l.msg.class == PTN_STUN_ERROR, "%s", rows[i].name);
        CHECK(l.msg.error_code == rows[i].code, "%s: %u", rows[i].name, l.msg.error_code);
        CHECK(l.got.len <= len && !l.msg.has_integrity, "%s", rows[i].name);
        CHECK(!next_message(&l) && !path_known(&l, &from), "%s", rows[i].name);
        CHECK(ptn_ice_get_state(l.ice) == PTN_ICE_NEW, "%s", rows[i].name);
    }
    assert_int_equal(l.learned_count, 0);
    assert_true(ptn_ice_next_timeout(l.ice) == PTN_NEVER);
    lab_done(&l);
}

/* A request too short to be answered with fewer bytes is not answered. */
static void does_not_amplify(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_addr from = addr("203.0.113.7", 4000);
    uint8_t buf[64];
    struct ptn_stun_wr w;
    size_t len;
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, 1, (const uint8_t *)"abcdefghijkl");
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(""), &len), PTN_OK);
    assert_int_equal(give(&l, &from, ptn_bytes_of(buf, len)), PTN_EAUTH);
    assert_int_equal(poll_all(&l), 0);
    size_t answers = 0;
    for (int i = 0; i < 1000; i++) { /* a flood within one second */
        assert_int_equal(ask(&l, &from, (struct request){.to = "nobody"}), PTN_EAUTH);
        answers += poll_all(&l);
        l.now += PTN_MS / 2;
    }
    assert_true(answers > 0 && answers <= 20);
    l.now += 2 * PTN_SECOND;
    assert_int_equal(ask(&l, &from, (struct request){.to = "nobody"}), PTN_EAUTH);
    assert_int_equal(poll_all(&l), 1);
    lab_done(&l);
}

static void queue_is_bounded_when_nobody_polls(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_addr from = addr("203.0.113.7", 4000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(ask(&l, &from, (struct request){.controlling = true}), PTN_OK);
    assert_true(poll_all(&l) <= 64);
    lab_done(&l);
}

static void drops_what_is_no_check(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_addr from = addr("203.0.113.7", 4000);
    uint8_t buf[MESSAGE_MAX];
    size_t len = make_request(buf, &(struct request){.controlling = true});
    for (size_t n = 0; n < len; n++)
        CHECK(give(&l, &from, ptn_bytes_of(buf, n)) == PTN_EMALFORMED, "%zu", n);
    struct ptn_stun_wr w;
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_INDICATION, 1, (const uint8_t *)"abcdefghijkl");
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(OUR_PWD), &len), PTN_OK);
    assert_int_equal(give(&l, &from, ptn_bytes_of(buf, len)), PTN_EPROTO);
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, 3, (const uint8_t *)"abcdefghijkl");
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(OUR_PWD), &len), PTN_OK);
    assert_int_equal(give(&l, &from, ptn_bytes_of(buf, len)), PTN_EPROTO); /* TURN's Allocate */
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_SUCCESS, 1, (const uint8_t *)"abcdefghijkl");
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(PEER_PWD), &len), PTN_OK);
    assert_int_equal(give(&l, &from, ptn_bytes_of(buf, len)), PTN_EPROTO); /* to no question */
    assert_int_equal(poll_all(&l), 0);
    assert_false(path_known(&l, &from));
    lab_done(&l);
}

static void refuses_sources_it_would_refuse_as_targets(void **state) {
    (void)state;
    static const char *const bad[] = {"127.0.0.1", "169.254.1.1", "0.0.0.0", "224.0.0.1",
                                      "255.255.255.255"};
    struct lab l = {0};
    lab_init(&l, config(&l));
    for (size_t i = 0; i < PTN_COUNT_OF(bad); i++) {
        struct ptn_addr from = addr(bad[i], 4000);
        CHECK(ask(&l, &from, (struct request){.controlling = true}) == PTN_EPROTO, "%s", bad[i]);
    }
    struct ptn_addr no_port = addr("203.0.113.7", 0);
    assert_int_equal(ask(&l, &no_port, (struct request){.controlling = true}), PTN_EPROTO);
    struct ptn_path other = {addr("198.51.100.99", 1), addr("203.0.113.7", 4000)};
    uint8_t buf[MESSAGE_MAX];
    size_t len = make_request(buf, &(struct request){.controlling = true});
    assert_int_equal(ptn_ice_handle_datagram(l.ice, l.now, &other, ptn_bytes_of(buf, len)),
                     PTN_EPROTO);
    assert_int_equal(poll_all(&l), 0);
    lab_done(&l);
}

static void names_attributes_it_does_not_know(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_addr from = addr("203.0.113.7", 4000);
    assert_int_equal(ask(&l, &from, (struct request){.extra = 0x7abc}), PTN_EPROTO);
    assert_true(next_message(&l));
    assert_int_equal(l.msg.error_code, 420);
    assert_int_equal(ptn_stun_verify(&l.msg, ptn_bytes_str(OUR_PWD)), PTN_OK);
    const uint8_t want[] = {0x00, 0x0a, 0x00, 0x02, 0x7a, 0xbc};
    assert_non_null(memmem(l.got.data, l.got.len, want, sizeof want));
    assert_false(path_known(&l, &from));
    assert_int_equal(ask(&l, &from, (struct request){.extra = 0xc057}), PTN_OK); /* optional */
    lab_done(&l);
}

/* An offerer is checked before the answer arrived: RFC 8445 7.3, early checks. */
static void early_checks_are_answered_and_asked_back_later(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_ice_config cfg = config(&l);
    cfg.controlling = true;
    lab_init(&l, cfg);
    struct ptn_addr from = addr("203.0.113.7", 4000);
    assert_int_equal(ask(&l, &from, (struct request){.controlled = true, .priority = 77}), PTN_OK);
    assert_int_equal(poll_all(&l), 1);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_NEW);
    assert_true(ptn_ice_next_timeout(l.ice) == PTN_NEVER);
    assert_true(path_known(&l, &from));
    assert_int_equal(l.learned_count, 1);
    assert_int_equal(l.learned.remote.type, PTN_CAND_PRFLX);
    assert_int_equal(l.learned.remote.priority, 77);
    assert_true(ptn_addr_eq(&l.learned.remote.addr, &from));
    know_peer(&l);
    assert_true(await_check(&l, &from, PTN_MS));
    assert_int_equal(ptn_stun_verify(&l.msg, ptn_bytes_str(PEER_PWD)), PTN_OK);
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    lab_done(&l);
}

/* Anything may stand where the peer's ufrag is not known yet, or not any more. */
static void the_peers_half_of_the_username_is_free(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_addr from = addr("203.0.113.7", 4000);
    assert_int_equal(ask(&l, &from, (struct request){.from = "whoever"}), PTN_OK);
    know_peer(&l);
    assert_int_equal(ask(&l, &from, (struct request){.from = "another"}), PTN_OK);
    lab_done(&l);
}

static void role_conflicts_follow_the_tie_breaker(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool we_control;
        struct request r;
        bool is_refused, we_control_after;
    } rows[] = {
        {"both controlling, we win", true, {.controlling = true, .tie_breaker = 0}, true, true},
        {"both controlling, we lose",
         true,
         {.controlling = true, .tie_breaker = UINT64_MAX},
         false,
         false},
        {"both controlled, we win", false, {.controlled = true, .tie_breaker = 0}, false, true},
        {"both controlled, we lose",
         false,
         {.controlled = true, .tie_breaker = UINT64_MAX},
         true,
         false},
        {"no conflict", true, {.controlled = true, .tie_breaker = UINT64_MAX}, false, true},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct lab l = {0};
        struct ptn_ice_config cfg = config(&l);
        cfg.controlling = rows[i].we_control;
        lab_init(&l, cfg);
        struct ptn_addr from = addr("203.0.113.7", 4000);
        ptn_err err = ask(&l, &from, rows[i].r);
        CHECK(err == (rows[i].is_refused ? PTN_EPROTO : PTN_OK), "%s", rows[i].name);
        CHECK(next_message(&l), "%s", rows[i].name);
        CHECK(l.msg.error_code == (rows[i].is_refused ? 487 : 0), "%s", rows[i].name);
        CHECK(ptn_stun_verify(&l.msg, ptn_bytes_str(OUR_PWD)) == PTN_OK, "%s", rows[i].name);
        CHECK(ptn_ice_is_controlling(l.ice) == rows[i].we_control_after, "%s", rows[i].name);
        lab_done(&l);
    }
}

static void lite_never_controls(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_ice_config cfg = config(&l);
    cfg.lite = cfg.controlling = true;
    lab_init(&l, cfg);
    struct ptn_addr from = addr("203.0.113.7", 4000);
    assert_false(ptn_ice_is_controlling(l.ice));
    assert_int_equal(ask(&l, &from, (struct request){.controlled = true}), PTN_EPROTO);
    assert_true(next_message(&l));
    assert_int_equal(l.msg.error_code, 487);
    assert_false(ptn_ice_is_controlling(l.ice));
    lab_done(&l);
}

static void lite_connects_on_the_first_nomination(void **state) {
    (void)state;
    for (int early = 0; early < 2; early++) {
        struct lab l = {0};
        struct ptn_ice_config cfg = config(&l);
        cfg.lite = true;
        lab_init(&l, cfg);
        struct ptn_addr a = addr("203.0.113.7", 4000), b = addr("203.0.113.7", 4001);
        if (!early)
            know_peer(&l);
        assert_int_equal(ask(&l, &a, (struct request){.controlling = true}), PTN_OK);
        assert_null(ptn_ice_selected(l.ice));
        assert_int_equal(ask(&l, &b, (struct request){.controlling = true, .use = true}), PTN_OK);
        if (early) {
            assert_null(ptn_ice_selected(l.ice)); /* nobody to talk to yet */
            know_peer(&l);
            poll_events(&l);
        }
        assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
        assert_true(ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &b));
        assert_int_equal(l.selected_count, 1);
        assert_true(ptn_addr_eq(&l.selected.path.remote, &b));
        assert_int_equal(poll_all(&l), 2); /* two answers, no check */
        run(&l, 10 * PTN_SECOND);
        assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
        lab_done(&l);
    }
}

/* Only the controlling side moves a lite agent: a path it merely checks is no way out. */
static void lite_sends_only_where_it_was_nominated(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_ice_config cfg = config(&l);
    cfg.lite = true;
    lab_init(&l, cfg);
    know_peer(&l);
    struct ptn_addr a = addr("203.0.113.7", 4000), b = addr("203.0.113.7", 4001);
    assert_int_equal(ask(&l, &a, (struct request){.controlling = true, .use = true}), PTN_OK);
    for (int i = 0; i < 31; i++) {
        run(&l, PTN_SECOND);
        assert_int_equal(ask(&l, &b, (struct request){.controlling = true}), PTN_OK);
    }
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_null(ptn_ice_selected(l.ice));
    assert_int_equal(ask(&l, &b, (struct request){.controlling = true, .use = true}), PTN_OK);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    lab_done(&l);
}

static void lite_against_lite_is_refused(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_ice_config cfg = config(&l);
    cfg.lite = true;
    lab_init(&l, cfg);
    assert_int_equal(ptn_ice_set_remote(l.ice, l.now, PEER_UFRAG, PEER_PWD, true),
                     PTN_EUNSUPPORTED);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_non_null(strstr(explain(&l), "ice-lite"));
    assert_true(ptn_ice_next_timeout(l.ice) == PTN_NEVER);
    struct ptn_addr from = addr("203.0.113.7", 4000);
    ask(&l, &from, (struct request){.controlling = true, .use = true});
    assert_null(ptn_ice_selected(l.ice));
    lab_done(&l);
}

/* Connected by checking `to`, as the controlled side, nothing nominated. */
static void check_works(struct lab *l, const struct ptn_addr *to) {
    CHECK(await_check(l, to, 5 * PTN_SECOND), "no check");
    CHECK(answer(l, 0) == PTN_OK, "answer");
}

static void add_peer(struct lab *l, const char *ip, uint16_t port, uint16_t preference) {
    struct ptn_cand c = host(ip, port);
    c.priority = ptn_cand_priority(PTN_CAND_HOST, preference, 1);
    assert_int_equal(ptn_ice_add_remote(l->ice, l->now, &c), PTN_OK);
}

static void nominate(struct lab *l, const struct ptn_addr *from) {
    assert_int_equal(ask(l, from, (struct request){.controlling = true, .use = true}), PTN_OK);
}

static bool is_selected(const struct lab *l, const struct ptn_addr *remote) {
    const struct ptn_path *p = ptn_ice_selected(l->ice);
    return p && ptn_addr_eq(&p->remote, remote);
}

static void two_working_pairs(struct lab *l, struct ptn_addr *high, struct ptn_addr *low) {
    lab_init(l, config(l));
    *high = addr("203.0.113.1", 4000);
    *low = addr("203.0.113.2", 4000);
    know_peer(l);
    add_peer(l, "203.0.113.1", 4000, 60000);
    add_peer(l, "203.0.113.2", 4000, 50000);
    check_works(l, high);
    check_works(l, low);
}

/* libwebrtc renominates by USE-CANDIDATE on another pair: the selected pair switches at once. */
static void a_later_nomination_switches(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr high, low;
    two_working_pairs(&l, &high, &low);
    nominate(&l, &high);
    assert_true(is_selected(&l, &high));
    l.now += 3 * PTN_SECOND;
    nominate(&l, &low);
    assert_true(is_selected(&l, &low));
    l.now += 3 * PTN_SECOND;
    nominate(&l, &low);
    nominate(&l, &high); /* and back */
    assert_true(is_selected(&l, &high));
    assert_true(ptn_addr_eq(&l.selected.path.remote, &high));
    lab_done(&l);
}

/* Aggressive nomination says USE-CANDIDATE on every pair: the best of them counts, and stays. */
static void aggressive_nominations_do_not_flap(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr high, low;
    two_working_pairs(&l, &high, &low);
    nominate(&l, &low);
    assert_true(is_selected(&l, &low));
    nominate(&l, &high);
    assert_true(is_selected(&l, &high));
    size_t switches = l.selected_count;
    for (int i = 0; i < 20; i++) {
        l.now += 100 * PTN_MS;
        nominate(&l, &low);
        l.now += 100 * PTN_MS;
        nominate(&l, &high);
    }
    assert_int_equal(l.selected_count, switches);
    assert_true(is_selected(&l, &high));
    l.now += 100 * PTN_MS;
    nominate(&l, &low); /* and then it means it: only this one from here on */
    l.now += 100 * PTN_MS;
    nominate(&l, &low);
    assert_true(is_selected(&l, &low));
    lab_done(&l);
}

static void an_aggressive_start_settles_on_the_best(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr high, low;
    two_working_pairs(&l, &high, &low);
    nominate(&l, &high);
    l.now += 100 * PTN_MS;
    nominate(&l, &low); /* for the first time, yet right after the other */
    assert_true(is_selected(&l, &high));
    lab_done(&l);
}

/* The nomination of a pair that does not work yet waits for our own check. */
static void a_nomination_before_the_pair_works_is_remembered(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr high, low;
    two_working_pairs(&l, &high, &low);
    nominate(&l, &low);
    struct ptn_addr third = addr("203.0.113.3", 4000);
    add_peer(&l, "203.0.113.3", 4000, 61000);
    nominate(&l, &third);
    assert_true(is_selected(&l, &low));
    check_works(&l, &third);
    assert_true(is_selected(&l, &third));
    lab_done(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_an_authentic_request),
        cmocka_unit_test(strangers_get_little_and_leave_nothing),
        cmocka_unit_test(does_not_amplify),
        cmocka_unit_test(queue_is_bounded_when_nobody_polls),
        cmocka_unit_test(drops_what_is_no_check),
        cmocka_unit_test(refuses_sources_it_would_refuse_as_targets),
        cmocka_unit_test(names_attributes_it_does_not_know),
        cmocka_unit_test(early_checks_are_answered_and_asked_back_later),
        cmocka_unit_test(the_peers_half_of_the_username_is_free),
        cmocka_unit_test(role_conflicts_follow_the_tie_breaker),
        cmocka_unit_test(lite_never_controls),
        cmocka_unit_test(lite_connects_on_the_first_nomination),
        cmocka_unit_test(lite_sends_only_where_it_was_nominated),
        cmocka_unit_test(lite_against_lite_is_refused),
        cmocka_unit_test(a_later_nomination_switches),
        cmocka_unit_test(aggressive_nominations_do_not_flap),
        cmocka_unit_test(an_aggressive_start_settles_on_the_best),
        cmocka_unit_test(a_nomination_before_the_pair_works_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
