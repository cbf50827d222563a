/* What becomes of each key that is set in the files of a folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/report_parts.h"

enum verdict { WORKS, DIFFERS, NOT_YET, NO_EFFECT, REFUSED, VERDICTS };

static const char *const verdict_name[VERDICTS] = {"works", "differs", "not yet", "no effect",
                                                   "refused"};

struct report {
    const struct ptn_config *cfg;
    const struct ptn_problems *problems;
    bool *is_told; /* owned; one per problem: it belongs to a key of the report */
    size_t count[VERDICTS];
};

/* One key of one file, or a section that nobody knows. */
struct item {
    const struct ptn_doc_entry *entry;
    const struct ptn_key *key;     /* NULL: unknown */
    const struct ptn_value *value; /* of key */
    char name[200];                /* as in messages about it */
    enum verdict verdict;
};

/* -- problems of an item ---------------------------------------------------------------------- */

static bool is_about(const struct report *r, size_t i, const struct item *it) {
    struct ptn_where at = ptn_problems_parts(r->problems, i).where;
    return at.file && at.key && at.line == it->entry->line &&
           strcmp(at.file, it->entry->file) == 0 && strcmp(at.key, it->name) == 0;
}

static bool has_error(const struct report *r, const struct item *it) {
    for (size_t i = 0; i < ptn_problems_count(r->problems); i++)
        if (ptn_problems_is_error(r->problems, i) && is_about(r, i, it))
            return true;
    return false;
}

/* -- items ------------------------------------------------------------------------------------ */

/* A reserved key that is off, or at the default that is in force anyway, asks for nothing. */
static enum verdict verdict_of(const struct report *r, const struct item *it) {
    if (!it->key)
        return REFUSED;
    switch (ptn_key_state(it->key)) {
    case STATE_LATER:
        return ptn_value_is_default(it->key, it->value) ? WORKS : NOT_YET;
    case STATE_IGNORED:
        return NO_EFFECT;
    case STATE_DIFFERS:
    case STATE_WORKS:
        break;
    }
    if (has_error(r, it))
        return REFUSED;
    return it->key->differs ? DIFFERS : WORKS;
}

static void name_item(struct item *it) {
    const struct ptn_doc_entry *e = it->entry;
    char dotted[200];
    snprintf(dotted, sizeof dotted, "%s%s%s", e->section ? e->section : "",
             e->section && e->key ? "." : "", e->key ? e->key : "");
    if (it->value)
        snprintf(it->name, sizeof it->name, "%s", it->value->dotted);
    else
        ptn_shown(dotted, it->name, e->section && e->key ? PTN_SHOWN_KEY : PTN_SHOWN_WORD);
}

/* False: not a line of the report (a section as such, or what stands in an unknown one). */
static bool make_item(struct report *r, const struct ptn_config_file *f,
                      const struct ptn_doc_entry *e, struct item *it) {
    bool known = e->section && ptn_schema_has_section(f->schema, e->section);
    *it = (struct item){.entry = e};
    if (e->section && known == (e->kind == DOC_SECTION))
        return false;
    if (known)
        it->key = ptn_schema_key(f->schema, e->section, e->key);
    if (it->key)
        it->value = &f->values[it->key - f->schema->keys];
    name_item(it);
    it->verdict = verdict_of(r, it);
    return true;
}

/* The reasons, one after the other: what was found about this line, else what is known of the key.
 * Marks the problems as told. */
static void each_reason(struct report *r, const struct item *it,
                        void (*tell)(void *arg, const char *text), void *arg) {
    bool any = false;
    for (size_t i = 0; i < ptn_problems_count(r->problems); i++) {
        if (!is_about(r, i, it))
            continue;
        tell(arg, ptn_problems_parts(r->problems, i).text);
        r->is_told[i] = any = true;
    }
    if (it->value && it->value->option) {
        char text[80];
        snprintf(text, sizeof text, "%s decides instead", it->value->option);
        tell(arg, text);
    }
    if (it->verdict == DIFFERS)
        tell(arg, it->key->differs);
    else if (!any && it->verdict == NO_EFFECT && it->key->why)
        tell(arg, it->key->why);
    else if (!any && it->verdict == NOT_YET)
        tell(arg, it->key->why ? it->key->why : "nothing uses it");
}

static const char *advice_of(const struct item *it) {
    bool wanted = it->verdict == NOT_YET || it->verdict == NO_EFFECT;
    return wanted ? ptn_key_advice(it->key) : NULL;
}

/* -- text ------------------------------------------------------------------------------------- */

static void add_reason(void *out, const char *text) {
    ptn_str_addf(out, "               %s\n", text);
}

static void add_item(struct ptn_str *out, struct report *r, const struct ptn_config_file *f,
                     const struct item *it) {
    const char *advice = advice_of(it), *file = it->entry->file;
    bool is_here = strcmp(file, f->path) == 0; /* and not in what it includes */
    ptn_str_addf(out, "  %-11s  %-40s  %s%s%d\n", verdict_name[it->verdict], it->name,
                 is_here ? "line " : file, is_here ? "" : ":", it->entry->line);
    each_reason(r, it, add_reason, out);
    if (advice)
        ptn_str_addf(out, "               advice: %s\n", advice);
}

static void add_file(struct ptn_str *out, struct report *r, const struct ptn_config_file *f) {
    struct item it;
    if (!f->doc)
        return;
    ptn_report_file_text(out, r->cfg, f);
    for (size_t i = 0; i < f->doc->count; i++)
        if (make_item(r, f, &f->doc->entries[i], &it)) {
            r->count[it.verdict]++;
            add_item(out, r, f, &it);
        }
    ptn_str_add(out, "\n");
}

static void add_rest(struct ptn_str *out, const struct report *r) {
    bool any = false;
    for (size_t i = 0; i < ptn_problems_count(r->problems); i++) {
        if (r->is_told[i])
            continue;
        ptn_str_addf(out, "%s  %s\n", any ? "" : "besides\n", ptn_problems_text(r->problems, i));
        any = true;
    }
    ptn_str_add(out, any ? "\n" : "");
}

static char *compat_text(struct report *r) {
    struct ptn_str out;
    size_t keys = 0, errors = ptn_problems_errors(r->problems);
    ptn_str_init(&out);
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        add_file(&out, r, &r->cfg->file[i]);
    add_rest(&out, r);
    for (size_t i = 0; i < VERDICTS; i++)
        keys += r->count[i];
    ptn_str_addf(&out, "%zu keys", keys);
    for (size_t i = 0; i < VERDICTS; i++)
        ptn_str_addf(&out, "%s %zu %s", i ? "," : ":", r->count[i], verdict_name[i]);
    ptn_str_addf(&out, "; %zu error%s: the server would %s\n", errors, errors == 1 ? "" : "s",
                 errors ? "not start" : "start");
    char *text = ptn_str_take(&out);
    ptn_str_done(&out);
    return text;
}

/* -- JSON ------------------------------------------------------------------------------------- */

static void append_reason(void *list, const char *text) {
    json_array_append_new(list, ptn_json_text(text));
}

static json_t *item_json(struct report *r, const struct item *it) {
    json_t *o = json_object(), *reasons = json_array();
    each_reason(r, it, append_reason, reasons);
    json_object_set_new(o, "key", ptn_json_text(it->name));
    json_object_set_new(o, "file", ptn_json_text(it->entry->file));
    json_object_set_new(o, "line", json_integer(it->entry->line));
    json_object_set_new(o, "verdict", json_string(verdict_name[it->verdict]));
    json_object_set_new(o, "reasons", reasons);
    json_object_set_new(o, "advice", ptn_json_text(advice_of(it)));
    return o;
}

static json_t *file_json(struct report *r, const struct ptn_config_file *f) {
    json_t *o = ptn_report_file_json(r->cfg, f), *keys = json_object_get(o, "keys");
    struct item it;
    for (size_t i = 0; i < f->doc->count; i++)
        if (make_item(r, f, &f->doc->entries[i], &it)) {
            r->count[it.verdict]++;
            json_array_append_new(keys, item_json(r, &it));
        }
    return o;
}

static char *compat_json(struct report *r) {
    json_t *files = json_array(), *rest = json_array(), *counts = json_object();
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        if (r->cfg->file[i].doc)
            json_array_append_new(files, file_json(r, &r->cfg->file[i]));
    for (size_t i = 0; i < ptn_problems_count(r->problems); i++)
        if (!r->is_told[i])
            json_array_append_new(rest, ptn_problem_json(r->problems, i));
    for (size_t i = 0; i < VERDICTS; i++)
        json_object_set_new(counts, verdict_name[i], json_integer((json_int_t)r->count[i]));
    return ptn_json_take_text(json_pack("{s:o, s:o, s:o, s:b, s:I}", "files", files, "besides",
                                        rest, "counts", counts, "would_start",
                                        ptn_problems_errors(r->problems) == 0, "errors",
                                        (json_int_t)ptn_problems_errors(r->problems)));
}

char *ptn_config_compat(const struct ptn_config *cfg, const struct ptn_problems *problems,
                        enum ptn_report_style style) {
    struct report r = {.cfg = cfg, .problems = problems};
    r.is_told = ptn_new_array(bool, ptn_problems_count(problems) + 1);
    char *text = style == PTN_REPORT_JSON ? compat_json(&r) : compat_text(&r);
    free(r.is_told);
    return text;
}
