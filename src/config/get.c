/* Typed values. Asking for a key the schema does not have, or as another type, is our own bug. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

static void bug(const struct ptn_config_file *f, const char *key, const char *what) {
    fprintf(stderr, "configuration key '%s' of %s: %s\n", key, f->schema->name, what);
    abort();
}

static size_t index_of(const struct ptn_config_file *f, const char *key) {
    const struct ptn_key *k = ptn_schema_dotted(f->schema, key);
    if (!k)
        bug(f, key, "not in the schema");
    return (size_t)(k - f->schema->keys);
}

struct ptn_value *ptn_config_value(const struct ptn_config_file *f, const char *dotted) {
    return &f->values[index_of(f, dotted)];
}

#define IS(type) (1u << (type))

static const struct ptn_value *typed(const struct ptn_config_file *f, const char *key,
                                     unsigned types) {
    size_t i = index_of(f, key);
    if (!(IS(f->schema->keys[i].type) & types))
        bug(f, key, "asked for as another type");
    return &f->values[i];
}

const struct ptn_config_file *ptn_config_file(const struct ptn_config *cfg, const char *name) {
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        if (strcmp(ptn_schemas[i]->name, name) == 0)
            return &cfg->file[i];
    fprintf(stderr, "no configuration file is called '%s'\n", name);
    abort();
}

const char *ptn_config_file_path(const struct ptn_config_file *f) {
    return f->path;
}

bool ptn_config_module_enabled(const struct ptn_config *cfg, const char *name) {
    const struct ptn_config_file *f = ptn_config_file(cfg, name);
    return !f->is_disabled && (f->path || f->schema->without_file);
}

bool ptn_config_bool(const struct ptn_config_file *f, const char *key) {
    return typed(f, key, IS(KEY_BOOL))->b;
}

int64_t ptn_config_int(const struct ptn_config_file *f, const char *key) {
    return typed(f, key, IS(KEY_INT))->i;
}

const char *ptn_config_str(const struct ptn_config_file *f, const char *key) {
    return typed(f, key, IS(KEY_TEXT) | IS(KEY_PATH) | IS(KEY_ENUM) | IS(KEY_LIST))->s;
}

size_t ptn_config_list_count(const struct ptn_config_file *f, const char *key) {
    return typed(f, key, IS(KEY_LIST))->item_count;
}

const char *ptn_config_list_item(const struct ptn_config_file *f, const char *key, size_t i) {
    const struct ptn_value *v = typed(f, key, IS(KEY_LIST));
    if (i >= v->item_count)
        bug(f, key, "has no such item");
    return v->items[i];
}

bool ptn_config_range(const struct ptn_config_file *f, const char *key, int64_t *min,
                      int64_t *max) {
    const struct ptn_value *v = typed(f, key, IS(KEY_RANGE));
    if (v->max == 0)
        return false;
    *min = v->i;
    *max = v->max;
    return true;
}

bool ptn_config_is_set(const struct ptn_config_file *f, const char *key) {
    return ptn_config_value(f, key)->is_set;
}

struct ptn_where ptn_config_where(const struct ptn_config_file *f, const char *key) {
    const struct ptn_value *v = ptn_config_value(f, key);
    if (v->option)
        return (struct ptn_where){NULL, 0, v->option};
    if (v->line > 0)
        return (struct ptn_where){v->file, v->line, v->dotted};
    return (struct ptn_where){f->path, 0, v->dotted};
}
