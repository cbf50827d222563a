#include "test.h"

#include "rtp/seq.h"

static void unwraps_sequence_numbers(void **state) {
    (void)state;
    static const struct {
        uint16_t seq;
        int64_t ext;
    } steps[] = {
        {10, 65546},    {9, 65545},      {65535, 65535},  {11, 65547},
        {32778, 98314}, {65534, 131070}, {2, 131074},     {65535, 131071},
        {3, 131075},    {32771, 98307},  {32770, 163842}, {4, 196612 - 65536},
    };
    struct ptn_unwrap u = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int64_t ext = ptn_unwrap_seq(&u, steps[i].seq);
        CHECK(ext == steps[i].ext, "step %zu: %ld", i, (long)ext);
    }
}

static void sequence_numbers_grow_through_many_cycles(void **state) {
    (void)state;
    struct ptn_unwrap u = {0};
    for (int64_t i = 0; i < 1000000; i += 997)
        CHECK(ptn_unwrap_seq(&u, (uint16_t)(i % 65536)) == i + 65536, "%ld", (long)i);
}

static void unwraps_timestamps(void **state) {
    (void)state;
    static const struct {
        uint32_t ts;
        int64_t ext;
    } steps[] = {
        {0xffffff00, INT64_C(0x1ffffff00)}, {0x00000100, INT64_C(0x200000100)},
        {0xffffffff, INT64_C(0x1ffffffff)}, {0x80000000, INT64_C(0x280000000)},
        {0x00000000, INT64_C(0x200000000)}, /* half way: taken for the past */
    };
    struct ptn_unwrap u = {0};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        int64_t ext = ptn_unwrap_ts(&u, steps[i].ts);
        CHECK(ext == steps[i].ext, "step %zu: %lx", i, (long)ext);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unwraps_sequence_numbers),
        cmocka_unit_test(sequence_numbers_grow_through_many_cycles),
        cmocka_unit_test(unwraps_timestamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
