/* The document meets the schema: each entry finds its key or its nearest neighbour. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/internal.h"

static struct ptn_value *value_of(struct ptn_config_file *f, const struct ptn_key *k) {
    return &f->values[k - f->schema->keys];
}

static struct ptn_where where_of(const struct ptn_value *v) {
    if (v->option)
        return (struct ptn_where){NULL, 0, v->option};
    return (struct ptn_where){v->file, v->line, v->dotted};
}

/* -- what is not in the schema ---------------------------------------------------------------- */

static void add_sections(const struct ptn_schema *s, struct ptn_str *out) {
    const char *last = "";
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(last, s->keys[i].section) == 0)
            continue;
        ptn_str_addf(out, "%s%s", *last ? ", " : "", s->keys[i].section);
        last = s->keys[i].section;
    }
}

static void add_keys(const struct ptn_schema *s, const char *section, struct ptn_str *out) {
    const char *comma = "";
    for (size_t i = 0; i < s->count; i++) {
        const struct ptn_key *k = &s->keys[i];
        if (strcasecmp(k->section, section) != 0 || (k->flags & (KEY_OPTION_ONLY | KEY_IGNORED)))
            continue;
        ptn_str_addf(out, "%s%s", comma, k->name);
        comma = ", ";
    }
}

static void unknown_section(const struct ptn_config_file *f, const struct ptn_doc_entry *e,
                            struct ptn_problems *problems) {
    char shown[PTN_SHOWN_WORD];
    struct ptn_near near;
    struct ptn_str tail;
    ptn_str_init(&tail);
    ptn_near_init(&near, e->section);
    for (size_t i = 0; i < f->schema->count; i++)
        ptn_near_offer(&near, f->schema->keys[i].section);
    if (near.best)
        ptn_str_addf(&tail, "did you mean '%s'?", near.best);
    else {
        ptn_str_add(&tail, "allowed are ");
        add_sections(f->schema, &tail);
    }
    ptn_problems_error(
        problems, (struct ptn_where){e->file, e->line, ptn_shown(e->section, shown, sizeof shown)},
        "unknown section; %s", tail.s);
    ptn_str_done(&tail);
}

/* The same key somewhere else, else the nearest in this section, else all of this section. */
static void suggest(const struct ptn_schema *s, const char *section, const char *name,
                    struct ptn_str *tail) {
    struct ptn_near near;
    ptn_near_init(&near, name);
    for (size_t i = 0; i < s->count; i++) {
        const struct ptn_key *k = &s->keys[i];
        if (k->flags & KEY_OPTION_ONLY)
            continue;
        if (strcasecmp(k->name, name) == 0) {
            ptn_str_addf(tail, "did you mean '%s.%s'?", k->section, k->name);
            return;
        }
        if (strcasecmp(k->section, section) == 0)
            ptn_near_offer(&near, k->name);
    }
    if (near.best) {
        ptn_str_addf(tail, "did you mean '%s'?", near.best);
        return;
    }
    ptn_str_add(tail, "allowed are ");
    add_keys(s, section, tail);
}

static void unknown_key(const struct ptn_config_file *f, const struct ptn_doc_entry *e,
                        struct ptn_problems *problems) {
    char dotted[200], shown[PTN_SHOWN_KEY];
    struct ptn_str tail;
    ptn_str_init(&tail);
    snprintf(dotted, sizeof dotted, "%s.%s", e->section, e->key);
    suggest(f->schema, e->section, e->key, &tail);
    ptn_problems_error(problems,
                       (struct ptn_where){e->file, e->line, ptn_shown(dotted, shown, sizeof shown)},
                       "unknown key; %s", tail.s);
    ptn_str_done(&tail);
}

static void outside(const struct ptn_config_file *f, const struct ptn_doc_entry *e,
                    struct ptn_problems *problems) {
    char shown[PTN_SHOWN_WORD];
    struct ptn_str tail;
    struct ptn_where at = {e->file, e->line, ptn_shown(e->key, shown, sizeof shown)};
    ptn_str_init(&tail);
    if (ptn_schema_has_section(f->schema, e->key))
        ptn_str_addf(&tail, "a value was given; allowed is a group, as in %s: { ... }", shown);
    else {
        ptn_str_add(&tail, "stands outside any section; allowed sections are ");
        add_sections(f->schema, &tail);
    }
    ptn_problems_error(problems, at, "%s", tail.s);
    ptn_str_done(&tail);
}

/* -- what is ---------------------------------------------------------------------------------- */

static void wrong_kind(const struct ptn_key *k, const struct ptn_doc_entry *e, struct ptn_where at,
                       struct ptn_problems *problems) {
    char allowed[500];
    ptn_problems_error(
        problems, at, "%s was given; allowed is %s%s", e->kind == DOC_LIST ? "a list" : "a group",
        k->type == KEY_LIST ? "" : "one value: ", ptn_key_allowed(k, allowed, sizeof allowed));
}

static bool take_value(const struct ptn_key *k, const struct ptn_doc_entry *e, struct ptn_value *v,
                       struct ptn_problems *problems) {
    struct ptn_where at = where_of(v);
    struct ptn_verdict verdict;
    bool is_list = e->kind == DOC_LIST;
    if (e->kind == DOC_GROUP || (is_list && k->type != KEY_LIST)) {
        wrong_kind(k, e, at, problems);
        return false;
    }
    if (is_list ? !ptn_value_parse_items(k, e->items, e->item_count, v, &verdict)
                : !ptn_value_parse(k, e->text, v, &verdict)) {
        ptn_problems_error(problems, at, "%s", verdict.error);
        return false;
    }
    if (verdict.warning[0])
        ptn_problems_warn(problems, at, "%s", verdict.warning);
    return true;
}

static void bind_entry(struct ptn_config_file *f, const struct ptn_doc_entry *e,
                       struct ptn_problems *problems) {
    const struct ptn_key *k = ptn_schema_key(f->schema, e->section, e->key);
    if (!k) {
        unknown_key(f, e, problems);
        return;
    }
    struct ptn_value *v = value_of(f, k);
    if (v->line > 0) { /* libconfig sees twins of the same spelling only */
        ptn_problems_error(problems, (struct ptn_where){e->file, e->line, v->dotted},
                           "given twice; the first is at %s:%d", v->file, v->line);
        return;
    }
    v->file = e->file;
    v->line = e->line;
    if (e->kind != DOC_BAD)
        v->is_set = take_value(k, e, v, problems);
}

void ptn_bind(struct ptn_config_file *f, struct ptn_problems *problems) {
    for (size_t i = 0; i < f->doc->count; i++) {
        const struct ptn_doc_entry *e = &f->doc->entries[i];
        if (!e->section)
            outside(f, e, problems);
        else if (e->kind == DOC_SECTION) {
            if (!ptn_schema_has_section(f->schema, e->section))
                unknown_section(f, e, problems);
        } else if (ptn_schema_has_section(f->schema, e->section))
            bind_entry(f, e, problems);
    }
}

char *ptn_option_text(const struct ptn_option_override *o) {
    const char *value = o->value, *colon = strrchr(value, ':');
    if (strcmp(o->key, "nat.stun_server") != 0 || !colon)
        return ptn_strdup(value);
    if (value[0] == '[')
        return ptn_strndup(value + 1, strcspn(value + 1, "]"));
    return strchr(value, ':') == colon ? ptn_strndup(value, (size_t)(colon - value))
                                       : ptn_strdup(value);
}

void ptn_bind_options(struct ptn_config_file *f, const struct ptn_options *options,
                      struct ptn_problems *problems) {
    for (size_t i = 0; i < options->override_count; i++) {
        const struct ptn_option_override *o = &options->override[i];
        const struct ptn_key *k = ptn_schema_dotted(f->schema, o->key);
        assert(k);
        struct ptn_value *v = value_of(f, k);
        struct ptn_verdict verdict;
        char *text = ptn_option_text(o);
        struct ptn_where at = {NULL, 0, o->option};
        if (!ptn_value_parse(k, text, v, &verdict))
            ptn_problems_error(problems, at, "%s", verdict.error);
        else if (verdict.warning[0])
            ptn_problems_warn(problems, at, "%s", verdict.warning);
        v->is_set = true;
        v->option = o->option;
        ptn_wipe(text, strlen(text));
        free(text);
    }
}

/* -- afterwards ------------------------------------------------------------------------------- */

static void set_default(const struct ptn_key *k, struct ptn_value *v) {
    struct ptn_verdict verdict;
    if (!k->def)
        return;
    bool ok = ptn_value_parse(k, k->def, v, &verdict);
    assert(ok);
    (void)ok;
}

bool ptn_value_is_default(const struct ptn_key *k, const struct ptn_value *v) {
    struct ptn_value def = {0};
    set_default(k, &def);
    bool eq = k->def && ptn_value_eq(v, &def);
    ptn_value_clear(&def);
    return eq;
}

static void say_unused(const struct ptn_key *k, const struct ptn_value *v,
                       struct ptn_problems *problems) {
    const char *what = k->flags & KEY_LATER ? "not supported yet" : "has no effect";
    const char *colon = k->why ? ": " : "", *why = k->why ? k->why : "";
    struct ptn_where at = where_of(v);
    if (k->flags & KEY_FAILS)
        ptn_problems_error(problems, at, "%s%s%s", what, colon, why);
    else if (k->flags & KEY_WARNS)
        ptn_problems_warn(problems, at, "%s%s%s", what, colon, why);
    else if (k->flags & KEY_NOTES)
        ptn_problems_note(problems, at, "%s%s%s", what, colon, why);
}

void ptn_bind_finish(struct ptn_config_file *f, struct ptn_problems *problems) {
    for (size_t i = 0; i < f->schema->count; i++) {
        const struct ptn_key *k = &f->schema->keys[i];
        struct ptn_value *v = &f->values[i];
        if (!v->is_set)
            set_default(k, v);
        else if ((k->flags & (KEY_LATER | KEY_IGNORED)) && !f->is_disabled &&
                 !ptn_value_is_default(k, v))
            say_unused(k, v, problems);
    }
}
