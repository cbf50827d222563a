/* Where a setting came from, in a few words. */
#include "net/internal.h"

const char *where_text(struct ptn_where where, char *buf, size_t cap) {
    const char *key = where.key ? where.key : "";
    if (where.file && where.line > 0)
        snprintf(buf, cap, "%s:%d%s%s", where.file, where.line, *key ? " " : "", key);
    else if (*key == '-') /* an option of the command line */
        snprintf(buf, cap, "%s", key);
    else if (where.file)
        snprintf(buf, cap, "%s %s (default)", where.file, key);
    else
        snprintf(buf, cap, "%s (default)", *key ? key : "built in");
    return buf;
}

const char *where_place(struct ptn_where where, char *buf, size_t cap) {
    where.key = where.file && where.line > 0 ? NULL : where.key;
    return where_text(where, buf, cap);
}
