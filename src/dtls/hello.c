/* What can be said of a datagram before the library sees it. */
#include "dtls/internal.h"

#include "base/wire.h"

#define CHANGE_CIPHER_SPEC 20
#define HANDSHAKE 22
#define APPLICATION_DATA 23
#define CLIENT_HELLO 1

/* type (1) version (2) epoch (2) sequence (6) length (2) fragment  (RFC 6347 4.1) */
struct head {
    uint8_t type;
    uint16_t epoch;
    struct ptn_rd fragment;
};

static bool read_head(struct ptn_bytes datagram, struct head *out) {
    struct ptn_rd r = ptn_rd_of(datagram);
    out->type = ptn_rd_u8(&r);
    uint8_t major = ptn_rd_u8(&r);
    ptn_rd_skip(&r, 1);
    out->epoch = ptn_rd_u16(&r);
    ptn_rd_skip(&r, 6);
    out->fragment = ptn_rd_sub(&r, ptn_rd_u16(&r));
    return !r.bad && !out->fragment.bad && major == 0xfe && out->type >= CHANGE_CIPHER_SPEC &&
           out->type <= APPLICATION_DATA;
}

bool looks_like_dtls(struct ptn_bytes datagram) {
    struct head head;
    return read_head(datagram, &head);
}

/* type (1) length (3) message_seq (2) fragment_offset (3) fragment_length (3)  (RFC 6347 4.2.2) */
bool ptn_dtls_is_client_hello(struct ptn_bytes datagram) {
    struct head head;
    if (!read_head(datagram, &head) || head.type != HANDSHAKE || head.epoch != 0)
        return false;
    struct ptn_rd *r = &head.fragment;
    uint8_t type = ptn_rd_u8(r);
    ptn_rd_skip(r, 5);
    uint32_t offset = ptn_rd_u24(r);
    ptn_rd_skip(r, 3);
    return !r->bad && type == CLIENT_HELLO && offset == 0;
}
