/* The inside of a listening plan, for plan.c and listen.c. */
#ifndef PTN_NET_PLAN_H
#define PTN_NET_PLAN_H

#include "net/listener.h"

struct planned {
    struct ptn_addr addr;
    const char *name; /* borrowed: of the first spec */
    char *owner;      /* owned: "HTTP", or "HTTP + WS" when shared */
    int ids[PTN_LISTENER_SHARES];
    size_t id_count;
    size_t spec; /* index of the first spec */
    int share_group;
    struct ptn_where where_addr, where_port;
};

struct ptn_listen_plan {
    struct planned *list; /* owned */
    size_t count;
};

#endif
