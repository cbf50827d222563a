#include "test.h"

#include "base/mem.h"
#include "vectors.h"

static const uint8_t *txid_of(const struct vector *v) {
    return v->data + 8;
}

/* The vectors pad with spaces, we with zeros: the reader is told to make both the same. */
static void unspace(uint8_t *buf, const size_t *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf[at[i]] = 0;
}

/* Everything but the padding, and the sums that cover it, is byte for byte the RFC's. */
static void writes_the_sample_request(void **state) {
    (void)state;
    uint8_t buf[256], want[sizeof rfc5769_request];
    struct ptn_stun_wr w;
    size_t len;
    static const size_t padding[] = {73, 74, 75};
    memcpy(want, rfc5769_request, sizeof want);
    unspace(want, padding, 3);
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, PTN_STUN_BINDING, txid_of(&vectors[0]));
    ptn_stun_add_bytes(&w, 0x8022, ptn_bytes_str("STUN test client"));
    ptn_stun_add_priority(&w, 0x6e0001ff);
    ptn_stun_add_role(&w, false, 0x932ff9b151263b36u);
    ptn_stun_add_username(&w, "evtj", "h6vY");
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(RFC5769_PASSWORD), &len), PTN_OK);
    assert_int_equal(len, sizeof want);
    assert_memory_equal(buf, want, 80); /* up to the HMAC */
    struct ptn_stun m;
    assert_int_equal(ptn_stun_parse(ptn_bytes_of(buf, len), &m), PTN_OK);
    assert_int_equal(ptn_stun_verify(&m, ptn_bytes_str(RFC5769_PASSWORD)), PTN_OK);
}

/* No padding involved: the long-term sample is reproduced whole, integrity included. */
static void writes_the_long_term_request(void **state) {
    (void)state;
    uint8_t buf[256];
    struct ptn_stun_wr w;
    size_t len;
    const uint8_t *v = rfc5769_long_term;
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, PTN_STUN_BINDING, txid_of(&vectors[3]));
    ptn_stun_add_bytes(&w, 0x0006, ptn_bytes_of(v + 24, 18));
    ptn_stun_add_bytes(&w, 0x0015, ptn_bytes_of(v + 48, 28));
    ptn_stun_add_bytes(&w, 0x0014, ptn_bytes_str("example.org"));
    struct ptn_bytes key = ptn_bytes_of(rfc5769_long_term_key, 16);
    assert_int_equal(ptn_stun_end(&w, key, &len), PTN_OK);
    assert_int_equal(len, sizeof rfc5769_long_term + 8); /* we always add FINGERPRINT */
    ptn_put_u16(buf + 2, 0x60);
    assert_memory_equal(buf, rfc5769_long_term, sizeof rfc5769_long_term);
}

static void round_trips_all_attributes(void **state) {
    (void)state;
    uint8_t buf[512];
    struct ptn_stun_wr w;
    struct ptn_stun m;
    size_t len;
    struct ptn_addr v6;
    static const uint16_t unknown[] = {0x7001, 0x7002, 0x7003};
    assert_int_equal(ptn_addr_parse("2001:db8::7", 65535, &v6), PTN_OK);
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_ERROR, PTN_STUN_BINDING,
                   (const uint8_t *)"abcdefghijkl");
    ptn_stun_add_error(&w, 487, "Role Conflict");
    ptn_stun_add_unknown(&w, unknown, 3);
    ptn_stun_add_xor_mapped(&w, &v6);
    ptn_stun_add_role(&w, true, UINT64_MAX);
    ptn_stun_add_use_candidate(&w);
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str("key"), &len), PTN_OK);
    assert_int_equal(len % 4, 0);
    assert_int_equal(ptn_stun_parse(ptn_bytes_of(buf, len), &m), PTN_OK);
    assert_int_equal(m.class, PTN_STUN_ERROR);
    assert_int_equal(m.error_code, 487);
    assert_true(ptn_addr_eq(&m.mapped, &v6));
    assert_true(m.has_controlling && m.tie_breaker == UINT64_MAX && m.use_candidate);
    assert_int_equal(ptn_stun_verify(&m, ptn_bytes_str("key")), PTN_OK);
    assert_int_equal(ptn_stun_verify(&m, ptn_bytes_str("kez")), PTN_EAUTH);
}

static void every_class_and_method_round_trips(void **state) {
    (void)state;
    for (unsigned method = 0; method < 0x100; method++) {
        for (unsigned class = 0; class < 4; class ++) {
            uint8_t buf[64];
            struct ptn_stun_wr w;
            struct ptn_stun m;
            size_t len;
            ptn_stun_begin(&w, buf, sizeof buf, (enum ptn_stun_class) class, (uint16_t)method,
                           (const uint8_t *)"abcdefghijkl");
            assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(""), &len), PTN_OK);
            assert_int_equal(ptn_stun_parse(ptn_bytes_of(buf, len), &m), PTN_OK);
            assert_int_equal(m.class, class);
            assert_int_equal(m.method, method);
        }
    }
}

static void says_when_it_does_not_fit(void **state) {
    (void)state;
    uint8_t whole[256];
    size_t full = 0;
    for (size_t cap = 0; cap <= sizeof whole; cap++) {
        uint8_t *buf = malloc(cap ? cap : 1);
        struct ptn_stun_wr w;
        size_t len = 12345;
        struct ptn_addr a = {.family = 4, .port = 1};
        ptn_stun_begin(&w, buf, cap, PTN_STUN_REQUEST, 1, (const uint8_t *)"abcdefghijkl");
        ptn_stun_add_username(&w, "theirs", "ours");
        ptn_stun_add_xor_mapped(&w, &a);
        ptn_err err = ptn_stun_end(&w, ptn_bytes_str("key"), &len);
        CHECK(err == PTN_OK || (err == PTN_ELIMIT && len == 12345), "cap %zu", cap);
        if (err == PTN_OK && !full)
            full = cap;
        CHECK(err == PTN_OK || !full, "fits %zu, not %zu", full, cap);
        free(buf);
    }
    assert_int_equal(full, 20 + 4 + 12 + 12 + 24 + 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_sample_request),
        cmocka_unit_test(writes_the_long_term_request),
        cmocka_unit_test(round_trips_all_attributes),
        cmocka_unit_test(every_class_and_method_round_trips),
        cmocka_unit_test(says_when_it_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
