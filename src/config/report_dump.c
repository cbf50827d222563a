/* Every key with its effective value and where that came from. */
#include <string.h>

#include "config/report_parts.h"

#define VALUE_WIDTH 36 /* of the column; a longer value pushes its source to the right */

static size_t key_width(const struct ptn_schema *s) {
    size_t width = 0;
    for (size_t i = 0; i < s->count; i++)
        if (strlen(s->keys[i].name) > width)
            width = strlen(s->keys[i].name);
    return width;
}

/* Told where somebody asked for it: at a value that was given. */
static bool has_no_effect(const struct ptn_key *k, const struct ptn_value *v) {
    return v->is_set && (k->flags & (KEY_LATER | KEY_IGNORED));
}

static void add_key(struct ptn_str *out, const struct ptn_key *k, const struct ptn_value *v,
                    size_t width) {
    struct ptn_str value, source;
    ptn_str_init(&value);
    ptn_str_init(&source);
    ptn_value_add_text(&value, k, v);
    ptn_source_add_text(&source, v);
    if (has_no_effect(k, v))
        ptn_str_addf(&source, " (%s)", ptn_key_state_name(ptn_key_state(k)));
    ptn_str_addf(out, "    %-*s  %-*s  %s\n", (int)width, k->name, VALUE_WIDTH, value.s, source.s);
    ptn_str_done(&value);
    ptn_str_done(&source);
}

static void add_file(struct ptn_str *out, const struct ptn_config *cfg,
                     const struct ptn_config_file *f) {
    const char *section = "";
    size_t width = key_width(f->schema);
    ptn_report_file_text(out, cfg, f);
    for (size_t i = 0; i < f->schema->count; i++) {
        const struct ptn_key *k = &f->schema->keys[i];
        if (strcmp(section, k->section) != 0)
            ptn_str_addf(out, "  %s\n", k->section);
        section = k->section;
        add_key(out, k, &f->values[i], width);
    }
}

static char *dump_text(const struct ptn_config *cfg) {
    struct ptn_str out;
    ptn_str_init(&out);
    for (size_t i = 0; i < PTN_SCHEMAS; i++) {
        ptn_str_add(&out, i ? "\n" : "");
        add_file(&out, cfg, &cfg->file[i]);
    }
    char *text = ptn_str_take(&out);
    ptn_str_done(&out);
    return text;
}

static json_t *key_json(const struct ptn_key *k, const struct ptn_value *v) {
    json_t *o = json_pack("{s:s, s:s}", "key", v->dotted, "type", ptn_key_type_name(k->type));
    ptn_value_add_json(o, k, v);
    if (k->unit)
        json_object_set_new(o, "unit", json_string(k->unit));
    json_object_set_new(o, "source", ptn_source_json(v));
    json_object_set_new(o, "state", json_string(ptn_key_state_name(ptn_key_state(k))));
    return o;
}

static char *dump_json(const struct ptn_config *cfg) {
    json_t *files = json_array();
    for (size_t i = 0; i < PTN_SCHEMAS; i++) {
        const struct ptn_config_file *f = &cfg->file[i];
        json_t *o = ptn_report_file_json(cfg, f), *keys = json_object_get(o, "keys");
        for (size_t j = 0; j < f->schema->count; j++)
            json_array_append_new(keys, key_json(&f->schema->keys[j], &f->values[j]));
        json_array_append_new(files, o);
    }
    return ptn_json_take_text(json_pack("{s:o}", "files", files));
}

char *ptn_config_dump(const struct ptn_config *cfg, enum ptn_report_style style) {
    return style == PTN_REPORT_JSON ? dump_json(cfg) : dump_text(cfg);
}
