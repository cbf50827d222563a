#include "sim.h"

#include <stdlib.h>

#define TA (20 * PTN_MS) /* the default; no side may ask more often */
#define SPINS 8          /* timeouts in a row that do not move the clock */

struct ptn_addr sim_addr(const char *text, uint16_t port) {
    struct ptn_addr a;
    CHECK(ptn_addr_parse(text, port, &a) == PTN_OK, "%s", text);
    return a;
}

static double chance(struct sim *s) {
    return (double)ptn_rng_below(&s->rng, 1000000) / 1e6;
}

static void new_credentials(struct sim *s, struct sim_side *side) {
    ptn_rng_text(&s->rng, side->ufrag, sizeof side->ufrag - 1);
    ptn_rng_text(&s->rng, side->pwd, sizeof side->pwd - 1);
}

static void add_candidate(struct sim *s, int which, size_t i) {
    static const char *const hosts[2][SIM_ADDRS] = {{"198.51.100.1", "10.0.0.1", "2001:db8::1"},
                                                    {"198.51.100.2", "10.0.0.2", "2001:db8::2"}};
    struct sim_side *side = &s->side[which];
    struct ptn_cand *c = &side->cand[i];
    c->component = 1;
    c->priority = ptn_cand_priority(PTN_CAND_HOST, (uint16_t)(60000 + 100 * i), 1);
    c->foundation[0] = (char)('1' + i);
    c->addr = side->seen[i] = sim_addr(hosts[which][i], (uint16_t)(5000 + which));
    assert_int_equal(ptn_ice_add_local(side->ice, s->now, c), PTN_OK);
}

static void side_init(struct sim *s, int which) {
    struct sim_side *side = &s->side[which];
    const struct sim_side_cfg *cfg = &s->cfg.side[which];
    struct ptn_ice_config ice = {.rng = s->rng,
                                 .lite = cfg->lite,
                                 .controlling = cfg->controlling,
                                 .aggressive = cfg->aggressive};
    new_credentials(s, side);
    memcpy(ice.ufrag, side->ufrag, sizeof side->ufrag);
    memcpy(ice.pwd, side->pwd, sizeof side->pwd);
    side->ice = ptn_ice_new(&ice);
    side->lite = cfg->lite;
    side->count = cfg->addrs ? (size_t)cfg->addrs : 1;
    side->last_request = -TA;
    for (size_t i = 0; i < side->count; i++)
        add_candidate(s, which, i);
}

struct sim *sim_new(const struct sim_cfg *cfg) {
    struct sim *s = ptn_new(struct sim);
    s->cfg = *cfg;
    s->rng = ptn_rng_seeded(&s->seed, cfg->seed);
    s->now = 1000 * PTN_SECOND;
    ptn_list_init(&s->packets);
    side_init(s, 0);
    side_init(s, 1);
    return s;
}

void sim_free(struct sim *s) {
    PTN_LIST_EACH (it, &s->packets) {
        free(ptn_container_of(it, struct sim_packet, node));
    }
    ptn_ice_free(s->side[0].ice);
    ptn_ice_free(s->side[1].ice);
    free(s);
}

static void enqueue(struct sim *s, int to, const struct ptn_path *path, struct ptn_bytes m) {
    struct sim_packet *p = ptn_alloc(sizeof *p + m.n);
    int jitter = s->cfg.jitter_ms ? (int)ptn_rng_below(&s->rng, (uint64_t)s->cfg.jitter_ms) : 0;
    p->at = s->now + (s->cfg.delay_ms + jitter) * PTN_MS;
    p->to = to;
    p->path = *path;
    p->len = m.n;
    memcpy(p->data, m.p, m.n);
    ptn_list_push(&s->packets, &p->node);
}

/* Which socket of the side the network delivers that address to; SIM_ADDRS: none. */
static size_t owner_of(const struct sim_side *side, const struct ptn_addr *addr) {
    for (size_t i = 0; i < side->count; i++) {
        if (ptn_addr_eq(&side->seen[i], addr))
            return i;
    }
    return SIM_ADDRS;
}

static void transmit(struct sim *s, int from, const struct ptn_datagram *d) {
    struct sim_side *tx = &s->side[from], *rx = &s->side[!from];
    size_t src = 0, dst = owner_of(rx, &d->path.remote);
    while (src < tx->count && !ptn_addr_eq(&tx->cand[src].addr, &d->path.local))
        src++;
    CHECK(src < tx->count, "sent from no socket of ours");
    struct ptn_bytes m = ptn_bytes_of(d->data, d->len);
    if (dst == SIM_ADDRS || tx->is_mute || (s->tap && !s->tap(s, from, m)))
        return;
    if (from == 0 ? s->blocked[src][dst] : s->blocked[dst][src])
        return;
    struct ptn_path path = {rx->cand[dst].addr, tx->seen[src]};
    if (chance(s) >= s->cfg.loss)
        enqueue(s, !from, &path, m);
    if (chance(s) < s->cfg.dup)
        enqueue(s, !from, &path, m);
}

static void note_request(struct sim *s, struct sim_side *side, const struct ptn_datagram *d) {
    struct ptn_stun m;
    assert_int_equal(ptn_stun_parse(ptn_bytes_of(d->data, d->len), &m), PTN_OK);
    side->sent++;
    if (m.class != PTN_STUN_REQUEST)
        return;
    CHECK(!side->lite, "a lite agent sent a check");
    CHECK(s->now - side->last_request >= TA, "two checks within Ta, seed %llu",
          (unsigned long long)s->cfg.seed);
    side->last_request = s->now;
    side->requests_sent++;
}

static void note_event(struct sim_side *side, const struct ptn_ice_event *ev) {
    switch (ev->type) {
    case PTN_ICE_STATE_CHANGED:
        if (side->state_count < SIM_STATES)
            side->states[side->state_count++] = ev->state;
        break;
    case PTN_ICE_SELECTED:
        side->selected = *ev;
        side->selected_count++;
        break;
    case PTN_ICE_NEW_REMOTE:
        side->learned = *ev;
        side->learned_count++;
        break;
    }
}

void sim_pump(struct sim *s, int which) {
    struct sim_side *side = &s->side[which];
    struct ptn_datagram d;
    struct ptn_ice_event ev;
    while (ptn_ice_poll_datagram(side->ice, &d)) {
        note_request(s, side, &d);
        transmit(s, which, &d);
    }
    while (ptn_ice_poll_event(side->ice, &ev))
        note_event(side, &ev);
}

void sim_give_credentials(struct sim *s, int to) {
    const struct sim_side *peer = &s->side[!to];
    ptn_err err = ptn_ice_set_remote(s->side[to].ice, s->now, peer->ufrag, peer->pwd, peer->lite);
    assert_int_equal(err, PTN_OK);
    sim_pump(s, to);
}

void sim_give_candidates(struct sim *s, int to) {
    const struct sim_side *peer = &s->side[!to];
    for (size_t i = 0; i < peer->count; i++) {
        ptn_err err = ptn_ice_add_remote(s->side[to].ice, s->now, &peer->cand[i]);
        bool is_reachable = i < 2 || s->side[to].count == SIM_ADDRS; /* the third is IPv6 */
        assert_int_equal(err, is_reachable ? PTN_OK : PTN_EUNSUPPORTED);
    }
    sim_pump(s, to);
}

void sim_introduce(struct sim *s) {
    for (int i = 0; i < 2; i++) {
        sim_give_credentials(s, i);
        sim_give_candidates(s, i);
        ptn_ice_remote_done(s->side[i].ice, s->now);
        sim_pump(s, i);
    }
}

void sim_restart(struct sim *s, int which) {
    struct sim_side *side = &s->side[which];
    new_credentials(s, side);
    ptn_ice_restart(side->ice, s->now, side->ufrag, side->pwd);
    sim_pump(s, which);
}

static struct sim_packet *first_packet(const struct sim *s) {
    struct sim_packet *first = NULL;
    for (struct ptn_list *it = s->packets.next; it != &s->packets; it = it->next) {
        struct sim_packet *p = ptn_container_of(it, struct sim_packet, node);
        if (!first || p->at < first->at)
            first = p;
    }
    return first;
}

static void deliver(struct sim *s, struct sim_packet *p) {
    ptn_list_remove(&p->node);
    ptn_err err = ptn_ice_handle_datagram(s->side[p->to].ice, s->now, &p->path,
                                          ptn_bytes_of(p->data, p->len));
    if (err == PTN_OK)
        CHECK(ptn_ice_path_is_known(s->side[p->to].ice, &p->path), "authentic, yet unknown");
    sim_pump(s, p->to);
    free(p);
}

static void time_out(struct sim *s, int which) {
    struct ptn_ice *ice = s->side[which].ice;
    for (int spins = 0; ptn_ice_next_timeout(ice) <= s->now; spins++) {
        CHECK(spins < SPINS, "the timer spins, seed %llu", (unsigned long long)s->cfg.seed);
        ptn_ice_handle_timeout(ice, s->now);
        sim_pump(s, which);
    }
}

/* One event, or to the end; false at the end. */
static bool step(struct sim *s, ptn_time end) {
    struct sim_packet *p = first_packet(s);
    ptn_time next = p ? p->at : PTN_NEVER;
    for (int i = 0; i < 2; i++)
        next = ptn_time_min(next, ptn_ice_next_timeout(s->side[i].ice));
    if (next > end) {
        s->now = end;
        return false;
    }
    s->now = next > s->now ? next : s->now;
    if (p && p->at <= s->now)
        deliver(s, p);
    time_out(s, 0);
    time_out(s, 1);
    return true;
}

bool sim_run_until(struct sim *s, bool (*done)(const struct sim *s), ptn_time limit) {
    ptn_time end = s->now + limit;
    while (!done || !done(s)) {
        if (!step(s, end))
            return done && done(s);
    }
    return true;
}

void sim_run(struct sim *s, ptn_time duration) {
    sim_run_until(s, NULL, duration);
}

ptn_err sim_inject(struct sim *s, int to, const struct ptn_addr *from, struct ptn_bytes message) {
    struct ptn_path path = {s->side[to].cand[0].addr, *from};
    return ptn_ice_handle_datagram(s->side[to].ice, s->now, &path, message);
}

bool sim_both_connected(const struct sim *s) {
    return ptn_ice_get_state(s->side[0].ice) == PTN_ICE_CONNECTED &&
           ptn_ice_get_state(s->side[1].ice) == PTN_ICE_CONNECTED;
}

static struct ptn_path seen_by_peer(const struct sim_side *side, const struct ptn_path *path) {
    struct ptn_path seen = {path->remote, path->local};
    for (size_t i = 0; i < side->count; i++) {
        if (ptn_addr_eq(&side->cand[i].addr, &path->local))
            seen.remote = side->seen[i];
    }
    return seen;
}

bool sim_mirrored(const struct sim *s) {
    if (!sim_both_connected(s))
        return false;
    struct ptn_path a = seen_by_peer(&s->side[0], ptn_ice_selected(s->side[0].ice));
    const struct ptn_path *b = ptn_ice_selected(s->side[1].ice);
    size_t dst = owner_of(&s->side[1], &a.local);
    return dst < SIM_ADDRS && ptn_addr_eq(&s->side[1].cand[dst].addr, &b->local) &&
           ptn_addr_eq(&a.remote, &b->remote);
}

bool sim_passed(const struct sim *s, int side, enum ptn_ice_state state) {
    for (size_t i = 0; i < s->side[side].state_count; i++) {
        if (s->side[side].states[i] == state)
            return true;
    }
    return false;
}
