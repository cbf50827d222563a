/* Media between peers of one engine, on one loop and on several, over real sockets and threads:
 * what the simulation shows of the graph, seen through mailboxes, epoll and batched sending.
 * PTN_LOOPS chooses the number of loops; else 1, 2 and 4. */
#include "clients.h"

#include <stdlib.h>

#define WINDOW                                                                                     \
    12 /* packets of a flow on the way: what a socket's default buffer holds, and more             \
        */

static unsigned loop_counts[4] = {1, 2, 4};

static int read_environment(void **state) {
    (void)state;
    const char *text = getenv("PTN_LOOPS");
    unsigned wanted = text ? (unsigned)strtoul(text, NULL, 10) : 0;
    if (wanted > 0) {
        loop_counts[0] = wanted;
        loop_counts[1] = 0;
    }
    return 0;
}

#define FOR_EACH_LOOP_COUNT(var) for (const unsigned *var = loop_counts; *var != 0; var++)

/* -- what clients do together ------------------------------------------------------------------ */

static void join_all(struct net *n, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        net_join(n, i, i);
}

static void hear(struct client *to, struct client *from, enum flow flow) {
    net_connect(from, to, flow);
    net_expect(to, flow, from);
}

/* Video goes round, audio comes back to who sent it: each peer has an edge to the next, from the
 * one before and to itself. */
static void wire_ring(struct net *n, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        hear(&n->client[i], &n->client[i], AUDIO);
        hear(&n->client[(i + 1) % count], &n->client[i], VIDEO);
    }
}

static bool everybody_hears(const struct net *n) {
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned f = 0; f < FLOWS; f++) {
            const struct arrivals *a = &n->client[i].got[f];
            if (n->client[i].ep && a->stamp != 0 && a->distinct == 0)
                return false;
        }
    return true;
}

static unsigned all_behind(const struct net *n) {
    unsigned sum = 0;
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned f = 0; n->client[i].ep && f < FLOWS; f++)
            sum += net_behind(&n->client[i], (enum flow)f);
    return sum;
}

static void send_round(struct net *n, unsigned each) {
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned f = 0; n->client[i].ep && f < FLOWS; f++)
            for (unsigned k = net_behind(&n->client[i], (enum flow)f); k < each; k++)
                net_send(&n->client[i], (enum flow)f);
}

/* Edges are there when packets come through them; those sent before are nobody's. */
static void begin(struct net *n) {
    for (ptn_time end = ptn_time_now() + PATIENCE; !everybody_hears(n); net_turn(n)) {
        CHECK(ptn_time_now() < end, "somebody hears nothing");
        send_round(n, 1);
    }
    WAIT_UNTIL(n, all_behind(n) == 0);
}

/* A receiver learns of a loss from what comes after it: when all is quiet, one packet more. */
static void settle(struct net *n) {
    ptn_time end = ptn_time_now() + PATIENCE, quiet = 0;
    for (unsigned left = 0; all_behind(n) > 0; net_turn(n)) {
        ptn_time now = ptn_time_now();
        CHECK(now < end, "%u packets do not arrive", left);
        if (all_behind(n) != left)
            quiet = now + 50 * PTN_MS;
        else if (now > quiet)
            send_round(n, 1 + left);
        left = all_behind(n);
    }
}

/* Every client sends this many packets and more of each flow, and all are received. */
static void stream(struct net *n, unsigned count) {
    unsigned until[CLIENTS];
    for (unsigned i = 0; i < CLIENTS; i++)
        until[i] = n->client[i].sent[VIDEO] + count;
    for (unsigned i = 0; i < CLIENTS; i++)
        for (ptn_time end = ptn_time_now() + PATIENCE;
             n->client[i].ep && n->client[i].sent[VIDEO] < until[i]; net_turn(n)) {
            CHECK(ptn_time_now() < end, "client %u sends nothing more", i);
            send_round(n, WINDOW);
        }
    settle(n);
}

/* A client that expects somebody has had everything, whole, once, from nobody else, and without a
 * gap in the numbering. */
static void check_arrivals(const struct net *n, bool in_order) {
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned f = 0; n->client[i].ep && f < FLOWS; f++) {
            const struct arrivals *a = &n->client[i].got[f];
            CHECK(a->corrupt == 0, "client %u flow %u: %u corrupt", i, f, a->corrupt);
            CHECK(a->intruders == 0, "client %u flow %u: %u of others", i, f, a->intruders);
            CHECK(a->repeated == 0, "client %u flow %u: %u twice", i, f, a->repeated);
            CHECK(a->missing_below - a->first == a->distinct, "client %u flow %u: a hole", i, f);
            CHECK(!a->started || a->highest_ext - a->first_ext + 1 == a->total,
                  "client %u flow %u: a gap in the numbering", i, f);
            CHECK(!in_order || a->disordered == 0, "client %u flow %u: %u not in order", i, f,
                  a->disordered);
        }
}

static const struct ptn_peer_counters *counters_of(const struct client *c) {
    return ptn_peer_get_counters(ptn_endpoint_peer(c->ep));
}

/* -- packets, losses, keyframes ---------------------------------------------------------------- */

static void media_arrives_in_order(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        for (unsigned peers = 2; peers <= CLIENTS; peers += 2) {
            struct net *n = net_new(*loops);
            join_all(n, peers);
            wire_ring(n, peers);
            begin(n);
            stream(n, 500);
            check_arrivals(n, true);
            struct ptn_engine_counters c;
            ptn_engine_get_counters(n->engine, &c);
            assert_int_equal(c.rx_dropped + c.tx_dropped + c.lane_full, 0);
            net_free(n);
        }
    }
}

/* One source, sinks on every loop. */
static void one_source_reaches_all(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        struct net *n = net_new(*loops);
        join_all(n, CLIENTS);
        for (unsigned i = 0; i < CLIENTS; i++)
            for (unsigned f = 0; f < FLOWS; f++)
                hear(&n->client[i], &n->client[0], (enum flow)f);
        begin(n);
        stream(n, 300);
        check_arrivals(n, true);
        net_free(n);
    }
}

/* What the last hop loses is sent again by the engine; the publisher is not asked. */
static void losses_are_repaired(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        struct net *n = net_new(*loops);
        join_all(n, 2);
        wire_ring(n, 2);
        begin(n);
        stream(n, 20); /* a loss among the first packets is no loss: nothing came before it */
        for (unsigned i = 0; i < 2; i++)
            n->client[i].drop_every = 9;
        stream(n, 400);
        for (unsigned i = 0; i < 2; i++)
            n->client[i].drop_every = 0;
        stream(n, 20);
        check_arrivals(n, false);
        for (unsigned i = 0; i < 2; i++) {
            const struct client *c = &n->client[i];
            CHECK(c->dropped >= 40, "only %u were lost", c->dropped);
            CHECK(counters_of(c)->rx_rtx >= c->dropped, "%u retransmissions for %u losses",
                  (unsigned)counters_of(c)->rx_rtx, c->dropped);
            assert_int_equal(counters_of(c)->nacks_received, 0);
            assert_int_equal(c->got[AUDIO].disordered, 0);
        }
        net_free(n);
    }
}

/* Requests are merged and spread (500 ms), and a new edge asks for a keyframe of its own: more
 * rounds than such a request could serve by chance. */
static void keyframe_requests_arrive(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        struct net *n = net_new(*loops);
        join_all(n, 2);
        struct client *a = &n->client[0], *b = &n->client[1];
        hear(b, a, VIDEO);
        WAIT_UNTIL(n, a->keyframes > 0); /* the new edge's */
        begin(n);
        for (unsigned round = 0; round < 4; round++) {
            unsigned a_before = a->keyframes, b_before = b->server_keyframes;
            ptn_peer_want_keyframe(ptn_endpoint_peer(b->ep), n->now, VIDEO);
            b->is_dirty = true;
            WAIT_UNTIL(n, b->server_keyframes > b_before);
            WAIT_UNTIL(n, a->keyframes > a_before);
        }
        assert_int_equal(b->keyframes, 0); /* nobody takes what b sends */
        unsigned before = a->keyframes;
        assert_int_equal(ptn_engine_keyframe(n->engine, a->server_neg.mline[VIDEO].source_id),
                         PTN_OK);
        WAIT_UNTIL(n, a->keyframes > before);
        net_free(n);
    }
}

/* -- coming and going -------------------------------------------------------------------------- */

static void leave(struct client *c) {
    struct net *n = c->net;
    net_leave(c, true);
    WAIT_UNTIL(n, c->closed[0]);
    assert_string_equal(c->closed, "DTLS alert");
}

/* The hole that a client has left closes when it is back: the others' numbering goes on, while its
 * new peer may live on another loop than the old one. */
static void a_client_hangs_up_and_comes_back(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        for (unsigned peers = 2; peers <= CLIENTS; peers += 2) {
            struct net *n = net_new(*loops);
            join_all(n, peers);
            wire_ring(n, peers);
            begin(n);
            for (unsigned round = 1; round <= 3; round++) {
                struct client *a = &n->client[0], *next = &n->client[1];
                stream(n, 60);
                leave(a);
                stream(n, 60); /* into its sink, and past the sink that still waits for it */
                net_join(n, 0, round);
                hear(a, a, AUDIO);
                hear(next, a, VIDEO);
                hear(a, &n->client[peers - 1], VIDEO);
                begin(n);
                stream(n, 60);
                check_arrivals(n, true);
            }
            net_free(n);
        }
    }
}

static void the_engine_hangs_up(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        struct net *n = net_new(*loops);
        join_all(n, CLIENTS);
        wire_ring(n, CLIENTS);
        begin(n);
        for (unsigned i = 0; i < CLIENTS; i++) {
            struct client *c = &n->client[i];
            send_round(n, WINDOW); /* on the way while the peer ends */
            ptn_engine_peer_close(n->engine, c->peer, "Close PC");
            WAIT_UNTIL(n, c->closed[0] && c->has_ended);
            assert_string_equal(c->closed, "Close PC");
            net_leave(c, false);
        }
        struct ptn_engine_counters count;
        ptn_engine_get_counters(n->engine, &count);
        assert_int_equal(count.peers, 0);
        net_free(n);
    }
}

/* -- under way --------------------------------------------------------------------------------- */

/* Edges change at every turn while packets cross them; what stands in the end works. */
static void edges_change_under_load(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        struct net *n = net_new(*loops);
        join_all(n, CLIENTS);
        for (unsigned round = 0; round < 200; round++) {
            struct client *to = &n->client[round % CLIENTS];
            struct client *from = &n->client[round / 3 % CLIENTS];
            enum flow flow = round % 5 < 2 ? AUDIO : VIDEO;
            if (round % 7 == 3)
                assert_int_equal(
                    ptn_engine_disconnect(n->engine, to->server_neg.mline[flow].sink_id), PTN_OK);
            else
                net_connect(from, to, flow);
            if (round % 9 == 0)
                assert_int_equal(ptn_engine_peer_stats(n->engine, to->peer, round), PTN_OK);
            for (unsigned i = 0; i < CLIENTS; i++)
                for (unsigned f = 0; f < FLOWS; f++)
                    net_send(&n->client[i], (enum flow)f);
            net_turn(n);
        }
        for (unsigned i = 0; i < CLIENTS; i++) {
            WAIT_UNTIL(n, n->client[i].stats);
            for (unsigned f = 0; f < FLOWS; f++) /* from here on all is counted */
                n->client[i].got[f] = (struct arrivals){0};
        }
        wire_ring(n, CLIENTS);
        begin(n);
        stream(n, 100);
        check_arrivals(n, true);
        net_free(n);
    }
}

/* Peers alive, one of them without a client, packets and commands on the way: the engine ends, and
 * nothing is left. */
static void it_stops_in_the_middle(void **state) {
    (void)state;
    FOR_EACH_LOOP_COUNT(loops) {
        struct net *n = net_new(*loops);
        join_all(n, CLIENTS);
        wire_ring(n, CLIENTS);
        begin(n);
        net_leave(&n->client[2], false);
        stream(n, 50);
        for (unsigned i = 0; i < CLIENTS; i++)
            for (unsigned k = 0; n->client[i].ep && k < 40; k++)
                net_send(&n->client[i], VIDEO);
        net_turn(n);
        for (unsigned i = 0; i < CLIENTS; i++)
            for (unsigned k = 0; n->client[i].ep && k < 40; k++)
                net_connect(&n->client[i], &n->client[(i + k) % 2], VIDEO);
        net_free(n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_arrives_in_order),
        cmocka_unit_test(one_source_reaches_all),
        cmocka_unit_test(losses_are_repaired),
        cmocka_unit_test(keyframe_requests_arrive),
        cmocka_unit_test(a_client_hangs_up_and_comes_back),
        cmocka_unit_test(the_engine_hangs_up),
        cmocka_unit_test(edges_change_under_load),
        cmocka_unit_test(it_stops_in_the_middle),
    };
    return cmocka_run_group_tests(tests, read_environment, NULL);
}
