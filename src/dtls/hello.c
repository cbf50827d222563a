#include "base/wire.h"
#include "dtls/dtls.h"

/* DTLS record: type (1) version (2) epoch (2) sequence (6) length (2), then the handshake
 * message: type (1) length (3) message_seq (2) fragment_offset (3) fragment_length (3).
 * RFC 6347 4.1, 4.2.2 */
bool ptn_dtls_is_client_hello(struct ptn_bytes datagram) {
    struct ptn_rd r = ptn_rd_of(datagram);
    uint8_t content = ptn_rd_u8(&r);
    uint8_t major = ptn_rd_u8(&r);
    ptn_rd_skip(&r, 1);
    uint16_t epoch = ptn_rd_u16(&r);
    ptn_rd_skip(&r, 6);
    struct ptn_rd body = ptn_rd_sub(&r, ptn_rd_u16(&r));
    uint8_t type = ptn_rd_u8(&body);
    ptn_rd_skip(&body, 11);
    return !body.bad && content == 22 && major == 0xfe && epoch == 0 && type == 1;
}
