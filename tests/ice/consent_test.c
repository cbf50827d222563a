/* A connected agent: consent, events, restarts. */
#include "handmade.h"

static void connected(struct lab *l, bool controlling, const struct ptn_addr *peer) {
    struct ptn_ice_config cfg = config(l);
    cfg.controlling = controlling;
    lab_init(l, cfg);
    know_peer(l);
    assert_int_equal(ask(l, peer,
                         (struct request){.controlling = !controlling,
                                          .controlled = controlling,
                                          .use = !controlling}),
                     PTN_OK);
    assert_true(await_check(l, peer, 0));
    l->now += 30 * PTN_MS;
    assert_int_equal(answer(l, 0), PTN_OK);
    if (controlling) {
        assert_true(await_check(l, peer, PTN_SECOND));
        assert_true(l->msg.use_candidate);
        assert_int_equal(answer(l, 0), PTN_OK);
    }
    assert_int_equal(ptn_ice_get_state(l->ice), PTN_ICE_CONNECTED);
}

/* RFC 7675: every 5 s, times 0.8 to 1.2, each with its own transaction id. */
static void consent_is_asked_every_five_seconds(void **state) {
    (void)state;
    for (int controlling = 0; controlling < 2; controlling++) {
        struct lab l = {0};
        struct ptn_addr peer = addr("203.0.113.1", 4000);
        connected(&l, controlling, &peer);
        ptn_time shortest = PTN_NEVER, longest = 0, before = l.now;
        uint8_t txid[PTN_STUN_TXID] = {0};
        for (int i = 0; i < 200; i++) {
            assert_true(await_check(&l, &peer, 10 * PTN_SECOND));
            CHECK(memcmp(txid, l.msg.txid, sizeof txid) != 0, "same transaction");
            CHECK(l.msg.use_candidate == (controlling == 1), "nominated pairs stay so");
            memcpy(txid, l.msg.txid, sizeof txid);
            shortest = ptn_time_min(shortest, l.now - before);
            longest = l.now - before > longest ? l.now - before : longest;
            before = l.now;
            l.now += 10 * PTN_MS;
            assert_int_equal(answer(&l, 0), PTN_OK);
            assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
        }
        assert_true(shortest >= 4 * PTN_SECOND && shortest < 4200 * PTN_MS);
        assert_true(longest <= 6 * PTN_SECOND && longest > 5800 * PTN_MS);
        assert_true(ptn_ice_rtt(l.ice) >= 10 * PTN_MS && ptn_ice_rtt(l.ice) < 12 * PTN_MS);
        lab_done(&l);
    }
}

/* One lost datagram must not look like a lost peer: 0, 0.5, 1.5 and 3.5 s after it was asked. */
static void unanswered_consent_is_asked_again(void **state) {
    (void)state;
    static const int gaps_ms[] = {500, 1000, 2000};
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000);
    uint8_t txid[PTN_STUN_TXID];
    connected(&l, false, &peer);
    ptn_time rtt = ptn_ice_rtt(l.ice);
    assert_int_equal(rtt, 30 * PTN_MS);
    assert_true(await_check(&l, &peer, 10 * PTN_SECOND));
    memcpy(txid, l.msg.txid, sizeof txid);
    for (size_t i = 0; i < PTN_COUNT_OF(gaps_ms); i++) {
        ptn_time before = l.now;
        assert_true(await_check(&l, &peer, 10 * PTN_SECOND));
        assert_memory_equal(txid, l.msg.txid, sizeof txid);
        CHECK(l.now - before == gaps_ms[i] * PTN_MS, "gap %zu", i);
    }
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(ptn_ice_rtt(l.ice), rtt); /* which one was answered is unknown: Karn */
    assert_true(await_check(&l, &peer, 10 * PTN_SECOND));
    assert_memory_not_equal(txid, l.msg.txid, sizeof txid);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    lab_done(&l);
}

static void a_repeated_check_measures_nothing(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    struct ptn_cand c = host("203.0.113.1", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    assert_true(await_check(&l, &c.addr, 0));
    assert_true(await_check(&l, &c.addr, PTN_SECOND));
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(ptn_ice_rtt(l.ice), 0);
    lab_done(&l);
}

/* Controlled, and the nominated pair dies; no other is nominated, but one works. */
static void consent_over_falls_back_to_what_works(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000), other = addr("203.0.113.2", 4000);
    connected(&l, false, &peer);
    ptn_time until = l.now + 31 * PTN_SECOND;
    while (l.now < until) {
        if (ptn_ice_get_state(l.ice) == PTN_ICE_CONNECTED)
            assert_int_equal(ask(&l, &other, (struct request){.controlling = true}), PTN_OK);
        if (await_check(&l, &other, PTN_SECOND))
            assert_int_equal(answer(&l, 0), PTN_OK);
    }
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    assert_true(ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &other));
    for (size_t i = 0; i < l.state_count; i++)
        assert_int_not_equal(l.states[i], PTN_ICE_FAILED);
    lab_done(&l);
}

/* RFC 8445 8.1.2: what is below the nominated pair is not checked any more. */
static void nomination_ends_the_checks_below(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr best = addr("203.0.113.1", 4000);
    lab_init(&l, config(&l));
    know_peer(&l);
    for (uint16_t i = 0; i < 20; i++) {
        struct ptn_cand c = host("203.0.113.1", (uint16_t)(4000 + i));
        c.priority -= 256u * i;
        assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    }
    assert_int_equal(ask(&l, &best, (struct request){.controlling = true, .use = true}), PTN_OK);
    assert_true(await_check(&l, &best, 200 * PTN_MS));
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(count_pairs(&l, "unused"), 19);
    assert_true(l.now < START + 100 * PTN_MS);
    poll_all(&l);
    ptn_time until = l.now + 3 * PTN_SECOND;
    while (tick(&l, until))
        assert_int_equal(poll_all(&l), 0);
    struct ptn_cand late = host("203.0.113.2", 4000);
    late.priority -= 256;
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &late), PTN_OK);
    assert_false(await_check(&l, &late.addr, 2 * PTN_SECOND));
    lab_done(&l);
}

/* We control, and the peer is heard from somewhere else: does it still answer where it was? */
static void a_second_working_pair_hurries_consent(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000), moved = addr("203.0.113.2", 4000);
    connected(&l, true, &peer);
    run(&l, PTN_SECOND);
    assert_int_equal(ask(&l, &moved, (struct request){.controlled = true}), PTN_OK);
    assert_true(await_check(&l, &moved, 100 * PTN_MS));
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_true(await_check(&l, &peer, 100 * PTN_MS));
    ptn_time until = l.now + 10 * PTN_SECOND;
    while (!ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &moved) && l.now < until) {
        if (await_check(&l, &moved, PTN_SECOND))
            assert_int_equal(answer(&l, 0), PTN_OK);
    }
    assert_true(l.now < until - 4 * PTN_SECOND);
    lab_done(&l);
}

static void consent_needs_the_right_answer(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000), other = addr("203.0.113.1", 4001);
    connected(&l, false, &peer);
    ptn_time last = l.now;
    while (l.now < last + 25 * PTN_SECOND && await_check(&l, &peer, 6 * PTN_SECOND)) {
        uint8_t buf[MESSAGE_MAX];
        size_t len = make_answer(&l, buf, 0, PEER_PWD);
        assert_int_equal(give(&l, &other, ptn_bytes_of(buf, len)), PTN_EPROTO);
        len = make_answer(&l, buf, 0, OUR_PWD);
        assert_int_equal(give(&l, &peer, ptn_bytes_of(buf, len)), PTN_EAUTH);
        len = make_answer(&l, buf, 403, PEER_PWD); /* consent is revoked, or never was */
        assert_int_equal(give(&l, &peer, ptn_bytes_of(buf, len)), PTN_OK);
    }
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_DISCONNECTED);
    assert_non_null(ptn_ice_selected(l.ice));
    run(&l, 29 * PTN_SECOND + 900 * PTN_MS - (l.now - last));
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_DISCONNECTED);
    run(&l, 200 * PTN_MS);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_null(ptn_ice_selected(l.ice));
    assert_true(ptn_ice_next_timeout(l.ice) == PTN_NEVER);
    lab_done(&l);
}

/* A process that was stopped for long reports both steps, and does not spin. */
static void a_jump_of_the_clock_is_survived(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000);
    connected(&l, true, &peer);
    l.now += 3600 * PTN_SECOND;
    ptn_ice_handle_timeout(l.ice, l.now);
    poll_events(&l);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_int_equal(l.states[l.state_count - 2], PTN_ICE_DISCONNECTED);
    assert_int_equal(l.states[l.state_count - 1], PTN_ICE_FAILED);
    assert_true(ptn_ice_next_timeout(l.ice) > l.now);
    lab_done(&l);
}

static void events_come_in_a_useful_order(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000);
    struct ptn_ice_event ev;
    struct ptn_ice_config cfg = config(&l);
    cfg.lite = true;
    lab_init(&l, cfg);
    know_peer(&l);
    uint8_t buf[MESSAGE_MAX];
    size_t len = make_request(buf, &(struct request){.controlling = true, .use = true});
    struct ptn_path path = {l.ours, peer};
    assert_int_equal(ptn_ice_handle_datagram(l.ice, l.now, &path, ptn_bytes_of(buf, len)), PTN_OK);
    static const enum ptn_ice_event_type order[] = {PTN_ICE_NEW_REMOTE, PTN_ICE_SELECTED,
                                                    PTN_ICE_STATE_CHANGED};
    for (size_t i = 0; i < PTN_COUNT_OF(order); i++) {
        assert_true(ptn_ice_poll_event(l.ice, &ev));
        assert_int_equal(ev.type, order[i]);
    }
    assert_int_equal(ev.state, PTN_ICE_CONNECTED);
    assert_false(ptn_ice_poll_event(l.ice, &ev));
    lab_done(&l);
}

#define NEW_UFRAG "newU"
#define NEW_PWD "newPasswordOfTwentyTwo"

static void the_old_ufrag_is_answered_until_the_new_works(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000), moved = addr("203.0.113.9", 4000);
    connected(&l, false, &peer);
    ptn_ice_restart(l.ice, l.now, NEW_UFRAG, NEW_PWD);
    assert_true(ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &peer));
    assert_int_equal(ask(&l, &peer, (struct request){.controlling = true}), PTN_OK);
    assert_true(next_message(&l));
    assert_int_equal(ptn_stun_verify(&l.msg, ptn_bytes_str(OUR_PWD)), PTN_OK);
    assert_true(await_check(&l, &peer, 10 * PTN_SECOND)); /* consent, in the old name */
    assert_true(ptn_bytes_eq(l.msg.username, ptn_bytes_str(PEER_UFRAG ":" OUR_UFRAG)));
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(ptn_ice_set_remote(l.ice, l.now, "pee2", PEER_PWD, false), PTN_OK);
    struct request fresh = {.to = NEW_UFRAG, .pwd = NEW_PWD, .controlling = true, .use = true};
    assert_int_equal(ask(&l, &moved, fresh), PTN_OK);
    assert_true(await_check(&l, &moved, PTN_SECOND));
    assert_true(ptn_bytes_eq(l.msg.username, ptn_bytes_str("pee2:" NEW_UFRAG)));
    assert_true(ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &peer));
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_true(ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &moved));
    assert_int_equal(ask(&l, &peer, (struct request){.controlling = true}), PTN_EAUTH);
    assert_true(path_known(&l, &peer)); /* of the previous generation: packets may be under way */
    ptn_ice_restart(l.ice, l.now, OUR_UFRAG, OUR_PWD);
    assert_false(path_known(&l, &peer)); /* of the one before */
    assert_true(path_known(&l, &moved));
    lab_done(&l);
}

/* The peer has new credentials, we have not restarted: they serve new checks, the pair stays. */
static void new_remote_credentials_alone_replace_the_old(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000);
    connected(&l, false, &peer);
    assert_int_equal(ptn_ice_set_remote(l.ice, l.now, "pee2", "anotherPasswordOf22chars", false),
                     PTN_OK);
    assert_true(ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &peer));
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    assert_int_equal(ask(&l, &peer, (struct request){.controlling = true, .use = true}), PTN_OK);
    assert_true(await_check(&l, &peer, PTN_SECOND));
    assert_true(ptn_bytes_eq(l.msg.username, ptn_bytes_str("pee2:" OUR_UFRAG)));
    uint8_t buf[MESSAGE_MAX];
    size_t len = make_answer(&l, buf, 0, "anotherPasswordOf22chars");
    assert_int_equal(give(&l, &peer, ptn_bytes_of(buf, len)), PTN_OK);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    lab_done(&l);
}

static void the_same_credentials_again_change_nothing(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000);
    connected(&l, false, &peer);
    size_t before = l.selected_count;
    know_peer(&l);
    run(&l, PTN_SECOND);
    assert_int_equal(l.selected_count, before);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    lab_done(&l);
}

static void the_dump_holds_no_secret(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_addr peer = addr("203.0.113.1", 4000);
    connected(&l, true, &peer);
    json_t *dump = ptn_ice_dump(l.ice);
    assert_non_null(dump);
    char *text = json_dumps(dump, 0);
    assert_null(strstr(text, OUR_PWD));
    assert_null(strstr(text, PEER_PWD));
    assert_non_null(strstr(text, "203.0.113.1:4000"));
    assert_string_equal(json_string_value(json_object_get(dump, "state")), "connected");
    free(text);
    json_decref(dump);
    lab_done(&l);
    ptn_ice_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consent_is_asked_every_five_seconds),
        cmocka_unit_test(unanswered_consent_is_asked_again),
        cmocka_unit_test(a_repeated_check_measures_nothing),
        cmocka_unit_test(consent_over_falls_back_to_what_works),
        cmocka_unit_test(nomination_ends_the_checks_below),
        cmocka_unit_test(a_second_working_pair_hurries_consent),
        cmocka_unit_test(consent_needs_the_right_answer),
        cmocka_unit_test(a_jump_of_the_clock_is_survived),
        cmocka_unit_test(events_come_in_a_useful_order),
        cmocka_unit_test(the_old_ufrag_is_answered_until_the_new_works),
        cmocka_unit_test(new_remote_credentials_alone_replace_the_old),
        cmocka_unit_test(the_same_credentials_again_change_nothing),
        cmocka_unit_test(the_dump_holds_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
