#include "api/errors.h"

#include "api/api.h"
#include "api/text.h"
#include "base/mem.h"

static const struct {
    int code;
    const char *reason;
} reasons[] = {
    {PTN_API_UNAUTHORIZED, "Unauthorized request (wrong or missing secret/token)"},
    {PTN_API_UNAUTHORIZED_PLUGIN, "Unauthorized access to plugin (token is not allowed to)"},
    {PTN_API_TRANSPORT, "Transport specific error"},
    {PTN_API_MISSING_REQUEST, "Missing request"},
    {PTN_API_UNKNOWN_REQUEST, "Unknown request"},
    {PTN_API_INVALID_JSON, "Invalid JSON"},
    {PTN_API_INVALID_JSON_OBJECT, "Invalid JSON Object"},
    {PTN_API_MISSING_ELEMENT, "Missing mandatory element"},
    {PTN_API_INVALID_PATH, "Invalid path for this request"},
    {PTN_API_NO_SESSION, "Session not found"},
    {PTN_API_NO_HANDLE, "Handle not found"},
    {PTN_API_NO_PLUGIN, "Plugin not found"},
    {PTN_API_ATTACH, "Error attaching plugin"},
    {PTN_API_MESSAGE, "Error sending message to plugin"},
    {PTN_API_DETACH, "Error detaching from plugin"},
    {PTN_API_JSEP_TYPE, "Unsupported JSEP type"},
    {PTN_API_INVALID_SDP, "Invalid SDP"},
    {PTN_API_INVALID_STREAM, "Invalid stream"},
    {PTN_API_INVALID_TYPE, "Invalid element type"},
    {PTN_API_SESSION_CONFLICT, "Session ID already in use"},
    {PTN_API_UNEXPECTED_ANSWER, "Unexpected ANSWER (no OFFER)"},
    {PTN_API_NO_TOKEN, "Token not found"},
    {PTN_API_WEBRTC_STATE, "Wrong WebRTC state"},
    {PTN_API_NOT_ACCEPTING, "Currently not accepting new sessions"},
};

const char *ptn_api_reason(int code) {
    for (size_t i = 0; i < PTN_COUNT_OF(reasons); i++)
        if (reasons[i].code == code)
            return reasons[i].reason;
    return "Unknown error";
}

json_t *ptn_api_error(uint64_t session, const char *transaction, int code, const char *reason) {
    json_t *reply = json_pack("{s:s}", "janus", "error");
    if (session > 0)
        json_object_set_new(reply, "session_id", json_integer((json_int_t)session));
    if (transaction)
        json_object_set_new(reply, "transaction", json_string(transaction));
    json_object_set_new(reply, "error",
                        json_pack("{s:i, s:o}", "code", code, "reason",
                                  ptn_api_text(reason ? reason : ptn_api_reason(code))));
    return reply;
}

json_t *ptn_api_pong(const char *transaction) {
    json_t *reply = json_pack("{s:s}", "janus", "pong");
    if (transaction)
        json_object_set_new(reply, "transaction", json_string(transaction));
    return reply;
}
