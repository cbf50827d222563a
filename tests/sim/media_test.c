/* What happens to media on its way through a server: numbering, pauses, switches, extensions,
 * keyframe requests, bandwidth messages, and what the server says about all this. */
#include "route/internal.h"
#include "sim/call.h"
#include "sim/media.h"

static const struct world_config quiet = {.seed = 1, .delay_ms = 20};

static uint64_t echo_sink(const struct call *c, enum flow flow) {
    return c->server->plan->mline[flow].sink_id;
}

static void set_echo(struct call *c, enum flow flow, struct ptn_sink_params params) {
    assert_int_equal(ptn_graph_sink_set(c->server->loop->graph, echo_sink(c, flow), &params),
                     PTN_OK);
}

static const struct ptn_peer_counters *counters(struct party *p) {
    return ptn_peer_get_counters(peer_of(p));
}

/* -- numbering --------------------------------------------------------------------------------- */

static void everything_comes_back_once_and_whole(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, 3 * PTN_SECOND);
    call_expect_all(&c, AUDIO, c.client->sent[AUDIO] - 5);
    call_expect_all(&c, VIDEO, c.client->sent[VIDEO] - 9);
    assert_int_equal(c.client->got[AUDIO].ts_jumps + c.client->got[VIDEO].ts_jumps, 0);
    assert_int_equal(counters(c.server)->tx_dropped, 0);
    assert_int_equal(counters(c.server)->nacks_sent, 0);
    call_free(&c);
}

static void a_pause_leaves_no_gap(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    for (int i = 0; i < 3; i++) {
        world_run(c.w, PTN_SECOND);
        unsigned before = c.client->got[VIDEO].total;
        set_echo(&c, VIDEO, (struct ptn_sink_params){true, -1, -1});
        world_run(c.w, PTN_SECOND);
        CHECK(c.client->got[VIDEO].total <= before + 9, "video goes on");
        set_echo(&c, VIDEO, (struct ptn_sink_params){false, -1, -1});
    }
    world_run(c.w, PTN_SECOND);
    const struct arrivals *v = &c.client->got[VIDEO];
    assert_true(v->distinct > 3 * 80);
    assert_int_equal(v->highest - v->first_ext + 1, v->distinct);
    assert_int_equal(v->ts_jumps, 0); /* the clock went on: a pause is no switch */
    assert_int_equal(counters(c.client)->nacks_sent, 0);
    call_expect_all(&c, AUDIO, c.client->sent[AUDIO] - 5);
    call_free(&c);
}

/* Numbers and timestamps of the two sources have nothing to do with each other. */
static void a_switch_of_source_continues_numbering_and_clock(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, PTN_SECOND);
    world_stop_publishing(c.client);
    world_run(c.w, 500 * PTN_MS);
    uint64_t other = c.client->publisher[VIDEO] + 1000;
    uint64_t sink = c.client->plan->mline[VIDEO].sink_id;
    assert_int_equal(ptn_graph_connect(c.client->loop->graph, c.w->now, other, sink), PTN_OK);
    c.client->publisher[VIDEO] = other;
    unsigned first = 2001, n = 60; /* 2001: a frame's beginning */
    for (unsigned i = 0; i < n; i++) {
        media_send_one(c.client, VIDEO, first + i, 3000000 + i);
        world_run(c.w, 10 * PTN_MS);
    }
    world_run(c.w, PTN_SECOND);
    const struct arrivals *v = &c.client->got[VIDEO];
    assert_int_equal(v->corrupt, 0);
    for (unsigned i = first; i < first + n; i++)
        CHECK(v->times[i] == 1, "number %u", i);
    assert_int_equal(v->highest - v->first_ext + 1, v->distinct);
    assert_int_equal(v->ts_jumps, 1);
    call_free(&c);
}

static unsigned lose_countdown;

static bool lose_one_of_the_client(struct world *w, struct party *from, struct ptn_bytes d) {
    (void)w;
    if (from->loop->index != 1 || d.n < 900) /* a video packet */
        return true;
    return lose_countdown == 0 || --lose_countdown > 0;
}

/* What was lost of the old source must not be repaired with a packet of the new one that happens
 * to have the same number: it would be wrong, and without RTX the same SRTP index twice. */
static void a_switch_of_source_never_mixes_retransmissions(void **state) {
    (void)state;
    for (int no_rtx = 0; no_rtx < 2; no_rtx++) {
        struct call c = call_up(&quiet, &(struct call_options){.no_rtx = no_rtx});
        world_stop_publishing(c.client);
        world_run(c.w, 500 * PTN_MS);
        unsigned base = c.client->sent[VIDEO] / VIDEO_FRAME * VIDEO_FRAME + 300;
        lose_countdown = 15;
        c.w->filter = lose_one_of_the_client;
        for (unsigned i = 0; i < 20; i++)
            media_send_one(c.client, VIDEO, base + i, 80000 + i);
        world_pump(c.w);
        uint64_t other = c.client->publisher[VIDEO] + 1000;
        uint64_t sink = c.client->plan->mline[VIDEO].sink_id;
        assert_int_equal(ptn_graph_connect(c.client->loop->graph, c.w->now, other, sink), PTN_OK);
        c.client->publisher[VIDEO] = other;
        for (unsigned i = 0; i < 60; i++) {
            media_send_one(c.client, VIDEO, base + 300 + i, 80000 + i);
            world_run(c.w, 5 * PTN_MS);
        }
        world_run(c.w, 2 * PTN_SECOND);
        const struct arrivals *v = &c.client->got[VIDEO];
        assert_true(counters(c.server)->nacks_sent > 0);
        assert_int_equal(v->times[base + 14], 0);
        for (unsigned i = 0; i < 60; i++)
            CHECK(v->times[base + 300 + i] == 1, "number %u came %u times", base + 300 + i,
                  v->times[base + 300 + i]);
        call_free(&c);
    }
}

/* As another RTP sender would: the client's numbers begin anew. */
static void renumber(struct party *p, enum flow flow) {
    struct sink *s = p->ep->sink[flow];
    s->map.aligned = false;
    s->last_index = (int64_t)ptn_rng_below(&p->world->rng, 0x7000);
}

/* A publisher that renegotiates with new SSRCs starts new numbers: its subscribers go on. */
static void new_ssrcs_of_the_publisher_do_not_stop_media(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    for (int i = 0; i < 40; i++) { /* more than SRTP keeps streams for */
        world_run(c.w, 300 * PTN_MS);
        uint32_t old = c.server->plan->mline[VIDEO].layer[0].ssrc;
        world_negotiate(c.client, c.server, &(struct call_options){.rotate_ssrcs = true});
        assert_int_not_equal(c.server->plan->mline[VIDEO].layer[0].ssrc, old);
        world_pump(c.w);
        renumber(c.client, AUDIO);
        renumber(c.client, VIDEO);
        unsigned before[] = {c.client->got[AUDIO].distinct, c.client->got[VIDEO].distinct};
        world_run(c.w, 700 * PTN_MS);
        CHECK(c.client->got[AUDIO].distinct >= before[AUDIO] + 25, "round %d: %u audio", i,
              c.client->got[AUDIO].distinct - before[AUDIO]);
        CHECK(c.client->got[VIDEO].distinct >= before[VIDEO] + 45, "round %d: %u video", i,
              c.client->got[VIDEO].distinct - before[VIDEO]);
    }
    const struct arrivals *v = &c.client->got[VIDEO];
    assert_int_equal(v->corrupt, 0);
    assert_int_equal(v->total, v->distinct);
    assert_int_equal(v->highest - v->first_ext + 1, v->distinct); /* no gap to be seen */
    assert_int_equal(counters(c.client)->rx_bad_auth, 0);
    assert_int_equal(counters(c.server)->rx_bad_auth, 0);
    call_free(&c);
}

static void a_long_gap_of_the_publisher_is_no_gap_for_the_subscriber(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, PTN_SECOND);
    world_stop_publishing(c.client);
    world_run(c.w, PTN_SECOND);
    unsigned before = c.client->got[VIDEO].distinct;
    int64_t highest = c.client->got[VIDEO].highest;
    unsigned base = c.client->sent[VIDEO] / VIDEO_FRAME * VIDEO_FRAME + 300;
    for (unsigned i = 0; i < 30; i++) { /* numbers a long way ahead */
        media_send_one(c.client, VIDEO, base + i, 70000 + 20000 + i);
        world_run(c.w, 5 * PTN_MS);
    }
    world_run(c.w, PTN_SECOND);
    assert_int_equal(c.client->got[VIDEO].distinct, before + 30);
    assert_int_equal(c.client->got[VIDEO].highest, highest + 30);
    call_free(&c);
}

/* -- extensions -------------------------------------------------------------------------------- */

static void a_playout_delay_is_carried_or_forced(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, PTN_SECOND);
    assert_int_equal(c.client->got[VIDEO].with_playout, 0);
    c.client->with_playout_ext = true;
    world_run(c.w, PTN_SECOND);
    assert_memory_equal(c.client->got[VIDEO].playout, "\x00\x10\x02", 3); /* 1 and 2 */
    set_echo(&c, VIDEO, (struct ptn_sink_params){false, 0x123, 0xabc});
    set_echo(&c, AUDIO, (struct ptn_sink_params){false, 0x123, 0xabc});
    world_run(c.w, PTN_SECOND);
    assert_memory_equal(c.client->got[VIDEO].playout, "\x12\x3a\xbc", 3);
    assert_int_equal(c.client->got[AUDIO].with_playout, 0); /* means nothing on audio */
    set_echo(&c, VIDEO, (struct ptn_sink_params){false, -1, -1});
    world_run(c.w, PTN_SECOND);
    assert_memory_equal(c.client->got[VIDEO].playout, "\x00\x10\x02", 3);
    call_expect_all(&c, VIDEO, c.client->sent[VIDEO] - 9);
    call_free(&c);
}

/* -- keyframes --------------------------------------------------------------------------------- */

static void keyframe_requests_are_merged(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, 2 * PTN_SECOND);
    uint64_t before = counters(c.server)->plis_sent;
    size_t events = party_events(c.client, PTN_PEER_KEYFRAME);
    uint64_t source = c.server->plan->mline[VIDEO].source_id;
    for (int i = 0; i < 200; i++) {
        ptn_graph_keyframe(c.server->loop->graph, c.w->now, source);
        world_run(c.w, 10 * PTN_MS);
    }
    uint64_t sent = counters(c.server)->plis_sent - before;
    CHECK(sent >= 4 && sent <= 5, "%u in two seconds", (unsigned)sent);
    world_run(c.w, 2 * PTN_SECOND); /* the last one that had to wait, and then silence */
    uint64_t all = counters(c.server)->plis_sent - before;
    CHECK(all <= sent + 1, "%u after the requests ended", (unsigned)(all - sent));
    assert_int_equal(party_events(c.client, PTN_PEER_KEYFRAME) - events, all);
    ptn_graph_keyframe(c.server->loop->graph, c.w->now, c.server->plan->mline[AUDIO].source_id);
    world_run(c.w, PTN_SECOND);
    assert_int_equal(counters(c.server)->plis_sent - before, all); /* audio has none */
    call_free(&c);
}

static void a_viewers_request_reaches_the_source(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, 2 * PTN_SECOND);
    size_t at_server = party_events(c.server, PTN_PEER_KEYFRAME);
    size_t at_client = party_events(c.client, PTN_PEER_KEYFRAME);
    ptn_peer_want_keyframe(peer_of(c.client), c.w->now, VIDEO);
    c.client->is_dirty = true;
    world_run(c.w, 300 * PTN_MS);
    assert_int_equal(party_events(c.server, PTN_PEER_KEYFRAME), at_server + 1);
    assert_int_equal(party_events(c.client, PTN_PEER_KEYFRAME), at_client + 1);
    ptn_peer_want_keyframe(peer_of(c.client), c.w->now, 63); /* no such m-line: nothing happens */
    call_free(&c);
}

static void connecting_asks_for_a_keyframe(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, PTN_SECOND);
    assert_true(counters(c.server)->plis_sent >= 1);
    assert_true(party_events(c.client, PTN_PEER_KEYFRAME) >= 1);
    call_free(&c);
}

/* -- what is told ------------------------------------------------------------------------------ */

static void a_remb_arrives_and_is_repeated(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, PTN_SECOND);
    ptn_peer_set_remb(peer_of(c.server), c.w->now, 256000);
    c.server->is_dirty = true;
    world_run(c.w, 100 * PTN_MS);
    assert_int_equal(party_events(c.client, PTN_PEER_REMB), 1);
    assert_int_equal(party_event(c.client, PTN_PEER_REMB, 0)->value, 256000);
    world_run(c.w, 4 * PTN_SECOND);
    size_t n = party_events(c.client, PTN_PEER_REMB);
    CHECK(n >= 4 && n <= 6, "%zu in four seconds", n);
    ptn_peer_set_remb(peer_of(c.server), c.w->now, 0);
    c.server->is_dirty = true;
    world_run(c.w, 3 * PTN_SECOND);
    assert_int_equal(party_events(c.client, PTN_PEER_REMB), n + 1);
    uint64_t open = party_event(c.client, PTN_PEER_REMB, n)->value;
    CHECK(open > 9990000 && open <= 10000000, "%llu", (unsigned long long)open);
    call_free(&c);
}

static void a_remb_set_before_the_connection_waits_for_it(void **state) {
    (void)state;
    struct call c = call_new(&quiet, NULL);
    ptn_peer_set_remb(peer_of(c.server), c.w->now, 128000);
    assert_true(world_run_until(c.w, world_all_up, 5 * PTN_SECOND));
    world_echo(c.server);
    world_publish(c.client);
    world_run(c.w, 300 * PTN_MS);
    assert_non_null(party_event(c.client, PTN_PEER_REMB, 0));
    assert_int_equal(party_event(c.client, PTN_PEER_REMB, 0)->value, 128000);
    call_free(&c);
}

static const struct ptn_peer_event *newest_media(const struct party *p, enum flow flow) {
    const struct ptn_peer_event *newest = NULL;
    for (size_t i = 0; i < p->event_count; i++)
        if (p->event[i].type == PTN_PEER_MEDIA && p->event[i].mindex == flow)
            newest = &p->event[i];
    return newest;
}

static void media_events_follow_the_media(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    for (int round = 0; round < 3; round++) {
        world_run(c.w, 300 * PTN_MS);
        for (int f = 0; f < FLOWS; f++) {
            assert_non_null(newest_media(c.server, (enum flow)f));
            assert_true(newest_media(c.server, (enum flow)f)->flag);
            assert_int_equal(newest_media(c.server, (enum flow)f)->layer, -1);
        }
        c.client->is_publishing[VIDEO] = false;
        world_run(c.w, 2500 * PTN_MS);
        assert_false(newest_media(c.server, VIDEO)->flag);
        assert_true(newest_media(c.server, AUDIO)->flag);
        c.client->is_publishing[VIDEO] = true;
        c.client->next_send[VIDEO] = c.w->now;
    }
    world_run(c.w, 300 * PTN_MS);
    assert_int_equal(party_events(c.server, PTN_PEER_MEDIA), 1 + 7); /* each change once */
    call_free(&c);
}

static void slow_links_are_told_in_both_directions(void **state) {
    (void)state;
    struct world_config cfg = {.seed = 5, .delay_ms = 20, .loss = 20, .slowlink = 4};
    struct call c = call_up(&cfg, NULL);
    world_run(c.w, 5 * PTN_SECOND);
    unsigned up = 0, down = 0;
    for (size_t i = 0; i < c.server->event_count; i++) {
        const struct ptn_peer_event *ev = &c.server->event[i];
        if (ev->type != PTN_PEER_SLOWLINK)
            continue;
        up += ev->flag;
        down += !ev->flag;
        assert_true(ev->value >= 4);
    }
    CHECK(up >= 1 && down >= 1, "%u up, %u down", up, down);
    call_free(&c);
    cfg.loss = 0;
    c = call_up(&cfg, NULL);
    world_run(c.w, 5 * PTN_SECOND);
    assert_int_equal(party_events(c.server, PTN_PEER_SLOWLINK), 0);
    call_free(&c);
}

static void reports_and_feedback_arrive(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    world_run(c.w, 5 * PTN_SECOND);
    assert_true(counters(c.client)->twcc_received >= 20); /* each 200 ms */
    json_t *dump = ptn_peer_dump(peer_of(c.server), c.w->now);
    assert_non_null(dump);
    json_t *video = json_array_get(json_object_get(dump, "media"), VIDEO);
    json_int_t rtt = json_integer_value(json_object_get(json_object_get(video, "out"), "rtt-us"));
    CHECK(rtt > 38000 && rtt < 60000, "%lld us", (long long)rtt); /* twice 20 ms, by RTCP */
    json_t *in = json_array_get(json_object_get(video, "in"), 0);
    json_int_t rate = json_integer_value(json_object_get(in, "bitrate"));
    CHECK(rate > 700000 && rate < 760000, "%lld bit/s", (long long)rate);
    assert_int_equal(json_integer_value(json_object_get(in, "lost")), 0);
    json_decref(dump);
    assert_true(ptn_peer_rtt(peer_of(c.server)) >= 40 * PTN_MS);
    call_free(&c);
}

/* -- edges that come and go -------------------------------------------------------------------- */

static void disconnecting_stops_and_connecting_again_goes_on(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    struct ptn_graph *g = c.server->loop->graph;
    world_run(c.w, PTN_SECOND);
    assert_int_equal(ptn_graph_disconnect(g, echo_sink(&c, VIDEO)), PTN_OK);
    world_run(c.w, 100 * PTN_MS);
    unsigned before = c.client->got[VIDEO].total;
    world_run(c.w, PTN_SECOND);
    assert_int_equal(c.client->got[VIDEO].total, before);
    world_echo(c.server);
    world_run(c.w, PTN_SECOND);
    const struct arrivals *v = &c.client->got[VIDEO];
    assert_true(v->total > before + 70);
    assert_int_equal(v->highest - v->first_ext + 1, v->distinct);
    assert_int_equal(ptn_graph_disconnect(g, 999), PTN_ENOENT);
    assert_int_equal(ptn_graph_connect(g, c.w->now, 1, 999), PTN_ENOENT);
    assert_int_equal(ptn_graph_sink_set(g, 999, &(struct ptn_sink_params){0}), PTN_ENOENT);
    call_free(&c);
}

static void an_edge_may_wait_for_its_source(void **state) {
    (void)state;
    struct call c = call_up(&quiet, NULL);
    struct ptn_graph *g = c.server->loop->graph;
    world_run(c.w, 500 * PTN_MS);
    size_t feeds = ptn_graph_count(g).feeds;
    assert_int_equal(ptn_graph_connect(g, c.w->now, 777, echo_sink(&c, VIDEO)), PTN_OK);
    assert_int_equal(ptn_graph_count(g).feeds, feeds + 1);
    world_run(c.w, 500 * PTN_MS);
    assert_int_equal(ptn_graph_disconnect(g, echo_sink(&c, VIDEO)), PTN_OK);
    assert_int_equal(ptn_graph_count(g).feeds, feeds); /* nobody needs it any more */
    call_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back_once_and_whole),
        cmocka_unit_test(a_pause_leaves_no_gap),
        cmocka_unit_test(a_switch_of_source_continues_numbering_and_clock),
        cmocka_unit_test(a_switch_of_source_never_mixes_retransmissions),
        cmocka_unit_test(new_ssrcs_of_the_publisher_do_not_stop_media),
        cmocka_unit_test(a_long_gap_of_the_publisher_is_no_gap_for_the_subscriber),
        cmocka_unit_test(a_playout_delay_is_carried_or_forced),
        cmocka_unit_test(keyframe_requests_are_merged),
        cmocka_unit_test(a_viewers_request_reaches_the_source),
        cmocka_unit_test(connecting_asks_for_a_keyframe),
        cmocka_unit_test(a_remb_arrives_and_is_repeated),
        cmocka_unit_test(a_remb_set_before_the_connection_waits_for_it),
        cmocka_unit_test(media_events_follow_the_media),
        cmocka_unit_test(slow_links_are_told_in_both_directions),
        cmocka_unit_test(reports_and_feedback_arrive),
        cmocka_unit_test(disconnecting_stops_and_connecting_again_goes_on),
        cmocka_unit_test(an_edge_may_wait_for_its_source),
    };
    return cmocka_run_group_tests(tests, world_global_setup, world_global_teardown);
}
