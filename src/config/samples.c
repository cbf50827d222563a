/* The sample files, made from the schema, so that they cannot say anything else than the code. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/internal.h"

#define WIDTH 96

/* A comment line, wrapped. */
static void add_comment(struct ptn_str *out, const char *indent, const char *text) {
    size_t room = WIDTH - strlen(indent) - 2;
    while (*text) {
        size_t n = strlen(text);
        if (n > room) {
            for (n = room; n > 1 && text[n] != ' '; n--)
                continue;
        }
        ptn_str_addf(out, "%s# ", indent);
        ptn_str_addn(out, text, n);
        ptn_str_add(out, "\n");
        text += n;
        text += strspn(text, " ");
    }
}

static bool is_bare(const struct ptn_key *k) { /* written without quotes */
    return k->type == KEY_BOOL || k->type == KEY_INT;
}

static void add_setting(struct ptn_str *out, const struct ptn_key *k) {
    const char *value = k->def ? k->def : k->example ? k->example : "";
    const char *quote = is_bare(k) || (k->type == KEY_LIST && value[0] == '[') ? "" : "\"";
    ptn_str_addf(out, "    #%s = %s%s%s\n", k->name, quote, value, quote);
}

static void add_facts(struct ptn_str *out, const struct ptn_schema *s, const struct ptn_key *k) {
    char allowed[500];
    struct ptn_str line;
    ptn_str_init(&line);
    ptn_str_addf(&line, "Allowed: %s", ptn_key_allowed(k, allowed, sizeof allowed));
    if (k->unit)
        ptn_str_addf(&line, " (%s)", k->unit);
    ptn_str_addf(&line, ". Default: %s.", k->def ? k->def : "not set");
    if (k->alias)
        ptn_str_addf(&line, " Older name: %s.", k->alias);
    if (k->alt_section)
        ptn_str_addf(&line, " Also in %s.", k->alt_section);
    ptn_str_addf(&line, " Since %s.", k->since ? k->since : s->since);
    add_comment(out, "    ", line.s);
    ptn_str_done(&line);
}

static void add_key(struct ptn_str *out, const struct ptn_schema *s, const struct ptn_key *k) {
    char text[400];
    snprintf(text, sizeof text, "%s.", k->help);
    add_comment(out, "    ", text);
    add_facts(out, s, k);
    if (k->flags & (KEY_LATER | KEY_IGNORED)) {
        snprintf(text, sizeof text, "%s%s%s.",
                 k->flags & KEY_LATER ? "NOT SUPPORTED YET" : "NO EFFECT", k->why ? ": " : "",
                 k->why ? k->why : "");
        add_comment(out, "    ", text);
    }
    add_setting(out, k);
}

char *ptn_config_sample_text(const char *name) {
    const struct ptn_schema *s = ptn_schema_find(name);
    struct ptn_str out;
    const char *section = NULL;
    ptn_str_init(&out);
    add_comment(&out, "", s->title);
    add_comment(&out, "",
                "Generated from the schema by `portunus --write-samples`. Every key is commented "
                "out and shows its default, or an example where there is none. A boolean is yes, "
                "true, 1, no, false or 0. An unknown key is an error.");
    for (size_t i = 0; i < s->count; i++) {
        const struct ptn_key *k = &s->keys[i];
        if (k->flags & KEY_OPTION_ONLY)
            continue;
        if (!section || strcmp(section, k->section) != 0)
            ptn_str_addf(&out, "%s\n%s: {\n", section ? "}\n" : "", k->section);
        else
            ptn_str_add(&out, "\n");
        section = k->section;
        add_key(&out, s, k);
    }
    ptn_str_add(&out, "}\n");
    char *text = ptn_str_take(&out);
    ptn_str_done(&out);
    return text;
}

static ptn_err write_one(const char *folder, const struct ptn_schema *s, char *why,
                         size_t why_cap) {
    char path[4096];
    snprintf(path, sizeof path, "%s/portunus%s.jcfg", folder, s->package);
    FILE *f = fopen(path, "wxe"); /* never over an operator's file */
    if (!f) {
        snprintf(why, why_cap, "'%s' cannot be written: %s", path, strerror(errno));
        return PTN_EIO;
    }
    char *text = ptn_config_sample_text(s->name);
    bool ok = fputs(text, f) >= 0;
    free(text);
    if (fclose(f) != 0 || !ok) {
        snprintf(why, why_cap, "'%s' cannot be written: %s", path, strerror(errno));
        return PTN_EIO;
    }
    return PTN_OK;
}

ptn_err ptn_config_write_samples(const char *folder, char *why, size_t why_cap) {
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        if (ptn_schemas[i]->has_sample)
            PTN_TRY(write_one(folder, ptn_schemas[i], why, why_cap));
    return PTN_OK;
}
