/* Two ICE agents and a small bad network under a virtual clock. Everything follows from the seed.
 */
#ifndef PTN_TESTS_ICE_SIM_H
#define PTN_TESTS_ICE_SIM_H

#include "test.h"

#include "base/list.h"
#include "base/mem.h"
#include "ice/ice.h"
#include "stun/stun.h"

#define SIM_ADDRS 3
#define SIM_STATES 32

struct sim_side_cfg {
    bool lite, controlling, aggressive;
    int addrs; /* 1..SIM_ADDRS; 0: one */
};

struct sim_cfg {
    uint64_t seed;
    double loss, dup;
    int delay_ms, jitter_ms;
    struct sim_side_cfg side[2];
};

struct sim_packet {
    struct ptn_list node;
    ptn_time at;
    int to;
    struct ptn_path path; /* as the receiver sees it */
    size_t len;
    uint8_t data[];
};

struct sim_side {
    struct ptn_ice *ice;
    char ufrag[9], pwd[25];
    struct ptn_cand cand[SIM_ADDRS]; /* addr: of the socket */
    struct ptn_addr seen[SIM_ADDRS]; /* as the network sees it: changes when a NAT does */
    size_t count;
    bool lite;
    bool is_mute; /* what it sends is lost */
    /* recorded */
    enum ptn_ice_state states[SIM_STATES];
    size_t state_count, selected_count, learned_count, requests_sent, sent;
    struct ptn_ice_event selected, learned;
    ptn_time last_request;
};

struct sim {
    struct sim_cfg cfg;
    struct ptn_rng_seed seed;
    struct ptn_rng rng;
    ptn_time now;
    struct sim_side side[2];
    struct ptn_list packets;
    bool blocked[SIM_ADDRS][SIM_ADDRS]; /* no path between these two, either way */
    bool (*tap)(struct sim *s, int from, struct ptn_bytes message); /* false: lost */
};

struct sim *sim_new(const struct sim_cfg *cfg); /* agents with their local candidates */
void sim_free(struct sim *s);
void sim_give_credentials(struct sim *s, int to);
void sim_give_candidates(struct sim *s, int to);
/* Both sides have everything at once. */
void sim_introduce(struct sim *s);
void sim_restart(struct sim *s, int side); /* new credentials on that side */
/* Pumps agents, moves the clock, until the condition holds or time is up; says which. */
bool sim_run_until(struct sim *s, bool (*done)(const struct sim *s), ptn_time limit);
void sim_run(struct sim *s, ptn_time duration);
void sim_pump(struct sim *s, int side);
/* A datagram from anywhere to a side's first socket. */
ptn_err sim_inject(struct sim *s, int to, const struct ptn_addr *from, struct ptn_bytes message);

bool sim_both_connected(const struct sim *s);
bool sim_mirrored(const struct sim *s); /* both connected, on the same path */
bool sim_passed(const struct sim *s, int side, enum ptn_ice_state state);
struct ptn_addr sim_addr(const char *text, uint16_t port);

#endif
