/* What the reports are made of: one key's value, source and state, as text and as JSON. Inside
 * this folder only. */
#ifndef PTN_CONFIG_REPORT_PARTS_H
#define PTN_CONFIG_REPORT_PARTS_H

#include <jansson.h>

#include "base/str.h"
#include "config/internal.h"
#include "config/report.h"

const char *ptn_key_type_name(enum ptn_key_type type); /* "whole number" */

enum ptn_key_state { STATE_WORKS, STATE_DIFFERS, STATE_LATER, STATE_IGNORED };
enum ptn_key_state ptn_key_state(const struct ptn_key *k);
const char *ptn_key_state_name(enum ptn_key_state state); /* "not supported yet" */
/* What happens when such a key is set to something else than its default; NULL: nothing. */
const char *ptn_key_consequence(const struct ptn_key *k);
/* What to do about a LATER or IGNORED key; NULL: it needs no advice. */
const char *ptn_key_advice(const struct ptn_key *k);

/* As it would be written in a file, with the unit; "not set"; of a secret its length only. */
void ptn_value_add_text(struct ptn_str *out, const struct ptn_key *k, const struct ptn_value *v);
/* Adds "value" (null: not set, or a secret), and of a secret "secret" and "characters". */
void ptn_value_add_json(json_t *object, const struct ptn_key *k, const struct ptn_value *v);
/* "/etc/x.jcfg:3", "--interface", "default", ... */
void ptn_source_add_text(struct ptn_str *out, const struct ptn_value *v);
json_t *ptn_source_json(const struct ptn_value *v);

/* A text of any bytes: what is not UTF-8 becomes '?', byte by byte. NULL: null. */
json_t *ptn_json_text(const char *text);
/* Indented, with a newline behind it; takes the object. */
char *ptn_json_take_text(json_t *json);
/* level, file, line, key, text */
json_t *ptn_problem_json(const struct ptn_problems *p, size_t i);
/* name, path, is_loaded, is_disabled; an empty array "keys". */
json_t *ptn_report_file_json(const struct ptn_config *cfg, const struct ptn_config_file *f);
/* "transport.http: /etc/x.jcfg", and what is special about it; with a newline. */
void ptn_report_file_text(struct ptn_str *out, const struct ptn_config *cfg,
                          const struct ptn_config_file *f);

#endif
