/* Arbitrary bytes to unprotect, and what we protect is opened again. Input: one byte (profile),
 * then the packet. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "srtp/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum ptn_srtp_profile profiles[] = {
    PTN_SRTP_AES128_CM_SHA1_80, PTN_SRTP_AEAD_AES_128_GCM, PTN_SRTP_AEAD_AES_256_GCM};

typedef ptn_err unprotect_fn(struct ptn_srtp_rx *, uint8_t *, size_t *);

/* In an allocation of its exact size: the sanitizer sees a byte too many. */
static ptn_err open_copy(struct ptn_srtp_rx *rx, unprotect_fn *f, const uint8_t *data, size_t n,
                         const uint8_t *plain, size_t plain_len) {
    uint8_t *copy = malloc(n ? n : 1);
    size_t len = n;
    if (n)
        memcpy(copy, data, n);
    ptn_err err = f(rx, copy, &len);
    assert(err == PTN_OK || len == n);
    if (plain)
        assert(err == PTN_OK && len == plain_len && memcmp(copy, plain, len) == 0);
    free(copy);
    return err;
}

static size_t header_length(const uint8_t *p, size_t n) {
    size_t len = 12 + 4 * (size_t)(p[0] & 15);
    if (p[0] & 0x10 && n >= len + 4)
        len += 4 + 4 * ((size_t)p[len + 2] << 8 | p[len + 3]);
    else if (p[0] & 0x10)
        return 0;
    return len <= n ? len : 0;
}

static void round_trip(struct ptn_srtp_tx *tx, struct ptn_srtp_rx *rx, const uint8_t *data,
                       size_t n) {
    uint8_t out[4096 + PTN_SRTP_TRAILER_MAX];
    size_t len, header;
    if (n < 12 || n > 4096 || data[0] >> 6 != 2)
        return;
    ptn_err err = ptn_srtp_protect_rtcp(tx, ptn_bytes_of(data, n), out, sizeof out, &len);
    assert(err == PTN_OK);
    open_copy(rx, ptn_srtp_unprotect_rtcp, out, len, data, n);
    err = open_copy(rx, ptn_srtp_unprotect_rtcp, out, len, NULL, 0);
    assert(err == PTN_EPROTO);
    header = header_length(data, n);
    if (header == 0)
        return;
    uint64_t seq = (uint64_t)data[2] << 8 | data[3];
    err = ptn_srtp_protect(tx, seq, ptn_bytes_of(data, header), (struct ptn_bytes){0},
                           ptn_bytes_of(data + header, n - header), out, sizeof out, &len);
    assert(err == PTN_OK);
    open_copy(rx, ptn_srtp_unprotect, out, len, data, n);
    err = open_copy(rx, ptn_srtp_unprotect, out, len, NULL, 0);
    assert(err == PTN_EPROTO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    struct ptn_srtp_keys keys;
    struct ptn_srtp_tx *tx;
    struct ptn_srtp_rx *rx;
    enum ptn_srtp_profile profile = profiles[data[0] % 3];
    memset(&keys, 0x42, sizeof keys);
    ptn_err err = ptn_srtp_tx_new(profile, &keys, &tx);
    assert(err == PTN_OK);
    err = ptn_srtp_rx_new(profile, &keys, &rx);
    assert(err == PTN_OK);
    open_copy(rx, ptn_srtp_unprotect, data + 1, size - 1, NULL, 0);
    open_copy(rx, ptn_srtp_unprotect_rtcp, data + 1, size - 1, NULL, 0);
    ptn_srtp_rx_free(rx); /* it may have taken the packet: saved inputs are of these keys */
    err = ptn_srtp_rx_new(profile, &keys, &rx);
    assert(err == PTN_OK);
    round_trip(tx, rx, data + 1, size - 1);
    ptn_srtp_tx_free(tx);
    ptn_srtp_rx_free(rx);
    return 0;
}
