/* Birth, troubles and end of a connection: what ICE, DTLS and the network do to a peer. */
#include "sim/call.h"

#include "srtp/srtp.h"
#include "stun/stun.h"

static const struct world_config quiet = {.seed = 1, .delay_ms = 20};

static unsigned arrived(const struct call *c) {
    return c->client->got[VIDEO].distinct + c->client->got[AUDIO].distinct;
}

static void expect_media_flows(struct call *c, ptn_time for_so_long) {
    unsigned before = arrived(c);
    world_run(c->w, for_so_long);
    unsigned expected = (unsigned)((50 + 90) * for_so_long / PTN_SECOND);
    CHECK(arrived(c) - before >= expected * 8 / 10, "%u of %u", arrived(c) - before, expected);
}

/* -- profiles and roles ------------------------------------------------------------------------ */

static void both_roles_and_both_profile_families_carry_media(void **state) {
    static const struct {
        bool server_is_dtls_server;
        int client_ctx;
        const char *profile;
    } cases[] = {
        {true, CTX_GCM, "AEAD_AES_128_GCM"},
        {false, CTX_GCM, "AEAD_AES_128_GCM"},
        {true, CTX_CM, "AES128_CM_SHA1_80"},
        {false, CTX_CM, "AES128_CM_SHA1_80"},
    };
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct call c = {.w = world_new(&quiet)};
        c.server = world_party(c.w, &(struct party_config){.loop = world_loop(c.w)});
        c.client = world_party(c.w, &(struct party_config){.loop = world_loop(c.w),
                                                           .controlling = true,
                                                           .ctx = cases[i].client_ctx});
        world_negotiate(c.client, c.server,
                        &(struct call_options){.b_is_server = cases[i].server_is_dtls_server});
        assert_int_equal(c.server->plan->dtls_role,
                         cases[i].server_is_dtls_server ? PTN_DTLS_SERVER : PTN_DTLS_CLIENT);
        world_introduce(c.client, c.server);
        assert_true(world_run_until(c.w, world_all_up, 5 * PTN_SECOND));
        for (int p = 0; p < 2; p++) {
            const struct ptn_peer_event *up = party_event(p ? c.client : c.server, PTN_PEER_UP, 0);
            assert_non_null(up);
            CHECK(strcmp(up->text, cases[i].profile) == 0, "case %zu: %s", i, up->text);
        }
        world_echo(c.server);
        world_tap(c.client);
        world_publish(c.client);
        expect_media_flows(&c, PTN_SECOND);
        call_free(&c);
    }
}

static void events_tell_the_way_up_in_order(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    static const enum ptn_peer_event_type order[] = {PTN_PEER_ICE, PTN_PEER_SELECTED, PTN_PEER_DTLS,
                                                     PTN_PEER_DTLS, PTN_PEER_UP};
    size_t next = 0;
    for (size_t i = 0; i < c.server->event_count && next < PTN_COUNT_OF(order); i++)
        next += c.server->event[i].type == order[next];
    assert_int_equal(next, PTN_COUNT_OF(order));
    assert_string_equal(party_event(c.server, PTN_PEER_DTLS, 0)->text, "trying");
    assert_string_equal(party_event(c.server, PTN_PEER_DTLS, 1)->text, "connected");
    assert_string_equal(party_event(c.server, PTN_PEER_SELECTED, 0)->text,
                        "198.51.100.1:5001 [host,udp] <-> 198.51.100.2:5002 [host,udp]");
    assert_int_equal(party_events(c.server, PTN_PEER_UP), 1);
    call_free(&c);
}

/* -- ICE --------------------------------------------------------------------------------------- */

static void both_controlling_or_both_controlled_still_connect(void **state) {
    (void)state;
    for (int controlling = 0; controlling < 2; controlling++) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            struct world *w =
                world_new(&(struct world_config){.seed = seed, .delay_ms = 30, .loss = 10});
            struct party_config cfg = {.loop = world_loop(w), .controlling = controlling};
            struct party *a = world_party(w, &cfg), *b = world_party(w, &cfg);
            world_negotiate(a, b, NULL);
            world_introduce(a, b);
            CHECK(world_run_until(w, world_all_up, 10 * PTN_SECOND), "controlling %d, seed %u",
                  controlling, (unsigned)seed);
            world_free(w);
        }
    }
}

static void a_lite_server_connects_and_echoes(void **state) {
    (void)state;
    struct call c = {.w = world_new(&quiet)};
    c.server = world_party(c.w, &(struct party_config){.loop = world_loop(c.w), .lite = true});
    c.client =
        world_party(c.w, &(struct party_config){.loop = world_loop(c.w), .controlling = true});
    world_negotiate(c.client, c.server, NULL);
    world_introduce(c.client, c.server);
    assert_true(world_run_until(c.w, world_all_up, 5 * PTN_SECOND));
    world_echo(c.server);
    world_tap(c.client);
    world_publish(c.client);
    expect_media_flows(&c, PTN_SECOND);
    call_free(&c);
}

static void a_dead_network_is_disconnected_then_failed(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, 2 * PTN_SECOND);
    ptn_time died = c.w->now;
    c.client->is_mute = c.server->is_mute = true;
    world_run(c.w, 23 * PTN_SECOND);
    for (int p = 0; p < 2; p++) {
        struct party *party = p ? c.client : c.server;
        int at = party_ice_event(party, PTN_ICE_DISCONNECTED, 0);
        assert_true(at >= 0);
        ptn_time after = party->event_at[at] - died;
        CHECK(after >= 4 * PTN_SECOND && after <= 12 * PTN_SECOND, "disconnected after %lld ms",
              (long long)after / 1000);
        assert_int_equal(party_ice_event(party, PTN_ICE_FAILED, 0), -1);
    }
    world_run(c.w, 9 * PTN_SECOND);
    for (int p = 0; p < 2; p++) {
        struct party *party = p ? c.client : c.server;
        int at = party_ice_event(party, PTN_ICE_FAILED, 0);
        assert_true(at >= 0);
        ptn_time after = party->event_at[at] - died;
        /* 30 s after the last answer, which came up to 6 s before the end */
        CHECK(after >= 24 * PTN_SECOND && after <= 31 * PTN_SECOND, "failed after %lld ms",
              (long long)after / 1000);
        assert_true(strlen(party->event[at].text) > 10); /* says why */
    }
    unsigned media = c.server->media_sent + c.client->media_sent;
    world_run(c.w, 3 * PTN_SECOND); /* RFC 7675 5.1: nothing is sent without consent */
    assert_int_equal(c.server->media_sent + c.client->media_sent, media);
    call_free(&c);
}

static void media_comes_back_when_the_network_does(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, PTN_SECOND);
    c.client->is_mute = c.server->is_mute = true;
    world_run(c.w, 12 * PTN_SECOND);
    int down = party_ice_event(c.server, PTN_ICE_DISCONNECTED, 0);
    assert_true(down >= 0);
    c.client->is_mute = c.server->is_mute = false;
    world_run(c.w, 8 * PTN_SECOND);
    assert_true(party_ice_event(c.server, PTN_ICE_CONNECTED, (size_t)down) > down);
    expect_media_flows(&c, 2 * PTN_SECOND);
    assert_int_equal(c.client->got[VIDEO].corrupt, 0);
    call_free(&c);
}

static void an_ice_restart_keeps_media_flowing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct call c = call_up(&(struct world_config){.seed = seed, .delay_ms = 25}, NULL);
        world_run(c.w, PTN_SECOND);
        size_t before[] = {c.server->event_count, c.client->event_count};
        world_negotiate(c.client, c.server, &(struct call_options){.restart = true});
        world_introduce(c.client, c.server);
        world_run(c.w, 5 * PTN_SECOND);
        unsigned sent = c.client->sent[VIDEO] - 20;
        world_run(c.w, PTN_SECOND);
        call_expect_all(&c, VIDEO, sent); /* not one packet was lost on the way */
        call_expect_all(&c, AUDIO, c.client->sent[AUDIO] - 20);
        assert_int_equal(party_events(c.server, PTN_PEER_UP), 1); /* no new handshake */
        assert_int_equal(party_ice_event(c.server, PTN_ICE_FAILED, before[0]), -1);
        assert_int_equal(party_ice_event(c.client, PTN_ICE_DISCONNECTED, before[1]), -1);
        assert_int_equal(party_events(c.server, PTN_PEER_SELECTED), 2); /* the new generation */
        call_free(&c);
    }
}

static void a_restart_revives_a_failed_connection(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    c.client->is_mute = c.server->is_mute = true;
    world_run(c.w, 40 * PTN_SECOND);
    int failed = party_ice_event(c.server, PTN_ICE_FAILED, 0);
    assert_true(failed >= 0);
    c.client->is_mute = c.server->is_mute = false;
    world_negotiate(c.client, c.server, &(struct call_options){.restart = true});
    world_introduce(c.client, c.server);
    world_run(c.w, 3 * PTN_SECOND);
    assert_true(party_ice_event(c.server, PTN_ICE_CONNECTED, (size_t)failed) > failed);
    expect_media_flows(&c, 2 * PTN_SECOND);
    call_free(&c);
}

static void media_follows_a_client_whose_address_changes(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, PTN_SECOND);
    struct ptn_path old = {c.server->addr, c.client->seen};
    c.client->seen = sim_addr("203.0.113.77", 61000);
    struct ptn_path fresh = {c.server->addr, c.client->seen};
    assert_false(ptn_peer_knows_path(peer_of(c.server), &fresh));
    uint64_t received = ptn_peer_get_counters(peer_of(c.server))->rx_packets;
    world_run(c.w, 100 * PTN_MS); /* media alone moves nothing: nothing vouches for it */
    assert_true(ptn_peer_get_counters(peer_of(c.server))->rx_packets <= received + 6);
    world_run(c.w, 10 * PTN_SECOND);
    assert_true(ptn_peer_knows_path(peer_of(c.server), &fresh));
    assert_true(ptn_peer_knows_path(peer_of(c.server), &old));
    expect_media_flows(&c, 2 * PTN_SECOND);
    call_free(&c);
}

/* -- strangers --------------------------------------------------------------------------------- */

static uint8_t caught[PTN_DATAGRAM_MAX];
static size_t caught_len;
static uint8_t wanted_low, wanted_high;

static bool catch_one(struct world *w, struct party *from, struct ptn_bytes d) {
    (void)w;
    if (from == &w->party[1] && caught_len == 0 && d.p[0] >= wanted_low && d.p[0] <= wanted_high) {
        memcpy(caught, d.p, d.n);
        caught_len = d.n;
    }
    return true;
}

static void begin_catching(struct world *w, uint8_t low, uint8_t high) {
    caught_len = 0;
    wanted_low = low;
    wanted_high = high;
    w->filter = catch_one;
}

static void a_hello_from_a_strange_address_is_refused(void **state) {
    (void)state;
    struct call_options o = {.b_is_server = true};
    struct call c = call_new(&quiet, &o);
    struct ptn_addr stranger = sim_addr("203.0.113.66", 6666);
    begin_catching(c.w, 22, 22);
    c.w->cfg.loss = 0;
    world_run_until(c.w, NULL, 30 * PTN_MS); /* the client's check is on its way at most */
    while (caught_len == 0)
        world_run(c.w, 5 * PTN_MS);
    struct ptn_bytes hello = ptn_bytes_of(caught, caught_len);
    assert_true(ptn_dtls_is_client_hello(hello));
    unsigned sent = c.server->datagrams_sent;
    assert_int_equal(world_inject(c.server, &stranger, hello), PTN_EAUTH);
    assert_false(ptn_peer_poll_datagram(peer_of(c.server), c.w->now, &(struct ptn_datagram){0}));
    assert_int_equal(c.server->datagrams_sent, sent);
    assert_true(world_run_until(c.w, world_all_up, 5 * PTN_SECOND)); /* and nothing is broken */
    call_free(&c);
}

static void media_from_a_strange_address_is_refused(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    struct ptn_addr stranger = sim_addr("203.0.113.66", 6666);
    world_run(c.w, PTN_SECOND);
    begin_catching(c.w, 128, 191);
    world_run(c.w, 100 * PTN_MS);
    assert_true(caught_len > 0);
    assert_int_equal(world_inject(c.server, &stranger, ptn_bytes_of(caught, caught_len)),
                     PTN_EAUTH);
    /* from the right address it is a replay */
    world_run(c.w, 100 * PTN_MS);
    assert_int_equal(world_inject(c.server, &c.client->seen, ptn_bytes_of(caught, caught_len)),
                     PTN_EPROTO);
    assert_true(ptn_peer_get_counters(peer_of(c.server))->rx_replayed >= 1);
    caught[caught_len - 1] ^= 1;
    assert_int_not_equal(world_inject(c.server, &c.client->seen, ptn_bytes_of(caught, caught_len)),
                         PTN_OK);
    expect_media_flows(&c, PTN_SECOND);
    call_free(&c);
}

static void garbage_of_every_kind_harms_nobody(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, 500 * PTN_MS);
    uint8_t junk[1500];
    for (unsigned i = 0; i < 2000; i++) {
        size_t n = 1 + ptn_rng_below(&c.w->rng, sizeof junk - 1);
        c.w->rng.fill(c.w->rng.ctx, junk, n);
        junk[0] = (uint8_t)(i % 256);
        if (i % 3 == 0 && n > 1)
            junk[1] = 200;
        world_inject(c.server, &c.client->seen, ptn_bytes_of(junk, n));
    }
    assert_int_equal(world_inject(c.server, &c.client->seen, ptn_bytes_of(junk, 0)),
                     PTN_EMALFORMED);
    world_pump(c.w);
    expect_media_flows(&c, PTN_SECOND);
    assert_null(party_event(c.server, PTN_PEER_ENDED, 0));
    call_free(&c);
}

/* -- DTLS -------------------------------------------------------------------------------------- */

#define HELD 64
static struct ptn_datagram held[HELD];
static struct party *held_from[HELD];
static size_t held_count;

static bool hold_dtls(struct world *w, struct party *from, struct ptn_bytes d) {
    (void)w;
    if (d.p[0] >= 20 && d.p[0] <= 63 && held_count < HELD) {
        held[held_count].len = d.n;
        memcpy(held[held_count].data, d.p, d.n);
        held_from[held_count++] = from;
    }
    return true;
}

static void repeated_and_late_handshake_packets_change_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world_config cfg = {.seed = seed, .delay_ms = 20, .jitter_ms = 80, .dup = 50};
        struct call_options o = {.b_is_server = seed % 2};
        struct call c = call_new(&cfg, &o);
        held_count = 0;
        c.w->filter = hold_dtls;
        CHECK(world_run_until(c.w, world_all_up, 10 * PTN_SECOND), "seed %u", (unsigned)seed);
        world_echo(c.server);
        world_tap(c.client);
        world_publish(c.client);
        world_run(c.w, PTN_SECOND);
        size_t n = held_count;
        assert_true(n >= 4);
        for (size_t i = 0; i < n; i++) { /* the whole handshake again, seconds later */
            struct party *to = held_from[i]->other;
            world_inject(to, &held_from[i]->seen, ptn_bytes_of(held[i].data, held[i].len));
            world_pump(c.w);
        }
        expect_media_flows(&c, 2 * PTN_SECOND);
        assert_null(party_event(c.server, PTN_PEER_ENDED, 0));
        assert_null(party_event(c.client, PTN_PEER_ENDED, 0));
        assert_int_equal(party_events(c.client, PTN_PEER_UP), 1);
        call_free(&c);
    }
}

static void close_notify_ends_the_other_side(void **state) {
    (void)state;
    for (int who = 0; who < 2; who++) {
        struct call c = call_up(&quiet, NULL);
        struct party *leaver = who ? c.client : c.server, *stayer = leaver->other;
        world_run(c.w, PTN_SECOND);
        world_stop_publishing(c.client);
        ptn_peer_close(peer_of(leaver), c.w->now);
        leaver->is_dirty = true;
        world_run(c.w, PTN_SECOND);
        const struct ptn_peer_event *ended = party_event(stayer, PTN_PEER_ENDED, 0);
        assert_non_null(ended);
        assert_string_equal(ended->text, "DTLS alert");
        assert_int_equal(party_events(stayer, PTN_PEER_ENDED), 1);
        assert_null(party_event(leaver, PTN_PEER_ENDED, 0)); /* it knows */
        assert_int_equal(ptn_peer_next_timeout(peer_of(leaver)), PTN_NEVER);
        assert_int_equal(ptn_peer_next_timeout(peer_of(stayer)), PTN_NEVER);
        assert_false(ptn_peer_can_send(peer_of(leaver)));
        call_free(&c);
    }
}

static bool any_ended(const struct world *w) {
    return party_event(&w->party[0], PTN_PEER_ENDED, 0) &&
           party_event(&w->party[1], PTN_PEER_ENDED, 0);
}

static void a_wrong_fingerprint_is_refused_by_both_roles(void **state) {
    (void)state;
    for (int role = 0; role < 2; role++) {
        struct call_options o = {.b_is_server = role, .bad_fingerprint = true};
        struct call c = call_new(&quiet, &o);
        world_run_until(c.w, any_ended, 25 * PTN_SECOND);
        const struct ptn_peer_event *ended = party_event(c.server, PTN_PEER_ENDED, 0);
        assert_non_null(ended);
        assert_string_equal(ended->text, "DTLS alert");
        assert_non_null(strstr(ended->detail, "certificate"));
        assert_false(ptn_peer_can_send(peer_of(c.server)));
        assert_null(party_event(c.server, PTN_PEER_UP, 0));
        const struct ptn_peer_event *told = party_event(c.client, PTN_PEER_ENDED, 0);
        assert_non_null(told); /* by a fatal alert */
        assert_string_equal(told->text, "DTLS alert");
        call_free(&c);
    }
}

static bool lose_dtls(struct world *w, struct party *from, struct ptn_bytes d) {
    (void)w;
    (void)from;
    return !(d.p[0] >= 20 && d.p[0] <= 63);
}

static void a_handshake_that_never_ends_times_out(void **state) {
    (void)state;
    struct call c = call_new(&quiet, NULL);
    c.w->filter = lose_dtls;
    world_run(c.w, 18 * PTN_SECOND);
    assert_true(ptn_peer_handshaking(peer_of(c.server)));
    assert_null(party_event(c.server, PTN_PEER_ENDED, 0));
    world_run(c.w, 5 * PTN_SECOND);
    assert_string_equal(party_event(c.server, PTN_PEER_ENDED, 0)->text, "DTLS timeout");
    assert_string_equal(party_event(c.client, PTN_PEER_ENDED, 0)->text, "DTLS timeout");
    assert_false(ptn_peer_handshaking(peer_of(c.server)));
    call_free(&c);
}

/* A peer can end at any moment of its life without leaving anything behind. */
static void freeing_at_any_moment_leaks_nothing(void **state) {
    (void)state;
    for (unsigned ms = 0; ms < 400; ms += 7) {
        struct call c =
            call_new(&(struct world_config){.seed = 3, .delay_ms = 20, .loss = 5}, NULL);
        world_echo(c.server);
        world_tap(c.client);
        world_publish(c.client);
        world_run(c.w, ms * PTN_MS);
        call_free(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_roles_and_both_profile_families_carry_media),
        cmocka_unit_test(events_tell_the_way_up_in_order),
        cmocka_unit_test(both_controlling_or_both_controlled_still_connect),
        cmocka_unit_test(a_lite_server_connects_and_echoes),
        cmocka_unit_test(a_dead_network_is_disconnected_then_failed),
        cmocka_unit_test(media_comes_back_when_the_network_does),
        cmocka_unit_test(an_ice_restart_keeps_media_flowing),
        cmocka_unit_test(a_restart_revives_a_failed_connection),
        cmocka_unit_test(media_follows_a_client_whose_address_changes),
        cmocka_unit_test(a_hello_from_a_strange_address_is_refused),
        cmocka_unit_test(media_from_a_strange_address_is_refused),
        cmocka_unit_test(garbage_of_every_kind_harms_nobody),
        cmocka_unit_test(repeated_and_late_handshake_packets_change_nothing),
        cmocka_unit_test(close_notify_ends_the_other_side),
        cmocka_unit_test(a_wrong_fingerprint_is_refused_by_both_roles),
        cmocka_unit_test(a_handshake_that_never_ends_times_out),
        cmocka_unit_test(freeing_at_any_moment_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, world_global_setup, world_global_teardown);
}
