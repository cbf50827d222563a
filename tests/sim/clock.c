/* RAND_set_rand_method is deprecated in OpenSSL 3, but there is no other way that a few lines
 * long reaches key generation and signatures too. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sim/clock.h"

#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/time.h>
#include <time.h>

#include "base/rng.h"

#define DAY_ZERO INT64_C(1767225600) /* 2026-01-01 */

static bool frozen;
static ptn_time virtual_now;
static unsigned calls;

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
    struct timespec ts;
    (void)zone;
    calls++;
    if (frozen) {
        tv->tv_sec = (time_t)(DAY_ZERO + virtual_now / PTN_SECOND);
        tv->tv_usec = (suseconds_t)(virtual_now % PTN_SECOND);
        return 0;
    }
    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = (suseconds_t)(ts.tv_nsec / 1000);
    return 0;
}

void sim_clock_set(ptn_time now) {
    frozen = true;
    virtual_now = now;
}

void sim_clock_off(void) {
    frozen = false;
}

bool sim_clock_works(void) {
    unsigned before = calls;
    struct timeval left;
    SSL_CTX *ctx = SSL_CTX_new(DTLS_method());
    SSL *ssl = SSL_new(ctx);
    SSL_set_connect_state(ssl);
    SSL_set_bio(ssl, BIO_new(BIO_s_null()), BIO_new(BIO_s_null()));
    SSL_do_handshake(ssl); /* sends into nothing and starts its timer */
    DTLSv1_get_timeout(ssl, &left);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    return calls != before;
}

static struct ptn_rng_seed state;
static struct ptn_rng rng;
static const RAND_METHOD *original;

static int seeded_bytes(unsigned char *buf, int n) {
    rng.fill(rng.ctx, buf, (size_t)n);
    return 1;
}

static int seeded_status(void) {
    return 1;
}

static const RAND_METHOD method = {
    .bytes = seeded_bytes,
    .pseudorand = seeded_bytes,
    .status = seeded_status,
};

void sim_rand_seed(uint64_t seed) {
    rng = ptn_rng_seeded(&state, seed);
    if (!original)
        original = RAND_get_rand_method();
    RAND_set_rand_method(&method);
}

void sim_rand_off(void) {
    if (original)
        RAND_set_rand_method(original);
}
