#include "crypto/cert.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/internal.h"

#define DAY (24 * 60 * 60L)

const char *ptn_crypto_error(char *buf, size_t cap) {
    unsigned long code = ERR_get_error();
    ERR_error_string_n(code, buf, cap);
    const char *reason = code ? ERR_reason_error_string(code) : NULL;
    if (reason)
        snprintf(buf, cap, "%s", reason);
    ERR_clear_error();
    return buf;
}

static struct ptn_cert *wrap(X509 *x509, EVP_PKEY *key, STACK_OF(X509) * chain) {
    struct ptn_cert *cert = ptn_new(struct ptn_cert);
    atomic_init(&cert->refs, 1);
    cert->x509 = x509;
    cert->key = key;
    cert->chain = chain;
    return cert;
}

struct ptn_cert *ptn_cert_ref(struct ptn_cert *cert) {
    atomic_fetch_add_explicit(&cert->refs, 1, memory_order_relaxed);
    return cert;
}

void ptn_cert_unref(struct ptn_cert *cert) {
    if (!cert || atomic_fetch_sub_explicit(&cert->refs, 1, memory_order_acq_rel) != 1)
        return;
    X509_free(cert->x509);
    EVP_PKEY_free(cert->key);
    sk_X509_pop_free(cert->chain, X509_free);
    free(cert);
}

void ptn_cert_fingerprint(const struct ptn_cert *cert, enum ptn_hash hash,
                          struct ptn_fingerprint *out) {
    ptn_x509_fingerprint(cert->x509, hash, out);
}

static bool set_random_serial(X509 *x509) {
    BIGNUM *bn = BN_new();
    bool ok = bn && BN_rand(bn, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
              BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x509));
    BN_free(bn);
    return ok;
}

static bool fill(X509 *x509, EVP_PKEY *key) {
    X509_NAME *name = X509_get_subject_name(x509);
    return X509_set_version(x509, X509_VERSION_3) && set_random_serial(x509) &&
           X509_gmtime_adj(X509_getm_notBefore(x509), -DAY) &&
           X509_gmtime_adj(X509_getm_notAfter(x509), 364 * DAY) && X509_set_pubkey(x509, key) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"portunus",
                                      -1, -1, 0) &&
           X509_set_issuer_name(x509, name) && X509_sign(x509, key, EVP_sha256()) > 0;
}

ptn_err ptn_cert_generate(bool rsa, struct ptn_cert **out) {
    EVP_PKEY *key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    if (!key || !x509 || !fill(x509, key)) {
        EVP_PKEY_free(key);
        X509_free(x509);
        ERR_clear_error();
        return PTN_EIO;
    }
    *out = wrap(x509, key, NULL);
    return PTN_OK;
}

/* -- loading ----------------------------------------------------------------------------------- */

static int give_password(char *buf, int size, int rwflag, void *arg) {
    (void)rwflag;
    const char *password = arg;
    if (!password)
        return -1; /* never ask the terminal */
    size_t n = strlen(password);
    if (n > (size_t)size)
        return -1;
    memcpy(buf, password, n);
    return (int)n;
}

static BIO *open_pem(const char *path, char *why, size_t cap) {
    errno = 0;
    BIO *bio = BIO_new_file(path, "r");
    if (!bio) {
        snprintf(why, cap, "%s: cannot be read: %s", path, strerror(errno ? errno : EIO));
        ERR_clear_error();
    }
    return bio;
}

/* The last error is that the file ended, or never began: not that what it holds is broken. */
static bool came_to_the_end(void) {
    unsigned long code = ERR_peek_last_error();
    return code == 0 || ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/* The certificates after the first; false: one of them is broken. */
static bool load_chain(BIO *bio, STACK_OF(X509) * *chain) {
    for (X509 *more; (more = PEM_read_bio_X509(bio, NULL, give_password, NULL));) {
        if (!*chain)
            *chain = sk_X509_new_null();
        if (!*chain || !sk_X509_push(*chain, more)) {
            X509_free(more);
            return false;
        }
    }
    return came_to_the_end();
}

static ptn_err load_certificates(const char *path, X509 **x509, STACK_OF(X509) * *chain, char *why,
                                 size_t cap) {
    BIO *bio = open_pem(path, why, cap);
    if (!bio)
        return PTN_EINVALID;
    ptn_err err = PTN_EINVALID;
    *x509 = PEM_read_bio_X509_AUX(bio, NULL, give_password, NULL);
    if (!*x509)
        snprintf(why, cap, "%s: %s", path,
                 came_to_the_end() ? "holds no PEM certificate" : "the certificate is damaged");
    else if (!load_chain(bio, chain))
        snprintf(why, cap, "%s: holds a damaged certificate after the first", path);
    else
        err = PTN_OK;
    BIO_free(bio);
    ERR_clear_error();
    return err;
}

/* What the library could not read: it says "unsupported" to nearly everything. */
static const char *explain_key(BIO *bio, const char *password) {
    char *name, *header;
    unsigned char *data;
    long len;
    const char *text = "holds no PEM private key";
    bool found = false;
    ERR_clear_error();
    if (BIO_reset(bio) < 0)
        return "cannot be read twice";
    while (!found && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
        found = strstr(name, "PRIVATE KEY") != NULL;
        bool locked = strstr(name, "ENCRYPTED") || strstr(header, "ENCRYPTED");
        if (found)
            text = !locked     ? "the key is damaged"
                   : !password ? "the key needs a password"
                               : "the key cannot be read: wrong password, or damaged";
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
    return text;
}

static ptn_err load_key(const char *path, const char *password, EVP_PKEY **key, char *why,
                        size_t cap) {
    BIO *bio = open_pem(path, why, cap);
    if (!bio)
        return PTN_EINVALID;
    *key = PEM_read_bio_PrivateKey(bio, NULL, give_password, (void *)(uintptr_t)password);
    if (!*key)
        snprintf(why, cap, "%s: %s", path, explain_key(bio, password));
    BIO_free(bio);
    ERR_clear_error();
    return *key ? PTN_OK : PTN_EINVALID;
}

ptn_err ptn_cert_load(const char *cert_pem, const char *key_pem, const char *password,
                      struct ptn_cert **out, char *why, size_t why_cap) {
    X509 *x509 = NULL;
    EVP_PKEY *key = NULL;
    STACK_OF(X509) *chain = NULL;
    ptn_err err = load_certificates(cert_pem, &x509, &chain, why, why_cap);
    if (err == PTN_OK)
        err = load_key(key_pem, password, &key, why, why_cap);
    if (err == PTN_OK && X509_check_private_key(x509, key) != 1) {
        snprintf(why, why_cap, "the key in %s does not belong to the certificate in %s", key_pem,
                 cert_pem);
        ERR_clear_error();
        err = PTN_EINVALID;
    }
    if (err != PTN_OK) {
        X509_free(x509);
        EVP_PKEY_free(key);
        sk_X509_pop_free(chain, X509_free);
        return err;
    }
    *out = wrap(x509, key, chain);
    return PTN_OK;
}
