#include "base/hash.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/rng.h"

static uint64_t secret[2];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void draw(void) {
    struct ptn_rng rng = ptn_rng_system();
    rng.fill(rng.ctx, secret, sizeof secret);
    secret[0] |= 1; /* odd: multiplication by it loses nothing */
}

/* Folds a 128-bit product: every bit of the input and of the secret reaches every bit out. */
static uint64_t mix(uint64_t a, uint64_t b) {
    __extension__ unsigned __int128 p = (unsigned __int128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

unsigned ptn_hash_bytes(const void *key, size_t len) {
    pthread_once(&once, draw);
    const uint8_t *p = key;
    uint64_t h = secret[1] ^ len, word;
    for (; len >= 8; len -= 8, p += 8) {
        memcpy(&word, p, 8);
        h = mix(h ^ word, secret[0] ^ 0x9e3779b97f4a7c15u);
    }
    word = 0;
    memcpy(&word, p, len);
    h = mix(h ^ word, secret[0]);
    h = mix(h, secret[0] ^ secret[1] ^ 0xd1b54a32d192ed03u);
    return (unsigned)(h ^ h >> 32);
}
