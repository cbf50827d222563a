/* What the packet types of this folder share. Seen by nobody else. */
#ifndef PTN_RTCP_INTERNAL_H
#define PTN_RTCP_INTERNAL_H

#include "rtcp/rtcp.h"

/* The common header, RFC 3550 6.4.1:
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |V=2|P|  count  |      type     |   length in words, minus one  | */
#define RTCP_HEADER 4
#define RTCP_VERSION 2
#define RTCP_COUNT_MAX 31 /* five bits */

/* Writes the header with an open length and returns where the packet starts, for rtcp_end. */
size_t rtcp_begin(struct ptn_wr *w, uint8_t count, enum ptn_rtcp_type type);
/* Pads with zeros to a full word and fills in the length of the packet that starts at `start`. */
void rtcp_end(struct ptn_wr *w, size_t start);

/* Feedback messages start with two SSRCs (RFC 4585 6.1): sender, then media source. */
size_t rtcp_fb_begin(struct ptn_wr *w, uint8_t fmt, enum ptn_rtcp_type type, uint32_t sender_ssrc,
                     uint32_t media_ssrc);

static inline bool rtcp_is(const struct ptn_rtcp_block *b, enum ptn_rtcp_type type) {
    return b->type == (uint8_t)type;
}
static inline bool rtcp_is_fb(const struct ptn_rtcp_block *b, enum ptn_rtcp_type type,
                              unsigned fmt) {
    return rtcp_is(b, type) && b->count == fmt;
}

#endif
