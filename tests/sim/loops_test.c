/* A publisher and a subscriber of one server, on one loop and on two: packets, subscriptions and
 * keyframe requests cross between the loops, and the subscriber cannot tell the difference. */
#include "sim/world.h"

struct room {
    struct world *w;
    struct party *publisher, *p_server; /* a client, and the server's peer for it */
    struct party *subscriber, *s_server;
};

static struct room room_new(const struct world_config *cfg, bool two_loops) {
    struct room r = {.w = world_new(cfg)};
    struct sim_loop *a = world_loop(r.w), *b = world_loop(r.w), *clients = world_loop(r.w);
    r.p_server = world_party(r.w, &(struct party_config){.loop = a});
    r.s_server = world_party(r.w, &(struct party_config){.loop = two_loops ? b : a});
    r.publisher = world_party(r.w, &(struct party_config){.loop = clients, .controlling = true});
    r.subscriber = world_party(r.w, &(struct party_config){.loop = clients, .controlling = true});
    world_negotiate(r.publisher, r.p_server, NULL);
    world_negotiate(r.subscriber, r.s_server, NULL);
    world_introduce(r.publisher, r.p_server);
    world_introduce(r.subscriber, r.s_server);
    CHECK(world_run_until(r.w, world_all_up, 20 * PTN_SECOND), "seed %u", (unsigned)cfg->seed);
    return r;
}

static void wire(struct room *r) {
    for (size_t i = 0; i < FLOWS; i++)
        assert_int_equal(ptn_graph_connect(r->s_server->loop->graph, r->w->now,
                                           r->p_server->plan->mline[i].source_id,
                                           r->s_server->plan->mline[i].sink_id),
                         PTN_OK);
}

static void unwire(struct room *r) {
    for (size_t i = 0; i < FLOWS; i++)
        assert_int_equal(
            ptn_graph_disconnect(r->s_server->loop->graph, r->s_server->plan->mline[i].sink_id),
            PTN_OK);
}

static void the_same_on_one_loop_and_on_two(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        for (int two = 0; two < 2; two++) {
            struct world_config cfg = {.seed = seed,
                                       .loss = seed % 2 ? 10 : 0,
                                       .delay_ms = 15,
                                       .min_nack_queue = PTN_SECOND};
            struct room r = room_new(&cfg, two);
            wire(&r);
            world_tap(r.subscriber);
            world_publish(r.publisher);
            world_run(r.w, 3 * PTN_SECOND);
            unsigned sent = r.publisher->sent[VIDEO];
            world_run(r.w, 2 * PTN_SECOND);
            const struct arrivals *v = &r.subscriber->got[VIDEO];
            unsigned missing = missing_of(v, sent);
            CHECK(missing <= (cfg.loss ? 8 : 0), "seed %u, %d loops: %u of %u missing",
                  (unsigned)seed, two + 1, missing, sent);
            assert_int_equal(v->corrupt, 0);
            assert_int_equal(v->total, v->distinct);
            assert_int_equal(v->ts_jumps, 0);
            struct sim_loop *home = r.p_server->loop;
            CHECK((home->batches_out > 0) == two, "%u batches", home->batches_out);
            world_free(r.w);
        }
    }
}

/* Losses between server and subscriber are repaired from the ring of the subscriber's loop. */
static void retransmissions_come_from_the_subscribers_loop(void **state) {
    (void)state;
    struct room r = room_new(&(struct world_config){.seed = 4, .delay_ms = 15, .loss = 15}, true);
    wire(&r);
    world_tap(r.subscriber);
    world_publish(r.publisher);
    world_run(r.w, 3 * PTN_SECOND);
    assert_true(ptn_peer_get_counters(peer_of(r.s_server))->nacks_received > 10);
    assert_true(ptn_peer_get_counters(peer_of(r.s_server))->tx_rtx > 10);
    world_free(r.w);
}

static void a_keyframe_request_crosses_loops(void **state) {
    (void)state;
    struct room r = room_new(&(struct world_config){.seed = 2, .delay_ms = 15}, true);
    wire(&r);
    world_publish(r.publisher);
    world_run(r.w, 2 * PTN_SECOND);
    size_t before = party_events(r.publisher, PTN_PEER_KEYFRAME);
    assert_true(before >= 1); /* connecting asked for one */
    ptn_peer_want_keyframe(peer_of(r.subscriber), r.w->now, VIDEO);
    r.subscriber->is_dirty = true;
    world_run(r.w, 300 * PTN_MS);
    assert_int_equal(party_events(r.publisher, PTN_PEER_KEYFRAME), before + 1);
    assert_true(r.s_server->loop->keyframes_out >= 1);
    world_free(r.w);
}

static void unsubscribing_stops_the_copies(void **state) {
    (void)state;
    struct room r = room_new(&(struct world_config){.seed = 2, .delay_ms = 15}, true);
    struct sim_loop *home = r.p_server->loop, *away = r.s_server->loop;
    wire(&r);
    world_tap(r.subscriber);
    world_publish(r.publisher);
    world_run(r.w, PTN_SECOND);
    unwire(&r);
    world_run(r.w, 100 * PTN_MS);
    unsigned copies = home->batches_out, got = r.subscriber->got[VIDEO].total;
    assert_true(copies > 0 && got > 50);
    assert_int_equal(ptn_graph_count(away->graph).feeds, FLOWS); /* of its own peer only */
    world_run(r.w, PTN_SECOND);
    assert_int_equal(home->batches_out, copies);
    assert_int_equal(r.subscriber->got[VIDEO].total, got);
    wire(&r); /* and again */
    world_run(r.w, PTN_SECOND);
    const struct arrivals *v = &r.subscriber->got[VIDEO];
    assert_true(v->total > got + 50);
    assert_int_equal(v->highest - v->first_ext + 1, v->distinct);
    assert_int_equal(away->subscribes, 3 * FLOWS);
    world_free(r.w);
}

/* Each end may vanish while the other goes on. */
static void either_end_may_leave_first(void **state) {
    (void)state;
    for (int who = 0; who < 2; who++) {
        struct room r = room_new(&(struct world_config){.seed = 6, .delay_ms = 15}, true);
        wire(&r);
        world_publish(r.publisher);
        world_run(r.w, PTN_SECOND);
        struct party *leaver = who ? r.p_server : r.s_server;
        ptn_peer_close(peer_of(leaver), r.w->now);
        leaver->is_dirty = true;
        world_pump(r.w);
        uint64_t source = r.p_server->plan->mline[VIDEO].source_id;
        world_run(r.w, PTN_SECOND);
        ptn_graph_keyframe(r.s_server->loop->graph, r.w->now, source); /* of a source that ended */
        world_run(r.w, PTN_SECOND);
        world_free(r.w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_on_one_loop_and_on_two),
        cmocka_unit_test(retransmissions_come_from_the_subscribers_loop),
        cmocka_unit_test(a_keyframe_request_crosses_loops),
        cmocka_unit_test(unsubscribing_stops_the_copies),
        cmocka_unit_test(either_end_may_leave_first),
    };
    return cmocka_run_group_tests(tests, world_global_setup, world_global_teardown);
}
