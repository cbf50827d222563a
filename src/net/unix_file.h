/* The files and descriptors behind Unix sockets; inside this folder only. */
#ifndef PTN_NET_UNIX_FILE_H
#define PTN_NET_UNIX_FILE_H

#include <stdbool.h>
#include <sys/types.h>

struct sockaddr_un;

/* False: the path is too long. */
bool unix_address(const char *path, struct sockaddr_un *out);
/* The path a socket is bound to; false: it is no Unix socket, or has no path.
 *  path  PTN_UNIX_PATH_MAX + 1 bytes */
bool unix_bound_path(int fd, char *path);

enum unix_file {
    UNIX_FILE_CLEAR,   /* nothing is there (any more) */
    UNIX_FILE_LIVE,    /* a process has it open */
    UNIX_FILE_FOREIGN, /* something that is not a socket */
    UNIX_FILE_UNKNOWN, /* the kernel does not say: errno tells why */
};

/* Removes a socket file that no process has open, and nothing else. */
enum unix_file unix_file_clear(const char *path);
/* Removes the file if it is still this one. */
void unix_file_remove(const char *path, dev_t dev, ino_t ino);

#define UNIX_PASSED_NONE (-1)
#define UNIX_PASSED_OTHER_TYPE (-2)

/* The descriptor bound to this path among those that the service manager has passed
 * (sd_listen_fds(3)), made non-blocking and close-on-exec; or one of the above. */
int unix_passed(const char *path, int type);

#endif
