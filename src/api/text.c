#include "api/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Drops the last character and what belongs to it. */
static void drop_last(char *text) {
    size_t n = strlen(text);
    while (n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
        n--;
    if (n > 0 && (unsigned char)text[n - 1] >= 0xC0)
        n--;
    text[n] = '\0';
}

static void replace_foreign(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
}

json_t *ptn_api_text(const char *text) {
    json_t *json = json_string(text);
    if (json)
        return json;
    char *copy = ptn_strdup(text);
    drop_last(copy);
    json = json_string(copy);
    if (!json) {
        free(copy);
        copy = ptn_strdup(text);
        replace_foreign(copy);
        json = json_string(copy);
    }
    free(copy);
    return json;
}
