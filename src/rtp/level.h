/* Audio level of a packet, RFC 6464: one byte, V (1) and level (7). */
#ifndef PTN_RTP_LEVEL_H
#define PTN_RTP_LEVEL_H

#include "base/bytes.h"

struct ptn_level {
    bool has_voice; /* the sender's voice detector, where it has one */
    uint8_t dbov;   /* 0 (loudest) to 127 (silence): dB below overload */
};

/* From the extension's value as ptn_rtp_ext_find gives it; false when it is absent. */
static inline bool ptn_level_parse(struct ptn_bytes value, struct ptn_level *out) {
    if (value.n == 0)
        return false;
    *out = (struct ptn_level){.has_voice = value.p[0] & 0x80, .dbov = value.p[0] & 0x7f};
    return true;
}

static inline uint8_t ptn_level_write(struct ptn_level level) {
    return (uint8_t)((level.has_voice ? 0x80 : 0) | (level.dbov & 0x7f));
}

#endif
