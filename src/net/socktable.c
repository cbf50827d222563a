#include "net/socktable.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "net/internal.h"
#include "net/table.h"

struct ptn_socktable *ptn_socktable_new(void) {
    return ptn_new(struct ptn_socktable);
}

static void entry_done(struct entry *e) {
    free(e->path);
    free(e->owner);
    free(e->reason);
}

void ptn_socktable_free(struct ptn_socktable *t) {
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        entry_done(&t->list[i]);
    free(t->list);
    free(t);
}

struct ptn_socktable *ptn_socktable_copy(const struct ptn_socktable *t) {
    struct ptn_socktable *copy = ptn_socktable_new();
    copy->list = ptn_new_array(struct entry, t->count + 1);
    for (copy->count = 0; copy->count < t->count; copy->count++) {
        struct entry *e = &copy->list[copy->count];
        *e = t->list[copy->count];
        e->path = ptn_strdup(e->path);
        e->owner = ptn_strdup(e->owner);
        e->reason = ptn_strdup(e->reason);
    }
    return copy;
}

const char *ptn_socket_kind_name(enum ptn_socket_kind kind) {
    static const char *const names[] = {[PTN_SOCK_TCP_LISTEN] = "tcp",
                                        [PTN_SOCK_UDP] = "udp",
                                        [PTN_SOCK_RAW] = "raw",
                                        [PTN_SOCK_PACKET] = "packet",
                                        [PTN_SOCK_UNIX_SEQPACKET] = "unix-seqpacket",
                                        [PTN_SOCK_UNIX_DGRAM] = "unix-dgram"};
    return names[kind];
}

static struct entry *add(struct ptn_socktable *t, int fd, enum ptn_socket_kind kind,
                         const char *owner, const char *reason) {
    struct stat st;
    ptn_socktable_withdraw(t, fd);
    t->list = ptn_realloc(t->list, (t->count + 1) * sizeof *t->list);
    struct entry *e = &t->list[t->count++];
    *e = (struct entry){.fd = fd,
                        .inode = fstat(fd, &st) == 0 ? st.st_ino : 0,
                        .kind = kind,
                        .owner = ptn_strdup(owner),
                        .reason = ptn_strdup(reason)};
    return e;
}

void ptn_socktable_declare(struct ptn_socktable *t, int fd, enum ptn_socket_kind kind,
                           const struct ptn_addr *addr, const char *owner, const char *reason) {
    add(t, fd, kind, owner, reason)->addr = *addr;
}

void ptn_socktable_declare_unix(struct ptn_socktable *t, int fd, enum ptn_socket_kind kind,
                                const char *path, const char *owner, const char *reason) {
    struct stat st;
    struct entry *e = add(t, fd, kind, owner, reason);
    e->path = ptn_strdup(path);
    if (lstat(path, &st) == 0) {
        e->file_dev = st.st_dev;
        e->file_ino = st.st_ino;
    }
}

void ptn_socktable_withdraw(struct ptn_socktable *t, int fd) {
    for (size_t i = 0; i < t->count; i++) {
        if (t->list[i].fd != fd)
            continue;
        entry_done(&t->list[i]);
        t->count--;
        memmove(&t->list[i], &t->list[i + 1], (t->count - i) * sizeof *t->list);
        return;
    }
}

size_t ptn_socktable_count(const struct ptn_socktable *t) {
    return t->count;
}

struct ptn_socktable_row ptn_socktable_row(const struct ptn_socktable *t, size_t i) {
    const struct entry *e = &t->list[i];
    return (struct ptn_socktable_row){e->fd, e->kind, e->addr, e->path, e->owner, e->reason};
}

static size_t longer(size_t a, const char *text) {
    size_t b = strlen(text);
    return a > b ? a : b;
}

static const char *address_text(const struct entry *e, char *buf, size_t cap) {
    return e->path ? e->path : ptn_addr_text(&e->addr, buf, cap);
}

void ptn_socktable_print(const struct ptn_socktable *t, FILE *to) {
    char text[PTN_ADDR_TEXT];
    size_t kind = strlen("PROTO"), addr = strlen("ADDRESS"), owner = strlen("OWNER");
    for (size_t i = 0; i < t->count; i++) {
        kind = longer(kind, ptn_socket_kind_name(t->list[i].kind));
        addr = longer(addr, address_text(&t->list[i], text, sizeof text));
        owner = longer(owner, t->list[i].owner);
    }
    fprintf(to, "%-*s  %-*s  %-*s  %s\n", (int)kind, "PROTO", (int)addr, "ADDRESS", (int)owner,
            "OWNER", "WHY");
    for (size_t i = 0; i < t->count; i++) {
        const struct entry *e = &t->list[i];
        fprintf(to, "%-*s  %-*s  %-*s  %s\n", (int)kind, ptn_socket_kind_name(e->kind), (int)addr,
                address_text(e, text, sizeof text), (int)owner, e->owner, e->reason);
    }
}
