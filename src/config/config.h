/* The configuration of a folder of .jcfg files plus command-line options: parsed, checked against
 * the schema tables, immutable afterwards. Control thread. */
#ifndef PTN_CONFIG_CONFIG_H
#define PTN_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problems.h"
#include "config/options.h"

struct ptn_config;

/* Reads every file we know in the folder (options->folder, options->file), applies the options,
 * checks everything that can be checked without opening a socket, and adds what it finds to
 * problems. Always returns a configuration; it may be used only when there are no errors. */
struct ptn_config *ptn_config_load(const struct ptn_options *options,
                                   struct ptn_problems *problems);
void ptn_config_free(struct ptn_config *cfg);
/* One file from memory, as if it were read from path (whose end, .jcfg or .cfg, chooses the
 * syntax); all other files are missing, and no listener is asked for. For tests and fuzzing.
 *  name  as for ptn_config_file */
struct ptn_config *ptn_config_load_text(const char *name, const char *path, const char *text,
                                        size_t len, struct ptn_problems *problems);

/* One module's file, by its schema's name: "core", "transport.http", "transport.websockets",
 * "plugin.echotest". Never NULL for a known name (all defaults when the file is missing). */
struct ptn_config_file;
const struct ptn_config_file *ptn_config_file(const struct ptn_config *cfg, const char *name);
/* NULL: no such file was read (the module is then not loaded, unless its schema says otherwise). */
const char *ptn_config_file_path(const struct ptn_config_file *f);

/* Is this module to be loaded: its file was read (or it needs none), and no `disable` list of the
 * core file names it. */
bool ptn_config_module_enabled(const struct ptn_config *cfg, const char *name);

/* Typed values by "section.key". A key that is not in the schema, or is of another type, is our own
 * bug: it aborts. Strings and lists are borrowed. A list can be asked for as a string too: its
 * items joined by commas. */
bool ptn_config_bool(const struct ptn_config_file *f, const char *key);
int64_t ptn_config_int(const struct ptn_config_file *f, const char *key);
const char *ptn_config_str(const struct ptn_config_file *f, const char *key); /* NULL: not set */
size_t ptn_config_list_count(const struct ptn_config_file *f, const char *key);
const char *ptn_config_list_item(const struct ptn_config_file *f, const char *key, size_t i);
/* A "min-max" range; false when not set. */
bool ptn_config_range(const struct ptn_config_file *f, const char *key, int64_t *min, int64_t *max);
bool ptn_config_is_set(const struct ptn_config_file *f, const char *key);
/* File and line of the value, or the option; key for messages. When not set: file only. */
struct ptn_where ptn_config_where(const struct ptn_config_file *f, const char *key);

/* Writes portunus.jcfg and the sample of every module into an existing folder: each key commented
 * out, with its type, range, default and a line of help. Files that exist are never overwritten.
 *  returns PTN_EIO: why says which file and what is wrong; files written before it stay */
PTN_MUST_CHECK ptn_err ptn_config_write_samples(const char *folder, char *why, size_t why_cap);
/* The text of one sample, the caller's to free; by schema name. */
char *ptn_config_sample_text(const char *name);

#endif
