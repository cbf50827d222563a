/* message: to the plugin, with an offer or answer if one came along (core.md 3.10). */
#include "control/internal.h"

void verb_message(struct call *c) {
    static const struct ptn_param params[] = {{"body", PTN_PARAM_OBJECT, true}};
    char why[256];
    int code = ptn_params_check(c->root, params, 1, "", why, sizeof why);
    json_t *jsep = json_object_get(c->root, "jsep");
    if (code == PTN_API_OK && jsep && !json_is_object(jsep)) {
        reply_error(c, PTN_API_INVALID_JSON_OBJECT, "Invalid jsep object");
        return;
    }
    if (code == PTN_API_OK && jsep)
        code = jsep_check(jsep, why, sizeof why);
    if (code != PTN_API_OK) {
        reply_error(c, code, "%s", why);
        return;
    }
    request_enqueue(request_new(c, json_object_get(c->root, "body"), jsep));
}
