/* Bounded reader and writer for wire formats; network byte order.
 * A short read or write poisons the object: from then on reads yield zeros and writes do nothing.
 * A parser therefore reads like the RFC's diagram and looks at `bad` once, at the end. */
#ifndef PTN_BASE_WIRE_H
#define PTN_BASE_WIRE_H

#include "base/bytes.h"

struct ptn_rd {
    const uint8_t *p; /* next byte */
    size_t left;
    bool bad; /* something was read past the end */
};

static inline struct ptn_rd ptn_rd_of(struct ptn_bytes b) {
    return (struct ptn_rd){b.p, b.n, false};
}

static inline bool ptn_rd_need(struct ptn_rd *r, size_t n) {
    if (r->left >= n)
        return true;
    r->bad = true;
    r->left = 0;
    return false;
}

static inline uint8_t ptn_rd_u8(struct ptn_rd *r) {
    if (!ptn_rd_need(r, 1))
        return 0;
    r->left--;
    return *r->p++;
}

static inline uint16_t ptn_rd_u16(struct ptn_rd *r) {
    if (!ptn_rd_need(r, 2))
        return 0;
    uint16_t v = (uint16_t)((unsigned)r->p[0] << 8 | r->p[1]);
    r->p += 2;
    r->left -= 2;
    return v;
}

static inline uint32_t ptn_rd_u24(struct ptn_rd *r) {
    if (!ptn_rd_need(r, 3))
        return 0;
    uint32_t v = (uint32_t)r->p[0] << 16 | (uint32_t)r->p[1] << 8 | r->p[2];
    r->p += 3;
    r->left -= 3;
    return v;
}

static inline uint32_t ptn_rd_u32(struct ptn_rd *r) {
    uint32_t hi = ptn_rd_u16(r);
    return hi << 16 | ptn_rd_u16(r);
}

static inline uint64_t ptn_rd_u64(struct ptn_rd *r) {
    uint64_t hi = ptn_rd_u32(r);
    return hi << 32 | ptn_rd_u32(r);
}

/* A borrowed view of the next n bytes; empty and poisoned when there are fewer. */
static inline struct ptn_bytes ptn_rd_bytes(struct ptn_rd *r, size_t n) {
    if (!ptn_rd_need(r, n))
        return (struct ptn_bytes){r->p, 0};
    struct ptn_bytes b = {r->p, n};
    r->p += n;
    r->left -= n;
    return b;
}

/* A reader of exactly the next n bytes, so that an inner item cannot run past its frame.
 * When there are fewer, both readers are poisoned. */
static inline struct ptn_rd ptn_rd_sub(struct ptn_rd *r, size_t n) {
    bool ok = ptn_rd_need(r, n);
    struct ptn_rd sub = ptn_rd_of(ptn_rd_bytes(r, ok ? n : 0));
    sub.bad = !ok;
    return sub;
}

static inline void ptn_rd_skip(struct ptn_rd *r, size_t n) {
    (void)ptn_rd_bytes(r, n);
}

static inline struct ptn_bytes ptn_rd_rest(struct ptn_rd *r) {
    return ptn_rd_bytes(r, r->left);
}

struct ptn_wr {
    uint8_t *buf;
    size_t cap;
    size_t len; /* bytes written so far */
    bool bad;   /* something did not fit */
};

static inline struct ptn_wr ptn_wr_of(void *buf, size_t cap) {
    return (struct ptn_wr){buf, cap, 0, false};
}

static inline uint8_t *ptn_wr_room(struct ptn_wr *w, size_t n) {
    if (w->bad || w->cap - w->len < n) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = w->buf + w->len;
    w->len += n;
    return p;
}

static inline void ptn_wr_u8(struct ptn_wr *w, uint8_t v) {
    uint8_t *p = ptn_wr_room(w, 1);
    if (p)
        p[0] = v;
}

static inline void ptn_put_u16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void ptn_put_u32(uint8_t *p, uint32_t v) {
    ptn_put_u16(p, (uint16_t)(v >> 16));
    ptn_put_u16(p + 2, (uint16_t)v);
}

static inline void ptn_wr_u16(struct ptn_wr *w, uint16_t v) {
    uint8_t *p = ptn_wr_room(w, 2);
    if (p)
        ptn_put_u16(p, v);
}

static inline void ptn_wr_u24(struct ptn_wr *w, uint32_t v) {
    ptn_wr_u8(w, (uint8_t)(v >> 16));
    ptn_wr_u16(w, (uint16_t)v);
}

static inline void ptn_wr_u32(struct ptn_wr *w, uint32_t v) {
    uint8_t *p = ptn_wr_room(w, 4);
    if (p)
        ptn_put_u32(p, v);
}

static inline void ptn_wr_u64(struct ptn_wr *w, uint64_t v) {
    ptn_wr_u32(w, (uint32_t)(v >> 32));
    ptn_wr_u32(w, (uint32_t)v);
}

static inline void ptn_wr_bytes(struct ptn_wr *w, struct ptn_bytes b) {
    uint8_t *p = ptn_wr_room(w, b.n);
    if (p && b.n > 0)
        memcpy(p, b.p, b.n);
}

static inline void ptn_wr_zero(struct ptn_wr *w, size_t n) {
    uint8_t *p = ptn_wr_room(w, n);
    if (p && n > 0)
        memset(p, 0, n);
}

/* Overwrites 16 bits written earlier (a length field). at: offset below len. */
static inline void ptn_wr_patch_u16(struct ptn_wr *w, size_t at, uint16_t v) {
    if (!w->bad && at + 2 <= w->len)
        ptn_put_u16(w->buf + at, v);
}

static inline struct ptn_bytes ptn_wr_written(const struct ptn_wr *w) {
    return (struct ptn_bytes){w->buf, w->bad ? 0 : w->len};
}

#endif
