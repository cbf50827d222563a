#include "test.h"

#include "base/mem.h"
#include "vectors.h"

static struct ptn_bytes bytes_of(const struct vector *v) {
    return ptn_bytes_of(v->data, v->len);
}

static struct ptn_addr addr(const char *text, uint16_t port) {
    struct ptn_addr a;
    assert_int_equal(ptn_addr_parse(text, port, &a), PTN_OK);
    return a;
}

static void reads_the_sample_request(void **state) {
    (void)state;
    struct ptn_stun m;
    struct ptn_bytes first, second;
    assert_int_equal(ptn_stun_parse(bytes_of(&vectors[0]), &m), PTN_OK);
    assert_int_equal(m.class, PTN_STUN_REQUEST);
    assert_int_equal(m.method, PTN_STUN_BINDING);
    assert_memory_equal(m.txid, rfc5769_request + 8, 12);
    assert_int_equal(m.priority, 0x6e0001ff);
    assert_true(m.has_priority && m.has_controlled && !m.has_controlling && !m.use_candidate);
    assert_true(m.tie_breaker == 0x932ff9b151263b36u);
    assert_true(ptn_bytes_eq(m.software, ptn_bytes_str("STUN test client")));
    assert_true(m.has_integrity && m.has_fingerprint);
    assert_int_equal(m.unknown_count, 0);
    assert_int_equal(ptn_stun_split_username(&m, &first, &second), PTN_OK);
    assert_true(ptn_bytes_eq(first, ptn_bytes_str("evtj")));
    assert_true(ptn_bytes_eq(second, ptn_bytes_str("h6vY")));
}

static void reads_the_sample_responses(void **state) {
    (void)state;
    struct ptn_stun m;
    struct ptn_addr v4 = addr("192.0.2.1", 32853);
    struct ptn_addr v6 = addr("2001:db8:1234:5678:11:2233:4455:6677", 32853);
    assert_int_equal(ptn_stun_parse(bytes_of(&vectors[1]), &m), PTN_OK);
    assert_int_equal(m.class, PTN_STUN_SUCCESS);
    assert_true(ptn_addr_eq(&m.mapped, &v4));
    assert_true(ptn_bytes_eq(m.software, ptn_bytes_str("test vector")));
    assert_int_equal(ptn_stun_parse(bytes_of(&vectors[2]), &m), PTN_OK);
    assert_true(ptn_addr_eq(&m.mapped, &v6));
}

static void reads_the_long_term_request(void **state) {
    (void)state;
    struct ptn_stun m;
    assert_int_equal(ptn_stun_parse(bytes_of(&vectors[3]), &m), PTN_OK);
    assert_true(ptn_bytes_eq(m.realm, ptn_bytes_str("example.org")));
    assert_true(ptn_bytes_eq(m.nonce, ptn_bytes_str("f//499k954d6OL34oL9FSTvy64sA")));
    assert_int_equal(m.username.n, 18);
    assert_false(m.has_fingerprint);
}

static void verifies_with_the_right_key_only(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(vectors); i++) {
        struct ptn_stun m;
        struct ptn_bytes key =
            i == 3 ? ptn_bytes_of(rfc5769_long_term_key, 16) : ptn_bytes_str(RFC5769_PASSWORD);
        CHECK(ptn_stun_parse(bytes_of(&vectors[i]), &m) == PTN_OK, "%s", vectors[i].name);
        CHECK(ptn_stun_verify(&m, key) == PTN_OK, "%s", vectors[i].name);
        key.n--;
        CHECK(ptn_stun_verify(&m, key) == PTN_EAUTH, "%s", vectors[i].name);
        CHECK(ptn_stun_verify(&m, ptn_bytes_str("")) == PTN_EAUTH, "%s", vectors[i].name);
    }
}

/* Exactly sized copies, so that the sanitizer sees any byte read past the end. */
static ptn_err parse_copy(const uint8_t *data, size_t n, struct ptn_stun *m) {
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, data, n);
    ptn_err err = ptn_stun_parse(ptn_bytes_of(copy, n), m);
    free(copy);
    return err;
}

static void refuses_every_truncation(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(vectors); i++) {
        for (size_t n = 0; n < vectors[i].len; n++) {
            struct ptn_stun m = {.priority = 77};
            CHECK(parse_copy(vectors[i].data, n, &m) == PTN_EMALFORMED, "%s %zu", vectors[i].name,
                  n);
            CHECK(m.priority == 77, "output changed");
        }
    }
}

/* The same with the header's length made to fit: attributes are then cut or missing. */
static void survives_truncation_with_fitting_length(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(vectors); i++) {
        for (size_t n = 20; n < vectors[i].len; n++) {
            uint8_t buf[128];
            struct ptn_stun m;
            memcpy(buf, vectors[i].data, n);
            ptn_put_u16(buf + 2, (uint16_t)(n - 20));
            ptn_err err = parse_copy(buf, n, &m);
            CHECK(n % 4 == 0 || err == PTN_EMALFORMED, "%s %zu", vectors[i].name, n);
        }
    }
}

static void notices_every_flipped_bit(void **state) {
    (void)state;
    for (size_t bit = 0; bit < sizeof rfc5769_request * 8; bit++) {
        uint8_t buf[sizeof rfc5769_request];
        struct ptn_stun m;
        memcpy(buf, rfc5769_request, sizeof buf);
        buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ptn_err err = ptn_stun_parse(ptn_bytes_of(buf, sizeof buf), &m);
        if (err == PTN_OK) /* only what hides the FINGERPRINT attribute itself gets this far */
            CHECK(!m.has_fingerprint, "bit %zu", bit);
    }
}

/* header, then the given attributes */
#define HEAD(type, len)                                                                            \
    (type) >> 8, (type)&0xff, 0, (len), 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, \
        12

static const struct {
    const char *name;
    size_t len;
    uint8_t data[64];
    ptn_err expected;
} cases[] = {
    {"bare request", 20, {HEAD(0x0001, 0)}, PTN_OK},
    {"bare indication", 20, {HEAD(0x0011, 0)}, PTN_OK},
    {"first bits set", 20, {HEAD(0x4001, 0)}, PTN_EMALFORMED},
    {"length beyond the end", 20, {HEAD(0x0001, 4)}, PTN_EMALFORMED},
    {"length short of the end", 24, {HEAD(0x0001, 0), 0x80, 0x22, 0, 0}, PTN_EMALFORMED},
    {"length not a multiple of 4", 22, {HEAD(0x0001, 2), 0, 0}, PTN_EMALFORMED},
    {"empty SOFTWARE", 24, {HEAD(0x0001, 4), 0x80, 0x22, 0, 0}, PTN_OK},
    {"attribute past the end", 28, {HEAD(0x0001, 8), 0x80, 0x22, 0, 5, 1, 2, 3, 4}, PTN_EMALFORMED},
    {"PRIORITY too short", 28, {HEAD(0x0001, 8), 0, 0x24, 0, 3, 1, 2, 3, 0}, PTN_EMALFORMED},
    {"USE-CANDIDATE with a value",
     28,
     {HEAD(0x0001, 8), 0, 0x25, 0, 4, 0, 0, 0, 0},
     PTN_EMALFORMED},
    {"USERNAME empty", 24, {HEAD(0x0001, 4), 0, 6, 0, 0}, PTN_EMALFORMED},
    {"MESSAGE-INTEGRITY short", 28, {HEAD(0x0001, 8), 0, 8, 0, 4, 0, 0, 0, 0}, PTN_EMALFORMED},
    {"FINGERPRINT wrong", 28, {HEAD(0x0001, 8), 0x80, 0x28, 0, 4, 1, 1, 1, 1}, PTN_EMALFORMED},
    {"error 487", 28, {HEAD(0x0111, 8), 0, 9, 0, 4, 0, 0, 4, 87}, PTN_OK},
    {"error class 7", 28, {HEAD(0x0111, 8), 0, 9, 0, 4, 0, 0, 7, 0}, PTN_EMALFORMED},
    {"error number 100", 28, {HEAD(0x0111, 8), 0, 9, 0, 4, 0, 0, 4, 100}, PTN_EMALFORMED},
    {"address of no family",
     32,
     {HEAD(0x0101, 12), 0, 0x20, 0, 8, 0, 3, 0, 0, 1, 2, 3, 4},
     PTN_EMALFORMED},
    {"IPv6 family, IPv4 length",
     32,
     {HEAD(0x0101, 12), 0, 0x20, 0, 8, 0, 2, 0, 0, 1, 2, 3, 4},
     PTN_EMALFORMED},
};

static void judges_small_messages(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct ptn_stun m;
        CHECK(parse_copy(cases[i].data, cases[i].len, &m) == cases[i].expected, "%s",
              cases[i].name);
        CHECK(ptn_stun_verify(&(struct ptn_stun){.whole = {cases[i].data, cases[i].len}},
                              ptn_bytes_str("x")) == PTN_EAUTH,
              "%s", cases[i].name);
    }
}

static void collects_unknown_attributes(void **state) {
    (void)state;
    uint8_t buf[256];
    struct ptn_stun_wr w;
    struct ptn_stun m;
    size_t len;
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, 1, (const uint8_t *)"abcdefghijkl");
    for (uint16_t i = 0; i < 12; i++)
        ptn_stun_add_bytes(&w, (uint16_t)(0x7000 + i), ptn_bytes_of("xy", i % 3));
    ptn_stun_add_bytes(&w, 0xc057, ptn_bytes_str("optional"));
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(""), &len), PTN_OK);
    assert_int_equal(ptn_stun_parse(ptn_bytes_of(buf, len), &m), PTN_OK);
    assert_int_equal(m.unknown_count, 8);
    assert_int_equal(m.unknown[0], 0x7000);
    assert_int_equal(m.unknown[7], 0x7007);
    assert_false(m.has_integrity);
}

/* RFC 8489 14.5: nothing after MESSAGE-INTEGRITY counts, or a stranger could add USE-CANDIDATE. */
static void ignores_what_follows_integrity(void **state) {
    (void)state;
    uint8_t buf[256];
    struct ptn_stun_wr w;
    struct ptn_stun m;
    size_t len;
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, 1, (const uint8_t *)"abcdefghijkl");
    ptn_stun_add_priority(&w, 5);
    ptn_stun_add_bytes(&w, 0x0008, ptn_bytes_of("01234567890123456789", 20));
    ptn_stun_add_use_candidate(&w);
    ptn_stun_add_bytes(&w, 0x7777, ptn_bytes_str("abcd"));
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(""), &len), PTN_OK);
    assert_int_equal(ptn_stun_parse(ptn_bytes_of(buf, len), &m), PTN_OK);
    assert_true(m.has_integrity && m.has_fingerprint && m.has_priority);
    assert_false(m.use_candidate);
    assert_int_equal(m.unknown_count, 0);
}

static void first_of_repeated_attributes_counts(void **state) {
    (void)state;
    uint8_t buf[128];
    struct ptn_stun_wr w;
    struct ptn_stun m;
    size_t len;
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, 1, (const uint8_t *)"abcdefghijkl");
    ptn_stun_add_priority(&w, 5);
    ptn_stun_add_priority(&w, 6);
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(""), &len), PTN_OK);
    assert_int_equal(ptn_stun_parse(ptn_bytes_of(buf, len), &m), PTN_OK);
    assert_int_equal(m.priority, 5);
}

static void xor_mapped_wins_over_mapped(void **state) {
    (void)state;
    struct ptn_addr want = addr("203.0.113.9", 999);
    const uint8_t plain[8] = {0, 1, 0, 1, 10, 0, 0, 1};
    for (int xor_first = 0; xor_first < 2; xor_first++) {
        uint8_t buf[128];
        struct ptn_stun_wr w;
        struct ptn_stun m;
        size_t len;
        ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_SUCCESS, 1, (const uint8_t *)"abcdefghijkl");
        if (xor_first)
            ptn_stun_add_xor_mapped(&w, &want);
        ptn_stun_add_bytes(&w, 0x0001, ptn_bytes_of(plain, sizeof plain));
        if (!xor_first)
            ptn_stun_add_xor_mapped(&w, &want);
        assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(""), &len), PTN_OK);
        assert_int_equal(ptn_stun_parse(ptn_bytes_of(buf, len), &m), PTN_OK);
        CHECK(ptn_addr_eq(&m.mapped, &want), "xor first: %d", xor_first);
    }
}

static void splits_usernames(void **state) {
    (void)state;
    static const struct {
        const char *name;
        ptn_err expected;
        size_t first, second;
    } rows[] = {
        {"a:b", PTN_OK, 1, 1},
        {"abcd:efgh", PTN_OK, 4, 4},
        {":b", PTN_OK, 0, 1},
        {"a:", PTN_OK, 1, 0},
        {"", PTN_EMALFORMED, 0, 0},
        {"abc", PTN_EMALFORMED, 0, 0},
        {"a:b:c", PTN_EMALFORMED, 0, 0},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_stun m = {.username = ptn_bytes_str(rows[i].name)};
        struct ptn_bytes a = {0}, b = {0};
        CHECK(ptn_stun_split_username(&m, &a, &b) == rows[i].expected, "%s", rows[i].name);
        CHECK(a.n == rows[i].first && b.n == rows[i].second, "%s", rows[i].name);
    }
}

static void tells_stun_from_other_packets(void **state) {
    (void)state;
    uint8_t buf[sizeof rfc5769_request];
    memcpy(buf, rfc5769_request, sizeof buf);
    assert_true(ptn_stun_is(ptn_bytes_of(buf, sizeof buf)));
    buf[0] = 22; /* DTLS */
    assert_false(ptn_stun_is(ptn_bytes_of(buf, sizeof buf)));
    buf[0] = 0x80; /* RTP */
    assert_false(ptn_stun_is(ptn_bytes_of(buf, sizeof buf)));
    buf[0] = 0;
    buf[4] ^= 1; /* no cookie */
    assert_false(ptn_stun_is(ptn_bytes_of(buf, sizeof buf)));
    assert_false(ptn_stun_is(ptn_bytes_of(NULL, 0)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_sample_request),
        cmocka_unit_test(reads_the_sample_responses),
        cmocka_unit_test(reads_the_long_term_request),
        cmocka_unit_test(verifies_with_the_right_key_only),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(survives_truncation_with_fitting_length),
        cmocka_unit_test(notices_every_flipped_bit),
        cmocka_unit_test(judges_small_messages),
        cmocka_unit_test(collects_unknown_attributes),
        cmocka_unit_test(ignores_what_follows_integrity),
        cmocka_unit_test(first_of_repeated_attributes_counts),
        cmocka_unit_test(xor_mapped_wins_over_mapped),
        cmocka_unit_test(splits_usernames),
        cmocka_unit_test(tells_stun_from_other_packets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
