#include "base/mpsc.h"

#include <stddef.h>

#ifdef __SANITIZE_THREAD__
#define HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif

#ifdef HAS_TSAN
void __tsan_acquire(void *addr);
void __tsan_release(void *addr);
#define TSAN_ACQUIRE(p) __tsan_acquire(p)
#define TSAN_RELEASE(p) __tsan_release(p)
#else
#define TSAN_ACQUIRE(p) ((void)0)
#define TSAN_RELEASE(p) ((void)0)
#endif

void ptn_mpsc_init(struct ptn_mpsc *q) {
    __cds_wfcq_init(&q->head, &q->tail);
}

void ptn_mpsc_push(struct ptn_mpsc *q, struct ptn_mpsc_node *node) {
    cds_wfcq_node_init(&node->link);
    TSAN_RELEASE(node);
    cds_wfcq_enqueue(&q->head, &q->tail, &node->link);
}

struct ptn_mpsc_node *ptn_mpsc_pop(struct ptn_mpsc *q) {
    struct cds_wfcq_node *link = __cds_wfcq_dequeue_blocking(&q->head, &q->tail);
    if (!link)
        return NULL;
    TSAN_ACQUIRE(link);
    return (struct ptn_mpsc_node *)(void *)((char *)link - offsetof(struct ptn_mpsc_node, link));
}
