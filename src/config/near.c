#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/schema.h"

#define WORD_MAX 48 /* longer than any key; longer words have no near one */
#define DISTANCE_MAX 3

static size_t min3(size_t a, size_t b, size_t c) {
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

static bool same(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Insertions, deletions, replacements and swaps of neighbours ("optimal string alignment"). */
static size_t distance(const char *a, size_t na, const char *b, size_t nb) {
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= na; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= nb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= na; i++)
        for (size_t j = 1; j <= nb; j++) {
            size_t cost = same(a[i - 1], b[j - 1]) ? 0 : 1;
            d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]) &&
                d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    return d[na][nb];
}

void ptn_near_init(struct ptn_near *n, const char *word) {
    size_t limit = strlen(word) / 2;
    if (limit > DISTANCE_MAX)
        limit = DISTANCE_MAX;
    *n = (struct ptn_near){.word = word, .distance = limit + 1};
}

void ptn_near_offer(struct ptn_near *n, const char *candidate) {
    size_t nw = strlen(n->word), nc = strlen(candidate);
    if (nw > WORD_MAX || nc > WORD_MAX)
        return;
    size_t d = distance(n->word, nw, candidate, nc);
    if (d < n->distance) {
        n->distance = d;
        n->best = candidate;
    }
}

void ptn_near_offer_list(struct ptn_near *n, const char *choices, char *buf, size_t cap) {
    for (const char *p = choices; *p;) {
        size_t len = strcspn(p, ",");
        char word[WORD_MAX + 1];
        if (len < sizeof word) {
            memcpy(word, p, len);
            word[len] = '\0';
            const char *before = n->best;
            ptn_near_offer(n, word);
            if (n->best != before) {
                snprintf(buf, cap, "%s", word);
                n->best = buf;
            }
        }
        p += len + (p[len] == ',');
    }
}
