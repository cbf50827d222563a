/* SHA1_*, MD5_* and friends are deprecated in OpenSSL 3 in favour of EVP, which allocates and looks
 * algorithms up for every call. These digests are what the protocols prescribe and will not
 * change, and they run on every connectivity check. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/mac.h"

#include <openssl/crypto.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include "base/mem.h"

#define BLOCK 64 /* bytes of a SHA-1 block */

static void pad_key(struct ptn_bytes key, uint8_t block[BLOCK]) {
    memset(block, 0, BLOCK);
    if (key.n > BLOCK)
        SHA1(key.p, key.n, block);
    else if (key.n > 0)
        memcpy(block, key.p, key.n);
}

static void start(SHA_CTX *ctx, const uint8_t key[BLOCK], uint8_t pad) {
    uint8_t block[BLOCK];
    for (size_t i = 0; i < BLOCK; i++)
        block[i] = key[i] ^ pad;
    SHA1_Init(ctx);
    SHA1_Update(ctx, block, BLOCK);
    ptn_wipe(block, sizeof block);
}

void ptn_hmac_sha1(struct ptn_bytes key, const struct ptn_bytes *parts, size_t n, uint8_t out[20]) {
    uint8_t block[BLOCK];
    SHA_CTX ctx; /* RFC 2104 */
    pad_key(key, block);
    start(&ctx, block, 0x36);
    for (size_t i = 0; i < n; i++)
        SHA1_Update(&ctx, parts[i].p, parts[i].n);
    SHA1_Final(out, &ctx);
    start(&ctx, block, 0x5c);
    SHA1_Update(&ctx, out, 20);
    SHA1_Final(out, &ctx);
    ptn_wipe(block, sizeof block);
}

void ptn_md5(struct ptn_bytes data, uint8_t out[16]) {
    MD5(data.p, data.n, out);
}

void ptn_sha256(struct ptn_bytes data, uint8_t out[32]) {
    SHA256(data.p, data.n, out);
}

bool ptn_mac_eq(const uint8_t *a, const uint8_t *b, size_t n) {
    return CRYPTO_memcmp(a, b, n) == 0;
}
