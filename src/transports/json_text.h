/* JSON as it goes over the wire: strict parsing with a depth limit, the three styles of writing. */
#ifndef PTN_TRANSPORTS_JSON_TEXT_H
#define PTN_TRANSPORTS_JSON_TEXT_H

#include <jansson.h>

#include "base/bytes.h"

/* JSON text on the wire: "json" of each transport's file. */
enum ptn_json_style {
    PTN_JSON_COMPACT = 0, /* no spaces: the default */
    PTN_JSON_PLAIN,       /* one line, a space after ':' and ',' */
    PTN_JSON_INDENTED,    /* three spaces per level */
};

#define JSON_TEXT_DEPTH 64 /* the API nests about 8 deep; beyond this recursion starts to cost */

struct json_text_error {
    int line, column;
    char text[JSON_ERROR_TEXT_LENGTH];
};

/* One JSON text and nothing after it. New reference, or NULL with *error filled. */
json_t *json_text_parse(struct ptn_bytes text, struct json_text_error *error);
/* One or more JSON texts one after the other (blanks between them allowed): an array of them. All
 * or nothing: NULL when any part is broken, or there are more than max. */
json_t *json_text_parse_all(struct ptn_bytes text, size_t max, struct json_text_error *error);
/* NUL-terminated; free it. Never NULL for what jansson has built. */
char *json_text_write(const json_t *json, enum ptn_json_style style);

#endif
