#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void ptn_str_init(struct ptn_str *str) {
    *str = (struct ptn_str){.cap = 64};
    str->s = ptn_alloc(str->cap);
}

void ptn_str_done(struct ptn_str *str) {
    free(str->s);
    *str = (struct ptn_str){0};
}

static void reserve(struct ptn_str *str, size_t more) {
    if (str->len + more + 1 <= str->cap)
        return;
    while (str->len + more + 1 > str->cap)
        str->cap *= 2;
    str->s = ptn_realloc(str->s, str->cap);
}

void ptn_str_addn(struct ptn_str *str, const char *text, size_t n) {
    reserve(str, n);
    memcpy(str->s + str->len, text, n);
    str->len += n;
    str->s[str->len] = '\0';
}

void ptn_str_add(struct ptn_str *str, const char *text) {
    ptn_str_addn(str, text, strlen(text));
}

void ptn_str_addf(struct ptn_str *str, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(str->s + str->len, str->cap - str->len, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n >= str->cap - str->len) {
        reserve(str, (size_t)n);
        vsnprintf(str->s + str->len, str->cap - str->len, fmt, again);
    }
    va_end(again);
    if (n > 0)
        str->len += (size_t)n;
}

char *ptn_str_take(struct ptn_str *str) {
    char *s = str->s;
    ptn_str_init(str);
    return s;
}

bool ptn_secret_eq(const char *a, const char *b) {
    size_t na = strlen(a), nb = strlen(b);
    unsigned diff = na != nb;
    for (size_t i = 0; i < na; i++)
        diff |= (unsigned)(unsigned char)a[i] ^ (unsigned)(unsigned char)b[nb ? i % nb : 0];
    return diff == 0;
}

bool ptn_str_copy(char *dst, size_t cap, const char *src) {
    size_t n = strlen(src);
    bool fits = n < cap;
    if (!fits)
        n = cap - 1;
    memcpy(dst, src, n);
    dst[n] = '\0';
    return fits;
}
