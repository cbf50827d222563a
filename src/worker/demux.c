#include "worker/demux.h"

#include "base/hash.h"
#include <stdlib.h>

#define TXID_LIFE (10 * PTN_SECOND) /* longer than all retransmissions of a check */
#define TXIDS_MAX 131072            /* outstanding requests of a loop; the oldest makes room */
#define UFRAG_KEY 33

struct ufrag_entry {
    UT_hash_handle hh;
    struct ptn_list of_owner;
    struct ptn_names *owner;
    char ufrag[UFRAG_KEY];
};

struct txid_entry {
    UT_hash_handle hh;
    struct ptn_list of_owner, by_age;
    struct ptn_names *owner;
    ptn_time at;
    uint8_t txid[12];
    struct ptn_addr to;
};

struct tuple_entry {
    UT_hash_handle hh;
    struct ptn_list of_owner; /* the one checked longest ago first */
    struct ptn_names *owner;
    struct ptn_path path;
};

struct ptn_demux {
    struct ufrag_entry *ufrags;
    struct txid_entry *txids;
    struct tuple_entry *tuples;
    struct ptn_list txid_age; /* oldest first */
};

void ptn_names_init(struct ptn_names *n) {
    ptn_list_init(&n->ufrags);
    ptn_list_init(&n->txids);
    ptn_list_init(&n->tuples);
    n->tuple_count = 0;
}

struct ptn_demux *ptn_demux_new(void) {
    struct ptn_demux *d = ptn_new(struct ptn_demux);
    ptn_list_init(&d->txid_age);
    return d;
}

/* NOLINTBEGIN(clang-analyzer-*): the analyzer cannot follow uthash's bucket lists */
static void drop_ufrag(struct ptn_demux *d, struct ufrag_entry *e) {
    ptn_list_remove(&e->of_owner);
    HASH_DEL(d->ufrags, e);
    free(e);
}

static void drop_txid(struct ptn_demux *d, struct txid_entry *e) {
    ptn_list_remove(&e->of_owner);
    ptn_list_remove(&e->by_age);
    HASH_DEL(d->txids, e);
    free(e);
}

static void drop_tuple(struct ptn_demux *d, struct tuple_entry *e) {
    ptn_list_remove(&e->of_owner);
    e->owner->tuple_count--;
    HASH_DEL(d->tuples, e);
    free(e);
}

void ptn_demux_forget(struct ptn_demux *d, struct ptn_names *n) {
    PTN_LIST_EACH (it, &n->ufrags)
        drop_ufrag(d, ptn_container_of(it, struct ufrag_entry, of_owner));
    PTN_LIST_EACH (it, &n->txids)
        drop_txid(d, ptn_container_of(it, struct txid_entry, of_owner));
    PTN_LIST_EACH (it, &n->tuples)
        drop_tuple(d, ptn_container_of(it, struct tuple_entry, of_owner));
}

void ptn_demux_free(struct ptn_demux *d) { /* owners have been forgotten before */
    free(d);
}

bool ptn_demux_add_ufrag(struct ptn_demux *d, struct ptn_names *n, const char *ufrag) {
    struct ptn_bytes key = ptn_bytes_str(ufrag);
    struct ptn_names *known = ptn_demux_by_ufrag(d, key);
    if (known || key.n >= UFRAG_KEY)
        return known == n;
    struct ufrag_entry *e = ptn_new(struct ufrag_entry);
    e->owner = n;
    memcpy(e->ufrag, ufrag, key.n + 1);
    ptn_list_push(&n->ufrags, &e->of_owner);
    HASH_ADD_STR(d->ufrags, ufrag, e);
    return true;
}

struct ptn_names *ptn_demux_by_ufrag(struct ptn_demux *d, struct ptn_bytes ufrag) {
    struct ufrag_entry *e = NULL;
    if (ufrag.n < UFRAG_KEY)
        HASH_FIND(hh, d->ufrags, ufrag.p, (unsigned)ufrag.n, e);
    return e ? e->owner : NULL;
}

static struct txid_entry *find_txid(struct ptn_demux *d, const uint8_t txid[12]) {
    struct txid_entry *e;
    HASH_FIND(hh, d->txids, txid, 12, e);
    return e;
}

void ptn_demux_add_txid(struct ptn_demux *d, ptn_time now, struct ptn_names *n,
                        const uint8_t txid[12], const struct ptn_addr *to) {
    struct txid_entry *e = find_txid(d, txid);
    if (e) /* a retransmission */
        drop_txid(d, e);
    else if (HASH_COUNT(d->txids) >= TXIDS_MAX)
        drop_txid(d, ptn_container_of(d->txid_age.next, struct txid_entry, by_age));
    e = ptn_new(struct txid_entry);
    e->owner = n;
    e->at = now;
    e->to = *to;
    memcpy(e->txid, txid, sizeof e->txid);
    ptn_list_push(&n->txids, &e->of_owner);
    ptn_list_push(&d->txid_age, &e->by_age);
    HASH_ADD(hh, d->txids, txid, sizeof e->txid, e);
}

struct ptn_names *ptn_demux_by_txid(struct ptn_demux *d, const uint8_t txid[12],
                                    const struct ptn_addr *from) {
    struct txid_entry *e = find_txid(d, txid);
    return e && ptn_addr_eq(&e->to, from) ? e->owner : NULL;
}

void ptn_demux_expire(struct ptn_demux *d, ptn_time now) {
    while (!ptn_list_empty(&d->txid_age)) {
        struct txid_entry *e = ptn_container_of(d->txid_age.next, struct txid_entry, by_age);
        if (now - e->at < TXID_LIFE)
            return;
        drop_txid(d, e);
    }
}

static struct tuple_entry *find_tuple(struct ptn_demux *d, const struct ptn_path *path) {
    struct tuple_entry *e;
    HASH_FIND(hh, d->tuples, path, sizeof *path, e);
    return e;
}

void ptn_demux_add_tuple(struct ptn_demux *d, struct ptn_names *n, const struct ptn_path *path) {
    struct tuple_entry *e = find_tuple(d, path);
    if (e && e->owner == n) { /* checked again: the newest now */
        ptn_list_remove(&e->of_owner);
        ptn_list_push(&n->tuples, &e->of_owner);
        return;
    }
    if (e) /* its previous owner has lost the address (a NAT gave it to somebody else) */
        drop_tuple(d, e);
    if (n->tuple_count >= PTN_TUPLES_MAX)
        drop_tuple(d, ptn_container_of(n->tuples.next, struct tuple_entry, of_owner));
    e = ptn_new(struct tuple_entry);
    e->owner = n;
    e->path = *path;
    n->tuple_count++;
    ptn_list_push(&n->tuples, &e->of_owner);
    HASH_ADD(hh, d->tuples, path, sizeof e->path, e);
}

struct ptn_names *ptn_demux_by_tuple(struct ptn_demux *d, const struct ptn_path *path) {
    struct tuple_entry *e = find_tuple(d, path);
    return e ? e->owner : NULL;
}
/* NOLINTEND(clang-analyzer-*) */
