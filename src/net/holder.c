/* Who holds a port: the kernel's list gives the socket, /proc the process that has it open. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/internal.h"

/* Would binding `want` fail because of `has`? A dual-stack "::" holds the IPv4 port too. */
static bool in_the_way(const struct ptn_addr *has, const struct ptn_addr *want) {
    struct ptn_addr h = ptn_addr_unmapped(has);
    if (h.port != want->port)
        return false;
    if (h.family != want->family)
        return h.family == 6 && ptn_addr_is_wildcard(&h);
    return ptn_addr_same_ip(&h, want) || ptn_addr_is_wildcard(&h) || ptn_addr_is_wildcard(want);
}

static ino_t find_socket(enum ptn_socket_kind kind, const struct ptn_addr *want) {
    static const struct ksock_source source = {.proc_net = "/proc/self/net"};
    struct ksocks k;
    ino_t found = 0;
    if (ksocks_read(&source, &k) != PTN_OK)
        return 0;
    for (size_t i = 0; i < k.count && !found; i++)
        if (k.list[i].kind == kind && in_the_way(&k.list[i].addr, want))
            found = k.list[i].inode;
    ksocks_done(&k);
    return found;
}

static bool has_open(long pid, const char *link) {
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%ld/fd", pid);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool found = false;
    while (dir && !found && (entry = readdir(dir))) {
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);
        if (n <= 0)
            continue;
        target[n] = '\0';
        found = strcmp(target, link) == 0;
    }
    if (dir)
        closedir(dir);
    return found;
}

static long find_process(ino_t inode) {
    char link[64];
    snprintf(link, sizeof link, "socket:[%lu]", (unsigned long)inode);
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    long found = 0;
    while (dir && !found && (entry = readdir(dir)))
        if (isdigit((unsigned char)entry->d_name[0]) &&
            has_open(strtol(entry->d_name, NULL, 10), link))
            found = strtol(entry->d_name, NULL, 10);
    if (dir)
        closedir(dir);
    return found;
}

/* A process names itself as it likes: only what is safe on a terminal and in a log is kept. */
static const char *process_name(long pid, char *buf, size_t cap) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(buf, (int)cap, file))
        snprintf(buf, cap, "unknown");
    if (file)
        fclose(file);
    buf[strcspn(buf, "\n")] = '\0';
    for (char *c = buf; *c; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    return buf;
}

static const char *text_of(ino_t inode, char *buf, size_t cap) {
    char name[32];
    long pid = inode ? find_process(inode) : 0;
    if (!inode)
        snprintf(buf, cap, "%s", "");
    else if (!pid)
        snprintf(buf, cap, " (held by a process that this user may not see)");
    else if (pid == getpid())
        snprintf(buf, cap, " (held by this process itself)");
    else
        snprintf(buf, cap, " (held by %s, pid %ld)", process_name(pid, name, sizeof name), pid);
    return buf;
}

const char *holder_text(enum ptn_socket_kind kind, const struct ptn_addr *addr, char *buf,
                        size_t cap) {
    return text_of(find_socket(kind, addr), buf, cap);
}

/* Num RefCount Protocol Flags Type St Inode Path; datagram sockets and listeners have a path, and
 * so have connections accepted from them: any will do. */
static ino_t find_unix_socket(const char *path) {
    char line[512];
    FILE *file = fopen("/proc/self/net/unix", "re");
    ino_t found = 0;
    while (file && !found && fgets(line, sizeof line, file)) {
        unsigned long inode;
        int at = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%*x: %*x %*x %*x %*x %*x %lu %n", &inode, &at) == 1 && at > 0 &&
            strcmp(line + at, path) == 0)
            found = inode;
    }
    if (file)
        fclose(file);
    return found;
}

const char *unix_holder_text(const char *path, char *buf, size_t cap) {
    return text_of(find_unix_socket(path), buf, cap);
}
