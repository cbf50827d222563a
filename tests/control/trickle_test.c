/* Candidates of the peer (core.md 9; example 12 of core.md 20). */
#include "control/rig.h"

#include <stdio.h>

#define CAND "candidate:1 1 udp 2122260223 198.51.100.7 50000 typ host"
#define GOOD "{'sdpMid':'0','sdpMLineIndex':0,'candidate':'" CAND "'}"

static void trickle(struct rig *r, const char *fields) {
    char text[2000];
    snprintf(text, sizeof text,
             "{'janus':'trickle','session_id':$S,'handle_id':$H,'transaction':'t'%s}", fields);
    say(r, text);
}

#define ACK "{'janus':'ack','session_id':$S,'transaction':'t'}"

static void before_the_offer_they_wait(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    trickle(r, ",'candidate':" GOOD);
    expect(r, ACK);
    trickle(r, ",'candidate':null");
    expect(r, ACK);
    assert_int_equal(r->engine->lines, 0);
    call(r, "{'audio':true}", offer_av);
    assert_int_equal(fake_engine_count(r->engine, "candidate 198.51.100.7:50000"), 1);
    assert_int_equal(fake_engine_count(r->engine, "candidate end"), 1);
    assert_int_equal(r->engine->cand.priority, 2122260223);
    rig_free(r);
}

/* While they wait they are acknowledged whatever they are; what is unusable takes no room. */
static void nonsense_does_not_wait(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    for (size_t i = 0; i < 128; i++) {
        trickle(r, ",'candidate':{'sdpMid':5}");
        expect(r, ACK);
        trickle(r, ",'candidate':{'sdpMid':'0','candidate':'nonsense'}");
        expect(r, ACK);
        trickle(r, ",'candidate':{'sdpMid':'a mid of more than 16','candidate':'" CAND "'}");
        expect(r, ACK);
    }
    trickle(r, ",'candidates':[" GOOD ",{'sdpMLineIndex':1,'candidate':'" CAND "'},"
               "{'sdpMid':'1','candidate':'" CAND "'}]");
    expect(r, ACK);
    call(r, "{'audio':true}", offer_av);
    assert_int_equal(fake_engine_count(r->engine, "candidate 198.51.100.7:50000"), 1);
    assert_int_equal(fake_engine_count(r->engine, "candidate end"), 0);
    rig_free(r);
}

static void but_not_for_ever(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    trickle(r, ",'candidate':" GOOD);
    expect(r, ACK);
    rig_advance(r, 44 * PTN_SECOND);
    trickle(r, ",'candidate':{'sdpMid':'0','candidate':'1 1 udp 5 198.51.100.8 5 typ host'}");
    expect(r, ACK);
    rig_advance(r, 2 * PTN_SECOND);
    call(r, "{'audio':true}", offer_av);
    assert_int_equal(fake_engine_count(r->engine, "candidate 198.51.100.7:50000"), 0);
    assert_int_equal(fake_engine_count(r->engine, "candidate 198.51.100.8:5"), 1);
    rig_free(r);
}

static const struct {
    const char *fields;
    int code;
    const char *reason;
} errors[] = {
    {"", 456, "Missing mandatory element (candidate|candidates)"},
    {",'candidate':" GOOD ",'candidates':[" GOOD "]", 454,
     "Can't have both candidate and candidates"},
    {",'candidates':5", 467, "candidates is not an array"},
    {",'candidate':{'sdpMid':5,'candidate':'" CAND "'}", 467,
     "Trickle error: invalid element type (sdpMid should be a string)"},
    {",'candidate':{'sdpMLineIndex':-1,'candidate':'" CAND "'}", 467,
     "Trickle error: invalid element type (sdpMLineIndex should be a positive integer)"},
    {",'candidate':{'sdpMLineIndex':'0','candidate':'" CAND "'}", 467,
     "Trickle error: invalid element type (sdpMLineIndex should be a positive integer)"},
    {",'candidate':{'candidate':'" CAND "'}", 456,
     "Trickle error: missing mandatory element (sdpMid or sdpMLineIndex)"},
    {",'candidate':{'sdpMid':'0'}", 456, "Trickle error: missing mandatory element (candidate)"},
    {",'candidate':{'sdpMid':'0','candidate':null}", 467,
     "Trickle error: invalid element type (candidate should be a string)"},
};

static void errors_in_a_call(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        trickle(r, errors[i].fields);
        expect_error(r, errors[i].code, errors[i].reason);
    }
    rig_free(r);
}

/* Acknowledged, and the engine hears of none. */
static const char *const ignored[] = {
    ",'candidate':{'sdpMid':'1','candidate':'" CAND "'}",
    ",'candidate':{'sdpMLineIndex':1,'candidate':'" CAND "'}",
    ",'candidate':{'sdpMid':'0','candidate':''}",
    ",'candidate':{'sdpMid':'0','candidate':'end-of-candidates'}",
    ",'candidate':{'sdpMid':'0','candidate':'nonsense'}",
    ",'candidate':{'sdpMid':'0','candidate':'1 1 udp 0 198.51.100.7 5 typ host'}",
    ",'candidate':{'sdpMid':'0','candidate':'1 1 udp 5 example.org 5 typ host'}",
    ",'candidate':{'sdpMid':'0','candidate':'1 1 udp 5 1c3f2a5e-0000.local 5 typ host'}",
    ",'candidates':[{'sdpMid':5},{'x':1}]",
    ",'candidates':[]",
};

static void ignored_candidates(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av);
    fake_engine_forget(r->engine);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        trickle(r, ignored[i]);
        expect(r, ACK);
        CHECK(r->engine->lines == 0, "%s: %s", ignored[i], r->engine->line[0]);
    }
    rig_free(r);
}

static void arrays_and_every_form_of_the_end(void **state) {
    (void)state;
    static const char *const ends[] = {"null", "'x'", "5", "{'completed':true}",
                                       "{'completed':false,'candidate':5}"};
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av);
    fake_engine_forget(r->engine);
    trickle(r, ",'candidates':[" GOOD ",{'sdpMid':5}," GOOD "]");
    expect(r, ACK);
    assert_int_equal(fake_engine_count(r->engine, "candidate 198.51.100.7:50000"), 2);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char fields[100];
        fake_engine_forget(r->engine);
        snprintf(fields, sizeof fields, ",'candidate':%s", ends[i]);
        trickle(r, fields);
        expect(r, ACK);
        CHECK(fake_engine_count(r->engine, "candidate end") == 1, "%s", ends[i]);
    }
    rig_free(r);
}

/* A candidate sent right behind its offer may be processed first: it must wait for the plan, or it
 * would go to the ICE generation before. */
static void they_wait_for_the_offer_in_the_queue(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    call(r, "{'do':'answer'}", offer_av);
    fake_engine_forget(r->engine);
    say_message(r, "{'do':'later'}", NULL, NULL);
    say_message(r, "{'do':'answer'}", "offer", offer_av);
    trickle(r, ",'candidate':" GOOD);
    expect(r, ACK);
    assert_int_equal(r->engine->lines, 0);
    test_finish_first("go on");
    expect_like(r, "{'janus':'success'}");
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'janus':'event','jsep':{'type':'answer'}}");
    assert_string_equal(r->engine->line[0], "plan 2 restart=0");
    assert_string_equal(r->engine->line[1], "candidate 198.51.100.7:50000");
    rig_free(r);
}

static void a_refused_offer_lets_them_go_on(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    call(r, "{'do':'answer'}", offer_av);
    fake_engine_forget(r->engine);
    say_message(r, "{'do':'later'}", NULL, NULL);
    say_message(r, "{'do':'answer'}", "offer", "nonsense");
    trickle(r, ",'candidate':" GOOD);
    expect(r, ACK);
    test_finish_first("go on");
    expect_like(r, "{'janus':'success'}");
    expect_error(r, 465, NULL);
    assert_string_equal(r->engine->line[0], "candidate 198.51.100.7:50000");
    rig_free(r);
}

static void candidates_in_the_description_are_used(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    char sdp[6000];
    const char *cut = strstr(offer_av, "m=video");
    snprintf(sdp, sizeof sdp, "%.*sa=" CAND "\r\na=end-of-candidates\r\n%s", (int)(cut - offer_av),
             offer_av, cut);
    call(r, "{'audio':true}", sdp);
    assert_int_equal(fake_engine_count(r->engine, "candidate 198.51.100.7:50000"), 1);
    assert_int_equal(fake_engine_count(r->engine, "candidate end"), 1);
    rig_free(r);
}

static void no_trickle_means_the_end(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    json_t *root = rig_json(r, "{'janus':'message','session_id':$S,'handle_id':$H,"
                               "'transaction':'m','body':{}}");
    json_object_set_new(
        root, "jsep", json_pack("{s:s, s:s, s:b}", "type", "offer", "sdp", offer_av, "trickle", 0));
    say_json(r, root);
    expect_like(r, "{'janus':'ack'}");
    assert_int_equal(fake_engine_count(r->engine, "candidate end"), 1);
    rig_free(r);
}

static void during_the_cleanup_they_are_refused(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    call(r, "{'do':'answer'}", offer_av);
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    expect_like(r, "{'janus':'success'}");
    trickle(r, ",'candidate':" GOOD);
    expect_error(r, 471, NULL);
    rig_free(r);
}

static void waiting_candidates_are_limited(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    for (size_t i = 0; i < 200; i++) {
        trickle(r, ",'candidate':" GOOD);
        expect(r, ACK);
    }
    call(r, "{'audio':true}", offer_av);
    assert_int_equal(fake_engine_count(r->engine, "candidate 198.51.100.7:50000"), 128);
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_offer_they_wait),
        cmocka_unit_test(nonsense_does_not_wait),
        cmocka_unit_test(but_not_for_ever),
        cmocka_unit_test(errors_in_a_call),
        cmocka_unit_test(ignored_candidates),
        cmocka_unit_test(arrays_and_every_form_of_the_end),
        cmocka_unit_test(they_wait_for_the_offer_in_the_queue),
        cmocka_unit_test(a_refused_offer_lets_them_go_on),
        cmocka_unit_test(candidates_in_the_description_are_used),
        cmocka_unit_test(no_trickle_means_the_end),
        cmocka_unit_test(during_the_cleanup_they_are_refused),
        cmocka_unit_test(waiting_candidates_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
