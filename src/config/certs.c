/* Certificates and cipher lists, tried as they will be used. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "config/internal.h"
#include "crypto/cert.h"

static bool uses_tls(const struct ptn_config_file *f) {
    if (f->schema == &ptn_schema_http)
        return ptn_config_bool(f, "general.https");
    if (f->schema == &ptn_schema_websockets)
        return ptn_config_bool(f, "general.wss");
    return true; /* DTLS */
}

static void load(const struct ptn_config_file *f, const char *pem, const char *key,
                 struct ptn_problems *problems) {
    char why[512] = "";
    struct ptn_cert *cert;
    if (ptn_cert_load(pem, key, ptn_config_str(f, "certificates.cert_pwd"), &cert, why,
                      sizeof why) == PTN_OK)
        ptn_cert_unref(cert);
    else
        ptn_problems_error(problems, ptn_config_where(f, "certificates.cert_pem"), "%s", why);
}

static void check_pair(const struct ptn_config_file *f, struct ptn_problems *problems) {
    bool is_core = f->schema == &ptn_schema_core, is_ws = f->schema == &ptn_schema_websockets;
    const char *pem = ptn_config_str(f, "certificates.cert_pem");
    const char *key = ptn_config_str(f, "certificates.cert_key");
    if (is_ws && !key)
        key = pem; /* documented: the same file */
    if (pem && key)
        load(f, pem, key, problems);
    else if (!is_core) /* a core without both has been told, or makes its own */
        ptn_problems_error(problems, ptn_config_where(f, is_ws ? "general.wss" : "general.https"),
                           "enabled without a certificate; needed are certificates.cert_pem%s",
                           is_ws ? "" : " and certificates.cert_key");
}

/* GnuTLS priorities begin with one of its own keywords; nothing of OpenSSL is called so. */
static bool is_gnutls(const char *list) {
    static const char *const words[] = {"NORMAL",    "PFS",       "SECURE128",   "SECURE192",
                                        "SECURE256", "SUITEB128", "SUITEB192",   "LEGACY",
                                        "NONE",      "SYSTEM",    "PERFORMANCE", "@SYSTEM"};
    size_t n = strcspn(list, ":");
    for (size_t i = 0; i < PTN_COUNT_OF(words); i++)
        if (strlen(words[i]) == n && strncasecmp(list, words[i], n) == 0)
            return true;
    return strstr(list, "VERS-") != NULL;
}

static bool is_cipher_list(const char *list) {
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    bool ok = ctx && SSL_CTX_set_cipher_list(ctx, list) == 1;
    SSL_CTX_free(ctx);
    ERR_clear_error(); /* somebody else would take it for theirs */
    return ok;
}

static void check_ciphers(struct ptn_config_file *f, struct ptn_problems *problems) {
    const char *key =
        f->schema == &ptn_schema_core ? "certificates.dtls_ciphers" : "certificates.ciphers";
    struct ptn_value *v = ptn_config_value(f, key);
    if (!v->s)
        return;
    if (f->schema == &ptn_schema_http && is_gnutls(v->s)) {
        ptn_problems_warn(problems, ptn_config_where(f, key),
                          "a GnuTLS priority string has no effect; TLS 1.2 and 1.3 are spoken, "
                          "with OpenSSL's own choice of ciphers");
        ptn_value_clear(v);
        v->is_set = false;
    } else if (!is_cipher_list(v->s))
        ptn_problems_error(problems, ptn_config_where(f, key),
                           "no known cipher is in it; allowed is a list as `openssl ciphers` "
                           "takes it");
}

void ptn_check_certificates(struct ptn_config_file *f, struct ptn_problems *problems) {
    if (uses_tls(f))
        check_pair(f, problems);
    check_ciphers(f, problems);
}
