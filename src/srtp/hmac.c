/* The deprecated SHA1_* calls are used here on purpose: they work on a plain struct, so that the
 * digested key blocks can be kept and copied. The EVP way allocates and costs twice the time. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <string.h>

#include "base/mem.h"
#include "srtp/internal.h"

_Static_assert(sizeof(SHA_CTX) <= SHA1_STATE, "SHA1_STATE holds a SHA_CTX");

static void digest_key(uint8_t *state, const uint8_t *key, size_t len, uint8_t pad) {
    uint8_t block[64];
    SHA_CTX ctx;
    memset(block, pad, sizeof block);
    for (size_t i = 0; i < len; i++)
        block[i] ^= key[i];
    SHA1_Init(&ctx);
    SHA1_Update(&ctx, block, sizeof block);
    memcpy(state, &ctx, sizeof ctx);
    ptn_wipe(block, sizeof block);
    ptn_wipe(&ctx, sizeof ctx);
}

void hmac_init(struct hmac *h, const uint8_t *key, size_t len) {
    digest_key(h->inner, key, len, 0x36);
    digest_key(h->outer, key, len, 0x5c);
}

void hmac_sign(const struct hmac *h, struct ptn_bytes a, struct ptn_bytes b, uint8_t out[20]) {
    SHA_CTX ctx;
    memcpy(&ctx, h->inner, sizeof ctx);
    SHA1_Update(&ctx, a.p, a.n);
    SHA1_Update(&ctx, b.p, b.n);
    SHA1_Final(out, &ctx);
    memcpy(&ctx, h->outer, sizeof ctx);
    SHA1_Update(&ctx, out, 20);
    SHA1_Final(out, &ctx);
}
