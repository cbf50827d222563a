/* The order of checks and the error codes of core.md 2, 3 and 5; examples 1 to 8 of core.md 20. */
#include "control/rig.h"

static void examples_1_to_6(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.api_secret = "s3cr3t";
    rig_start(r);
    say(r, "{'janus':'ping','transaction':'a1'}");
    expect(r, "{'janus':'pong','transaction':'a1'}");
    say(r, "{'transaction':'a2'}");
    expect(r, "{'janus':'error','error':{'code':456,'reason':"
              "'Missing mandatory element (janus)'}}");
    say(r, "{'janus':'keepalive','transaction':5,'session_id':77}");
    expect(r, "{'janus':'error','session_id':77,'error':{'code':467,'reason':"
              "'Invalid element type (transaction should be a string)'}}");
    say(r, "{'janus':'create','id':4242,'transaction':'c1','apisecret':'s3cr3t'}");
    expect(r, "{'janus':'success','transaction':'c1','data':{'id':4242}}");
    say(r, "{'janus':'create','id':4242,'transaction':'c2','apisecret':'s3cr3t'}");
    expect(r, "{'janus':'error','session_id':4242,'transaction':'c2','error':{'code':468,"
              "'reason':'Session ID already in use'}}");
    say(r, "{'janus':'keepalive','session_id':'4242','transaction':'k0'}");
    expect_error(r, 457, "Unhandled request 'keepalive' at this path");
    say(r, "{'janus':'KeepAlive','session_id':4242,'transaction':'k1','apisecret':'s3cr3t'}");
    expect(r, "{'janus':'ack','session_id':4242,'transaction':'k1'}");
    rig_free(r);
}

static void examples_7_and_8(void **state) {
    (void)state;
    struct rig *r = rig_new();
    rig_start(r);
    rig_create(r);
    say(r, "{'janus':'attach','plugin':'janus.plugin.nope','session_id':$S,'transaction':'p1'}");
    expect_error(r, 460, "No such plugin 'janus.plugin.nope'");
    rig_attach(r, "janus.plugin.echotest");
    say(r, "{'janus':'message','session_id':$S,'handle_id':1,'transaction':'m0','body':{}}");
    char reason[100];
    snprintf(reason, sizeof reason, "No such handle 1 in session %llu",
             (unsigned long long)r->session);
    expect_error(r, 459, reason);
    say(r, "{'janus':'message','session_id':$S,'handle_id':'1','transaction':'m0','body':{}}");
    expect_error(r, 459, "Handle not found");
    rig_free(r);
}

/* Each fails at its own check and at no later one; $S exists, its handle $H too. */
static const struct {
    const char *text;
    int code;
    const char *reason;
    bool has_transaction;
} order[] = {
    {"[]", 456, "Missing mandatory element (transaction)", false},
    {"5", 456, "Missing mandatory element (transaction)", false},
    {"{}", 456, "Missing mandatory element (transaction)", false},
    {"{'transaction':null,'janus':1}", 467, "Invalid element type (transaction should be a string)",
     false},
    {"{'transaction':'t','janus':null}", 467, "Invalid element type (janus should be a string)",
     false},
    {"{'transaction':'t','janus':'ping','id':'x'}", 467,
     "Invalid element type (id should be a positive integer)", false},
    {"{'transaction':'t','janus':'ping','id':-1}", 467,
     "Invalid element type (id should be a positive integer)", false},
    {"{'transaction':'t','janus':'ping','id':1.0}", 467,
     "Invalid element type (id should be a positive integer)", false},
    {"{'transaction':'t','janus':'keepalive','session_id':$S,'id':null}", 467,
     "Invalid element type (id should be a positive integer)", false},
    {"{'transaction':'t','janus':'nonsense'}", 457, "Unhandled request 'nonsense' at this path",
     true},
    {"{'transaction':'t','janus':'message','session_id':1.0}", 457,
     "Unhandled request 'message' at this path", true},
    {"{'transaction':'t','janus':'attach','session_id':null,'handle_id':null}", 457,
     "Unhandled request 'attach' at this path", true},
    {"{'transaction':'t','janus':'message','handle_id':5}", 458, "Session not found", true},
    {"{'transaction':'t','janus':'message','session_id':$S,'handle_id':0}", 459, "Handle not found",
     true},
    {"{'transaction':'t','janus':'message','session_id':$S,'handle_id':-4}", 459,
     "Handle not found", true},
    {"{'transaction':'t','janus':'message','session_id':1,'handle_id':'x'}", 459,
     "Handle not found", true},
    {"{'transaction':'t','janus':'keepalive','session_id':1}", 403,
     "Unauthorized request (wrong or missing secret/token)", true},
    {"{'transaction':'t','janus':'keepalive','session_id':$S,'apisecret':'S'}", 403, NULL, true},
    {"{'transaction':'t','janus':'keepalive','session_id':$S,'apisecret':5}", 403, NULL, true},
    {"{'transaction':'t','janus':'create'}", 403, NULL, true},
    {"{'transaction':'t','janus':'keepalive','session_id':1,'apisecret':'s'}", 458,
     "No such session 1", true},
    {"{'transaction':'t','janus':'nonsense','session_id':$S,'handle_id':7,'apisecret':'s'}", 459,
     NULL, true},
    {"{'transaction':'t','janus':'nonsense','session_id':$S,'apisecret':'s'}", 453,
     "Unknown request 'nonsense'", true},
    {"{'transaction':'t','janus':'create','session_id':$S,'apisecret':'s'}", 453,
     "Unknown request 'create'", true},
    {"{'transaction':'t','janus':'message','session_id':$S,'apisecret':'s'}", 457,
     "Unhandled request 'message' at this path", true},
    {"{'transaction':'t','janus':'detach','session_id':$S,'handle_id':null,'apisecret':'s'}", 457,
     NULL, true},
    {"{'transaction':'t','janus':'attach','session_id':$S,'handle_id':$H,'apisecret':'s'}", 457,
     "Unhandled request 'attach' at this path", true},
    {"{'transaction':'t','janus':'destroy','session_id':$S,'handle_id':$H,'apisecret':'s'}", 457,
     NULL, true},
    {"{'transaction':'t','janus':'attach','session_id':$S,'apisecret':'s'}", 456,
     "Missing mandatory element (plugin)", true},
    {"{'transaction':'t','janus':'attach','session_id':$S,'plugin':7,'apisecret':'s'}", 467,
     "Invalid element type (plugin should be a string)", true},
    {"{'transaction':'t','janus':'attach','session_id':$S,'plugin':'x','opaque_id':7,"
     "'apisecret':'s'}",
     467, "Invalid element type (opaque_id should be a string)", true},
    {"{'transaction':'t','janus':'attach','session_id':$S,'plugin':'x','loop_index':-1,"
     "'apisecret':'s'}",
     467, "Invalid element type (loop_index should be a positive integer)", true},
    {"{'transaction':'t','janus':'attach','session_id':$S,'plugin':'janus.plugin.test',"
     "'opaque_id':'no','apisecret':'s'}",
     461, NULL, true},
    {"{'transaction':'t','janus':'message','session_id':$S,'handle_id':$H,'apisecret':'s'}", 456,
     "Missing mandatory element (body)", true},
    {"{'transaction':'t','janus':'message','session_id':$S,'handle_id':$H,'body':[],"
     "'apisecret':'s'}",
     467, "Invalid element type (body should be an object)", true},
    {"{'transaction':'t','janus':'message','session_id':$S,'handle_id':$H,'body':null,"
     "'jsep':null,'apisecret':'s'}",
     467, "Invalid element type (body should be an object)", true},
    {"{'transaction':'t','janus':'message','session_id':$S,'handle_id':$H,'body':{},'jsep':null,"
     "'apisecret':'s'}",
     455, "Invalid jsep object", true},
};

static void first_failed_check_wins(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.api_secret = "s";
    rig_start(r);
    say(r, "{'janus':'create','transaction':'c','id':4242,'apisecret':'s'}");
    next_message(r);
    r->session = 4242;
    say(r, "{'janus':'attach','session_id':$S,'transaction':'a','plugin':'janus.plugin.test',"
           "'apisecret':'s'}");
    r->handle = (uint64_t)json_integer_value(
        json_object_get(json_object_get(next_message(r), "data"), "id"));
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        say(r, order[i].text);
        json_t *got = next_message(r), *error = json_object_get(got, "error");
        const char *reason = json_string_value(json_object_get(error, "reason"));
        CHECK(json_integer_value(json_object_get(error, "code")) == order[i].code, "%s: %lld %s",
              order[i].text, json_integer_value(json_object_get(error, "code")), reason);
        CHECK(!order[i].reason || strcmp(reason, order[i].reason) == 0, "%s: %s", order[i].text,
              reason);
        CHECK((json_object_get(got, "transaction") != NULL) == order[i].has_transaction, "%s",
              order[i].text);
    }
    rig_free(r);
}

/* Refreshed by whatever passes authentication and session lookup, and by nothing else. */
static void failed_requests_count_as_activity(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.session_timeout = 10 * PTN_SECOND;
    rig_start(r);
    rig_create(r);
    rig_advance(r, 8 * PTN_SECOND);
    say(r, "{'janus':'nonsense','session_id':$S,'transaction':'t'}");
    expect_error(r, 453, NULL);
    rig_advance(r, 8 * PTN_SECOND);
    expect_nothing(r);
    say(r, "{'janus':'keepalive','session_id':$S,'handle_id':'x','transaction':'t'}");
    expect_error(r, 459, NULL); /* fails before the session is looked up */
    rig_advance(r, 4 * PTN_SECOND);
    expect(r, "{'janus':'timeout','session_id':$S}");
    rig_free(r);
}

/* Which wins over everything but the envelope: also over the secret. */
static void a_server_that_ends_accepts_no_sessions(void **state) {
    (void)state;
    struct rig *r = rig_new();
    r->cfg.api_secret = "s";
    rig_start(r);
    ptn_control_shutdown(r->control);
    say(r, "{'janus':'create','transaction':'c'}");
    expect_error(r, 472, "Currently not accepting new sessions");
    say(r, "{'janus':'create','transaction':'c','apisecret':'s','id':5}");
    expect_error(r, 472, NULL);
    say(r, "{'janus':'info','transaction':'i'}");
    expect_like(r, "{'accepting-new-sessions':false}");
    rig_free(r);
}

static void reject_answers_without_looking(void **state) {
    (void)state;
    struct rig *r = rig_new();
    rig_start(r);
    ptn_api_reject(ptn_control_api(r->control), &r->client[0].client, 77, 454, "because");
    expect(r, "{'janus':'error','error':{'code':454,'reason':'because'}}");
    ptn_api_reject(ptn_control_api(r->control), &r->client[0].client, 77, 450, NULL);
    expect_error(r, 450, "Transport specific error");
    rig_free(r);
}

/* A long verb is cut in the reason, and not inside a character. */
static void cut_text_stays_utf8(void **state) {
    (void)state;
    struct rig *r = rig_new();
    rig_start(r);
    for (size_t pad = 0; pad < 4; pad++) {
        char verb[1400] = "";
        memset(verb, 'x', pad);
        for (size_t i = pad; i + 4 < sizeof verb; i += 3)
            memcpy(verb + i, "\xe2\x82\xac", 4);
        say_json(r, json_pack("{s:s, s:s}", "janus", verb, "transaction", "t"));
        json_t *error = json_object_get(next_message(r), "error");
        const char *reason = json_string_value(json_object_get(error, "reason"));
        CHECK(reason && strlen(reason) > 400, "pad %zu", pad);
    }
    rig_free(r);
}

static void info_has_what_clients_read(void **state) {
    (void)state;
    static const struct ptn_module_info transport = {
        "janus.transport.http", "n", "a", "d", "0.0.2", 2};
    struct rig *r = rig_new();
    r->cfg.transports = &transport;
    r->cfg.transport_count = 1;
    r->cfg.api_secret = "hidden";
    rig_start(r);
    say(r, "{'janus':'info','transaction':'i'}");
    expect_like(r, "{'janus':'server_info','transaction':'i','name':'Janus WebRTC Server',"
                   "'version':1402,'version_string':'1.4.2','server-name':'Test',"
                   "'session-timeout':60,'reclaim-session-timeout':0,'candidates-timeout':45,"
                   "'local-ip':'192.0.2.1','api_secret':true,'auth_token':false,"
                   "'accepting-new-sessions':true,'data_channels':false,'ipv6':false,"
                   "'ice-nomination':'regular','full-trickle':false,'min-nack-queue':200,"
                   "'static-event-loops':0,'events':{},'loggers':{},"
                   "'transports':{'janus.transport.http':{'name':'n','author':'a',"
                   "'description':'d','version_string':'0.0.2','version':2}},"
                   "'plugins':{'janus.plugin.echotest':{'name':'JANUS EchoTest plugin',"
                   "'version':7,'version_string':'0.0.7'}}}");
    json_t *info = ptn_api_info(ptn_control_api(r->control), NULL);
    assert_non_null(json_object_get(info, "transaction"));
    assert_null(json_object_get(info, "dscp"));
    assert_null(json_object_get(info, "loop-indication"));
    assert_null(json_object_get(info, "ipv6-link-local"));
    char *text = json_dumps(info, 0);
    assert_null(strstr(text, "hidden"));
    free(text);
    json_decref(info);
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_1_to_6),
        cmocka_unit_test(examples_7_and_8),
        cmocka_unit_test(first_failed_check_wins),
        cmocka_unit_test(failed_requests_count_as_activity),
        cmocka_unit_test(a_server_that_ends_accepts_no_sessions),
        cmocka_unit_test(reject_answers_without_looking),
        cmocka_unit_test(cut_text_stays_utf8),
        cmocka_unit_test(info_has_what_clients_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
