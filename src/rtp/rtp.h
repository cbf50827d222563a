/* RTP packets (RFC 3550 5.1) with header extensions (RFC 8285). A parsed packet borrows bytes. */
#ifndef PTN_RTP_RTP_H
#define PTN_RTP_RTP_H

#include "base/err.h"
#include "base/wire.h"

#define PTN_RTP_HEADER 12
#define PTN_RTP_EXT_MAX 16 /* elements we look at; further ones are skipped */
#define PTN_RTP_MAX 1500   /* larger packets are dropped and counted */

struct ptn_rtp_ext {
    uint8_t id; /* 1..14 one-byte form, 1..255 two-byte form */
    uint8_t len;
    uint16_t at; /* offset of the value from the start of the packet */
};

struct ptn_rtp {
    bool marker;
    uint8_t pt;
    uint8_t padding; /* bytes of padding at the end, its count byte included */
    uint8_t ext_count;
    uint16_t seq;
    uint16_t header_len;  /* fixed header, CSRCs and extension block */
    uint16_t payload_len; /* without padding; 0 for a padding-only packet */
    uint32_t ts;
    uint32_t ssrc;
    struct ptn_rtp_ext ext[PTN_RTP_EXT_MAX];
};

/* Second byte of the datagram tells RTCP from RTP when both share a port (RFC 5761 4). */
bool ptn_rtp_is_rtcp(struct ptn_bytes packet);
/* PTN_EMALFORMED: version, lengths, padding or extension do not fit. Out changes only on success.
 */
PTN_MUST_CHECK ptn_err ptn_rtp_parse(struct ptn_bytes packet, struct ptn_rtp *out);
/* The value of extension id in packet, empty when absent or id is 0. */
struct ptn_bytes ptn_rtp_ext_find(const struct ptn_rtp *rtp, struct ptn_bytes packet, uint8_t id);

/* Writes a header: 12 bytes, then, if n > 0, one extension block; the two-byte form when an id is
 * above 14 or a value is empty or longer than 16 bytes. */
struct ptn_rtp_ext_out {
    uint8_t id;
    struct ptn_bytes value;
};
void ptn_rtp_write_header(struct ptn_wr *w, bool marker, uint8_t pt, uint16_t seq, uint32_t ts,
                          uint32_t ssrc, const struct ptn_rtp_ext_out *ext, size_t n);

#endif
