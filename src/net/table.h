/* The socket table's inside, for socktable.c and verify.c. */
#ifndef PTN_NET_TABLE_H
#define PTN_NET_TABLE_H

#include <sys/types.h>

#include "net/socktable.h"

struct entry {
    int fd;
    ino_t inode; /* the socket's identity when it was declared; 0: it was no open descriptor */
    enum ptn_socket_kind kind;
    struct ptn_addr addr;
    char *path; /* owned; of a Unix socket, else NULL */
    dev_t file_dev;
    ino_t file_ino;       /* what the path was when it was declared */
    char *owner, *reason; /* owned */
};

struct ptn_socktable {
    struct entry *list; /* owned */
    size_t count;
};

#endif
