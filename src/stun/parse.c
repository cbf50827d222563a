#include "stun/internal.h"

#include "base/mem.h"

/* Methods above 0xff exist on paper only, and their first byte belongs to other protocols
 * (RFC 7983).
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  |0 0| class and method interleaved |  length after the header    |
 *  |                  magic cookie 0x2112A442                       |
 *  |                  transaction id (96 bits)                      |
 *  then attributes: type, length, value, padding to a multiple of 4   (RFC 8489 5, 14) */

bool ptn_stun_is(struct ptn_bytes datagram) {
    struct ptn_rd r = ptn_rd_of(datagram);
    uint16_t type = ptn_rd_u16(&r);
    uint16_t len = ptn_rd_u16(&r);
    return datagram.n >= STUN_HEADER && type < 0x0400 && ptn_rd_u32(&r) == STUN_COOKIE &&
           len % 4 == 0 && datagram.n == (size_t)len + STUN_HEADER;
}

void stun_addr_xor(struct ptn_addr *addr, const uint8_t txid[PTN_STUN_TXID]) {
    uint8_t mask[16];
    ptn_put_u32(mask, STUN_COOKIE);
    memcpy(mask + 4, txid, PTN_STUN_TXID);
    size_t n = addr->family == 4 ? 4 : 16;
    for (size_t i = 0; i < n; i++)
        addr->ip[i] ^= mask[i];
    addr->port ^= STUN_COOKIE >> 16;
}

static ptn_err read_addr(struct ptn_rd *v, struct ptn_addr *out) {
    ptn_rd_skip(v, 1);
    uint8_t family = ptn_rd_u8(v);
    struct ptn_addr a = {.port = ptn_rd_u16(v)};
    if (family != 1 && family != 2)
        return PTN_EMALFORMED;
    a.family = family == 1 ? 4 : 6;
    size_t n = a.family == 4 ? 4 : 16;
    struct ptn_bytes ip = ptn_rd_bytes(v, n);
    if (v->bad || v->left > 0)
        return PTN_EMALFORMED;
    memcpy(a.ip, ip.p, n);
    *out = a;
    return PTN_OK;
}

static ptn_err on_mapped(struct ptn_stun *m, struct ptn_rd v) {
    if (m->mapped.family != 0) /* the XORed one counts, whichever comes first */
        return PTN_OK;
    return read_addr(&v, &m->mapped);
}

static ptn_err on_xor_mapped(struct ptn_stun *m, struct ptn_rd v) {
    PTN_TRY(read_addr(&v, &m->mapped));
    stun_addr_xor(&m->mapped, m->txid);
    return PTN_OK;
}

static ptn_err on_username(struct ptn_stun *m, struct ptn_rd v) {
    m->username = ptn_rd_rest(&v);
    return PTN_OK;
}

static ptn_err on_realm(struct ptn_stun *m, struct ptn_rd v) {
    m->realm = ptn_rd_rest(&v);
    return PTN_OK;
}

static ptn_err on_nonce(struct ptn_stun *m, struct ptn_rd v) {
    m->nonce = ptn_rd_rest(&v);
    return PTN_OK;
}

static ptn_err on_software(struct ptn_stun *m, struct ptn_rd v) {
    m->software = ptn_rd_rest(&v);
    return PTN_OK;
}

static ptn_err on_error(struct ptn_stun *m, struct ptn_rd v) { /* RFC 8489 14.8 */
    ptn_rd_skip(&v, 2);
    unsigned hundreds = ptn_rd_u8(&v) & 7u;
    unsigned rest = ptn_rd_u8(&v);
    if (hundreds < 3 || hundreds > 6 || rest > 99)
        return PTN_EMALFORMED;
    m->error_code = (uint16_t)(hundreds * 100 + rest);
    return PTN_OK;
}

static ptn_err on_priority(struct ptn_stun *m, struct ptn_rd v) {
    m->priority = ptn_rd_u32(&v);
    m->has_priority = true;
    return PTN_OK;
}

static ptn_err on_use_candidate(struct ptn_stun *m, struct ptn_rd v) {
    (void)v;
    m->use_candidate = true;
    return PTN_OK;
}

static ptn_err on_controlled(struct ptn_stun *m, struct ptn_rd v) {
    m->tie_breaker = ptn_rd_u64(&v);
    m->has_controlled = true;
    return PTN_OK;
}

static ptn_err on_controlling(struct ptn_stun *m, struct ptn_rd v) {
    m->tie_breaker = ptn_rd_u64(&v);
    m->has_controlling = true;
    return PTN_OK;
}

static ptn_err on_ignored(struct ptn_stun *m, struct ptn_rd v) {
    (void)m;
    (void)v;
    return PTN_OK;
}

struct attr_kind {
    uint16_t type, min, max;
    ptn_err (*read)(struct ptn_stun *msg, struct ptn_rd value);
};

static const struct attr_kind kinds[] = {
    {STUN_MAPPED_ADDRESS, 8, 20, on_mapped},
    {STUN_USERNAME, 1, 513, on_username}, /* two ufrags of 256 and a colon, RFC 8839 5.4 */
    {STUN_ERROR_CODE, 4, 4 + 763, on_error},
    {STUN_UNKNOWN_ATTRIBUTES, 0, 763, on_ignored},
    {STUN_REALM, 0, 763, on_realm},
    {STUN_NONCE, 0, 763, on_nonce},
    {STUN_MESSAGE_INTEGRITY_SHA256, 16, 32, on_ignored}, /* ICE uses SHA-1 only */
    {STUN_XOR_MAPPED_ADDRESS, 8, 20, on_xor_mapped},
    {STUN_PRIORITY, 4, 4, on_priority},
    {STUN_USE_CANDIDATE, 0, 0, on_use_candidate},
    {STUN_SOFTWARE, 0, 763, on_software},
    {STUN_ICE_CONTROLLED, 8, 8, on_controlled},
    {STUN_ICE_CONTROLLING, 8, 8, on_controlling},
};

static void note_unknown(struct ptn_stun *m, uint16_t type) {
    if (type < 0x8000 && m->unknown_count < PTN_COUNT_OF(m->unknown))
        m->unknown[m->unknown_count++] = type;
}

/* seen: one bit per row of kinds. Of repeated attributes the first counts (RFC 8489 14). */
static ptn_err read_attr(struct ptn_stun *m, uint16_t type, struct ptn_rd value, uint32_t *seen) {
    for (size_t i = 0; i < PTN_COUNT_OF(kinds); i++) {
        if (kinds[i].type != type)
            continue;
        if (value.left < kinds[i].min || value.left > kinds[i].max)
            return PTN_EMALFORMED;
        if (*seen & 1u << i)
            return PTN_OK;
        *seen |= 1u << i;
        return kinds[i].read(m, value);
    }
    note_unknown(m, type);
    return PTN_OK;
}

/* at: where the FINGERPRINT attribute starts, that is, where the sum ends. */
static ptn_err check_fingerprint(struct ptn_stun *m, size_t at, struct ptn_rd value) {
    uint32_t got = ptn_rd_u32(&value);
    if (value.bad || value.left > 0 || at + STUN_FINGERPRINT_ATTR != m->whole.n)
        return PTN_EMALFORMED; /* it is the last attribute, RFC 8489 14.7 */
    if (got != (stun_crc32(0, ptn_bytes_of(m->whole.p, at)) ^ STUN_FINGERPRINT_XOR))
        return PTN_EMALFORMED;
    m->has_fingerprint = true;
    return PTN_OK;
}

static ptn_err read_attrs(struct ptn_stun *m, struct ptn_rd *r) {
    uint32_t seen = 0;
    while (r->left > 0) {
        size_t at = m->whole.n - r->left;
        uint16_t type = ptn_rd_u16(r);
        uint16_t len = ptn_rd_u16(r);
        struct ptn_rd value = ptn_rd_sub(r, len);
        ptn_rd_skip(r, -(size_t)len & 3);
        if (r->bad)
            return PTN_EMALFORMED;
        if (type == STUN_FINGERPRINT) {
            PTN_TRY(check_fingerprint(m, at, value));
        } else if (m->has_integrity) {
            continue; /* not covered by it, so nobody vouches for it: RFC 8489 14.5 */
        } else if (type == STUN_MESSAGE_INTEGRITY) {
            if (len != STUN_INTEGRITY_LEN)
                return PTN_EMALFORMED;
            m->has_integrity = true;
            m->integrity_at = at;
        } else {
            PTN_TRY(read_attr(m, type, value, &seen));
        }
    }
    return PTN_OK;
}

/* Bits 4 and 8 of the type are the class, the rest is the method (RFC 8489 5). */
static void split_type(uint16_t type, struct ptn_stun *m) {
    m->class = (enum ptn_stun_class)((type >> 4 & 1) | (type >> 7 & 2));
    m->method = (uint16_t)((type & 0x000f) | (type >> 1 & 0x0070) | (type >> 2 & 0x0f80));
}

ptn_err ptn_stun_parse(struct ptn_bytes datagram, struct ptn_stun *out) {
    if (!ptn_stun_is(datagram))
        return PTN_EMALFORMED;
    struct ptn_stun m = {.whole = datagram};
    struct ptn_rd r = ptn_rd_of(datagram);
    split_type(ptn_rd_u16(&r), &m);
    ptn_rd_skip(&r, 6); /* length and cookie were looked at */
    struct ptn_bytes txid = ptn_rd_bytes(&r, PTN_STUN_TXID);
    memcpy(m.txid, txid.p, PTN_STUN_TXID);
    PTN_TRY(read_attrs(&m, &r));
    *out = m;
    return PTN_OK;
}

ptn_err ptn_stun_split_username(const struct ptn_stun *msg, struct ptn_bytes *first,
                                struct ptn_bytes *second) {
    struct ptn_bytes u = msg->username;
    const uint8_t *colon = u.n > 0 ? memchr(u.p, ':', u.n) : NULL;
    if (!colon)
        return PTN_EMALFORMED;
    size_t n = (size_t)(colon - u.p);
    if (memchr(colon + 1, ':', u.n - n - 1))
        return PTN_EMALFORMED;
    *first = ptn_bytes_of(u.p, n);
    *second = ptn_bytes_of(colon + 1, u.n - n - 1);
    return PTN_OK;
}
