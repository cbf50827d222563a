/* Listening Unix sockets (unix(7)), with the promises of listener.h: all are checked first, all are
 * opened or none, each is read back and declared. A path is taken exactly as it was written, never
 * cut. A socket file that nobody listens on any more is replaced; nothing else is ever deleted.
 * Who may connect is decided by the file's mode, which the process's umask decides.
 * Control thread, at start and at the end. */
#ifndef PTN_NET_UNIX_H
#define PTN_NET_UNIX_H

#include <sys/types.h>

#include "base/problems.h"
#include "net/socktable.h"

#define PTN_UNIX_PATH_MAX 107 /* bytes: sun_path without its NUL (unix(7)) */

enum ptn_unix_type {
    PTN_UNIX_SEQPACKET, /* connections that keep the borders of messages */
    PTN_UNIX_DGRAM,     /* one socket; clients bind a path of their own */
};

/* What the configuration said about one of them. Strings are borrowed for the socket's life. */
struct ptn_unix_spec {
    const char *name; /* "Unix": for messages and the table */
    int id;           /* the caller's, travels to the ptn_unix_socket */
    const char *path; /* not empty; relative ones: to the working directory */
    enum ptn_unix_type type;
    struct ptn_where where; /* of the path */
};

struct ptn_unix_socket {
    int fd; /* bound, SEQPACKET: listening; non-blocking, close-on-exec; ptn_unix_close closes it */
    const char *name, *path; /* borrowed from the spec */
    enum ptn_unix_type type;
    int id;
    struct ptn_where where;
    dev_t dev; /* which file it is, so that only our own is removed */
    ino_t ino;
    bool is_passed; /* by the service manager, whose the file is */
};

/* What can be told without opening anything: paths that are too long, used twice, in a folder that
 * does not exist, or taken by something that is not a socket. */
void ptn_unix_check(const struct ptn_unix_spec *specs, size_t n, struct ptn_problems *problems);

/* All or nothing: on failure everything is closed and removed again, and the cause (path, key,
 * file, line, errno, who listens there when /proc tells) is in problems.
 * A descriptor that the service manager has passed (LISTEN_FDS) and that is bound to the very path
 * is used as it is.  out: array of n entries, the caller's. */
PTN_MUST_CHECK ptn_err ptn_unix_open(const struct ptn_unix_spec *specs, size_t n,
                                     struct ptn_socktable *table, struct ptn_unix_socket *out,
                                     struct ptn_problems *problems);

/* Removes the files that are still ours, closes and withdraws. fd -1 is passed over. */
void ptn_unix_close(struct ptn_unix_socket *list, size_t n, struct ptn_socktable *table);

/* The next waiting connection, non-blocking and close-on-exec, or a PTN_ACCEPT_ value of
 * listener.h. */
int ptn_unix_accept(int fd);

#endif
