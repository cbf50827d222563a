/* Arrival times by transport-wide sequence number, and the feedback message made of them
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01). One per peer, one loop, bounded. */
#ifndef PTN_RTP_TWCC_GEN_H
#define PTN_RTP_TWCC_GEN_H

#include "base/time.h"
#include "base/wire.h"

#define PTN_TWCC_PACKETS_MAX 400 /* described by one message */
/* Bytes: header, a chunk per seven packets at worst, two bytes of delta each, padding. */
#define PTN_TWCC_MESSAGE_MAX                                                                       \
    (20 + 2 * (PTN_TWCC_PACKETS_MAX / 7 + 1) + 2 * PTN_TWCC_PACKETS_MAX + 2)

struct ptn_twcc_gen;

struct ptn_twcc_gen *ptn_twcc_gen_new(void);
void ptn_twcc_gen_free(struct ptn_twcc_gen *g); /* NULL is fine */
/* One packet that carried twcc_seq. Duplicates, and what is 1024 or more behind the newest, do not
 * count; one that comes late is reported after all, with everything behind it once more. */
void ptn_twcc_gen_packet(struct ptn_twcc_gen *g, ptn_time arrival, uint16_t twcc_seq);
bool ptn_twcc_gen_pending(const struct ptn_twcc_gen *g); /* something new to report */
/* Appends one RTPFB/15 packet. False when nothing is left to report: call until then, at most
 * a few messages per period. False also, with nothing written and pending still true, when it does
 * not fit: PTN_TWCC_MESSAGE_MAX bytes always do. */
bool ptn_twcc_gen_write(struct ptn_twcc_gen *g, struct ptn_wr *w, uint32_t sender_ssrc,
                        uint32_t media_ssrc);

#endif
