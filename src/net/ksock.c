/* The kernel's list of the sockets that the first law is about. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/internal.h"

void ksocks_add(struct ksocks *k, const struct ksock *sock) {
    if (k->count == k->room) {
        k->room = k->room ? k->room * 2 : 64;
        k->list = ptn_realloc(k->list, k->room * sizeof *k->list);
    }
    k->list[k->count++] = *sock;
}

void ksocks_done(struct ksocks *k) {
    free(k->list);
    *k = (struct ksocks){0};
}

static ptn_err read_kind(const struct ksock_source *source, enum ptn_socket_kind kind, int family,
                         struct ksocks *out) {
    if (!source->skip_netlink && ksock_diag_inet(kind, family, out) == PTN_OK)
        return PTN_OK;
    return ksock_proc_inet(source->proc_net, kind, family, out);
}

static ptn_err read_packet(const struct ksock_source *source, struct ksocks *out) {
    if (!source->skip_netlink && ksock_diag_packet(out) == PTN_OK)
        return PTN_OK;
    return ksock_proc_packet(source->proc_net, out);
}

static ptn_err read_all(const struct ksock_source *source, struct ksocks *out) {
    static const enum ptn_socket_kind kinds[] = {PTN_SOCK_TCP_LISTEN, PTN_SOCK_UDP, PTN_SOCK_RAW};
    for (size_t i = 0; i < PTN_COUNT_OF(kinds); i++) {
        PTN_TRY(read_kind(source, kinds[i], AF_INET, out));
        PTN_TRY(read_kind(source, kinds[i], AF_INET6, out));
    }
    return read_packet(source, out);
}

static int compare(const void *left, const void *right) {
    const struct ksock *a = left, *b = right;
    return (a->inode > b->inode) - (a->inode < b->inode);
}

ptn_err ksocks_read(const struct ksock_source *source, struct ksocks *out) {
    struct ksocks k = {0};
    ptn_err err = read_all(source, &k);
    if (err == PTN_OK && k.count > 0)
        qsort(k.list, k.count, sizeof *k.list, compare);
    *out = k;
    if (err != PTN_OK) {
        int saved = errno;
        ksocks_done(out);
        errno = saved;
    }
    return err;
}

const struct ksock *ksocks_find(const struct ksocks *k, ino_t inode) {
    size_t low = 0, high = k->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (k->list[mid].inode < inode)
            low = mid + 1;
        else
            high = mid;
    }
    return low < k->count && k->list[low].inode == inode ? &k->list[low] : NULL;
}
