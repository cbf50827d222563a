/* Many seeds of one call: a client that sends, an echo that sends back, a network that loses,
 * repeats, delays and reorders. Every one must connect and carry. */
#include "sim/world.h"

#include <stdlib.h>
#include <time.h>

#define CALL (4 * PTN_SECOND)  /* of media that is counted */
#define AFTER (2 * PTN_SECOND) /* more media, by which the last losses are noticed */

struct totals {
    unsigned seeds, sent[FLOWS], missing[FLOWS], worst[FLOWS];
    ptn_time slowest, up_sum;
    uint64_t nacks, rtx;
};

static unsigned env_number(const char *name, unsigned otherwise) {
    const char *text = getenv(name);
    return text && atoi(text) > 0 ? (unsigned)atoi(text) : otherwise;
}

static struct world_config weather(uint64_t seed) {
    static const unsigned losses[] = {0, 5, 10, 20, 20};
    return (struct world_config){
        .seed = seed,
        .loss = losses[seed % 5],
        .dup = seed % 3 == 0 ? 5 : 0,
        .delay_ms = 5 + (unsigned)(seed * 7 % 60),
        .jitter_ms = (unsigned)(seed * 13 % 30),
        .min_nack_queue = PTN_SECOND,
    };
}

static unsigned leading_gap(const struct arrivals *a) {
    unsigned n = 0;
    while (n < WORLD_NUMBERS && a->times[n] == 0)
        n++;
    return n;
}

/* A packet is repeated a few times only, so that a few of a lossy call are never seen. */
static void judge(const struct world *w, struct party *client, struct party *server,
                  const unsigned sent[FLOWS], struct totals *t) {
    unsigned seed = (unsigned)w->cfg.seed, loss = w->cfg.loss;
    for (int f = 0; f < FLOWS; f++) {
        const struct arrivals *a = &client->got[f];
        /* what is lost before the first that arrives, nobody misses */
        unsigned lead = leading_gap(a), missing = missing_of(a, sent[f]) - lead;
        CHECK(a->corrupt == 0, "seed %u flow %d: %u corrupt", seed, f, a->corrupt);
        CHECK(a->ts_jumps == 0, "seed %u flow %d: timestamps jump", seed, f);
        CHECK(a->total == a->distinct, "seed %u flow %d: %u twice", seed, f,
              a->total - a->distinct);
        CHECK(lead <= (loss > 0 ? 16 : 0), "seed %u flow %d begins at %u", seed, f, lead);
        CHECK(loss > 0 || missing == 0, "seed %u flow %d: %u lost by nobody", seed, f, missing);
        unsigned bound = f == VIDEO ? sent[f] / 50 : sent[f] * loss * 3 / 100;
        CHECK(missing <= bound, "seed %u flow %d: %u of %u missing", seed, f, missing, sent[f]);
        t->sent[f] += sent[f];
        t->missing[f] += missing;
        t->worst[f] = missing > t->worst[f] ? missing : t->worst[f];
    }
    t->nacks += ptn_peer_get_counters(peer_of(client))->nacks_sent +
                ptn_peer_get_counters(peer_of(server))->nacks_sent;
    t->rtx += ptn_peer_get_counters(peer_of(client))->tx_rtx +
              ptn_peer_get_counters(peer_of(server))->tx_rtx;
    assert_int_equal(ptn_peer_get_counters(peer_of(client))->rx_bad_auth, 0);
    assert_int_equal(ptn_peer_get_counters(peer_of(server))->rx_bad_auth, 0);
}

static void one_call(uint64_t seed, struct totals *t) {
    struct world_config cfg = weather(seed);
    struct call_options call = {.b_is_server = seed % 2 == 0, .no_rtx = seed % 7 == 3};
    struct world *w = world_new(&cfg);
    struct sim_loop *here = world_loop(w), *there = world_loop(w);
    int family = seed % 4 < 2 ? CTX_GCM : CTX_CM;
    struct party *server = world_party(w, &(struct party_config){.loop = here});
    struct party *client =
        world_party(w, &(struct party_config){.loop = there, .controlling = true, .ctx = family});
    ptn_time begin = w->now;
    world_negotiate(client, server, &call);
    world_introduce(client, server);
    CHECK(world_run_until(w, world_all_up, 20 * PTN_SECOND), "seed %u does not connect",
          (unsigned)seed);
    t->up_sum += w->now - begin;
    if (w->now - begin > t->slowest)
        t->slowest = w->now - begin;
    world_echo(server);
    world_tap(client);
    world_publish(client);
    world_run(w, CALL);
    unsigned sent[FLOWS] = {client->sent[AUDIO], client->sent[VIDEO]};
    world_run(w, AFTER);
    judge(w, client, server, sent, t);
    t->seeds++;
    world_free(w);
}

static void every_seed_connects_and_carries(void **state) {
    (void)state;
    unsigned count = env_number("PTN_SEEDS", getenv("PTN_LONG") ? 2000 : PTN_SWEEP_SEEDS);
    unsigned first = env_number("PTN_FIRST_SEED", 1);
    struct totals t = {0};
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (unsigned seed = first; seed < first + count; seed++)
        one_call(seed, &t);
    clock_gettime(CLOCK_MONOTONIC, &b);
    double seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    print_message("%u seeds in %.1f s; up after %lld ms on average, %lld at worst\n", t.seeds,
                  seconds, (long long)(t.up_sum / t.seeds / 1000), (long long)(t.slowest / 1000));
    print_message("audio: %u of %u missing, worst %u; video: %u of %u, worst %u; %llu NACKs, "
                  "%llu RTX\n",
                  t.missing[AUDIO], t.sent[AUDIO], t.worst[AUDIO], t.missing[VIDEO], t.sent[VIDEO],
                  t.worst[VIDEO], (unsigned long long)t.nacks, (unsigned long long)t.rtx);
    CHECK(t.missing[VIDEO] <= t.sent[VIDEO] / 500 + 1, "%u of %u video packets never arrived",
          t.missing[VIDEO], t.sent[VIDEO]);
    CHECK(t.slowest <= 10 * PTN_SECOND, "the slowest needed %lld ms", (long long)t.slowest / 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_seed_connects_and_carries),
    };
    return cmocka_run_group_tests(tests, world_global_setup, world_global_teardown);
}
