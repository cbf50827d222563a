/* The peer's certificate is the one whose fingerprint its SDP promised (RFC 8122, RFC 8827 5). */
#include "crypto/mac.h"
#include "dtls/internal.h"

static enum ptn_hash strongest(const struct ptn_dtls_config *cfg) {
    enum ptn_hash best = PTN_HASH_NONE;
    for (size_t i = 0; i < cfg->fingerprint_count; i++)
        if (cfg->fingerprints[i].hash > best)
            best = cfg->fingerprints[i].hash;
    return best;
}

static bool fingerprint_matches(const struct ptn_dtls_config *cfg, const X509 *x509) {
    enum ptn_hash hash = strongest(cfg);
    struct ptn_fingerprint actual;
    bool match = false;
    if (hash == PTN_HASH_NONE)
        return false;
    ptn_x509_fingerprint(x509, hash, &actual);
    for (size_t i = 0; i < cfg->fingerprint_count; i++) {
        const struct ptn_fingerprint *fp = &cfg->fingerprints[i];
        match |= fp->hash == hash && fp->len == actual.len && fp->len > 0 &&
                 ptn_mac_eq(fp->digest, actual.digest, fp->len);
    }
    return match;
}

/* Browsers make certificates valid from yesterday; a clock that is a day slow is no attack. */
static bool in_its_time(const X509 *x509) {
    time_t tomorrow = time(NULL) + 24 * 60 * 60L;
    return X509_cmp_time(X509_get0_notBefore(x509), &tomorrow) < 0 &&
           X509_cmp_current_time(X509_get0_notAfter(x509)) > 0;
}

static int refuse(X509_STORE_CTX *store, int why) {
    X509_STORE_CTX_set_error(store, why);
    return 0;
}

int verify_peer(X509_STORE_CTX *store, void *arg) {
    (void)arg;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct ptn_dtls *d = SSL_get_ex_data(ssl, dtls_ex_index);
    const X509 *x509 = X509_STORE_CTX_get0_cert(store);
    if (!x509 || !fingerprint_matches(&d->cfg, x509)) {
        d->fingerprint_bad = true;
        return refuse(store, X509_V_ERR_CERT_REJECTED); /* becomes alert bad_certificate */
    }
    if (!in_its_time(x509))
        return refuse(store, X509_V_ERR_CERT_HAS_EXPIRED);
    if (d->cfg.ctx->verify_chain)
        return X509_verify_cert(store) == 1;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}
