/* Which files of a folder are read. Each module's file may have four names; more than one of the
 * same rank is a question only the operator can answer. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/internal.h"

#define FILES_MAX 4096 /* entries looked at */

struct name {
    bool is_ours;     /* starts with portunus or janus */
    bool is_cfg;      /* the older syntax */
    char module[128]; /* "" for the core, ".transport.http" */
};

static bool ends_with(const char *s, size_t n, const char *end) {
    size_t m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

static struct name split_name(const char *file) {
    static const char *const prefixes[] = {"portunus", "janus"};
    struct name out = {0};
    size_t n = strlen(file), end = 0;
    if (ends_with(file, n, ".jcfg"))
        end = n - strlen(".jcfg");
    else if (ends_with(file, n, ".cfg")) {
        end = n - strlen(".cfg");
        out.is_cfg = true;
    }
    for (size_t i = 0; i < PTN_COUNT_OF(prefixes); i++) {
        size_t m = strlen(prefixes[i]);
        if (end < m || strncmp(file, prefixes[i], m) != 0 || (end > m && file[m] != '.'))
            continue;
        if (end - m >= sizeof out.module)
            return out;
        memcpy(out.module, file + m, end - m);
        out.is_ours = true;
    }
    return out;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, so that messages come in the same order everywhere. */
static char **list_names(const char *folder, size_t *count, struct ptn_problems *problems) {
    char **names = NULL;
    *count = 0;
    DIR *dir = opendir(folder);
    if (!dir) {
        ptn_problems_error(problems, (struct ptn_where){folder, 0, NULL},
                           "the configuration folder cannot be read: %s; another one is named "
                           "with -F",
                           strerror(errno));
        return NULL;
    }
    for (struct dirent *e; (e = readdir(dir)) && *count < FILES_MAX;) {
        if (!split_name(e->d_name).is_ours)
            continue;
        names = ptn_realloc(names, (*count + 1) * sizeof *names);
        names[(*count)++] = ptn_strdup(e->d_name);
    }
    closedir(dir);
    if (names)
        qsort(names, *count, sizeof *names, by_text);
    return names;
}

static int schema_of(const char *module) {
    for (int i = 0; i < PTN_SCHEMAS; i++)
        if (strcmp(ptn_schemas[i]->package, module) == 0)
            return i;
    return -1;
}

static void foreign(const char *path, const char *module, struct ptn_problems *problems) {
    const struct ptn_where at = {path, 0, NULL};
    const char *name = module + (*module == '.');
    if (ptn_module_find(name)) {
        ptn_problems_warn(problems, at, "%s is not supported yet; the file is not read", name);
        return;
    }
    const struct ptn_module *near = ptn_module_near(name);
    char hint[80] = "";
    if (near)
        snprintf(hint, sizeof hint, "; did you mean '%s'?", near->name);
    ptn_problems_warn(problems, at, "there is no module '%s'; the file is not read%s", name, hint);
}

/* The better of the path chosen so far and a further one. */
static void choose(char **chosen, char *path, bool is_cfg, struct ptn_problems *problems) {
    if (!*chosen) {
        *chosen = path;
        return;
    }
    bool was_cfg = ends_with(*chosen, strlen(*chosen), ".cfg");
    if (was_cfg == is_cfg) {
        ptn_problems_error(problems, (struct ptn_where){path, 0, NULL},
                           "'%s' exists as well; allowed is one of the two", *chosen);
        free(path);
        return;
    }
    char *loser = is_cfg ? path : *chosen, *winner = is_cfg ? *chosen : path;
    ptn_problems_note(problems, (struct ptn_where){loser, 0, NULL}, "not read, because '%s' exists",
                      winner);
    *chosen = winner;
    free(loser);
}

static char *join(const char *folder, const char *name) {
    size_t n = strlen(folder);
    const char *slash = n > 0 && folder[n - 1] == '/' ? "" : "/";
    size_t cap = n + strlen(name) + 2;
    char *path = ptn_alloc(cap);
    snprintf(path, cap, "%s%s%s", folder, slash, name);
    return path;
}

void ptn_folder_read(const char *folder, struct ptn_folder *out, struct ptn_problems *problems) {
    size_t count;
    char **names = list_names(folder, &count, problems);
    *out = (struct ptn_folder){0};
    for (size_t i = 0; i < count; i++) {
        struct name name = split_name(names[i]);
        char *path = join(folder, names[i]);
        int schema = schema_of(name.module);
        if (schema >= 0) {
            choose(&out->path[schema], path, name.is_cfg, problems);
        } else {
            foreign(path, name.module, problems);
            free(path);
        }
        free(names[i]);
    }
    free(names);
}

void ptn_folder_done(struct ptn_folder *f) {
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        free(f->path[i]);
}
