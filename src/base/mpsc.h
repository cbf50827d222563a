/* A queue with many producers and one consumer: liburcu's wait-free concurrent queue with the few
 * words a race detector needs (the library's atomics are assembler, which it cannot see). */
#ifndef PTN_BASE_MPSC_H
#define PTN_BASE_MPSC_H

#include <stdbool.h>
#include <urcu/wfcqueue.h>

struct ptn_mpsc_node {
    struct cds_wfcq_node link;
};

struct ptn_mpsc {
    struct __cds_wfcq_head head; /* consumer's */
    char apart[64];              /* producers write the tail only: keep it off the head's line */
    struct cds_wfcq_tail tail;
};

void ptn_mpsc_init(struct ptn_mpsc *q);
/* Any thread. What was written before is visible to the consumer of the node. */
void ptn_mpsc_push(struct ptn_mpsc *q, struct ptn_mpsc_node *node);
/* The consumer's thread only; NULL: empty. */
struct ptn_mpsc_node *ptn_mpsc_pop(struct ptn_mpsc *q);

#endif
