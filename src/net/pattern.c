#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "net/internal.h"

#define V6_GROUPS 8

static const char why_names[] =
    "is not an IPv4 or IPv6 address, block (192.0.2.0/24) or prefix ending at a dot or colon "
    "(192.0.2.); names are not resolved";
static const char why_boundary[] =
    "ends in the middle of an address; a prefix ends at a dot or colon (192.168.0.), a block says "
    "how many bits (192.168.0.0/24)";
static const char why_block[] = "is not a valid block: 0 to 32 bits for IPv4, 0 to 128 for IPv6";
static const char why_wildcard[] =
    "is no peer's address; 0.0.0.0/0 is all of IPv4, ::/0 all of IPv6";

/* One decimal octet followed by a dot; returns what follows the dot, NULL when it is not one. */
static const char *read_octet(const char *s, uint8_t *out) {
    unsigned value = 0, digits = 0;
    for (; isdigit((unsigned char)*s); s++, digits++) {
        if (digits == 3 || (digits > 0 && value == 0)) /* "010." is octal to some: refuse */
            return NULL;
        value = value * 10 + (unsigned)(*s - '0');
    }
    if (digits == 0 || value > 255 || *s != '.')
        return NULL;
    *out = (uint8_t)value;
    return s + 1;
}

/* "127." "192.168.0." */
static bool prefix4(const char *s, struct pattern *out) {
    struct pattern p = {.cidr.base.family = 4};
    unsigned octets = 0;
    for (; *s && octets < 3; octets++) {
        s = read_octet(s, &p.cidr.base.ip[octets]);
        if (!s)
            return false;
    }
    if (*s || octets == 0)
        return false;
    p.cidr.bits = (uint8_t)(octets * 8);
    *out = p;
    return true;
}

/* One group of hexadecimal digits followed by a colon. */
static const char *read_group(const char *s, uint8_t out[2]) {
    unsigned value = 0, digits = 0;
    for (; isxdigit((unsigned char)*s) && digits < 4; s++, digits++) {
        int c = tolower((unsigned char)*s);
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (digits == 0 || *s != ':')
        return NULL;
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
    return s + 1;
}

/* "fe80:" "2001:db8:"; "fe80::" is the text of addresses with at least two zero groups there. */
static bool prefix6(const char *s, struct pattern *out) {
    struct pattern p = {.cidr.base.family = 6};
    unsigned groups = 0;
    while (*s && *s != ':' && groups < V6_GROUPS - 1) {
        s = read_group(s, &p.cidr.base.ip[2 * groups++]);
        if (!s)
            return false;
    }
    if (groups == 0)
        return false;
    if (strcmp(s, ":") == 0 && groups <= V6_GROUPS - 2)
        groups += 2;
    else if (*s)
        return false;
    p.cidr.bits = (uint8_t)(groups * 16);
    *out = p;
    return true;
}

/* ::ffff:192.0.2.0/120 is 192.0.2.0/24 */
static void unmap(struct ptn_cidr *cidr) {
    struct ptn_addr v4 = ptn_addr_unmapped(&cidr->base);
    if (cidr->base.family == 6 && v4.family == 4 && cidr->bits >= 96) {
        cidr->base = v4;
        cidr->bits = (uint8_t)(cidr->bits - 96);
    }
}

/* "::ffff:192.168.0." is how a prefix was written for sockets that serve both families. */
static const char *skip_mapped(const char *text) {
    static const char mapped[] = "::ffff:";
    size_t n = sizeof mapped - 1;
    bool is_mapped = strncasecmp(text, mapped, n) == 0 && text[n] && !strchr(text + n, ':');
    return is_mapped && strchr(text + n, '.') ? text + n : text;
}

/* Is the address before the slash the first of the block? 10.1.2.3/8 says two things at once. */
static bool is_base(const char *text, const struct ptn_addr *base) {
    char host[PTN_ADDR_TEXT];
    struct ptn_addr addr;
    size_t n = strcspn(text, "/");
    if (n >= sizeof host)
        return false;
    memcpy(host, text, n);
    host[n] = '\0';
    return ptn_addr_parse(host, 0, &addr) == PTN_OK && ptn_addr_same_ip(&addr, base);
}

static ptn_err parse_block(const char *text, struct pattern *out, const char **why) {
    struct pattern p = {0};
    if (ptn_cidr_parse(text, &p.cidr) != PTN_OK) {
        *why = why_block;
        return PTN_EINVALID;
    }
    p.host_bits = !is_base(text, &p.cidr.base);
    unmap(&p.cidr);
    *out = p;
    return PTN_OK;
}

static ptn_err parse_exact(const struct ptn_addr *addr, struct pattern *out, const char **why) {
    if (ptn_addr_is_wildcard(addr)) {
        *why = why_wildcard;
        return PTN_EINVALID;
    }
    struct pattern p = {.cidr = {*addr, addr->family == 4 ? 32 : 128}, .exact = true};
    unmap(&p.cidr);
    *out = p;
    return PTN_OK;
}

/* Would one more dot or colon make it a prefix? "192.168.0", "10", "2001:db8" */
static bool is_cut_short(const char *text) {
    struct pattern p;
    char longer[PTN_ADDR_TEXT];
    size_t n = strlen(text);
    if (n + 2 > sizeof longer)
        return false;
    memcpy(longer, text, n);
    memcpy(longer + n, ".", 2);
    if (prefix4(longer, &p))
        return true;
    memcpy(longer + n, ":", 2);
    return strchr(text, ':') && prefix6(longer, &p);
}

ptn_err pattern_parse(const char *text, struct pattern *out, const char **why) {
    struct ptn_addr addr;
    if (strchr(text, '/'))
        return parse_block(text, out, why);
    /* Before addresses: "fe80::" is both, and no peer has the all-zero interface identifier. */
    if (prefix4(skip_mapped(text), out) || prefix6(text, out))
        return PTN_OK;
    if (ptn_addr_parse(text, 0, &addr) == PTN_OK)
        return parse_exact(&addr, out, why);
    *why = is_cut_short(text) ? why_boundary : why_names;
    return PTN_EINVALID;
}

bool pattern_has(const struct pattern *p, const struct ptn_addr *addr) {
    struct ptn_addr a = ptn_addr_unmapped(addr);
    if (p->cidr.base.scope != 0 && p->cidr.base.scope != a.scope)
        return false;
    return ptn_cidr_has(&p->cidr, &a);
}

bool pattern_looks_like_address(const char *text) {
    size_t n = strlen(text);
    if (n == 0 || !strpbrk(text, "0123456789.:"))
        return false;
    bool v4 = strspn(text, "0123456789./") == n;
    bool v6 = strchr(text, ':') && strspn(text, "0123456789abcdefABCDEF:./") == n;
    return v4 || v6;
}
