/* The command line: --name value, --name=value, -x value, -xvalue, and clusters of flags (-No).
 * Names are never completed: a shortened one is a misspelling. */
#include "config/options.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/internal.h"

struct command_line {
    int argc, at; /* argv[at] is the next one */
    char **argv;
    struct ptn_options *out;
    uint64_t seen; /* bit i: ptn_option_rows[i] was given */
    char *why;
    size_t why_cap;
};

#define FAIL(c, ...) (snprintf((c)->why, (c)->why_cap, __VA_ARGS__), PTN_EINVALID)

/* "--debug-level", whichever way it was written: messages and where use this. */
static const char *dashed(const struct ptn_option_row *o) {
    static char names[64][40]; /* filled once with constants: borrowed strings for where */
    size_t i = (size_t)(o - ptn_option_rows);
    snprintf(names[i], sizeof names[i], "--%s", o->long_name);
    return names[i];
}

/* -- what is not a setting ----------------------------------------------------------------------
 */

static const struct {
    const char *name;
    enum ptn_run_mode mode;
} modes[] = {
    {"help", PTN_RUN_HELP},
    {"version", PTN_RUN_VERSION},
    {"check-config", PTN_RUN_CHECK_CONFIG},
    {"print-sockets", PTN_RUN_PRINT_SOCKETS},
    {"write-samples", PTN_RUN_WRITE_SAMPLES},
    {"dump-config", PTN_RUN_DUMP_CONFIG},
    {"compat-report", PTN_RUN_COMPAT_REPORT},
    {"explain", PTN_RUN_EXPLAIN},
};

/* --help wins, then --version; two others contradict each other. */
static ptn_err set_mode(struct command_line *c, const struct ptn_option_row *o,
                        enum ptn_run_mode mode) {
    struct ptn_options *out = c->out;
    bool was_print = out->mode == PTN_RUN_HELP || out->mode == PTN_RUN_VERSION;
    bool is_print = mode == PTN_RUN_HELP || mode == PTN_RUN_VERSION;
    if (out->mode != PTN_RUN_SERVE && !was_print && !is_print)
        return FAIL(c, "%s: contradicts another option before it", dashed(o));
    if (!was_print || mode == PTN_RUN_HELP)
        out->mode = mode;
    return PTN_OK;
}

static ptn_err set_special(struct command_line *c, const struct ptn_option_row *o,
                           const char *value) {
    for (size_t i = 0; i < PTN_COUNT_OF(modes); i++)
        if (strcmp(modes[i].name, o->long_name) == 0) {
            if (value)
                c->out->argument = value;
            return set_mode(c, o, modes[i].mode);
        }
    if (strcmp(o->long_name, "json") == 0)
        c->out->as_json = true;
    else if (strcmp(o->long_name, "config") == 0)
        c->out->file = value;
    else
        c->out->folder = value;
    return PTN_OK;
}

/* -- settings -----------------------------------------------------------------------------------
 */

static ptn_err add_override(struct command_line *c, const struct ptn_option_row *o, const char *key,
                            const char *value) {
    const struct ptn_key *k = ptn_schema_dotted(&ptn_schema_core, key);
    struct ptn_value v = {0};
    struct ptn_verdict verdict;
    assert(k && c->out->override_count < PTN_OPTION_OVERRIDES_MAX);
    struct ptn_option_override override = {dashed(o), key, value};
    char *text = ptn_option_text(&override);
    bool ok = ptn_value_parse(k, text, &v, &verdict);
    ptn_wipe(text, strlen(text));
    free(text);
    ptn_value_clear(&v);
    if (!ok)
        return FAIL(c, "%s: %s", dashed(o), verdict.error);
    c->out->override[c->out->override_count++] = override;
    return PTN_OK;
}

/* The port of host:port, of [address]:port; NULL: there is none. */
static const char *port_part(const char *value) {
    const char *end = value[0] == '[' ? strchr(value, ']') : NULL;
    if (end)
        return end[1] == ':' ? end + 2 : NULL;
    const char *colon = strchr(value, ':');
    return colon && !strchr(colon + 1, ':') ? colon + 1 : NULL;
}

static ptn_err set_value(struct command_line *c, const struct ptn_option_row *o,
                         const char *value) {
    size_t i = (size_t)(o - ptn_option_rows);
    if (c->seen & (UINT64_C(1) << i))
        return FAIL(c, "%s: given twice", dashed(o));
    c->seen |= UINT64_C(1) << i;
    if (!o->key)
        return set_special(c, o, value);
    PTN_TRY(add_override(c, o, o->key, value));
    if (strcmp(o->key, "nat.stun_server") == 0 && port_part(value))
        return add_override(c, o, "nat.stun_port", port_part(value));
    return PTN_OK;
}

/* -- the two ways to write an option ------------------------------------------------------------
 */

static ptn_err unknown_long(struct command_line *c, const char *name) {
    char shown[80], hint[80] = "";
    struct ptn_near near;
    ptn_near_init(&near, name);
    for (size_t i = 0; i < ptn_option_count; i++)
        ptn_near_offer(&near, ptn_option_rows[i].long_name);
    if (near.best)
        snprintf(hint, sizeof hint, "; did you mean '--%s'?", near.best);
    return FAIL(c, "--%s: unknown option%s", ptn_shown(name, shown, sizeof shown), hint);
}

static ptn_err take_argument(struct command_line *c, const struct ptn_option_row *o,
                             const char *attached) {
    if (attached)
        return set_value(c, o, attached);
    if (c->at >= c->argc)
        return FAIL(c, "%s: needs a value: %s", dashed(o), o->argument);
    return set_value(c, o, c->argv[c->at++]);
}

static ptn_err parse_long(struct command_line *c, const char *text) {
    char name[48];
    size_t n = strcspn(text, "=");
    if (n >= sizeof name)
        return FAIL(c, "--%.40s...: unknown option", text);
    memcpy(name, text, n);
    name[n] = '\0';
    const char *attached = text[n] == '=' ? text + n + 1 : NULL;
    for (size_t i = 0; i < ptn_option_count; i++) {
        const struct ptn_option_row *o = &ptn_option_rows[i];
        if (strcmp(o->long_name, name) != 0)
            continue;
        if (o->argument)
            return take_argument(c, o, attached);
        if (attached)
            return FAIL(c, "%s: takes no value", dashed(o));
        return set_value(c, o, o->value);
    }
    return unknown_long(c, name);
}

static const struct ptn_option_row *find_short(char name) {
    for (size_t i = 0; i < ptn_option_count; i++)
        if (ptn_option_rows[i].short_name == name)
            return &ptn_option_rows[i];
    return NULL;
}

static ptn_err parse_cluster(struct command_line *c, const char *text) {
    for (; *text; text++) {
        const struct ptn_option_row *o = find_short(*text);
        char one[2] = {*text, '\0'}, shown[8];
        if (!o)
            return FAIL(c, "-%s: unknown option", ptn_shown(one, shown, sizeof shown));
        if (o->argument)
            return take_argument(c, o, text[1] ? text + 1 : NULL);
        PTN_TRY(set_value(c, o, o->value));
    }
    return PTN_OK;
}

static ptn_err parse_one(struct command_line *c, const char *arg) {
    char shown[80];
    if (arg[0] == '-' && arg[1] == '-' && arg[2] != '\0')
        return parse_long(c, arg + 2);
    if (arg[0] == '-' && arg[1] != '\0' && arg[1] != '-')
        return parse_cluster(c, arg + 1);
    return FAIL(c, "'%s': unexpected; everything is said with options",
                ptn_shown(arg, shown, sizeof shown));
}

/* Asked for, it must not be passed over. */
static ptn_err check_json(struct command_line *c) {
    switch (c->out->mode) {
    case PTN_RUN_HELP:
    case PTN_RUN_VERSION:
    case PTN_RUN_CHECK_CONFIG:
    case PTN_RUN_DUMP_CONFIG:
    case PTN_RUN_COMPAT_REPORT:
    case PTN_RUN_EXPLAIN:
        return PTN_OK;
    case PTN_RUN_SERVE:
    case PTN_RUN_PRINT_SOCKETS:
    case PTN_RUN_WRITE_SAMPLES:
        break;
    }
    return c->out->as_json ? FAIL(c, "--json: goes with --check-config, --dump-config, "
                                     "--compat-report or --explain")
                           : PTN_OK;
}

ptn_err ptn_options_parse(int argc, char **argv, struct ptn_options *out, char *why,
                          size_t why_cap) {
    struct command_line c = {
        .argc = argc, .at = 1, .argv = argv, .out = out, .why = why, .why_cap = why_cap};
    *out = (struct ptn_options){.mode = PTN_RUN_SERVE, .folder = PTN_DEFAULT_FOLDER};
    while (c.at < argc)
        PTN_TRY(parse_one(&c, argv[c.at++]));
    return check_json(&c);
}

/* -- usage --------------------------------------------------------------------------------------
 */

static void print_row(const struct ptn_option_row *o) {
    char left[64], dash[5] = "    ";
    const struct ptn_key *k = o->key ? ptn_schema_dotted(&ptn_schema_core, o->key) : NULL;
    if (o->short_name)
        snprintf(dash, sizeof dash, "-%c, ", o->short_name);
    snprintf(left, sizeof left, "%s--%s%s%s", dash, o->long_name, o->argument ? " " : "",
             o->argument ? o->argument : "");
    const char *later = k && (k->flags & KEY_LATER)     ? " (not supported yet)"
                        : k && (k->flags & KEY_IGNORED) ? " (no effect)"
                                                        : "";
    printf("  %-36s%s%s\n", left, o->help ? o->help : k ? k->help : "", later);
}

void ptn_options_usage(const char *program) {
    printf("Usage: %s [option]...\n\nA WebRTC server that listens exactly where its configuration "
           "says.\nOptions override the core configuration file.\n\n",
           program);
    for (size_t i = 0; i < ptn_option_count; i++)
        print_row(&ptn_option_rows[i]);
    printf("\nExit status: 0 done, 1 bad command line or failed start, 78 bad configuration.\n");
}
