/* Blocks made of literal bytes, in memory of exactly their size: a sanitizer sees any overread. */
#ifndef PTN_TESTS_RTCP_HELPERS_H
#define PTN_TESTS_RTCP_HELPERS_H

#include <stdlib.h>

#include "rtcp/rtcp.h"

static inline uint8_t *exact_copy(const uint8_t *bytes, size_t n) {
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n)
        memcpy(copy, bytes, n);
    return copy;
}

/* The one block of a packet, borrowed from it. */
static inline struct ptn_rtcp_block block_of(const uint8_t *packet, size_t n) {
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(packet, n));
    struct ptn_rtcp_block b = {0};
    assert_true(ptn_rtcp_next(&r, &b));
    assert_int_equal(r.left, 0);
    return b;
}
#define BLOCK(array) block_of((array), sizeof(array))

typedef ptn_err (*parse_fn)(const struct ptn_rtcp_block *b);

/* Cuts the body to every shorter length; parse must refuse all, except those of at least `enough`
 * bytes, which it must take. */
static inline void check_truncations(const uint8_t *packet, size_t n, parse_fn parse,
                                     size_t enough) {
    struct ptn_rtcp_block b = block_of(packet, n);
    size_t whole = b.body.n;
    for (size_t cut = 0; cut <= whole; cut++) {
        uint8_t *copy = exact_copy(packet + 4, cut);
        b.body = ptn_bytes_of(copy, cut);
        ptn_err err = parse(&b);
        free(copy);
        CHECK((err == PTN_OK) == (cut >= enough), "cut to %zu of %zu: %s", cut, whole,
              ptn_err_name(err));
    }
}

#endif
