#include "test.h"

#include <openssl/x509.h>

#include "crypto/internal.h"
#include "dtls/party.h"

void party_init(struct party *p, struct ptn_cert *cert) {
    if (!cert)
        assert_int_equal(ptn_cert_generate(false, &cert), PTN_OK);
    p->cert = cert;
    struct ptn_dtls_ctx_config cfg = {.cert = cert};
    assert_int_equal(ptn_dtls_ctx_new(&cfg, &p->ctx), PTN_OK);
}

void party_done(struct party *p) {
    ptn_dtls_ctx_unref(p->ctx);
    ptn_cert_unref(p->cert);
}

struct link_config party_link(const struct party *a, const struct party *b) {
    return (struct link_config){
        .seed = 1,
        .delay_ms = 10,
        .a_role = PTN_DTLS_CLIENT,
        .ctx = {a->ctx, b->ctx},
        .cert = {a->cert, b->cert},
    };
}

struct ptn_cert *cert_valid(long from, long until) {
    struct ptn_cert *cert;
    assert_int_equal(ptn_cert_generate(false, &cert), PTN_OK);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert->x509), from));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert->x509), until));
    assert_true(X509_sign(cert->x509, cert->key, EVP_sha256()) > 0);
    return cert;
}
