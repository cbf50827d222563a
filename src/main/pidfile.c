/* The pid file: written and locked at start, removed at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "main/internal.h"

static int held = -1; /* keeps the lock for the life of the process */

ptn_err pidfile_write(const char *path, char *why, size_t cap) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        snprintf(why, cap, "cannot write the pid file %s: %s", path, strerror(errno));
        return PTN_EIO;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        snprintf(why, cap, "the pid file %s is locked: another server is running", path);
        close(fd);
        return PTN_EIO;
    }
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)n) != n) {
        snprintf(why, cap, "cannot write the pid file %s: %s", path, strerror(errno));
        close(fd);
        return PTN_EIO;
    }
    held = fd;
    return PTN_OK;
}

void pidfile_remove(const char *path) {
    if (held < 0)
        return;
    unlink(path);
    close(held);
    held = -1;
}
