/* An agent in the hands of a peer and of strangers. The input is a list of steps: raw datagrams,
 * well-made requests and answers from several addresses, candidates, restarts, time. The first
 * byte chooses the kind of agent; unless its top bit is set the agent is connected first. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ice/ice.h"
#include "stun/stun.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUR_UFRAG "ourU"
#define OUR_PWD "ourPasswordIsTwentyTwo"
#define PEER_UFRAG "peer"
#define PEER_PWD "peerPasswordTwentyTwo+"
#define SPINS 4

struct fuzz {
    struct ptn_rd in;
    struct ptn_ice *ice;
    struct ptn_rng_seed seed;
    ptn_time now;
    struct ptn_path asked; /* where the last check of the agent went */
    uint8_t txid[PTN_STUN_TXID];
    size_t restarts;
};

static struct ptn_addr addr_of(unsigned host, unsigned port) {
    struct ptn_addr a = {.ip = {192, 0, 2, (uint8_t)host}, .family = 4, .port = (uint16_t)port};
    return a;
}

static struct ptn_path path_of(uint8_t choice) {
    return (struct ptn_path){addr_of(1 + (choice & 1u), 5000),
                             addr_of(10 + (choice >> 1 & 7u), 4000u + (choice >> 4))};
}

static void pump(struct fuzz *f) {
    struct ptn_datagram d;
    struct ptn_ice_event ev;
    struct ptn_stun m;
    while (ptn_ice_poll_datagram(f->ice, &d)) {
        ptn_err err = ptn_stun_parse(ptn_bytes_of(d.data, d.len), &m);
        assert(err == PTN_OK); /* we send nothing that we would not take */
        if (m.class != PTN_STUN_REQUEST)
            continue;
        f->asked = d.path;
        memcpy(f->txid, m.txid, sizeof f->txid);
    }
    while (ptn_ice_poll_event(f->ice, &ev))
        ;
    const struct ptn_path *selected = ptn_ice_selected(f->ice);
    assert(!selected || ptn_ice_path_is_known(f->ice, selected));
}

static void step_time(struct fuzz *f) {
    ptn_time until = f->now + ptn_rd_u8(&f->in) * 100 * PTN_MS;
    int spins = 0;
    for (;;) {
        ptn_time next = ptn_ice_next_timeout(f->ice);
        if (next > until)
            break;
        spins = next > f->now ? 0 : spins + 1;
        assert(spins < SPINS);
        f->now = next > f->now ? next : f->now;
        ptn_ice_handle_timeout(f->ice, f->now);
        pump(f);
    }
    f->now = until;
}

static void give(struct fuzz *f, const struct ptn_path *path, struct ptn_bytes message) {
    if (ptn_ice_handle_datagram(f->ice, f->now, path, message) == PTN_OK)
        assert(ptn_ice_path_is_known(f->ice, path));
    pump(f);
}

static void step_raw(struct fuzz *f) {
    struct ptn_path path = path_of(ptn_rd_u8(&f->in));
    size_t n = ptn_rd_u8(&f->in);
    give(f, &path, ptn_rd_bytes(&f->in, n < f->in.left ? n : f->in.left));
}

static void step_request(struct fuzz *f) {
    struct ptn_path path = path_of(ptn_rd_u8(&f->in));
    uint8_t flags = ptn_rd_u8(&f->in), buf[512], txid[PTN_STUN_TXID] = {flags};
    struct ptn_stun_wr w;
    size_t len;
    ptn_stun_begin(&w, buf, sizeof buf, PTN_STUN_REQUEST, PTN_STUN_BINDING, txid);
    ptn_stun_add_username(&w, OUR_UFRAG, PEER_UFRAG);
    if (flags & 1)
        ptn_stun_add_priority(&w, ptn_rd_u32(&f->in));
    if (flags & 2)
        ptn_stun_add_use_candidate(&w);
    if (flags & 4)
        ptn_stun_add_role(&w, flags & 8, (uint64_t)ptn_rd_u8(&f->in) << 56);
    if (flags & 16)
        ptn_stun_add_bytes(&w, (uint16_t)(flags << 8), ptn_bytes_str("x"));
    if (ptn_stun_end(&w, ptn_bytes_str(flags & 32 ? PEER_PWD : OUR_PWD), &len) == PTN_OK)
        give(f, &path, ptn_bytes_of(buf, len));
}

static void step_answer(struct fuzz *f) {
    uint8_t flags = ptn_rd_u8(&f->in), buf[256];
    static const uint16_t codes[4] = {487, 400, 401, 500};
    bool is_error = flags & 1;
    struct ptn_stun_wr w;
    size_t len;
    ptn_stun_begin(&w, buf, sizeof buf, is_error ? PTN_STUN_ERROR : PTN_STUN_SUCCESS,
                   PTN_STUN_BINDING, f->txid);
    if (is_error)
        ptn_stun_add_error(&w, codes[flags >> 1 & 3], "");
    else if (!(flags & 8))
        ptn_stun_add_xor_mapped(&w, &f->asked.local);
    struct ptn_path path = flags & 16 ? path_of(flags) : f->asked;
    if (ptn_stun_end(&w, ptn_bytes_str(flags & 32 ? "" : PEER_PWD), &len) == PTN_OK)
        give(f, &path, ptn_bytes_of(buf, len));
}

static void step_candidate(struct fuzz *f) {
    struct ptn_cand c = {.component = 1, .foundation = "1"};
    c.addr = path_of(ptn_rd_u8(&f->in)).remote;
    c.priority = ptn_rd_u32(&f->in);
    ptn_ignore(ptn_ice_add_remote(f->ice, f->now, &c), "any answer will do");
    pump(f);
}

static void step_credentials(struct fuzz *f) {
    uint8_t flags = ptn_rd_u8(&f->in);
    const char *ufrag = flags & 1 ? "pee2" : PEER_UFRAG;
    ptn_ignore(ptn_ice_set_remote(f->ice, f->now, ufrag, PEER_PWD, flags & 2),
               "any answer will do");
    pump(f);
}

static void step_restart(struct fuzz *f) {
    const char *ufrag = ++f->restarts % 2 ? "ourV" : OUR_UFRAG;
    ptn_ice_restart(f->ice, f->now, ufrag, OUR_PWD);
    pump(f);
}

static void step_done(struct fuzz *f) {
    ptn_ice_remote_done(f->ice, f->now);
    pump(f);
}

static void step_explain(struct fuzz *f) {
    char why[64];
    ptn_ice_explain(f->ice, why, sizeof why);
    json_decref(ptn_ice_dump(f->ice));
}

static void (*const steps[])(struct fuzz *f) = {step_time,    step_raw,       step_request,
                                                step_answer,  step_candidate, step_credentials,
                                                step_restart, step_done,      step_explain};

static void start(struct fuzz *f, uint8_t kind) {
    struct ptn_ice_config cfg = {.rng = ptn_rng_seeded(&f->seed, 1),
                                 .lite = kind & 1,
                                 .controlling = kind & 2,
                                 .aggressive = kind & 4,
                                 .ufrag = OUR_UFRAG,
                                 .pwd = OUR_PWD};
    f->ice = ptn_ice_new(&cfg);
    f->now = 1000 * PTN_SECOND;
    for (uint8_t i = 0; i < 2; i++) {
        struct ptn_cand c = {.component = 1, .priority = 2130706431u - i, .foundation = "1"};
        c.addr = path_of(i).local;
        ptn_ignore(ptn_ice_add_local(f->ice, f->now, &c), "two fit");
    }
    if (kind & 0x80)
        return;
    static const uint8_t connected[] = {0, 0, 2, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0, 9};
    struct ptn_rd rest = f->in;
    f->in = ptn_rd_of(ptn_bytes_of(connected, sizeof connected));
    step_credentials(f);
    ptn_rd_skip(&f->in, 1);
    step_request(f);
    step_answer(f);
    f->in = rest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz f = {.in = ptn_rd_of(ptn_bytes_of(data, size))};
    start(&f, ptn_rd_u8(&f.in));
    while (f.in.left > 0)
        steps[ptn_rd_u8(&f.in) % PTN_COUNT_OF(steps)](&f);
    ptn_ice_free(f.ice);
    return 0;
}
