/* Our own clients: the offer they make, and what the server's answer means to them. */
#include "util.h"

static struct ptn_neg_local client_of(struct counters *c) {
    struct ptn_neg_local local = local_of(c);
    local.ufrag = "clnt";
    local.pwd = "clientpasswordclientpass";
    if (c->ssrc == 1000)
        c->ssrc = 2000;
    return local;
}

static const struct ptn_neg_offer_options both = {.audio = true, .video = true};

static void the_offer(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct ptn_neg_local local = client_of(&c);
    struct ptn_sdp *offer = ptn_neg_offer(&neg, &both, &local);
    offer->o_id = 7;
    char *text = text_of(offer);
    drop_cr(text);
    expect("client_offer", text);
    free(text);
    ptn_sdp_free(offer);
}

/* A whole round through texts, as between two hosts. */
struct call {
    struct ptn_neg client, server;
    struct counters cc, sc;
    struct ptn_sdp *offer;
    struct ptn_plan *plan; /* the client's */
    struct round r;        /* the server's */
};

static void call_round(struct call *c, const struct ptn_neg_offer_options *options,
                       const struct ptn_answer_mline *wishes) {
    struct ptn_neg_local client = client_of(&c->cc), server = local_of(&c->sc);
    struct ptn_answer_mline lines[PTN_SDP_MLINES_MAX];
    c->offer = ptn_neg_offer(&c->client, options, &client);
    char *text = text_of(c->offer), why[128];
    struct ptn_sdp *received = sdp_of(text);
    free(text);
    CHECK(ptn_neg_check_remote(received, why, sizeof why) == PTN_OK, "%s", why);
    echo_wishes(received, lines);
    c->r = answer_with(&c->server, received, wishes ? wishes : lines, &server);
    struct ptn_sdp *answer = sdp_of(c->r.text);
    assert_int_equal(ptn_neg_apply_answer(&c->client, c->offer, answer, &c->plan), PTN_OK);
    ptn_sdp_free(answer);
}

static void call_done(struct call *c) {
    ptn_sdp_free(c->offer);
    ptn_plan_unref(c->plan);
    round_done(&c->r);
}

static void both_plans_agree(void **state) {
    (void)state;
    struct call c = {0};
    call_round(&c, &both, NULL);
    const struct ptn_plan *s = c.r.plan, *k = c.plan;
    assert_true(s->dtls_role == PTN_DTLS_CLIENT && k->dtls_role == PTN_DTLS_SERVER);
    assert_string_equal(s->remote_ufrag, "clnt");
    assert_string_equal(k->remote_ufrag, "srvr");
    assert_true(k->generation == 1 && !k->ice_restart && k->fingerprint_count == 1);
    assert_memory_equal(&s->ext, &k->ext, sizeof s->ext);
    for (size_t i = 0; i < 2; i++) {
        const struct ptn_plan_mline *a = &s->mline[i], *b = &k->mline[i];
        assert_true(a->send && a->recv && b->send && b->recv && a->kind == b->kind);
        assert_string_equal(a->mid, b->mid);
        assert_string_equal(a->codec, b->codec);
        assert_true(a->pt == b->pt && a->rtx_pt == b->rtx_pt && a->clock_hz == b->clock_hz);
        assert_true(a->ssrc == b->layer[0].ssrc && b->ssrc == a->layer[0].ssrc);
        assert_true(a->rtx_ssrc == b->layer[0].rtx_ssrc && b->rtx_ssrc == a->layer[0].rtx_ssrc);
        assert_true(a->nack == b->nack && a->pli == b->pli && a->fir == b->fir &&
                    a->remb == b->remb && a->twcc == b->twcc);
        assert_true(a->ssrc != 0 && b->ssrc != 0 && a->twcc);
    }
    assert_true(k->mline[1].rtx_pt == 97 && k->mline[1].nack && k->mline[1].remb);
    call_done(&c);
}

static void refusals_and_directions(void **state) {
    (void)state;
    struct ptn_answer_mline wishes[2] = {{.accept = true, .send = true}, {.accept = false}};
    struct call c = {0};
    call_round(&c, &both, wishes);
    assert_true(!c.plan->mline[0].send && c.plan->mline[0].recv);
    assert_true(!c.plan->mline[1].send && !c.plan->mline[1].recv && c.plan->mline[1].clock_hz > 0);
    assert_true(c.client.mline[0].accepted && !c.client.mline[1].accepted);
    assert_string_equal(c.client.mline[0].codec, "opus");
    call_done(&c);
}

static void another_offer_keeps_what_was(void **state) {
    (void)state;
    struct call c = {0};
    const struct ptn_neg_offer_options audio = {.audio = true};
    call_round(&c, &audio, NULL);
    uint32_t ssrc = c.plan->mline[0].ssrc;
    uint64_t source = c.plan->mline[0].source_id;
    call_done(&c);
    call_round(&c, &both, NULL);
    assert_true(c.plan->mline[0].ssrc == ssrc && c.plan->mline[0].source_id == source);
    assert_true(c.plan->generation == 2 && c.plan->mline_count == 2 && c.offer->o_version == 2);
    assert_int_equal(c.plan->dtls_role, PTN_DTLS_SERVER);
    call_done(&c);
}

static void every_video_codec(void **state) {
    (void)state;
    static const char *const names[] = {"vp8", "vp9", "h264", "av1", "h265"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct call c = {0};
        call_round(&c, &(struct ptn_neg_offer_options){.video = true, .video_codec = names[i]},
                   NULL);
        CHECK(strcmp(c.plan->mline[0].codec, names[i]) == 0, "%s", names[i]);
        CHECK(strcmp(c.r.plan->mline[0].codec, names[i]) == 0, "%s", names[i]);
        call_done(&c);
    }
}

static void answers_that_do_not_fit(void **state) {
    (void)state;
#define HEAD "v=0\no=- 1 1 IN IP4 1.2.3.4\ns=-\nt=0 0\n"
    static const struct {
        const char *answer;
        ptn_err err;
    } cases[] = {
        {HEAD "m=audio 9 X 111\na=rtpmap:111 opus/48000/2\nm=video 0 X 0\n", PTN_OK},
        {HEAD "m=audio 9 X 111\na=rtpmap:111 opus/48000/2\n", PTN_EINVALID}, /* one line */
        {HEAD "m=audio 9 X 0\nm=video 0 X 0\n", PTN_EINVALID},               /* was not offered */
        {HEAD "m=audio 9 X 111\na=rtpmap:111 PCMU/8000\nm=video 0 X 0\n", PTN_EINVALID},
        {HEAD "m=video 0 X 0\nm=audio 0 X 0\n", PTN_EINVALID},   /* another order */
        {HEAD "m=audio 9 X 111\nm=video 0 X 0\n", PTN_EINVALID}, /* nothing we know */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ptn_neg neg = {0};
        struct counters c = {0};
        struct ptn_neg_local local = client_of(&c);
        struct ptn_sdp *offer = ptn_neg_offer(&neg, &both, &local),
                       *answer = sdp_of(cases[i].answer);
        struct ptn_plan *plan = NULL;
        ptn_err err = ptn_neg_apply_answer(&neg, offer, answer, &plan);
        CHECK(err == cases[i].err && (plan != NULL) == (err == PTN_OK), "case %zu", i);
        CHECK(neg.generation == (err == PTN_OK), "case %zu", i);
        ptn_plan_unref(plan);
        ptn_sdp_free(offer);
        ptn_sdp_free(answer);
    }
}

static void dtls_role_of_the_client(void **state) {
    (void)state;
    static const struct {
        const char *setup;
        enum ptn_dtls_role role;
    } cases[] = {{"a=setup:active\n", PTN_DTLS_SERVER},
                 {"a=setup:passive\n", PTN_DTLS_CLIENT},
                 {"a=setup:actpass\n", PTN_DTLS_CLIENT}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct ptn_neg neg = {0};
        struct counters c = {0};
        struct ptn_neg_local local = client_of(&c);
        struct ptn_sdp *offer =
            ptn_neg_offer(&neg, &(struct ptn_neg_offer_options){.audio = true}, &local);
        snprintf(text, sizeof text, HEAD "%sm=audio 9 X 111\na=rtpmap:111 opus/48000/2\n",
                 cases[i].setup);
        struct ptn_sdp *answer = sdp_of(text);
        struct ptn_plan *plan;
        assert_int_equal(ptn_neg_apply_answer(&neg, offer, answer, &plan), PTN_OK);
        CHECK(plan->dtls_role == cases[i].role, "case %zu", i);
        ptn_plan_unref(plan);
        ptn_sdp_free(offer);
        ptn_sdp_free(answer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_offer),
        cmocka_unit_test(both_plans_agree),
        cmocka_unit_test(refusals_and_directions),
        cmocka_unit_test(another_offer_keeps_what_was),
        cmocka_unit_test(every_video_codec),
        cmocka_unit_test(answers_that_do_not_fit),
        cmocka_unit_test(dtls_role_of_the_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
