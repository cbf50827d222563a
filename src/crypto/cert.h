/* X.509 certificate and key of a DTLS endpoint or a TLS listener, and certificate fingerprints
 * (RFC 8122). Immutable once made; shared across loops. Any thread. */
#ifndef PTN_CRYPTO_CERT_H
#define PTN_CRYPTO_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct ptn_cert;

enum ptn_hash { PTN_HASH_NONE, PTN_SHA1, PTN_SHA256, PTN_SHA384, PTN_SHA512 }; /* by strength */

#define PTN_FINGERPRINT_TEXT 192 /* 64 bytes as "AA:BB:" and NUL */

struct ptn_fingerprint {
    enum ptn_hash hash;
    uint8_t len;
    uint8_t digest[64];
};

/* Self-signed, ECDSA P-256 (rsa: RSA 2048), valid one year from yesterday, random serial. */
PTN_MUST_CHECK ptn_err ptn_cert_generate(bool rsa, struct ptn_cert **out);
/* PEM files. password may be NULL. On failure why (of why_cap bytes) says which file and what is
 * wrong with it: unreadable, no certificate in it, wrong password, key does not match.
 *  returns PTN_EINVALID and leaves out untouched. */
PTN_MUST_CHECK ptn_err ptn_cert_load(const char *cert_pem, const char *key_pem,
                                     const char *password, struct ptn_cert **out, char *why,
                                     size_t why_cap);
struct ptn_cert *ptn_cert_ref(struct ptn_cert *cert);
void ptn_cert_unref(struct ptn_cert *cert); /* NULL is allowed; the last one wipes the key */

/* Of the certificate itself, over its DER form. */
void ptn_cert_fingerprint(const struct ptn_cert *cert, enum ptn_hash hash,
                          struct ptn_fingerprint *out);
/* "sha-256 AA:BB:..." as in a=fingerprint. Hash names in any case; md5, md2 and unknown hashes are
 * PTN_EUNSUPPORTED; a digest of the wrong length or shape PTN_EMALFORMED. */
PTN_MUST_CHECK ptn_err ptn_fingerprint_parse(const char *hash_name, const char *hex,
                                             struct ptn_fingerprint *out);
/* "sha-256" */
const char *ptn_hash_name(enum ptn_hash hash);
/* "AA:BB:..."; returns buf. */
const char *ptn_fingerprint_text(const struct ptn_fingerprint *fp, char *buf, size_t cap);

#endif
