#include "transports/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static void fail(struct json_text_error *error, int line, int column, const char *text) {
    error->line = line;
    error->column = column;
    (void)ptn_str_copy(error->text, sizeof error->text, text); /* cutting it short is fine */
}

/* What jansson would let through: nesting as deep as its own limit of 2048, NUL bytes at the end.
 * Counts brackets outside strings; broken JSON may be miscounted: the parser refuses it anyway. */
static bool text_ok(struct ptn_bytes text, struct json_text_error *error) {
    int depth = 0, line = 1;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        line += c == '\n';
        if (c == 0) {
            fail(error, line, 0, "NUL byte");
            return false;
        }
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        in_string = c == '"';
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (depth > JSON_TEXT_DEPTH) {
            fail(error, line, 0, "maximum parsing depth reached");
            return false;
        }
    }
    return true;
}

static json_t *load(struct ptn_bytes text, size_t flags, json_error_t *jerr) {
    return json_loadb((const char *)text.p, text.n, JSON_DECODE_ANY | flags, jerr);
}

json_t *json_text_parse(struct ptn_bytes text, struct json_text_error *error) {
    json_error_t jerr;
    if (!text_ok(text, error))
        return NULL;
    json_t *json = load(text, 0, &jerr);
    if (!json)
        fail(error, jerr.line, jerr.column, jerr.text);
    return json;
}

static struct ptn_bytes skip_blanks(struct ptn_bytes text) {
    while (text.n > 0 && strchr(" \t\r\n", text.p[0]) && text.p[0] != 0) {
        text.p++;
        text.n--;
    }
    return text;
}

json_t *json_text_parse_all(struct ptn_bytes text, size_t max, struct json_text_error *error) {
    if (!text_ok(text, error))
        return NULL;
    json_t *all = json_array();
    do {
        json_error_t jerr;
        json_t *one = load(text, JSON_DISABLE_EOF_CHECK, &jerr);
        if (!one || json_array_size(all) == max) {
            fail(error, jerr.line, jerr.column, one ? "too many objects" : jerr.text);
            json_decref(one);
            json_decref(all);
            return NULL;
        }
        json_array_append_new(all, one);
        text.p += jerr.position; /* jansson: how much a success without EOF check has used */
        text.n -= (size_t)jerr.position;
        text = skip_blanks(text);
    } while (text.n > 0);
    return all;
}

char *json_text_write(const json_t *json, enum ptn_json_style style) {
    static const size_t flags[] = {
        [PTN_JSON_COMPACT] = JSON_COMPACT,
        [PTN_JSON_PLAIN] = 0,
        [PTN_JSON_INDENTED] = JSON_INDENT(3),
    };
    char *text = json_dumps(json, flags[style] | JSON_ENCODE_ANY);
    return text ? text : ptn_strdup("{}");
}
