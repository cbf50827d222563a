/* Certificates are tried before anything opens. The files are made here, with OpenSSL itself. */
#include "test.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "util.h"

static X509 *self_signed(EVP_PKEY *key) {
    X509 *x = X509_new();
    assert_non_null(x);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"t", -1, -1, 0);
    X509_set_issuer_name(x, name);
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

/* NULL: not written. */
static void make_pair(const char *cert_path, const char *key_path, const char *password) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    assert_non_null(key);
    X509 *x = self_signed(key);
    FILE *f = fopen(cert_path, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, x), 1);
    if (!key_path) /* both in one file */
        assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(f);
    if (key_path) {
        f = fopen(key_path, "w");
        assert_non_null(f);
        assert_int_equal(PEM_write_PrivateKey(f, key, password ? EVP_aes_128_cbc() : NULL,
                                              (const unsigned char *)password,
                                              password ? (int)strlen(password) : 0, NULL, NULL),
                         1);
        fclose(f);
    }
    X509_free(x);
    EVP_PKEY_free(key);
}

struct cert_case {
    const char *name, *schema, *enable, *pem, *key, *password;
    const char *says; /* "": nothing; else contained in the one error, after its key */
};

static const struct cert_case cases[] = {
    {"DTLS", "core", "", "a.pem", "a.key", NULL, ""},
    {"HTTPS", "transport.http", "https = true", "a.pem", "a.key", NULL, ""},
    {"WSS", "transport.websockets", "wss = true", "a.pem", "a.key", NULL, ""},
    {"WSS, both in one file", "transport.websockets", "wss = true", "both.pem", NULL, NULL, ""},
    {"password", "core", "", "p.pem", "p.key", "hush", ""},
    {"unused ones are not looked at", "transport.http", "https = false", "none.pem", "none.key",
     NULL, ""},
    {"missing certificate", "core", "", "none.pem", "a.key", NULL, "F/none.pem"},
    {"missing key", "transport.http", "https = true", "a.pem", "none.key", NULL, "F/none.key"},
    {"other key", "transport.http", "https = true", "a.pem", "b.key", NULL, "F/b.key"},
    {"other key, DTLS", "core", "", "a.pem", "b.key", NULL, "F/b.key"},
    {"no certificate in it", "transport.websockets", "wss = true", "empty", "a.key", NULL,
     "F/empty"},
    {"no key in it", "transport.websockets", "wss = true", "a.pem", NULL, NULL, "F/a.pem"},
    {"wrong password", "core", "", "p.pem", "p.key", "wrong", "F/p.key"},
};

static void each_is_tried(void **state) {
    (void)state;
    struct folder f;
    folder_new(&f);
    make_pair(folder_path(&f, "a.pem"), folder_path(&f, "a.key"), NULL);
    make_pair(folder_path(&f, "b.pem"), folder_path(&f, "b.key"), NULL);
    make_pair(folder_path(&f, "p.pem"), folder_path(&f, "p.key"), "hush");
    make_pair(folder_path(&f, "both.pem"), NULL, NULL);
    folder_write(&f, "empty", "");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct cert_case *c = &cases[i];
        char text[900], key[300] = "", password[100] = "", start[100];
        if (c->key)
            snprintf(key, sizeof key, "cert_key = \"%s\";", folder_path(&f, c->key));
        if (c->password)
            snprintf(password, sizeof password, "cert_pwd = \"%s\";", c->password);
        snprintf(text, sizeof text, "general: { %s }\ncertificates: {\n cert_pem = \"%s\"; %s %s }",
                 c->enable, folder_path(&f, c->pem), key, password);
        struct loaded l = load_text(c->schema, "c.jcfg", text);
        folder_hide(&f, l.text);
        size_t expected = c->says[0] != '\0';
        snprintf(start, sizeof start, "c.jcfg:3: error: certificates.cert_pem: ");
        CHECK(ptn_problems_count(l.problems) == expected, "%s: %s", c->name, l.text);
        CHECK(!expected || strncmp(l.text, start, strlen(start)) == 0, "%s: %s", c->name, l.text);
        CHECK(strstr(l.text, c->says), "%s: %s", c->name, l.text);
        CHECK(!strstr(l.text, "hush") && !strstr(l.text, "'wrong'"), "%s: %s", c->name, l.text);
        loaded_free(&l);
    }
    folder_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_tried)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
