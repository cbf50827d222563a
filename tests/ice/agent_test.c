/* The agent as the side that asks: candidates, checks, nomination, failing. */
#include "handmade.h"

static const struct ptn_cand *as_cand(const char *text) {
    static struct ptn_cand c;
    CHECK(ptn_cand_parse(text, &c) == PTN_OK, "%s", text);
    return &c;
}

static void judges_remote_candidates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ptn_err expected, expected_if_allowed; /* loopback and link-local allowed */
    } rows[] = {
        {"1 1 udp 7 203.0.113.1 4000 typ host", PTN_OK, PTN_OK},
        {"2 1 udp 8 203.0.113.1 4000 typ srflx", PTN_OK, PTN_OK}, /* known */
        {"1 2 udp 7 203.0.113.1 4000 typ host", PTN_EUNSUPPORTED, PTN_EUNSUPPORTED},
        {"1 1 tcp 7 203.0.113.1 9 typ host tcptype active", PTN_EUNSUPPORTED, PTN_EUNSUPPORTED},
        {"1 1 udp 7 abc.local 4000 typ host", PTN_EUNSUPPORTED, PTN_EUNSUPPORTED},
        {"1 1 udp 7 2001:db8::1 4000 typ host", PTN_EUNSUPPORTED, PTN_EUNSUPPORTED},
        {"1 1 udp 7 203.0.113.1 0 typ host", PTN_EINVALID, PTN_EINVALID},
        {"1 1 udp 7 0.0.0.0 4000 typ host", PTN_EINVALID, PTN_EINVALID},
        {"1 1 udp 7 224.0.0.251 5353 typ host", PTN_EINVALID, PTN_EINVALID},
        {"1 1 udp 7 255.255.255.255 4000 typ host", PTN_EINVALID, PTN_EINVALID},
        {"1 1 udp 7 ff02::1 4000 typ host", PTN_EINVALID, PTN_EINVALID},
        {"1 1 udp 7 ::ffff:0.0.0.0 4000 typ host", PTN_EINVALID, PTN_EINVALID},
        {"1 1 udp 7 127.0.0.1 4000 typ host", PTN_EINVALID, PTN_OK},
        {"1 1 udp 7 127.9.9.9 4000 typ host", PTN_EINVALID, PTN_OK},
        {"1 1 udp 7 ::ffff:127.0.0.2 4000 typ host", PTN_EINVALID, PTN_OK},
        {"1 1 udp 7 169.254.0.9 4000 typ host", PTN_EINVALID, PTN_OK},
        {"1 1 udp 7 203.0.113.2 4000 typ host ufrag peer", PTN_OK, PTN_OK},
        {"1 1 udp 7 203.0.113.3 4000 typ host ufrag older", PTN_EPROTO, PTN_EPROTO},
    };
    for (int allowed = 0; allowed < 2; allowed++) {
        struct lab l = {0};
        struct ptn_ice_config cfg = config(&l);
        cfg.allow_loopback = cfg.allow_linklocal = allowed;
        lab_init(&l, cfg);
        know_peer(&l);
        for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
            ptn_err want = allowed ? rows[i].expected_if_allowed : rows[i].expected;
            CHECK(ptn_ice_add_remote(l.ice, l.now, as_cand(rows[i].text)) == want, "%s",
                  rows[i].text);
        }
        lab_done(&l);
    }
}

static void judges_credentials(void **state) {
    (void)state;
    char longest[PTN_ICE_PWD_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const struct {
        const char *ufrag, *pwd;
        ptn_err expected;
    } rows[] = {
        {"abc", PEER_PWD, PTN_EMALFORMED},  {"abcd", "short", PTN_EMALFORMED},
        {"ab d", PEER_PWD, PTN_EMALFORMED}, {"abcd", "with:colonTwentyTwo+++", PTN_EMALFORMED},
        {"", PEER_PWD, PTN_EMALFORMED},     {longest, PEER_PWD, PTN_EMALFORMED},
        {"abcd", longest, PTN_EMALFORMED},  {"a+/d", PEER_PWD, PTN_OK},
        {longest + 1, longest + 1, PTN_OK},
    };
    struct lab l = {0};
    lab_init(&l, config(&l));
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        CHECK(ptn_ice_set_remote(l.ice, l.now, rows[i].ufrag, rows[i].pwd, false) ==
                  rows[i].expected,
              "%zu", i);
    lab_done(&l);
}

/* Ufrags of 256 characters make the longest check; it is sent whole. */
static void longest_credentials_work(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_ice_config cfg = config(&l);
    char longest[PTN_ICE_UFRAG_MAX + 1];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memcpy(cfg.ufrag, longest, sizeof longest);
    cfg.controlling = cfg.aggressive = true;
    lab_init(&l, cfg);
    assert_int_equal(ptn_ice_set_remote(l.ice, l.now, longest, longest, false), PTN_OK);
    struct ptn_cand c = host("203.0.113.1", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    assert_true(await_check(&l, &c.addr, PTN_SECOND));
    assert_int_equal(l.msg.username.n, 513);
    assert_int_equal(ptn_stun_verify(&l.msg, ptn_bytes_str(longest)), PTN_OK);
    lab_done(&l);
}

static void a_check_says_what_it_must(void **state) {
    (void)state;
    for (int aggressive = 0; aggressive < 2; aggressive++) {
        struct lab l = {0};
        struct ptn_ice_config cfg = config(&l);
        cfg.controlling = true;
        cfg.aggressive = aggressive;
        lab_init(&l, cfg);
        know_peer(&l);
        struct ptn_cand c = host("203.0.113.1", 4000);
        assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
        assert_true(await_check(&l, &c.addr, 0));
        assert_true(ptn_bytes_eq(l.msg.username, ptn_bytes_str(PEER_UFRAG ":" OUR_UFRAG)));
        assert_int_equal(l.msg.priority, 110u << 24 | 65535u << 8 | 255u); /* 7.1.1 */
        assert_true(l.msg.has_controlling && !l.msg.has_controlled);
        assert_int_equal(l.msg.use_candidate, aggressive);
        assert_true(l.msg.has_fingerprint);
        assert_int_equal(ptn_stun_verify(&l.msg, ptn_bytes_str(PEER_PWD)), PTN_OK);
        lab_done(&l);
    }
}

static void checks_are_repeated_then_given_up(void **state) {
    (void)state;
    static const int at_ms[] = {0, 250, 750, 1750, 3750, 5750, 7750};
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    struct ptn_cand c = host("203.0.113.1", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    ptn_ice_remote_done(l.ice, l.now);
    uint8_t txid[PTN_STUN_TXID];
    for (size_t i = 0; i < PTN_COUNT_OF(at_ms); i++) {
        CHECK(await_check(&l, &c.addr, 10 * PTN_SECOND), "try %zu", i);
        CHECK(l.now == START + at_ms[i] * PTN_MS, "try %zu at %lld", i, (long long)(l.now - START));
        if (i == 0)
            memcpy(txid, l.msg.txid, sizeof txid);
        CHECK(memcmp(txid, l.msg.txid, sizeof txid) == 0, "another transaction");
        assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CHECKING);
    }
    assert_false(await_check(&l, &c.addr, 3 * PTN_SECOND));
    run(&l, 0);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_int_equal(l.states[l.state_count - 1], PTN_ICE_FAILED);
    assert_true(ptn_ice_next_timeout(l.ice) == PTN_NEVER);
    assert_non_null(strstr(explain(&l), "1 failed"));
    lab_done(&l);
}

static void without_remote_done_it_waits_thirty_seconds(void **state) {
    (void)state;
    for (int candidates = 0; candidates < 2; candidates++) {
        struct lab l = {0};
        lab_init(&l, config(&l));
        know_peer(&l);
        struct ptn_cand c = host("203.0.113.1", 4000);
        if (candidates)
            assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
        else
            ptn_ice_remote_done(l.ice, l.now); /* only hidden ones: it may still ask us */
        run(&l, 29 * PTN_SECOND);
        assert_int_not_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
        run(&l, 2 * PTN_SECOND);
        assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
        assert_true(ptn_ice_next_timeout(l.ice) == PTN_NEVER);
        lab_done(&l);
    }
}

/* It asks and asks, but never answers: that ends as well. */
static void a_peer_that_never_answers_fails(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    struct ptn_addr from = addr("203.0.113.1", 4000);
    for (int i = 0; i < 59; i++) {
        assert_int_equal(ask(&l, &from, (struct request){.controlling = true}), PTN_OK);
        run(&l, PTN_SECOND);
        CHECK(ptn_ice_get_state(l.ice) == PTN_ICE_CHECKING, "second %d", i);
    }
    run(&l, 2 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_int_equal(ask(&l, &from, (struct request){.controlling = true}), PTN_OK);
    assert_true(await_check(&l, &from, PTN_SECOND)); /* and still, if it answers now: */
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    lab_done(&l);
}

static void a_wrong_password_is_explained(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    struct ptn_cand c = host("203.0.113.1", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    ptn_ice_remote_done(l.ice, l.now);
    while (await_check(&l, &c.addr, 5 * PTN_SECOND)) { /* 401 carries no integrity */
        uint8_t buf[MESSAGE_MAX];
        size_t len = make_answer(&l, buf, 401, "");
        assert_int_equal(give(&l, &c.addr, ptn_bytes_of(buf, len)), PTN_EAUTH);
    }
    run(&l, 5 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_non_null(strstr(explain(&l), "401"));
    assert_false(path_known(&l, &c.addr));
    lab_done(&l);
}

static void believes_only_proper_answers(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    struct ptn_cand c = host("203.0.113.1", 4000);
    struct ptn_addr elsewhere = addr("203.0.113.1", 4001);
    uint8_t buf[MESSAGE_MAX];
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    assert_true(await_check(&l, &c.addr, 0));
    size_t len = make_answer(&l, buf, 0, "notThePasswordOfThePeer");
    assert_int_equal(give(&l, &c.addr, ptn_bytes_of(buf, len)), PTN_EAUTH);
    len = make_answer(&l, buf, 0, "");
    assert_int_equal(give(&l, &c.addr, ptn_bytes_of(buf, len)), PTN_EAUTH);
    len = make_answer(&l, buf, 0, OUR_PWD); /* our own, as in a reflected message */
    assert_int_equal(give(&l, &c.addr, ptn_bytes_of(buf, len)), PTN_EAUTH);
    len = make_answer(&l, buf, 0, PEER_PWD);
    assert_int_equal(give(&l, &elsewhere, ptn_bytes_of(buf, len)), PTN_EPROTO);
    l.msg.txid[0] ^= 1;
    assert_int_equal(answer(&l, 0), PTN_EPROTO);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CHECKING);
    assert_false(path_known(&l, &c.addr));
    l.msg.txid[0] ^= 1;
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
    assert_int_equal(answer(&l, 0), PTN_EPROTO); /* once is enough */
    lab_done(&l);
}

static void role_conflict_answers_switch_the_role(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_ice_config cfg = config(&l);
    cfg.controlling = true;
    lab_init(&l, cfg);
    know_peer(&l);
    struct ptn_cand c = host("203.0.113.1", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    assert_true(await_check(&l, &c.addr, 0));
    uint64_t tie_breaker = l.msg.tie_breaker;
    assert_int_equal(answer(&l, 487), PTN_OK);
    assert_false(ptn_ice_is_controlling(l.ice));
    assert_true(await_check(&l, &c.addr, 50 * PTN_MS));
    assert_true(l.msg.has_controlled);
    assert_true(l.msg.tie_breaker != tie_breaker); /* 7.2.5.1 */
    lab_done(&l);
}

/* Of a lite peer we are always the controlling side, whatever it answers. */
static void against_lite_we_control(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    assert_int_equal(ptn_ice_set_remote(l.ice, l.now, PEER_UFRAG, PEER_PWD, true), PTN_OK);
    assert_true(ptn_ice_is_controlling(l.ice));
    struct ptn_cand c = host("203.0.113.1", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    assert_true(await_check(&l, &c.addr, 0));
    assert_int_equal(answer(&l, 487), PTN_OK);
    assert_true(ptn_ice_is_controlling(l.ice));
    lab_done(&l);
}

static void an_error_fails_the_pair_at_once(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    struct ptn_cand c = host("203.0.113.1", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    ptn_ice_remote_done(l.ice, l.now);
    assert_true(await_check(&l, &c.addr, 0));
    assert_int_equal(answer(&l, 500), PTN_OK);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_FAILED);
    assert_non_null(strstr(explain(&l), "error 500"));
    lab_done(&l);
}

/* The first pair that works is used; the best of what works soon after is nominated. */
static void regular_nomination_waits_for_the_better_pair(void **state) {
    (void)state;
    for (int better_works = 0; better_works < 2; better_works++) {
        struct lab l = {0};
        struct ptn_ice_config cfg = config(&l);
        cfg.controlling = true;
        lab_init(&l, cfg);
        know_peer(&l);
        struct ptn_cand good = host("203.0.113.1", 4000), poor = host("203.0.113.2", 4000);
        poor.priority -= 256;
        assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &good), PTN_OK);
        assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &poor), PTN_OK);
        assert_true(await_check(&l, &poor.addr, 100 * PTN_MS));
        assert_false(l.msg.use_candidate);
        assert_int_equal(answer(&l, 0), PTN_OK);
        assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_CONNECTED);
        const struct ptn_cand *best = better_works ? &good : &poor;
        if (better_works) {
            assert_true(await_check(&l, &good.addr, 300 * PTN_MS));
            assert_int_equal(answer(&l, 0), PTN_OK);
        }
        do
            assert_true(await_check(&l, &best->addr, 400 * PTN_MS));
        while (!l.msg.use_candidate);
        assert_int_equal(answer(&l, 0), PTN_OK);
        assert_true(ptn_addr_eq(&ptn_ice_selected(l.ice)->remote, &best->addr));
        run(&l, 3 * PTN_SECOND);
        assert_true(ptn_addr_eq(&l.selected.remote.addr, &best->addr));
        lab_done(&l);
    }
}

static void a_learned_candidate_takes_its_signalled_name(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    struct ptn_addr from = addr("203.0.113.1", 4000);
    assert_int_equal(ask(&l, &from, (struct request){.controlling = true}), PTN_OK);
    assert_int_equal(l.learned_count, 1);
    const struct ptn_cand *c = as_cand("7 1 udp 1694498815 203.0.113.1 4000 typ srflx");
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, c), PTN_OK);
    assert_true(await_check(&l, &from, 0));
    assert_int_equal(answer(&l, 0), PTN_OK);
    assert_int_equal(l.selected.remote.type, PTN_CAND_SRFLX);
    assert_int_equal(l.selected.remote.priority, 1694498815);
    assert_string_equal(l.selected.remote.foundation, "7");
    lab_done(&l);
}

static void candidates_may_come_before_credentials(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    struct ptn_cand mine = *as_cand("1 1 udp 9 203.0.113.1 4000 typ host ufrag peer");
    struct ptn_cand past = *as_cand("2 1 udp 8 203.0.113.2 4000 typ host ufrag past");
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &past), PTN_OK);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &mine), PTN_OK);
    assert_int_equal(ptn_ice_get_state(l.ice), PTN_ICE_NEW);
    assert_int_equal(poll_all(&l), 0);
    know_peer(&l);
    assert_true(await_check(&l, &mine.addr, 0));
    assert_false(await_check(&l, &past.addr, 5 * PTN_SECOND)); /* dropped */
    lab_done(&l);
}

/* 16 sockets times 32 candidates: a hundred pairs, one check per Ta, so many at a time. */
static void the_check_list_is_bounded(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    for (uint16_t i = 1; i < PTN_ICE_LOCAL_MAX; i++) {
        struct ptn_cand c = host("198.51.100.1", (uint16_t)(5000 + i));
        assert_int_equal(ptn_ice_add_local(l.ice, l.now, &c), PTN_OK);
        assert_int_equal(ptn_ice_add_local(l.ice, l.now, &c), PTN_OK); /* known */
    }
    struct ptn_cand more = host("198.51.100.1", 6000);
    assert_int_equal(ptn_ice_add_local(l.ice, l.now, &more), PTN_ELIMIT);
    for (uint16_t i = 0; i < PTN_ICE_REMOTE_MAX; i++) {
        struct ptn_cand c = host("203.0.113.1", (uint16_t)(4000 + i));
        assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    }
    more = host("203.0.113.1", 6000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &more), PTN_ELIMIT);
    ptn_ice_remote_done(l.ice, l.now);
    json_t *dump = ptn_ice_dump(l.ice);
    assert_int_equal(json_array_size(json_object_get(dump, "pairs")), 100);
    json_decref(dump);
    size_t sent = poll_all(&l);
    ptn_time last = l.now, first_failure = START + 9 * PTN_SECOND;
    while (ptn_ice_get_state(l.ice) != PTN_ICE_FAILED) {
        assert_true(tick(&l, START + 120 * PTN_SECOND));
        size_t n = poll_all(&l);
        CHECK(n <= 1, "%zu at once", n);
        CHECK(n == 0 || l.now - last >= 20 * PTN_MS, "check %zu", sent);
        last = n ? l.now : last;
        sent += n;
        CHECK(l.now > first_failure || count_pairs(&l, "waiting") >= 100 - 32,
              "too many at a time");
    }
    assert_int_equal(sent, 700);
    assert_true(l.now - START < 70 * PTN_SECOND);
    lab_done(&l);
}

/* Strangers with the password fill the list with learned candidates; signalled ones still fit. */
static void learned_candidates_make_room(void **state) {
    (void)state;
    struct lab l = {0};
    lab_init(&l, config(&l));
    know_peer(&l);
    for (uint16_t i = 0; i < 2 * PTN_ICE_REMOTE_MAX; i++) {
        struct ptn_addr from = addr("203.0.113.1", (uint16_t)(4000 + i));
        ptn_err err = ask(&l, &from, (struct request){.controlling = true});
        CHECK(err == (i < PTN_ICE_REMOTE_MAX ? PTN_OK : PTN_ELIMIT), "%u", i);
        CHECK(path_known(&l, &from) == (err == PTN_OK), "%u", i);
    }
    assert_int_equal(l.learned_count, PTN_ICE_REMOTE_MAX); /* the checks of those are under way */
    struct ptn_cand c = host("203.0.113.2", 4000);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_ELIMIT);
    run(&l, 12 * PTN_SECOND);
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, &c), PTN_OK);
    struct ptn_addr one_more = addr("203.0.113.3", 4000);
    assert_int_equal(ask(&l, &one_more, (struct request){.controlling = true}), PTN_OK);
    assert_true(path_known(&l, &one_more));
    assert_true(count_pairs(&l, "failed") <= PTN_ICE_REMOTE_MAX);
    lab_done(&l);
}

static void link_local_pairs_stay_on_their_link(void **state) {
    (void)state;
    struct lab l = {0};
    struct ptn_ice_config cfg = config(&l);
    cfg.allow_linklocal = true;
    lab_init(&l, cfg);
    struct ptn_cand global = host("2001:db8::1", 5000), local = host("fe80::1%1", 5000);
    assert_int_equal(ptn_ice_add_local(l.ice, l.now, &global), PTN_OK);
    assert_int_equal(ptn_ice_add_local(l.ice, l.now, &local), PTN_OK);
    know_peer(&l);
    const struct ptn_cand *c = as_cand("1 1 udp 7 fe80::99 4000 typ host");
    assert_int_equal(ptn_ice_add_remote(l.ice, l.now, c), PTN_OK);
    assert_true(next_message(&l));
    assert_true(ptn_addr_eq(&l.got.path.local, &local.addr));
    assert_int_equal(l.got.path.remote.scope, 1); /* where it can be reached */
    run(&l, 200 * PTN_MS);
    json_t *dump = ptn_ice_dump(l.ice);
    assert_int_equal(json_array_size(json_object_get(dump, "pairs")), 1);
    json_decref(dump);
    lab_done(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_remote_candidates),
        cmocka_unit_test(judges_credentials),
        cmocka_unit_test(longest_credentials_work),
        cmocka_unit_test(a_check_says_what_it_must),
        cmocka_unit_test(checks_are_repeated_then_given_up),
        cmocka_unit_test(without_remote_done_it_waits_thirty_seconds),
        cmocka_unit_test(a_peer_that_never_answers_fails),
        cmocka_unit_test(a_wrong_password_is_explained),
        cmocka_unit_test(believes_only_proper_answers),
        cmocka_unit_test(role_conflict_answers_switch_the_role),
        cmocka_unit_test(against_lite_we_control),
        cmocka_unit_test(an_error_fails_the_pair_at_once),
        cmocka_unit_test(regular_nomination_waits_for_the_better_pair),
        cmocka_unit_test(a_learned_candidate_takes_its_signalled_name),
        cmocka_unit_test(candidates_may_come_before_credentials),
        cmocka_unit_test(the_check_list_is_bounded),
        cmocka_unit_test(learned_candidates_make_room),
        cmocka_unit_test(link_local_pairs_stay_on_their_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
