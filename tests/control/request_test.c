/* Requests to plugins: kinds of results, order, limits, clients that leave (core.md 3.10). */
#include "control/rig.h"

static void every_kind_of_result(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'success'}", NULL, NULL);
    expect(r, "{'janus':'success','session_id':$S,'transaction':'m','sender':$H,"
              "'plugindata':{'plugin':'janus.plugin.test','data':{'result':'now'}}}");
    say_message(r, "{'do':'ack'}", NULL, NULL);
    expect(r, "{'janus':'ack','session_id':$S,'transaction':'m','hint':'hint'}");
    expect(r, "{'janus':'event','session_id':$S,'transaction':'m','sender':$H,"
              "'plugindata':{'plugin':'janus.plugin.test','data':{'result':'event'}}}");
    say_message(r, "{'do':'fail'}", NULL, NULL);
    expect_error(r, 462, "The plugin says no");
    say_message(r, "{'do':'silent'}", NULL, NULL);
    expect_error(r, 462, "Error sending message to plugin");
    rig_free(r);
}

static void the_ack_comes_before_the_event_whatever_the_plugin_does(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'event'}", NULL, NULL);
    expect(r, "{'janus':'ack','session_id':$S,'transaction':'m'}");
    expect_like(r, "{'janus':'event','transaction':'m'}");
    rig_free(r);
}

static void late_answers_keep_the_order(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'later'}", NULL, NULL);
    say_message(r, "{'do':'later'}", NULL, NULL);
    say_message(r, "{'do':'success'}", NULL, NULL);
    expect_nothing(r);
    assert_int_equal(test_pending.count, 1); /* one at a time */
    say(r, "{'janus':'keepalive','session_id':$S,'handle_id':$H,'transaction':'k'}");
    expect_like(r, "{'janus':'ack','transaction':'k'}"); /* other verbs do not wait */
    test_finish_first("first");
    expect_like(r, "{'plugindata':{'data':{'result':'first'}}}");
    expect_nothing(r);
    test_finish_first("second");
    expect_like(r, "{'plugindata':{'data':{'result':'second'}}}");
    expect_like(r, "{'plugindata':{'data':{'result':'now'}}}");
    rig_free(r);
}

static void handles_do_not_wait_for_each_other(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'later'}", NULL, NULL);
    rig_attach(r, "janus.plugin.test");
    say_message(r, "{'do':'success'}", NULL, NULL);
    expect_like(r, "{'plugindata':{'data':{'result':'now'}}}");
    test_finish_first("late");
    expect_like(r, "{'plugindata':{'data':{'result':'late'}}}");
    rig_free(r);
}

static void waiting_requests_are_limited(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'later'}", NULL, NULL);
    for (size_t i = 0; i < 128; i++)
        say_message(r, "{'do':'success'}", NULL, NULL);
    expect_nothing(r);
    say_message(r, "{'do':'success'}", NULL, NULL);
    expect_error(r, 462, "Too many requests waiting on this handle");
    test_finish_first("late");
    expect_like(r, "{'plugindata':{'data':{'result':'late'}}}");
    for (size_t i = 0; i < 128; i++)
        expect_like(r, "{'plugindata':{'data':{'result':'now'}}}");
    rig_free(r);
}

static void requests_outlive_their_client(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    r->me = 1;
    say_message(r, "{'do':'later'}", NULL, NULL); /* asked by one, owned by the other */
    say_message(r, "{'do':'ack'}", NULL, NULL);
    r->client[1].gone = true;
    ptn_api_client_gone(ptn_control_api(r->control), &r->client[1].client);
    r->me = 0;
    test_finish_first("for nobody");
    expect_like(r, "{'janus':'event','plugindata':{'data':{'result':'event'}}}");
    expect_nothing(r);
    rig_free(r);
}

static void requests_end_with_their_handle(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'later'}", NULL, NULL);
    say_message(r, "{'do':'success'}", NULL, NULL);
    say(r, "{'janus':'detach','session_id':$S,'handle_id':$H,'transaction':'d'}");
    expect_like(r, "{'janus':'success','transaction':'d'}");
    expect_error(r, 459, NULL);
    expect_error(r, 459, NULL);
    expect_like(r, "{'janus':'detached'}");
    rig_free(r);
}

static void requests_end_with_their_owner(void **state) {
    (void)state;
    struct rig *r = rig_ready("janus.plugin.test");
    say_message(r, "{'do':'later'}", NULL, NULL);
    say_message(r, "{'do':'success'}", NULL, NULL);
    r->client[0].gone = true;
    ptn_api_client_gone(ptn_control_api(r->control), &r->client[0].client);
    assert_int_equal(ptn_control_count(r->control).handles, 0);
    rig_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_result),
        cmocka_unit_test(the_ack_comes_before_the_event_whatever_the_plugin_does),
        cmocka_unit_test(late_answers_keep_the_order),
        cmocka_unit_test(handles_do_not_wait_for_each_other),
        cmocka_unit_test(waiting_requests_are_limited),
        cmocka_unit_test(requests_outlive_their_client),
        cmocka_unit_test(requests_end_with_their_handle),
        cmocka_unit_test(requests_end_with_their_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
