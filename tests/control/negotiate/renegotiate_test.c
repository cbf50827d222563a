/* A second offer on the same PeerConnection (core.md 8.4). */
#include "util.h"

#define SESSION(version)                                                                           \
    "v=0\no=- 1 " version " IN IP4 127.0.0.1\ns=-\nt=0 0\na=setup:actpass\n"                       \
    "a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\n"
#define ICE "a=ice-ufrag:peer\na=ice-pwd:peerpasswordpeerpassword\n"
#define OPUS(mid) "m=audio 9 X 111\na=rtpmap:111 opus/48000/2\na=mid:" mid "\na=ssrc:11 cname:x\n"
#define VP8(port, mid)                                                                             \
    "m=video " port " X 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\n"   \
    "a=mid:" mid "\n"

struct peer {
    struct ptn_neg neg;
    struct counters counters;
};

static struct round offer(struct peer *p, const char *text) {
    struct ptn_answer_mline lines[PTN_SDP_MLINES_MAX];
    struct ptn_neg_local local = local_of(&p->counters);
    struct ptn_sdp *sdp = sdp_of(text);
    echo_wishes(sdp, lines);
    return answer_with(&p->neg, sdp, lines, &local);
}

static void ids_and_ssrcs_stay(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("0") VP8("9", "1"));
    struct round b = offer(&p, SESSION("2") ICE OPUS("0") VP8("9", "1") VP8("9", "2"));
    assert_true(a.plan->generation == 1 && b.plan->generation == 2 && p.neg.mline_count == 3);
    for (size_t i = 0; i < 2; i++) {
        const struct ptn_plan_mline *x = &a.plan->mline[i], *y = &b.plan->mline[i];
        assert_true(x->ssrc == y->ssrc && x->rtx_ssrc == y->rtx_ssrc);
        assert_true(x->source_id == y->source_id && x->sink_id == y->sink_id);
        assert_true(x->ssrc != 0 && x->source_id != 0 && x->sink_id != 0);
    }
    const struct ptn_plan_mline *added = &b.plan->mline[2];
    assert_true(added->ssrc == 1004 && added->rtx_ssrc == 1005);
    assert_true(added->source_id == 5 && added->sink_id == 6);
    assert_non_null(strstr(b.text, "o=- 1 2 IN IP4 203.0.113.5\n"));
    assert_non_null(strstr(b.text, "a=group:BUNDLE 0 1 2\n"));
    assert_false(b.plan->ice_restart);
    round_done(&a);
    round_done(&b);
}

static void directions_change_at_once(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("0"));
    struct round b = offer(&p, SESSION("2") ICE OPUS("0") "a=sendonly\n");
    struct round c = offer(&p, SESSION("3") ICE OPUS("0") "a=inactive\n");
    struct round d = offer(&p, SESSION("4") ICE OPUS("0") "a=sendrecv\n");
    assert_true(a.plan->mline[0].send && a.plan->mline[0].recv);
    assert_true(!b.plan->mline[0].send && b.plan->mline[0].recv && !p.neg.mline[1].send);
    assert_true(!c.plan->mline[0].send && !c.plan->mline[0].recv);
    assert_true(d.plan->mline[0].send && d.plan->mline[0].recv);
    assert_int_equal(d.plan->mline[0].ssrc, a.plan->mline[0].ssrc);
    round_done(&a);
    round_done(&b);
    round_done(&c);
    round_done(&d);
}

static void a_refused_line_gets_a_new_ssrc(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("0") VP8("9", "1"));
    struct round b = offer(&p, SESSION("2") ICE OPUS("0") VP8("0", "1"));
    assert_false(p.neg.mline[1].accepted || p.neg.mline[1].send || p.neg.mline[1].recv);
    assert_string_equal(p.neg.mline[1].codec, "");
    assert_int_equal(b.answer->mline[1].port, 0);
    assert_non_null(strstr(b.text, "a=group:BUNDLE 0\n"));
    struct round c = offer(&p, SESSION("3") ICE OPUS("0") VP8("9", "1"));
    assert_true(c.plan->mline[1].ssrc != a.plan->mline[1].ssrc);
    assert_true(c.plan->mline[1].rtx_ssrc != a.plan->mline[1].rtx_ssrc);
    assert_int_equal(c.plan->mline[1].source_id, a.plan->mline[1].source_id);
    assert_int_equal(c.plan->mline[0].ssrc, a.plan->mline[0].ssrc);
    round_done(&a);
    round_done(&b);
    round_done(&c);
}

static void lines_are_never_removed(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("0") VP8("9", "1"));
    struct ptn_neg before = p.neg;
    struct ptn_answer_mline lines[1] = {{.accept = true}};
    struct ptn_neg_local local = local_of(&p.counters);
    struct ptn_sdp *fewer = sdp_of(SESSION("2") ICE OPUS("0")), *answer;
    struct ptn_plan *plan;
    assert_int_equal(ptn_neg_answer(&p.neg, fewer, lines, 1, &local, &answer, &plan), PTN_EINVALID);
    assert_memory_equal(&before, &p.neg, sizeof before);
    ptn_sdp_free(fewer);
    round_done(&a);
}

static void another_kind_in_the_same_place_is_refused(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("0") VP8("9", "1"));
    struct round b = offer(&p, SESSION("2") ICE OPUS("0") OPUS("1"));
    assert_non_null(strstr(b.text, "\nm=audio 0 X 0\nc=IN IP4 203.0.113.5\na=inactive\na=mid:1\n"));
    assert_int_equal(p.neg.mline[1].kind, PTN_VIDEO);
    assert_int_equal(b.plan->mline[1].kind, PTN_VIDEO);
    struct round c = offer(&p, SESSION("3") ICE OPUS("0") VP8("9", "1"));
    assert_true(c.plan->mline[1].send);
    round_done(&a);
    round_done(&b);
    round_done(&c);
}

/* The pair of index and mid is fixed for plugins and events; the description and the packets must
 * follow the offer, or the peer could not use them. */
static void the_first_mid_stays_known(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("first"));
    struct round b = offer(&p, SESSION("2") ICE OPUS("second"));
    assert_string_equal(p.neg.mline[0].mid, "first");
    assert_string_equal(b.plan->mline[0].mid, "second");
    assert_non_null(strstr(b.text, "a=mid:second\n"));
    assert_non_null(strstr(b.text, "a=group:BUNDLE second\n"));
    assert_int_equal(a.plan->mline[0].source_id, b.plan->mline[0].source_id);
    round_done(&a);
    round_done(&b);
}

static void a_missing_mid_is_the_index(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE "m=audio 9 X 0\nm=audio 9 X 0\n");
    assert_string_equal(p.neg.mline[1].mid, "1");
    assert_false(p.neg.mline[1].has_mid);
    assert_null(strstr(a.text, "a=mid"));
    struct round b = offer(&p, SESSION("2") ICE "m=audio 9 X 0\nm=audio 9 X 0\na=mid:late\n");
    assert_string_equal(p.neg.mline[1].mid, "late");
    assert_non_null(strstr(b.text, "a=mid:late\n"));
    round_done(&a);
    round_done(&b);
}

static void ice_restarts(void **state) {
    (void)state;
    static const struct {
        const char *ice;
        bool restart;
    } cases[] = {
        {ICE, false},
        {"a=ice-ufrag:newu\na=ice-pwd:peerpasswordpeerpassword\n", true},
        {"a=ice-ufrag:peer\na=ice-pwd:newppasswordpeerpassword\n", true},
        {"a=ice-ufrag:newu\na=ice-pwd:newppasswordpeerpassword\n", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        struct peer p = {0};
        struct round a = offer(&p, SESSION("1") ICE OPUS("0"));
        assert_false(a.plan->ice_restart);
        snprintf(text, sizeof text, SESSION("2") "%s" OPUS("0"), cases[i].ice);
        struct round b = offer(&p, text);
        bool fresh = strstr(b.text, "a=ice-ufrag:again\na=ice-pwd:anotherpasswordanotherpw\n");
        CHECK(b.plan->ice_restart == cases[i].restart && fresh == cases[i].restart, "case %zu", i);
        CHECK(strcmp(b.plan->local_ufrag, fresh ? "again" : "") == 0, "case %zu", i);
        CHECK(strcmp(b.plan->remote_ufrag, p.neg.remote_ufrag) == 0, "case %zu", i);
        struct round c = offer(&p, text); /* the same again: no restart */
        CHECK(!c.plan->ice_restart, "case %zu", i);
        round_done(&a);
        round_done(&b);
        round_done(&c);
    }
}

static void the_dtls_role_never_changes(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("0"));
    char other[1024];
    snprintf(other, sizeof other, "%s", SESSION("2") ICE OPUS("0"));
    memcpy(strstr(other, "a=setup:actpass"), "a=setup:active\n", 15); /* and an empty line */
    struct round b = offer(&p, other);
    assert_int_equal(a.plan->dtls_role, PTN_DTLS_CLIENT);
    assert_int_equal(b.plan->dtls_role, PTN_DTLS_CLIENT);
    assert_non_null(strstr(b.text, "a=setup:active\n"));
    round_done(&a);
    round_done(&b);
}

static void ids_and_payload_types_are_the_latest(void **state) {
    (void)state;
    struct peer p = {0};
    struct round a = offer(&p, SESSION("1") ICE OPUS("0") "a=extmap:4 " SDES_EXT "mid\n");
    struct round b =
        offer(&p, SESSION("2") ICE "m=audio 9 X 96\na=rtpmap:96 opus/48000/2\na=mid:0\n"
                                   "a=extmap:7 " SDES_EXT "mid\n");
    assert_true(a.plan->ext.mid == 4 && a.plan->mline[0].pt == 111);
    assert_true(b.plan->ext.mid == 7 && b.plan->mline[0].pt == 96);
    round_done(&a);
    round_done(&b);
}

static void our_ssrcs_are_not_the_peers(void **state) {
    (void)state;
    struct peer p = {0};
    /* 1001 is what we would take; the peer has it */
    struct round a = offer(&p, SESSION("1") ICE "m=audio 9 X 0\na=ssrc:1001 cname:x\n");
    assert_int_equal(a.plan->mline[0].ssrc, 1002);
    round_done(&a);
}

static void as_many_lines_as_there_may_be(void **state) {
    (void)state;
    struct ptn_str s;
    struct peer *p = calloc(1, sizeof *p);
    ptn_str_init(&s);
    ptn_str_add(&s, SESSION("1") ICE);
    for (int i = 0; i < PTN_SDP_MLINES_MAX; i++)
        ptn_str_addf(&s, "m=audio 9 X 0\na=mid:%d\n", i);
    struct round r = offer(p, s.s);
    assert_int_equal(r.answer->bundle_count, PTN_SDP_MLINES_MAX);
    assert_int_equal(p->neg.mline[PTN_SDP_MLINES_MAX - 1].ssrc, 1000 + PTN_SDP_MLINES_MAX);
    round_done(&r);
    ptn_str_done(&s);
    free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_ssrcs_stay),
        cmocka_unit_test(directions_change_at_once),
        cmocka_unit_test(a_refused_line_gets_a_new_ssrc),
        cmocka_unit_test(lines_are_never_removed),
        cmocka_unit_test(another_kind_in_the_same_place_is_refused),
        cmocka_unit_test(the_first_mid_stays_known),
        cmocka_unit_test(a_missing_mid_is_the_index),
        cmocka_unit_test(ice_restarts),
        cmocka_unit_test(the_dtls_role_never_changes),
        cmocka_unit_test(ids_and_payload_types_are_the_latest),
        cmocka_unit_test(our_ssrcs_are_not_the_peers),
        cmocka_unit_test(as_many_lines_as_there_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
