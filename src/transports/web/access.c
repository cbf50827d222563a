#include <stdlib.h>

#include "base/mem.h"
#include "net/acl.h"
#include "transports/web/internal.h"

static const struct ptn_web_access *http_access(const struct web_server *server) {
    return server->cfg.http ? &server->cfg.http->access : NULL;
}

static const struct ptn_web_access *ws_access(const struct web_server *server) {
    return server->cfg.ws ? &server->cfg.ws->access : NULL;
}

bool web_access_at_accept(const struct web_server *server, const struct ptn_addr *remote) {
    const struct ptn_web_access *http = http_access(server), *ws = ws_access(server);
    return (http && ptn_acl_allows(http->acl, remote)) || (ws && ptn_acl_allows(ws->acl, remote));
}

/* Every X-Forwarded-For line must hold: a client can add lines, not take away the proxy's. */
static bool forwarded_ok(const struct ptn_web_access *access, const struct http_head *head) {
    if (!access->forwarded || !access->acl)
        return true;
    bool ok = true;
    for (size_t i = 0; ok && i < head->header_count; i++) {
        const struct http_header *h = &head->header[i];
        if (!http_bytes_is(h->name, "x-forwarded-for"))
            continue;
        char *value = ptn_strndup((const char *)h->value.p, h->value.n);
        ok = ptn_acl_allows_forwarded(access->acl, value);
        free(value);
    }
    return ok;
}

bool web_access_with_head(const struct web_server *server, const struct ptn_addr *remote,
                          const struct http_head *head, bool upgrade) {
    const struct ptn_web_access *access = upgrade ? ws_access(server) : http_access(server);
    if (!access)
        return true; /* not served here: the refusal says so */
    return ptn_acl_allows(access->acl, remote) && forwarded_ok(access, head);
}
