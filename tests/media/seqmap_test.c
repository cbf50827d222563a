#include "test.h"

#include "base/rng.h"
#include "media/seqmap.h"

static int64_t out_of(struct ptn_seqmap *m, int64_t in) {
    int64_t out = -1;
    return ptn_seqmap_out(m, in, &out) ? out : -1;
}

static void nothing_goes_out_before_the_first_align(void **state) {
    struct ptn_seqmap m = {0};
    (void)state;
    assert_int_equal(out_of(&m, 5), -1);
    ptn_seqmap_drop(&m, 6); /* harmless */
    assert_int_equal(out_of(&m, 7), -1);
}

static void drops_close_up(void **state) {
    struct ptn_seqmap m = {0};
    (void)state;
    ptn_seqmap_align(&m, 1000, 50);
    assert_int_equal(out_of(&m, 1000), 50);
    ptn_seqmap_drop(&m, 1001);
    ptn_seqmap_drop(&m, 1002);
    assert_int_equal(out_of(&m, 1003), 51);
    assert_int_equal(out_of(&m, 1005), 53); /* 1004 is late, its number is kept for it */
    assert_int_equal(out_of(&m, 1004), 52);
    assert_int_equal(out_of(&m, 1001), -1); /* was left out */
    assert_int_equal(out_of(&m, 999), -1);  /* of an earlier stretch */
    ptn_seqmap_drop(&m, 1003);              /* too late to leave it out: it has been sent */
    assert_int_equal(out_of(&m, 1006), 54);
}

static void a_new_stretch_continues_anywhere(void **state) {
    struct ptn_seqmap m = {0};
    (void)state;
    ptn_seqmap_align(&m, 1000, 50);
    ptn_seqmap_drop(&m, 1001);
    ptn_seqmap_align(&m, 7, 51);
    assert_int_equal(out_of(&m, 7), 51);
    assert_int_equal(out_of(&m, 9), 53);
    assert_int_equal(out_of(&m, 1002), 51 + 995);
}

static void reaching_back_gives_earlier_packets_their_numbers(void **state) {
    struct ptn_seqmap m = {0};
    (void)state;
    ptn_seqmap_align(&m, 1000, 50);
    ptn_seqmap_reach_back(&m, 4);
    assert_int_equal(out_of(&m, 1000), 50);
    assert_int_equal(out_of(&m, 997), 47);
    assert_int_equal(out_of(&m, 996), 46);
    assert_int_equal(out_of(&m, 995), -1);
}

/* -- against a model that remembers everything --------------------------------------------------
 */

#define N 4000

struct model { /* of one stretch that begins at 0 */
    enum { UNSEEN, SENT, DROPPED } what[N];
    int64_t number[N]; /* given by the model */
    int64_t newest;
};

/* Every source number has its place when it is first passed: left out ones take none. */
static void model_advance(struct model *m, int64_t to, bool drop) {
    for (int64_t i = m->newest + 1; i <= to; i++)
        m->number[i] = i == 0 ? 100 : m->number[i - 1] + (m->what[i - 1] != DROPPED);
    m->newest = to;
    if (drop)
        m->what[to] = DROPPED;
}

static void agrees_with_a_model_under_random_drops(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct ptn_rng_seed s;
        struct ptn_rng rng = ptn_rng_seeded(&s, seed);
        static struct model m;
        struct ptn_seqmap map = {0};
        unsigned drop_percent = (unsigned)ptn_rng_below(&rng, 60);
        memset(&m, 0, sizeof m);
        m.newest = -1;
        ptn_seqmap_align(&map, 0, 100);
        for (int64_t next = 0; next < N - 4;) {
            if (next > 0 && ptn_rng_below(&rng, 10) == 0) { /* a late one */
                int64_t back = (int64_t)ptn_rng_below(&rng, 60);
                int64_t in = m.newest > back ? m.newest - back : 0, out = out_of(&map, in);
                if (m.what[in] == DROPPED)
                    CHECK(out == -1, "seed %u: %lld was left out", (unsigned)seed, (long long)in);
                else /* refused is fine only when far more drops lie between than remembered */
                    CHECK(out == m.number[in] || (out == -1 && back > 16),
                          "seed %u: %lld gave %lld, not %lld", (unsigned)seed, (long long)in,
                          (long long)out, (long long)m.number[in]);
                continue;
            }
            next += (int64_t)ptn_rng_below(&rng, 8) == 0; /* a gap */
            bool drop = ptn_rng_below(&rng, 100) < drop_percent;
            model_advance(&m, next, drop);
            if (drop) {
                ptn_seqmap_drop(&map, next);
            } else {
                int64_t out = out_of(&map, next);
                CHECK(out == m.number[next], "seed %u: %lld gave %lld, not %lld", (unsigned)seed,
                      (long long)next, (long long)out, (long long)m.number[next]);
                m.what[next] = SENT;
            }
            next++;
        }
    }
}

static void what_is_very_late_is_not_sent(void **state) {
    struct ptn_seqmap m = {0};
    int64_t out;
    (void)state;
    ptn_seqmap_align(&m, 0, 1);
    assert_true(ptn_seqmap_out(&m, 5000, &out));
    assert_true(ptn_seqmap_out(&m, 5000 - PTN_SEQMAP_LATE + 1, &out));
    assert_int_equal(out, 5000 - PTN_SEQMAP_LATE + 2);
    assert_false(ptn_seqmap_out(&m, 5000 - PTN_SEQMAP_LATE, &out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_goes_out_before_the_first_align),
        cmocka_unit_test(drops_close_up),
        cmocka_unit_test(a_new_stretch_continues_anywhere),
        cmocka_unit_test(reaching_back_gives_earlier_packets_their_numbers),
        cmocka_unit_test(agrees_with_a_model_under_random_drops),
        cmocka_unit_test(what_is_very_late_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
