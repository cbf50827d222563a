#include "base/problems.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

enum severity { NOTE, WARNING, ERROR };

struct problem {
    enum severity severity;
    char *text, *file, *key; /* owned; file and key may be NULL */
    int line;
    const char *what; /* the end of text: without level and where */
};

struct ptn_problems {
    struct problem *list; /* owned */
    size_t count, errors;
};

static const char *const level[] = {"note", "warning", "error"};

struct ptn_problems *ptn_problems_new(void) {
    return ptn_new(struct ptn_problems);
}

void ptn_problems_free(struct ptn_problems *p) {
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i].text);
        free(p->list[i].file);
        free(p->list[i].key);
    }
    free(p->list);
    free(p);
}

PTN_PRINTF(4, 0)
static void add(struct ptn_problems *p, enum severity severity, struct ptn_where where,
                const char *fmt, va_list args) {
    char text[2048];
    vsnprintf(text, sizeof text, fmt, args);
    struct ptn_str s;
    ptn_str_init(&s);
    if (where.file && where.line > 0)
        ptn_str_addf(&s, "%s:%d: ", where.file, where.line);
    else if (where.file)
        ptn_str_addf(&s, "%s: ", where.file);
    ptn_str_addf(&s, "%s: ", level[severity]);
    if (where.key)
        ptn_str_addf(&s, "%s: ", where.key);
    size_t head = s.len;
    ptn_str_add(&s, text);
    p->list = ptn_realloc(p->list, (p->count + 1) * sizeof *p->list);
    struct problem *added = &p->list[p->count++];
    *added = (struct problem){.severity = severity,
                              .text = ptn_str_take(&s),
                              .file = ptn_strdup(where.file),
                              .key = ptn_strdup(where.key),
                              .line = where.line};
    added->what = added->text + head;
    p->errors += severity == ERROR;
    ptn_str_done(&s);
}

void ptn_problems_error(struct ptn_problems *p, struct ptn_where where, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add(p, ERROR, where, fmt, args);
    va_end(args);
}

void ptn_problems_warn(struct ptn_problems *p, struct ptn_where where, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add(p, WARNING, where, fmt, args);
    va_end(args);
}

void ptn_problems_note(struct ptn_problems *p, struct ptn_where where, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add(p, NOTE, where, fmt, args);
    va_end(args);
}

size_t ptn_problems_errors(const struct ptn_problems *p) {
    return p->errors;
}

size_t ptn_problems_count(const struct ptn_problems *p) {
    return p->count;
}

const char *ptn_problems_text(const struct ptn_problems *p, size_t i) {
    return p->list[i].text;
}

bool ptn_problems_is_error(const struct ptn_problems *p, size_t i) {
    return p->list[i].severity == ERROR;
}

struct ptn_problem_parts ptn_problems_parts(const struct ptn_problems *p, size_t i) {
    const struct problem *one = &p->list[i];
    struct ptn_where where = {one->file, one->line, one->key};
    return (struct ptn_problem_parts){level[one->severity], where, one->what};
}

void ptn_problems_print(const struct ptn_problems *p, FILE *to) {
    for (enum severity s = NOTE; s <= ERROR; s++)
        for (size_t i = 0; i < p->count; i++)
            if (p->list[i].severity == s)
                fprintf(to, "%s\n", p->list[i].text);
}
