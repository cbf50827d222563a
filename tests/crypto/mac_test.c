/* RFC 2202 3 (HMAC-SHA1), RFC 1321 A.5 (MD5), FIPS 180-4 examples (SHA-256). */
#include "test.h"

#include <ctype.h>
#include <stdio.h>

#include "base/mem.h"
#include "crypto/mac.h"

static const char *hex(const uint8_t *p, size_t n) {
    static char text[129];
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", p[i]);
    return text;
}

static const struct {
    const char *name;
    uint8_t key_byte; /* 0: key is text */
    size_t key_len;
    const char *key;
    uint8_t data_byte;
    size_t data_len;
    const char *data, *expected;
} hmacs[] = {
    {"1", 0x0b, 20, NULL, 0, 0, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
    {"2", 0, 0, "Jefe", 0, 0, "what do ya want for nothing?",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {"3", 0xaa, 20, NULL, 0xdd, 50, NULL, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {"5", 0x0c, 20, NULL, 0, 0, "Test With Truncation", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
    {"6", 0xaa, 80, NULL, 0, 0, "Test Using Larger Than Block-Size Key - Hash Key First",
     "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {"7", 0xaa, 80, NULL, 0, 0,
     "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
     "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"},
};

static void hmac_examples(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(hmacs); i++) {
        uint8_t key[80], data[80], mac[20];
        size_t key_len = hmacs[i].key ? strlen(hmacs[i].key) : hmacs[i].key_len;
        size_t data_len = hmacs[i].data ? strlen(hmacs[i].data) : hmacs[i].data_len;
        memset(key, hmacs[i].key_byte, sizeof key);
        memset(data, hmacs[i].data_byte, sizeof data);
        if (hmacs[i].key)
            memcpy(key, hmacs[i].key, key_len);
        if (hmacs[i].data)
            memcpy(data, hmacs[i].data, data_len);
        for (size_t cut = 0; cut <= data_len; cut++) { /* in one part, two, three */
            struct ptn_bytes parts[3] = {
                ptn_bytes_of(data, cut), {NULL, 0}, ptn_bytes_of(data + cut, data_len - cut)};
            ptn_hmac_sha1(ptn_bytes_of(key, key_len), parts, 3, mac);
            CHECK(strcmp(hex(mac, 20), hmacs[i].expected) == 0, "test case %s: %s", hmacs[i].name,
                  hex(mac, 20));
        }
    }
}

static void hmac_edges(void **state) {
    (void)state;
    uint8_t key[64], mac[20];
    struct ptn_bytes none = {NULL, 0};
    ptn_hmac_sha1(none, NULL, 0, mac); /* no key, no text */
    assert_string_equal(hex(mac, 20), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
    for (size_t i = 0; i < sizeof key; i++) /* exactly a block: used as it is (FIPS 198 A.1) */
        key[i] = (uint8_t)i;
    struct ptn_bytes text = ptn_bytes_str("Sample message for keylen=blocklen");
    ptn_hmac_sha1(ptn_bytes_of(key, 64), &text, 1, mac);
    assert_string_equal(hex(mac, 20), "5fd596ee78d5553c8ff4e72d266dfd192366da29");
}

static void digests(void **state) {
    (void)state;
    static const struct {
        const char *text, *md5, *sha256;
    } cases[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b",
         "71c480df93d6ae2f1efad1447c66c9525e316218cf51fc8d9ed832f2daf18b73"},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        uint8_t md5[16], sha[32];
        ptn_md5(ptn_bytes_str(cases[i].text), md5);
        ptn_sha256(ptn_bytes_str(cases[i].text), sha);
        assert_string_equal(hex(md5, 16), cases[i].md5);
        assert_string_equal(hex(sha, 32), cases[i].sha256);
    }
}

static void comparison(void **state) {
    (void)state;
    uint8_t a[20] = {0}, b[20] = {0};
    assert_true(ptn_mac_eq(a, b, 20));
    for (size_t i = 0; i < 20; i++) {
        b[i] = 1;
        assert_false(ptn_mac_eq(a, b, 20));
        assert_true(ptn_mac_eq(a, b, i));
        b[i] = 0;
    }
    assert_true(ptn_mac_eq(a, b, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_examples),
        cmocka_unit_test(hmac_edges),
        cmocka_unit_test(digests),
        cmocka_unit_test(comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
