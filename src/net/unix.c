/* Unix sockets: bound where the configuration says, all of them or none. */
#include "net/unix.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/internal.h"
#include "net/unix_file.h"

static const struct {
    int type;
    enum ptn_socket_kind kind;
} types[] = {
    [PTN_UNIX_SEQPACKET] = {SOCK_SEQPACKET, PTN_SOCK_UNIX_SEQPACKET},
    [PTN_UNIX_DGRAM] = {SOCK_DGRAM, PTN_SOCK_UNIX_DGRAM},
};

/* -- before anything is open ------------------------------------------------------------------- */

static bool folder_exists(const char *path) {
    char folder[PTN_UNIX_PATH_MAX + 1] = ".";
    struct stat st;
    const char *slash = strrchr(path, '/');
    if (slash == path)
        return true;
    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return stat(folder, &st) == 0 && S_ISDIR(st.st_mode);
}

static void check_one(const struct ptn_unix_spec *spec, struct ptn_problems *problems) {
    size_t n = strlen(spec->path);
    struct stat st;
    if (n > PTN_UNIX_PATH_MAX)
        ptn_problems_error(problems, spec->where,
                           "a path of %zu bytes; allowed are at most %d, what the address of a "
                           "Unix socket holds",
                           n, PTN_UNIX_PATH_MAX);
    else if (!folder_exists(spec->path))
        ptn_problems_error(problems, spec->where, "the folder of '%s' does not exist", spec->path);
    else if (lstat(spec->path, &st) == 0 && !S_ISSOCK(st.st_mode))
        ptn_problems_error(problems, spec->where, "'%s' exists and is not a socket; it is kept",
                           spec->path);
}

void ptn_unix_check(const struct ptn_unix_spec *specs, size_t n, struct ptn_problems *problems) {
    for (size_t i = 0; i < n; i++) {
        check_one(&specs[i], problems);
        for (size_t j = 0; j < i; j++)
            if (strcmp(specs[i].path, specs[j].path) == 0)
                ptn_problems_error(problems, specs[i].where, "'%s' is the path of %s already",
                                   specs[i].path, specs[j].name);
    }
}

/* -- opening ----------------------------------------------------------------------------------- */

/* step: NULL when the cause is no system call's. */
static void report(struct ptn_problems *problems, const struct ptn_unix_spec *spec,
                   const char *step, const char *cause) {
    ptn_problems_error(problems, spec->where, "cannot listen on %s: %s%s%s", spec->path,
                       step ? step : "", step ? ": " : "", cause);
}

/* False: the cause is in problems. */
static bool make_way(const struct ptn_unix_spec *spec, struct ptn_problems *problems) {
    char holder[96], cause[200];
    switch (unix_file_clear(spec->path)) {
    case UNIX_FILE_CLEAR:
        return true;
    case UNIX_FILE_LIVE:
        snprintf(cause, sizeof cause, "somebody listens there already%s",
                 unix_holder_text(spec->path, holder, sizeof holder));
        report(problems, spec, NULL, cause);
        return false;
    case UNIX_FILE_FOREIGN:
        report(problems, spec, NULL, "it exists and is not a socket; it is kept");
        return false;
    case UNIX_FILE_UNKNOWN:
        report(problems, spec, "what is there", strerror(errno));
        return false;
    }
    return false;
}

static int bind_one(const struct ptn_unix_spec *spec, struct ptn_problems *problems) {
    struct sockaddr_un sun;
    if (!unix_address(spec->path, &sun)) {
        report(problems, spec, NULL, strerror(ENAMETOOLONG));
        return -1;
    }
    if (!make_way(spec, problems))
        return -1;
    int fd = socket(AF_UNIX, types[spec->type].type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        report(problems, spec, "socket", strerror(errno));
        return -1;
    }
    if (bind(fd, (struct sockaddr *)&sun, sizeof sun) == 0)
        return fd;
    report(problems, spec, "bind", strerror(errno));
    close(fd);
    return -1;
}

/* Which file the path is now, for the end. */
static void remember_file(struct ptn_unix_socket *s) {
    struct stat st;
    if (lstat(s->path, &st) != 0)
        return;
    s->dev = st.st_dev;
    s->ino = st.st_ino;
}

static void open_one(const struct ptn_unix_spec *spec, struct ptn_unix_socket *s,
                     struct ptn_problems *problems) {
    *s = (struct ptn_unix_socket){.name = spec->name,
                                  .path = spec->path,
                                  .type = spec->type,
                                  .id = spec->id,
                                  .where = spec->where};
    s->fd = unix_passed(spec->path, types[spec->type].type);
    s->is_passed = s->fd >= 0;
    if (s->fd == UNIX_PASSED_OTHER_TYPE)
        report(problems, spec, NULL, "the service manager passed a socket of another type");
    else if (s->fd < 0)
        s->fd = bind_one(spec, problems);
    if (s->fd >= 0)
        remember_file(s);
}

/* Listens, and reads back where. */
static void listen_one(const struct ptn_unix_spec *spec, struct ptn_unix_socket *s,
                       struct ptn_problems *problems) {
    char path[PTN_UNIX_PATH_MAX + 1];
    if (spec->type == PTN_UNIX_SEQPACKET && listen(s->fd, SOMAXCONN) != 0)
        report(problems, spec, "listen", strerror(errno));
    else if (!unix_bound_path(s->fd, path) || strcmp(path, spec->path) != 0)
        report(problems, spec, NULL, "the kernel bound it elsewhere");
}

static void close_one(struct ptn_unix_socket *s) {
    if (s->fd < 0)
        return;
    if (!s->is_passed)
        unix_file_remove(s->path, s->dev, s->ino);
    close(s->fd);
    s->fd = -1;
}

/* As with TCP: everything is bound before anything listens. */
ptn_err ptn_unix_open(const struct ptn_unix_spec *specs, size_t n, struct ptn_socktable *table,
                      struct ptn_unix_socket *out, struct ptn_problems *problems) {
    size_t errors = ptn_problems_errors(problems);
    for (size_t i = 0; i < n; i++)
        open_one(&specs[i], &out[i], problems);
    for (size_t i = 0; i < n && ptn_problems_errors(problems) == errors; i++)
        listen_one(&specs[i], &out[i], problems);
    bool failed = ptn_problems_errors(problems) > errors;
    for (size_t i = 0; i < n; i++) {
        char reason[256];
        if (failed)
            close_one(&out[i]);
        else
            ptn_socktable_declare_unix(table, out[i].fd, types[out[i].type].kind, out[i].path,
                                       out[i].name,
                                       where_text(out[i].where, reason, sizeof reason));
    }
    return failed ? PTN_EIO : PTN_OK;
}

void ptn_unix_close(struct ptn_unix_socket *list, size_t n, struct ptn_socktable *table) {
    for (size_t i = 0; i < n; i++) {
        if (list[i].fd >= 0)
            ptn_socktable_withdraw(table, list[i].fd);
        close_one(&list[i]);
    }
}

int ptn_unix_accept(int fd) {
    int conn = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return conn >= 0 ? conn : accept_failure(errno);
}
