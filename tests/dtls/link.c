#include "test.h"

#include <stdlib.h>

#include "base/mem.h"
#include "dtls/link.h"
#include "sim/clock.h"

static struct ptn_dtls *make_end(const struct link_config *cfg, enum side side) {
    struct ptn_dtls_config c = {
        .ctx = cfg->ctx[side],
        .role = side == A ? cfg->a_role
                          : (cfg->a_role == PTN_DTLS_CLIENT ? PTN_DTLS_SERVER : PTN_DTLS_CLIENT),
        .mtu = cfg->mtu ? cfg->mtu : 1200,
        .timeout = cfg->timeout ? cfg->timeout : 20 * PTN_SECOND,
    };
    struct ptn_dtls *d = NULL;
    if (cfg->expected_count[side] > 0) {
        memcpy(c.fingerprints, cfg->expected[side], sizeof c.fingerprints);
        c.fingerprint_count = cfg->expected_count[side];
    } else if (cfg->cert[!side]) {
        ptn_cert_fingerprint(cfg->cert[!side], PTN_SHA256, &c.fingerprints[0]);
        c.fingerprint_count = 1;
    }
    assert_int_equal(ptn_dtls_new(&c, &d), PTN_OK);
    return d;
}

struct link *link_new(const struct link_config *cfg) {
    struct link *l = ptn_new(struct link);
    l->cfg = *cfg;
    l->rng = ptn_rng_seeded(&l->rng_state, cfg->seed);
    l->now = PTN_SECOND;
    sim_clock_set(l->now);
    sim_rand_seed(cfg->seed ^ 0x5eed);
    for (enum side s = A; s <= B; s++)
        l->end[s].dtls = make_end(cfg, s);
    return l;
}

void link_free(struct link *l) {
    for (enum side s = A; s <= B; s++)
        ptn_dtls_free(l->end[s].dtls);
    free(l);
    sim_clock_off();
    sim_rand_off();
}

static bool chance(struct link *l, unsigned percent) {
    return percent > 0 && ptn_rng_below(&l->rng, 100) < percent;
}

static void fly(struct link *l, enum side to, const struct ptn_datagram *d) {
    ptn_time at = l->now + l->cfg.delay_ms * PTN_MS +
                  (ptn_time)ptn_rng_below(&l->rng, l->cfg.jitter_ms * 1000 + 1);
    for (size_t i = 0; i < LINK_FLYING; i++) {
        struct flying *f = &l->flying[i];
        if (f->used)
            continue;
        *f = (struct flying){.used = true, .to = to, .at = at, .len = d->len};
        memcpy(f->data, d->data, d->len);
        return;
    }
    fail_msg("the simulated wire is full");
}

static void take_event(struct end *e, const struct ptn_dtls_event *ev) {
    switch (ev->type) {
    case PTN_DTLS_CONNECTED:
        e->connected++;
        e->up = *ev;
        break;
    case PTN_DTLS_APPDATA:
        assert_true(e->record_count < LINK_RECORDS && ev->data.n <= sizeof e->record[0].data);
        e->record[e->record_count].len = ev->data.n;
        memcpy(e->record[e->record_count++].data, ev->data.p, ev->data.n);
        break;
    case PTN_DTLS_CLOSED:
        e->closed++;
        break;
    case PTN_DTLS_FAILED:
        e->failed++;
        e->failure = *ev;
        break;
    }
}

void link_pump(struct link *l, enum side side) {
    struct end *e = &l->end[side];
    struct ptn_datagram d;
    struct ptn_dtls_event ev;
    size_t flight = 0;
    while (ptn_dtls_poll_datagram(e->dtls, &d)) {
        e->sent++;
        flight++;
        if (d.len > e->biggest)
            e->biggest = d.len;
        if (l->lose && l->lose(l, side, e->sent, ptn_bytes_of(d.data, d.len)))
            continue;
        if (!chance(l, l->cfg.loss))
            fly(l, !side, &d);
        if (chance(l, l->cfg.dup))
            fly(l, !side, &d);
    }
    if (flight > l->biggest_flight)
        l->biggest_flight = flight;
    while (ptn_dtls_poll_event(e->dtls, &ev))
        take_event(e, &ev);
}

void link_start(struct link *l) {
    for (enum side s = A; s <= B; s++) {
        ptn_dtls_start(l->end[s].dtls, l->now);
        link_pump(l, s);
    }
}

void link_inject(struct link *l, enum side to, struct ptn_bytes datagram) {
    ptn_dtls_handle_datagram(l->end[to].dtls, l->now, datagram);
    link_pump(l, to);
}

static struct flying *next_arrival(struct link *l) {
    struct flying *first = NULL;
    for (size_t i = 0; i < LINK_FLYING; i++) {
        struct flying *f = &l->flying[i];
        if (f->used && (!first || f->at < first->at))
            first = f;
    }
    return first;
}

/* The next thing that happens; false: nothing more before the time given. */
static bool step(struct link *l, ptn_time until) {
    struct flying *f = next_arrival(l);
    ptn_time due = f ? f->at : PTN_NEVER;
    for (enum side s = A; s <= B; s++)
        due = ptn_time_min(due, ptn_dtls_next_timeout(l->end[s].dtls));
    if (due > until) {
        l->now = until;
        sim_clock_set(l->now);
        return false;
    }
    l->now = due > l->now ? due : l->now;
    sim_clock_set(l->now);
    if (f && f->at <= l->now) {
        struct flying now = *f;
        f->used = false;
        link_inject(l, now.to, ptn_bytes_of(now.data, now.len));
        return true;
    }
    for (enum side s = A; s <= B; s++) {
        ptn_dtls_handle_timeout(l->end[s].dtls, l->now);
        link_pump(l, s);
    }
    return true;
}

bool link_run(struct link *l, ptn_time until, bool (*done)(const struct link *l)) {
    for (unsigned steps = 0; !(done && done(l)); steps++) {
        CHECK(steps < 100000, "seed %u spins at %lld us", (unsigned)l->cfg.seed, (long long)l->now);
        if (!step(l, until))
            break;
    }
    return !done || done(l);
}

bool link_both_up(const struct link *l) {
    return l->end[A].connected && l->end[B].connected;
}

bool link_any_failed(const struct link *l) {
    return l->end[A].failed || l->end[B].failed;
}

static bool same(const struct ptn_srtp_keys *a, const struct ptn_srtp_keys *b) {
    return memcmp(a->key, b->key, sizeof a->key) == 0 &&
           memcmp(a->salt, b->salt, sizeof a->salt) == 0;
}

bool link_keys_agree(const struct link *l) {
    const struct ptn_dtls_event *a = &l->end[A].up, *b = &l->end[B].up;
    return a->profile == b->profile && same(&a->local_keys, &b->remote_keys) &&
           same(&a->remote_keys, &b->local_keys) && !same(&a->local_keys, &a->remote_keys);
}
