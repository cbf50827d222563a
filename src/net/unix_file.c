#include "net/unix_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/unix.h"

#define PASSED_FIRST 3 /* SD_LISTEN_FDS_START */
#define PASSED_MAX 64

bool unix_address(const char *path, struct sockaddr_un *out) {
    size_t n = strlen(path);
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (n == 0 || n > PTN_UNIX_PATH_MAX)
        return false;
    memcpy(out->sun_path, path, n);
    return true;
}

bool unix_bound_path(int fd, char *path) {
    struct sockaddr_un sun = {0};
    socklen_t len = sizeof sun;
    if (getsockname(fd, (struct sockaddr *)&sun, &len) != 0 || sun.sun_family != AF_UNIX ||
        len <= offsetof(struct sockaddr_un, sun_path) || sun.sun_path[0] == '\0')
        return false;
    memcpy(path, sun.sun_path, PTN_UNIX_PATH_MAX);
    path[PTN_UNIX_PATH_MAX] = '\0';
    return true;
}

/* -- files ------------------------------------------------------------------------------------- */

/* Asks with a datagram socket, whatever is wanted: the kernel looks for the process first and at
 * the type after that (EPROTOTYPE), so a connection-oriented socket that is bound but does not
 * listen yet counts as alive, and no connection is made that its owner would see. */
static enum unix_file ask(const char *path) {
    struct sockaddr_un sun;
    int fd = unix_address(path, &sun) ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return UNIX_FILE_UNKNOWN;
    int err = connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0 ? 0 : errno;
    close(fd);
    errno = err;
    switch (err) {
    case 0:
    case EPROTOTYPE:
    case EPERM: /* it is a datagram socket, connected to somebody else */
        return UNIX_FILE_LIVE;
    case ECONNREFUSED:
    case ENOENT:
        return UNIX_FILE_CLEAR;
    default:
        return UNIX_FILE_UNKNOWN;
    }
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Another server may have replaced the file since it was looked at. */
static enum unix_file remove_if_same(const char *path, const struct stat *seen) {
    struct stat now;
    if (lstat(path, &now) != 0)
        return errno == ENOENT ? UNIX_FILE_CLEAR : UNIX_FILE_UNKNOWN;
    if (!same_file(&now, seen))
        return UNIX_FILE_LIVE;
    return unlink(path) == 0 ? UNIX_FILE_CLEAR : UNIX_FILE_UNKNOWN;
}

enum unix_file unix_file_clear(const char *path) {
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? UNIX_FILE_CLEAR : UNIX_FILE_UNKNOWN;
    if (!S_ISSOCK(st.st_mode))
        return UNIX_FILE_FOREIGN;
    enum unix_file is = ask(path);
    return is == UNIX_FILE_CLEAR ? remove_if_same(path, &st) : is;
}

void unix_file_remove(const char *path, dev_t dev, ino_t ino) {
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == dev && st.st_ino == ino)
        unlink(path);
}

/* -- descriptors of the service manager -------------------------------------------------------- */

static int number_in(const char *variable) {
    const char *text = getenv(variable);
    char *end;
    long n = text ? strtol(text, &end, 10) : 0;
    return text && *text && *end == '\0' && n > 0 && n <= INT32_MAX ? (int)n : 0;
}

static int adopt(int fd, int type) {
    int is = 0;
    socklen_t len = sizeof is;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &is, &len) != 0 || is != type)
        return UNIX_PASSED_OTHER_TYPE;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

int unix_passed(const char *path, int type) {
    char bound[PTN_UNIX_PATH_MAX + 1];
    int n = number_in("LISTEN_FDS");
    if (number_in("LISTEN_PID") != getpid() || n > PASSED_MAX)
        return UNIX_PASSED_NONE;
    for (int fd = PASSED_FIRST; fd < PASSED_FIRST + n; fd++)
        if (unix_bound_path(fd, bound) && strcmp(bound, path) == 0)
            return adopt(fd, type);
    return UNIX_PASSED_NONE;
}
