/* One agent, and a peer whose every message is made by hand. */
#ifndef PTN_TESTS_ICE_HANDMADE_H
#define PTN_TESTS_ICE_HANDMADE_H

#include "test.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ice/ice.h"
#include "stun/stun.h"

#define OUR_UFRAG "ourU"
#define OUR_PWD "ourPasswordIsTwentyTwo"
#define PEER_UFRAG "peer"
#define PEER_PWD "peerPasswordTwentyTwo+"
#define START (1000 * PTN_SECOND)
#define MESSAGE_MAX 600

struct lab {
    struct ptn_ice *ice;
    struct ptn_rng_seed seed;
    ptn_time now;
    struct ptn_addr ours; /* our first socket */
    /* the last message polled */
    struct ptn_datagram got;
    struct ptn_stun msg;
    /* events polled */
    enum ptn_ice_state states[16];
    size_t state_count, selected_count, learned_count;
    struct ptn_ice_event selected, learned;
};

struct request { /* a zero field: the usual */
    const char *to, *from, *pwd;
    uint32_t priority;
    bool controlling, controlled, use, bare; /* bare: neither USERNAME nor integrity */
    uint64_t tie_breaker;
    uint16_t extra; /* an attribute type to add */
    uint8_t id;     /* fills the transaction id */
};

static inline struct ptn_addr addr(const char *text, uint16_t port) {
    struct ptn_addr a;
    CHECK(ptn_addr_parse(text, port, &a) == PTN_OK, "%s", text);
    return a;
}

static inline struct ptn_cand host(const char *text, uint16_t port) {
    struct ptn_cand c = {.component = 1, .foundation = "1", .addr = addr(text, port)};
    c.priority = ptn_cand_priority(PTN_CAND_HOST, 65535, 1);
    return c;
}

static inline struct ptn_ice_config config(struct lab *l) {
    return (struct ptn_ice_config){
        .rng = ptn_rng_seeded(&l->seed, 1), .ufrag = OUR_UFRAG, .pwd = OUR_PWD};
}

static inline void lab_init(struct lab *l, struct ptn_ice_config cfg) {
    struct ptn_cand c = host("198.51.100.1", 5000);
    l->ice = ptn_ice_new(&cfg);
    l->now = START;
    l->ours = c.addr;
    assert_int_equal(ptn_ice_add_local(l->ice, l->now, &c), PTN_OK);
}

static inline void lab_done(struct lab *l) {
    ptn_ice_free(l->ice);
}

static inline void know_peer(struct lab *l) {
    assert_int_equal(ptn_ice_set_remote(l->ice, l->now, PEER_UFRAG, PEER_PWD, false), PTN_OK);
}

static inline void poll_events(struct lab *l) {
    struct ptn_ice_event ev;
    while (ptn_ice_poll_event(l->ice, &ev)) {
        if (ev.type == PTN_ICE_STATE_CHANGED && l->state_count < PTN_COUNT_OF(l->states))
            l->states[l->state_count++] = ev.state;
        if (ev.type == PTN_ICE_SELECTED)
            l->selected = ev, l->selected_count++;
        if (ev.type == PTN_ICE_NEW_REMOTE)
            l->learned = ev, l->learned_count++;
    }
}

/* The next message the agent sends; false: none. */
static inline bool next_message(struct lab *l) {
    if (!ptn_ice_poll_datagram(l->ice, &l->got))
        return false;
    assert_int_equal(ptn_stun_parse(ptn_bytes_of(l->got.data, l->got.len), &l->msg), PTN_OK);
    return true;
}

static inline size_t poll_all(struct lab *l) {
    size_t n = 0;
    while (next_message(l))
        n++;
    return n;
}

/* Moves the clock to the next deadline and lets it happen; false: it lies beyond `until`. */
static inline bool tick(struct lab *l, ptn_time until) {
    ptn_time next = ptn_ice_next_timeout(l->ice);
    if (next > until) {
        l->now = until;
        return false;
    }
    l->now = next > l->now ? next : l->now;
    ptn_ice_handle_timeout(l->ice, l->now);
    return true;
}

static inline void run(struct lab *l, ptn_time duration) {
    ptn_time until = l->now + duration;
    while (tick(l, until))
        poll_all(l);
    poll_events(l);
}

static inline size_t make_request(uint8_t *buf, const struct request *r) {
    uint8_t txid[PTN_STUN_TXID];
    struct ptn_stun_wr w;
    size_t len;
    const char *pwd = r->pwd ? r->pwd : OUR_PWD;
    memset(txid, r->id, sizeof txid);
    ptn_stun_begin(&w, buf, MESSAGE_MAX, PTN_STUN_REQUEST, PTN_STUN_BINDING, txid);
    if (!r->bare)
        ptn_stun_add_username(&w, r->to ? r->to : OUR_UFRAG, r->from ? r->from : PEER_UFRAG);
    ptn_stun_add_priority(&w, r->priority ? r->priority : 0x6e00ffff);
    if (r->controlling || r->controlled)
        ptn_stun_add_role(&w, r->controlling, r->tie_breaker);
    if (r->use)
        ptn_stun_add_use_candidate(&w);
    if (r->extra)
        ptn_stun_add_bytes(&w, r->extra, ptn_bytes_str("hello"));
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(r->bare ? "" : pwd), &len), PTN_OK);
    return len;
}

static inline ptn_err give(struct lab *l, const struct ptn_addr *from, struct ptn_bytes message) {
    struct ptn_path path = {l->ours, *from};
    ptn_err err = ptn_ice_handle_datagram(l->ice, l->now, &path, message);
    poll_events(l);
    return err;
}

static inline ptn_err ask(struct lab *l, const struct ptn_addr *from, struct request r) {
    uint8_t buf[MESSAGE_MAX];
    return give(l, from, ptn_bytes_of(buf, make_request(buf, &r)));
}

/* Answers the check in l->got. code 0: success. */
static inline size_t make_answer(const struct lab *l, uint8_t *buf, uint16_t code,
                                 const char *pwd) {
    struct ptn_stun_wr w;
    size_t len;
    ptn_stun_begin(&w, buf, MESSAGE_MAX, code ? PTN_STUN_ERROR : PTN_STUN_SUCCESS, PTN_STUN_BINDING,
                   l->msg.txid);
    if (code)
        ptn_stun_add_error(&w, code, "no");
    else
        ptn_stun_add_xor_mapped(&w, &l->got.path.local);
    assert_int_equal(ptn_stun_end(&w, ptn_bytes_str(pwd), &len), PTN_OK);
    return len;
}

static inline ptn_err answer(struct lab *l, uint16_t code) {
    uint8_t buf[MESSAGE_MAX];
    struct ptn_addr from = l->got.path.remote;
    return give(l, &from, ptn_bytes_of(buf, make_answer(l, buf, code, PEER_PWD)));
}

/* Runs until the agent sends a check to `to`, which is then in l->got. */
static inline bool await_check(struct lab *l, const struct ptn_addr *to, ptn_time limit) {
    ptn_time until = l->now + limit;
    do {
        while (next_message(l)) {
            if (l->msg.class == PTN_STUN_REQUEST && ptn_addr_eq(&l->got.path.remote, to))
                return true;
        }
    } while (tick(l, until));
    return false;
}

static inline bool path_known(const struct lab *l, const struct ptn_addr *from) {
    return ptn_ice_path_is_known(l->ice, &(struct ptn_path){l->ours, *from});
}

static inline const char *explain(const struct lab *l) {
    static char why[256];
    ptn_ice_explain(l->ice, why, sizeof why);
    return why;
}

static inline size_t count_pairs(const struct lab *l, const char *state) {
    json_t *dump = ptn_ice_dump(l->ice), *pair;
    size_t i, n = 0;
    json_array_foreach(json_object_get(dump, "pairs"), i, pair) {
        n += strcmp(json_string_value(json_object_get(pair, "state")), state) == 0;
    }
    json_decref(dump);
    return n;
}

#endif
