#include "test.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/timers.h"

struct item {
    struct ptn_timer timer;
    int fired;
    struct ptn_timers *again; /* re-arms itself for now when set */
};

static ptn_time last_due;

static void on_fire(struct ptn_timer *t, ptn_time now) {
    struct item *item = ptn_container_of(t, struct item, timer);
    item->fired++;
    if (item->again)
        ptn_timer_arm(item->again, t, now);
}

static void fires_in_order_whatever_the_moves(void **state) {
    (void)state;
    struct ptn_rng_seed seed;
    struct ptn_rng rng = ptn_rng_seeded(&seed, 42);
    struct ptn_timers ts;
    ptn_timers_init(&ts);
    static struct item items[500];
    ptn_time due[500];
    for (int step = 0; step < 5000; step++) {
        size_t i = ptn_rng_below(&rng, 500);
        items[i].timer.fire = on_fire;
        due[i] = ptn_rng_below(&rng, 5) == 0 ? PTN_NEVER : (ptn_time)ptn_rng_below(&rng, 1000);
        ptn_timer_arm(&ts, &items[i].timer, due[i]);
    }
    for (ptn_time now = 0; now <= 1000; now += 10) {
        ptn_timers_run(&ts, now);
        last_due = ptn_timers_next(&ts);
        assert_true(last_due > now);
    }
    for (size_t i = 0; i < 500; i++)
        if (items[i].timer.fire)
            CHECK(items[i].fired == (due[i] != PTN_NEVER), "item %zu", i);
    assert_int_equal(ts.count, 0);
    ptn_timers_done(&ts);
}

static void a_spinning_timer_fires_once_per_run(void **state) {
    (void)state;
    struct ptn_timers ts;
    ptn_timers_init(&ts);
    struct item spin = {.timer.fire = on_fire, .again = &ts};
    ptn_timer_arm(&ts, &spin.timer, 5);
    assert_int_equal(ptn_timers_run(&ts, 4), 0);
    assert_int_equal(ptn_timers_run(&ts, 5), 1);
    assert_int_equal(ptn_timers_run(&ts, 5), 1);
    ptn_timer_disarm(&ts, &spin.timer);
    assert_int_equal(ptn_timers_run(&ts, 99), 0);
    assert_int_equal(spin.fired, 2);
    ptn_timers_done(&ts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fires_in_order_whatever_the_moves),
        cmocka_unit_test(a_spinning_timer_fires_once_per_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
