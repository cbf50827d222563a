/* AES-GCM for SRTP and SRTCP (RFC 7714 8, 9). */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/wire.h"
#include "srtp/internal.h"

static void xor_salt(const struct half *h, uint8_t iv[12]) {
    for (size_t i = 0; i < 12; i++)
        iv[i] ^= h->salt[i];
}

/*  00 00 | SSRC (4) | ROC (4) | SEQ (2)  */
void gcm_iv_rtp(const struct half *h, uint32_t ssrc, uint64_t index, uint8_t iv[12]) {
    ptn_put_u16(iv, 0);
    ptn_put_u32(iv + 2, ssrc);
    ptn_put_u32(iv + 6, (uint32_t)(index >> 16));
    ptn_put_u16(iv + 10, (uint16_t)index);
    xor_salt(h, iv);
}

/*  00 00 | SSRC (4) | 00 00 | 0, index (4)  */
void gcm_iv_rtcp(const struct half *h, uint32_t ssrc, uint32_t index, uint8_t iv[12]) {
    ptn_put_u16(iv, 0);
    ptn_put_u32(iv + 2, ssrc);
    ptn_put_u16(iv + 6, 0);
    ptn_put_u32(iv + 8, index);
    xor_salt(h, iv);
}

static bool update(EVP_CIPHER_CTX *ctx, uint8_t *out, struct ptn_bytes in) {
    int n;
    return in.n == 0 || EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) == 1;
}

static bool begin(struct half *h, const uint8_t iv[12], struct ptn_bytes aad,
                  struct ptn_bytes aad2) {
    return EVP_CipherInit_ex(h->cipher, NULL, NULL, NULL, iv, -1) == 1 &&
           update(h->cipher, NULL, aad) && update(h->cipher, NULL, aad2);
}

/* Tags travel as parameters: the older ctrl call builds the same and costs a tenth of a packet. */
#define TAG_PARAMS(tag)                                                                            \
    {                                                                                              \
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (tag), GCM_TAG),             \
            OSSL_PARAM_construct_end()                                                             \
    }

bool gcm_seal(struct half *h, const uint8_t iv[12], struct ptn_bytes aad, struct ptn_bytes aad2,
              struct ptn_bytes prefix, struct ptn_bytes payload, uint8_t *out) {
    int n;
    uint8_t *end = out + prefix.n + payload.n;
    OSSL_PARAM tag[] = TAG_PARAMS(end);
    return begin(h, iv, aad, aad2) && update(h->cipher, out, prefix) &&
           update(h->cipher, out + prefix.n, payload) &&
           EVP_CipherFinal_ex(h->cipher, end, &n) == 1 &&
           EVP_CIPHER_CTX_get_params(h->cipher, tag) == 1;
}

bool gcm_open(struct half *h, const uint8_t iv[12], struct ptn_bytes aad, struct ptn_bytes aad2,
              uint8_t *text, size_t len, uint8_t tag[GCM_TAG]) {
    int n;
    OSSL_PARAM expected[] = TAG_PARAMS(tag);
    return begin(h, iv, aad, aad2) && update(h->cipher, text, ptn_bytes_of(text, len)) &&
           EVP_CIPHER_CTX_set_params(h->cipher, expected) == 1 &&
           EVP_CipherFinal_ex(h->cipher, text + len, &n) == 1;
}
