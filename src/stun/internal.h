/* What the files of src/stun share: numbers of the wire format. */
#ifndef PTN_STUN_INTERNAL_H
#define PTN_STUN_INTERNAL_H

#include "stun/stun.h"

#define STUN_HEADER 20
#define STUN_COOKIE 0x2112a442u          /* RFC 8489 5 */
#define STUN_FINGERPRINT_XOR 0x5354554eu /* "STUN", RFC 8489 14.7 */
#define STUN_INTEGRITY_LEN 20            /* HMAC-SHA1 */
#define STUN_INTEGRITY_ATTR (4 + STUN_INTEGRITY_LEN)
#define STUN_FINGERPRINT_ATTR 8

enum stun_attr { /* RFC 8489 18.3, RFC 8445 16.1 */
                 STUN_MAPPED_ADDRESS = 0x0001,
                 STUN_USERNAME = 0x0006,
                 STUN_MESSAGE_INTEGRITY = 0x0008,
                 STUN_ERROR_CODE = 0x0009,
                 STUN_UNKNOWN_ATTRIBUTES = 0x000a,
                 STUN_REALM = 0x0014,
                 STUN_NONCE = 0x0015,
                 STUN_MESSAGE_INTEGRITY_SHA256 = 0x001c,
                 STUN_XOR_MAPPED_ADDRESS = 0x0020,
                 STUN_PRIORITY = 0x0024,
                 STUN_USE_CANDIDATE = 0x0025,
                 STUN_SOFTWARE = 0x8022,
                 STUN_FINGERPRINT = 0x8028,
                 STUN_ICE_CONTROLLED = 0x8029,
                 STUN_ICE_CONTROLLING = 0x802a,
};

/* The CRC of ITU V.42, as FINGERPRINT wants it. Continue a sum by passing the last result; start
 * with 0. */
uint32_t stun_crc32(uint32_t crc, struct ptn_bytes data);
/* XORs (or un-XORs) an address with the cookie and the transaction id (RFC 8489 14.2). */
void stun_addr_xor(struct ptn_addr *addr, const uint8_t txid[PTN_STUN_TXID]);

#endif
