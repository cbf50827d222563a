/* What portunus-load counts: percentiles of delays; sent, received, lost, too early, twice. */
#include "test.h"

#include <stdlib.h>

#include "base/rng.h"
#include "load/meter.h"

/* -- delays ------------------------------------------------------------------------------------ */

static const double parts[] = {0.001, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999};

static void delays_of_none_and_one(void **state) {
    static struct delays d;
    (void)state;
    assert_int_equal(delays_at(&d, 0.5), 0);
    assert_int_equal(delays_at(&d, 1), 0);
    delays_add(&d, 12345);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CHECK(delays_at(&d, parts[i]) == 12345, "%g", parts[i]);
    assert_int_equal(delays_at(&d, 0), 12345);
    assert_int_equal(delays_at(&d, 1), 12345);
}

/* Up to 63 µs every delay has a bucket of its own, so the ranks are exact. */
static void delays_that_are_small(void **state) {
    static const struct {
        double part;
        ptn_time value;
    } cases[] = {{0.1, 1}, {0.2, 2}, {0.5, 5}, {0.51, 6}, {0.9, 9}, {0.91, 10}, {1, 10}};
    static struct delays d;
    (void)state;
    for (ptn_time v = 10; v >= 1; v--)
        delays_add(&d, v);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(delays_at(&d, cases[i].part) == cases[i].value, "%g: %lld", cases[i].part,
              (long long)delays_at(&d, cases[i].part));
}

static void delays_below_zero_and_beyond_all(void **state) {
    static struct delays d;
    const ptn_time huge = INT64_MAX;
    (void)state;
    delays_add(&d, -5);
    assert_int_equal(delays_at(&d, 1), 0);
    delays_add(&d, huge);
    assert_true(delays_at(&d, 1) == huge);
    assert_int_equal(d.count, 2);
}

static int by_value(const void *a, const void *b) {
    const ptn_time x = *(const ptn_time *)a, y = *(const ptn_time *)b;
    return (x > y) - (x < y);
}

/* Sorted, the judge knows the rank; the histogram may be 1.6 % above, never below. */
static void delays_of_all_sizes(void **state) {
    enum { COUNT = 20000 };
    static struct delays d;
    static ptn_time all[COUNT];
    struct ptn_rng_seed seed;
    struct ptn_rng rng = ptn_rng_seeded(&seed, 1);
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        all[i] = (ptn_time)ptn_rng_below(&rng, UINT64_C(1) << ptn_rng_below(&rng, 32));
        delays_add(&d, all[i]);
    }
    qsort(all, COUNT, sizeof all[0], by_value);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        ptn_time exact = all[(size_t)(parts[i] * COUNT) - 1], got = delays_at(&d, parts[i]);
        CHECK(got >= exact && (double)got <= (double)exact * 1.016, "%g: %lld, exactly %lld",
              parts[i], (long long)got, (long long)exact);
    }
    assert_true(delays_at(&d, 1) == all[COUNT - 1]);
    assert_true(d.max == all[COUNT - 1]);
}

/* -- stamps ------------------------------------------------------------------------------------ */

static void stamps(void **state) {
    const struct stamp in = {0x01020304, 0x1122334455667788};
    const uint8_t expected[STAMP_BYTES] = {'P',  't',  'n',  'L',  1,    2,    3,    4,
                                           0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};
    uint8_t bytes[STAMP_BYTES];
    struct stamp out;
    (void)state;
    stamp_write(bytes, &in);
    assert_memory_equal(bytes, expected, sizeof bytes);
    assert_true(stamp_read(ptn_bytes_of(bytes, sizeof bytes), &out));
    assert_true(out.number == in.number && out.sent == in.sent);
    for (size_t n = 0; n < sizeof bytes; n++)
        CHECK(!stamp_read(ptn_bytes_of(bytes, n), &out), "%zu bytes", n);
    for (size_t i = 0; i < 4; i++) {
        bytes[i] ^= 1;
        CHECK(!stamp_read(ptn_bytes_of(bytes, sizeof bytes), &out), "byte %zu", i);
        bytes[i] ^= 1;
    }
}

/* -- one stream -------------------------------------------------------------------------------- */

static bool receive(struct meter *m, uint32_t number) {
    return meter_received(m, &(struct stamp){.number = number});
}

static void nothing_comes_back(void **state) {
    struct meter m = {.sent = 40};
    (void)state;
    assert_int_equal(meter_counted(&m), 40);
    assert_int_equal(meter_lost(&m), 40);
    meter_done(&m);
}

/* The first echo is of packet 4, when 6 have been sent: 0 to 5 are early, whether they come or not.
 */
static void counting_begins_with_the_first_echo(void **state) {
    struct meter m = {.sent = 6};
    (void)state;
    assert_true(receive(&m, 4));
    assert_int_equal(meter_lost(&m), 0);
    m.sent = 10;
    assert_int_equal(meter_lost(&m), 4);
    assert_true(receive(&m, 9)); /* in any order */
    assert_true(receive(&m, 5));
    assert_true(receive(&m, 6));
    assert_int_equal(meter_counted(&m), 4);
    assert_int_equal(m.received, 2);
    assert_int_equal(m.early, 2);
    assert_int_equal(meter_lost(&m), 2);
    meter_done(&m);
}

static void what_comes_twice_counts_once(void **state) {
    struct meter m = {.sent = 1};
    (void)state;
    assert_true(receive(&m, 0));
    m.sent = 5;
    assert_true(receive(&m, 3));
    assert_false(receive(&m, 3));
    assert_false(receive(&m, 0));
    assert_int_equal(m.duplicates, 2);
    assert_int_equal(m.received, 1);
    assert_int_equal(meter_lost(&m), 3);
    meter_done(&m);
}

static void what_was_never_sent_is_foreign(void **state) {
    struct meter m = {.sent = 5};
    (void)state;
    assert_false(receive(&m, 5));
    assert_false(receive(&m, UINT32_MAX));
    assert_int_equal(m.foreign, 2);
    assert_false(m.started);
    meter_done(&m);
}

static void many(void **state) {
    struct meter m = {.sent = 1};
    (void)state;
    assert_true(receive(&m, 0));
    m.sent = 100001;
    for (uint32_t n = 100000; n >= 1; n--) /* the last first: all the room at once */
        if (n % 1000 != 0)
            assert_true(receive(&m, n));
    assert_int_equal(meter_lost(&m), 100);
    meter_done(&m);
    assert_null(m.seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_of_none_and_one),
        cmocka_unit_test(delays_that_are_small),
        cmocka_unit_test(delays_below_zero_and_beyond_all),
        cmocka_unit_test(delays_of_all_sizes),
        cmocka_unit_test(stamps),
        cmocka_unit_test(nothing_comes_back),
        cmocka_unit_test(counting_begins_with_the_first_echo),
        cmocka_unit_test(what_comes_twice_counts_once),
        cmocka_unit_test(what_was_never_sent_is_foreign),
        cmocka_unit_test(many),
    };
    return cmocka_run_group_tests_name("load meter", tests, NULL, NULL);
}
