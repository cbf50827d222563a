/* Session keys from the master key and salt (RFC 3711 4.3, RFC 7714 11), key derivation rate 0. */
#include <string.h>

#include "base/mem.h"
#include "srtp/internal.h"

enum label { RTP_KEY, RTP_AUTH, RTP_SALT, RTCP_KEY, RTCP_AUTH, RTCP_SALT };

/* AES in counter mode over zeros; the label goes into byte 7 of the salt. */
static bool derive(const struct profile *p, const struct ptn_srtp_keys *keys, enum label label,
                   uint8_t *out, size_t len) {
    uint8_t iv[16] = {0}, zeros[32] = {0};
    int n = 0;
    memcpy(iv, keys->salt, p->salt_len);
    iv[7] ^= (uint8_t)label;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = p->key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    bool ok = ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, keys->key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &n, zeros, (int)len) == 1 && (size_t)n == len;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static const EVP_CIPHER *session_cipher(const struct profile *p) {
    if (!p->is_gcm)
        return EVP_aes_128_ctr();
    return p->key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
}

static bool half_init(struct half *h, const struct profile *p, const struct ptn_srtp_keys *keys,
                      enum label first, bool encrypt) {
    uint8_t key[32], auth[20];
    bool ok = derive(p, keys, first, key, p->key_len) &&
              derive(p, keys, first + RTP_SALT, h->salt, p->salt_len);
    if (ok && !p->is_gcm) {
        ok = derive(p, keys, first + RTP_AUTH, auth, sizeof auth);
        if (ok)
            hmac_init(&h->hmac, auth, sizeof auth);
        encrypt = true; /* counter mode has one direction */
    }
    h->cipher = ok ? EVP_CIPHER_CTX_new() : NULL;
    ok =
        h->cipher && EVP_CipherInit_ex(h->cipher, session_cipher(p), NULL, key, NULL, encrypt) == 1;
    ptn_wipe(key, sizeof key);
    ptn_wipe(auth, sizeof auth);
    return ok;
}

ptn_err crypt_init(struct crypt *c, enum ptn_srtp_profile profile, const struct ptn_srtp_keys *keys,
                   bool encrypt) {
    const struct profile *p = profile_find(profile);
    if (!p)
        return PTN_EUNSUPPORTED;
    c->profile = profile;
    if (half_init(&c->rtp, p, keys, RTP_KEY, encrypt) &&
        half_init(&c->rtcp, p, keys, RTCP_KEY, encrypt))
        return PTN_OK;
    crypt_done(c);
    return PTN_EIO;
}

void crypt_done(struct crypt *c) {
    EVP_CIPHER_CTX_free(c->rtp.cipher); /* wipes its key schedule */
    EVP_CIPHER_CTX_free(c->rtcp.cipher);
    ptn_wipe(c, sizeof *c);
}
