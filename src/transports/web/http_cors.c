#include <string.h>

#include "base/str.h"
#include "transports/web/conn.h"
#include "transports/web/http.h"

static void echo(const struct http_head *head, const char *from, const char *to,
                 struct ptn_str *out) {
    struct ptn_bytes value = http_head_find(head, from);
    if (!value.p)
        return;
    ptn_str_add(out, to);
    ptn_str_addn(out, (const char *)value.p, value.n); /* the parser lets no line break through */
    ptn_str_add(out, "\r\n");
}

void http_cors_headers(const struct ptn_web_cors *cors, const struct http_head *head,
                       struct ptn_str *out) {
    ptn_str_addf(out, "Access-Control-Allow-Origin: %s\r\n",
                 cors->allow_origin ? cors->allow_origin : "*");
    if (cors->allow_origin)
        ptn_str_add(out, "Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n");
    ptn_str_add(out, "Access-Control-Max-Age: 86400\r\n");
    echo(head, "access-control-request-method", "Access-Control-Allow-Methods: ", out);
    echo(head, "access-control-request-headers", "Access-Control-Allow-Headers: ", out);
}

bool http_cors_allows(const struct ptn_web_cors *cors, const struct http_head *head,
                      bool or_referer) {
    if (!cors->enforce || !cors->allow_origin)
        return true;
    struct ptn_bytes from = http_head_find(head, "origin");
    if (!from.p && or_referer)
        from = http_head_find(head, "referer");
    size_t n = strlen(cors->allow_origin);
    if (!from.p || from.n < n || memcmp(from.p, cors->allow_origin, n) != 0)
        return false;
    /* a prefix, but "https://example.org" does not admit "https://example.org.evil.net" */
    return from.n == n || (n > 0 && cors->allow_origin[n - 1] == '/') || from.p[n] == '/' ||
           from.p[n] == ':';
}
