#include "config/report_parts.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* -- keys ------------------------------------------------------------------------------------- */

const char *ptn_key_type_name(enum ptn_key_type type) {
    static const char *const names[KEY_TYPES] = {
        [KEY_BOOL] = "boolean", [KEY_INT] = "whole number", [KEY_ENUM] = "choice",
        [KEY_TEXT] = "text",    [KEY_PATH] = "path",        [KEY_LIST] = "list",
        [KEY_RANGE] = "range",
    };
    return names[type];
}

enum ptn_key_state ptn_key_state(const struct ptn_key *k) {
    if (k->flags & KEY_LATER)
        return STATE_LATER;
    if (k->flags & KEY_IGNORED)
        return STATE_IGNORED;
    return k->differs ? STATE_DIFFERS : STATE_WORKS;
}

const char *ptn_key_state_name(enum ptn_key_state state) {
    static const char *const names[] = {"works", "differs", "not supported yet", "no effect"};
    return names[state];
}

const char *ptn_key_consequence(const struct ptn_key *k) {
    if (!(k->flags & (KEY_LATER | KEY_IGNORED)))
        return NULL;
    if (k->flags & KEY_FAILS)
        return "an error";
    return k->flags & KEY_WARNS ? "a warning" : k->flags & KEY_NOTES ? "a note" : NULL;
}

const char *ptn_key_advice(const struct ptn_key *k) {
    if (!(k->flags & (KEY_LATER | KEY_IGNORED)) || k->advice)
        return k->advice;
    return ptn_key_consequence(k) ? "leave it out" : NULL;
}

/* -- values ----------------------------------------------------------------------------------- */

static bool is_none(const struct ptn_key *k, const struct ptn_value *v) {
    switch (k->type) {
    case KEY_BOOL:
        return false;
    case KEY_INT: /* a number without a default that nobody gave */
        return !k->def && !v->is_set && !v->from_key;
    case KEY_RANGE:
        return v->max == 0;
    case KEY_LIST:
        return v->item_count == 0;
    case KEY_ENUM:
    case KEY_TEXT:
    case KEY_PATH:
    case KEY_TYPES:
        break;
    }
    return !v->s;
}

static size_t characters(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80; /* not the inside of a UTF-8 sequence */
    return n;
}

/* In quotes, as a .jcfg file has it: what would disturb a terminal is \xHH. */
static void add_quoted(struct ptn_str *out, const char *text) {
    ptn_str_add(out, "\"");
    for (; *text; text++) {
        if (iscntrl((unsigned char)*text))
            ptn_str_addf(out, "\\x%02x", (unsigned char)*text);
        else
            ptn_str_addf(out, "%s%c", *text == '"' || *text == '\\' ? "\\" : "", *text);
    }
    ptn_str_add(out, "\"");
}

/* user:password@ of a web address is somebody's secret. The caller's to free. */
static char *without_user(const char *url) {
    const char *host = strstr(url, "//");
    host = host ? host + 2 : url;
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    struct ptn_str s;
    ptn_str_init(&s);
    if (at)
        ptn_str_addn(&s, url, (size_t)(host - url));
    ptn_str_addf(&s, "%s%s", at ? "***" : "", at ? at : url);
    char *text = ptn_str_take(&s);
    ptn_str_done(&s);
    return text;
}

static char *shown_text(const struct ptn_key *k, const struct ptn_value *v) {
    return k->form == &ptn_form_url ? without_user(v->s) : ptn_strdup(v->s);
}

static void add_items(struct ptn_str *out, const struct ptn_value *v) {
    ptn_str_add(out, "[");
    for (size_t i = 0; i < v->item_count; i++) {
        ptn_str_add(out, i ? ", " : "");
        add_quoted(out, v->items[i]);
    }
    ptn_str_add(out, "]");
}

static void add_plain(struct ptn_str *out, const struct ptn_key *k, const struct ptn_value *v) {
    char *text;
    switch (k->type) {
    case KEY_BOOL:
        ptn_str_add(out, v->b ? "true" : "false");
        break;
    case KEY_INT:
        ptn_str_addf(out, "%" PRId64 "%s%s", v->i, k->unit ? " " : "", k->unit ? k->unit : "");
        break;
    case KEY_RANGE:
        ptn_str_addf(out, "\"%" PRId64 "-%" PRId64 "\"", v->i, v->max);
        break;
    case KEY_LIST:
        add_items(out, v);
        break;
    case KEY_ENUM:
    case KEY_TEXT:
    case KEY_PATH:
    case KEY_TYPES:
        text = shown_text(k, v);
        add_quoted(out, text);
        free(text);
        break;
    }
}

void ptn_value_add_text(struct ptn_str *out, const struct ptn_key *k, const struct ptn_value *v) {
    if (is_none(k, v))
        ptn_str_add(out, "not set");
    else if (k->flags & KEY_SECRET)
        ptn_str_addf(out, "set, %zu characters", characters(v->s));
    else
        add_plain(out, k, v);
}

static json_t *items_json(const struct ptn_value *v) {
    json_t *list = json_array();
    for (size_t i = 0; i < v->item_count; i++)
        json_array_append_new(list, ptn_json_text(v->items[i]));
    return list;
}

static json_t *plain_json(const struct ptn_key *k, const struct ptn_value *v) {
    switch (k->type) {
    case KEY_BOOL:
        return json_boolean(v->b);
    case KEY_INT:
        return json_integer(v->i);
    case KEY_RANGE:
        return json_pack("{s:I, s:I}", "min", (json_int_t)v->i, "max", (json_int_t)v->max);
    case KEY_LIST:
        return items_json(v);
    case KEY_ENUM:
    case KEY_TEXT:
    case KEY_PATH:
    case KEY_TYPES:
        break;
    }
    char *text = shown_text(k, v);
    json_t *json = ptn_json_text(text);
    free(text);
    return json;
}

void ptn_value_add_json(json_t *object, const struct ptn_key *k, const struct ptn_value *v) {
    bool none = is_none(k, v), secret = k->flags & KEY_SECRET;
    json_object_set_new(object, "value", none || secret ? json_null() : plain_json(k, v));
    if (!secret)
        return;
    json_object_set_new(object, "secret", json_true());
    json_object_set_new(object, "characters",
                        none ? json_null() : json_integer((json_int_t)characters(v->s)));
}

/* -- where from ------------------------------------------------------------------------------- */

void ptn_source_add_text(struct ptn_str *out, const struct ptn_value *v) {
    if (v->option)
        ptn_str_addf(out, "%s", v->option);
    if (v->line > 0)
        ptn_str_addf(out, "%s%s:%d",
                     v->option   ? ", not "
                     : v->is_set ? ""
                                 : "default, not ",
                     v->file, v->line);
    else if (v->from_key)
        ptn_str_addf(out, "as %s", v->from_key);
    else if (!v->option)
        ptn_str_add(out, "default");
}

json_t *ptn_source_json(const struct ptn_value *v) {
    const char *kind = v->option ? "option" : v->is_set ? "file" : v->from_key ? "key" : "default";
    json_t *o = json_object();
    json_object_set_new(o, "kind", json_string(kind));
    if (v->option)
        json_object_set_new(o, "option", ptn_json_text(v->option));
    if (v->from_key && !v->is_set)
        json_object_set_new(o, "key", json_string(v->from_key));
    if (v->line > 0) { /* beside an option or a default: what did not count */
        json_object_set_new(o, "file", ptn_json_text(v->file));
        json_object_set_new(o, "line", json_integer(v->line));
    }
    return o;
}

/* -- JSON ------------------------------------------------------------------------------------- */

json_t *ptn_json_text(const char *text) {
    if (!text)
        return json_null();
    json_t *json = json_string(text);
    if (json)
        return json;
    char *copy = ptn_strdup(text);
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    json = json_string(copy);
    free(copy);
    return json;
}

char *ptn_json_take_text(json_t *json) {
    char *dump = json_dumps(json, JSON_INDENT(2));
    assert(dump); /* all texts were made by ptn_json_text */
    struct ptn_str s;
    ptn_str_init(&s);
    ptn_str_addf(&s, "%s\n", dump);
    free(dump);
    json_decref(json);
    char *text = ptn_str_take(&s);
    ptn_str_done(&s);
    return text;
}

json_t *ptn_problem_json(const struct ptn_problems *p, size_t i) {
    struct ptn_problem_parts parts = ptn_problems_parts(p, i);
    json_t *o = json_object();
    json_object_set_new(o, "level", json_string(parts.level));
    json_object_set_new(o, "file", ptn_json_text(parts.where.file));
    json_object_set_new(o, "line",
                        parts.where.line > 0 ? json_integer(parts.where.line) : json_null());
    json_object_set_new(o, "key", ptn_json_text(parts.where.key));
    json_object_set_new(o, "text", ptn_json_text(parts.text));
    return o;
}

/* -- files ------------------------------------------------------------------------------------ */

json_t *ptn_report_file_json(const struct ptn_config *cfg, const struct ptn_config_file *f) {
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(f->schema->name));
    json_object_set_new(o, "path", ptn_json_text(f->path));
    json_object_set_new(o, "is_loaded",
                        json_boolean(ptn_config_module_enabled(cfg, f->schema->name)));
    json_object_set_new(o, "is_disabled", json_boolean(f->is_disabled));
    json_object_set_new(o, "keys", json_array());
    return o;
}

void ptn_report_file_text(struct ptn_str *out, const struct ptn_config *cfg,
                          const struct ptn_config_file *f) {
    const char *state = f->is_disabled ? "; disabled, so not loaded"
                        : ptn_config_module_enabled(cfg, f->schema->name) ? ""
                                                                          : "; not loaded";
    ptn_str_addf(out, "%s: %s%s\n", f->schema->name, f->path ? f->path : "no file", state);
}
