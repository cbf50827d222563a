/* Intrusive doubly linked list. A node not in a list points at itself. One owner thread. */
#ifndef PTN_BASE_LIST_H
#define PTN_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

struct ptn_list {
    struct ptn_list *prev, *next;
};

static inline void ptn_list_init(struct ptn_list *l) {
    l->prev = l->next = l;
}

static inline bool ptn_list_empty(const struct ptn_list *l) {
    return l->next == l;
}

static inline void ptn_list_push(struct ptn_list *l, struct ptn_list *node) { /* at the end */
    node->prev = l->prev;
    node->next = l;
    l->prev->next = node;
    l->prev = node;
}

static inline void ptn_list_remove(struct ptn_list *node) { /* harmless when not in a list */
    node->prev->next = node->next;
    node->next->prev = node->prev;
    ptn_list_init(node);
}

/* The first node taken out, or NULL. */
static inline struct ptn_list *ptn_list_pop(struct ptn_list *l) {
    if (ptn_list_empty(l))
        return NULL;
    struct ptn_list *first = l->next;
    ptn_list_remove(first);
    return first;
}

/* `it` may be removed and freed inside the loop; `next_` may not. */
#define PTN_LIST_EACH(it, list)                                                                    \
    for (struct ptn_list *it = (list)->next, *it##_next = it->next; it != (list);                  \
         it = it##_next, it##_next = it->next)

#endif
