/* JSON as clients send it: one text (HTTP), several (WebSocket); what was read can be written and
 * read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transports/json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const json_t *json, enum ptn_json_style style) {
    struct json_text_error error;
    char *text = json_text_write(json, style);
    json_t *copy = json_text_parse(ptn_bytes_str(text), &error);
    if (!copy || !json_equal((json_t *)(uintptr_t)json, copy))
        abort();
    json_decref(copy);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_text_error error;
    struct ptn_bytes text = ptn_bytes_of(data, size);
    json_t *one = json_text_parse(text, &error);
    if (one)
        for (enum ptn_json_style s = PTN_JSON_COMPACT; s <= PTN_JSON_INDENTED; s++)
            again(one, s);
    json_t *all = json_text_parse_all(text, 8, &error);
    if (one && (json_array_size(all) != 1 || !json_equal(one, json_array_get(all, 0))))
        abort();
    json_decref(one);
    json_decref(all);
    return 0;
}
