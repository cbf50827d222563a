#include <openssl/err.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dtls/internal.h"

/* Forward secrecy and AEAD first; CBC suites stay for old phones. No anonymous, no plain RSA. */
#define CIPHERS                                                                                    \
    "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:!aNULL:!eNULL:!PSK:!SRP:!aECDH:!SHA256:!SHA384"
#define PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"

int dtls_ex_index = -1;

static bool use_cert(SSL_CTX *ssl, const struct ptn_cert *cert) {
    return SSL_CTX_use_cert_and_key(ssl, cert->x509, cert->key, cert->chain, 1) == 1;
}

static bool configure(SSL_CTX *ssl, const struct ptn_dtls_ctx_config *cfg) {
    SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(ssl, DTLS1_2_VERSION);
    SSL_CTX_set_options(ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, verify_peer, NULL);
    if (cfg->verify_chain)
        SSL_CTX_set_default_verify_paths(ssl);
    return SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") == 1 &&
           SSL_CTX_set_tlsext_use_srtp(ssl, cfg->profiles ? cfg->profiles : PROFILES) ==
               0 && /* 0 is success here */
           SSL_CTX_set_cipher_list(ssl, cfg->ciphers ? cfg->ciphers : CIPHERS) == 1 &&
           use_cert(ssl, cfg->cert);
}

ptn_err ptn_dtls_ctx_new(const struct ptn_dtls_ctx_config *cfg, struct ptn_dtls_ctx **out) {
    if (dtls_ex_index < 0) /* contexts are made by one thread, before the loops start */
        dtls_ex_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    SSL_CTX *ssl = SSL_CTX_new(DTLS_method());
    if (!ssl || !configure(ssl, cfg)) {
        SSL_CTX_free(ssl);
        ERR_clear_error();
        return PTN_EINVALID;
    }
    struct ptn_dtls_ctx *ctx = ptn_new(struct ptn_dtls_ctx);
    atomic_init(&ctx->refs, 1);
    ctx->ssl = ssl;
    ctx->cert = ptn_cert_ref(cfg->cert);
    ctx->verify_chain = cfg->verify_chain;
    *out = ctx;
    return PTN_OK;
}

struct ptn_dtls_ctx *ptn_dtls_ctx_ref(struct ptn_dtls_ctx *ctx) {
    atomic_fetch_add_explicit(&ctx->refs, 1, memory_order_relaxed);
    return ctx;
}

void ptn_dtls_ctx_unref(struct ptn_dtls_ctx *ctx) {
    if (!ctx || atomic_fetch_sub_explicit(&ctx->refs, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(ctx->ssl);
    ptn_cert_unref(ctx->cert);
    free(ctx);
}
