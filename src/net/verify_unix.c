/* The first law for Unix sockets. The kernel is asked descriptor by descriptor: its list
 * (sock_diag, /proc/net/unix) says nothing that the descriptors and their files do not. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net/internal.h"
#include "net/table.h"
#include "net/unix.h"
#include "net/unix_file.h"

static int option(int fd, int name) {
    int value = 0;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &len) == 0 ? value : -1;
}

static bool is_connected(int fd) {
    struct sockaddr_un sun;
    socklen_t len = sizeof sun;
    return getpeername(fd, (struct sockaddr *)&sun, &len) == 0;
}

/* A name in the abstract space begins with a NUL, which is shown as '@' as everywhere. */
static bool name_of(int fd, char *path) {
    struct sockaddr_un sun = {0};
    socklen_t len = sizeof sun;
    *path = '\0';
    if (unix_bound_path(fd, path))
        return true;
    if (getsockname(fd, (struct sockaddr *)&sun, &len) != 0 ||
        len <= offsetof(struct sockaddr_un, sun_path))
        return false;
    snprintf(path, PTN_UNIX_PATH_MAX + 1, "@%.*s",
             (int)(len - offsetof(struct sockaddr_un, sun_path)) - 1, sun.sun_path + 1);
    return true;
}

const char *unix_reachable(int fd, char *path) {
    if (option(fd, SO_DOMAIN) != AF_UNIX)
        return NULL;
    bool has_name = name_of(fd, path);
    switch (option(fd, SO_TYPE)) {
    case SOCK_SEQPACKET:
        return option(fd, SO_ACCEPTCONN) == 1 ? "unix-seqpacket" : NULL;
    case SOCK_STREAM:
        return option(fd, SO_ACCEPTCONN) == 1 ? "unix-stream" : NULL;
    case SOCK_DGRAM: /* a connected one takes datagrams from its peer only */
        return has_name && !is_connected(fd) ? "unix-dgram" : NULL;
    default:
        return NULL;
    }
}

const char *unix_what_is_wrong(const struct entry *e) {
    char path[PTN_UNIX_PATH_MAX + 1];
    struct stat st;
    const char *kind = unix_reachable(e->fd, path);
    if (!kind || strcmp(kind, ptn_socket_kind_name(e->kind)) != 0)
        return "missing, it does not listen";
    if (strcmp(path, e->path) != 0)
        return "on another path";
    if (lstat(e->path, &st) != 0)
        return "missing, its file is gone";
    if (st.st_dev != e->file_dev || st.st_ino != e->file_ino)
        return "missing, its file is another now";
    return NULL;
}
