/* Checking the parameters of a request against a table (core.md 2). Control thread. */
#ifndef PTN_API_PARAMS_H
#define PTN_API_PARAMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum ptn_param_type {
    PTN_PARAM_STRING,
    PTN_PARAM_NONEMPTY_STRING,
    PTN_PARAM_INT,
    PTN_PARAM_POSITIVE_INT, /* 0 is allowed: only negatives are rejected */
    PTN_PARAM_BOOL,
    PTN_PARAM_ARRAY,
    PTN_PARAM_NONEMPTY_ARRAY,
    PTN_PARAM_OBJECT,
    PTN_PARAM_REAL,
};

struct ptn_param {
    const char *name;
    enum ptn_param_type type;
    bool required;
};

/* In table order, the first failure wins. prefix: put before the text ("JSEP error: "), or "".
 * Returns 0, 456 or 467 with the text in why. A present null is of the wrong type. */
int ptn_params_check(const json_t *object, const struct ptn_param *table, size_t count,
                     const char *prefix, char *why, size_t why_cap);
const char *ptn_param_type_name(enum ptn_param_type type); /* "a string" */

#endif
