/* Messages to a loop (or to the control side): two lanes over one eventfd.
 * Commands are never dropped; packet batches beyond a bound are, and counted. Any thread posts.
 * Posting and waking are two calls: whoever posts much wakes once. */
#ifndef PTN_WORKER_MAILBOX_H
#define PTN_WORKER_MAILBOX_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mpsc.h"

#define PTN_COMMANDS_MAX 65536 /* refusable commands waiting; teardown always fits */
#define PTN_BATCHES_MAX 4096   /* packet batches waiting */

struct ptn_mailbox {
    struct ptn_mpsc commands, packets;
    atomic_uint commands_waiting, packets_waiting;
    atomic_bool signalled;
    int fd; /* eventfd, readable when something waits */
};

PTN_MUST_CHECK ptn_err ptn_mailbox_init(struct ptn_mailbox *mb); /* PTN_EIO */
void ptn_mailbox_done(struct ptn_mailbox *mb);
/* must: always accepted. Else PTN_ELIMIT when full; the message stays the caller's. */
ptn_err ptn_mailbox_command(struct ptn_mailbox *mb, struct ptn_mpsc_node *msg, bool must);
ptn_err ptn_mailbox_packets(struct ptn_mailbox *mb, struct ptn_mpsc_node *msg);
/* What has been posted is to be read now; one system call at most, none when the consumer has been
 * woken and has not looked yet. */
void ptn_mailbox_wake(struct ptn_mailbox *mb);
/* The consumer, instead of polling the descriptor: something has been posted since the last rearm.
 */
bool ptn_mailbox_signalled(struct ptn_mailbox *mb);
/* The consumer, before popping: what is posted from here on wakes it again. */
void ptn_mailbox_rearm(struct ptn_mailbox *mb);
struct ptn_mpsc_node *ptn_mailbox_pop_command(struct ptn_mailbox *mb);
struct ptn_mpsc_node *ptn_mailbox_pop_packets(struct ptn_mailbox *mb);

#endif
