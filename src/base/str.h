/* A growing text. Never fails (what a peer can make it grow to is limited by the caller). */
#ifndef PTN_BASE_STR_H
#define PTN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct ptn_str {
    char *s; /* NUL-terminated, never NULL after init */
    size_t len, cap;
};

void ptn_str_init(struct ptn_str *str);
void ptn_str_done(struct ptn_str *str);
void ptn_str_add(struct ptn_str *str, const char *text);
void ptn_str_addn(struct ptn_str *str, const char *text, size_t n);
void ptn_str_addf(struct ptn_str *str, const char *fmt, ...) PTN_PRINTF(2, 3);
/* Hands the text to the caller (free it); str is as after init. */
char *ptn_str_take(struct ptn_str *str);

/* Compares all of both in a time that depends on the lengths only: for secrets. */
bool ptn_secret_eq(const char *a, const char *b);
/* Copies with truncation, always NUL-terminated; false when it was cut. */
bool ptn_str_copy(char *dst, size_t cap, const char *src);

#endif
