#include "worker/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

ptn_err ptn_mailbox_init(struct ptn_mailbox *mb) {
    ptn_mpsc_init(&mb->commands);
    ptn_mpsc_init(&mb->packets);
    atomic_init(&mb->commands_waiting, 0);
    atomic_init(&mb->packets_waiting, 0);
    atomic_init(&mb->signalled, false);
    mb->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return mb->fd < 0 ? PTN_EIO : PTN_OK;
}

void ptn_mailbox_done(struct ptn_mailbox *mb) {
    if (mb->fd >= 0)
        close(mb->fd);
    mb->fd = -1;
}

void ptn_mailbox_wake(struct ptn_mailbox *mb) {
    if (atomic_exchange(&mb->signalled, true))
        return;
    uint64_t one = 1;
    ssize_t n = write(mb->fd, &one, sizeof one);
    (void)n; /* a full counter means the reader is being woken anyway */
}

static ptn_err post(struct ptn_mpsc *lane, atomic_uint *waiting, unsigned limit,
                    struct ptn_mpsc_node *msg) {
    if (atomic_fetch_add(waiting, 1) >= limit) {
        atomic_fetch_sub(waiting, 1);
        return PTN_ELIMIT;
    }
    ptn_mpsc_push(lane, msg);
    return PTN_OK;
}

ptn_err ptn_mailbox_command(struct ptn_mailbox *mb, struct ptn_mpsc_node *msg, bool must) {
    return post(&mb->commands, &mb->commands_waiting, must ? UINT32_MAX : PTN_COMMANDS_MAX, msg);
}

ptn_err ptn_mailbox_packets(struct ptn_mailbox *mb, struct ptn_mpsc_node *msg) {
    return post(&mb->packets, &mb->packets_waiting, PTN_BATCHES_MAX, msg);
}

bool ptn_mailbox_signalled(struct ptn_mailbox *mb) {
    return atomic_load(&mb->signalled);
}

void ptn_mailbox_rearm(struct ptn_mailbox *mb) {
    uint64_t count;
    ssize_t n = read(mb->fd, &count, sizeof count);
    (void)n; /* empty: somebody else's wake-up */
    atomic_store(&mb->signalled, false);
}

static struct ptn_mpsc_node *pop(struct ptn_mpsc *lane, atomic_uint *waiting) {
    struct ptn_mpsc_node *node = ptn_mpsc_pop(lane);
    if (node)
        atomic_fetch_sub(waiting, 1);
    return node;
}

struct ptn_mpsc_node *ptn_mailbox_pop_command(struct ptn_mailbox *mb) {
    return pop(&mb->commands, &mb->commands_waiting);
}

struct ptn_mpsc_node *ptn_mailbox_pop_packets(struct ptn_mailbox *mb) {
    return pop(&mb->packets, &mb->packets_waiting);
}
