/* Any datagram through the STUN parser; what it accepts is written again and must read the same. */
#include <assert.h>
#include <stdio.h>

#include "stun/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct ptn_stun *m) {
    uint8_t buf[2048];
    struct ptn_stun_wr w;
    struct ptn_stun back;
    size_t len;
    ptn_stun_begin(&w, buf, sizeof buf, m->class, m->method, m->txid);
    if (m->username.n > 0)
        ptn_stun_add_bytes(&w, 0x0006, m->username);
    if (m->mapped.family)
        ptn_stun_add_xor_mapped(&w, &m->mapped);
    if (m->has_priority)
        ptn_stun_add_priority(&w, m->priority);
    if (m->error_code)
        ptn_stun_add_error(&w, m->error_code, "");
    ptn_err err = ptn_stun_end(&w, ptn_bytes_str("key"), &len);
    assert(err == PTN_OK);
    err = ptn_stun_parse(ptn_bytes_of(buf, len), &back);
    assert(err == PTN_OK);
    err = ptn_stun_verify(&back, ptn_bytes_str("key"));
    assert(err == PTN_OK);
    assert(back.class == m->class && back.method == m->method);
    assert(ptn_bytes_eq(back.username, m->username) && ptn_addr_eq(&back.mapped, &m->mapped));
    assert(back.priority == m->priority && back.error_code == m->error_code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ptn_stun m;
    struct ptn_bytes first, second, in = ptn_bytes_of(data, size);
    if (ptn_stun_parse(in, &m) != PTN_OK)
        return 0;
    assert(ptn_stun_is(in));
    ptn_ignore(ptn_stun_verify(&m, ptn_bytes_str("VOkJxbRl1RmTxUk/WvJxBt")), "any answer will do");
    if (ptn_stun_split_username(&m, &first, &second) == PTN_OK)
        assert(first.n + second.n + 1 == m.username.n);
    write_again(&m);
    return 0;
}
