#include "api/params.h"

#include <ctype.h>
#include <stdio.h>

#include "api/errors.h"

const char *ptn_param_type_name(enum ptn_param_type type) {
    static const char *const names[] = {
        "a string", "a non-empty string", "an integer", "a positive integer", "a boolean",
        "an array", "a non-empty array",  "an object",  "a real number",
    };
    return names[type];
}

static bool has_type(const json_t *v, enum ptn_param_type type) {
    switch (type) {
    case PTN_PARAM_STRING:
        return json_is_string(v);
    case PTN_PARAM_NONEMPTY_STRING:
        return json_is_string(v) && json_string_length(v) > 0;
    case PTN_PARAM_INT:
        return json_is_integer(v);
    case PTN_PARAM_POSITIVE_INT:
        return json_is_integer(v) && json_integer_value(v) >= 0;
    case PTN_PARAM_BOOL:
        return json_is_boolean(v);
    case PTN_PARAM_ARRAY:
        return json_is_array(v);
    case PTN_PARAM_NONEMPTY_ARRAY:
        return json_is_array(v) && json_array_size(v) > 0;
    case PTN_PARAM_OBJECT:
        return json_is_object(v);
    case PTN_PARAM_REAL:
        return json_is_real(v);
    }
    return false;
}

/* With a prefix the sentence goes on in lower case: "JSEP error: missing mandatory element (sdp)".
 */
static void say(char *why, size_t cap, const char *prefix, const char *text) {
    int n = snprintf(why, cap, "%s%s", prefix, text);
    size_t at = 0;
    while (prefix[at])
        at++;
    if (at > 0 && n > 0 && at < cap)
        why[at] = (char)tolower((unsigned char)why[at]);
}

int ptn_params_check(const json_t *object, const struct ptn_param *table, size_t count,
                     const char *prefix, char *why, size_t why_cap) {
    char text[160];
    for (size_t i = 0; i < count; i++) {
        const json_t *v = json_object_get(object, table[i].name);
        if (!v && table[i].required) {
            snprintf(text, sizeof text, "Missing mandatory element (%s)", table[i].name);
            say(why, why_cap, prefix, text);
            return PTN_API_MISSING_ELEMENT;
        }
        if (v && !has_type(v, table[i].type)) {
            snprintf(text, sizeof text, "Invalid element type (%s should be %s)", table[i].name,
                     ptn_param_type_name(table[i].type));
            say(why, why_cap, prefix, text);
            return PTN_API_INVALID_TYPE;
        }
    }
    return PTN_API_OK;
}
