#include "util.h"

#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

char *problems_text(const struct ptn_problems *p) {
    struct ptn_str s;
    ptn_str_init(&s);
    for (size_t i = 0; i < ptn_problems_count(p); i++)
        ptn_str_addf(&s, "%s\n", ptn_problems_text(p, i));
    char *text = ptn_str_take(&s);
    ptn_str_done(&s);
    return text;
}

void folder_new(struct folder *f) {
    snprintf(f->path, sizeof f->path, "/tmp/portunus-test-XXXXXX");
    assert_non_null(mkdtemp(f->path));
}

void folder_free(struct folder *f) {
    DIR *dir = opendir(f->path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            assert_int_equal(remove(folder_path(f, e->d_name)), 0);
    closedir(dir);
    assert_int_equal(rmdir(f->path), 0);
}

const char *folder_path(const struct folder *f, const char *name) {
    static char paths[4][400];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", f->path, name);
    return path;
}

void folder_write(const struct folder *f, const char *name, const char *text) {
    FILE *out = fopen(folder_path(f, name), "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

void folder_hide(const struct folder *f, char *text) {
    size_t n = strlen(f->path);
    for (char *at; (at = strstr(text, f->path));) {
        *at = 'F';
        memmove(at + 1, at + n, strlen(at + n) + 1);
    }
}

struct loaded load_folder(const struct folder *f) {
    struct ptn_options options = {.folder = f->path};
    struct loaded l = {.problems = ptn_problems_new()};
    l.cfg = ptn_config_load(&options, l.problems);
    l.text = problems_text(l.problems);
    folder_hide(f, l.text);
    return l;
}

struct loaded load_text(const char *name, const char *path, const char *text) {
    struct loaded l = {.problems = ptn_problems_new()};
    l.cfg = ptn_config_load_text(name, path, text, strlen(text), l.problems);
    l.text = problems_text(l.problems);
    return l;
}

void loaded_free(struct loaded *l) {
    ptn_config_free(l->cfg);
    ptn_problems_free(l->problems);
    free(l->text);
}
