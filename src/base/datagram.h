/* One datagram on its way out of a protocol core. */
#ifndef PTN_BASE_DATAGRAM_H
#define PTN_BASE_DATAGRAM_H

#include "base/addr.h"
#include "base/bytes.h"

#define PTN_DATAGRAM_MAX 1500 /* bytes; what an Ethernet path carries, larger is never made */

struct ptn_datagram {
    struct ptn_path path; /* unset by cores that do not know paths (DTLS) */
    size_t len;
    uint8_t data[PTN_DATAGRAM_MAX];
};

#endif
