/* The examples printed in RFC 3711 appendix B and RFC 7714 sections 16 and 17. */
#include "test.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/mem.h"
#include "hex.h"
#include "srtp/internal.h"

/* -- RFC 3711 -------------------------------------------------------------------------------- */

/* B.2: the key stream of a session key; SSRC, ROC and SEQ are zero. */
static void counter_mode_key_stream(void **state) {
    (void)state;
    static const struct {
        size_t block;
        const char *expected;
    } cases[] = {
        {0, "E03EAD0935C95E80E166B16DD92B4EB4"},      {1, "D23513162B02D0F72A43A2FE4A5F97AB"},
        {2, "41E95B3BB0A2E8DD477901E4FCA894C0"},      {0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"},
        {0xff00, "362B7C3C6773516318A077D7FC5073AE"}, {0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"},
    };
    static uint8_t zeros[0xff02 * 16], stream[0xff02 * 16];
    uint8_t key[16], iv[16], expected[16];
    struct half h = {.cipher = EVP_CIPHER_CTX_new()};
    unhex("2B7E151628AED2A6ABF7158809CF4F3C", key);
    unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", h.salt);
    assert_int_equal(EVP_EncryptInit_ex(h.cipher, EVP_aes_128_ctr(), NULL, key, NULL), 1);
    cm_iv(&h, 0, 0, iv);
    assert_true(cm_crypt(&h, iv, (struct ptn_bytes){0}, ptn_bytes_of(zeros, sizeof zeros), stream));
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        unhex(cases[i].expected, expected);
        assert_memory_equal(stream + 16 * cases[i].block, expected, 16);
    }
    EVP_CIPHER_CTX_free(h.cipher);
}

static void encrypt_zeros(EVP_CIPHER_CTX *ctx, uint8_t out[48]) {
    static const uint8_t zeros[48];
    int n;
    assert_int_equal(EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, zeros), 1);
    assert_int_equal(EVP_EncryptUpdate(ctx, out, &n, zeros, 48), 1);
}

/* B.3. The keys live in contexts, so what they do is compared. */
static void key_derivation(void **state) {
    (void)state;
    struct ptn_srtp_keys master = {0};
    struct crypt c = {0};
    uint8_t key[16], salt[14], auth[20], ours[48], theirs[48], mac[20];
    unhex("E1F97A0D3E018BE0D64FA32C06DE4139", master.key);
    unhex("0EC675AD498AFEEBB6960B3AABE6", master.salt);
    unhex("C61E7A93744F39EE10734AFE3FF7A087", key);
    unhex("30CBBC08863D8C85D49DB34A9AE1", salt);
    unhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4", auth);
    assert_int_equal(crypt_init(&c, PTN_SRTP_AES128_CM_SHA1_80, &master, true), PTN_OK);
    assert_memory_equal(c.rtp.salt, salt, 14);

    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, NULL), 1);
    encrypt_zeros(ctx, theirs);
    encrypt_zeros(c.rtp.cipher, ours);
    assert_memory_equal(ours, theirs, 48);
    EVP_CIPHER_CTX_free(ctx);

    unsigned n = sizeof theirs;
    hmac_sign(&c.rtp.hmac, ptn_bytes_str("some "), ptn_bytes_str("text"), mac);
    assert_non_null(HMAC(EVP_sha1(), auth, 20, (const uint8_t *)"some text", 9, theirs, &n));
    assert_memory_equal(mac, theirs, 20);
    crypt_done(&c);
}

/* -- RFC 7714 -------------------------------------------------------------------------------- */

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SALT "517569642070726f2071756f"
#define RTP_HEADER "8040f17b 8041f8d3 5501a0b2"
#define RTP_TEXT                                                                                   \
    "47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573"
#define RTCP_HEADER "81c8000d 4d617273"
#define RTCP_TEXT                                                                                  \
    "4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef "   \
    "deadbeef"
#define RTCP_WORD "800005d4" /* E flag and index */

static const struct gcm_case {
    const char *name;
    size_t key_len;
    bool rtcp;
    const char *iv, *header, *trailer, *text, *sealed; /* text with its tag */
} gcm_cases[] = {
    {"16.1.1", 16, false, "51753c6580c2726f20718414", RTP_HEADER, "", RTP_TEXT,
     "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833"
     "899d7f27 beb16a91 52cf765e e4390cce"},
    {"16.2.1", 32, false, "51753c6580c2726f20718414", RTP_HEADER, "", RTP_TEXT,
     "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b"
     "7aa3db36 dfffd6b0 f9bb7878 d7a76c13"},
    {"17.1", 16, true, "517524055203726f207170bb", RTCP_HEADER, RTCP_WORD, RTCP_TEXT,
     "63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded"
     "0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade"},
    {"17.3", 32, true, "517524055203726f207170bb", RTCP_HEADER, RTCP_WORD, RTCP_TEXT,
     "d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be 8415f658 c61de047"
     "6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be"},
};

static void half_with_key(struct half *h, const struct gcm_case *c, int encrypt) {
    uint8_t key[32];
    const EVP_CIPHER *cipher = c->key_len == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    unhex(KEY, key);
    unhex(SALT, h->salt);
    h->cipher = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_CipherInit_ex(h->cipher, cipher, NULL, key, NULL, encrypt), 1);
}

static void make_iv(const struct half *h, const struct gcm_case *c, uint8_t iv[12]) {
    if (c->rtcp)
        gcm_iv_rtcp(h, 0x4d617273, 0x5d4, iv);
    else
        gcm_iv_rtp(h, 0x5501a0b2, 0xf17b, iv);
}

static void gcm_examples(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(gcm_cases); i++) {
        const struct gcm_case *c = &gcm_cases[i];
        uint8_t iv[12], expected_iv[12], head[16], tail[4], text[64], sealed[80], out[80];
        size_t head_len = unhex(c->header, head), tail_len = unhex(c->trailer, tail);
        size_t text_len = unhex(c->text, text), sealed_len = unhex(c->sealed, sealed);
        struct ptn_bytes aad = {head, head_len}, aad2 = {tail, tail_len};
        assert_int_equal(sealed_len, text_len + 16);
        for (size_t split = 0; split <= text_len; split++) { /* prefix and payload are one text */
            struct half h = {0};
            half_with_key(&h, c, 1);
            make_iv(&h, c, iv);
            unhex(c->iv, expected_iv);
            assert_memory_equal(iv, expected_iv, 12);
            assert_true(gcm_seal(&h, iv, aad, aad2, ptn_bytes_of(text, split),
                                 ptn_bytes_of(text + split, text_len - split), out));
            CHECK(memcmp(out, sealed, sealed_len) == 0, "%s split at %zu", c->name, split);
            EVP_CIPHER_CTX_free(h.cipher);
        }
        struct half h = {0};
        half_with_key(&h, c, 0);
        memcpy(out, sealed, sealed_len);
        assert_true(gcm_open(&h, iv, aad, aad2, out, text_len, out + text_len));
        CHECK(memcmp(out, text, text_len) == 0, "%s", c->name);
        out[text_len] ^= 1;
        memcpy(out, sealed, text_len);
        assert_false(gcm_open(&h, iv, aad, aad2, out, text_len, out + text_len));
        EVP_CIPHER_CTX_free(h.cipher);
    }
}

/* Indexes that no short test reaches: all bits of ROC and SSRC have their place in the IV. */
static void every_bit_of_the_index(void **state) {
    (void)state;
    struct half h = {0};
    uint8_t iv[16], expected[16];
    cm_iv(&h, 0x01234567, 0x89abcdef1357, iv);
    unhex("00000000 01234567 89abcdef1357 0000", expected);
    assert_memory_equal(iv, expected, 16);
    gcm_iv_rtp(&h, 0x01234567, 0x89abcdef1357, iv);
    unhex("0000 01234567 89abcdef 1357", expected);
    assert_memory_equal(iv, expected, 12);
    gcm_iv_rtcp(&h, 0x01234567, 0x79abcdef, iv);
    unhex("0000 01234567 0000 79abcdef", expected);
    assert_memory_equal(iv, expected, 12);
}

/* -- names ------------------------------------------------------------------------------------ */

static void profiles(void **state) {
    (void)state;
    static const struct {
        enum ptn_srtp_profile id;
        const char *name;
        size_t key, salt;
    } cases[] = {
        {PTN_SRTP_AES128_CM_SHA1_80, "AES128_CM_SHA1_80", 16, 14},
        {PTN_SRTP_AEAD_AES_128_GCM, "AEAD_AES_128_GCM", 16, 12},
        {PTN_SRTP_AEAD_AES_256_GCM, "AEAD_AES_256_GCM", 32, 12},
        {PTN_SRTP_NONE, "none", 0, 0},
        {(enum ptn_srtp_profile)2, "none", 0, 0},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        assert_string_equal(ptn_srtp_profile_name(cases[i].id), cases[i].name);
        assert_int_equal(ptn_srtp_key_len(cases[i].id), cases[i].key);
        assert_int_equal(ptn_srtp_salt_len(cases[i].id), cases[i].salt);
        struct ptn_srtp_keys keys = {0};
        struct ptn_srtp_tx *tx = NULL;
        struct ptn_srtp_rx *rx = NULL;
        ptn_err expected = cases[i].key ? PTN_OK : PTN_EUNSUPPORTED;
        assert_int_equal(ptn_srtp_tx_new(cases[i].id, &keys, &tx), expected);
        assert_int_equal(ptn_srtp_rx_new(cases[i].id, &keys, &rx), expected);
        assert_true(!tx == !cases[i].key);
        if (tx)
            assert_true(ptn_srtp_tx_memory(tx) > 1000);
        ptn_srtp_tx_free(tx);
        ptn_srtp_rx_free(rx);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counter_mode_key_stream),
        cmocka_unit_test(key_derivation),
        cmocka_unit_test(gcm_examples),
        cmocka_unit_test(every_bit_of_the_index),
        cmocka_unit_test(profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
