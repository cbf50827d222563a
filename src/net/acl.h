/* Who may use a listener: a list of peer addresses, read once, asked at every accept.
 * Immutable after ptn_acl_new, so any thread may ask. Items, separated by commas:
 *   192.0.2.7  2001:db8::1        exactly that address (never 192.0.2.70)
 *   192.0.2.0/24  2001:db8::/32   a block
 *   127.  192.168.0.  fe80:       a prefix as older configurations write it; it must end at a dot
 *                                 or colon: "192.168.0" is an error, not a guess
 * IPv4-mapped IPv6 addresses are the IPv4 address they carry, in the list and in the peer. */
#ifndef PTN_NET_ACL_H
#define PTN_NET_ACL_H

#include "base/addr.h"
#include "base/problems.h"

struct ptn_acl;

/* text NULL or "": returns NULL, which means everybody ("" with a warning).
 * Spaces around an item are dropped (note), empty items too. Every item that cannot be understood
 * is an error in problems, and the list then admits nobody: a mistake never opens a door. */
struct ptn_acl *ptn_acl_new(const char *text, struct ptn_where where,
                            struct ptn_problems *problems);
void ptn_acl_free(struct ptn_acl *acl);

/* The port of peer does not matter. acl NULL: true. */
bool ptn_acl_allows(const struct ptn_acl *acl, const struct ptn_addr *peer);
/* For X-Forwarded-For: every address of the comma separated value must be allowed, since a client
 * can invent all but the last; what is not a plain address is not allowed. acl NULL: true. */
bool ptn_acl_allows_forwarded(const struct ptn_acl *acl, const char *value);
size_t ptn_acl_count(const struct ptn_acl *acl);

#endif
