#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ptn_err parse_scope(const char *text, uint32_t *out) {
    unsigned index = if_nametoindex(text);
    if (index == 0) {
        char *end;
        unsigned long n = strtoul(text, &end, 10);
        if (*text == '\0' || *end != '\0' || n == 0 || n > UINT32_MAX)
            return PTN_EINVALID;
        index = (unsigned)n;
    }
    *out = index;
    return PTN_OK;
}

ptn_err ptn_addr_parse(const char *text, uint16_t port, struct ptn_addr *out) {
    struct ptn_addr a = {.port = port};
    if (inet_pton(AF_INET, text, a.ip) == 1) {
        a.family = 4;
        *out = a;
        return PTN_OK;
    }
    char host[INET6_ADDRSTRLEN];
    const char *percent = strchr(text, '%');
    size_t n = percent ? (size_t)(percent - text) : strlen(text);
    if (n >= sizeof host)
        return PTN_EINVALID;
    memcpy(host, text, n);
    host[n] = '\0';
    if (inet_pton(AF_INET6, host, a.ip) != 1)
        return PTN_EINVALID;
    if (percent)
        PTN_TRY(parse_scope(percent + 1, &a.scope));
    a.family = 6;
    *out = a;
    return PTN_OK;
}

static void clear_host_bits(struct ptn_cidr *c) {
    for (unsigned bit = c->bits; bit < 128; bit++)
        c->base.ip[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
}

ptn_err ptn_cidr_parse(const char *text, struct ptn_cidr *out) {
    char host[PTN_ADDR_TEXT];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof host)
        return PTN_EINVALID;
    memcpy(host, text, n);
    host[n] = '\0';
    struct ptn_cidr c;
    PTN_TRY(ptn_addr_parse(host, 0, &c.base));
    unsigned long max = c.base.family == 4 ? 32 : 128;
    unsigned long bits = max;
    if (slash) {
        char *end;
        bits = strtoul(slash + 1, &end, 10);
        if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || bits > max)
            return PTN_EINVALID;
    }
    c.bits = (uint8_t)bits;
    clear_host_bits(&c);
    *out = c;
    return PTN_OK;
}

bool ptn_cidr_has(const struct ptn_cidr *cidr, const struct ptn_addr *addr) {
    if (cidr->base.family != addr->family)
        return false;
    struct ptn_cidr masked = {*addr, cidr->bits};
    clear_host_bits(&masked);
    return memcmp(masked.base.ip, cidr->base.ip, sizeof masked.base.ip) == 0;
}

bool ptn_addr_eq(const struct ptn_addr *a, const struct ptn_addr *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

bool ptn_addr_same_ip(const struct ptn_addr *a, const struct ptn_addr *b) {
    return a->family == b->family && a->scope == b->scope && memcmp(a->ip, b->ip, 16) == 0;
}

static bool is_v6(const struct ptn_addr *a, const struct in6_addr *want) {
    return a->family == 6 && memcmp(a->ip, want, 16) == 0;
}

bool ptn_addr_is_loopback(const struct ptn_addr *a) {
    struct ptn_addr u = ptn_addr_unmapped(a);
    return (u.family == 4 && u.ip[0] == 127) || is_v6(a, &in6addr_loopback);
}

bool ptn_addr_is_wildcard(const struct ptn_addr *a) {
    static const uint8_t none[16];
    return a->family != 0 && memcmp(a->ip, none, 16) == 0;
}

bool ptn_addr_is_multicast(const struct ptn_addr *a) {
    struct ptn_addr u = ptn_addr_unmapped(a);
    if (u.family == 4)
        return (u.ip[0] & 0xf0) == 0xe0 || memcmp(u.ip, "\xff\xff\xff\xff", 4) == 0;
    return u.family == 6 && u.ip[0] == 0xff;
}

bool ptn_addr_is_linklocal(const struct ptn_addr *a) {
    struct ptn_addr u = ptn_addr_unmapped(a);
    if (u.family == 4)
        return u.ip[0] == 169 && u.ip[1] == 254;
    return u.family == 6 && u.ip[0] == 0xfe && (u.ip[1] & 0xc0) == 0x80;
}

struct ptn_addr ptn_addr_unmapped(const struct ptn_addr *a) {
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (a->family != 6 || memcmp(a->ip, prefix, 12) != 0)
        return *a;
    struct ptn_addr v4 = {.family = 4, .port = a->port};
    memcpy(v4.ip, a->ip + 12, 4);
    return v4;
}

const char *ptn_addr_ip_text(const struct ptn_addr *a, char *buf, size_t n) {
    char ip[INET6_ADDRSTRLEN] = "none";
    char ifname[IF_NAMESIZE];
    if (a->family != 0)
        inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, ip, sizeof ip);
    if (a->scope == 0)
        snprintf(buf, n, "%s", ip);
    else if (if_indextoname(a->scope, ifname))
        snprintf(buf, n, "%s%%%s", ip, ifname);
    else
        snprintf(buf, n, "%s%%%u", ip, (unsigned)a->scope);
    return buf;
}

const char *ptn_addr_text(const struct ptn_addr *a, char *buf, size_t n) {
    char ip[PTN_ADDR_TEXT];
    ptn_addr_ip_text(a, ip, sizeof ip);
    snprintf(buf, n, a->family == 6 ? "[%s]:%u" : "%s:%u", ip, (unsigned)a->port);
    return buf;
}

socklen_t ptn_addr_to_sockaddr(const struct ptn_addr *a, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (a->family == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->ip, 4);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(a->port);
    in6->sin6_scope_id = a->scope;
    memcpy(&in6->sin6_addr, a->ip, 16);
    return sizeof *in6;
}

ptn_err ptn_addr_from_sockaddr(const struct sockaddr *sa, struct ptn_addr *out) {
    struct ptn_addr a = {0};
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        a.family = 4;
        a.port = ntohs(in.sin_port);
        memcpy(a.ip, &in.sin_addr, 4);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        a.family = 6;
        a.port = ntohs(in6.sin6_port);
        a.scope = in6.sin6_scope_id;
        memcpy(a.ip, &in6.sin6_addr, 16);
    } else {
        return PTN_EINVALID;
    }
    *out = a;
    return PTN_OK;
}
