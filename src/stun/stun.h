/* STUN messages (RFC 8489) and the ICE attributes (RFC 8445 16.1): parse, verify, write.
 * A parsed message borrows the datagram. No state, any thread. */
#ifndef PTN_STUN_STUN_H
#define PTN_STUN_STUN_H

#include "base/addr.h"
#include "base/bytes.h"
#include "base/wire.h"

#define PTN_STUN_TXID 12

enum ptn_stun_class { PTN_STUN_REQUEST, PTN_STUN_INDICATION, PTN_STUN_SUCCESS, PTN_STUN_ERROR };
enum { PTN_STUN_BINDING = 1 };

struct ptn_stun {
    enum ptn_stun_class class;
    uint16_t method;
    uint8_t txid[PTN_STUN_TXID];
    struct ptn_bytes username; /* empty: absent */
    struct ptn_bytes realm, nonce, software;
    struct ptn_addr mapped; /* XOR-MAPPED-ADDRESS (or MAPPED-ADDRESS); family 0: absent */
    uint32_t priority;
    bool has_priority, use_candidate, has_controlling, has_controlled;
    uint64_t tie_breaker;
    uint16_t error_code; /* 300..699; 0: absent */
    uint16_t unknown[8]; /* comprehension-required attributes we do not know */
    uint8_t unknown_count;
    bool has_integrity, has_fingerprint;
    size_t integrity_at; /* offset of the MESSAGE-INTEGRITY attribute */
    struct ptn_bytes whole;
};

/* First byte 0..3, magic cookie and length fit: cheap test before parsing. */
bool ptn_stun_is(struct ptn_bytes datagram);
/* Everything after MESSAGE-INTEGRITY except FINGERPRINT is ignored (RFC 8489 14.5). A present but
 * wrong FINGERPRINT is PTN_EMALFORMED. Out changes only on success. */
PTN_MUST_CHECK ptn_err ptn_stun_parse(struct ptn_bytes datagram, struct ptn_stun *out);
/* HMAC-SHA1 with key (short-term: the password). PTN_EAUTH: absent or wrong. */
PTN_MUST_CHECK ptn_err ptn_stun_verify(const struct ptn_stun *msg, struct ptn_bytes key);
/* "theirs:ours" of a USERNAME. PTN_EMALFORMED without exactly one colon split. */
PTN_MUST_CHECK ptn_err ptn_stun_split_username(const struct ptn_stun *msg, struct ptn_bytes *first,
                                               struct ptn_bytes *second);

/* Writing: begin, attributes, then end (which adds integrity when key.n > 0, then fingerprint). */
struct ptn_stun_wr {
    struct ptn_wr w;
};
void ptn_stun_begin(struct ptn_stun_wr *s, void *buf, size_t cap, enum ptn_stun_class class,
                    uint16_t method, const uint8_t txid[PTN_STUN_TXID]);
void ptn_stun_add_bytes(struct ptn_stun_wr *s, uint16_t type, struct ptn_bytes value);
void ptn_stun_add_username(struct ptn_stun_wr *s, const char *first, const char *second);
void ptn_stun_add_xor_mapped(struct ptn_stun_wr *s, const struct ptn_addr *addr);
void ptn_stun_add_priority(struct ptn_stun_wr *s, uint32_t priority);
void ptn_stun_add_role(struct ptn_stun_wr *s, bool controlling, uint64_t tie_breaker);
void ptn_stun_add_use_candidate(struct ptn_stun_wr *s);
void ptn_stun_add_error(struct ptn_stun_wr *s, uint16_t code, const char *reason);
void ptn_stun_add_unknown(struct ptn_stun_wr *s, const uint16_t *types, size_t n);
/* PTN_ELIMIT: did not fit. */
PTN_MUST_CHECK ptn_err ptn_stun_end(struct ptn_stun_wr *s, struct ptn_bytes key, size_t *len);

#endif
