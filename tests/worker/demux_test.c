#include "test.h"

#include <stdio.h>

#include "worker/demux.h"

static struct ptn_addr addr(const char *ip, uint16_t port) {
    struct ptn_addr a;
    assert_int_equal(ptn_addr_parse(ip, port, &a), PTN_OK);
    return a;
}

static struct ptn_path path(uint16_t port) {
    return (struct ptn_path){addr("192.0.2.1", 20000), addr("198.51.100.7", port)};
}

static void ufrags_have_one_owner(void **state) {
    (void)state;
    struct ptn_demux *d = ptn_demux_new();
    struct ptn_names a, b;
    ptn_names_init(&a);
    ptn_names_init(&b);
    assert_true(ptn_demux_add_ufrag(d, &a, "abcd"));
    assert_true(ptn_demux_add_ufrag(d, &a, "abcd")); /* again: it is its own */
    assert_false(ptn_demux_add_ufrag(d, &b, "abcd"));
    assert_true(ptn_demux_add_ufrag(d, &a, "efgh")); /* after a restart it has two */
    assert_true(ptn_demux_add_ufrag(d, &b, "abcde"));
    assert_ptr_equal(ptn_demux_by_ufrag(d, ptn_bytes_str("abcd")), &a);
    assert_ptr_equal(ptn_demux_by_ufrag(d, ptn_bytes_str("efgh")), &a);
    assert_ptr_equal(ptn_demux_by_ufrag(d, ptn_bytes_str("abcde")), &b);
    static const char *const unknown[] = {"", "abc", "ABCD", "abcdef", "efg"};
    for (size_t i = 0; i < PTN_COUNT_OF(unknown); i++)
        assert_null(ptn_demux_by_ufrag(d, ptn_bytes_str(unknown[i])));
    assert_null(
        ptn_demux_by_ufrag(d, ptn_bytes_str("a-very-long-ufrag-that-is-none-of-ours-at-all")));
    ptn_demux_forget(d, &a);
    assert_null(ptn_demux_by_ufrag(d, ptn_bytes_str("abcd")));
    assert_null(ptn_demux_by_ufrag(d, ptn_bytes_str("efgh")));
    assert_ptr_equal(ptn_demux_by_ufrag(d, ptn_bytes_str("abcde")), &b);
    ptn_demux_forget(d, &b);
    ptn_demux_free(d);
}

static void responses_need_id_and_source(void **state) {
    (void)state;
    struct ptn_demux *d = ptn_demux_new();
    struct ptn_names a;
    uint8_t one[12] = "first id 12", two[12] = "second id12";
    struct ptn_addr to = addr("198.51.100.7", 5000), other = addr("198.51.100.7", 5001);
    ptn_names_init(&a);
    ptn_demux_add_txid(d, 0, &a, one, &to);
    assert_ptr_equal(ptn_demux_by_txid(d, one, &to), &a);
    assert_null(ptn_demux_by_txid(d, one, &other));
    assert_null(ptn_demux_by_txid(d, two, &to));
    ptn_demux_add_txid(d, PTN_SECOND, &a, one, &other); /* sent again, elsewhere */
    assert_null(ptn_demux_by_txid(d, one, &to));
    assert_ptr_equal(ptn_demux_by_txid(d, one, &other), &a);
    ptn_demux_expire(d, 10 * PTN_SECOND);
    assert_ptr_equal(ptn_demux_by_txid(d, one, &other), &a);
    ptn_demux_expire(d, 11 * PTN_SECOND);
    assert_null(ptn_demux_by_txid(d, one, &other));
    ptn_demux_add_txid(d, 12 * PTN_SECOND, &a, two, &to);
    ptn_demux_forget(d, &a);
    assert_null(ptn_demux_by_txid(d, two, &to));
    ptn_demux_free(d);
}

static void outstanding_requests_are_bounded(void **state) {
    (void)state;
    struct ptn_demux *d = ptn_demux_new();
    struct ptn_names a;
    struct ptn_addr to = addr("198.51.100.7", 5000);
    uint8_t id[12] = {0};
    ptn_names_init(&a);
    for (uint32_t i = 0; i < 131072 + 10; i++) {
        memcpy(id, &i, sizeof i);
        ptn_demux_add_txid(d, 0, &a, id, &to);
    }
    for (uint32_t i = 0; i < 12; i++) { /* the oldest ten made room */
        memcpy(id, &i, sizeof i);
        assert_int_equal(ptn_demux_by_txid(d, id, &to) != NULL, i >= 10);
    }
    ptn_demux_forget(d, &a);
    ptn_demux_free(d);
}

static void a_tuple_belongs_to_the_last_that_authenticated(void **state) {
    (void)state;
    struct ptn_demux *d = ptn_demux_new();
    struct ptn_names a, b;
    struct ptn_path p = path(1), other_socket = p;
    other_socket.local.port++;
    ptn_names_init(&a);
    ptn_names_init(&b);
    assert_null(ptn_demux_by_tuple(d, &p));
    ptn_demux_add_tuple(d, &a, &p);
    ptn_demux_add_tuple(d, &a, &p);
    assert_int_equal(a.tuple_count, 1);
    assert_ptr_equal(ptn_demux_by_tuple(d, &p), &a);
    assert_null(ptn_demux_by_tuple(d, &other_socket));
    ptn_demux_add_tuple(d, &b, &p); /* a NAT gave the address to somebody else */
    assert_ptr_equal(ptn_demux_by_tuple(d, &p), &b);
    assert_int_equal(a.tuple_count, 0);
    ptn_demux_forget(d, &a);
    assert_ptr_equal(ptn_demux_by_tuple(d, &p), &b);
    ptn_demux_forget(d, &b);
    assert_null(ptn_demux_by_tuple(d, &p));
    ptn_demux_free(d);
}

static void an_owner_has_so_many_tuples(void **state) {
    (void)state;
    struct ptn_demux *d = ptn_demux_new();
    struct ptn_names a;
    ptn_names_init(&a);
    for (uint16_t i = 1; i <= PTN_TUPLES_MAX + 3; i++) {
        struct ptn_path p = path(i);
        ptn_demux_add_tuple(d, &a, &p);
    }
    assert_int_equal(a.tuple_count, PTN_TUPLES_MAX);
    for (uint16_t i = 1; i <= PTN_TUPLES_MAX + 3; i++) {
        struct ptn_path p = path(i);
        assert_int_equal(ptn_demux_by_tuple(d, &p) != NULL, i > 3);
    }
    ptn_demux_forget(d, &a);
    ptn_demux_free(d);
}

/* The tuple in use is the one that must not make room for others: it is checked again and again. */
static void a_tuple_that_is_checked_again_stays(void **state) {
    (void)state;
    struct ptn_demux *d = ptn_demux_new();
    struct ptn_names a;
    struct ptn_path used = path(1);
    ptn_names_init(&a);
    ptn_demux_add_tuple(d, &a, &used);
    for (uint16_t i = 2; i < 300; i++) {
        struct ptn_path p = path(i);
        ptn_demux_add_tuple(d, &a, &used);
        ptn_demux_add_tuple(d, &a, &p);
        assert_ptr_equal(ptn_demux_by_tuple(d, &used), &a);
    }
    assert_int_equal(a.tuple_count, PTN_TUPLES_MAX);
    ptn_demux_forget(d, &a);
    ptn_demux_free(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ufrags_have_one_owner),
        cmocka_unit_test(responses_need_id_and_source),
        cmocka_unit_test(outstanding_requests_are_bounded),
        cmocka_unit_test(a_tuple_belongs_to_the_last_that_authenticated),
        cmocka_unit_test(an_owner_has_so_many_tuples),
        cmocka_unit_test(a_tuple_that_is_checked_again_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
