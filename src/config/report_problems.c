/* What is wrong, for programs. */
#include <string.h>

#include "config/report_parts.h"

static size_t count(const struct ptn_problems *p, const char *level) {
    size_t n = 0;
    for (size_t i = 0; i < ptn_problems_count(p); i++)
        n += strcmp(ptn_problems_parts(p, i).level, level) == 0;
    return n;
}

char *ptn_config_problems_json(const struct ptn_problems *problems) {
    json_t *list = json_array();
    for (size_t i = 0; i < ptn_problems_count(problems); i++)
        json_array_append_new(list, ptn_problem_json(problems, i));
    json_t *o = json_pack(
        "{s:b, s:I, s:I, s:I, s:o}", "is_valid", ptn_problems_errors(problems) == 0, "errors",
        (json_int_t)count(problems, "error"), "warnings", (json_int_t)count(problems, "warning"),
        "notes", (json_int_t)count(problems, "note"), "problems", list);
    return ptn_json_take_text(o);
}
