/* The .jcfg syntax, by libconfig. */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/doc.h"

struct reader {
    struct ptn_doc *doc;
    struct ptn_jcfg_scan scan;
    const char *file; /* of what libconfig read from memory */
};

static const char *source(struct reader *r, const config_setting_t *s) {
    const char *file = config_setting_source_file(s);
    return file ? ptn_doc_file(r->doc, file) : r->file;
}

/* NULL: not a scalar. buf holds numbers; strings are libconfig's. */
static const char *scalar_text(const config_setting_t *s, char *buf, size_t cap) {
    switch (config_setting_type(s)) {
    case CONFIG_TYPE_STRING: {
        const char *text = config_setting_get_string(s);
        return text ? text : "";
    }
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        snprintf(buf, cap, "%lld", config_setting_get_int64(s));
        return buf;
    case CONFIG_TYPE_FLOAT:
        snprintf(buf, cap, "%f", config_setting_get_float(s));
        return buf;
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(s) ? "true" : "false";
    default:
        return NULL;
    }
}

static bool is_int(const config_setting_t *s) {
    return config_setting_type(s) == CONFIG_TYPE_INT || config_setting_type(s) == CONFIG_TYPE_INT64;
}

static bool is_bad_number(struct reader *r, const config_setting_t *s) {
    const char *file = source(r, s);
    int line = (int)config_setting_source_line(s);
    for (size_t i = 0; is_int(s) && i < r->scan.bad_count; i++)
        if (r->scan.bad[i].line == line && r->scan.bad[i].file == file)
            return true;
    return false;
}

static void add_items(struct reader *r, struct ptn_doc_entry *e, const config_setting_t *list) {
    char buf[400]; /* the largest double has 309 digits before its point */
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *item = config_setting_get_elem(list, (unsigned)i);
        const char *text = scalar_text(item, buf, sizeof buf);
        if (!text) {
            e->kind = DOC_GROUP;
            return;
        }
        if (is_bad_number(r, item))
            e->kind = DOC_BAD;
        ptn_doc_add_item(e, text);
    }
}

static void add_key(struct reader *r, const char *section, const config_setting_t *s) {
    char buf[400];
    const char *file = source(r, s), *text = scalar_text(s, buf, sizeof buf);
    int line = (int)config_setting_source_line(s);
    enum ptn_doc_kind kind = text ? DOC_TEXT : DOC_GROUP;
    if (is_bad_number(r, s))
        kind = DOC_BAD;
    struct ptn_doc_entry *e =
        ptn_doc_add(r->doc, kind, section, config_setting_name(s), text, file, line);
    if (!text && !config_setting_is_group(s)) {
        e->kind = DOC_LIST;
        add_items(r, e, s);
    }
}

static void add_all(struct reader *r, const config_setting_t *root) {
    for (int i = 0; i < config_setting_length(root); i++) {
        const config_setting_t *s = config_setting_get_elem(root, (unsigned)i);
        if (!config_setting_is_group(s)) {
            add_key(r, NULL, s);
            continue;
        }
        const char *section = config_setting_name(s);
        ptn_doc_add(r->doc, DOC_SECTION, section, NULL, NULL, source(r, s),
                    (int)config_setting_source_line(s));
        for (int j = 0; j < config_setting_length(s); j++)
            add_key(r, section, config_setting_get_elem(s, (unsigned)j));
    }
}

static void report(struct reader *r, const config_t *c, struct ptn_problems *problems) {
    const char *file = config_error_file(c), *what = config_error_text(c);
    struct ptn_where at = {file ? file : r->file, config_error_line(c), NULL};
    ptn_problems_error(problems, at, "%s; nothing of this file is used",
                       what ? what : "unreadable");
}

bool ptn_doc_parse_jcfg(struct ptn_doc *doc, const char *file, const char *text, size_t len,
                        struct ptn_problems *problems) {
    struct reader r = {.doc = doc, .file = ptn_doc_file(doc, file)};
    if (memchr(text, '\0', len)) {
        ptn_problems_error(problems, (struct ptn_where){r.file, 0, NULL},
                           "contains a NUL byte; allowed is text");
        return false;
    }
    r.scan = (struct ptn_jcfg_scan){.doc = doc, .problems = problems};
    ptn_jcfg_scan(&r.scan, file, text, 0);
    bool ok = false;
    if (!r.scan.broken) {
        config_t c;
        config_init(&c);
        ok = config_read_string(&c, text) == CONFIG_TRUE;
        if (ok)
            add_all(&r, config_root_setting(&c));
        else
            report(&r, &c, problems);
        config_destroy(&c);
    }
    free(r.scan.bad);
    return ok;
}
