/* A source of random bytes, passed in so that a simulated call repeats exactly from its seed. */
#ifndef PTN_BASE_RNG_H
#define PTN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct ptn_rng {
    void (*fill)(void *ctx, void *buf, size_t n);
    void *ctx; /* borrowed: outlives every user of this rng */
};

/* The kernel's generator, through a small reserve of the calling thread: any thread, but a process
 * that forks must not go on in both halves. */
struct ptn_rng ptn_rng_system(void);

/* xoshiro256** for tests and load tools: never for secrets of a real server. */
struct ptn_rng_seed {
    uint64_t s[4];
};
struct ptn_rng ptn_rng_seeded(struct ptn_rng_seed *state, uint64_t seed);

uint32_t ptn_rng_u32(const struct ptn_rng *rng);
uint64_t ptn_rng_u64(const struct ptn_rng *rng);
/* Uniform in [0, n); n > 0. */
uint64_t ptn_rng_below(const struct ptn_rng *rng, uint64_t n);
/* n characters of [A-Za-z0-9] and a terminating NUL: out holds n + 1 bytes. */
void ptn_rng_text(const struct ptn_rng *rng, char *out, size_t n);

#endif
