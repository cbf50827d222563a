/* Which packets of one received stream are missing, and when to ask for them (RFC 4585 6.2.1).
 * First asked 12 ms after the gap is seen (reordering), again after max(RTT*1.25, 40 ms), at most
 * ten times; given up 2 s after the gap or when older than the window. Bounded memory, one loop. */
#ifndef PTN_RTP_NACK_GEN_H
#define PTN_RTP_NACK_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

#define PTN_NACK_WINDOW 512  /* packets back from the newest */
#define PTN_NACK_MISSING 128 /* tracked at once; beyond, the oldest are given up */

struct ptn_nack_gen;

struct ptn_nack_gen *ptn_nack_gen_new(void);
void ptn_nack_gen_free(struct ptn_nack_gen *g);
/* Returns false when the packet was already there (duplicate). A jump of more than the window
 * starts afresh, as do 16 packets in a row that are older than the window (single ones pass, and
 * change nothing). ext_seq: unwrapped. was_missing (may be NULL): it had been asked for. */
bool ptn_nack_gen_packet(struct ptn_nack_gen *g, ptn_time now, int64_t ext_seq, bool *was_missing);
/* True while ext_seq is tracked as missing: an RTX packet for anything else is not wanted. */
bool ptn_nack_gen_wants(const struct ptn_nack_gen *g, int64_t ext_seq);
/* Sequence numbers to ask for now, ascending; returns how many were written. rtt 0: unknown. */
size_t ptn_nack_gen_poll(struct ptn_nack_gen *g, ptn_time now, ptn_time rtt, uint16_t *seqs,
                         size_t cap);
/* When to poll next; PTN_NEVER while nothing is missing. May be early, never late. */
ptn_time ptn_nack_gen_next_timeout(const struct ptn_nack_gen *g);
/* Everything missing is given up (a keyframe made it useless). */
void ptn_nack_gen_reset(struct ptn_nack_gen *g);
/* Packets that were missing and not waited for any longer, since the start. */
uint64_t ptn_nack_gen_given_up(const struct ptn_nack_gen *g);

#endif
