/* Outgoing numbers of a sink: the source's numbers without the packets that were left out, gapless
 * for the receiver; packets that come late still find their own number. One loop. */
#ifndef PTN_MEDIA_SEQMAP_H
#define PTN_MEDIA_SEQMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PTN_SEQMAP_DROPS 32 /* recent left-out numbers remembered for late packets */
/* Packets so far behind the newest are not sent any more. It is the window in which the receiving
 * side tells duplicates (PTN_NACK_WINDOW): within it no number comes twice, and so no SRTP index is
 * ever used for two different packets (RFC 7714 8.1). */
#define PTN_SEQMAP_LATE 512

struct ptn_seqmap {
    bool aligned;
    int64_t floor;  /* source numbers below belong to an earlier stretch: not sent any more */
    int64_t newest; /* highest source number seen */
    int64_t delta;  /* out = in - delta - drops below it */
    int64_t drop[PTN_SEQMAP_DROPS]; /* ascending */
    size_t drop_count;
};

/* The next packet, whatever its number, shall go out as `out`. */
void ptn_seqmap_align(struct ptn_seqmap *m, int64_t in, int64_t out);
/* After an align that began a numbering: up to n packets before the first may still come, as the
 * network reorders the beginning too, and get the numbers below. */
void ptn_seqmap_reach_back(struct ptn_seqmap *m, int64_t n);
/* Leaves in out of the numbering. Only the newest can be left out without a trace; an older one is
 * a gap already, which the receiver asks about in vain. */
void ptn_seqmap_drop(struct ptn_seqmap *m, int64_t in);
/* False: belongs to no known stretch or comes much too late, do not send. */
bool ptn_seqmap_out(struct ptn_seqmap *m, int64_t in, int64_t *out);

#endif
