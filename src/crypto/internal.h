/* Inside src/crypto, src/dtls and src/srtp only: the one place where a certificate meets the
 * library's types. */
#ifndef PTN_CRYPTO_INTERNAL_H
#define PTN_CRYPTO_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdatomic.h>

#include "crypto/cert.h"

struct ptn_cert {
    atomic_uint refs;
    X509 *x509;
    EVP_PKEY *key;
    STACK_OF(X509) * chain; /* intermediates; NULL: none */
};

void ptn_x509_fingerprint(const X509 *x509, enum ptn_hash hash, struct ptn_fingerprint *out);
/* The oldest error of the library's queue as text, and the queue emptied. Returns buf. */
const char *ptn_crypto_error(char *buf, size_t cap);

#endif
