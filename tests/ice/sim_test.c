/* Whole connections over the simulated network. A failure names its seed. */
#include "sim.h"

#define SEEDS 500

static const struct combination {
    const char *name;
    struct sim_side_cfg side[2];
} combinations[] = {
    {"full/full", {{.controlling = true, .addrs = 2}, {.addrs = 3}}},
    {"aggressive", {{.controlling = true, .aggressive = true, .addrs = 3}, {.addrs = 3}}},
    {"full/lite", {{.controlling = true, .addrs = 3}, {.lite = true, .addrs = 2}}},
    {"full, wrongly controlled/lite", {{.addrs = 2}, {.lite = true, .addrs = 2}}},
    {"both controlling", {{.controlling = true, .addrs = 2}, {.controlling = true, .addrs = 2}}},
    {"both controlled", {{.addrs = 2}, {.addrs = 2}}},
};

static struct sim_cfg random_cfg(uint64_t seed, const struct combination *c) {
    struct sim_cfg cfg = {.seed = seed, .side = {c->side[0], c->side[1]}};
    cfg.loss = (double)(seed % 31) / 100; /* 0 to 30 % */
    cfg.dup = seed % 3 ? 0.05 : 0;
    cfg.delay_ms = (int)(1 + seed * 7 % 120);
    cfg.jitter_ms = (int)(seed * 13 % 100); /* reorders */
    return cfg;
}

/* Signalling takes its time, in any order; candidates may come before credentials, or never:
 * then they are learned from checks. One path at least stays open. */
static void introduce_slowly(struct sim *s, uint64_t seed) {
    size_t open = seed % 2;
    for (size_t a = 0; a < SIM_ADDRS; a++) {
        for (size_t b = 0; b < SIM_ADDRS; b++)
            s->blocked[a][b] = (a != open || b != open) && ptn_rng_below(&s->rng, 2);
    }
    for (int step = 0; step < 4; step++) {
        int side = (int)(seed / 2 + (uint64_t)step) % 2;
        bool candidates = (seed / 8 + (uint64_t)step / 2) % 2;
        if (!candidates)
            sim_give_credentials(s, side);
        else if (seed % 5 != 0 || side != 1 || s->side[1].lite) /* else all learned by side 1 */
            sim_give_candidates(s, side);
        sim_run(s, (ptn_time)ptn_rng_below(&s->rng, 300) * PTN_MS);
    }
}

static void explain(const struct sim *s, const char *name, uint64_t seed) {
    char why[2][256];
    ptn_ice_explain(s->side[0].ice, why[0], sizeof why[0]);
    ptn_ice_explain(s->side[1].ice, why[1], sizeof why[1]);
    print_error("%s seed %llu:\n 0: %s\n 1: %s\n", name, (unsigned long long)seed, why[0], why[1]);
}

static void check_connected(struct sim *s, const char *name, uint64_t seed) {
    bool ok = sim_run_until(s, sim_both_connected, 20 * PTN_SECOND);
    if (!ok)
        explain(s, name, seed);
    CHECK(ok, "%s seed %llu", name, (unsigned long long)seed);
    CHECK(ptn_ice_is_controlling(s->side[0].ice) != ptn_ice_is_controlling(s->side[1].ice),
          "%s seed %llu: same role", name, (unsigned long long)seed);
    ok = sim_run_until(s, sim_mirrored, 20 * PTN_SECOND);
    if (!ok)
        explain(s, name, seed);
    CHECK(ok, "%s seed %llu: different paths", name, (unsigned long long)seed);
}

static void every_combination_connects(void **state) {
    (void)state;
    for (size_t c = 0; c < PTN_COUNT_OF(combinations); c++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct sim_cfg cfg = random_cfg(seed, &combinations[c]);
            struct sim *s = sim_new(&cfg);
            introduce_slowly(s, seed);
            check_connected(s, combinations[c].name, seed);
            sim_free(s);
        }
    }
}

/* The same seed twice is the same call, to the packet. */
static void a_seed_repeats_exactly(void **state) {
    (void)state;
    size_t sent[2][2];
    for (int run = 0; run < 2; run++) {
        struct sim_cfg cfg = random_cfg(29, &combinations[0]);
        struct sim *s = sim_new(&cfg);
        introduce_slowly(s, 29);
        sim_run(s, 60 * PTN_SECOND);
        sent[run][0] = s->side[0].sent;
        sent[run][1] = s->side[1].sent;
        sim_free(s);
    }
    assert_memory_equal(sent[0], sent[1], sizeof sent[0]);
}

static struct sim *connected(uint64_t seed, const struct combination *c) {
    struct sim_cfg cfg = {.seed = seed, .delay_ms = 20, .side = {c->side[0], c->side[1]}};
    struct sim *s = sim_new(&cfg);
    sim_introduce(s);
    CHECK(sim_run_until(s, sim_mirrored, 5 * PTN_SECOND), "%s", c->name);
    return s;
}

/* Ten minutes at 10 % loss: nobody gives up, and the rate is that of consent. */
static void a_call_lasts(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const struct combination *c = &combinations[seed % PTN_COUNT_OF(combinations)];
        struct sim *s = connected(seed, c);
        s->cfg.loss = 0.1;
        sim_run(s, 60 * PTN_SECOND);
        size_t before = s->side[0].requests_sent;
        sim_run(s, 600 * PTN_SECOND);
        CHECK(sim_both_connected(s), "%s seed %llu", c->name, (unsigned long long)seed);
        CHECK(!sim_passed(s, 0, PTN_ICE_FAILED) && !sim_passed(s, 1, PTN_ICE_FAILED), "%s",
              c->name);
        size_t asked = s->side[0].requests_sent - before;
        CHECK(asked >= 100 && asked <= 260, "%s: %zu checks in ten minutes", c->name, asked);
        sim_free(s);
    }
}

static void silence_disconnects_then_fails(void **state) {
    (void)state;
    for (size_t c = 0; c < PTN_COUNT_OF(combinations); c++) {
        struct sim *s = connected(3, &combinations[c]);
        sim_run(s, 60 * PTN_SECOND);
        s->side[1].is_mute = true;
        sim_run(s, 13 * PTN_SECOND); /* next check within 6 s, late 5 s after it */
        CHECK(ptn_ice_get_state(s->side[0].ice) == PTN_ICE_DISCONNECTED, "%s",
              combinations[c].name);
        sim_run(s, 24 * PTN_SECOND);
        CHECK(ptn_ice_get_state(s->side[0].ice) == PTN_ICE_FAILED, "%s", combinations[c].name);
        CHECK(!ptn_ice_selected(s->side[0].ice), "%s: still sends", combinations[c].name);
        size_t sent = s->side[0].requests_sent;
        sim_run(s, 300 * PTN_SECOND);
        if (!s->side[1].lite) /* it is asked by side 1 and may ask back, no more than that */
            CHECK(s->side[0].requests_sent <= sent + 120, "%s", combinations[c].name);
        sim_free(s);
    }
}

static void lite_notices_silence_too(void **state) {
    (void)state;
    struct sim *s = connected(4, &combinations[2]);
    sim_run(s, 60 * PTN_SECOND);
    s->side[0].is_mute = true;
    sim_run(s, 16 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(s->side[1].ice), PTN_ICE_DISCONNECTED);
    s->side[0].is_mute = false;
    sim_run(s, 8 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(s->side[1].ice), PTN_ICE_CONNECTED);
    s->side[0].is_mute = true;
    sim_run(s, 31 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(s->side[1].ice), PTN_ICE_FAILED);
    sim_free(s);
}

static void answers_in_time_reconnect(void **state) {
    (void)state;
    struct sim *s = connected(5, &combinations[0]);
    s->side[1].is_mute = true;
    sim_run(s, 20 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(s->side[0].ice), PTN_ICE_DISCONNECTED);
    s->side[1].is_mute = false;
    sim_run(s, 7 * PTN_SECOND);
    assert_true(sim_both_connected(s));
    assert_false(sim_passed(s, 0, PTN_ICE_FAILED));
    sim_free(s);
}

static bool lose_answers_of_1(struct sim *s, int from, struct ptn_bytes message) {
    struct ptn_stun m;
    (void)s;
    assert_int_equal(ptn_stun_parse(message, &m), PTN_OK);
    return from != 1 || m.class == PTN_STUN_REQUEST;
}

/* Side 1 asks and is answered all the time; only its own answers are lost. After consent expired
 * its checks are answered with checks, and one that works is consent anew. */
static void a_lost_peer_that_returns_is_found(void **state) {
    (void)state;
    struct sim *s = connected(6, &combinations[0]);
    s->tap = lose_answers_of_1;
    sim_run(s, 37 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(s->side[0].ice), PTN_ICE_FAILED);
    assert_int_equal(ptn_ice_get_state(s->side[1].ice), PTN_ICE_CONNECTED);
    s->tap = NULL;
    sim_run(s, 10 * PTN_SECOND);
    assert_true(sim_mirrored(s));
    sim_free(s);
}

static void rebind(struct sim *s, int side, uint16_t port) {
    for (size_t i = 0; i < s->side[side].count; i++)
        s->side[side].seen[i].port = port;
}

/* The peer's NAT gives it another address in mid-call. */
static void follows_a_peer_that_moves(void **state) {
    (void)state;
    for (size_t c = 0; c < PTN_COUNT_OF(combinations); c++) {
        for (int mover = 0; mover < 2; mover++) {
            if (combinations[c].side[mover].lite)
                continue; /* a lite agent has a public address, and asks nothing */
            struct sim *s = connected(7, &combinations[c]);
            sim_run(s, 30 * PTN_SECOND);
            size_t before = s->side[!mover].selected_count;
            rebind(s, mover, 7777);
            bool ok = sim_run_until(s, sim_mirrored, 15 * PTN_SECOND);
            CHECK(ok, "%s, side %d moves", combinations[c].name, mover);
            CHECK(s->side[!mover].selected_count > before, "%s", combinations[c].name);
            CHECK(ptn_ice_selected(s->side[!mover].ice)->remote.port == 7777, "%s",
                  combinations[c].name);
            CHECK(!sim_passed(s, !mover, PTN_ICE_FAILED), "%s", combinations[c].name);
            sim_free(s);
        }
    }
}

static void block_selected(struct sim *s) {
    struct ptn_path path = *ptn_ice_selected(s->side[0].ice);
    for (size_t a = 0; a < s->side[0].count; a++) {
        for (size_t b = 0; b < s->side[1].count; b++)
            s->blocked[a][b] |= ptn_addr_eq(&s->side[0].cand[a].addr, &path.local) &&
                                ptn_addr_eq(&s->side[1].cand[b].addr, &path.remote);
    }
}

/* The path in use breaks, others are open: after some seconds both use another. */
static void leaves_a_broken_path(void **state) {
    (void)state;
    for (size_t c = 0; c < PTN_COUNT_OF(combinations); c++) {
        const char *name = combinations[c].name;
        struct sim *s = connected(13, &combinations[c]);
        for (int i = 0; i < 3; i++) {
            sim_run(s, 60 * PTN_SECOND);
            CHECK(sim_mirrored(s), "%s", name);
            block_selected(s);
            sim_run(s, 18 * PTN_SECOND);
            CHECK(sim_run_until(s, sim_mirrored, PTN_SECOND), "%s, break %d", name, i);
        }
        CHECK(!sim_passed(s, 0, PTN_ICE_FAILED) && !sim_passed(s, 1, PTN_ICE_FAILED), "%s", name);
        sim_free(s);
    }
}

/* More moves than the list of candidates is long. */
static void follows_a_hundred_moves(void **state) {
    (void)state;
    struct sim *s = connected(8, &combinations[0]);
    for (uint16_t i = 0; i < 100; i++) {
        rebind(s, 1, (uint16_t)(7000 + i));
        CHECK(sim_run_until(s, sim_mirrored, 20 * PTN_SECOND), "move %d", i);
        sim_run(s, 40 * PTN_SECOND); /* checks of the last move are over */
        CHECK(sim_mirrored(s), "move %d", i);
    }
    json_t *dump = ptn_ice_dump(s->side[0].ice);
    assert_true(json_array_size(json_object_get(dump, "remote-candidates")) <= PTN_ICE_REMOTE_MAX);
    json_decref(dump);
    sim_free(s);
}

static void check_restarted(struct sim *s, const char *what) {
    CHECK(!sim_passed(s, 0, PTN_ICE_DISCONNECTED) && !sim_passed(s, 1, PTN_ICE_DISCONNECTED) &&
              !sim_passed(s, 0, PTN_ICE_FAILED) && !sim_passed(s, 1, PTN_ICE_FAILED),
          "%s", what);
    CHECK(s->side[0].selected_count >= 2 && s->side[1].selected_count >= 2, "%s", what);
}

/* Offer and answer take three seconds, the old pair carries meanwhile; who restarts is one, who
 * answers is the other. */
static void restarts_without_a_gap(void **state) {
    (void)state;
    for (size_t c = 0; c < PTN_COUNT_OF(combinations); c++) {
        for (int first = 0; first < 2; first++) {
            const char *name = combinations[c].name;
            struct sim *s = connected(9, &combinations[c]);
            sim_run(s, 20 * PTN_SECOND);
            s->cfg.loss = 0.1;
            sim_restart(s, first);
            CHECK(ptn_ice_selected(s->side[first].ice), "%s", name);
            sim_run(s, 1500 * PTN_MS);
            sim_restart(s, !first);
            sim_give_credentials(s, !first);
            sim_give_candidates(s, !first);
            sim_run(s, 1500 * PTN_MS);
            CHECK(sim_both_connected(s), "%s", name);
            sim_give_credentials(s, first);
            sim_give_candidates(s, first);
            sim_run(s, 10 * PTN_SECOND);
            CHECK(sim_run_until(s, sim_mirrored, 10 * PTN_SECOND), "%s", name);
            check_restarted(s, name);
            sim_free(s);
        }
    }
}

/* The offer of a restart goes unanswered: a long wait on the old pair is fine. */
static void an_unanswered_restart_keeps_the_call(void **state) {
    (void)state;
    struct sim *s = connected(10, &combinations[0]);
    sim_restart(s, 0);
    sim_run(s, 120 * PTN_SECOND);
    assert_true(sim_both_connected(s));
    sim_restart(s, 0); /* another offer */
    sim_run(s, 120 * PTN_SECOND);
    assert_true(sim_both_connected(s));
    s->side[1].is_mute = true; /* and then the peer is gone */
    sim_run(s, 40 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(s->side[0].ice), PTN_ICE_FAILED);
    sim_free(s);
}

static void a_restart_revives_a_failed_agent(void **state) {
    (void)state;
    struct sim *s = connected(11, &combinations[0]);
    s->side[0].is_mute = s->side[1].is_mute = true;
    sim_run(s, 60 * PTN_SECOND);
    assert_int_equal(ptn_ice_get_state(s->side[0].ice), PTN_ICE_FAILED);
    assert_int_equal(ptn_ice_get_state(s->side[1].ice), PTN_ICE_FAILED);
    s->side[0].is_mute = s->side[1].is_mute = false;
    sim_restart(s, 0);
    assert_int_equal(ptn_ice_get_state(s->side[0].ice), PTN_ICE_NEW);
    sim_restart(s, 1);
    sim_introduce(s);
    assert_true(sim_run_until(s, sim_mirrored, 5 * PTN_SECOND));
    sim_free(s);
}

/* The peer's network changed: the old pair is dead, only the restart can work. */
static void restarts_over_a_dead_pair(void **state) {
    (void)state;
    struct sim *s = connected(12, &combinations[2]);
    rebind(s, 0, 7777);
    rebind(s, 1, 8888);
    for (size_t i = 0; i < s->side[1].count; i++)
        s->side[1].cand[i].addr.port = 8888; /* a lite agent on new sockets */
    for (size_t i = 0; i < s->side[1].count; i++)
        assert_int_equal(ptn_ice_add_local(s->side[1].ice, s->now, &s->side[1].cand[i]), PTN_OK);
    sim_restart(s, 0);
    sim_restart(s, 1);
    sim_introduce(s);
    assert_true(sim_run_until(s, sim_mirrored, 5 * PTN_SECOND));
    sim_free(s);
}

static void late_candidates_connect(void **state) {
    (void)state;
    static const int delays_s[] = {1, 5, 15, 25, 29};
    for (size_t i = 0; i < PTN_COUNT_OF(delays_s); i++) {
        struct sim_cfg cfg = {.seed = i + 1, .delay_ms = 30};
        cfg.side[0].controlling = true;
        struct sim *s = sim_new(&cfg);
        sim_give_credentials(s, 0);
        sim_give_credentials(s, 1);
        sim_run(s, delays_s[i] * PTN_SECOND);
        CHECK(ptn_ice_get_state(s->side[0].ice) == PTN_ICE_NEW, "%d s", delays_s[i]);
        sim_give_candidates(s, 0);
        CHECK(sim_run_until(s, sim_mirrored, 2 * PTN_SECOND), "%d s", delays_s[i]);
        CHECK(s->side[1].learned_count == 1, "%d s", delays_s[i]);
        sim_give_candidates(s, 1); /* known by now, under another name */
        sim_run(s, PTN_SECOND);
        CHECK(sim_mirrored(s), "%d s", delays_s[i]);
        sim_free(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_connects),
        cmocka_unit_test(a_seed_repeats_exactly),
        cmocka_unit_test(a_call_lasts),
        cmocka_unit_test(silence_disconnects_then_fails),
        cmocka_unit_test(lite_notices_silence_too),
        cmocka_unit_test(answers_in_time_reconnect),
        cmocka_unit_test(a_lost_peer_that_returns_is_found),
        cmocka_unit_test(follows_a_peer_that_moves),
        cmocka_unit_test(leaves_a_broken_path),
        cmocka_unit_test(follows_a_hundred_moves),
        cmocka_unit_test(restarts_without_a_gap),
        cmocka_unit_test(an_unanswered_restart_keeps_the_call),
        cmocka_unit_test(a_restart_revives_a_failed_agent),
        cmocka_unit_test(restarts_over_a_dead_pair),
        cmocka_unit_test(late_candidates_connect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
