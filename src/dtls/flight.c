/* OpenSSL keeps one buffer of 21 kB per DTLS association for its whole life, though after the
 * handshake it serves only to repeat a last flight, and then it is filled anew first. The pages of
 * it go back to the kernel, which gives empty ones when they are touched again. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "dtls/internal.h"

#define PAGE 4096
/* What BUF_MEM_grow takes for SSL3_RT_MAX_PLAIN_LENGTH, the size of a message buffer. Nothing
 * depends on it: with another size the pages only stay. */
#define FLIGHT_BUFFER ((16384 + 3) / 3 * 4)

/* Where the association that is in the library's hands keeps its buffer. A peer can make the
 * library exchange it, by a message that does not fit: what has been freed is forgotten at once. */
static _Thread_local void **slot;

static void forget(const void *p) {
    if (slot && *slot == p)
        *slot = NULL;
}

static void *take(size_t n, const char *file, int line) {
    (void)file;
    (void)line;
    if (n != FLIGHT_BUFFER)
        return n == 0 ? NULL : malloc(n);
    void *p = aligned_alloc(PAGE, (n + PAGE - 1) / PAGE * PAGE);
    if (slot)
        *slot = p;
    return p;
}

static void *take_again(void *p, size_t n, const char *file, int line) {
    if (!p)
        return take(n, file, line);
    forget(p);
    if (n > 0)
        return realloc(p, n);
    free(p);
    return NULL;
}

static void give_back(void *p, const char *file, int line) {
    (void)file;
    (void)line;
    forget(p);
    free(p);
}

bool ptn_dtls_watch_memory(void) {
    return CRYPTO_set_mem_functions(take, take_again, give_back) == 1;
}

void flight_begin(struct ptn_dtls *d) {
    slot = &d->flight_buffer;
}

void flight_end(void) {
    slot = NULL;
}

void flight_release(struct ptn_dtls *d) {
    if (d->flight_buffer)
        madvise(d->flight_buffer, FLIGHT_BUFFER / PAGE * PAGE, MADV_DONTNEED);
    d->flight_buffer = NULL; /* once: what is left of the handshake is over */
}
