#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p, size_t size) {
    if (p)
        return p;
    fprintf(stderr, "portunus: out of memory (%zu bytes)\n", size);
    abort();
}

void *ptn_alloc(size_t size) {
    return checked(calloc(1, size ? size : 1), size);
}

void *ptn_realloc(void *p, size_t size) {
    return checked(realloc(p, size ? size : 1), size);
}

char *ptn_strdup(const char *s) {
    return s ? ptn_strndup(s, strlen(s)) : NULL;
}

char *ptn_strndup(const char *s, size_t n) {
    n = strnlen(s, n);
    char *copy = ptn_alloc(n + 1);
    memcpy(copy, s, n);
    return copy;
}

void ptn_wipe(void *p, size_t n) {
    if (n > 0)
        explicit_bzero(p, n);
}
