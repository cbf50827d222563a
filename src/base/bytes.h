/* A borrowed view of bytes. Whoever made the bytes owns them. */
#ifndef PTN_BASE_BYTES_H
#define PTN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ptn_bytes {
    const uint8_t *p;
    size_t n;
};

static inline struct ptn_bytes ptn_bytes_of(const void *p, size_t n) {
    return (struct ptn_bytes){p, n};
}

static inline struct ptn_bytes ptn_bytes_str(const char *s) {
    return (struct ptn_bytes){(const uint8_t *)s, strlen(s)};
}

static inline bool ptn_bytes_eq(struct ptn_bytes a, struct ptn_bytes b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

#endif
