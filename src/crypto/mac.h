/* Keyed and plain digests that protocol cores need. Any thread; no state. */
#ifndef PTN_CRYPTO_MAC_H
#define PTN_CRYPTO_MAC_H

#include "base/bytes.h"

/* HMAC-SHA1 over the concatenation of n parts. */
void ptn_hmac_sha1(struct ptn_bytes key, const struct ptn_bytes *parts, size_t n, uint8_t out[20]);
/* MD5 (STUN long-term keys only) and SHA-256. */
void ptn_md5(struct ptn_bytes data, uint8_t out[16]);
void ptn_sha256(struct ptn_bytes data, uint8_t out[32]);
/* Compares in constant time. */
bool ptn_mac_eq(const uint8_t *a, const uint8_t *b, size_t n);

#endif
