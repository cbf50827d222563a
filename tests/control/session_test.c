/* Sessions: timeout, owner lost, claim (core.md 6; examples 15 to 17). */
#include "control/rig.h"

static void gone(struct rig *r, size_t i) {
    r->client[i].gone = true;
    ptn_api_client_gone(ptn_control_api(r->control), &r->client[i].client);
}

static void idle_sessions_time_out(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.session_timeout = 4 * PTN_SECOND;
    rig_start(r);
    rig_create(r);
    rig_advance(r, 4 * PTN_SECOND - 1);
    expect_nothing(r);
    rig_advance(r, 2 * PTN_SECOND + 1);
    expect(r, "{'janus':'timeout','session_id':$S}");
    assert_int_equal(r->client[0].over, 1);
    assert_int_equal(r->client[0].how, PTN_SESSION_TIMEOUT);
    say(r, "{'janus':'keepalive','session_id':$S,'transaction':'k'}");
    expect_error(r, 458, NULL);
    rig_free(r);
}

static void zero_means_never(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.session_timeout = 0;
    rig_start(r);
    rig_create(r);
    rig_advance(r, 100000 * PTN_SECOND);
    expect_nothing(r);
    rig_free(r);
}

static void a_poll_refreshes_after_checking_credentials(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.api_secret = "s";
    rig_start(r);
    say(r, "{'janus':'create','transaction':'c','apisecret':'s','id':9}");
    next_message(r);
    r->session = 9;
    struct ptn_api *api = ptn_control_api(r->control);
    rig_advance(r, 50 * PTN_SECOND);
    assert_int_equal(ptn_api_touch(api, 9, NULL, NULL), PTN_EAUTH);
    assert_int_equal(ptn_api_touch(api, 9, "t", NULL), PTN_EAUTH);
    assert_int_equal(ptn_api_touch(api, 8, "s", NULL), PTN_ENOENT);
    assert_int_equal(ptn_api_touch(api, 9, "s", NULL), PTN_OK);
    rig_advance(r, 50 * PTN_SECOND);
    expect_nothing(r);
    rig_advance(r, 12 * PTN_SECOND);
    expect(r, "{'janus':'timeout','session_id':9}");
    rig_free(r);
}

static void without_reclaim_the_session_goes_with_its_connection(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    uint64_t first = r->session;
    rig_create(r);
    r->me = 1;
    rig_create(r);
    assert_int_equal(ptn_control_count(r->control).sessions, 3);
    r->session = first;
    gone(r, 0);
    assert_int_equal(ptn_control_count(r->control).sessions, 1); /* the other client's */
    assert_int_equal(ptn_control_count(r->control).handles, 0);
    say(r, "{'janus':'keepalive','session_id':$S,'transaction':'k'}");
    expect_error(r, 458, NULL);
    rig_free(r);
}

static void a_lost_session_can_be_claimed_in_time(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.reclaim_session_timeout = 20 * PTN_SECOND;
    rig_start(r);
    rig_create(r);
    rig_attach(r, "janus.plugin.test");
    gone(r, 0);
    rig_advance(r, 15 * PTN_SECOND);
    r->me = 1;
    say(r, "{'janus':'claim','session_id':$S,'transaction':'x'}");
    expect(r, "{'janus':'success','session_id':$S,'transaction':'x'}");
    assert_int_equal(r->client[1].begun, 1);
    rig_advance(r, 50 * PTN_SECOND);
    say_message(r, "{'do':'ack'}", NULL, NULL);
    expect_like(r, "{'janus':'ack'}");
    expect_like(r, "{'janus':'event'}");
    rig_free(r);
}

/* Counted from the last request, not from the disconnection. */
static void reclaim_time_runs_from_the_last_activity(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.reclaim_session_timeout = 20 * PTN_SECOND;
    rig_start(r);
    rig_create(r);
    rig_advance(r, 18 * PTN_SECOND);
    gone(r, 0);
    rig_advance(r, 4 * PTN_SECOND);
    assert_int_equal(ptn_control_count(r->control).sessions, 0);
    rig_free(r);
}

static void claim_moves_events_but_not_replies(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    r->me = 1;
    say(r, "{'janus':'claim','session_id':$S,'transaction':'x'}");
    expect(r, "{'janus':'success','session_id':$S,'transaction':'x'}");
    assert_int_equal(r->client[0].over, 1);
    assert_int_equal(r->client[0].how, PTN_SESSION_CLAIMED);
    say(r, "{'janus':'claim','session_id':$S,'transaction':'again'}");
    expect_like(r, "{'janus':'success'}");
    assert_int_equal(r->client[1].begun, 1); /* a second claim changes nothing */
    r->me = 0;
    say_message(r, "{'do':'ack'}", NULL, NULL);
    expect_like(r, "{'janus':'ack','hint':'hint'}");
    expect_nothing(r);
    r->me = 1;
    expect_like(r, "{'janus':'event','transaction':'m','plugindata':{'data':{'result':'event'}}}");
    r->client[0].gone = true; /* the old owner's end no longer matters to the session */
    ptn_api_client_gone(ptn_control_api(r->control), &r->client[0].client);
    say(r, "{'janus':'keepalive','session_id':$S,'transaction':'k'}");
    expect_like(r, "{'janus':'ack'}");
    rig_free(r);
}

static void destroy_is_silent_afterwards(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av);
    say(r, "{'janus':'destroy','session_id':$S,'transaction':'d'}");
    expect(r, "{'janus':'success','session_id':$S,'transaction':'d'}");
    expect_nothing(r);
    assert_int_equal(fake_engine_count(r->engine, "close Detach"), 1);
    assert_int_equal(r->client[0].over, 1);
    assert_int_equal(r->client[0].how, PTN_SESSION_DESTROYED);
    closed(r, "Detach"); /* a late word of the dead peer */
    expect_nothing(r);
    say(r, "{'janus':'destroy','session_id':$S,'transaction':'d'}");
    expect_error(r, 458, NULL);
    rig_free(r);
}

static void detach_tells_and_forgets(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.echotest");
    call(r, "{'audio':true}", offer_av);
    say(r, "{'janus':'detach','session_id':$S,'handle_id':$H,'transaction':'d'}");
    expect(r, "{'janus':'success','session_id':$S,'transaction':'d'}");
    expect_like(r, "{'janus':'event','plugindata':{'data':{'result':'done'}}}");
    expect(r, "{'janus':'detached','session_id':$S,'sender':$H}");
    say_message(r, "{}", NULL, NULL);
    expect_error(r, 459, NULL);
    assert_int_equal(ptn_control_count(r->control).peers, 0);
    rig_free(r);
}

static void opaque_id_only_when_configured(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.opaqueid_in_api = true;
    rig_start(r);
    rig_create(r);
    rig_attach(r, "janus.plugin.test");
    say_message(r, "{'do':'success'}", NULL, NULL);
    expect(r, "{'janus':'success','session_id':$S,'transaction':'m','sender':$H,"
              "'opaque_id':'me','plugindata':{'plugin':'janus.plugin.test',"
              "'data':{'result':'now'}}}");
    rig_free(r);
}

static void handles_of_a_session_are_limited(void **state) {
    (void)state;
    struct rig *r = rig_new();
    rig_start(r);
    rig_create(r);
    json_t *attach = rig_json(r, "{'janus':'attach','session_id':$S,'transaction':'a',"
                                 "'plugin':'janus.plugin.test'}");
    for (size_t i = 0; i < 1024; i++) {
        say_json(r, json_incref(attach));
        CHECK(strcmp(json_string_value(json_object_get(next_message(r), "janus")), "success") == 0,
              "handle %zu", i);
        rig_forget(r); /* the inbox is short */
    }
    say_json(r, attach);
    expect_error(r, 461, NULL);
    assert_int_equal(ptn_control_count(r->control).handles, 1024);
    rig_free(r);
}

/* Ids fit a JavaScript number, and differ. */
static void ids_are_53_bits(void **state) {
    (void)state;
    struct rig *r = rig_new();
    rig_start(r);
    uint64_t last = 0, all = 0;
    for (size_t i = 0; i < 200; i++) {
        rig_create(r);
        assert_true(r->session < UINT64_C(1) << 53 && r->session != last);
        last = r->session;
        all |= last;
    }
    assert_true(all == (UINT64_C(1) << 53) - 1);
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idle_sessions_time_out),
        cmocka_unit_test(zero_means_never),
        cmocka_unit_test(a_poll_refreshes_after_checking_credentials),
        cmocka_unit_test(without_reclaim_the_session_goes_with_its_connection),
        cmocka_unit_test(a_lost_session_can_be_claimed_in_time),
        cmocka_unit_test(reclaim_time_runs_from_the_last_activity),
        cmocka_unit_test(claim_moves_events_but_not_replies),
        cmocka_unit_test(destroy_is_silent_afterwards),
        cmocka_unit_test(detach_tells_and_forgets),
        cmocka_unit_test(opaque_id_only_when_configured),
        cmocka_unit_test(handles_of_a_session_are_limited),
        cmocka_unit_test(ids_are_53_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
