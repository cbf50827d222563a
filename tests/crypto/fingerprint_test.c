#include "test.h"

#include <stdlib.h>

#include "base/mem.h"
#include "crypto/cert.h"

#define B4(x) x ":" x ":" x ":" x
#define HEX20 B4("0A") ":" B4("1b") ":" B4("2C") ":" B4("3d") ":" B4("Fe")
#define HEX32 B4("00") ":" B4("11") ":" B4("22") ":" B4("33") ":" HEX16
#define HEX16 B4("44") ":" B4("55") ":" B4("66") ":" B4("77")
#define HEX48 HEX32 ":" HEX16
#define HEX64 HEX48 ":" HEX16

static const struct {
    const char *hash, *hex;
    ptn_err expected;
    enum ptn_hash id;
    size_t len;
} cases[] = {
    {"sha-1", HEX20, PTN_OK, PTN_SHA1, 20},
    {"SHA-1", HEX20, PTN_OK, PTN_SHA1, 20},
    {"sha-256", HEX32, PTN_OK, PTN_SHA256, 32},
    {"Sha-256", HEX32, PTN_OK, PTN_SHA256, 32},
    {"sha-384", HEX48, PTN_OK, PTN_SHA384, 48},
    {"sha-512", HEX64, PTN_OK, PTN_SHA512, 64},
    {"md5", HEX16, PTN_EUNSUPPORTED, 0, 0},
    {"md2", HEX16, PTN_EUNSUPPORTED, 0, 0},
    {"sha-224", HEX20, PTN_EUNSUPPORTED, 0, 0},
    {"sha256", HEX32, PTN_EUNSUPPORTED, 0, 0},
    {"", HEX32, PTN_EUNSUPPORTED, 0, 0},
    {"none", "", PTN_EUNSUPPORTED, 0, 0},
    {"sha-256", HEX20, PTN_EMALFORMED, 0, 0},
    {"sha-1", HEX32, PTN_EMALFORMED, 0, 0},
    {"sha-256", HEX48, PTN_EMALFORMED, 0, 0},
    {"sha-1", HEX20 ":", PTN_EMALFORMED, 0, 0},
    {"sha-1", HEX20 " ", PTN_EMALFORMED, 0, 0},
    {"sha-1", ":" HEX20, PTN_EMALFORMED, 0, 0},
    {"sha-1", "0A0" HEX20, PTN_EMALFORMED, 0, 0},
    {"sha-1", B4("0A") "-" B4("1b") ":" B4("2C") ":" B4("3d") ":" B4("Fe"), PTN_EMALFORMED, 0, 0},
    {"sha-1", B4("0G") ":" B4("1b") ":" B4("2C") ":" B4("3d") ":" B4("Fe"), PTN_EMALFORMED, 0, 0},
    {"sha-1", B4("G0") ":" B4("1b") ":" B4("2C") ":" B4("3d") ":" B4("Fe"), PTN_EMALFORMED, 0, 0},
    {"sha-1", "", PTN_EMALFORMED, 0, 0},
};

static void parsing(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct ptn_fingerprint fp, untouched;
        memset(&fp, 0xee, sizeof fp);
        untouched = fp;
        ptn_err err = ptn_fingerprint_parse(cases[i].hash, cases[i].hex, &fp);
        CHECK(err == cases[i].expected, "%s %s: %s", cases[i].hash, cases[i].hex,
              ptn_err_name(err));
        if (err != PTN_OK) {
            assert_memory_equal(&fp, &untouched, sizeof fp);
            continue;
        }
        assert_int_equal(fp.hash, cases[i].id);
        assert_int_equal(fp.len, cases[i].len);
        assert_int_equal(fp.digest[0], cases[i].len == 20 ? 0x0a : 0);
        assert_int_equal(fp.digest[fp.len - 1], cases[i].len == 20 ? 0xfe : 0x77);
    }
}

static void truncated(void **state) {
    (void)state;
    char text[] = HEX32;
    struct ptn_fingerprint fp;
    for (size_t n = 0; n < sizeof text - 1; n++) {
        char *cut = ptn_strndup(text, n); /* its own allocation: an overread is seen */
        CHECK(ptn_fingerprint_parse("sha-256", cut, &fp) == PTN_EMALFORMED, "cut to %zu", n);
        free(cut);
    }
}

static void text_and_back(void **state) {
    (void)state;
    static const enum ptn_hash hashes[] = {PTN_SHA1, PTN_SHA256, PTN_SHA384, PTN_SHA512};
    struct ptn_cert *cert;
    char text[PTN_FINGERPRINT_TEXT];
    assert_int_equal(ptn_cert_generate(false, &cert), PTN_OK);
    for (size_t i = 0; i < PTN_COUNT_OF(hashes); i++) {
        struct ptn_fingerprint fp, back;
        ptn_cert_fingerprint(cert, hashes[i], &fp);
        assert_ptr_equal(ptn_fingerprint_text(&fp, text, sizeof text), text);
        assert_int_equal(strlen(text), fp.len * 3u - 1);
        for (const char *c = text; *c; c++)
            assert_non_null(strchr("0123456789ABCDEF:", *c));
        assert_int_equal(ptn_fingerprint_parse(ptn_hash_name(hashes[i]), text, &back), PTN_OK);
        assert_memory_equal(&fp, &back, sizeof fp);
    }
    ptn_cert_unref(cert);
}

static void small_buffer(void **state) {
    (void)state;
    struct ptn_fingerprint fp = {.hash = PTN_SHA1, .len = 20};
    for (size_t cap = 1; cap < 70; cap++) {
        char *buf = malloc(cap);
        ptn_fingerprint_text(&fp, buf, cap);
        assert_true(strlen(buf) < cap);
        free(buf);
    }
}

static void names(void **state) {
    (void)state;
    assert_string_equal(ptn_hash_name(PTN_SHA1), "sha-1");
    assert_string_equal(ptn_hash_name(PTN_SHA256), "sha-256");
    assert_string_equal(ptn_hash_name(PTN_SHA384), "sha-384");
    assert_string_equal(ptn_hash_name(PTN_SHA512), "sha-512");
    assert_string_equal(ptn_hash_name(PTN_HASH_NONE), "none");
    assert_true(PTN_SHA1 < PTN_SHA256 && PTN_SHA256 < PTN_SHA384 && PTN_SHA384 < PTN_SHA512);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parsing),       cmocka_unit_test(truncated),
        cmocka_unit_test(text_and_back), cmocka_unit_test(small_buffer),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
