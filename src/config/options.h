/* The command line. */
#ifndef PTN_CONFIG_OPTIONS_H
#define PTN_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum ptn_run_mode {
    PTN_RUN_SERVE,
    PTN_RUN_HELP,          /* print usage, exit 0 */
    PTN_RUN_VERSION,       /* print the banner, exit 0 */
    PTN_RUN_CHECK_CONFIG,  /* validate everything, print every problem, exit 0 or 78 */
    PTN_RUN_PRINT_SOCKETS, /* start, verify, print the table, exit */
    PTN_RUN_WRITE_SAMPLES, /* write generated sample files into a folder, exit */
    PTN_RUN_DUMP_CONFIG,   /* print every effective value and its source, exit 0 or 78 */
    PTN_RUN_COMPAT_REPORT, /* print what becomes of each key that is set, exit 0 or 78 */
    PTN_RUN_EXPLAIN,       /* print what is known of a key, exit 0 or 1 */
};

#define PTN_DEFAULT_FOLDER "/etc/portunus" /* without -F */
#define PTN_OPTION_OVERRIDES_MAX 64        /* more than there are options: each is given once */

struct ptn_options {
    enum ptn_run_mode mode;
    const char *folder;   /* -F; borrowed from argv */
    const char *file;     /* -C; NULL: the folder's core file */
    const char *argument; /* of WRITE_SAMPLES and EXPLAIN */
    bool as_json;         /* --json: only with CHECK_CONFIG, DUMP_CONFIG, COMPAT_REPORT, EXPLAIN */
    size_t override_count;
    struct ptn_option_override { /* "-i 192.0.2.1" is {"--interface", "general.interface", …} */
        const char *option, *key, *value;
    } override[PTN_OPTION_OVERRIDES_MAX];
};

/* Values are checked against the schema here already. argv is borrowed by out.
 *  returns PTN_EINVALID: why says what is wrong with which argument (exit status 1) */
PTN_MUST_CHECK ptn_err ptn_options_parse(int argc, char **argv, struct ptn_options *out, char *why,
                                         size_t why_cap);
/* Prints every option to standard output. */
void ptn_options_usage(const char *program);

#endif
