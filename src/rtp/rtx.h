/* Retransmission packets, RFC 4588: the original header with another SSRC, payload type and
 * sequence number, and a payload that begins with the original sequence number (OSN). */
#ifndef PTN_RTP_RTX_H
#define PTN_RTP_RTX_H

#include "rtp/rtp.h"

#define PTN_RTX_OSN 2 /* bytes in front of the original payload */

/* Turns an RTX packet into the original, in place; no state, any thread.
 *  packet   len bytes, as parsed into rtp.  On success len shrinks by two
 *  rtp      on success describes the original: OSN, ssrc, pt; extensions stay where they are
 *  ssrc,pt  of the primary stream, which the caller knows from negotiation (FID group, apt)
 *  returns  PTN_EPROTO      padding only: a bandwidth probe, there is no original
 *           PTN_EMALFORMED  a payload of one byte.  Anything but PTN_OK changes nothing. */
PTN_MUST_CHECK ptn_err ptn_rtx_unwrap(uint8_t *packet, size_t *len, struct ptn_rtp *rtp,
                                      uint32_t ssrc, uint8_t pt);

#endif
