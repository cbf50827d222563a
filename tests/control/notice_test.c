/* What the engine tells becomes events (core.md 7), and a failed ICE a hangup (core.md 15). */
#include "control/rig.h"

#include <stdio.h>

static void ice(struct rig *r, enum ptn_ice_state state) {
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_ICE, .ice_state = state});
}

static struct rig *in_call(ptn_time no_media_timer, bool hangup_on_failed) {
    struct rig *r = rig_new();
    r->cfg.no_media_timer = no_media_timer;
    r->cfg.hangup_on_failed = hangup_on_failed;
    rig_start(r);
    rig_create(r);
    rig_attach(r, "janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av);
    return r;
}

static void media_says_how_long_it_was_silent(void **state) {
    (void)state;
    struct rig *r = in_call(3 * PTN_SECOND, false);
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_MEDIA, .mindex = 1, .layer = 2, .flag = true});
    expect(r, "{'janus':'media','session_id':$S,'sender':$H,'mid':'1','type':'video',"
              "'substream':2,'receiving':true}");
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_MEDIA, .layer = -1});
    expect(r, "{'janus':'media','session_id':$S,'sender':$H,'mid':'0','type':'audio',"
              "'receiving':false,'seconds':3}");
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_MEDIA, .mindex = 9, .layer = -1});
    expect_nothing(r); /* no such m-line */
    rig_free(r);
}

static void one_second_goes_without_saying(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_MEDIA, .layer = -1});
    expect(r, "{'janus':'media','session_id':$S,'sender':$H,'mid':'0','type':'audio',"
              "'receiving':false}");
    rig_free(r);
}

static void slowlink_is_told_to_client_and_plugin(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    notice(r,
           (struct ptn_notice){.type = PTN_NOTICE_SLOWLINK, .mindex = 0, .flag = true, .value = 9});
    expect(r, "{'janus':'slowlink','session_id':$S,'sender':$H,'mid':'0','media':'audio',"
              "'uplink':true,'lost':9}");
    expect_nothing(r); /* EchoTest cares for the other direction only */
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_SLOWLINK, .mindex = 1, .value = 7});
    expect(r, "{'janus':'slowlink','session_id':$S,'sender':$H,'mid':'1','media':'video',"
              "'uplink':false,'lost':7}");
    expect_like(r, "{'janus':'event','plugindata':{'data':{'event':'slow_link'}}}");
    rig_free(r);
}

static void up_is_told_once(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_UP});
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_UP});
    expect_like(r, "{'janus':'webrtcup'}");
    expect_nothing(r);
    rig_free(r);
}

static void every_other_notice_is_silent(void **state) {
    (void)state;
    static const enum ptn_notice_type types[] = {PTN_NOTICE_SELECTED, PTN_NOTICE_DTLS,
                                                 PTN_NOTICE_REMB,     PTN_NOTICE_KEYFRAME,
                                                 PTN_NOTICE_STATS,    PTN_NOTICE_GATHERED};
    struct rig *r = in_call(PTN_SECOND, false);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        notice(r, (struct ptn_notice){.type = types[i]});
    expect_nothing(r);
    rig_free(r);
}

static void dead_peers_say_nothing(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    closed(r, "DTLS alert");
    expect_like(r, "{'plugindata':{'data':{'result':'done'}}}");
    expect(r, "{'janus':'hangup','session_id':$S,'sender':$H,'reason':'DTLS alert'}");
    for (int type = 0; type <= PTN_NOTICE_STATS; type++)
        notice(r, (struct ptn_notice){.type = (enum ptn_notice_type)type});
    expect_nothing(r);
    assert_int_equal(ptn_control_count(r->control).peers, 0);
    r->engine->live--; /* this one ended by itself */
    rig_free(r);
}

/* The peer may still trickle: 15 s. */
static void failed_ice_has_patience(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    ice(r, PTN_ICE_FAILED);
    expect_nothing(r); /* it never worked: no ice-failed */
    rig_advance(r, 15 * PTN_SECOND - 1);
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 0);
    rig_advance(r, PTN_SECOND);
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 1);
    rig_free(r);
}

/* Nothing more will come: 5 s. */
static void failed_ice_gives_up_sooner_after_the_last_candidate(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    say(r, "{'janus':'trickle','session_id':$S,'handle_id':$H,'transaction':'t',"
           "'candidate':{'completed':true}}");
    expect_like(r, "{'janus':'ack'}");
    ice(r, PTN_ICE_FAILED);
    rig_advance(r, 5 * PTN_SECOND - 1);
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 0);
    rig_advance(r, 501 * PTN_MS);
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 1);
    rig_free(r);
}

/* Requests of the client do not put the end off. */
static void a_busy_client_does_not_delay_the_end(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    ice(r, PTN_ICE_FAILED);
    for (int i = 0; i < 39; i++) { /* 15.6 s */
        rig_advance(r, 400 * PTN_MS);
        say_message(r, "{'audio':true}", NULL, NULL);
        expect_like(r, "{'janus':'ack'}");
        expect_like(r, "{'janus':'event'}");
    }
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 1);
    rig_free(r);
}

/* A renegotiation that is no restart has no candidates of its own: the last one has been. */
static void a_renegotiation_keeps_the_end_of_candidates(void **state) {
    (void)state;
    for (int restart = 0; restart < 2; restart++) {
        struct rig *r = in_call(PTN_SECOND, false);
        say(r, "{'janus':'trickle','session_id':$S,'handle_id':$H,'transaction':'t',"
               "'candidate':null}");
        expect_like(r, "{'janus':'ack'}");
        char again[6000], *at;
        snprintf(again, sizeof again, "%s", offer_av);
        while (restart && (at = strstr(again, "ufrag:AbCd")))
            memcpy(at, "ufrag:wXyZ", 10);
        call(r, "{'audio':true}", again);
        ice(r, PTN_ICE_FAILED);
        rig_advance(r, 6 * PTN_SECOND);
        CHECK(fake_engine_count(r->engine, "close ICE failed") == !restart, "restart %d", restart);
        rig_free(r);
    }
}

/* Who said that all candidates are in the description, and sends one all the same, trickles. */
static void a_late_candidate_means_trickle(void **state) {
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct rig *r = rig_ready("janus.plugin.echotest");
        json_t *root = rig_json(r, "{'janus':'message','session_id':$S,'handle_id':$H,"
                                   "'transaction':'m','body':{}}");
        json_object_set_new(
            root, "jsep",
            json_pack("{s:s, s:s, s:b}", "type", "offer", "sdp", offer_av, "trickle", 0));
        say_json(r, root);
        gathered(r);
        expect_like(r, "{'janus':'ack'}");
        expect_like(r, "{'janus':'event'}");
        if (late) {
            say(r,
                "{'janus':'trickle','session_id':$S,'handle_id':$H,'transaction':'t','candidate':"
                "{'sdpMid':'0','candidate':'1 1 udp 5 198.51.100.8 5 typ host'}}");
            expect_like(r, "{'janus':'ack'}");
        }
        ice(r, PTN_ICE_FAILED);
        rig_advance(r, 6 * PTN_SECOND);
        CHECK(fake_engine_count(r->engine, "close ICE failed") == !late, "late %d", late);
        rig_free(r);
    }
}

static void recovered_ice_is_forgiven(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    ice(r, PTN_ICE_CONNECTED);
    ice(r, PTN_ICE_FAILED);
    expect(r, "{'janus':'ice-failed','session_id':$S,'sender':$H}");
    rig_advance(r, 4 * PTN_SECOND);
    ice(r, PTN_ICE_CONNECTED);
    rig_advance(r, 30 * PTN_SECOND);
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 0);
    rig_free(r);
}

static void hangup_on_failed_skips_the_patience(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, true);
    ice(r, PTN_ICE_FAILED); /* not before it has worked */
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 0);
    ice(r, PTN_ICE_CONNECTED);
    ice(r, PTN_ICE_FAILED);
    expect_like(r, "{'janus':'ice-failed'}");
    assert_int_equal(fake_engine_count(r->engine, "close ICE failed"), 1);
    rig_free(r);
}

static void hangup_without_a_peerconnection(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    expect(r, "{'janus':'success','session_id':$S,'transaction':'h'}");
    expect_nothing(r);
    rig_free(r);
}

static void a_second_hangup_changes_nothing(void **state) {
    (void)state;
    struct rig *r = in_call(PTN_SECOND, false);
    for (int i = 0; i < 2; i++) {
        say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
        expect_like(r, "{'janus':'success'}");
    }
    assert_int_equal(fake_engine_count(r->engine, "close Janus API"), 1);
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_says_how_long_it_was_silent),
        cmocka_unit_test(one_second_goes_without_saying),
        cmocka_unit_test(slowlink_is_told_to_client_and_plugin),
        cmocka_unit_test(up_is_told_once),
        cmocka_unit_test(every_other_notice_is_silent),
        cmocka_unit_test(dead_peers_say_nothing),
        cmocka_unit_test(failed_ice_has_patience),
        cmocka_unit_test(failed_ice_gives_up_sooner_after_the_last_candidate),
        cmocka_unit_test(a_busy_client_does_not_delay_the_end),
        cmocka_unit_test(a_renegotiation_keeps_the_end_of_candidates),
        cmocka_unit_test(a_late_candidate_means_trickle),
        cmocka_unit_test(recovered_ice_is_forgiven),
        cmocka_unit_test(hangup_on_failed_skips_the_patience),
        cmocka_unit_test(hangup_without_a_peerconnection),
        cmocka_unit_test(a_second_hangup_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
