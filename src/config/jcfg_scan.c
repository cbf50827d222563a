/* libconfig 1.5 guesses in places, and in one ends the process. This looks over the text first. It
 * is not a parser: it only has to know where words, numbers, strings and comments begin and end. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "config/doc.h"

struct cursor {
    struct ptn_jcfg_scan *scan;
    const char *file, *p;
    int line, braces, depth;
    bool at_line_start; /* only blanks so far */
    char section[64];   /* the outermost group we are in */
    char word[64];      /* the last name seen */
    char dotted[130];   /* for messages */
};

static struct ptn_where here(struct cursor *c, bool with_key) {
    snprintf(c->dotted, sizeof c->dotted, "%s%s%s", c->braces ? c->section : "",
             c->braces ? "." : "", c->word);
    return (struct ptn_where){c->file, c->line, with_key ? c->dotted : NULL};
}

static void newline(struct cursor *c) {
    c->line++;
    c->at_line_start = true;
}

static void skip_block_comment(struct cursor *c) {
    struct ptn_where start = here(c, false);
    for (c->p += 2; *c->p; c->p++) {
        if (c->p[0] == '*' && c->p[1] == '/') {
            c->p += 2;
            return;
        }
        if (*c->p == '\n')
            newline(c);
    }
    ptn_problems_error(c->scan->problems, start, "a comment starts here and never ends");
    c->scan->broken = true;
}

static void skip_string(struct cursor *c) {
    for (c->p++; *c->p && *c->p != '"'; c->p++) {
        if (*c->p == '\n')
            newline(c);
        if (*c->p != '\\' || !c->p[1])
            continue;
        if (strncmp(c->p + 1, "x00", 3) == 0) {
            ptn_problems_error(c->scan->problems, here(c, true), "a text contains a NUL byte");
            c->scan->broken = true;
        }
        c->p++;
        if (*c->p == '\n')
            newline(c);
    }
    c->p += *c->p == '"';
    c->at_line_start = false;
}

static void skip_word(struct cursor *c) {
    size_t n = 0;
    for (; isalnum((unsigned char)*c->p) || (*c->p && strchr("-_*", *c->p)); c->p++)
        if (n + 1 < sizeof c->word)
            c->word[n++] = *c->p;
    c->word[n] = '\0';
}

/* What libconfig takes for one number: [-+]?digits with L, 0x hexadecimal, or a float. */
static bool fits(const char *literal, size_t n) {
    char text[32];
    bool is_long = false;
    while (n > 0 && toupper((unsigned char)literal[n - 1]) == 'L') {
        is_long = true;
        n--;
    }
    if (n == 0 || n >= sizeof text)
        return n == 0;
    memcpy(text, literal, n);
    text[n] = '\0';
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, strncasecmp(text, "0x", 2) == 0 ? 16 : 10);
    if (*end != '\0') /* a float, or not a number at all: libconfig decides */
        return true;
    return errno == 0 && (is_long || (v >= INT_MIN && v <= INT_MAX));
}

static void skip_number(struct cursor *c) {
    const char *start = c->p;
    for (c->p++; isalnum((unsigned char)*c->p) || *c->p == '.'; c->p++)
        if ((*c->p == 'e' || *c->p == 'E') && (c->p[1] == '-' || c->p[1] == '+'))
            c->p++;
    size_t n = (size_t)(c->p - start);
    if (fits(start, n))
        return;
    struct ptn_jcfg_scan *s = c->scan;
    ptn_problems_error(s->problems, here(c, true),
                       "%.*s is out of range; allowed are whole numbers of 32 bits",
                       n < 40 ? (int)n : 40, start);
    s->bad = ptn_realloc(s->bad, (s->bad_count + 1) * sizeof *s->bad);
    s->bad[s->bad_count++] = (struct bad_number){c->file, c->line};
}

static void include(struct cursor *c) {
    char path[PATH_MAX];
    size_t n = 0;
    const char *p = c->p + strlen("@include");
    p += strspn(p, " \t");
    if (*p++ != '"')
        return; /* libconfig calls it a syntax error */
    for (; *p && *p != '"' && *p != '\n' && n + 1 < sizeof path; p++) {
        p += *p == '\\' && p[1] != '\0' && p[1] != '\n';
        path[n++] = *p;
    }
    path[n] = '\0';
    c->p = *p == '"' ? p + 1 : p;
    struct ptn_jcfg_scan *s = c->scan;
    if (c->depth >= PTN_DOC_INCLUDE_DEPTH) {
        ptn_problems_error(s->problems, here(c, false),
                           "files include each other too deeply; "
                           "allowed are %d levels",
                           PTN_DOC_INCLUDE_DEPTH);
        s->broken = true;
        return;
    }
    char *text;
    if (!ptn_doc_read(path, here(c, false), s->problems, &text)) {
        s->broken = true;
        return;
    }
    ptn_jcfg_scan(s, path, text, c->depth + 1);
    ptn_wipe(text, strlen(text));
    free(text);
}

static void brace(struct cursor *c) {
    if (*c->p == '{' && c->braces++ == 0)
        memcpy(c->section, c->word, sizeof c->section);
    if (*c->p == '}' && c->braces > 0)
        c->braces--;
    c->p++;
}

static bool starts_number(const char *p) {
    return isdigit((unsigned char)*p) ||
           ((*p == '-' || *p == '+') && (isdigit((unsigned char)p[1]) || p[1] == '.'));
}

static void step(struct cursor *c) {
    bool first = c->at_line_start;
    if (*c->p == '\n') {
        c->p++;
        newline(c);
        return;
    }
    if (*c->p == ' ' || *c->p == '\t') {
        c->p++;
        return;
    }
    c->at_line_start = false;
    if (*c->p == '#' || (c->p[0] == '/' && c->p[1] == '/'))
        c->p += strcspn(c->p, "\n");
    else if (c->p[0] == '/' && c->p[1] == '*')
        skip_block_comment(c);
    else if (*c->p == '"')
        skip_string(c);
    else if (first && strncmp(c->p, "@include", 8) == 0)
        include(c);
    else if (starts_number(c->p))
        skip_number(c);
    else if (isalpha((unsigned char)*c->p) || *c->p == '*')
        skip_word(c);
    else
        brace(c);
}

void ptn_jcfg_scan(struct ptn_jcfg_scan *s, const char *file, const char *text, int depth) {
    struct cursor c = {.scan = s,
                       .file = ptn_doc_file(s->doc, file),
                       .p = text,
                       .line = 1,
                       .depth = depth,
                       .at_line_start = true};
    while (*c.p && !s->broken) {
        const char *before = c.p;
        step(&c);
        if (c.p == before)
            c.p++;
    }
}
