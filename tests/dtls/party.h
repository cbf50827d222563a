/* Certificates and contexts that the tests of this folder share. */
#ifndef PTN_TESTS_DTLS_PARTY_H
#define PTN_TESTS_DTLS_PARTY_H

#include "dtls/link.h"

struct party {
    struct ptn_cert *cert;
    struct ptn_dtls_ctx *ctx;
};

void party_init(struct party *p, struct ptn_cert *cert); /* takes the certificate over */
void party_done(struct party *p);
/* Two fresh ECDSA parties, a client with a server; loss and the like are left at zero. */
struct link_config party_link(const struct party *a, const struct party *b);
/* A self-signed certificate valid from and until so many seconds from now. */
struct ptn_cert *cert_valid(long from, long until);

#endif
