/* What a file says, before anybody asks whether it makes sense: (section, key, value, line), the
 * same for both syntaxes. Every scalar is text already (spec: true, "true" and 1 are three ways to
 * write one thing). */
#ifndef PTN_CONFIG_DOC_H
#define PTN_CONFIG_DOC_H

#include "base/problems.h"

enum ptn_doc_kind {
    DOC_TEXT,    /* one value */
    DOC_LIST,    /* an array or list of scalars */
    DOC_GROUP,   /* something nested where a value belongs */
    DOC_SECTION, /* the section itself, key NULL: so that an empty unknown one is seen */
    DOC_BAD      /* already reported: its number did not fit */
};

struct ptn_doc_entry {
    enum ptn_doc_kind kind;
    char *section; /* NULL: the key stands outside any section */
    char *key;
    char *text;
    char **items;
    size_t item_count;
    const char *file; /* the document's */
    int line;
};

struct ptn_doc {
    struct ptn_doc_entry *entries; /* owned, in file order */
    size_t count;
    char **files; /* owned: every file name an entry or a message points to */
    size_t file_count;
};

#define PTN_DOC_FILE_MAX (1024 * 1024) /* bytes; a configuration file is never this long */
#define PTN_DOC_INCLUDE_DEPTH 10       /* libconfig's own limit */

struct ptn_doc *ptn_doc_new(void);
void ptn_doc_free(struct ptn_doc *doc);
/* The name, kept as long as the document. */
const char *ptn_doc_file(struct ptn_doc *doc, const char *name);
/* Texts are copied; text may be NULL. */
struct ptn_doc_entry *ptn_doc_add(struct ptn_doc *doc, enum ptn_doc_kind kind, const char *section,
                                  const char *key, const char *text, const char *file, int line);
void ptn_doc_add_item(struct ptn_doc_entry *e, const char *text);

/* Reads a regular file of at most PTN_DOC_FILE_MAX bytes without a NUL byte.
 *  out: owned by the caller, NUL-terminated.  returns false: reported at `at` */
bool ptn_doc_read(const char *path, struct ptn_where at, struct ptn_problems *problems, char **out);

/* The two syntaxes. text: len bytes, a NUL follows. What is broken is an error in problems, and
 * false is returned; entries found so far may be there. */
bool ptn_doc_parse_jcfg(struct ptn_doc *doc, const char *file, const char *text, size_t len,
                        struct ptn_problems *problems);
bool ptn_doc_parse_cfg(struct ptn_doc *doc, const char *file, const char *text, size_t len,
                       struct ptn_problems *problems);

/* -- inside doc_jcfg.c and jcfg_scan.c -------------------------------------------------------- */

struct ptn_jcfg_scan {
    struct ptn_doc *doc;
    struct ptn_problems *problems;
    struct bad_number {
        const char *file;
        int line;
    } * bad; /* owned: lines with a number that libconfig would wrap */
    size_t bad_count;
    bool broken; /* libconfig must not see this: it would guess, or end the process */
};

/* Looks over the raw text for what libconfig 1.5 passes in silence or dies of: numbers that do not
 * fit (it wraps them: 4294975384 is port 8088), a comment that never ends (the rest of the file is
 * gone), \x00 in a string (cut off there), a folder or device as @include (the process exits). */
void ptn_jcfg_scan(struct ptn_jcfg_scan *s, const char *file, const char *text, int depth);

#endif
