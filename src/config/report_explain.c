/* One key, from the schema alone: no file is read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "config/report_parts.h"

/* -- the question ----------------------------------------------------------------------------- */

struct question {
    char schema[64], section[64]; /* empty: any */
    char name[64];
};

/* "schema:section.name" from the right: the first dot of what follows the colon ends the section.
 * What does not fit is no key's name. */
static struct question ask(const char *word) {
    struct question q = {.name = ""};
    const char *colon = strchr(word, ':');
    const char *rest = colon ? colon + 1 : word, *dot = strchr(rest, '.');
    if (colon)
        snprintf(q.schema, sizeof q.schema, "%.*s", (int)(colon - word), word);
    if (dot)
        snprintf(q.section, sizeof q.section, "%.*s", (int)(dot - rest), rest);
    ptn_str_copy(q.name, sizeof q.name, dot ? dot + 1 : rest);
    return q;
}

static bool is_section(const struct ptn_key *k, const char *section) {
    return section[0] == '\0' || strcasecmp(section, k->section) == 0 ||
           (k->alt_section && strcasecmp(section, k->alt_section) == 0);
}

static bool is_meant(const struct question *q, const struct ptn_schema *s,
                     const struct ptn_key *k) {
    if (q->schema[0] != '\0' && strcasecmp(q->schema, s->name) != 0)
        return false;
    return is_section(k, q->section) &&
           (strcasecmp(q->name, k->name) == 0 || (k->alias && strcasecmp(q->name, k->alias) == 0));
}

/* -- the answer ------------------------------------------------------------------------------- */

static const struct ptn_option_row *option_of(const struct ptn_schema *s, const struct ptn_key *k) {
    for (size_t i = 0; s == &ptn_schema_core && i < ptn_option_count; i++) {
        const char *key = ptn_option_rows[i].key;
        if (key && ptn_schema_dotted(s, key) == k)
            return &ptn_option_rows[i];
    }
    return NULL;
}

/* One line: "  Name       text". */
#define FACT(out, name, ...)                                                                       \
    do {                                                                                           \
        ptn_str_addf(out, "  %-11s", name);                                                        \
        ptn_str_addf(out, __VA_ARGS__);                                                            \
        ptn_str_add(out, "\n");                                                                    \
    } while (0)

static void add_state(struct ptn_str *out, const struct ptn_key *k) {
    const char *consequence = ptn_key_consequence(k), *advice = ptn_key_advice(k);
    FACT(out, "State", "%s%s%s", ptn_key_state_name(ptn_key_state(k)), k->why ? ": " : "",
         k->why ? k->why : "");
    if (k->differs)
        FACT(out, "Differs", "%s", k->differs);
    if (consequence)
        FACT(out, "If set", "%s, unless to its default", consequence);
    if (advice)
        FACT(out, "Advice", "%s", advice);
}

static void add_place(struct ptn_str *out, const struct ptn_schema *s, const struct ptn_key *k) {
    const struct ptn_option_row *option = option_of(s, k);
    if (!(k->flags & KEY_OPTION_ONLY))
        FACT(out, "File", "portunus%s.jcfg or janus%s.jcfg, section %s%s%s", s->package, s->package,
             k->section, k->alt_section ? ", or " : "", k->alt_section ? k->alt_section : "");
    if (option)
        FACT(out, "Option", "--%s%s%s", option->long_name, option->argument ? " " : "",
             option->argument ? option->argument : "");
    if (k->alias)
        FACT(out, "Older name", "%s", k->alias);
}

static void add_key(struct ptn_str *out, const struct ptn_schema *s, const struct ptn_key *k) {
    char allowed[500];
    ptn_str_addf(out, "%s:%s.%s\n  %s.\n", s->name, k->section, k->name, k->help);
    FACT(out, "Type", "%s", ptn_key_type_name(k->type));
    FACT(out, "Allowed", "%s", ptn_key_allowed(k, allowed, sizeof allowed));
    FACT(out, "Default", "%s", k->def ? k->def : "not set");
    if (!k->def && k->example)
        FACT(out, "Example", "%s", k->example);
    if (k->unit)
        FACT(out, "Unit", "%s", k->unit);
    if (k->flags & KEY_SECRET)
        FACT(out, "Secret", "it is never shown");
    add_place(out, s, k);
    FACT(out, "Since", "%s", k->since ? k->since : s->since);
    add_state(out, k);
}

static void set_text(json_t *o, const char *name, const char *text) {
    json_object_set_new(o, name, ptn_json_text(text));
}

static json_t *key_json(const struct ptn_schema *s, const struct ptn_key *k) {
    char allowed[500], file[96];
    const struct ptn_option_row *option = option_of(s, k);
    json_t *o = json_object();
    snprintf(file, sizeof file, "portunus%s.jcfg", s->package);
    set_text(o, "schema", s->name);
    set_text(o, "section", k->section);
    set_text(o, "key", k->name);
    set_text(o, "help", k->help);
    set_text(o, "type", ptn_key_type_name(k->type));
    if (k->type == KEY_INT || k->type == KEY_RANGE) {
        json_object_set_new(o, "min", json_integer(k->min));
        json_object_set_new(o, "max", json_integer(k->max));
    }
    set_text(o, "allowed", ptn_key_allowed(k, allowed, sizeof allowed));
    set_text(o, "default", k->def);
    set_text(o, "example", k->example);
    set_text(o, "unit", k->unit);
    set_text(o, "since", k->since ? k->since : s->since);
    set_text(o, "file", k->flags & KEY_OPTION_ONLY ? NULL : file);
    set_text(o, "option", option ? option->long_name : NULL);
    set_text(o, "older_name", k->alias);
    set_text(o, "also_in", k->alt_section);
    json_object_set_new(o, "is_secret", json_boolean(k->flags & KEY_SECRET));
    set_text(o, "state", ptn_key_state_name(ptn_key_state(k)));
    set_text(o, "reason", k->why ? k->why : k->differs);
    set_text(o, "if_set", ptn_key_consequence(k));
    set_text(o, "advice", ptn_key_advice(k));
    return o;
}

/* -- no answer -------------------------------------------------------------------------------- */

#define NEAREST_MAX 6

struct nearest {
    size_t rank[NEAREST_MAX], count;
    const struct ptn_schema *schema[NEAREST_MAX];
    const struct ptn_key *key[NEAREST_MAX];
};

#define FAR 100

/* Misspellings first, then names that contain the word or are contained in it; at the same
 * distance those of the section that was named. */
static size_t rank_of(const struct question *q, const struct ptn_key *k) {
    struct ptn_near near;
    ptn_near_init(&near, q->name);
    size_t rank = near.distance; /* one beyond what counts as a misspelling */
    ptn_near_offer(&near, k->name);
    bool is_part =
        strlen(q->name) >= 3 && (strcasestr(k->name, q->name) || strcasestr(q->name, k->name));
    if (!near.best && !is_part)
        return FAR;
    return 2 * (near.best ? near.distance : rank) + (is_section(k, q->section) ? 0 : 1);
}

static void offer(struct nearest *n, size_t rank, const struct ptn_schema *s,
                  const struct ptn_key *k) {
    if (n->count == NEAREST_MAX && rank >= n->rank[NEAREST_MAX - 1])
        return;
    if (n->count < NEAREST_MAX)
        n->count++;
    size_t i = n->count - 1; /* new, or that of the one that has to go */
    for (; i > 0 && n->rank[i - 1] > rank; i--) {
        n->rank[i] = n->rank[i - 1];
        n->schema[i] = n->schema[i - 1];
        n->key[i] = n->key[i - 1];
    }
    n->rank[i] = rank;
    n->schema[i] = s;
    n->key[i] = k;
}

static struct nearest nearest_to(const struct question *q) {
    struct nearest n = {.count = 0};
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        for (size_t j = 0; j < ptn_schemas[i]->count; j++) {
            size_t rank = rank_of(q, &ptn_schemas[i]->keys[j]);
            if (rank < FAR)
                offer(&n, rank, ptn_schemas[i], &ptn_schemas[i]->keys[j]);
        }
    return n;
}

static void add_unknown(struct ptn_str *out, const char *word, const struct nearest *n) {
    char shown[100];
    ptn_str_addf(out, "'%s': there is no such key", ptn_shown(word, shown, sizeof shown));
    ptn_str_add(out, n->count ? "; did you mean\n" : "; --dump-config lists them all\n");
    for (size_t i = 0; i < n->count; i++)
        ptn_str_addf(out, "  %s:%s.%s\n", n->schema[i]->name, n->key[i]->section, n->key[i]->name);
}

static json_t *unknown_json(const char *word, const struct nearest *n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n->count; i++)
        json_array_append_new(list, json_sprintf("%s:%s.%s", n->schema[i]->name, n->key[i]->section,
                                                 n->key[i]->name));
    return json_pack("{s:s, s:o, s:o}", "error", "there is no such key", "word",
                     ptn_json_text(word), "nearest", list);
}

/* -- both styles ------------------------------------------------------------------------------ */

static size_t find_all(const struct question *q, struct ptn_str *out, json_t *list) {
    size_t found = 0;
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        for (size_t j = 0; j < ptn_schemas[i]->count; j++) {
            if (!is_meant(q, ptn_schemas[i], &ptn_schemas[i]->keys[j]))
                continue;
            ptn_str_add(out, found++ ? "\n" : "");
            add_key(out, ptn_schemas[i], &ptn_schemas[i]->keys[j]);
            json_array_append_new(list, key_json(ptn_schemas[i], &ptn_schemas[i]->keys[j]));
        }
    return found;
}

bool ptn_config_explain(const char *word, enum ptn_report_style style, char **out) {
    struct question q = ask(word);
    struct ptn_str text;
    json_t *list = json_array();
    ptn_str_init(&text);
    size_t found = find_all(&q, &text, list);
    json_t *json = json_pack("{s:o}", "keys", list);
    if (found == 0) {
        struct nearest n = nearest_to(&q);
        add_unknown(&text, word, &n);
        json_decref(json);
        json = unknown_json(word, &n);
    }
    char *as_text = ptn_str_take(&text), *as_json = ptn_json_take_text(json);
    ptn_str_done(&text);
    *out = style == PTN_REPORT_JSON ? as_json : as_text;
    free(style == PTN_REPORT_JSON ? as_text : as_json);
    return found > 0;
}
