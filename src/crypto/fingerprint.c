#include <assert.h>
#include <stdio.h>
#include <strings.h>

#include "base/mem.h"
#include "crypto/internal.h"

static const struct {
    enum ptn_hash hash;
    const char *name;
    uint8_t len;
} hashes[] = {
    {PTN_SHA1, "sha-1", 20},
    {PTN_SHA256, "sha-256", 32},
    {PTN_SHA384, "sha-384", 48},
    {PTN_SHA512, "sha-512", 64},
};

const char *ptn_hash_name(enum ptn_hash hash) {
    for (size_t i = 0; i < PTN_COUNT_OF(hashes); i++)
        if (hashes[i].hash == hash)
            return hashes[i].name;
    return "none";
}

static const EVP_MD *digest_of(enum ptn_hash hash) {
    switch (hash) {
    case PTN_SHA1:
        return EVP_sha1();
    case PTN_SHA256:
        return EVP_sha256();
    case PTN_SHA384:
        return EVP_sha384();
    case PTN_SHA512:
        return EVP_sha512();
    case PTN_HASH_NONE:
        break;
    }
    return NULL;
}

void ptn_x509_fingerprint(const X509 *x509, enum ptn_hash hash, struct ptn_fingerprint *out) {
    unsigned len = 0;
    memset(out, 0, sizeof *out);
    out->hash = hash;
    assert(digest_of(hash) != NULL);
    if (X509_digest(x509, digest_of(hash), out->digest, &len) == 1)
        out->len = (uint8_t)len;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Exactly len pairs of digits with colons between them (RFC 8122 5). */
static bool parse_digest(const char *hex, uint8_t *out, size_t len) {
    for (size_t i = 0; i < len; i++, hex += 3) {
        int high = hex_digit(hex[0]);
        int low = high < 0 ? -1 : hex_digit(hex[1]);
        if (low < 0 || hex[2] != (i + 1 < len ? ':' : '\0'))
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

ptn_err ptn_fingerprint_parse(const char *hash_name, const char *hex, struct ptn_fingerprint *out) {
    for (size_t i = 0; i < PTN_COUNT_OF(hashes); i++) {
        if (strcasecmp(hash_name, hashes[i].name) != 0)
            continue;
        struct ptn_fingerprint fp = {.hash = hashes[i].hash, .len = hashes[i].len};
        if (!parse_digest(hex, fp.digest, fp.len))
            return PTN_EMALFORMED;
        *out = fp;
        return PTN_OK;
    }
    return PTN_EUNSUPPORTED;
}

const char *ptn_fingerprint_text(const struct ptn_fingerprint *fp, char *buf, size_t cap) {
    size_t at = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < fp->len && at + 4 <= cap; i++)
        at += (size_t)snprintf(buf + at, cap - at, i ? ":%02X" : "%02X", fp->digest[i]);
    return buf;
}
