/* Inside src/srtp only. */
#ifndef PTN_SRTP_INTERNAL_H
#define PTN_SRTP_INTERNAL_H

#include <openssl/evp.h>

#include "srtp/srtp.h"

#define GCM_TAG 16
#define CM_TAG 10
#define RTCP_INDEX 4 /* E flag and 31-bit index at the end of a SRTCP packet */
#define RTCP_CLEAR 8 /* header and sender SSRC stay in clear */
#define RTCP_E 0x80000000u
#define SHA1_STATE 96 /* bytes of OpenSSL's SHA_CTX; asserted in hmac.c */

/* HMAC-SHA1 with the two key blocks already digested: two compressions less per packet. */
struct hmac {
    _Alignas(8) uint8_t inner[SHA1_STATE], outer[SHA1_STATE];
};

/* One direction of one protocol (SRTP or SRTCP): session keys in kept contexts. */
struct half {
    EVP_CIPHER_CTX *cipher; /* owned; GCM or CTR with its key schedule */
    uint8_t salt[PTN_SRTP_SALT_MAX];
    struct hmac hmac; /* CM profile only */
};

struct crypt {
    enum ptn_srtp_profile profile;
    struct half rtp, rtcp;
};

struct ptn_srtp_tx {
    struct crypt crypt;
    uint32_t rtcp_index; /* next, 31 bits */
};

struct profile {
    enum ptn_srtp_profile id;
    const char *name;
    uint8_t key_len, salt_len;
    bool is_gcm;
};
const struct profile *profile_find(enum ptn_srtp_profile id);

/* kdf.c: session keys of RFC 3711 4.3; encrypt: the cipher contexts' direction */
ptn_err crypt_init(struct crypt *c, enum ptn_srtp_profile profile, const struct ptn_srtp_keys *keys,
                   bool encrypt);
void crypt_done(struct crypt *c);

/* hmac.c */
void hmac_init(struct hmac *h, const uint8_t *key, size_t len);
void hmac_sign(const struct hmac *h, struct ptn_bytes a, struct ptn_bytes b, uint8_t out[20]);

/* gcm.c; iv 12 bytes. prefix and payload become one ciphertext at out, the tag follows it. */
void gcm_iv_rtp(const struct half *h, uint32_t ssrc, uint64_t index, uint8_t iv[12]);
void gcm_iv_rtcp(const struct half *h, uint32_t ssrc, uint32_t index, uint8_t iv[12]);
bool gcm_seal(struct half *h, const uint8_t iv[12], struct ptn_bytes aad, struct ptn_bytes aad2,
              struct ptn_bytes prefix, struct ptn_bytes payload, uint8_t *out);
bool gcm_open(struct half *h, const uint8_t iv[12], struct ptn_bytes aad, struct ptn_bytes aad2,
              uint8_t *text, size_t len, uint8_t tag[GCM_TAG]);

/* cm.c; iv 16 bytes */
void cm_iv(const struct half *h, uint32_t ssrc, uint64_t index, uint8_t iv[16]);
bool cm_crypt(struct half *h, const uint8_t iv[16], struct ptn_bytes prefix,
              struct ptn_bytes payload, uint8_t *out);

/* replay.c: a sliding window over packet indexes */
struct replay {
    bool started;
    uint64_t highest;
    uint32_t size;     /* bits */
    uint64_t bits[16]; /* up to 1024 */
};
bool replay_is_new(const struct replay *r, uint64_t index);
void replay_add(struct replay *r, uint64_t index);
/* RFC 3711 3.3.1; false: before the beginning of time. */
bool replay_guess(const struct replay *r, uint16_t seq, uint64_t *index);

#endif
