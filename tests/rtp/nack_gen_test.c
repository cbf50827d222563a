#include "test.h"

#include <stdlib.h>

#include "base/rng.h"
#include "rtp/nack_gen.h"

#define BASE 0x10000

static size_t poll_at(struct ptn_nack_gen *g, ptn_time now, uint16_t *seqs) {
    return ptn_nack_gen_poll(g, now, 0, seqs, 200);
}

static void asks_on_time(void **state) {
    (void)state;
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    uint16_t seqs[200];
    assert_true(ptn_nack_gen_next_timeout(g) == PTN_NEVER);
    ptn_time t = 5 * PTN_SECOND;
    assert_true(ptn_nack_gen_packet(g, t, BASE + 65534, NULL));
    assert_true(ptn_nack_gen_packet(g, t, BASE + 65537, NULL));
    assert_true(ptn_nack_gen_next_timeout(g) == t + 12 * PTN_MS);
    assert_int_equal(poll_at(g, t + 12 * PTN_MS - 1, seqs), 0);
    assert_int_equal(poll_at(g, t + 12 * PTN_MS, seqs), 2);
    assert_int_equal(seqs[0], 65535);
    assert_int_equal(seqs[1], 0);
    assert_true(ptn_nack_gen_next_timeout(g) == t + 52 * PTN_MS);
    assert_int_equal(poll_at(g, t + 52 * PTN_MS - 1, seqs), 0);

    bool was_missing = false;
    assert_true(ptn_nack_gen_packet(g, t, BASE + 65535, &was_missing));
    assert_true(was_missing);
    assert_false(ptn_nack_gen_packet(g, t, BASE + 65535, &was_missing));
    assert_false(was_missing);
    assert_int_equal(poll_at(g, t + 52 * PTN_MS, seqs), 1);
    assert_int_equal(seqs[0], 0);
    assert_true(ptn_nack_gen_packet(g, t, BASE + 65536, NULL));
    assert_true(ptn_nack_gen_next_timeout(g) == PTN_NEVER);
    assert_int_equal(ptn_nack_gen_given_up(g), 0);
    ptn_nack_gen_free(g);
}

/* When each of the requests goes out, and when the packet is given up. */
static void repeats_and_gives_up(void **state) {
    (void)state;
    static const struct {
        ptn_time rtt;
        int requests;
        ptn_time interval, gone_at;
    } cases[] = {
        {0, 10, 40 * PTN_MS, 412 * PTN_MS},
        {20 * PTN_MS, 10, 40 * PTN_MS, 412 * PTN_MS},
        {100 * PTN_MS, 10, 125 * PTN_MS, 1262 * PTN_MS},
        {400 * PTN_MS, 4, 500 * PTN_MS, 2 * PTN_SECOND},
        {INT64_MAX, 1, PTN_NEVER, 2 * PTN_SECOND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_nack_gen *g = ptn_nack_gen_new();
        ptn_nack_gen_packet(g, 0, BASE, NULL);
        ptn_nack_gen_packet(g, 0, BASE + 2, NULL);
        int requests = 0;
        for (ptn_time t = 0; t < 3 * PTN_SECOND; t += PTN_MS) {
            uint16_t seq;
            CHECK(ptn_nack_gen_wants(g, BASE + 1) == (t <= cases[i].gone_at), "case %zu at %ld", i,
                  (long)t);
            size_t n = ptn_nack_gen_poll(g, t, cases[i].rtt, &seq, 1);
            if (n == 0)
                continue;
            assert_int_equal(seq, 1);
            CHECK(t == 12 * PTN_MS + (requests ? requests * cases[i].interval : 0),
                  "case %zu: request %d at %ld", i, requests, (long)t);
            requests++;
        }
        CHECK(requests == cases[i].requests, "case %zu: %d", i, requests);
        CHECK(ptn_nack_gen_given_up(g) == 1, "case %zu", i);
        CHECK(ptn_nack_gen_next_timeout(g) == PTN_NEVER, "case %zu", i);
        ptn_nack_gen_free(g);
    }
}

static void a_small_buffer_takes_the_rest_later(void **state) {
    (void)state;
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    uint16_t seqs[4];
    ptn_nack_gen_packet(g, 0, BASE, NULL);
    ptn_nack_gen_packet(g, 0, BASE + 7, NULL);
    assert_int_equal(ptn_nack_gen_poll(g, 12 * PTN_MS, 0, seqs, 4), 4);
    assert_int_equal(seqs[3], 4);
    assert_true(ptn_nack_gen_next_timeout(g) == 12 * PTN_MS);
    assert_int_equal(ptn_nack_gen_poll(g, 12 * PTN_MS, 0, seqs, 4), 2);
    assert_int_equal(seqs[0], 5);
    assert_int_equal(seqs[1], 6);
    assert_int_equal(ptn_nack_gen_poll(g, 12 * PTN_MS, 0, seqs, 4), 0);
    ptn_nack_gen_free(g);
}

static void reordering_asks_for_nothing(void **state) {
    (void)state;
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    uint16_t seqs[200];
    bool was_missing = true;
    ptn_nack_gen_packet(g, 0, BASE, NULL);
    ptn_nack_gen_packet(g, PTN_MS, BASE + 2, NULL);
    assert_true(ptn_nack_gen_packet(g, 2 * PTN_MS, BASE + 1, &was_missing));
    assert_false(was_missing); /* missing, but not asked for */
    assert_int_equal(poll_at(g, PTN_SECOND, seqs), 0);
    /* a packet from before the first one is no duplicate, the second time it is */
    assert_true(ptn_nack_gen_packet(g, 2 * PTN_MS, BASE - 1, NULL));
    assert_false(ptn_nack_gen_packet(g, 2 * PTN_MS, BASE - 1, NULL));
    ptn_nack_gen_free(g);
}

static void gaps(void **state) {
    (void)state;
    static const struct {
        int64_t jump; /* newest minus previous */
        size_t asked;
        uint64_t given_up;
    } cases[] = {{1, 0, 0},       {2, 1, 0},   {129, 128, 0}, {130, 128, 1},
                 {512, 128, 383}, {513, 0, 0}, {30000, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_nack_gen *g = ptn_nack_gen_new();
        uint16_t seqs[200];
        ptn_nack_gen_packet(g, 0, BASE, NULL);
        CHECK(ptn_nack_gen_packet(g, 0, BASE + cases[i].jump, NULL), "case %zu", i);
        CHECK(ptn_nack_gen_given_up(g) == cases[i].given_up, "case %zu", i);
        size_t n = poll_at(g, 20 * PTN_MS, seqs);
        CHECK(n == cases[i].asked, "case %zu: %zu", i, n);
        CHECK(n == 0 || seqs[n - 1] == cases[i].jump - 1, "case %zu", i);
        ptn_nack_gen_free(g);
    }
}

static void leaves_the_window_behind(void **state) {
    (void)state;
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    ptn_nack_gen_packet(g, 0, BASE, NULL);
    for (int64_t seq = 2; seq < 513; seq++)
        ptn_nack_gen_packet(g, 0, BASE + seq, NULL);
    assert_true(ptn_nack_gen_wants(g, BASE + 1)); /* newest is 512: the oldest of the window */
    ptn_nack_gen_packet(g, 0, BASE + 513, NULL);
    assert_false(ptn_nack_gen_wants(g, BASE + 1));
    assert_int_equal(ptn_nack_gen_given_up(g), 1);
    ptn_nack_gen_free(g);
}

static void a_keyframe_resets(void **state) {
    (void)state;
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    uint16_t seqs[200];
    ptn_nack_gen_packet(g, 0, BASE, NULL);
    ptn_nack_gen_packet(g, 0, BASE + 5, NULL);
    ptn_nack_gen_reset(g);
    assert_int_equal(ptn_nack_gen_given_up(g), 4);
    assert_int_equal(poll_at(g, PTN_SECOND, seqs), 0);
    assert_true(ptn_nack_gen_packet(g, 0, BASE + 3, NULL));
    assert_false(ptn_nack_gen_packet(g, 0, BASE + 3, NULL));
    assert_false(ptn_nack_gen_packet(g, 0, BASE + 5, NULL));
    ptn_nack_gen_packet(g, PTN_SECOND, BASE + 7, NULL);
    assert_int_equal(poll_at(g, 2 * PTN_SECOND, seqs), 1);
    assert_int_equal(seqs[0], 6);
    ptn_nack_gen_free(g);
}

static void stragglers_change_nothing(void **state) {
    (void)state;
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    ptn_nack_gen_packet(g, 0, BASE + 9000, NULL);
    ptn_nack_gen_packet(g, 0, BASE + 9002, NULL);
    /* the oldest of the window is known when it comes again, the one before it is not */
    assert_true(ptn_nack_gen_packet(g, 0, BASE + 9002 - 511, NULL));
    assert_false(ptn_nack_gen_packet(g, 0, BASE + 9002 - 511, NULL));
    assert_true(ptn_nack_gen_packet(g, 0, BASE + 9002 - 512, NULL));
    assert_true(ptn_nack_gen_packet(g, 0, BASE + 9002 - 512, NULL));
    for (int64_t i = 0; i < 13; i++)
        ptn_nack_gen_packet(g, 0, BASE + 100 + i, NULL);
    assert_true(ptn_nack_gen_wants(g, BASE + 9001)); /* fifteen in a row: nothing happened */
    assert_true(ptn_nack_gen_packet(g, 0, BASE + 9003, NULL));
    for (int64_t i = 0; i < 15; i++)
        ptn_nack_gen_packet(g, 0, BASE + 200 + i, NULL);
    assert_true(ptn_nack_gen_wants(g, BASE + 9001)); /* nor did they add up */
    ptn_nack_gen_free(g);
}

static void a_sender_that_restarts_is_followed(void **state) {
    (void)state;
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    uint16_t seqs[200];
    ptn_nack_gen_packet(g, 0, BASE + 9000, NULL);
    for (int64_t i = 0; i < 16; i++)
        assert_true(ptn_nack_gen_packet(g, 0, BASE + 100 + i, NULL));
    assert_false(ptn_nack_gen_packet(g, 0, BASE + 115, NULL));
    ptn_nack_gen_packet(g, 0, BASE + 117, NULL);
    assert_int_equal(poll_at(g, PTN_SECOND, seqs), 1);
    assert_int_equal(seqs[0], 116);
    ptn_nack_gen_free(g);
}

/* -- against a model that remembers everything and searches it all every time -------------------*/

#define MODEL_SEQS 60000
struct model {
    bool started;
    int64_t newest; /* indexes below */
    int old_run;
    uint64_t given_up;
    struct {
        bool seen, missing;
        ptn_time since, ask_at;
        int tries;
    } at[MODEL_SEQS];
};

static void model_give_up(struct model *m, int64_t i) {
    m->at[i].missing = false;
    m->given_up++;
}

static void model_restart(struct model *m, int64_t seq) {
    for (int64_t i = 0; i < MODEL_SEQS; i++) {
        if (m->at[i].missing)
            model_give_up(m, i);
        m->at[i].seen = false;
    }
    m->started = true;
    m->newest = seq;
    m->at[seq].seen = true;
}

static int64_t model_oldest(const struct model *m) {
    return m->newest < 511 ? 0 : m->newest - 511;
}

static bool model_packet(struct model *m, ptn_time now, int64_t seq, bool *was_missing) {
    *was_missing = false;
    if (m->started && seq < m->newest - 511) {
        if (++m->old_run == 16) {
            m->old_run = 0;
            model_restart(m, seq);
        }
        return true;
    }
    m->old_run = 0;
    if (!m->started || seq > m->newest + 512) {
        model_restart(m, seq);
        return true;
    }
    if (seq <= m->newest) {
        bool is_new = !m->at[seq].seen;
        *was_missing = is_new && m->at[seq].missing && m->at[seq].tries > 0;
        m->at[seq].seen = true;
        m->at[seq].missing = false;
        return is_new;
    }
    for (int64_t i = m->newest + 1; i < seq; i++) {
        m->at[i].seen = false;
        m->at[i].missing = true;
        m->at[i].since = now;
        m->at[i].ask_at = now + 12000;
        m->at[i].tries = 0;
    }
    for (int64_t i = 0; i <= seq - 512; i++)
        if (m->at[i].missing)
            model_give_up(m, i);
    m->newest = seq;
    m->at[seq].seen = true;
    int missing = 0;
    for (int64_t i = seq; i >= model_oldest(m); i--)
        if (m->at[i].missing && ++missing > 128)
            model_give_up(m, i);
    return true;
}

static size_t model_poll(struct model *m, ptn_time now, ptn_time rtt, uint16_t *seqs) {
    size_t n = 0;
    ptn_time interval = rtt + rtt / 4 < 40000 ? 40000 : rtt + rtt / 4;
    for (int64_t i = model_oldest(m); i <= m->newest; i++) {
        if (!m->at[i].missing)
            continue;
        if (now >= m->at[i].since + 2000000 || (now >= m->at[i].ask_at && m->at[i].tries == 10)) {
            model_give_up(m, i);
        } else if (now >= m->at[i].ask_at) {
            seqs[n++] = (uint16_t)(i + BASE);
            m->at[i].tries++;
            m->at[i].ask_at = now + interval;
        }
    }
    return n;
}

static ptn_time model_due(const struct model *m) {
    ptn_time due = PTN_NEVER;
    for (int64_t i = model_oldest(m); i <= m->newest; i++) {
        if (!m->at[i].missing)
            continue;
        due = ptn_time_min(due, m->at[i].ask_at);
        due = ptn_time_min(due, m->at[i].since + 2000000);
    }
    return due;
}

/* The next sequence number of a stream with bursts of loss, reordering, duplicates and jumps. */
static int64_t next_seq(const struct ptn_rng *rng, int64_t *head, unsigned loss) {
    uint64_t dice = ptn_rng_below(rng, 1000);
    if (dice < 2)
        *head += 100 + (int64_t)ptn_rng_below(rng, 600);
    if (dice >= 990)
        return *head - (int64_t)ptn_rng_below(rng, 700); /* from long ago, or a duplicate */
    if (dice >= 850)
        return *head - (int64_t)ptn_rng_below(rng, 30);
    *head += 1;
    while (ptn_rng_below(rng, 100) < loss)
        *head += 1;
    return *head;
}

static void check_wants(struct ptn_nack_gen *g, const struct model *m, uint64_t seed) {
    for (int64_t i = model_oldest(m) - 600; i <= m->newest + 600; i++) {
        bool wants = i >= 0 && i < MODEL_SEQS && m->at[i].missing;
        CHECK(ptn_nack_gen_wants(g, i + BASE) == wants, "seed %lu seq %ld", (unsigned long)seed,
              (long)i);
    }
}

static void model_agrees(uint64_t seed, int steps) {
    struct model *m = calloc(1, sizeof *m);
    struct ptn_nack_gen *g = ptn_nack_gen_new();
    struct ptn_rng_seed state;
    struct ptn_rng rng = ptn_rng_seeded(&state, seed);
    unsigned loss = (unsigned)ptn_rng_below(&rng, 60);
    int64_t head = 1000;
    ptn_time now = 0;
    for (int step = 0; step < steps && head < MODEL_SEQS - 1500; step++) {
        now += (ptn_time)ptn_rng_below(&rng, seed % 3 ? 4000 : 40000);
        int64_t seq = next_seq(&rng, &head, loss);
        bool asked, model_asked;
        bool fresh = ptn_nack_gen_packet(g, now, seq + BASE, &asked);
        CHECK(fresh == model_packet(m, now, seq, &model_asked), "seed %lu step %d",
              (unsigned long)seed, step);
        CHECK(asked == model_asked, "seed %lu step %d", (unsigned long)seed, step);
        if (ptn_rng_below(&rng, 2000) == 0) {
            ptn_nack_gen_reset(g);
            for (int64_t i = 0; i < MODEL_SEQS; i++)
                if (m->at[i].missing)
                    model_give_up(m, i);
        }
        CHECK(ptn_nack_gen_next_timeout(g) <= model_due(m), "seed %lu step %d is late",
              (unsigned long)seed, step);
        if (ptn_rng_below(&rng, 3) == 0) {
            uint16_t seqs[200], model_seqs[200];
            ptn_time rtt = (ptn_time)ptn_rng_below(&rng, 300) * PTN_MS;
            bool due = now >= ptn_nack_gen_next_timeout(g);
            size_t n = ptn_nack_gen_poll(g, now, rtt, seqs, 200);
            CHECK(n == model_poll(m, now, rtt, model_seqs) &&
                      memcmp(seqs, model_seqs, n * sizeof *seqs) == 0,
                  "seed %lu step %d", (unsigned long)seed, step);
            CHECK(!due || ptn_nack_gen_next_timeout(g) == model_due(m), "seed %lu step %d",
                  (unsigned long)seed, step);
        }
        CHECK(ptn_nack_gen_given_up(g) == m->given_up, "seed %lu step %d", (unsigned long)seed,
              step);
        if (step % 50 == 0)
            check_wants(g, m, seed);
    }
    ptn_nack_gen_free(g);
    free(m);
}

static void agrees_with_a_model(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 25; seed++)
        model_agrees(seed, 2000);
}

static void free_takes_null(void **state) {
    (void)state;
    ptn_nack_gen_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_on_time),
        cmocka_unit_test(repeats_and_gives_up),
        cmocka_unit_test(a_small_buffer_takes_the_rest_later),
        cmocka_unit_test(reordering_asks_for_nothing),
        cmocka_unit_test(gaps),
        cmocka_unit_test(leaves_the_window_behind),
        cmocka_unit_test(a_keyframe_resets),
        cmocka_unit_test(stragglers_change_nothing),
        cmocka_unit_test(a_sender_that_restarts_is_followed),
        cmocka_unit_test(agrees_with_a_model),
        cmocka_unit_test(free_takes_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
