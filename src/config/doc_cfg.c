/* The legacy .cfg syntax: [section], key = value or key => value; ';' starts a comment anywhere
 * unless it is written \; . Values are not quoted. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/doc.h"

static char *trim(char *s) {
    while (isspace((unsigned char)*s))
        s++;
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1]))
        s[--n] = '\0';
    return s;
}

static void cut_comment(char *s) {
    char *to = s;
    for (; *s && *s != ';'; s++) {
        s += s[0] == '\\' && s[1] == ';';
        *to++ = *s;
    }
    *to = '\0';
}

static bool is_name(const char *s) {
    for (; *s; s++)
        if (iscntrl((unsigned char)*s) || strchr("[]=", *s))
            return false;
    return true;
}

/* False: the line is neither a section nor a setting. */
static bool parse_line(struct ptn_doc *doc, char *line, char **section, const char *file, int no) {
    char *s = trim(line);
    size_t n = strlen(s);
    if (n == 0)
        return true;
    if (s[0] == '[') {
        if (n < 3 || s[n - 1] != ']')
            return false;
        s[n - 1] = '\0';
        s = trim(s + 1);
        free(*section);
        *section = ptn_strdup(s);
        ptn_doc_add(doc, DOC_SECTION, s, NULL, NULL, file, no);
        return *s != '\0' && is_name(s);
    }
    char *eq = strchr(s, '=');
    if (!eq)
        return false;
    *eq = '\0';
    char *value = trim(eq[1] == '>' ? eq + 2 : eq + 1);
    s = trim(s);
    if (*s == '\0' || !is_name(s))
        return false;
    ptn_doc_add(doc, DOC_TEXT, *section, s, value, file, no);
    return true;
}

bool ptn_doc_parse_cfg(struct ptn_doc *doc, const char *file, const char *text, size_t len,
                       struct ptn_problems *problems) {
    file = ptn_doc_file(doc, file);
    char *section = NULL, *copy = ptn_strndup(text, len);
    bool ok = strlen(copy) == len;
    if (!ok)
        ptn_problems_error(problems, (struct ptn_where){file, 0, NULL},
                           "contains a NUL byte; allowed is text");
    char *next = ok ? copy : NULL;
    for (int no = 1; next; no++) {
        char *line = strsep(&next, "\n");
        cut_comment(line);
        if (!parse_line(doc, line, &section, file, no)) {
            ptn_problems_error(problems, (struct ptn_where){file, no, NULL},
                               "neither [section] nor key = value");
            ok = false;
        }
    }
    ptn_wipe(copy, strlen(copy));
    free(copy);
    free(section);
    return ok;
}
