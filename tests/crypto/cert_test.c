/* Making certificates, and every way in which a file of an operator can be wrong. */
#include "test.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/internal.h"

static char folder[] = "/tmp/ptn-cert-XXXXXX";

static const char *path(const char *name) {
    static char text[4][128];
    static size_t turn;
    char *t = text[turn++ % 4];
    snprintf(t, sizeof text[0], "%s/%s", folder, name);
    return t;
}

static FILE *create(const char *name) {
    FILE *f = fopen(path(name), "w");
    assert_non_null(f);
    return f;
}

static void write_text(const char *name, const char *text) {
    FILE *f = create(name);
    fputs(text, f);
    fclose(f);
}

static void write_cert(const char *name, const struct ptn_cert *first,
                       const struct ptn_cert *second, const char *tail) {
    FILE *f = create(name);
    assert_int_equal(PEM_write_X509(f, first->x509), 1);
    if (second)
        assert_int_equal(PEM_write_X509(f, second->x509), 1);
    fputs(tail, f);
    fclose(f);
}

static void write_key(const char *name, const struct ptn_cert *cert, const char *password) {
    FILE *f = create(name);
    assert_int_equal(PEM_write_PKCS8PrivateKey(f, cert->key, password ? EVP_aes_128_cbc() : NULL,
                                               NULL, 0, NULL, (void *)(uintptr_t)password),
                     1);
    fclose(f);
}

/* -- generation -------------------------------------------------------------------------------- */

static void generated(void **state) {
    (void)state;
    for (int rsa = 0; rsa < 2; rsa++) {
        struct ptn_cert *cert, *other;
        time_t now = time(NULL), day = 24 * 60 * 60, when;
        assert_int_equal(ptn_cert_generate(rsa, &cert), PTN_OK);
        assert_int_equal(EVP_PKEY_get_base_id(cert->key), rsa ? EVP_PKEY_RSA : EVP_PKEY_EC);
        assert_int_equal(EVP_PKEY_get_bits(cert->key), rsa ? 2048 : 256);
        assert_int_equal(X509_get_version(cert->x509), X509_VERSION_3);
        assert_int_equal(X509_verify(cert->x509, cert->key), 1); /* by itself */
        assert_int_equal(
            X509_NAME_cmp(X509_get_subject_name(cert->x509), X509_get_issuer_name(cert->x509)), 0);
        when = now - day + 60;
        assert_true(X509_cmp_time(X509_get0_notBefore(cert->x509), &when) < 0);
        when = now + 364 * day - 60;
        assert_true(X509_cmp_time(X509_get0_notAfter(cert->x509), &when) > 0);
        when = now + 364 * day + 60;
        assert_true(X509_cmp_time(X509_get0_notAfter(cert->x509), &when) < 0);
        assert_int_equal(ptn_cert_generate(rsa, &other), PTN_OK);
        assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(cert->x509),
                                              X509_get0_serialNumber(other->x509)),
                             0);
        assert_int_not_equal(EVP_PKEY_eq(cert->key, other->key), 1);
        ptn_cert_unref(other);
        ptn_cert_unref(cert);
    }
}

static void fingerprint_is_of_the_der_form(void **state) {
    (void)state;
    struct ptn_cert *cert;
    struct ptn_fingerprint fp;
    uint8_t *der = NULL, digest[EVP_MAX_MD_SIZE];
    unsigned n;
    assert_int_equal(ptn_cert_generate(false, &cert), PTN_OK);
    int len = i2d_X509(cert->x509, &der);
    assert_true(len > 0);
    assert_int_equal(EVP_Digest(der, (size_t)len, digest, &n, EVP_sha256(), NULL), 1);
    ptn_cert_fingerprint(cert, PTN_SHA256, &fp);
    assert_int_equal(fp.len, n);
    assert_memory_equal(fp.digest, digest, n);
    OPENSSL_free(der);
    ptn_cert_unref(cert);
}

static void references(void **state) {
    (void)state;
    struct ptn_cert *cert;
    struct ptn_fingerprint fp;
    assert_int_equal(ptn_cert_generate(false, &cert), PTN_OK);
    assert_ptr_equal(ptn_cert_ref(cert), cert);
    ptn_cert_unref(cert);
    ptn_cert_fingerprint(cert, PTN_SHA1, &fp); /* still there, says the sanitizer */
    ptn_cert_unref(cert);
    ptn_cert_unref(NULL);
}

/* -- loading ----------------------------------------------------------------------------------- */

struct files {
    struct ptn_cert *ec, *rsa;
};

static void loads(void **state) {
    const struct files *f = *state;
    static const struct {
        const char *cert, *key, *password;
        bool rsa;
        int chain;
    } cases[] = {
        {"ec.pem", "ec.key", NULL, false, 0},         {"rsa.pem", "rsa.key", NULL, true, 0},
        {"ec.pem", "locked.key", "s3cret", false, 0}, {"ec.pem", "ec.key", "not needed", false, 0},
        {"chain.pem", "ec.key", NULL, false, 1},      {"both.pem", "both.pem", NULL, false, 0},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct ptn_cert *cert;
        struct ptn_fingerprint loaded, original;
        char why[256] = "";
        ptn_err err = ptn_cert_load(path(cases[i].cert), path(cases[i].key), cases[i].password,
                                    &cert, why, sizeof why);
        CHECK(err == PTN_OK, "%s: %s", cases[i].cert, why);
        ptn_cert_fingerprint(cert, PTN_SHA256, &loaded);
        ptn_cert_fingerprint(cases[i].rsa ? f->rsa : f->ec, PTN_SHA256, &original);
        assert_memory_equal(&loaded, &original, sizeof loaded);
        assert_int_equal(cert->chain ? sk_X509_num(cert->chain) : 0, cases[i].chain);
        ptn_cert_unref(cert);
    }
}

static void says_what_is_wrong(void **state) {
    (void)state;
    static const struct {
        const char *cert, *key, *password;
        const char *file;  /* named in the message */
        const char *words; /* said about it */
    } cases[] = {
        {"absent.pem", "ec.key", NULL, "absent.pem", "cannot be read"},
        {"absent.pem", "ec.key", NULL, "absent.pem", "No such file"},
        {"ec.pem", "absent.key", NULL, "absent.key", "No such file"},
        {"empty.pem", "ec.key", NULL, "empty.pem", "holds no PEM certificate"},
        {"text.pem", "ec.key", NULL, "text.pem", "holds no PEM certificate"},
        {"ec.key", "ec.key", NULL, "ec.key", "holds no PEM certificate"},
        {".", "ec.key", NULL, "", "holds no PEM certificate"},
        {"broken.pem", "ec.key", NULL, "broken.pem", "is damaged"},
        {"broken2.pem", "ec.key", NULL, "broken2.pem", "damaged certificate after the first"},
        {"ec.pem", "empty.pem", NULL, "empty.pem", "holds no PEM private key"},
        {"ec.pem", "ec.pem", NULL, "ec.pem", "holds no PEM private key"},
        {"ec.pem", "locked.key", NULL, "locked.key", "needs a password"},
        {"ec.pem", "locked.key", "wrong", "locked.key", "wrong password"},
        {"ec.pem", "locked.key", "", "locked.key", "wrong password"},
        {"ec.pem", "broken.key", NULL, "broken.key", "damaged"},
        {"ec.pem", "rsa.key", NULL, "rsa.key", "does not belong to the certificate"},
        {"ec.pem", "other.key", NULL, "other.key", "does not belong to the certificate"},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
        struct ptn_cert *cert = (void *)folder;
        char why[256] = "";
        ptn_err err = ptn_cert_load(path(cases[i].cert), path(cases[i].key), cases[i].password,
                                    &cert, why, sizeof why);
        CHECK(err == PTN_EINVALID, "%s %s", cases[i].cert, cases[i].key);
        CHECK(strstr(why, path(cases[i].file)) && strstr(why, cases[i].words), "%s %s: \"%s\"",
              cases[i].cert, cases[i].key, why);
        assert_ptr_equal(cert, (void *)folder);
    }
}

/* A message longer than its room is cut, not written beyond it. */
static void short_message(void **state) {
    (void)state;
    for (size_t cap = 1; cap < 80; cap++) {
        struct ptn_cert *cert;
        char *why = malloc(cap);
        assert_int_equal(ptn_cert_load(path("absent"), path("absent"), NULL, &cert, why, cap),
                         PTN_EINVALID);
        assert_true(strlen(why) < cap);
        free(why);
    }
}

/* A password longer than the library takes is wrong, not a crash. */
static void long_password(void **state) {
    (void)state;
    struct ptn_cert *cert;
    char why[256], *password = malloc(5001);
    memset(password, 'x', 5000);
    password[5000] = '\0';
    assert_int_equal(
        ptn_cert_load(path("ec.pem"), path("locked.key"), password, &cert, why, sizeof why),
        PTN_EINVALID);
    assert_non_null(strstr(why, "wrong password"));
    free(password);
}

#define BROKEN(what) "-----BEGIN " what "-----\nAAAAQUJDREVGR0g=\n-----END " what "-----\n"

static int setup(void **state) {
    static struct files f;
    struct ptn_cert *other;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(ptn_cert_generate(false, &f.ec), PTN_OK);
    assert_int_equal(ptn_cert_generate(true, &f.rsa), PTN_OK);
    assert_int_equal(ptn_cert_generate(false, &other), PTN_OK);
    write_cert("ec.pem", f.ec, NULL, "");
    write_cert("rsa.pem", f.rsa, NULL, "");
    write_cert("chain.pem", f.ec, f.rsa, "\nand a remark\n");
    write_cert("broken2.pem", f.ec, NULL, BROKEN("CERTIFICATE"));
    write_key("ec.key", f.ec, NULL);
    write_key("rsa.key", f.rsa, NULL);
    write_key("other.key", other, NULL);
    write_key("locked.key", f.ec, "s3cret");
    write_text("empty.pem", "");
    write_text("text.pem", "# my certificate\n");
    write_text("broken.pem", BROKEN("CERTIFICATE"));
    write_text("broken.key", BROKEN("PRIVATE KEY"));
    FILE *both = create("both.pem");
    assert_int_equal(PEM_write_PKCS8PrivateKey(both, f.ec->key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_X509(both, f.ec->x509), 1);
    fclose(both);
    ptn_cert_unref(other);
    *state = &f;
    return 0;
}

static int teardown(void **state) {
    static const char *const names[] = {
        "ec.pem",     "rsa.pem",   "chain.pem", "broken2.pem", "ec.key",     "rsa.key", "other.key",
        "locked.key", "empty.pem", "text.pem",  "broken.pem",  "broken.key", "both.pem"};
    struct files *f = *state;
    for (size_t i = 0; i < PTN_COUNT_OF(names); i++)
        unlink(path(names[i]));
    rmdir(folder);
    ptn_cert_unref(f->ec);
    ptn_cert_unref(f->rsa);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generated),     cmocka_unit_test(fingerprint_is_of_the_der_form),
        cmocka_unit_test(references),    cmocka_unit_test(loads),
        cmocka_unit_test(short_message), cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(long_password),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
