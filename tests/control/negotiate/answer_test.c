/* Whole answers, line by line, against the texts in answers/ (core.md 11, 12; echotest.md 5; the
 * examples of echotest.md 16). */
#include "util.h"

static void the_usual_call(void **state) { /* core.md 20 (13), echotest.md 16 (5) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_av_data", &c);
    expect("usual_call", r.text);
    round_done(&r);
}

static void candidates_stand_on_every_line_in_use(void **state) { /* core.md 20 (13) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_av_data", &c);
    struct ptn_cand cand[2] = {{.component = 1, .priority = 2130706431, .foundation = "1"},
                               {.component = 1, .priority = 2130706175, .foundation = "2"}};
    assert_int_equal(ptn_addr_parse("203.0.113.5", 20000, &cand[0].addr), PTN_OK);
    assert_int_equal(ptn_addr_parse("2001:db8::5", 20000, &cand[1].addr), PTN_OK);
    ptn_neg_add_candidates(r.answer, cand, 2);
    char *text = text_of(r.answer);
    drop_cr(text);
    expect("usual_call_half_trickle", text);
    free(text);
    round_done(&r);
}

static struct round forced(struct ptn_neg *neg, struct counters *c, const char *vector,
                           const char *codec, const char *profile) {
    struct ptn_answer_mline lines[PTN_SDP_MLINES_MAX];
    struct ptn_neg_local local = local_of(c);
    struct ptn_sdp *offer = vector_sdp(vector);
    echo_wishes(offer, lines);
    for (size_t i = 0; i < offer->mline_count; i++) {
        lines[i].codec = offer->mline[i].kind == PTN_SDP_VIDEO ? codec : NULL;
        lines[i].profile = offer->mline[i].kind == PTN_SDP_VIDEO ? profile : NULL;
    }
    return answer_with(neg, offer, lines, &local);
}

static void a_profile_is_found(void **state) { /* echotest.md 16 (6) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = forced(&neg, &c, "chromium_av_data", "h264", "42e01f");
    expect("h264_profile", r.text);
    assert_true(r.plan->mline[1].pt == 108 && r.plan->mline[1].rtx_pt == 109);
    assert_string_equal(r.plan->mline[1].codec, "h264");
    round_done(&r);
}

static void a_codec_that_is_not_offered(void **state) { /* echotest.md 16 (7) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = forced(&neg, &c, "chromium_av_data", "h265", NULL);
    expect("codec_not_offered", r.text);
    assert_false(neg.mline[1].accepted || r.plan->mline[1].send || r.plan->mline[1].recv);
    round_done(&r);
}

static void recvonly_is_echoed_as_inactive(void **state) { /* echotest.md 16 (8) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_recvonly", &c);
    expect("recvonly", r.text);
    assert_false(r.plan->mline[0].send || r.plan->mline[0].recv);
    round_done(&r);
}

static void firefox(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "firefox_av_data", &c);
    expect("firefox", r.text);
    round_done(&r);
}

static void safari(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "safari_av", &c);
    expect("safari", r.text);
    assert_int_equal(r.plan->mline[1].layer[0].rtx_ssrc, 3570614609u);
    round_done(&r);
}

static void simulcast(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_simulcast", &c);
    expect("simulcast", r.text);
    round_done(&r);
}

static void bundle_only_is_not_disabled(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "firefox_bundle_only", &c);
    assert_int_equal(r.answer->mline[1].port, 9);
    assert_non_null(strstr(r.text, "a=group:BUNDLE 0 1\n"));
    assert_null(strstr(r.text, "bundle-only"));
    assert_true(r.plan->mline[1].send && r.plan->mline[1].recv);
    round_done(&r);
}

static void old_forms(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "old_forms", &c);
    expect("old_forms", r.text);
    assert_int_equal(r.plan->fingerprint[0].hash, PTN_SHA1);
    assert_string_equal(r.plan->remote_ufrag, "F7gI");
    assert_true(r.plan->mline[0].nack && r.plan->mline[0].pli && r.plan->mline[0].fir);
    assert_false(r.plan->mline[0].remb || r.plan->mline[0].twcc || r.plan->mline[0].rtx_pt);
    round_done(&r);
}

static void ice_lite_and_ipv6(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct ptn_answer_mline lines[3] = {{0}};
    struct ptn_neg_local local = local_of(&c);
    local.ice_lite = true;
    assert_int_equal(ptn_addr_parse("2001:db8::5", 0, &local.addr), PTN_OK);
    struct round r = answer_with(&neg, vector_sdp("chromium_av_data"), lines, &local);
    assert_non_null(strstr(r.text, "o=- 7547484229140371897 2 IN IP6 2001:db8::5\n"));
    assert_non_null(strstr(r.text, "a=msid-semantic: WMS *\na=ice-lite\nm=audio 0 "));
    assert_non_null(strstr(r.text, "\nm=audio 0 UDP/TLS/RTP/SAVPF 0\nc=IN IP6 2001:db8::5\n"
                                   "a=inactive\na=mid:0\nm=video 0 "));
    assert_non_null(strstr(r.text, "a=group:BUNDLE\n"));
    round_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_call),
        cmocka_unit_test(candidates_stand_on_every_line_in_use),
        cmocka_unit_test(a_profile_is_found),
        cmocka_unit_test(a_codec_that_is_not_offered),
        cmocka_unit_test(recvonly_is_echoed_as_inactive),
        cmocka_unit_test(firefox),
        cmocka_unit_test(safari),
        cmocka_unit_test(simulcast),
        cmocka_unit_test(bundle_only_is_not_disabled),
        cmocka_unit_test(old_forms),
        cmocka_unit_test(ice_lite_and_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
