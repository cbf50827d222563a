/* Which descriptors of this process are sockets, and which socket each is. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/internal.h"

#define FD_LIMIT_WITHOUT_PROC 1048576 /* the kernel's own default ceiling (fs.nr_open) */

static void look_at(struct ownfds *o, int fd) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISSOCK(st.st_mode))
        return;
    if (o->count == o->room) {
        o->room = o->room ? o->room * 2 : 256;
        o->list = ptn_realloc(o->list, o->room * sizeof *o->list);
    }
    o->list[o->count++] = (struct ownfd){st.st_ino, fd};
}

/* A descriptor may be open above a limit that was lowered later, so this is the second choice. */
static ptn_err walk_limit(struct ownfds *o) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return PTN_EIO;
    rlim_t top = limit.rlim_max < FD_LIMIT_WITHOUT_PROC ? limit.rlim_max : FD_LIMIT_WITHOUT_PROC;
    for (int fd = 0; fd < (int)top; fd++)
        look_at(o, fd);
    return PTN_OK;
}

static ptn_err walk_proc(struct ownfds *o) {
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return PTN_ENOENT;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            break;
        if (entry->d_name[0] != '.')
            look_at(o, atoi(entry->d_name));
    }
    ptn_err err = errno ? PTN_EIO : PTN_OK;
    closedir(dir);
    return err;
}

static int compare(const void *left, const void *right) {
    const struct ownfd *a = left, *b = right;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return (a->fd > b->fd) - (a->fd < b->fd);
}

ptn_err ownfds_read(struct ownfds *out) {
    struct ownfds o = {0};
    ptn_err err = walk_proc(&o);
    if (err == PTN_ENOENT)
        err = walk_limit(&o);
    if (err == PTN_OK && o.count > 0)
        qsort(o.list, o.count, sizeof *o.list, compare);
    *out = o;
    if (err != PTN_OK)
        ownfds_done(out);
    return err;
}

void ownfds_done(struct ownfds *o) {
    free(o->list);
    *o = (struct ownfds){0};
}

const struct ownfd *ownfds_find(const struct ownfds *o, ino_t inode) {
    size_t low = 0, high = o->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (o->list[mid].inode < inode)
            low = mid + 1;
        else
            high = mid;
    }
    return low < o->count && o->list[low].inode == inode ? &o->list[low] : NULL;
}
