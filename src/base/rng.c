#include "base/rng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

/* Small requests are many (a peer needs about a hundred), the system call is dear: a thread takes
 * RESERVE bytes at once. What has been given away is wiped. */
#define RESERVE 512
static _Thread_local struct {
    uint8_t byte[RESERVE];
    size_t left; /* the last ones */
} reserve;

static void from_kernel(uint8_t *p, size_t n) {
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            abort(); /* without randomness no key is safe */
        p += got;
        n -= (size_t)got;
    }
}

static void system_fill(void *ctx, void *buf, size_t n) {
    (void)ctx;
    if (n > RESERVE / 8) {
        from_kernel(buf, n);
        return;
    }
    if (reserve.left < n) {
        from_kernel(reserve.byte, RESERVE);
        reserve.left = RESERVE;
    }
    uint8_t *from = reserve.byte + RESERVE - reserve.left;
    memcpy(buf, from, n);
    ptn_wipe(from, n);
    reserve.left -= n;
}

struct ptn_rng ptn_rng_system(void) {
    return (struct ptn_rng){system_fill, NULL};
}

static uint64_t rotl(uint64_t x, int k) {
    return x << k | x >> (64 - k);
}

static uint64_t seed_next(struct ptn_rng_seed *st) {
    uint64_t *s = st->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

static void seeded_fill(void *ctx, void *buf, size_t n) {
    uint8_t *p = buf;
    while (n > 0) {
        uint64_t v = seed_next(ctx);
        size_t step = n < sizeof v ? n : sizeof v;
        memcpy(p, &v, step);
        p += step;
        n -= step;
    }
}

struct ptn_rng ptn_rng_seeded(struct ptn_rng_seed *state, uint64_t seed) {
    for (int i = 0; i < 4; i++) { /* splitmix64: any seed gives a usable state */
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        state->s[i] = z ^ z >> 31;
    }
    return (struct ptn_rng){seeded_fill, state};
}

uint32_t ptn_rng_u32(const struct ptn_rng *rng) {
    uint32_t v;
    rng->fill(rng->ctx, &v, sizeof v);
    return v;
}

uint64_t ptn_rng_u64(const struct ptn_rng *rng) {
    uint64_t v;
    rng->fill(rng->ctx, &v, sizeof v);
    return v;
}

uint64_t ptn_rng_below(const struct ptn_rng *rng, uint64_t n) {
    uint64_t limit = UINT64_MAX - UINT64_MAX % n; /* rejection keeps it uniform */
    uint64_t v;
    do
        v = ptn_rng_u64(rng);
    while (v >= limit);
    return v % n;
}

void ptn_rng_text(const struct ptn_rng *rng, char *out, size_t n) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[ptn_rng_below(rng, sizeof alphabet - 1)];
    out[n] = '\0';
}
