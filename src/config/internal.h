/* Shared inside this folder only. */
#ifndef PTN_CONFIG_INTERNAL_H
#define PTN_CONFIG_INTERNAL_H

#include "config/config.h"
#include "config/doc.h"
#include "config/schema.h"

/* -- values ----------------------------------------------------------------------------------- */

struct ptn_value {
    bool is_set; /* by file or option; a default leaves it false */
    bool b;
    int64_t i, max; /* a range uses both */
    char *s;        /* owned */
    char **items;   /* owned */
    size_t item_count;
    const char *file; /* borrowed from the file's document; NULL: option or default */
    int line;
    const char *option;   /* borrowed from the options; NULL: from the file */
    const char *from_key; /* constant: the other key it was taken from; NULL: from none */
    char *dotted;         /* owned: "section.name" */
};

#define PTN_VERDICT_TEXT 1024
struct ptn_verdict {
    char error[PTN_VERDICT_TEXT]; /* what was found; what is allowed */
    char warning[256];            /* empty: none */
};

/* Replaces the value, not its is_set and where. False: verdict->error says why, out is as before.
 * Secrets are not repeated in messages. */
bool ptn_value_parse(const struct ptn_key *k, const char *text, struct ptn_value *out,
                     struct ptn_verdict *verdict);
bool ptn_value_parse_items(const struct ptn_key *k, char *const *items, size_t n,
                           struct ptn_value *out, struct ptn_verdict *verdict);
bool ptn_value_eq(const struct ptn_value *a, const struct ptn_value *b);
bool ptn_value_is_default(const struct ptn_key *k, const struct ptn_value *v);
void ptn_value_clear(struct ptn_value *v); /* the value only; keeps where and dotted */
/* "a whole number 1..65535", "yes, true, 1, no, false, 0"; returns buf. */
const char *ptn_key_allowed(const struct ptn_key *k, char *buf, size_t cap);
/* A remote or careless text made fit for one line of a terminal; returns buf. */
const char *ptn_shown(const char *text, char *buf, size_t cap);
/* What messages show of a misspelt "section.key", and of one word. */
#define PTN_SHOWN_KEY 160
#define PTN_SHOWN_WORD 80

/* -- files ------------------------------------------------------------------------------------ */

struct ptn_config_file {
    const struct ptn_schema *schema;
    char *path;               /* owned; NULL: no file was read */
    struct ptn_doc *doc;      /* owned; NULL without a file */
    struct ptn_value *values; /* owned; one per schema key, in its order */
    bool is_disabled;         /* by a `disable` list of the core file */
};

struct ptn_config {
    struct ptn_config_file file[PTN_SCHEMAS];
};

struct ptn_value *ptn_config_value(const struct ptn_config_file *f, const char *dotted);

/* Every value of the file's document checked and taken over. */
void ptn_bind(struct ptn_config_file *f, struct ptn_problems *problems);
void ptn_bind_options(struct ptn_config_file *f, const struct ptn_options *options,
                      struct ptn_problems *problems);
/* The value of an override as its key takes it, the caller's to free: of -S host:port (brackets or
 * more than one colon: an IPv6 address) the host. */
char *ptn_option_text(const struct ptn_option_override *o);
/* After all values are known: defaults, and a word on each key that nothing uses. */
void ptn_bind_finish(struct ptn_config_file *f, struct ptn_problems *problems);

/* What only shows when keys are seen together, or with the files they name. */
void ptn_check_file(struct ptn_config *cfg, struct ptn_config_file *f,
                    struct ptn_problems *problems);
void ptn_check_secrets(struct ptn_config *cfg, struct ptn_problems *problems);
void ptn_check_together(struct ptn_config *cfg, struct ptn_problems *problems);
void ptn_check_certificates(struct ptn_config_file *f, struct ptn_problems *problems);

/* The file of each schema in a folder, chosen among the four names it may have. Owned, NULL: none.
 * Ambiguity and unreadable folders are errors, files of other modules warnings. */
struct ptn_folder {
    char *path[PTN_SCHEMAS];
};
void ptn_folder_read(const char *folder, struct ptn_folder *out, struct ptn_problems *problems);
void ptn_folder_done(struct ptn_folder *f);

/* -- the command line ------------------------------------------------------------------------- */

struct ptn_option_row {
    char short_name;       /* 0: none */
    const char *long_name; /* without the dashes */
    const char *argument;  /* its name in the usage text; NULL: a flag */
    const char *key;       /* of the core schema; NULL: handled by options.c */
    const char *value;     /* of a flag */
    const char *help;      /* NULL: the key's */
};
extern const struct ptn_option_row ptn_option_rows[];
extern const size_t ptn_option_count;

#endif
