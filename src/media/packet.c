#include "media/packet.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct ptn_packet_pool {
    struct ptn_packet *free_large, *free_small; /* singly linked, the pool's thread */
    struct ptn_mpsc returned;                   /* from other loops */
    size_t max, count, out, memory;
    size_t kept; /* free small and large ones; beyond KEEP they go back to the allocator */
};

/* Free packets kept for the next burst; a loop at 100,000 packets/s has about 100 in flight. */
#define KEEP 1024

struct ptn_packet_pool *ptn_packet_pool_new(size_t max) {
    struct ptn_packet_pool *pool = ptn_new(struct ptn_packet_pool);
    pool->max = max;
    ptn_mpsc_init(&pool->returned);
    return pool;
}

static size_t bytes_of(bool small) {
    return sizeof(struct ptn_packet) + (small ? PTN_PACKET_SMALL : PTN_PACKET_BYTES);
}

static void destroy(struct ptn_packet_pool *pool, struct ptn_packet *p) {
    pool->count--;
    pool->memory -= bytes_of(p->small);
    free(p);
}

static void take_home(struct ptn_packet_pool *pool, struct ptn_packet *p) {
    pool->out--;
    if (pool->kept >= KEEP) {
        destroy(pool, p);
        return;
    }
    struct ptn_packet **list = p->small ? &pool->free_small : &pool->free_large;
    p->next = *list;
    *list = p;
    pool->kept++;
}

static void collect(struct ptn_packet_pool *pool) {
    struct ptn_mpsc_node *node;
    while ((node = ptn_mpsc_pop(&pool->returned)))
        take_home(pool, ptn_container_of(node, struct ptn_packet, home));
}

static void destroy_list(struct ptn_packet_pool *pool, struct ptn_packet *p) {
    while (p) {
        struct ptn_packet *next = p->next;
        destroy(pool, p);
        p = next;
    }
}

void ptn_packet_pool_free(struct ptn_packet_pool *pool) {
    if (!pool)
        return;
    collect(pool);
    destroy_list(pool, pool->free_large);
    destroy_list(pool, pool->free_small);
    assert(pool->count == 0);
    free(pool);
}

/* At the maximum a free packet of the other size makes room: neither size locks the other out. */
static bool make_room(struct ptn_packet_pool *pool, bool small) {
    struct ptn_packet **other = small ? &pool->free_large : &pool->free_small;
    struct ptn_packet *p = *other;
    if (pool->count < pool->max)
        return true;
    if (!p)
        return false;
    *other = p->next;
    pool->kept--;
    destroy(pool, p);
    return true;
}

static struct ptn_packet *take(struct ptn_packet_pool *pool, bool small) {
    struct ptn_packet **list = small ? &pool->free_small : &pool->free_large;
    if (!*list)
        collect(pool);
    struct ptn_packet *p = *list;
    if (p) {
        *list = p->next;
        pool->kept--;
    } else {
        if (!make_room(pool, small))
            return NULL;
        p = malloc(bytes_of(small)); /* not zeroed: every field is set below or by the receiver */
        if (!p)
            return NULL;
        p->small = small;
        p->pool = pool;
        p->data = (uint8_t *)(p + 1);
        pool->count++;
        pool->memory += bytes_of(small);
    }
    pool->out++;
    atomic_init(&p->refs, 1);
    p->len = 0;
    memset(p->carry, 0, sizeof p->carry);
    return p;
}

struct ptn_packet *ptn_packet_new(struct ptn_packet_pool *pool) {
    return take(pool, false);
}

struct ptn_packet *ptn_packet_shrink(struct ptn_packet *p) {
    struct ptn_packet_pool *pool = p->pool;
    if (p->small || p->len + 64u > PTN_PACKET_SMALL) /* 64: room to decrypt or unwrap in place */
        return p;
    struct ptn_packet *copy = take(pool, true);
    if (!copy)
        return p;
    copy->arrival = p->arrival;
    copy->len = p->len;
    memcpy(copy->data, p->data, p->len);
    ptn_packet_unref(p, pool);
    return copy;
}

struct ptn_packet *ptn_packet_ref(struct ptn_packet *p) {
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void ptn_packet_unref(struct ptn_packet *p, struct ptn_packet_pool *home) {
    if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (p->pool == home)
        take_home(home, p);
    else
        ptn_mpsc_push(&p->pool->returned, &p->home);
}

size_t ptn_packet_pool_used(struct ptn_packet_pool *pool) {
    collect(pool);
    return pool->out;
}

size_t ptn_packet_pool_memory(const struct ptn_packet_pool *pool) {
    return pool->memory;
}
