#include "ice/cand.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

/* candidate-attribute = foundation component transport priority address port "typ" type
 *                       ["raddr" address] ["rport" port] *(name value)        (RFC 8839 5.1) */

#define TOKEN_MAX 128 /* longer than any value we keep; longer tokens are cut, never kept */

struct scan {
    const char *at;
    char token[TOKEN_MAX];
    size_t len; /* of the token as it stood in the text */
};

static const char *const type_names[] = {
    [PTN_CAND_HOST] = "host",
    [PTN_CAND_SRFLX] = "srflx",
    [PTN_CAND_PRFLX] = "prflx",
    [PTN_CAND_RELAY] = "relay",
};

const char *ptn_cand_type_name(enum ptn_cand_type type) {
    return type_names[type];
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word, or false at the end of the text. */
static bool next(struct scan *s) {
    while (is_space(*s->at))
        s->at++;
    const char *start = s->at;
    while (*s->at != '\0' && !is_space(*s->at))
        s->at++;
    s->len = (size_t)(s->at - start);
    size_t kept = s->len < TOKEN_MAX ? s->len : TOKEN_MAX - 1;
    memcpy(s->token, start, kept);
    s->token[kept] = '\0';
    return s->len > 0;
}

static bool next_number(struct scan *s, uint64_t max, uint64_t *out) {
    uint64_t v = 0;
    if (!next(s) || s->len > 10)
        return false;
    for (const char *p = s->token; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        v = v * 10 + (uint64_t)(*p - '0');
    }
    *out = v;
    return v <= max;
}

static bool is_ice_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

static ptn_err read_foundation(struct scan *s, struct ptn_cand *c) {
    if (!next(s) || s->len >= sizeof c->foundation)
        return PTN_EMALFORMED;
    for (const char *p = s->token; *p; p++) {
        if (!is_ice_char(*p) && *p != '-' && *p != '_') /* beyond the RFC: seen in the wild */
            return PTN_EMALFORMED;
    }
    ptn_str_copy(c->foundation, sizeof c->foundation, s->token);
    return PTN_OK;
}

static bool is_host_name(const char *s) {
    for (; *s; s++) {
        bool alnum = is_ice_char(*s) && *s != '+' && *s != '/';
        if (!alnum && *s != '-' && *s != '.' && *s != '_')
            return false;
    }
    return true;
}

static bool is_mdns(const char *host, size_t n) {
    return n > 6 && strcasecmp(host + n - 6, ".local") == 0;
}

/* A literal address, or a name; a scope is ours to know and never taken from the text. */
static ptn_err read_address(struct scan *s, struct ptn_cand *c) {
    if (!next(s))
        return PTN_EMALFORMED;
    if (!strchr(s->token, '%') && ptn_addr_parse(s->token, 0, &c->addr) == PTN_OK)
        return PTN_OK;
    if (s->len >= TOKEN_MAX || !is_host_name(s->token))
        return PTN_EMALFORMED;
    if (!is_mdns(s->token, s->len) || s->len >= sizeof c->host)
        return PTN_EUNSUPPORTED;
    ptn_str_copy(c->host, sizeof c->host, s->token);
    return PTN_OK;
}

static ptn_err read_type(struct scan *s, struct ptn_cand *c) {
    if (!next(s) || strcasecmp(s->token, "typ") != 0 || !next(s))
        return PTN_EMALFORMED;
    for (size_t i = 0; i < PTN_COUNT_OF(type_names); i++) {
        if (strcasecmp(s->token, type_names[i]) == 0) {
            c->type = (enum ptn_cand_type)i;
            return PTN_OK;
        }
    }
    return PTN_EUNSUPPORTED;
}

static ptn_err on_raddr(struct ptn_cand *c, const struct scan *s) {
    if (strchr(s->token, '%') || ptn_addr_parse(s->token, 0, &c->related) != PTN_OK)
        c->related = (struct ptn_addr){0}; /* a name, to hide it: as good as none */
    return PTN_OK;
}

static ptn_err on_rport(struct ptn_cand *c, const struct scan *s) {
    struct scan again = {.at = s->token};
    uint64_t port;
    if (!next_number(&again, UINT16_MAX, &port))
        return PTN_EMALFORMED;
    if (c->related.family != 0)
        c->related.port = (uint16_t)port;
    return PTN_OK;
}

static ptn_err on_tcptype(struct ptn_cand *c, const struct scan *s) { /* RFC 6544 4.5 */
    static const char *const names[] = {[PTN_CAND_TCP_ACTIVE] = "active",
                                        [PTN_CAND_TCP_PASSIVE] = "passive",
                                        [PTN_CAND_TCP_SO] = "so"};
    if (c->proto == PTN_CAND_UDP)
        return PTN_OK;
    for (size_t i = PTN_CAND_TCP_ACTIVE; i < PTN_COUNT_OF(names); i++) {
        if (strcasecmp(s->token, names[i]) == 0) {
            c->proto = (enum ptn_cand_proto)i;
            return PTN_OK;
        }
    }
    return PTN_EMALFORMED;
}

static ptn_err on_ufrag(struct ptn_cand *c, const struct scan *s) {
    if (s->len < sizeof c->ufrag) /* one too long to keep cannot be compared: any generation */
        ptn_str_copy(c->ufrag, sizeof c->ufrag, s->token);
    return PTN_OK;
}

static const struct {
    const char *name;
    ptn_err (*read)(struct ptn_cand *c, const struct scan *value);
} extensions[] = {
    {"raddr", on_raddr},
    {"rport", on_rport},
    {"tcptype", on_tcptype},
    {"ufrag", on_ufrag},
};

static ptn_err read_extension(struct scan *s, struct ptn_cand *c) {
    ptn_err (*read)(struct ptn_cand *, const struct scan *) = NULL;
    for (size_t i = 0; i < PTN_COUNT_OF(extensions); i++) {
        if (strcmp(s->token, extensions[i].name) == 0)
            read = extensions[i].read;
    }
    if (!next(s))
        return PTN_EMALFORMED; /* a name without a value */
    return read ? read(c, s) : PTN_OK;
}

static const char *skip_prefix(const char *text, const char *prefix) {
    size_t n = strlen(prefix);
    return strncasecmp(text, prefix, n) == 0 ? text + n : text;
}

ptn_err ptn_cand_parse(const char *text, struct ptn_cand *out) {
    struct ptn_cand c = {0};
    while (is_space(*text))
        text++;
    struct scan s = {.at = skip_prefix(skip_prefix(text, "a="), "candidate:")};
    uint64_t component, priority, port;
    PTN_TRY(read_foundation(&s, &c));
    if (!next_number(&s, UINT8_MAX, &component) || component == 0 || !next(&s))
        return PTN_EMALFORMED;
    bool is_udp = strcasecmp(s.token, "udp") == 0, is_tcp = strcasecmp(s.token, "tcp") == 0;
    c.proto = is_tcp ? PTN_CAND_TCP_ACTIVE : PTN_CAND_UDP; /* until tcptype speaks */
    if (!next_number(&s, UINT32_MAX, &priority) || priority == 0)
        return PTN_EMALFORMED;
    ptn_err address = read_address(&s, &c);
    if (address == PTN_EMALFORMED || !next_number(&s, UINT16_MAX, &port))
        return PTN_EMALFORMED;
    PTN_TRY(read_type(&s, &c));
    while (next(&s))
        PTN_TRY(read_extension(&s, &c));
    if (address != PTN_OK || (!is_udp && !is_tcp))
        return PTN_EUNSUPPORTED;
    c.component = (uint8_t)component;
    c.priority = (uint32_t)priority;
    c.addr.port = (uint16_t)port;
    *out = c;
    return PTN_OK;
}

static const char *ip_text(const struct ptn_addr *addr, char *buf, size_t n) {
    struct ptn_addr a = *addr;
    a.scope = 0; /* means nothing on another host */
    return ptn_addr_ip_text(&a, buf, n);
}

const char *ptn_cand_write(const struct ptn_cand *cand, char *buf, size_t cap) {
    static const char *const tcptypes[] = {[PTN_CAND_UDP] = "",
                                           [PTN_CAND_TCP_ACTIVE] = " tcptype active",
                                           [PTN_CAND_TCP_PASSIVE] = " tcptype passive",
                                           [PTN_CAND_TCP_SO] = " tcptype so"};
    char ip[PTN_ADDR_TEXT], rel_ip[PTN_ADDR_TEXT], related[PTN_ADDR_TEXT + 24] = "";
    const char *host = cand->addr.family ? ip_text(&cand->addr, ip, sizeof ip) : cand->host;
    if (cand->related.family)
        snprintf(related, sizeof related, " raddr %s rport %u",
                 ip_text(&cand->related, rel_ip, sizeof rel_ip), cand->related.port);
    snprintf(buf, cap, "%s %u %s %u %s %u typ %s%s%s%s%s", cand->foundation, cand->component,
             cand->proto == PTN_CAND_UDP ? "udp" : "tcp", cand->priority, host, cand->addr.port,
             ptn_cand_type_name(cand->type), related, tcptypes[cand->proto],
             cand->ufrag[0] ? " ufrag " : "", cand->ufrag);
    return buf;
}

uint32_t ptn_cand_priority(enum ptn_cand_type type, uint16_t local_pref, uint8_t component) {
    static const uint32_t preference[] = {/* RFC 8445 5.1.2.2 */
                                          [PTN_CAND_HOST] = 126,
                                          [PTN_CAND_SRFLX] = 100,
                                          [PTN_CAND_PRFLX] = 110,
                                          [PTN_CAND_RELAY] = 0};
    return preference[type] << 24 | (uint32_t)local_pref << 8 | (256u - component);
}
