#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"
#include "srtp/internal.h"

ptn_err ptn_srtp_tx_new(enum ptn_srtp_profile profile, const struct ptn_srtp_keys *keys,
                        struct ptn_srtp_tx **out) {
    struct ptn_srtp_tx *tx = ptn_new(struct ptn_srtp_tx);
    ptn_err err = crypt_init(&tx->crypt, profile, keys, true);
    if (err != PTN_OK) {
        free(tx);
        return err;
    }
    *out = tx;
    return PTN_OK;
}

void ptn_srtp_tx_free(struct ptn_srtp_tx *tx) {
    if (!tx)
        return;
    crypt_done(&tx->crypt);
    free(tx);
}

static uint32_t ssrc_at(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_cm(const struct crypt *c) {
    return c->profile == PTN_SRTP_AES128_CM_SHA1_80;
}

/* The tag covers the packet and the rollover counter (RFC 3711 4.2). */
static void sign_rtp(struct half *h, uint8_t *packet, size_t len, uint64_t index) {
    uint8_t roc[4], mac[20];
    ptn_put_u32(roc, (uint32_t)(index >> 16));
    hmac_sign(&h->hmac, ptn_bytes_of(packet, len), ptn_bytes_of(roc, 4), mac);
    memcpy(packet + len, mac, CM_TAG);
}

ptn_err ptn_srtp_protect(struct ptn_srtp_tx *tx, uint64_t index, struct ptn_bytes header,
                         struct ptn_bytes prefix, struct ptn_bytes payload, uint8_t *out,
                         size_t out_cap, size_t *out_len) {
    struct half *h = &tx->crypt.rtp;
    bool cm = is_cm(&tx->crypt);
    size_t plain = header.n + prefix.n + payload.n, len = plain + (cm ? CM_TAG : GCM_TAG);
    uint8_t iv[16];
    bool ok;
    if (len > out_cap || header.n < 12)
        return PTN_ELIMIT;
    memcpy(out, header.p, header.n);
    if (cm) {
        cm_iv(h, ssrc_at(header.p + 8), index, iv);
        ok = cm_crypt(h, iv, prefix, payload, out + header.n);
        sign_rtp(h, out, plain, index);
    } else {
        gcm_iv_rtp(h, ssrc_at(header.p + 8), index, iv);
        ok = gcm_seal(h, iv, header, (struct ptn_bytes){0}, prefix, payload, out + header.n);
    }
    if (!ok)
        return PTN_EIO;
    *out_len = len;
    return PTN_OK;
}

static bool seal_rtcp_cm(struct half *h, struct ptn_bytes rtcp, uint32_t index, uint8_t *out) {
    uint8_t iv[16], mac[20];
    struct ptn_bytes body = {rtcp.p + RTCP_CLEAR, rtcp.n - RTCP_CLEAR};
    cm_iv(h, ssrc_at(rtcp.p + 4), index, iv);
    if (!cm_crypt(h, iv, (struct ptn_bytes){0}, body, out + RTCP_CLEAR))
        return false;
    ptn_put_u32(out + rtcp.n, RTCP_E | index);
    hmac_sign(&h->hmac, ptn_bytes_of(out, rtcp.n + RTCP_INDEX), (struct ptn_bytes){0}, mac);
    memcpy(out + rtcp.n + RTCP_INDEX, mac, CM_TAG);
    return true;
}

/*  clear header (8) | ciphertext | tag | E, index  (RFC 7714 9.2)  */
static bool seal_rtcp_gcm(struct half *h, struct ptn_bytes rtcp, uint32_t index, uint8_t *out) {
    uint8_t iv[12], trailer[4];
    struct ptn_bytes body = {rtcp.p + RTCP_CLEAR, rtcp.n - RTCP_CLEAR};
    gcm_iv_rtcp(h, ssrc_at(rtcp.p + 4), index, iv);
    ptn_put_u32(trailer, RTCP_E | index);
    memcpy(out + rtcp.n + GCM_TAG, trailer, 4);
    return gcm_seal(h, iv, ptn_bytes_of(rtcp.p, RTCP_CLEAR), ptn_bytes_of(trailer, 4),
                    (struct ptn_bytes){0}, body, out + RTCP_CLEAR);
}

ptn_err ptn_srtp_protect_rtcp(struct ptn_srtp_tx *tx, struct ptn_bytes rtcp, uint8_t *out,
                              size_t out_cap, size_t *out_len) {
    bool cm = is_cm(&tx->crypt);
    size_t len = rtcp.n + RTCP_INDEX + (cm ? CM_TAG : GCM_TAG);
    if (rtcp.n < RTCP_CLEAR || len > out_cap || tx->rtcp_index >= RTCP_E)
        return PTN_ELIMIT;
    memcpy(out, rtcp.p, RTCP_CLEAR);
    struct half *h = &tx->crypt.rtcp;
    if (!(cm ? seal_rtcp_cm : seal_rtcp_gcm)(h, rtcp, tx->rtcp_index, out))
        return PTN_EIO;
    tx->rtcp_index++;
    *out_len = len;
    return PTN_OK;
}

size_t ptn_srtp_tx_memory(const struct ptn_srtp_tx *tx) {
    return sizeof *tx + 2 * 1024; /* two cipher contexts of about a kilobyte in OpenSSL 3.0 */
}
