/* ICE candidates and their SDP text (RFC 8839 5.1). */
#ifndef PTN_ICE_CAND_H
#define PTN_ICE_CAND_H

#include "base/addr.h"
#include "base/err.h"

enum ptn_cand_type { PTN_CAND_HOST, PTN_CAND_SRFLX, PTN_CAND_PRFLX, PTN_CAND_RELAY };
enum ptn_cand_proto { PTN_CAND_UDP, PTN_CAND_TCP_ACTIVE, PTN_CAND_TCP_PASSIVE, PTN_CAND_TCP_SO };

#define PTN_CAND_TEXT 256      /* enough for what ptn_cand_write makes */
#define PTN_CAND_FOUNDATION 33 /* 1*32 ice-char and NUL */

struct ptn_cand {
    enum ptn_cand_type type;
    enum ptn_cand_proto proto;
    uint8_t component; /* 1; anything else is parsed and left to the caller to drop */
    uint32_t priority;
    struct ptn_addr addr;
    struct ptn_addr related; /* raddr/rport; family 0: none */
    char foundation[PTN_CAND_FOUNDATION];
    char host[64];  /* "….local" when the address is an mDNS name (addr.family is then 0) */
    char ufrag[33]; /* the ufrag extension of trickled candidates, or empty */
};

/* "candidate:1 1 udp 2122260223 198.51.100.7 50000 typ host …"; prefixes "a=" and "candidate:" are
 * optional. Unknown extensions are skipped.
 *  returns PTN_EMALFORMED, or PTN_EUNSUPPORTED for unknown transports and host names that are
 *  not .local. */
PTN_MUST_CHECK ptn_err ptn_cand_parse(const char *text, struct ptn_cand *out);
/* Without "a=" and without "candidate:"; returns buf. */
const char *ptn_cand_write(const struct ptn_cand *cand, char *buf, size_t cap);
/* RFC 8445 5.1.2.1. local_pref: larger is preferred. */
uint32_t ptn_cand_priority(enum ptn_cand_type type, uint16_t local_pref, uint8_t component);
const char *ptn_cand_type_name(enum ptn_cand_type type); /* "host" */

#endif
