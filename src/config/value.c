/* One text becomes one value, or one message: what was found; what is allowed. Nothing is guessed:
 * "on" is not a boolean, "8088x" not a number, and no default steps in. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/internal.h"

#define SHOWN 100 /* characters of a value repeated in a message */

const char *ptn_shown(const char *text, char *buf, size_t cap) {
    size_t n = 0;
    for (; *text && n + 4 < cap; text++)
        buf[n++] = iscntrl((unsigned char)*text) ? '?' : *text;
    memcpy(buf + n, *text ? "..." : "", *text ? 4 : 1);
    return buf;
}

static const char *bounds(const struct ptn_key *k, char *buf, size_t cap) {
    snprintf(buf, cap, "%" PRId64 "..%" PRId64, k->min, k->max);
    return buf;
}

/* "a,b,c" as "a, b, c". */
static const char *spaced(const char *choices, char *buf, size_t cap) {
    size_t n = 0;
    for (; *choices && n + 3 < cap; choices++) {
        buf[n++] = *choices;
        if (*choices == ',')
            buf[n++] = ' ';
    }
    buf[n] = '\0';
    return buf;
}

const char *ptn_key_allowed(const struct ptn_key *k, char *buf, size_t cap) {
    char part[400] = "any text";
    if (k->form)
        snprintf(part, sizeof part, "%s", k->form->allowed);
    else if (k->choices)
        spaced(k->choices, part, sizeof part);
    switch (k->type) {
    case KEY_BOOL:
        snprintf(buf, cap, "yes, true, 1, no, false, 0");
        break;
    case KEY_INT:
        snprintf(buf, cap, "a whole number %s", bounds(k, part, sizeof part));
        break;
    case KEY_RANGE:
        snprintf(buf, cap, "\"min-max\", both %s", bounds(k, part, sizeof part));
        break;
    case KEY_PATH:
        snprintf(buf, cap, "%s", k->form ? part : "a path");
        break;
    case KEY_LIST:
        snprintf(buf, cap, "a list, each item %s", part);
        break;
    case KEY_TEXT:
    case KEY_ENUM:
    case KEY_TYPES:
        snprintf(buf, cap, "%s", part);
        break;
    }
    return buf;
}

void ptn_value_clear(struct ptn_value *v) {
    if (v->s)
        ptn_wipe(v->s, strlen(v->s));
    free(v->s);
    for (size_t i = 0; i < v->item_count; i++)
        free(v->items[i]);
    free(v->items);
    v->s = NULL;
    v->items = NULL;
    v->item_count = 0;
    v->b = false;
    v->i = v->max = 0;
}

/* -- one function per type -------------------------------------------------------------------- */

typedef bool parse_fn(const struct ptn_key *k, const char *text, struct ptn_value *out,
                      struct ptn_verdict *verdict);

static bool parse_bool(const struct ptn_key *k, const char *text, struct ptn_value *out,
                       struct ptn_verdict *verdict) {
    static const char *const yes[] = {"yes", "true", "1"}, *const no[] = {"no", "false", "0"};
    char shown[SHOWN], allowed[64];
    for (size_t i = 0; i < PTN_COUNT_OF(yes); i++) {
        out->b = strcasecmp(text, yes[i]) == 0;
        if (out->b || strcasecmp(text, no[i]) == 0)
            return true;
    }
    snprintf(verdict->error, sizeof verdict->error, "'%s' is not a boolean; allowed are %s",
             ptn_shown(text, shown, sizeof shown), ptn_key_allowed(k, allowed, sizeof allowed));
    return false;
}

/* Decimal digits with an optional sign, all of the text. Too long for 64 bits: saturates. */
static bool to_int(const char *text, int64_t *out) {
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

static bool parse_int(const struct ptn_key *k, const char *text, struct ptn_value *out,
                      struct ptn_verdict *verdict) {
    char shown[SHOWN], range[48];
    bounds(k, range, sizeof range);
    ptn_shown(text, shown, sizeof shown);
    if (!to_int(text, &out->i)) {
        snprintf(verdict->error, sizeof verdict->error, "'%s' is not a whole number; allowed is %s",
                 shown, range);
        return false;
    }
    if (out->i < k->min || out->i > k->max) {
        snprintf(verdict->error, sizeof verdict->error, "%s is out of range; allowed is %s", shown,
                 range);
        return false;
    }
    return true;
}

static bool to_range(const char *text, int64_t *min, int64_t *max) {
    char low[24];
    const char *dash = strchr(text, '-');
    if (!dash || (size_t)(dash - text) >= sizeof low || !isdigit((unsigned char)dash[1]))
        return false;
    memcpy(low, text, (size_t)(dash - text));
    low[dash - text] = '\0';
    return to_int(low, min) && to_int(dash + 1, max);
}

static bool parse_range(const struct ptn_key *k, const char *text, struct ptn_value *out,
                        struct ptn_verdict *verdict) {
    char shown[SHOWN], range[48];
    int64_t min, max;
    bounds(k, range, sizeof range);
    ptn_shown(text, shown, sizeof shown);
    if (!to_range(text, &min, &max)) {
        snprintf(verdict->error, sizeof verdict->error,
                 "'%s' is not a range; allowed is \"min-max\", both %s", shown, range);
        return false;
    }
    if (max == 0) /* documented: up to the end */
        max = k->max;
    if (min < k->min || max < k->min || min > k->max || max > k->max) {
        snprintf(verdict->error, sizeof verdict->error,
                 "%s is out of range; allowed is \"min-max\", both %s", shown, range);
        return false;
    }
    out->i = min < max ? min : max;
    out->max = min < max ? max : min;
    if (min > max)
        snprintf(verdict->warning, sizeof verdict->warning,
                 "%s is the wrong way round; taken as %" PRId64 "-%" PRId64, shown, out->i,
                 out->max);
    return true;
}

/* The choice as the schema spells it, or NULL. */
static char *find_choice(const char *choices, const char *text) {
    for (const char *p = choices; *p;) {
        size_t n = strcspn(p, ",");
        if (strlen(text) == n && strncasecmp(p, text, n) == 0)
            return ptn_strndup(p, n);
        p += n + (p[n] == ',');
    }
    return NULL;
}

static char *parse_choice(const struct ptn_key *k, const char *text, struct ptn_verdict *verdict) {
    char *found = find_choice(k->choices, text);
    if (found)
        return found;
    char shown[SHOWN], all[400], best[64], hint[96] = "";
    struct ptn_near near;
    ptn_near_init(&near, text);
    ptn_near_offer_list(&near, k->choices, best, sizeof best);
    if (near.best)
        snprintf(hint, sizeof hint, "; did you mean '%s'?", near.best);
    snprintf(verdict->error, sizeof verdict->error, "'%s' is not known; allowed are %s%s",
             ptn_shown(text, shown, sizeof shown), spaced(k->choices, all, sizeof all), hint);
    return NULL;
}

static bool parse_enum(const struct ptn_key *k, const char *text, struct ptn_value *out,
                       struct ptn_verdict *verdict) {
    out->s = parse_choice(k, text, verdict);
    return out->s != NULL;
}

/* One text or list item, against the key's form. */
static char *parse_word(const struct ptn_key *k, const char *text, struct ptn_verdict *verdict) {
    char shown[SHOWN];
    if (k->choices)
        return parse_choice(k, text, verdict);
    if (!k->form || k->form->ok(text))
        return ptn_strdup(text);
    snprintf(verdict->error, sizeof verdict->error, "'%s' is not %s; allowed is %s",
             ptn_shown(text, shown, sizeof shown), k->form->noun, k->form->allowed);
    return NULL;
}

static bool parse_text(const struct ptn_key *k, const char *text, struct ptn_value *out,
                       struct ptn_verdict *verdict) {
    if (*text == '\0' && (k->flags & KEY_FILLED)) {
        snprintf(verdict->error, sizeof verdict->error,
                 "is empty; leave the key out to do without it");
        return false;
    }
    out->s = parse_word(k, text, verdict);
    return out->s != NULL;
}

static bool add_item(const struct ptn_key *k, const char *text, size_t n, struct ptn_value *out,
                     struct ptn_verdict *verdict) {
    while (n > 0 && isspace((unsigned char)*text))
        text++, n--;
    while (n > 0 && isspace((unsigned char)text[n - 1]))
        n--;
    if (n == 0)
        return true; /* documented: empty items are skipped */
    char *item = ptn_strndup(text, n), *word = parse_word(k, item, verdict);
    free(item);
    if (!word)
        return false;
    out->items = ptn_realloc(out->items, (out->item_count + 1) * sizeof *out->items);
    out->items[out->item_count++] = word;
    return true;
}

/* The items once more as one text, for whoever reads such lists himself. */
static char *join(char *const *items, size_t n) {
    struct ptn_str s;
    ptn_str_init(&s);
    for (size_t i = 0; i < n; i++)
        ptn_str_addf(&s, "%s%s", i ? "," : "", items[i]);
    char *text = ptn_str_take(&s);
    ptn_str_done(&s);
    return text;
}

static bool finish_list(const struct ptn_key *k, struct ptn_value *v, struct ptn_verdict *verdict) {
    if (v->item_count > 0)
        v->s = join(v->items, v->item_count);
    if (v->item_count > 0 || !(k->flags & KEY_FILLED))
        return true;
    snprintf(verdict->error, sizeof verdict->error, "is empty; leave the key out to do without it");
    return false;
}

static bool parse_list(const struct ptn_key *k, const char *text, struct ptn_value *out,
                       struct ptn_verdict *verdict) {
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, ",");
        if (!add_item(k, p, n, out, verdict))
            return false;
        p += n + (p[n] == ',');
    }
    return finish_list(k, out, verdict);
}

static parse_fn *const parsers[KEY_TYPES] = {
    [KEY_BOOL] = parse_bool,   [KEY_INT] = parse_int,   [KEY_ENUM] = parse_enum,
    [KEY_TEXT] = parse_text,   [KEY_PATH] = parse_text, [KEY_LIST] = parse_list,
    [KEY_RANGE] = parse_range,
};

/* -- taking over ------------------------------------------------------------------------------ */

static bool take(struct ptn_value *out, struct ptn_value *fresh, bool ok) {
    if (!ok) {
        ptn_value_clear(fresh);
        return false;
    }
    ptn_value_clear(out);
    out->b = fresh->b;
    out->i = fresh->i;
    out->max = fresh->max;
    out->s = fresh->s;
    out->items = fresh->items;
    out->item_count = fresh->item_count;
    return true;
}

bool ptn_value_parse(const struct ptn_key *k, const char *text, struct ptn_value *out,
                     struct ptn_verdict *verdict) {
    struct ptn_value fresh = {0};
    *verdict = (struct ptn_verdict){0};
    return take(out, &fresh, parsers[k->type](k, text, &fresh, verdict));
}

bool ptn_value_parse_items(const struct ptn_key *k, char *const *items, size_t n,
                           struct ptn_value *out, struct ptn_verdict *verdict) {
    struct ptn_value fresh = {0};
    bool ok = true;
    *verdict = (struct ptn_verdict){0};
    for (size_t i = 0; ok && i < n; i++)
        ok = add_item(k, items[i], strlen(items[i]), &fresh, verdict);
    return take(out, &fresh, ok && finish_list(k, &fresh, verdict));
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool ptn_value_eq(const struct ptn_value *a, const struct ptn_value *b) {
    bool eq = a->b == b->b && a->i == b->i && a->max == b->max && same_text(a->s, b->s) &&
              a->item_count == b->item_count;
    for (size_t i = 0; eq && i < a->item_count; i++)
        eq = same_text(a->items[i], b->items[i]);
    return eq;
}
