/* Logging: one line per step of life, `key=value`, written with one write(2) per sink.
 * Levels are those operators know: 1 fatal ... 7 debug. Any thread. */
#ifndef PTN_BASE_LOG_H
#define PTN_BASE_LOG_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/time.h"

enum ptn_log_level {
    PTN_LOG_NONE = 0,
    PTN_LOG_FATAL = 1,
    PTN_LOG_ERR = 2,
    PTN_LOG_WARN = 3,
    PTN_LOG_INFO = 4,
    PTN_LOG_VERB = 5,
    PTN_LOG_HUGE = 6,
    PTN_LOG_DBG = 7,
};

struct ptn_log_config {
    enum ptn_log_level level;
    bool to_stdout;
    bool timestamps;
    bool colors;
    const char *prefix; /* put before everything on each line; NULL: none; copied */
    const char *file;   /* appended to; NULL: none; copied */
};

/* PTN_EIO: the file cannot be opened (errno tells); the previous settings stay. */
PTN_MUST_CHECK ptn_err ptn_log_configure(const struct ptn_log_config *cfg);
/* Closes and opens the file again, for log rotation. */
PTN_MUST_CHECK ptn_err ptn_log_reopen(void);
void ptn_log_close(void);
void ptn_log_set_level(enum ptn_log_level level);
enum ptn_log_level ptn_log_level(void);

/* module: a short noun ("ice"). The text has no newline. */
void ptn_log_write(enum ptn_log_level level, const char *module, const char *fmt, ...)
    PTN_PRINTF(3, 4);

#define ptn_log(level, module, ...)                                                                \
    do {                                                                                           \
        if ((level) <= ptn_log_level())                                                            \
            ptn_log_write((level), (module), __VA_ARGS__);                                         \
    } while (0)

/* For what a remote can trigger: at most `burst` lines per second; the next line that passes
 * is preceded by a count of those left out. Zero-initialise one per call site and loop. */
struct ptn_log_limit {
    ptn_time window;
    unsigned used, dropped;
};
bool ptn_log_allowed(struct ptn_log_limit *limit, unsigned burst, ptn_time now);

#endif
