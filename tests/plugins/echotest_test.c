/* EchoTest through the API (echotest.md; its examples 1 to 8, 10 and 14). */
#include "control/rig.h"

#include <stdio.h>

static const struct {
    const char *body;
    int code;          /* 0: result ok */
    const char *error; /* part of the text; NULL: any */
} bodies[] = {
    {"{}", 413, NULL},
    {"{'audiocodec':'opus'}", 413, NULL},
    {"{'svc':true}", 413, NULL},
    {"{'filename':'x'}", 413, NULL},
    {"{'request':'anything'}", 413, NULL},
    {"{'videocodec':'vp8'}", 0, NULL},
    {"{'videoprofile':'2'}", 0, NULL},
    {"{'opusred':true}", 0, NULL},
    {"{'audio':'x'}", 413, "audio"},
    {"{'audio':null}", 413, "audio"},
    {"{'video':1}", 413, "video"},
    {"{'bitrate':-1}", 413, "bitrate"},
    {"{'bitrate':1.5}", 413, "bitrate"},
    {"{'bitrate':4294967296}", 413, "bitrate"},
    {"{'bitrate':4294967295}", 0, NULL},
    {"{'substream':3}", 413, "substream"},
    {"{'substream':-1}", 413, "substream"},
    {"{'temporal':3}", 413, "temporal"},
    {"{'spatial_layer':3}", 413, "spatial_layer"},
    {"{'temporal_layer':3}", 413, "temporal_layer"},
    {"{'fallback':'x'}", 413, "fallback"},
    {"{'audio':true,'svc':5}", 413, "svc"},
    {"{'audio':true,'filename':5}", 413, "filename"},
    {"{'audio':true,'audiocodec':5}", 413, "audiocodec"},
    {"{'min_delay':'x'}", 413, "min_delay"},
    {"{'record':'x'}", 413, "record"},
    {"{'substream':1}", 413, "not supported yet"},
    {"{'temporal':0}", 413, "not supported yet"},
    {"{'fallback':1000}", 413, "not supported yet"},
    {"{'spatial_layer':1}", 413, "not supported yet"},
    {"{'temporal_layer':1}", 413, "not supported yet"},
    {"{'record':true}", 413, "not supported yet"},
    {"{'substream':1,'video':'x'}", 413, "video"}, /* a type error wins */
    {"{'record':false}", 0, NULL},
    {"{'audio':true,'video':true}", 0, NULL},
    {"{'request':'anything','min_delay':100}", 0, NULL},
    {"{'max_delay':-5}", 0, NULL},
};

static void fields(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        say_message(r, bodies[i].body, NULL, NULL);
        json_t *ack = next_message(r);
        CHECK(json_is_string(json_object_get(ack, "hint")), "%s", bodies[i].body);
        json_t *event = next_message(r);
        json_t *data = json_object_get(json_object_get(event, "plugindata"), "data");
        const char *error = json_string_value(json_object_get(data, "error"));
        CHECK(strcmp(json_string_value(json_object_get(event, "transaction")), "m") == 0, "%s",
              bodies[i].body);
        CHECK(json_integer_value(json_object_get(data, "error_code")) == bodies[i].code, "%s: %s",
              bodies[i].body, error);
        CHECK(!bodies[i].error || strstr(error, bodies[i].error), "%s: %s", bodies[i].body, error);
    }
    say_message(r, "{'audio':true}", NULL, NULL);
    next_message(r);
    expect(r, "{'janus':'event','session_id':$S,'transaction':'m','sender':$H,'plugindata':"
              "{'plugin':'janus.plugin.echotest','data':{'echotest':'event','result':'ok'}}}");
    rig_free(r);
}

static void an_offer_alone_is_enough(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    say_message(r, "{}", "offer", offer_av);
    gathered(r);
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'janus':'event','plugindata':{'data':{'echotest':'event','result':'ok'}},"
                   "'jsep':{'type':'answer'}}");
    rig_free(r);
}

static void every_mline_is_wired_to_itself(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    const char *answer = call(r, "{'audio':true,'video':true}", offer_av_data);
    assert_non_null(strstr(answer, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
    assert_non_null(strstr(answer, "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"));
    assert_non_null(strstr(answer, "a=fmtp:111 useinbandfec=1\r\n"));
    assert_non_null(strstr(answer, "a=rtcp-fb:96 transport-cc\r\n"));
    assert_int_equal(fake_engine_count(r->engine, "connect 0 to 0"), 1);
    assert_int_equal(fake_engine_count(r->engine, "connect 1 to 1"), 1);
    assert_int_equal(fake_engine_count(r->engine, "sink 0 paused=0 delay=-1,-1"), 1);
    rig_free(r);
}

static void the_wanted_codec_and_profile(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    const char *answer = call(r, "{'videocodec':'h264','videoprofile':'42e01f'}", offer_av);
    assert_non_null(strstr(answer, "m=video 9 UDP/TLS/RTP/SAVPF 103\r\n"));
    assert_non_null(strstr(answer, "a=fmtp:103 profile-level-id=42e01f;packetization-mode=1\r\n"));
    answer = call(r, "{'videocodec':'vp9'}", offer_av); /* not offered: refused, and still ok */
    assert_non_null(strstr(answer, "m=video 0 "));
    assert_non_null(strstr(answer, "m=audio 9 "));
    answer = call(r, "{'videoprofile':'42001f'}", offer_av); /* per request, not sticky */
    assert_non_null(strstr(answer, "m=video 9 UDP/TLS/RTP/SAVPF 102\r\n"));
    answer = call(r, "{'videoprofile':'640c1f'}", offer_av);
    assert_non_null(strstr(answer, "m=video 0 "));
    answer = call(r, "{'audiocodec':'pcmu'}", offer_av);
    assert_non_null(strstr(answer, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"));
    assert_non_null(strstr(answer, "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"));
    rig_free(r);
}

static void with_direction(const char *direction, char *out, size_t cap) {
    const char *at = offer_av, *next;
    size_t n = 0;
    out[0] = '\0';
    while ((next = strstr(at, "a=sendrecv"))) {
        n += (size_t)snprintf(out + n, cap - n, "%.*sa=%s", (int)(next - at), at, direction);
        at = next + strlen("a=sendrecv");
    }
    snprintf(out + n, cap - n, "%s", at);
}

static void directions(void **state) {
    (void)state;
    static const struct {
        const char *offered, *answered;
    } cases[] = {{"sendrecv", "a=sendrecv\r\n"},
                 {"sendonly", "a=recvonly\r\n"},
                 {"recvonly", "a=inactive\r\n"},
                 {"inactive", "a=inactive\r\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig *r = rig_ready("janus.plugin.echotest");
        char offer[6000];
        with_direction(cases[i].offered, offer, sizeof offer);
        const char *answer = call(r, "{}", offer);
        const char *audio = strstr(answer, cases[i].answered);
        CHECK(audio && strstr(audio + 1, cases[i].answered), "%s: %s", cases[i].offered, answer);
        rig_free(r);
    }
}

static void flags_pause_the_echo(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{}", offer_av);
    fake_engine_forget(r->engine);
    say_message(r, "{'audio':false,'video':false}", NULL, NULL);
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'plugindata':{'data':{'result':'ok'}}}");
    assert_int_equal(fake_engine_count(r->engine, "sink 0 paused=1 delay=-1,-1"), 1);
    assert_int_equal(fake_engine_count(r->engine, "sink 1 paused=1 delay=-1,-1"), 1);
    assert_int_equal(fake_engine_count(r->engine, "keyframe 1"), 0);
    fake_engine_forget(r->engine);
    call(r, "{}", offer_av); /* sticky over a renegotiation */
    assert_int_equal(fake_engine_count(r->engine, "sink 0 paused=1 delay=-1,-1"), 1);
    fake_engine_forget(r->engine);
    say_message(r, "{'video':true}", NULL, NULL);
    next_message(r), next_message(r);
    assert_int_equal(fake_engine_count(r->engine, "sink 0 paused=1 delay=-1,-1"), 1);
    assert_int_equal(fake_engine_count(r->engine, "sink 1 paused=0 delay=-1,-1"), 1);
    assert_int_equal(fake_engine_count(r->engine, "keyframe 1"), 1);
    fake_engine_forget(r->engine);
    say_message(r, "{'video':true}", NULL, NULL); /* only when it was off */
    next_message(r), next_message(r);
    assert_int_equal(fake_engine_count(r->engine, "keyframe 1"), 0);
    rig_free(r);
}

static void nothing_of_a_bad_request_is_applied(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{}", offer_av);
    fake_engine_forget(r->engine);
    say_message(r, "{'audio':false,'bitrate':64000,'temporal_layer':9}", NULL, NULL);
    next_message(r);
    expect_like(r, "{'plugindata':{'data':{'error_code':413}}}");
    assert_int_equal(r->engine->lines, 0);
    say_message(r, "{'audio':false,'substream':1}", "offer", offer_av);
    next_message(r);
    expect_like(r, "{'plugindata':{'data':{'error_code':413}}}");
    assert_int_equal(r->engine->lines, 0); /* the offer is not answered either */
    rig_free(r);
}

static void bitrate_becomes_a_remb(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    say_message(r, "{'bitrate':64000}", NULL, NULL); /* kept until there is a PeerConnection */
    next_message(r), next_message(r);
    call(r, "{}", offer_av);
    assert_int_equal(fake_engine_count(r->engine, "remb 64000"), 1);
    say_message(r, "{'bitrate':128000}", NULL, NULL);
    next_message(r), next_message(r);
    assert_int_equal(fake_engine_count(r->engine, "remb 128000"), 1);
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_REMB, .value = 5000000});
    assert_int_equal(fake_engine_count(r->engine, "remb 128000"), 2); /* answered, not echoed */
    say_message(r, "{'bitrate':0}", NULL, NULL);
    next_message(r), next_message(r);
    assert_int_equal(fake_engine_count(r->engine, "remb 0"), 1);
    rig_free(r);
}

static void delays_drag_each_other(void **state) {
    (void)state;
    static const struct {
        const char *body, *line;
    } steps[] = {
        {"{'min_delay':100}", "sink 1 paused=0 delay=100,100"},
        {"{'max_delay':300}", "sink 1 paused=0 delay=100,300"},
        {"{'min_delay':400}", "sink 1 paused=0 delay=400,400"},
        {"{'max_delay':50}", "sink 1 paused=0 delay=50,50"},
        {"{'min_delay':99999}", "sink 1 paused=0 delay=4095,4095"},
        {"{'min_delay':-7}", "sink 1 paused=0 delay=-1,-1"},
        {"{'min_delay':20,'max_delay':-1}", "sink 1 paused=0 delay=-1,-1"},
    };
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{}", offer_av);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        fake_engine_forget(r->engine);
        say_message(r, steps[i].body, NULL, NULL);
        next_message(r), next_message(r);
        CHECK(fake_engine_count(r->engine, steps[i].line) == 1, "%s", steps[i].body);
    }
    rig_free(r);
}

static void slow_link_only_of_what_is_on(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':false,'bitrate':90000}", offer_av);
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_SLOWLINK, .mindex = 0, .value = 7});
    expect_like(r, "{'janus':'slowlink'}");
    expect_nothing(r);
    notice(r, (struct ptn_notice){.type = PTN_NOTICE_SLOWLINK, .mindex = 1, .value = 7});
    expect_like(r, "{'janus':'slowlink'}");
    expect(r, "{'janus':'event','session_id':$S,'sender':$H,'plugindata':{'plugin':"
              "'janus.plugin.echotest','data':{'echotest':'event','event':'slow_link',"
              "'media':'video','current-bitrate':90000}}}");
    rig_free(r);
}

static void the_end_restores_the_defaults(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':false,'bitrate':64000,'min_delay':5}", offer_av);
    say(r, "{'janus':'hangup','session_id':$S,'handle_id':$H,'transaction':'h'}");
    expect_like(r, "{'janus':'success'}");
    closed(r, "Janus API");
    expect(r, "{'janus':'event','session_id':$S,'sender':$H,'plugindata':{'plugin':"
              "'janus.plugin.echotest','data':{'echotest':'event','result':'done'}}}");
    expect_like(r, "{'janus':'hangup'}");
    fake_engine_forget(r->engine);
    call(r, "{}", offer_av);
    assert_int_equal(fake_engine_count(r->engine, "sink 0 paused=0 delay=-1,-1"), 1);
    assert_int_equal(fake_engine_count(r->engine, "remb 64000"), 0);
    rig_free(r);
}

static void admin_returns_a_copy(void **state) {
    (void)state;
    extern const struct ptn_plugin ptn_plugin_echotest;
    json_t *request = json_pack("{s:s}", "foo", "bar");
    json_t *reply = ptn_plugin_echotest.admin(NULL, request);
    assert_true(json_equal(request, reply));
    json_decref(request);
    json_decref(reply);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(an_offer_alone_is_enough),
        cmocka_unit_test(every_mline_is_wired_to_itself),
        cmocka_unit_test(the_wanted_codec_and_profile),
        cmocka_unit_test(directions),
        cmocka_unit_test(flags_pause_the_echo),
        cmocka_unit_test(nothing_of_a_bad_request_is_applied),
        cmocka_unit_test(bitrate_becomes_a_remb),
        cmocka_unit_test(delays_drag_each_other),
        cmocka_unit_test(slow_link_only_of_what_is_on),
        cmocka_unit_test(the_end_restores_the_defaults),
        cmocka_unit_test(admin_returns_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
