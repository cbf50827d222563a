/* Who may use the API (core.md 4). Stored and signed tokens come with the admin API; the
 * configuration refuses them until then. */
#include "base/str.h"
#include "control/internal.h"

bool auth_ok(const struct ptn_control *c, const char *apisecret, const char *token) {
    (void)token;
    if (!c->cfg.api_secret)
        return true;
    return apisecret && ptn_secret_eq(c->cfg.api_secret, apisecret);
}
