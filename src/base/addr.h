/* IP transport addresses, CIDR blocks, and their text. No name is ever resolved here. */
#ifndef PTN_BASE_ADDR_H
#define PTN_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

/* Unused bytes are zero, so that equal addresses are equal memory (hash keys, memcmp). */
struct ptn_addr {
    uint8_t ip[16]; /* IPv4 in the first four bytes, network order */
    uint32_t scope; /* IPv6 scope id of link-local addresses, else 0 */
    uint16_t port;  /* host order */
    uint8_t family; /* 4, 6, or 0: none */
    uint8_t zero;   /* keeps the padding defined */
};

/* Where a datagram came from and to which of our sockets. */
struct ptn_path {
    struct ptn_addr local;
    struct ptn_addr remote;
};

struct ptn_cidr {
    struct ptn_addr base;
    uint8_t bits;
};

#define PTN_ADDR_TEXT 72 /* "[ipv6%scope]:port" and NUL */

/* Numeric IPv4 or IPv6 (with optional %scope: interface name or number), no port, no brackets.
 *  returns PTN_EINVALID when the text is not an address; out is then untouched. */
PTN_MUST_CHECK ptn_err ptn_addr_parse(const char *text, uint16_t port, struct ptn_addr *out);
/* "address" or "address/bits"; host bits below the mask must be zero or are cleared. */
PTN_MUST_CHECK ptn_err ptn_cidr_parse(const char *text, struct ptn_cidr *out);
bool ptn_cidr_has(const struct ptn_cidr *cidr, const struct ptn_addr *addr);

bool ptn_addr_eq(const struct ptn_addr *a, const struct ptn_addr *b);      /* with port */
bool ptn_addr_same_ip(const struct ptn_addr *a, const struct ptn_addr *b); /* without port */
bool ptn_addr_is_loopback(const struct ptn_addr *a);
bool ptn_addr_is_wildcard(const struct ptn_addr *a);
bool ptn_addr_is_multicast(const struct ptn_addr *a); /* IPv4 limited broadcast included */
bool ptn_addr_is_linklocal(const struct ptn_addr *a);
/* ::ffff:a.b.c.d becomes a.b.c.d; everything else is returned unchanged. */
struct ptn_addr ptn_addr_unmapped(const struct ptn_addr *a);

/* "192.0.2.1" / "fe80::1%eth0"; returns buf. n: PTN_ADDR_TEXT is enough. */
const char *ptn_addr_ip_text(const struct ptn_addr *a, char *buf, size_t n);
/* "192.0.2.1:80" / "[2001:db8::1]:80"; returns buf. */
const char *ptn_addr_text(const struct ptn_addr *a, char *buf, size_t n);

/* Returns the length used. */
socklen_t ptn_addr_to_sockaddr(const struct ptn_addr *a, struct sockaddr_storage *out);
/* PTN_EINVALID for other families. */
ptn_err ptn_addr_from_sockaddr(const struct sockaddr *sa, struct ptn_addr *out);

#endif
