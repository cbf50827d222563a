/* Synthetic media: packets that carry a number and a pattern, so that the receiving side can tell
 * which arrived, how often, and whether they are whole. */
#ifndef PTN_TESTS_SIM_MEDIA_H
#define PTN_TESTS_SIM_MEDIA_H

#include "sim/world.h"

#define AUDIO_BYTES 90
#define VIDEO_BYTES 1000 /* and up to 6 more: sizes within a frame differ */
#define VIDEO_FRAME 3    /* packets of a frame */

ptn_time media_next(const struct party *p); /* when p sends again */
void media_send(struct party *p);           /* what is due */
void media_arrived(struct world *w, uint64_t source, struct ptn_packet *const *packets, size_t n);
/* One packet of this number to p's publisher now; index may differ from the number. */
void media_send_one(struct party *p, enum flow flow, unsigned number, int64_t ext_seq);

#endif
