/* Descriptions in requests, and the life of the PeerConnection they make (core.md 8; examples 9
 * to 14 of core.md 20). */
#include "control/rig.h"

#include <stdio.h>

static const char *jsep_type(json_t *event) {
    return json_string_value(json_object_get(json_object_get(event, "jsep"), "type"));
}

static size_t count_of(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

static const struct {
    const char *jsep;
    int code;
    const char *reason;
} bad[] = {
    {"{'type':'pranswer','sdp':'v=0'}", 464, "JSEP error: unknown message type 'pranswer'"},
    {"{'type':'offer','sdp':'hello'}", 465, "Invalid SDP (doesn't start with v=)"},
    {"{'sdp':'v=0'}", 456, "JSEP error: missing mandatory element (type)"},
    {"{'type':5,'sdp':'v=0'}", 467, "JSEP error: invalid element type (type should be a string)"},
    {"{'type':'offer'}", 456, "JSEP error: missing mandatory element (sdp)"},
    {"{'type':'offer','sdp':null}", 467,
     "JSEP error: invalid element type (sdp should be a string)"},
    {"{'type':'offer','sdp':'v=0','trickle':'no'}", 467,
     "JSEP error: invalid element type (trickle should be a boolean)"},
    {"{'type':'offer','sdp':'v=0','e2ee':1}", 467,
     "JSEP error: invalid element type (e2ee should be a boolean)"},
    {"{'type':'offer','sdp':'v=0','rid_order':1}", 467,
     "JSEP error: invalid element type (rid_order should be a string)"},
    {"{'type':'offer','sdp':'v=0\\r\\no=- 1 1 IN IP4 1.2.3.4\\r\\ns=-\\r\\nt=0 0\\r\\n"
     "m=audio 9 UDP/TLS/RTP/SAVPF 0\\r\\n'}",
     465, "Error processing SDP"},
};

static void bad_descriptions(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *root = rig_json(r, "{'janus':'message','session_id':$S,'handle_id':$H,"
                                   "'transaction':'m','body':{}}");
        json_object_set_new(root, "jsep", rig_json(r, bad[i].jsep));
        say_json(r, root);
        expect_error(r, bad[i].code, bad[i].reason);
    }
    say_message(r, "{}", "answer", offer_av);
    expect_error(r, 469, "Unexpected ANSWER (did we offer?)");
    assert_int_equal(r->engine->lines, 0); /* the engine heard of none of it */
    say_message(r, "{}", "OFFER", offer_av);
    expect_like(r, "{'janus':'ack'}");
    rig_free(r);
}

static void a_whole_call(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    say_message(r, "{'audio':true,'video':true}", "offer", offer_av_data);
    expect_like(r, "{'janus':'ack','session_id':$S,'transaction':'m'}");
    expect_nothing(r); /* half trickle: waits for our candidates */
    gathered(r);
    json_t *event = next_message(r);
    assert_string_equal(jsep_type(event), "answer");
    const char *sdp = json_string_value(json_object_get(json_object_get(event, "jsep"), "sdp"));
    assert_non_null(strstr(sdp, "a=group:BUNDLE 0 1"));
    assert_int_equal(count_of(sdp, "a=setup:active"), 2);
    assert_int_equal(count_of(sdp, "a=candidate:"), 2);
    assert_int_equal(count_of(sdp, "a=end-of-candidates"), 2);
    assert_int_equal(count_of(sdp, "192.0.2.1 40000 typ host"), 2);
    char ufrag[64];
    snprintf(ufrag, sizeof ufrag, "a=ice-ufrag:%s\r\n", r->engine->params.ufrag);
    assert_int_equal(count_of(sdp, ufrag), 2);
    assert_non_null(strstr(sdp, "m=application 0 "));

    notice(r, (struct ptn_notice){.type = PTN_NOTICE_ICE, .ice_state = PTN_ICE_CONNECTED});
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_UP});
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_MEDIA, .layer = -1, .flag = true});
    notice(r,
           (struct ptn_notice){.type = PTN_NOTICE_MEDIA, .mindex = 1, .layer = -1, .flag = true});
    expect(r, "{'janus':'webrtcup','session_id':$S,'sender':$H}");
    expect(r, "{'janus':'media','session_id':$S,'sender':$H,'mid':'0','type':'audio',"
              "'receiving':true}");
    expect(r, "{'janus':'media','session_id':$S,'sender':$H,'mid':'1','type':'video',"
              "'receiving':true}");

    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h1'}");
    expect(r, "{'janus':'success','session_id':$S,'transaction':'h1'}");
    assert_int_equal(fake_engine_count(r->engine, "close Janus API"), 1);
    closed(r, "Janus API");
    expect_like(r, "{'janus':'event','plugindata':{'data':{'result':'done'}}}");
    expect(r, "{'janus':'hangup','session_id':$S,'sender':$H,'reason':'Janus API'}");
    call(r, "{'audio':true}", offer_av); /* and again */
    assert_int_equal(r->engine->plan->generation, 1);
    rig_free(r);
}

static void gathering_is_awaited_five_seconds_at_most(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'answer'}", "offer", offer_av);
    say_message(r, "{'do':'success'}", NULL, NULL);
    rig_advance(r, 5 * PTN_SECOND - 1);
    expect_nothing(r);
    rig_advance(r, 1);
    expect(r, "{'janus':'ack','session_id':$S,'transaction':'m'}");
    json_t *event = next_message(r);
    assert_string_equal(jsep_type(event), "answer");
    expect_like(r, "{'janus':'success'}"); /* the next one, after the answer */
    gathered(r);
    expect_nothing(r);
    rig_free(r);
}

static void known_candidates_are_not_awaited(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    r->me = 0;
    call(r, "{'do':'answer'}", offer_av);
    say_message(r, "{'do':'answer'}", "offer", offer_av);
    expect_like(r, "{'janus':'ack'}");
    json_t *event = next_message(r);
    const char *sdp = json_string_value(json_object_get(json_object_get(event, "jsep"), "sdp"));
    assert_int_equal(count_of(sdp, "a=candidate:"), 2); /* every description lists them again */
    assert_int_equal(fake_engine_count(r->engine, "plan 2 restart=0"), 1);
    assert_int_equal(fake_engine_count(r->engine, "new loop=-1 affinity=0 controlling=0"), 1);
    rig_free(r);
}

static void full_trickle_does_not_wait(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.full_trickle = true;
    rig_start(r);
    rig_create(r);
    rig_attach(r, "janus.plugin.echotest");
    say_message(r, "{}", "offer", offer_av);
    expect_like(r, "{'janus':'ack'}");
    json_t *event = next_message(r);
    const char *sdp = json_string_value(json_object_get(json_object_get(event, "jsep"), "sdp"));
    assert_null(strstr(sdp, "a=candidate"));
    assert_null(strstr(sdp, "end-of-candidates"));
    expect_nothing(r);
    gathered(r);
    expect(r, "{'janus':'trickle','session_id':$S,'sender':$H,'candidate':{'sdpMid':'0',"
              "'sdpMLineIndex':0,'candidate':"
              "'candidate:1 1 udp 2013266431 192.0.2.1 40000 typ host'}}");
    expect(r, "{'janus':'trickle','session_id':$S,'sender':$H,'candidate':{'completed':true}}");
    rig_free(r);
}

static void full_trickle_sends_known_candidates_with_the_answer(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.full_trickle = true;
    rig_start(r);
    rig_create(r);
    rig_attach(r, "janus.plugin.test");
    say_message(r, "{'do':'later'}", "offer", offer_av);
    gathered(r); /* before the plugin answers */
    expect_nothing(r);
    struct ptn_answer_mline lines[2] = {{.accept = true}, {.accept = true}};
    struct ptn_request *request = test_pending.request[0];
    test_pending.count = 0;
    assert_int_equal(ptn_request_answer(request, lines, 2, json_object()), PTN_OK);
    ptn_request_done(request);
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'janus':'event','jsep':{'type':'answer'}}");
    expect_like(r, "{'janus':'trickle'}");
    expect_like(r, "{'janus':'trickle','candidate':{'completed':true}}");
    rig_free(r);
}

/* The same offer with other credentials restarts ICE: new credentials of ours, known to both the
 * answer and the plan. */
static void new_credentials_restart_ice(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av);
    char again[6000], *at;
    snprintf(again, sizeof again, "%s", offer_av);
    while ((at = strstr(again, "ufrag:AbCd")))
        memcpy(at, "ufrag:wXyZ", 10);
    const char *answer = call(r, "{'audio':true}", again);
    assert_int_equal(fake_engine_count(r->engine, "plan 2 restart=1"), 1);
    assert_string_not_equal(r->engine->plan->local_ufrag, r->engine->params.ufrag);
    char line[300];
    snprintf(line, sizeof line, "a=ice-ufrag:%s\r\n", r->engine->plan->local_ufrag);
    assert_int_equal(count_of(answer, line), 2);
    answer = call(r, "{'audio':true}", again); /* and they are kept */
    assert_int_equal(fake_engine_count(r->engine, "plan 3 restart=0"), 1);
    assert_int_equal(count_of(answer, line), 2);
    rig_free(r);
}

static void fewer_mlines_than_before(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av_data);
    say_message(r, "{'audio':true}", "offer", offer_av);
    expect_error(r, 469, "Error processing SDP");
    say_message(r, "{'audio':true}", "offer", "v=1");
    expect_error(r, 465, NULL); /* a parse failure is a parse failure */
    say_message(r, "{'audio':true}", "answer", offer_av);
    expect_error(r, 469, NULL);
    call(r, "{'audio':true}", offer_av_data);
    rig_free(r);
}

static void e2ee_is_sticky(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    json_t *root = rig_json(r, "{'janus':'message','session_id':$S,'handle_id':$H,"
                               "'transaction':'m','body':{}}");
    json_object_set_new(root, "jsep",
                        json_pack("{s:s, s:s, s:b}", "type", "offer", "sdp", offer_av, "e2ee", 1));
    say_json(r, root);
    gathered(r);
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'janus':'event','jsep':{'e2ee':true}}");
    call(r, "{'audio':true}", offer_av);
    assert_true(json_is_true(json_object_get(
        json_object_get(r->client[0].inbox[r->client[0].read - 1], "jsep"), "e2ee")));
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    closed(r, "Janus API");
    expect_like(r, "{'janus':'success'}");
    expect_like(r, "{'plugindata':{'data':{'result':'done'}}}");
    expect_like(r, "{'janus':'hangup'}");
    call(r, "{'audio':true}", offer_av);
    assert_null(json_object_get(json_object_get(r->client[0].inbox[r->client[0].read - 1], "jsep"),
                                "e2ee"));
    rig_free(r);
}

static void an_offer_waits_for_the_cleanup(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    call(r, "{'do':'answer'}", offer_av);
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    expect_like(r, "{'janus':'success'}");
    say_message(r, "{'do':'success'}", NULL, NULL);
    expect_like(r, "{'janus':'success'}"); /* without a description nothing waits */
    say_message(r, "{'do':'answer'}", "offer", offer_av);
    say_message(r, "{'do':'success'}", NULL, NULL);
    rig_advance(r, 3 * PTN_SECOND - 1);
    expect_nothing(r);
    closed(r, "Janus API");
    expect_like(r, "{'janus':'hangup','reason':'Janus API'}");
    gathered(r);
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'janus':'event','jsep':{'type':'answer'}}");
    expect_like(r, "{'janus':'success'}");
    rig_free(r);
}

static void but_not_longer_than_three_seconds(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    call(r, "{'do':'answer'}", offer_av);
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    expect_like(r, "{'janus':'success'}");
    say_message(r, "{'do':'answer'}", "offer", offer_av);
    say_message(r, "{'do':'success'}", NULL, NULL);
    rig_advance(r, 3 * PTN_SECOND);
    expect_error(r, 471, "Still cleaning a previous session");
    expect_like(r, "{'janus':'success'}");
    closed(r, "Janus API");
    expect_like(r, "{'janus':'hangup'}");
    rig_free(r);
}

/* A hangup while the answer waits for candidates: the answer is never sent, the queue goes on. */
static void hangup_overtakes_the_answer(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    say_message(r, "{}", "offer", offer_av);
    say_message(r, "{'audio':true}", NULL, NULL);
    say_message(r, "{}", "offer", offer_av);
    expect_like(r, "{'janus':'ack'}");
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    expect_like(r, "{'janus':'success','transaction':'h'}");
    expect_nothing(r);
    closed(r, "Janus API");
    expect_like(r, "{'plugindata':{'data':{'result':'done'}}}");
    expect_like(r, "{'janus':'hangup'}");
    expect_like(r, "{'janus':'ack'}"); /* the second request */
    expect_like(r, "{'janus':'event','plugindata':{'data':{'result':'ok'}}}");
    expect_like(r, "{'janus':'ack'}"); /* the third makes a new PeerConnection */
    gathered(r);
    expect_like(r, "{'janus':'event','jsep':{'type':'answer'}}");
    rig_free(r);
}

/* The same, and the candidates come before the end: still no answer of what is closing. */
static void candidates_of_a_closing_peer(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    say_message(r, "{}", "offer", offer_av);
    expect_like(r, "{'janus':'ack'}");
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    expect_like(r, "{'janus':'success','transaction':'h'}");
    gathered(r);
    expect_nothing(r);
    say_message(r, "{'audio':true}", NULL, NULL); /* the queue goes on */
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'plugindata':{'data':{'result':'ok'}}}");
    rig_free(r);
}

static void detach_while_the_answer_waits(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    say_message(r, "{}", "offer", offer_av);
    say_message(r, "{'audio':true}", NULL, NULL);
    expect_like(r, "{'janus':'ack'}");
    say(r, "{'janus':'detach','session_id':$S,'handle_id':$H,'transaction':'d'}");
    expect_like(r, "{'janus':'success','transaction':'d'}");
    expect_like(r, "{'plugindata':{'data':{'result':'done'}}}");
    expect_error(r, 459, NULL);
    expect_like(r, "{'janus':'detached'}");
    gathered(r);
    rig_free(r);
}

static void the_engine_refuses(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    r->engine->refuse_peers = true;
    say_message(r, "{}", "offer", offer_av);
    expect_error(r, 490, "Error setting ICE locally");
    r->engine->refuse_peers = false;
    r->engine->refuse_plans = true;
    say_message(r, "{}", "offer", offer_av);
    expect_like(r, "{'janus':'ack'}");
    assert_int_equal(fake_engine_count(r->engine, "close DTLS-SRTP stack error"), 1);
    closed(r, "DTLS-SRTP stack error");
    expect_like(r, "{'plugindata':{'data':{'result':'done'}}}");
    expect_like(r, "{'janus':'hangup','reason':'DTLS-SRTP stack error'}");
    rig_free(r);
}

static void the_plugin_may_close_the_peerconnection(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    call(r, "{'do':'answer'}", offer_av);
    say_message(r, "{'do':'close'}", NULL, NULL);
    expect_error(r, 462, NULL); /* it said nothing else */
    assert_int_equal(fake_engine_count(r->engine, "close Close PC"), 1);
    closed(r, "Close PC");
    expect_like(r, "{'janus':'hangup','reason':'Close PC'}");
    rig_free(r);
}

static void placement_is_asked_before_the_peer_is_made(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'answer','room':1234}", "offer", offer_av);
    assert_int_equal(fake_engine_count(r->engine, "new loop=-1 affinity=1234 controlling=0"), 1);
    rig_free(r);
}

static void the_client_may_name_a_static_loop(void **state) {
    (void)state;
    static const struct {
        bool allowed;
        const char *index;
        const char *line;
    } cases[] = {
        {true, "1", "new loop=1 affinity=0 controlling=0"},
        {true, "2", "new loop=-1 affinity=0 controlling=0"},
        {false, "1", "new loop=-1 affinity=0 controlling=0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig *r = rig_new();
        r->cfg.static_loops = 2;
        r->cfg.allow_loop_indication = cases[i].allowed;
        rig_start(r);
        rig_create(r);
        char text[200];
        snprintf(text, sizeof text,
                 "{'janus':'attach','session_id':$S,'transaction':'a','loop_index':%s,"
                 "'plugin':'janus.plugin.test'}",
                 cases[i].index);
        say(r, text);
        r->handle = (uint64_t)json_integer_value(
            json_object_get(json_object_get(next_message(r), "data"), "id"));
        say_message(r, "{'do':'answer'}", "offer", offer_av);
        CHECK(fake_engine_count(r->engine, cases[i].line) == 1, "case %zu", i);
        rig_free(r);
    }
}

/* Text of the offer that the answer repeats may be cut inside a character. */
static void foreign_text_in_an_offer_does_no_harm(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    char sdp[6000];
    int at = snprintf(sdp, sizeof sdp, "v=0\r\no=");
    for (int i = 0; i < 40; i++)
        at += snprintf(sdp + at, sizeof sdp - (size_t)at, "\xe2\x82\xac");
    snprintf(sdp + at, sizeof sdp - (size_t)at, " 1 1 IN IP4 1.2.3.4\r\ns=\xe2\x82\xac\r\n%s",
             strstr(offer_av, "t=0 0"));
    say_message(r, "{}", "offer", sdp);
    gathered(r);
    json_t *first = next_message(r);
    if (strcmp(json_string_value(json_object_get(first, "janus")), "ack") == 0)
        expect_like(r, "{'janus':'event','jsep':{'type':'answer'}}");
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_descriptions),
        cmocka_unit_test(a_whole_call),
        cmocka_unit_test(gathering_is_awaited_five_seconds_at_most),
        cmocka_unit_test(known_candidates_are_not_awaited),
        cmocka_unit_test(full_trickle_does_not_wait),
        cmocka_unit_test(full_trickle_sends_known_candidates_with_the_answer),
        cmocka_unit_test(new_credentials_restart_ice),
        cmocka_unit_test(fewer_mlines_than_before),
        cmocka_unit_test(e2ee_is_sticky),
        cmocka_unit_test(an_offer_waits_for_the_cleanup),
        cmocka_unit_test(but_not_longer_than_three_seconds),
        cmocka_unit_test(hangup_overtakes_the_answer),
        cmocka_unit_test(candidates_of_a_closing_peer),
        cmocka_unit_test(detach_while_the_answer_waits),
        cmocka_unit_test(the_engine_refuses),
        cmocka_unit_test(the_plugin_may_close_the_peerconnection),
        cmocka_unit_test(placement_is_asked_before_the_peer_is_made),
        cmocka_unit_test(the_client_may_name_a_static_loop),
        cmocka_unit_test(foreign_text_in_an_offer_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
