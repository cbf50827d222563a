/* Whose is a datagram? Three tables of one loop: by ufrag (requests), by transaction id and source
 * (responses), by tuple (DTLS and media). Who is named embeds struct ptn_names. */
#ifndef PTN_WORKER_DEMUX_H
#define PTN_WORKER_DEMUX_H

#include "base/addr.h"
#include "base/bytes.h"
#include "base/list.h"
#include "base/time.h"

struct ptn_demux;

/* Per owner; the one whose last check is the oldest makes room. More than a peer with a few
 * addresses has candidate pairs, so that the selected one outlives the checks of the others. */
#define PTN_TUPLES_MAX 64

struct ptn_names { /* everything one owner is known by; init with ptn_names_init */
    struct ptn_list ufrags, txids, tuples;
    unsigned tuple_count;
};

void ptn_names_init(struct ptn_names *n);

struct ptn_demux *ptn_demux_new(void);
void ptn_demux_free(struct ptn_demux *d);
/* Every name of this owner disappears. */
void ptn_demux_forget(struct ptn_demux *d, struct ptn_names *n);

/* False: another owner has this ufrag. One may have several (restart). */
bool ptn_demux_add_ufrag(struct ptn_demux *d, struct ptn_names *n, const char *ufrag);
struct ptn_names *ptn_demux_by_ufrag(struct ptn_demux *d, struct ptn_bytes ufrag);
/* An outgoing request: its response may come from `to` within ten seconds. */
void ptn_demux_add_txid(struct ptn_demux *d, ptn_time now, struct ptn_names *n,
                        const uint8_t txid[12], const struct ptn_addr *to);
struct ptn_names *ptn_demux_by_txid(struct ptn_demux *d, const uint8_t txid[12],
                                    const struct ptn_addr *from);
/* An authenticated check moved or made the tuple: it is this owner's from now on. */
void ptn_demux_add_tuple(struct ptn_demux *d, struct ptn_names *n, const struct ptn_path *path);
struct ptn_names *ptn_demux_by_tuple(struct ptn_demux *d, const struct ptn_path *path);
void ptn_demux_expire(struct ptn_demux *d, ptn_time now); /* old transactions */

#endif
