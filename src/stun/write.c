#include "stun/internal.h"

#include "crypto/mac.h"

#define LENGTH_AT 2 /* of the length field in the header */

static uint16_t join_type(enum ptn_stun_class class, uint16_t method) {
    unsigned c = (unsigned)class, m = method;
    return (uint16_t)((m & 0x000f) | (c & 1) << 4 | (m & 0x0070) << 1 | (c & 2) << 7 |
                      (m & 0x0f80) << 2);
}

void ptn_stun_begin(struct ptn_stun_wr *s, void *buf, size_t cap, enum ptn_stun_class class,
                    uint16_t method, const uint8_t txid[PTN_STUN_TXID]) {
    s->w = ptn_wr_of(buf, cap);
    ptn_wr_u16(&s->w, join_type(class, method));
    ptn_wr_u16(&s->w, 0);
    ptn_wr_u32(&s->w, STUN_COOKIE);
    ptn_wr_bytes(&s->w, ptn_bytes_of(txid, PTN_STUN_TXID));
}

static void attr_begin(struct ptn_stun_wr *s, uint16_t type, size_t len) {
    if (len > UINT16_MAX)
        s->w.bad = true;
    ptn_wr_u16(&s->w, type);
    ptn_wr_u16(&s->w, (uint16_t)len);
}

static void attr_pad(struct ptn_stun_wr *s, size_t len) {
    ptn_wr_zero(&s->w, -len & 3);
}

void ptn_stun_add_bytes(struct ptn_stun_wr *s, uint16_t type, struct ptn_bytes value) {
    attr_begin(s, type, value.n);
    ptn_wr_bytes(&s->w, value);
    attr_pad(s, value.n);
}

void ptn_stun_add_username(struct ptn_stun_wr *s, const char *first, const char *second) {
    struct ptn_bytes a = ptn_bytes_str(first), b = ptn_bytes_str(second);
    size_t len = a.n + 1 + b.n;
    attr_begin(s, STUN_USERNAME, len);
    ptn_wr_bytes(&s->w, a);
    ptn_wr_u8(&s->w, ':');
    ptn_wr_bytes(&s->w, b);
    attr_pad(s, len);
}

void ptn_stun_add_xor_mapped(struct ptn_stun_wr *s, const struct ptn_addr *addr) {
    if (s->w.bad)
        return;
    size_t n = addr->family == 4 ? 4 : 16;
    struct ptn_addr a = *addr;
    stun_addr_xor(&a, s->w.buf + STUN_HEADER - PTN_STUN_TXID);
    attr_begin(s, STUN_XOR_MAPPED_ADDRESS, 4 + n);
    ptn_wr_u8(&s->w, 0);
    ptn_wr_u8(&s->w, addr->family == 4 ? 1 : 2);
    ptn_wr_u16(&s->w, a.port);
    ptn_wr_bytes(&s->w, ptn_bytes_of(a.ip, n));
}

void ptn_stun_add_priority(struct ptn_stun_wr *s, uint32_t priority) {
    attr_begin(s, STUN_PRIORITY, 4);
    ptn_wr_u32(&s->w, priority);
}

void ptn_stun_add_role(struct ptn_stun_wr *s, bool controlling, uint64_t tie_breaker) {
    attr_begin(s, controlling ? STUN_ICE_CONTROLLING : STUN_ICE_CONTROLLED, 8);
    ptn_wr_u64(&s->w, tie_breaker);
}

void ptn_stun_add_use_candidate(struct ptn_stun_wr *s) {
    attr_begin(s, STUN_USE_CANDIDATE, 0);
}

void ptn_stun_add_error(struct ptn_stun_wr *s, uint16_t code, const char *reason) {
    struct ptn_bytes text = ptn_bytes_str(reason);
    attr_begin(s, STUN_ERROR_CODE, 4 + text.n);
    ptn_wr_u16(&s->w, 0);
    ptn_wr_u8(&s->w, (uint8_t)(code / 100));
    ptn_wr_u8(&s->w, (uint8_t)(code % 100));
    ptn_wr_bytes(&s->w, text);
    attr_pad(s, text.n);
}

void ptn_stun_add_unknown(struct ptn_stun_wr *s, const uint16_t *types, size_t n) {
    attr_begin(s, STUN_UNKNOWN_ATTRIBUTES, 2 * n);
    for (size_t i = 0; i < n; i++)
        ptn_wr_u16(&s->w, types[i]);
    attr_pad(s, 2 * n);
}

/* Sets the header's length as if `more` further bytes followed. */
static void set_length(struct ptn_stun_wr *s, size_t more) {
    size_t len = s->w.len + more - STUN_HEADER;
    if (len > UINT16_MAX)
        s->w.bad = true;
    ptn_wr_patch_u16(&s->w, LENGTH_AT, (uint16_t)len);
}

static void add_integrity(struct ptn_stun_wr *s, struct ptn_bytes key) {
    uint8_t mac[STUN_INTEGRITY_LEN];
    set_length(s, STUN_INTEGRITY_ATTR);
    struct ptn_bytes covered = ptn_wr_written(&s->w);
    ptn_hmac_sha1(key, &covered, 1, mac);
    ptn_stun_add_bytes(s, STUN_MESSAGE_INTEGRITY, ptn_bytes_of(mac, sizeof mac));
}

ptn_err ptn_stun_end(struct ptn_stun_wr *s, struct ptn_bytes key, size_t *len) {
    if (s->w.bad)
        return PTN_ELIMIT;
    if (key.n > 0)
        add_integrity(s, key);
    if (s->w.bad)
        return PTN_ELIMIT;
    set_length(s, STUN_FINGERPRINT_ATTR);
    uint32_t crc = stun_crc32(0, ptn_wr_written(&s->w)) ^ STUN_FINGERPRINT_XOR;
    attr_begin(s, STUN_FINGERPRINT, 4);
    ptn_wr_u32(&s->w, crc);
    if (s->w.bad)
        return PTN_ELIMIT;
    *len = s->w.len;
    return PTN_OK;
}
