/* From files and options to values. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/internal.h"

static void file_init(struct ptn_config_file *f, const struct ptn_schema *schema) {
    f->schema = schema;
    f->values = ptn_new_array(struct ptn_value, schema->count);
    for (size_t i = 0; i < schema->count; i++) {
        const struct ptn_key *k = &schema->keys[i];
        size_t cap = strlen(k->section) + strlen(k->name) + 2;
        f->values[i].dotted = ptn_alloc(cap);
        snprintf(f->values[i].dotted, cap, "%s.%s", k->section, k->name);
    }
}

static void file_done(struct ptn_config_file *f) {
    for (size_t i = 0; i < f->schema->count; i++) {
        ptn_value_clear(&f->values[i]);
        free(f->values[i].dotted);
    }
    free(f->values);
    free(f->path);
    ptn_doc_free(f->doc);
}

static struct ptn_config *config_new(void) {
    struct ptn_config *cfg = ptn_new(struct ptn_config);
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        file_init(&cfg->file[i], ptn_schemas[i]);
    return cfg;
}

void ptn_config_free(struct ptn_config *cfg) {
    if (!cfg)
        return;
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        file_done(&cfg->file[i]);
    free(cfg);
}

static bool is_cfg_name(const char *path) {
    size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".cfg") == 0;
}

static void parse(struct ptn_config_file *f, const char *path, const char *text, size_t len,
                  struct ptn_problems *problems) {
    f->path = ptn_strdup(path);
    f->doc = ptn_doc_new();
    bool ok = is_cfg_name(path) ? ptn_doc_parse_cfg(f->doc, path, text, len, problems)
                                : ptn_doc_parse_jcfg(f->doc, path, text, len, problems);
    if (ok)
        ptn_bind(f, problems);
}

static void read_file(struct ptn_config_file *f, const char *path, struct ptn_where at,
                      struct ptn_problems *problems) {
    char *text;
    if (!path || !ptn_doc_read(path, at, problems, &text))
        return;
    parse(f, path, text, strlen(text), problems);
    ptn_wipe(text, strlen(text));
    free(text);
}

static void mark_disabled(struct ptn_config *cfg, const char *key, const char *kind) {
    const struct ptn_config_file *core = &cfg->file[0];
    for (size_t i = 0; i < ptn_config_list_count(core, key); i++)
        for (size_t j = 1; j < PTN_SCHEMAS; j++) {
            const struct ptn_module *m = ptn_module_find(ptn_schemas[j]->name);
            if (m && strncmp(m->name, kind, strlen(kind)) == 0 &&
                strcmp(m->so, ptn_config_list_item(core, key, i)) == 0)
                cfg->file[j].is_disabled = true;
        }
}

static void finish(struct ptn_config *cfg, struct ptn_problems *problems) {
    mark_disabled(cfg, "plugins.disable", "plugin.");
    mark_disabled(cfg, "transports.disable", "transport.");
    for (size_t i = 0; i < PTN_SCHEMAS; i++) {
        ptn_bind_finish(&cfg->file[i], problems);
        ptn_check_file(cfg, &cfg->file[i], problems);
    }
    ptn_check_secrets(cfg, problems);
}

struct ptn_config *ptn_config_load(const struct ptn_options *options,
                                   struct ptn_problems *problems) {
    struct ptn_config *cfg = config_new();
    struct ptn_folder folder;
    ptn_folder_read(options->folder, &folder, problems);
    for (size_t i = 0; i < PTN_SCHEMAS; i++) {
        bool is_named = i == 0 && options->file;
        const char *path = is_named ? options->file : folder.path[i];
        struct ptn_where at = {is_named ? NULL : path, 0, is_named ? "--config" : NULL};
        read_file(&cfg->file[i], path, at, problems);
    }
    ptn_folder_done(&folder);
    ptn_bind_options(&cfg->file[0], options, problems);
    finish(cfg, problems);
    ptn_check_together(cfg, problems);
    return cfg;
}

struct ptn_config *ptn_config_load_text(const char *name, const char *path, const char *text,
                                        size_t len, struct ptn_problems *problems) {
    struct ptn_config *cfg = config_new();
    struct ptn_config_file *f = NULL;
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        if (strcmp(ptn_schemas[i]->name, name) == 0)
            f = &cfg->file[i];
    assert(f);
    char *copy = ptn_alloc(len + 1); /* the parsers rely on the NUL behind it */
    memcpy(copy, text, len);
    parse(f, path, copy, len, problems);
    ptn_wipe(copy, len);
    free(copy);
    finish(cfg, problems);
    return cfg;
}
