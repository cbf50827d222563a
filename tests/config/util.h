/* Folders made for one test, and problems as one text. */
#ifndef PTN_TESTS_CONFIG_UTIL_H
#define PTN_TESTS_CONFIG_UTIL_H

#include "config/config.h"

/* All problems, one per line, in order; the caller's to free. */
char *problems_text(const struct ptn_problems *p);

struct folder {
    char path[64];
};
void folder_new(struct folder *f);
void folder_free(struct folder *f); /* with all that is in it */
void folder_write(const struct folder *f, const char *name, const char *text);
/* "<folder>/name" in a static buffer, one of four in turn. */
const char *folder_path(const struct folder *f, const char *name);
/* Replaces the folder's path by "F" in a text, so that messages can be compared whole. */
void folder_hide(const struct folder *f, char *text);

struct loaded {
    struct ptn_problems *problems;
    struct ptn_config *cfg;
    char *text; /* problems_text, folder hidden */
};
struct loaded load_folder(const struct folder *f);
struct loaded load_text(const char *name, const char *path, const char *text);
void loaded_free(struct loaded *l);

#endif
