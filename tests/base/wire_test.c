#include "test.h"

#include "base/wire.h"

static void reads_in_network_order(void **state) {
    (void)state;
    static const uint8_t raw[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(raw, sizeof raw));
    assert_int_equal(ptn_rd_u8(&r), 1);
    assert_int_equal(ptn_rd_u16(&r), 0x0203);
    assert_int_equal(ptn_rd_u24(&r), 0x040506);
    assert_int_equal(ptn_rd_u32(&r), 0x0708090a);
    assert_true(ptn_rd_u64(&r) == 0x0b0c0d0e0f101112u);
    assert_int_equal(r.left, 0);
    assert_false(r.bad);
}

static void short_read_poisons(void **state) {
    (void)state;
    static const uint8_t raw[] = {1, 2, 3};
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(raw, sizeof raw));
    assert_int_equal(ptn_rd_u32(&r) & 0xffff, 0);
    assert_true(r.bad);
    assert_int_equal(ptn_rd_u8(&r), 0);
    assert_int_equal(ptn_rd_bytes(&r, 1).n, 0);
}

static void sub_reader_cannot_leave_its_frame(void **state) {
    (void)state;
    static const uint8_t raw[] = {1, 2, 3, 4};
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(raw, sizeof raw));
    struct ptn_rd sub = ptn_rd_sub(&r, 2);
    assert_int_equal(ptn_rd_u16(&sub), 0x0102);
    assert_int_equal(ptn_rd_u8(&sub), 0);
    assert_true(sub.bad);
    assert_false(r.bad);
    assert_int_equal(ptn_rd_u16(&r), 0x0304);
    sub = ptn_rd_sub(&r, 1);
    assert_true(sub.bad && r.bad);
}

static void writer_refuses_what_does_not_fit(void **state) {
    (void)state;
    uint8_t buf[7];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    ptn_wr_u16(&w, 0);
    ptn_wr_u24(&w, 0x010203);
    ptn_wr_u8(&w, 9);
    ptn_wr_patch_u16(&w, 0, 0xabcd);
    assert_int_equal(w.len, 6);
    assert_memory_equal(buf, "\xab\xcd\x01\x02\x03\x09", 6);
    ptn_wr_u16(&w, 1);
    assert_true(w.bad);
    assert_int_equal(ptn_wr_written(&w).n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_in_network_order),
        cmocka_unit_test(short_read_poisons),
        cmocka_unit_test(sub_reader_cannot_leave_its_frame),
        cmocka_unit_test(writer_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
