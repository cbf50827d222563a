#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "crypto/mac.h"
#include "srtp/internal.h"

#define RTP_WINDOW 1024
#define RTCP_WINDOW 128

struct stream { /* one SSRC, made when its first packet authenticates */
    struct replay rtp, rtcp;
};

struct ptn_srtp_rx {
    struct crypt crypt;
    struct stream *stream; /* owned; stream[i] belongs to ssrc[i] */
    size_t count, cap;
    size_t last; /* found by the last look-up: batches are mostly of one stream */
    /* Apart from the windows: all of them are four cache lines, quicker to scan than to hash. */
    uint32_t ssrc[PTN_SRTP_RX_SSRC_MAX];
};

ptn_err ptn_srtp_rx_new(enum ptn_srtp_profile profile, const struct ptn_srtp_keys *keys,
                        struct ptn_srtp_rx **out) {
    struct ptn_srtp_rx *rx = ptn_new(struct ptn_srtp_rx);
    ptn_err err = crypt_init(&rx->crypt, profile, keys, false);
    if (err != PTN_OK) {
        free(rx);
        return err;
    }
    *out = rx;
    return PTN_OK;
}

void ptn_srtp_rx_free(struct ptn_srtp_rx *rx) {
    if (!rx)
        return;
    crypt_done(&rx->crypt);
    free(rx->stream);
    free(rx);
}

static struct stream *find(struct ptn_srtp_rx *rx, uint32_t ssrc) {
    if (rx->last < rx->count && rx->ssrc[rx->last] == ssrc)
        return &rx->stream[rx->last];
    for (size_t i = 0; i < rx->count; i++) {
        if (rx->ssrc[i] == ssrc) {
            rx->last = i;
            return &rx->stream[i];
        }
    }
    return NULL;
}

static struct stream *add(struct ptn_srtp_rx *rx, uint32_t ssrc) {
    if (rx->count == rx->cap) {
        rx->cap = rx->cap ? rx->cap * 2 : 2;
        rx->stream = ptn_realloc(rx->stream, rx->cap * sizeof *rx->stream);
    }
    rx->ssrc[rx->count] = ssrc;
    struct stream *s = &rx->stream[rx->count++];
    *s = (struct stream){.rtp.size = RTP_WINDOW, .rtcp.size = RTCP_WINDOW};
    return s;
}

void ptn_srtp_rx_forget(struct ptn_srtp_rx *rx, uint32_t ssrc) {
    struct stream *s = find(rx, ssrc);
    if (!s)
        return;
    rx->ssrc[s - rx->stream] = rx->ssrc[--rx->count];
    *s = rx->stream[rx->count];
}

static bool is_cm(const struct ptn_srtp_rx *rx) {
    return rx->crypt.profile == PTN_SRTP_AES128_CM_SHA1_80;
}

static uint32_t u32_at(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Length of header, CSRCs and extension; 0 when they do not fit. */
static size_t header_length(const uint8_t *p, size_t len) {
    if (len < 12 || p[0] >> 6 != 2)
        return 0;
    size_t n = 12 + 4 * (size_t)(p[0] & 15);
    if (p[0] & 0x10) {
        if (len < n + 4)
            return 0;
        n += 4 + 4 * ((size_t)p[n + 2] << 8 | p[n + 3]);
    }
    return n <= len ? n : 0;
}

static bool open_cm(struct half *h, uint8_t *p, size_t plain, size_t header, uint64_t index) {
    uint8_t iv[16], roc[4], mac[20];
    ptn_put_u32(roc, (uint32_t)(index >> 16));
    hmac_sign(&h->hmac, ptn_bytes_of(p, plain), ptn_bytes_of(roc, 4), mac);
    if (!ptn_mac_eq(mac, p + plain, CM_TAG))
        return false;
    cm_iv(h, u32_at(p + 8), index, iv);
    return cm_crypt(h, iv, (struct ptn_bytes){0}, ptn_bytes_of(p + header, plain - header),
                    p + header);
}

static bool open_gcm(struct half *h, uint8_t *p, size_t plain, size_t header, uint64_t index) {
    uint8_t iv[12];
    gcm_iv_rtp(h, u32_at(p + 8), index, iv);
    return gcm_open(h, iv, ptn_bytes_of(p, header), (struct ptn_bytes){0}, p + header,
                    plain - header, p + plain);
}

/* The stream of an authentic packet; NULL when there are too many already. */
static struct stream *stream_for(struct ptn_srtp_rx *rx, struct stream *known, uint32_t ssrc) {
    if (known)
        return known;
    return rx->count < PTN_SRTP_RX_SSRC_MAX ? add(rx, ssrc) : NULL;
}

ptn_err ptn_srtp_unprotect(struct ptn_srtp_rx *rx, uint8_t *packet, size_t *len) {
    size_t tag = is_cm(rx) ? CM_TAG : GCM_TAG;
    size_t header = header_length(packet, *len);
    if (header == 0 || *len < header + tag)
        return PTN_EMALFORMED;
    uint32_t ssrc = u32_at(packet + 8);
    uint16_t seq = (uint16_t)((unsigned)packet[2] << 8 | packet[3]);
    struct stream *s = find(rx, ssrc);
    uint64_t index = seq;
    if (s && (!replay_guess(&s->rtp, seq, &index) || !replay_is_new(&s->rtp, index)))
        return PTN_EPROTO;
    if (!s && rx->count >= PTN_SRTP_RX_SSRC_MAX)
        return PTN_ELIMIT;
    if (!(is_cm(rx) ? open_cm : open_gcm)(&rx->crypt.rtp, packet, *len - tag, header, index))
        return PTN_EAUTH;
    s = stream_for(rx, s, ssrc);
    replay_add(&s->rtp, index);
    *len -= tag;
    return PTN_OK;
}

static bool open_rtcp_cm(struct half *h, uint8_t *p, size_t len, uint32_t index) {
    uint8_t iv[16], mac[20];
    size_t plain = len - RTCP_INDEX - CM_TAG;
    hmac_sign(&h->hmac, ptn_bytes_of(p, plain + RTCP_INDEX), (struct ptn_bytes){0}, mac);
    if (!ptn_mac_eq(mac, p + plain + RTCP_INDEX, CM_TAG))
        return false;
    cm_iv(h, u32_at(p + 4), index, iv);
    return cm_crypt(h, iv, (struct ptn_bytes){0}, ptn_bytes_of(p + RTCP_CLEAR, plain - RTCP_CLEAR),
                    p + RTCP_CLEAR);
}

static bool open_rtcp_gcm(struct half *h, uint8_t *p, size_t len, uint32_t index) {
    uint8_t iv[12];
    size_t plain = len - RTCP_INDEX - GCM_TAG;
    gcm_iv_rtcp(h, u32_at(p + 4), index, iv);
    return gcm_open(h, iv, ptn_bytes_of(p, RTCP_CLEAR), ptn_bytes_of(p + plain + GCM_TAG, 4),
                    p + RTCP_CLEAR, plain - RTCP_CLEAR, p + plain);
}

ptn_err ptn_srtp_unprotect_rtcp(struct ptn_srtp_rx *rx, uint8_t *packet, size_t *len) {
    bool cm = is_cm(rx);
    size_t extra = RTCP_INDEX + (cm ? CM_TAG : GCM_TAG);
    if (*len < RTCP_CLEAR + extra || packet[0] >> 6 != 2)
        return PTN_EMALFORMED;
    uint32_t word = u32_at(packet + *len - (cm ? RTCP_INDEX + CM_TAG : RTCP_INDEX));
    uint32_t index = word & ~RTCP_E, ssrc = u32_at(packet + 4);
    if (!(word & RTCP_E))
        return PTN_EAUTH; /* sent in clear: was not negotiated */
    struct stream *s = find(rx, ssrc);
    if (s && !replay_is_new(&s->rtcp, index))
        return PTN_EPROTO;
    if (!s && rx->count >= PTN_SRTP_RX_SSRC_MAX)
        return PTN_ELIMIT;
    if (!(cm ? open_rtcp_cm : open_rtcp_gcm)(&rx->crypt.rtcp, packet, *len, index))
        return PTN_EAUTH;
    s = stream_for(rx, s, ssrc);
    replay_add(&s->rtcp, index);
    *len -= extra;
    return PTN_OK;
}
