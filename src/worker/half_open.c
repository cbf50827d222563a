/* Handshakes in progress are bounded per loop and per remote address: a flood of hellos cannot
 * hold all the memory and time there is. */
#include "worker/internal.h"

#include <stdlib.h>

#include "base/mem.h"

static struct ptn_addr ip_of(const struct ptn_addr *remote) {
    struct ptn_addr ip = *remote;
    ip.port = 0;
    return ip;
}

static struct ip_count *find(struct loop *l, const struct ptn_addr *ip) {
    struct ip_count *c;
    HASH_FIND(hh, l->half_open, ip, sizeof *ip, c);
    return c;
}

bool half_open_allowed(struct loop *l, const struct ptn_addr *remote) {
    struct ptn_addr ip = ip_of(remote);
    const struct ip_count *c = find(l, &ip);
    if (l->half_open_count < HALF_OPEN_MAX && (!c || c->count < HALF_OPEN_PER_IP))
        return true;
    l->count.half_open_refused++;
    return false;
}

static void begin(struct member *m) {
    struct loop *l = m->loop;
    struct ptn_addr ip = ip_of(&m->last_remote);
    struct ip_count *c = find(l, &ip);
    if (!c) {
        c = ptn_new(struct ip_count);
        c->ip = ip;
        HASH_ADD(hh, l->half_open, ip, sizeof c->ip, c);
    }
    c->count++;
    l->half_open_count++;
    m->half_open = c;
}

static void end(struct member *m) {
    struct loop *l = m->loop;
    l->half_open_count--;
    if (--m->half_open->count == 0) {
        HASH_DEL(l->half_open, m->half_open);
        free(m->half_open);
    }
    m->half_open = NULL;
}

void half_open_track(struct member *m, bool handshaking) {
    if (handshaking && !m->half_open)
        begin(m);
    else if (!handshaking && m->half_open)
        end(m);
}
