/* The schema: every key of every file this server knows, one table per file. It alone decides what
 * is accepted, what a key that is not set means, what the sample files say and what a wrong value
 * is told. Immutable; any thread. Shared inside this folder and with its tests only. */
#ifndef PTN_CONFIG_SCHEMA_H
#define PTN_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ptn_key_type {
    KEY_BOOL,
    KEY_INT,   /* min..max */
    KEY_ENUM,  /* one of choices */
    KEY_TEXT,  /* form, when there is one */
    KEY_PATH,  /* relative ones: to the working directory */
    KEY_LIST,  /* comma separated, or an array; each item obeys form or choices */
    KEY_RANGE, /* "min-max", both within min..max */
    KEY_TYPES
};

enum ptn_key_flag {
    KEY_SECRET = 1,      /* never printed */
    KEY_FILLED = 2,      /* empty is an error: it would mean "everybody" or "everything" */
    KEY_OPTION_ONLY = 4, /* exists on the command line, not in a file */
    /* Nothing uses the key. Setting it to something else than its default is said aloud ... */
    KEY_LATER = 8,    /* ... with "not supported yet" */
    KEY_IGNORED = 16, /* ... with "has no effect" */
    /* ... as one of these (none: silently): */
    KEY_NOTES = 32,
    KEY_WARNS = 64, /* harmless */
    KEY_FAILS = 128 /* silence would be unsafe, or leave something named unopened */
};

/* The shape of a text that is more than a text. */
struct ptn_form {
    bool (*ok)(const char *text);
    const char *noun;    /* "an IP address" */
    const char *allowed; /* completes "allowed is ..." */
};

extern const struct ptn_form ptn_form_address, ptn_form_interface, ptn_form_address_or_interface,
    ptn_form_acl, ptn_form_ice_allow, ptn_form_ice_ignore, ptn_form_mapping, ptn_form_url_path,
    ptn_form_url, ptn_form_line, ptn_form_host, ptn_form_folder;

struct ptn_key {
    const char *section, *name;
    enum ptn_key_type type;
    unsigned flags;
    int64_t min, max;
    const char *def;     /* as it would be written; NULL: not set */
    const char *choices; /* comma separated */
    const struct ptn_form *form;
    const char *unit;        /* of numbers: "s", "ms", "bytes" */
    const char *help;        /* one line */
    const char *why;         /* of LATER and IGNORED: completes the message; may be NULL */
    const char *example;     /* for the sample file when there is no default */
    const char *since;       /* NULL: the schema's */
    const char *alias;       /* older name in the same section */
    const char *alt_section; /* also understood there */
    const char *differs;     /* from the reference server's key of this name; one sentence */
    const char *advice;      /* of LATER and IGNORED: what to do instead; NULL: leave it out */
};

struct ptn_schema {
    const char *name;    /* "core", "transport.http" */
    const char *package; /* file name after the prefix: "", ".transport.http" */
    const char *title;   /* first line of the sample file */
    const char *since;
    bool without_file; /* the module works on defaults when there is no file */
    bool has_sample;
    const struct ptn_key *keys;
    size_t count;
};

extern const struct ptn_schema ptn_schema_core, ptn_schema_http, ptn_schema_websockets,
    ptn_schema_pfunix, ptn_schema_echotest;

#define PTN_SCHEMAS 5
extern const struct ptn_schema *const ptn_schemas[PTN_SCHEMAS]; /* [0] is the core */

/* By schema name; NULL: none. */
const struct ptn_schema *ptn_schema_find(const char *name);
/* By what an operator wrote, in any case; aliases and alternative sections included. */
const struct ptn_key *ptn_schema_key(const struct ptn_schema *s, const char *section,
                                     const char *name);
/* By canonical "section.name", exactly; NULL: none. */
const struct ptn_key *ptn_schema_dotted(const struct ptn_schema *s, const char *dotted);
bool ptn_schema_has_section(const struct ptn_schema *s, const char *section);

/* Modules by name, ours and those of the reference server. */
struct ptn_module {
    const char *name; /* "transport.http" */
    const char *so;   /* as `disable` lists name it: "libjanus_http.so" */
};
extern const struct ptn_module ptn_modules[];
extern const size_t ptn_module_count;
const struct ptn_module *ptn_module_find(const char *name);
/* The one that a misspelt name or file name may mean; NULL: none. */
const struct ptn_module *ptn_module_near(const char *word);

/* -- the nearest known word ------------------------------------------------------------------ */

/* Fed candidates one by one; keeps the one with the least Damerau-Levenshtein distance (in any
 * case), if that is small enough to be a misspelling: at most 3, and half the word's length. */
struct ptn_near {
    const char *word, *best;
    size_t distance;
};
void ptn_near_init(struct ptn_near *n, const char *word);
void ptn_near_offer(struct ptn_near *n, const char *candidate); /* borrowed */
void ptn_near_offer_list(struct ptn_near *n, const char *choices, char *buf, size_t cap);

#endif
