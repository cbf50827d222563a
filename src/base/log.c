#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define LINE_MAX_BYTES 4096

static struct {
    pthread_mutex_t lock; /* guards everything below but level */
    bool to_stdout, timestamps, colors;
    char *prefix, *path;
    int fd;
} sink = {PTHREAD_MUTEX_INITIALIZER, true, false, false, NULL, NULL, -1};

static _Atomic int current_level = PTN_LOG_INFO;

static int open_file(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

ptn_err ptn_log_configure(const struct ptn_log_config *cfg) {
    int fd = cfg->file ? open_file(cfg->file) : -1;
    if (cfg->file && fd < 0)
        return PTN_EIO;
    pthread_mutex_lock(&sink.lock);
    if (sink.fd >= 0)
        close(sink.fd);
    free(sink.prefix);
    free(sink.path);
    sink.fd = fd;
    sink.to_stdout = cfg->to_stdout;
    sink.timestamps = cfg->timestamps;
    sink.colors = cfg->colors;
    sink.prefix = ptn_strdup(cfg->prefix);
    sink.path = ptn_strdup(cfg->file);
    pthread_mutex_unlock(&sink.lock);
    ptn_log_set_level(cfg->level);
    return PTN_OK;
}

ptn_err ptn_log_reopen(void) {
    ptn_err err = PTN_OK;
    pthread_mutex_lock(&sink.lock);
    if (sink.path) {
        int fd = open_file(sink.path);
        if (fd < 0) {
            err = PTN_EIO; /* keep writing to the old one: nothing is lost */
        } else {
            close(sink.fd);
            sink.fd = fd;
        }
    }
    pthread_mutex_unlock(&sink.lock);
    return err;
}

void ptn_log_close(void) {
    ptn_ignore(
        ptn_log_configure(&(struct ptn_log_config){.level = ptn_log_level(), .to_stdout = true}),
        "no file is opened");
}

void ptn_log_set_level(enum ptn_log_level level) {
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

enum ptn_log_level ptn_log_level(void) {
    return (enum ptn_log_level)atomic_load_explicit(&current_level, memory_order_relaxed);
}

static const char *level_tag(enum ptn_log_level level, bool colors) {
    switch (level) {
    case PTN_LOG_FATAL:
        return colors ? "\x1b[35m[FATAL]\x1b[0m " : "[FATAL] ";
    case PTN_LOG_ERR:
        return colors ? "\x1b[31m[ERR]\x1b[0m " : "[ERR] ";
    case PTN_LOG_WARN:
        return colors ? "\x1b[33m[WARN]\x1b[0m " : "[WARN] ";
    case PTN_LOG_NONE:
    case PTN_LOG_INFO:
    case PTN_LOG_VERB:
    case PTN_LOG_HUGE:
    case PTN_LOG_DBG:
        return "";
    }
    return "";
}

static void put(int fd, const char *line, size_t n) {
    while (n > 0) {
        ssize_t done = write(fd, line, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return; /* nowhere to report a log that cannot be written */
        line += done;
        n -= (size_t)done;
    }
}

void ptn_log_write(enum ptn_log_level level, const char *module, const char *fmt, ...) {
    char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 256], stamp[64] = "";
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (char *c = text; *c; c++) /* a line of text cannot forge another line */
        if ((unsigned char)*c < 0x20 && *c != '\t')
            *c = ' ';
    pthread_mutex_lock(&sink.lock);
    if (sink.timestamps) {
        time_t t = (time_t)(ptn_time_wall() / PTN_SECOND);
        struct tm tm;
        localtime_r(&t, &tm);
        strftime(stamp, sizeof stamp, "[%a %b %e %H:%M:%S %Y] ", &tm);
    }
    int n = snprintf(line, sizeof line, "%s%s%s[%s] %s\n", sink.prefix ? sink.prefix : "", stamp,
                     level_tag(level, sink.colors), module, text);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    if (len == sizeof line - 1)
        line[len - 1] = '\n';
    if (sink.to_stdout)
        put(STDOUT_FILENO, line, len);
    if (sink.fd >= 0)
        put(sink.fd, line, len);
    pthread_mutex_unlock(&sink.lock);
}

bool ptn_log_allowed(struct ptn_log_limit *limit, unsigned burst, ptn_time now) {
    if (now - limit->window >= PTN_SECOND) {
        if (limit->dropped > 0)
            ptn_log(PTN_LOG_WARN, "log", "%u similar lines left out", limit->dropped);
        *limit = (struct ptn_log_limit){.window = now};
    }
    if (limit->used < burst) {
        limit->used++;
        return true;
    }
    limit->dropped++;
    return false;
}
