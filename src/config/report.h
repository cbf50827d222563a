/* What a configuration came to, told to people (text) and to programs (JSON). Nothing is opened,
 * nothing changed; secrets are never part of it, only whether they are set and how long they are.
 * Texts end with a newline and are the caller's to free. Control thread, at start. */
#ifndef PTN_CONFIG_REPORT_H
#define PTN_CONFIG_REPORT_H

#include "config/config.h"

enum ptn_report_style { PTN_REPORT_TEXT, PTN_REPORT_JSON };

/* --dump-config: the effective value of every key of every file, and where it came from: a file
 * and line, an option of the command line, another key, or the default. */
char *ptn_config_dump(const struct ptn_config *cfg, enum ptn_report_style style);

/* --explain: all the schema knows about a key.
 *  word     "transport.websockets:general.ws_ip", "general.ws_ip" or "ws_ip", in any case; the
 *           last two may be several keys
 *  out      set in any case
 *  returns  false: there is none; out then names the nearest ones */
bool ptn_config_explain(const char *word, enum ptn_report_style style, char **out);

/* --compat-report: what becomes of each key that the files of a folder set: it works, works in
 * another way than on the reference server, is not supported yet, has no effect, or is refused;
 * with reason and advice. problems: all that was found about cfg. */
char *ptn_config_compat(const struct ptn_config *cfg, const struct ptn_problems *problems,
                        enum ptn_report_style style);

/* --check-config --json: the problems, one object each. */
char *ptn_config_problems_json(const struct ptn_problems *problems);

#endif
