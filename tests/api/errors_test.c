/* The error object and the default reasons of core.md 5. */
#include "test.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/errors.h"

static const struct {
    int code;
    const char *reason;
} reasons[] = {
    {403, "Unauthorized request (wrong or missing secret/token)"},
    {405, "Unauthorized access to plugin (token is not allowed to)"},
    {450, "Transport specific error"},
    {452, "Missing request"},
    {453, "Unknown request"},
    {454, "Invalid JSON"},
    {455, "Invalid JSON Object"},
    {456, "Missing mandatory element"},
    {457, "Invalid path for this request"},
    {458, "Session not found"},
    {459, "Handle not found"},
    {460, "Plugin not found"},
    {461, "Error attaching plugin"},
    {462, "Error sending message to plugin"},
    {463, "Error detaching from plugin"},
    {464, "Unsupported JSEP type"},
    {465, "Invalid SDP"},
    {466, "Invalid stream"},
    {467, "Invalid element type"},
    {468, "Session ID already in use"},
    {469, "Unexpected ANSWER (no OFFER)"},
    {470, "Token not found"},
    {471, "Wrong WebRTC state"},
    {472, "Currently not accepting new sessions"},
    {490, "Unknown error"},
    {12345, "Unknown error"},
};

static void default_reasons(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        CHECK(strcmp(ptn_api_reason(reasons[i].code), reasons[i].reason) == 0, "%d",
              reasons[i].code);
}

static void check(json_t *got, const char *wanted) {
    char *text = json_dumps(got, JSON_COMPACT);
    assert_string_equal(text, wanted); /* the order of keys too */
    free(text);
    json_decref(got);
}

static void shapes(void **state) {
    (void)state;
    check(ptn_api_error(7, "t1", 458, "No such session 7"),
          "{\"janus\":\"error\",\"session_id\":7,\"transaction\":\"t1\","
          "\"error\":{\"code\":458,\"reason\":\"No such session 7\"}}");
    check(ptn_api_error(0, NULL, 454, NULL),
          "{\"janus\":\"error\",\"error\":{\"code\":454,\"reason\":\"Invalid JSON\"}}");
    check(ptn_api_error(0, NULL, 454, "bad \xff"),
          "{\"janus\":\"error\",\"error\":{\"code\":454,\"reason\":\"bad \"}}");
    check(ptn_api_pong("x"), "{\"janus\":\"pong\",\"transaction\":\"x\"}");
    check(ptn_api_pong(NULL), "{\"janus\":\"pong\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(default_reasons), cmocka_unit_test(shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
