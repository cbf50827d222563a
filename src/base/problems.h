/* Everything wrong with a configuration, collected and reported together:
 *   file:line: key: what was found; what is allowed; did you mean 'ws_ip'?
 * One thread. */
#ifndef PTN_BASE_PROBLEMS_H
#define PTN_BASE_PROBLEMS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

/* Where a setting was written, for messages. Borrowed strings outlive the configuration. */
struct ptn_where {
    const char *file; /* NULL: command line or built-in default */
    int line;         /* 0: none */
    const char *key;  /* "general.ws_ip" or "--interface" */
};

struct ptn_problems;

struct ptn_problems *ptn_problems_new(void);
void ptn_problems_free(struct ptn_problems *p);
void ptn_problems_error(struct ptn_problems *p, struct ptn_where where, const char *fmt, ...)
    PTN_PRINTF(3, 4);
void ptn_problems_warn(struct ptn_problems *p, struct ptn_where where, const char *fmt, ...)
    PTN_PRINTF(3, 4);
void ptn_problems_note(struct ptn_problems *p, struct ptn_where where, const char *fmt, ...)
    PTN_PRINTF(3, 4);
size_t ptn_problems_errors(const struct ptn_problems *p);
size_t ptn_problems_count(const struct ptn_problems *p);
/* The i-th, formatted as above, with "error: ", "warning: " or "note: " before it. Borrowed. */
const char *ptn_problems_text(const struct ptn_problems *p, size_t i);
bool ptn_problems_is_error(const struct ptn_problems *p, size_t i);
/* The parts of the i-th, for programs. Borrowed. */
struct ptn_problem_parts {
    const char *level;      /* "error", "warning", "note" */
    struct ptn_where where; /* as it was given */
    const char *text;       /* without level and where */
};
struct ptn_problem_parts ptn_problems_parts(const struct ptn_problems *p, size_t i);
/* All of them, one per line, errors last. */
void ptn_problems_print(const struct ptn_problems *p, FILE *to);

#endif
