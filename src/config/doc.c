#include "config/doc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

struct ptn_doc *ptn_doc_new(void) {
    return ptn_new(struct ptn_doc);
}

void ptn_doc_free(struct ptn_doc *doc) {
    if (!doc)
        return;
    for (size_t i = 0; i < doc->count; i++) {
        struct ptn_doc_entry *e = &doc->entries[i];
        for (size_t j = 0; j < e->item_count; j++) {
            ptn_wipe(e->items[j], strlen(e->items[j]));
            free(e->items[j]);
        }
        if (e->text)
            ptn_wipe(e->text, strlen(e->text)); /* it may be a secret */
        free(e->items);
        free(e->section);
        free(e->key);
        free(e->text);
    }
    for (size_t i = 0; i < doc->file_count; i++)
        free(doc->files[i]);
    free(doc->files);
    free(doc->entries);
    free(doc);
}

const char *ptn_doc_file(struct ptn_doc *doc, const char *name) {
    for (size_t i = 0; i < doc->file_count; i++)
        if (strcmp(doc->files[i], name) == 0)
            return doc->files[i];
    doc->files = ptn_realloc(doc->files, (doc->file_count + 1) * sizeof *doc->files);
    return doc->files[doc->file_count++] = ptn_strdup(name);
}

struct ptn_doc_entry *ptn_doc_add(struct ptn_doc *doc, enum ptn_doc_kind kind, const char *section,
                                  const char *key, const char *text, const char *file, int line) {
    doc->entries = ptn_realloc(doc->entries, (doc->count + 1) * sizeof *doc->entries);
    struct ptn_doc_entry *e = &doc->entries[doc->count++];
    *e = (struct ptn_doc_entry){
        .kind = kind,
        .section = ptn_strdup(section),
        .key = ptn_strdup(key),
        .text = ptn_strdup(text),
        .file = file,
        .line = line,
    };
    return e;
}

void ptn_doc_add_item(struct ptn_doc_entry *e, const char *text) {
    e->items = ptn_realloc(e->items, (e->item_count + 1) * sizeof *e->items);
    e->items[e->item_count++] = ptn_strdup(text);
}

static bool read_all(FILE *f, char *buf, size_t len) {
    return fread(buf, 1, len, f) == len && fgetc(f) == EOF && !ferror(f);
}

static FILE *open_regular(const char *path, struct ptn_where at, struct ptn_problems *problems,
                          size_t *len) {
    struct stat st;
    if (stat(path, &st) != 0) { /* before opening: a FIFO would block */
        ptn_problems_error(problems, at, "'%s' cannot be read: %s", path, strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > PTN_DOC_FILE_MAX) {
        ptn_problems_error(problems, at, "'%s' is not a file of at most %d bytes", path,
                           PTN_DOC_FILE_MAX);
        return NULL;
    }
    FILE *f = fopen(path, "rbe");
    if (!f)
        ptn_problems_error(problems, at, "'%s' cannot be read: %s", path, strerror(errno));
    *len = (size_t)st.st_size;
    return f;
}

bool ptn_doc_read(const char *path, struct ptn_where at, struct ptn_problems *problems,
                  char **out) {
    size_t len;
    FILE *f = open_regular(path, at, problems, &len);
    if (!f)
        return false;
    char *text = ptn_alloc(len + 1);
    bool ok = read_all(f, text, len);
    fclose(f);
    if (!ok)
        ptn_problems_error(problems, at, "'%s' changed while it was read", path);
    else if (memchr(text, '\0', len))
        ptn_problems_error(problems, at, "'%s' contains a NUL byte; allowed is text", path);
    else {
        *out = text;
        return true;
    }
    ptn_wipe(text, len);
    free(text);
    return false;
}
