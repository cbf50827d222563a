#include "stun/internal.h"

#include "crypto/mac.h"

/* The HMAC covers everything before the attribute, with the header's length field set as if
 * MESSAGE-INTEGRITY were the last attribute (RFC 8489 14.5). */
ptn_err ptn_stun_verify(const struct ptn_stun *msg, struct ptn_bytes key) {
    if (!msg->has_integrity)
        return PTN_EAUTH;
    uint8_t head[4];
    memcpy(head, msg->whole.p, 2);
    ptn_put_u16(head + 2, (uint16_t)(msg->integrity_at + STUN_INTEGRITY_ATTR - STUN_HEADER));
    struct ptn_bytes parts[] = {ptn_bytes_of(head, sizeof head),
                                ptn_bytes_of(msg->whole.p + 4, msg->integrity_at - 4)};
    uint8_t want[STUN_INTEGRITY_LEN];
    ptn_hmac_sha1(key, parts, 2, want);
    bool ok = ptn_mac_eq(want, msg->whole.p + msg->integrity_at + 4, sizeof want);
    return ok ? PTN_OK : PTN_EAUTH;
}
