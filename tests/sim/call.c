/* Negotiation of a call as two programs would do it, over SDP text. */
#include "sim/call.h"

#include <stdlib.h>

#include "base/str.h"

#define ALL_EXTS                                                                                   \
    (PTN_EXT_MID | PTN_EXT_AUDIO_LEVEL | PTN_EXT_ORIENTATION | PTN_EXT_PLAYOUT_DELAY |             \
     PTN_EXT_TWCC | PTN_EXT_ABS_SEND_TIME)
#define PLAYOUT_ID 9 /* our own offer has no playout delay: added by hand */

static uint64_t fresh_id(void *ctx) {
    struct party *p = ctx;
    return (uint64_t)p->loop->index << 56 | ++p->world->next_id;
}

static struct ptn_neg_local local_of(struct party *p, const struct call_options *o) {
    struct ptn_neg_local l = {
        .ufrag = p->ufrag,
        .pwd = p->pwd,
        .next_ufrag = p->next_ufrag,
        .next_pwd = p->next_pwd,
        .addr = p->addr,
        .answer_passive = o->b_is_server,
        .rng = p->world->rng,
        .stream_id = fresh_id,
        .ctx = p,
    };
    ptn_cert_fingerprint(sim_cert, PTN_SHA256, &l.fingerprint);
    return l;
}

static struct ptn_sdp *through_text(struct ptn_sdp *sdp) {
    struct ptn_str text;
    struct ptn_sdp *out = NULL;
    char why[PTN_SDP_WHY] = "";
    ptn_str_init(&text);
    ptn_sdp_write(sdp, &text);
    CHECK(ptn_sdp_parse(text.s, &out, why, sizeof why) == PTN_OK, "%s in\n%s", why, text.s);
    CHECK(ptn_neg_check_remote(out, why, sizeof why) == PTN_OK, "%s", why);
    ptn_str_done(&text);
    ptn_sdp_free(sdp);
    return out;
}

static void new_credentials(struct party *p, char *ufrag, char *pwd) {
    ptn_rng_text(&p->world->rng, ufrag, sizeof p->ufrag - 1);
    ptn_rng_text(&p->world->rng, pwd, sizeof p->pwd - 1);
}

static struct ptn_sdp *answer_of(struct party *b, const struct ptn_sdp *offer,
                                 const struct call_options *o, struct ptn_plan **plan) {
    struct ptn_neg_local local = local_of(b, o);
    struct ptn_sdp *answer = NULL;
    struct ptn_answer_mline wish[FLOWS];
    for (size_t i = 0; i < FLOWS; i++)
        wish[i] =
            (struct ptn_answer_mline){.accept = true, .send = true, .recv = true, .ext = ALL_EXTS};
    assert_int_equal(offer->mline_count, FLOWS);
    assert_int_equal(ptn_neg_answer(&b->neg, offer, wish, FLOWS, &local, &answer, plan), PTN_OK);
    return answer;
}

static void take_plan(struct party *p, struct ptn_plan *plan, const struct call_options *o) {
    plan->ext.playout_delay = PLAYOUT_ID;
    for (size_t i = 0; o->no_rtx && i < plan->mline_count; i++) {
        plan->mline[i].rtx_pt = 0;
        plan->mline[i].rtx_ssrc = plan->mline[i].layer[0].rtx_ssrc = 0;
    }
    ptn_plan_unref(p->plan);
    p->plan = plan;
    ptn_endpoint_apply(p->ep, p->world->now, plan);
    p->is_dirty = true;
}

static void rotate_ssrcs(struct party *a) {
    for (size_t i = 0; i < FLOWS; i++) {
        a->neg.mline[i].ssrc = 1 + ptn_rng_u32(&a->world->rng) / 2;
        if (a->neg.mline[i].rtx_ssrc)
            a->neg.mline[i].rtx_ssrc = 1 + ptn_rng_u32(&a->world->rng) / 2;
    }
}

void world_negotiate(struct party *a, struct party *b, const struct call_options *options) {
    struct call_options o = options ? *options : (struct call_options){0};
    struct ptn_plan *a_plan = NULL, *b_plan = NULL;
    a->other = b;
    b->other = a;
    if (o.restart) {
        new_credentials(a, a->ufrag, a->pwd);
        new_credentials(b, b->next_ufrag, b->next_pwd);
    }
    if (o.rotate_ssrcs)
        rotate_ssrcs(a);
    struct ptn_neg_local local = local_of(a, &o);
    struct ptn_neg_offer_options wish = {.audio = true, .video = true};
    struct ptn_sdp *offer = through_text(ptn_neg_offer(&a->neg, &wish, &local));
    struct ptn_sdp *answer = through_text(answer_of(b, offer, &o, &b_plan));
    assert_int_equal(ptn_neg_apply_answer(&a->neg, offer, answer, &a_plan), PTN_OK);
    assert_int_equal(b_plan->ice_restart, o.restart);
    if (o.restart) {
        a_plan->ice_restart = true;
        ptn_str_copy(a_plan->local_ufrag, sizeof a_plan->local_ufrag, a->ufrag);
        ptn_str_copy(a_plan->local_pwd, sizeof a_plan->local_pwd, a->pwd);
        memcpy(b->ufrag, b->next_ufrag, sizeof b->ufrag);
        memcpy(b->pwd, b->next_pwd, sizeof b->pwd);
    }
    if (o.bad_fingerprint)
        b_plan->fingerprint[0].digest[7] ^= 1;
    take_plan(a, a_plan, &o);
    take_plan(b, b_plan, &o);
    ptn_sdp_free(offer);
    ptn_sdp_free(answer);
}

static void give_candidate(struct party *to, const struct party *from) {
    struct ptn_cand c = from->cand;
    assert_int_equal(ptn_peer_candidate(peer_of(to), to->world->now, &c), PTN_OK);
    assert_int_equal(ptn_peer_candidate(peer_of(to), to->world->now, NULL), PTN_OK);
    to->is_dirty = true;
}

void world_introduce(struct party *a, struct party *b) {
    give_candidate(a, b);
    give_candidate(b, a);
    world_pump(a->world);
}

void world_echo(struct party *p) {
    for (size_t i = 0; i < FLOWS; i++) {
        const struct ptn_plan_mline *m = &p->plan->mline[i];
        assert_int_equal(ptn_graph_connect(p->loop->graph, p->world->now, m->source_id, m->sink_id),
                         PTN_OK);
    }
}

void world_publish(struct party *p) {
    for (size_t i = 0; i < FLOWS; i++) {
        p->publisher[i] = fresh_id(p);
        assert_int_equal(ptn_graph_connect(p->loop->graph, p->world->now, p->publisher[i],
                                           p->plan->mline[i].sink_id),
                         PTN_OK);
        p->is_publishing[i] = true;
        p->next_send[i] = p->world->now;
    }
}

void world_stop_publishing(struct party *p) {
    for (size_t i = 0; i < FLOWS; i++)
        p->is_publishing[i] = false;
}

void world_tap(struct party *p) {
    for (size_t i = 0; i < FLOWS; i++)
        ptn_graph_remote(p->loop->graph, p->world->now, p->plan->mline[i].source_id, TAP_LOOP,
                         true);
}

struct call call_new(const struct world_config *cfg, const struct call_options *options) {
    struct call c = {.w = world_new(cfg)};
    c.server = world_party(c.w, &(struct party_config){.loop = world_loop(c.w)});
    c.client =
        world_party(c.w, &(struct party_config){.loop = world_loop(c.w), .controlling = true});
    world_negotiate(c.client, c.server, options);
    world_introduce(c.client, c.server);
    return c;
}

struct call call_up(const struct world_config *cfg, const struct call_options *options) {
    struct call c = call_new(cfg, options);
    CHECK(world_run_until(c.w, world_all_up, 20 * PTN_SECOND), "seed %u does not connect",
          (unsigned)cfg->seed);
    world_echo(c.server);
    world_tap(c.client);
    world_publish(c.client);
    return c;
}

void call_free(struct call *c) {
    world_free(c->w);
}

void call_expect_all(const struct call *c, enum flow flow, unsigned until) {
    const struct arrivals *a = &c->client->got[flow];
    CHECK(missing_of(a, until) == 0, "%u of %u missing", missing_of(a, until), until);
    CHECK(a->corrupt == 0 && a->total == a->distinct, "%u corrupt, %u twice", a->corrupt,
          a->total - a->distinct);
    CHECK(a->highest - a->first_ext + 1 == a->distinct, "a gap in the numbering");
}
