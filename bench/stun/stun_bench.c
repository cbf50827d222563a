/* What a connectivity check costs: parse, verify, answer (RFC 8489, RFC 8445). One thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "stun/stun.h"

#define PWD "0123456789abcdefghijklmn"
#define RUN (PTN_SECOND / 2) /* of each row */
#define BATCH 256            /* calls between two looks at the clock */

struct check { /* a request as a browser sends it, and room for the answer */
    uint8_t request[512], response[512];
    size_t len;
    struct ptn_addr from;
};

static void die(const char *what) {
    fprintf(stderr, "stun_bench: %s failed\n", what);
    exit(1);
}

static void make_request(struct check *c) {
    static const uint8_t txid[PTN_STUN_TXID] = "transaction";
    struct ptn_stun_wr w;
    ptn_stun_begin(&w, c->request, sizeof c->request, PTN_STUN_REQUEST, PTN_STUN_BINDING, txid);
    ptn_stun_add_username(&w, "abcd", "efghijkl");
    ptn_stun_add_role(&w, true, 0x0123456789abcdef);
    ptn_stun_add_priority(&w, 1853693695);
    ptn_stun_add_use_candidate(&w);
    if (ptn_stun_end(&w, ptn_bytes_str(PWD), &c->len) != PTN_OK ||
        ptn_addr_parse("198.51.100.7", 50000, &c->from) != PTN_OK)
        die("making the request");
}

static void parse(struct check *c) {
    struct ptn_stun msg;
    if (ptn_stun_parse(ptn_bytes_of(c->request, c->len), &msg) != PTN_OK)
        die("parsing");
}

static void verify(struct check *c) {
    struct ptn_stun msg;
    if (ptn_stun_parse(ptn_bytes_of(c->request, c->len), &msg) != PTN_OK ||
        ptn_stun_verify(&msg, ptn_bytes_str(PWD)) != PTN_OK)
        die("verifying");
}

static void answer(struct check *c) {
    struct ptn_stun msg;
    struct ptn_stun_wr w;
    size_t len;
    if (ptn_stun_parse(ptn_bytes_of(c->request, c->len), &msg) != PTN_OK ||
        ptn_stun_verify(&msg, ptn_bytes_str(PWD)) != PTN_OK)
        die("verifying");
    ptn_stun_begin(&w, c->response, sizeof c->response, PTN_STUN_SUCCESS, PTN_STUN_BINDING,
                   msg.txid);
    ptn_stun_add_xor_mapped(&w, &c->from);
    if (ptn_stun_end(&w, ptn_bytes_str(PWD), &len) != PTN_OK)
        die("answering");
}

static void refuse(struct check *c) { /* a stranger who does not know the password */
    struct ptn_stun msg;
    if (ptn_stun_parse(ptn_bytes_of(c->request, c->len), &msg) != PTN_OK ||
        ptn_stun_verify(&msg, ptn_bytes_str("wrong password of 24 ch.")) == PTN_OK)
        die("refusing");
}

static void measure(const char *name, void (*one)(struct check *), struct check *c) {
    uint64_t calls = 0;
    ptn_time begin = ptn_time_now(), now = begin;
    for (; now - begin < RUN; now = ptn_time_now(), calls += BATCH)
        for (int i = 0; i < BATCH; i++)
            one(c);
    double us = (double)(now - begin) / (double)calls;
    printf("%-28s %8.3f us  %9.0f per second\n", name, us, 1e6 / us);
}

int main(void) {
    static const struct {
        const char *name;
        void (*one)(struct check *);
    } rows[] = {
        {"parse", parse},
        {"parse, verify", verify},
        {"parse, verify, answer", answer},
        {"parse, refuse", refuse},
    };
    static struct check c;
    make_request(&c);
    printf("request of %zu bytes, MESSAGE-INTEGRITY and FINGERPRINT\n", c.len);
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        measure(rows[i].name, rows[i].one, &c);
    return 0;
}
