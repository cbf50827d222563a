/* Datagrams on their way out of a loop: written contiguously, sent with as few system calls as
 * possible. Runs of equal size to one destination become one GSO message. One loop. */
#ifndef PTN_WORKER_TXBATCH_H
#define PTN_WORKER_TXBATCH_H

#include "peer/peer.h"

#define PTN_TX_BYTES (256 * 1024)
#define PTN_TX_MESSAGES 256
#define PTN_GSO_SEGMENTS 64 /* kernel: UDP_MAX_SEGMENTS */
#define PTN_GSO_BYTES 65000 /* of one send */

struct ptn_tx_socket {
    int fd;
    struct ptn_addr addr;
    bool gso_refused; /* the kernel said no once: plain sends from then on */
};

struct ptn_txbatch;

struct ptn_tx_counters {
    uint64_t packets, bytes, calls, gso_runs, refused, would_block, gso_fallbacks;
};

/* sockets: borrowed, of the loop; dscp is set on them by the caller. */
struct ptn_txbatch *ptn_txbatch_new(struct ptn_tx_socket *sockets, size_t count);
void ptn_txbatch_free(struct ptn_txbatch *tx);
/* The writer that ptn_peer_flush takes. */
struct ptn_out_writer *ptn_txbatch_writer(struct ptn_txbatch *tx);
void ptn_txbatch_add(struct ptn_txbatch *tx, const struct ptn_path *path, struct ptn_bytes data);
void ptn_txbatch_send(struct ptn_txbatch *tx); /* everything written so far */
const struct ptn_tx_counters *ptn_txbatch_counters(const struct ptn_txbatch *tx);

#endif
