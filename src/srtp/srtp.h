/* SRTP and SRTCP (RFC 3711, RFC 7714) on cipher contexts that are kept for the life of a
 * direction: no allocation and no key schedule per packet. One object per direction, one loop. */
#ifndef PTN_SRTP_SRTP_H
#define PTN_SRTP_SRTP_H

#include "base/bytes.h"
#include "base/err.h"

enum ptn_srtp_profile { /* values of RFC 5764 4.1.2 and RFC 7714 14.2 */
                        PTN_SRTP_NONE = 0,
                        PTN_SRTP_AES128_CM_SHA1_80 = 1,
                        PTN_SRTP_AEAD_AES_128_GCM = 7,
                        PTN_SRTP_AEAD_AES_256_GCM = 8,
};

#define PTN_SRTP_KEY_MAX 32
#define PTN_SRTP_SALT_MAX 14
#define PTN_SRTP_TRAILER_MAX 20 /* what protection adds to an RTP or RTCP packet at most */

struct ptn_srtp_keys {
    uint8_t key[PTN_SRTP_KEY_MAX];
    uint8_t salt[PTN_SRTP_SALT_MAX];
};

const char *ptn_srtp_profile_name(enum ptn_srtp_profile profile); /* "AEAD_AES_128_GCM" */
size_t ptn_srtp_key_len(enum ptn_srtp_profile profile);           /* 16 or 32 */
size_t ptn_srtp_salt_len(enum ptn_srtp_profile profile);          /* 14 or 12 */

/* -- sending ------------------------------------------------------------------------------- */
struct ptn_srtp_tx;

/* keys: master key and salt, copied into derived contexts and not kept.
 *  returns PTN_EUNSUPPORTED for an unknown profile. */
PTN_MUST_CHECK ptn_err ptn_srtp_tx_new(enum ptn_srtp_profile profile,
                                       const struct ptn_srtp_keys *keys, struct ptn_srtp_tx **out);
void ptn_srtp_tx_free(struct ptn_srtp_tx *tx);

/* One RTP packet given in three parts and written contiguously to out:
 *  header   RTP header with CSRCs and extension, sent in clear, authenticated
 *  prefix   first bytes of the payload that differ per receiver (RTX OSN, rewritten picture id);
 *           may be empty
 *  payload  the rest, read only, copied by the cipher itself (may be empty). Must not overlap out.
 *  index    RFC 3711 packet index: rollover counter << 16 | sequence number. The caller owns the
 *           numbering, so that a sink needs no look-up here. Never use an index twice for
 *           different plaintext of one SSRC.
 *  returns PTN_ELIMIT when out_cap is too small, nothing is written then. */
PTN_MUST_CHECK ptn_err ptn_srtp_protect(struct ptn_srtp_tx *tx, uint64_t index,
                                        struct ptn_bytes header, struct ptn_bytes prefix,
                                        struct ptn_bytes payload, uint8_t *out, size_t out_cap,
                                        size_t *out_len);
/* A whole compound packet; the SRTCP index is kept inside (31 bits, PTN_ELIMIT when used up). */
PTN_MUST_CHECK ptn_err ptn_srtp_protect_rtcp(struct ptn_srtp_tx *tx, struct ptn_bytes rtcp,
                                             uint8_t *out, size_t out_cap, size_t *out_len);
size_t ptn_srtp_tx_memory(const struct ptn_srtp_tx *tx); /* bytes, contexts included (estimate) */

/* -- receiving ----------------------------------------------------------------------------- */
struct ptn_srtp_rx;

#define PTN_SRTP_RX_SSRC_MAX 64 /* streams, each with a replay window; more are refused */

PTN_MUST_CHECK ptn_err ptn_srtp_rx_new(enum ptn_srtp_profile profile,
                                       const struct ptn_srtp_keys *keys, struct ptn_srtp_rx **out);
void ptn_srtp_rx_free(struct ptn_srtp_rx *rx);

/* In place: *len becomes the plain length, the RTP header stays where it is. The rollover counter
 * is estimated per SSRC (RFC 3711 3.3.1) and the replay window has 1024 packets. State of an SSRC
 * is made only after its first packet authenticates.
 *  returns PTN_EMALFORMED  no RTP packet
 *          PTN_EAUTH       tag wrong
 *          PTN_EPROTO      replayed or older than the window
 *          PTN_ELIMIT      too many SSRCs.   Whatever fails changes no state; the packet's bytes
 *          are then unspecified. */
PTN_MUST_CHECK ptn_err ptn_srtp_unprotect(struct ptn_srtp_rx *rx, uint8_t *packet, size_t *len);
PTN_MUST_CHECK ptn_err ptn_srtp_unprotect_rtcp(struct ptn_srtp_rx *rx, uint8_t *packet,
                                               size_t *len);
/* Forgets the stream of an SSRC that has ended, so that it does not count any more. */
void ptn_srtp_rx_forget(struct ptn_srtp_rx *rx, uint32_t ssrc);

#endif
