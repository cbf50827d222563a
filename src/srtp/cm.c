/* AES in counter mode (RFC 3711 4.1.1). */
#include <string.h>

#include "base/wire.h"
#include "srtp/internal.h"

/*  salt (14) | 00 00   xor   SSRC at byte 4   xor   48-bit index at byte 8  */
void cm_iv(const struct half *h, uint32_t ssrc, uint64_t index, uint8_t iv[16]) {
    uint8_t v[16] = {0};
    ptn_put_u32(v + 4, ssrc);
    ptn_put_u16(v + 8, (uint16_t)(index >> 32));
    ptn_put_u32(v + 10, (uint32_t)index);
    for (size_t i = 0; i < 14; i++)
        v[i] ^= h->salt[i];
    memcpy(iv, v, 16);
}

bool cm_crypt(struct half *h, const uint8_t iv[16], struct ptn_bytes prefix,
              struct ptn_bytes payload, uint8_t *out) {
    int n;
    if (EVP_EncryptInit_ex(h->cipher, NULL, NULL, NULL, iv) != 1)
        return false;
    if (prefix.n > 0 && EVP_EncryptUpdate(h->cipher, out, &n, prefix.p, (int)prefix.n) != 1)
        return false;
    return payload.n == 0 ||
           EVP_EncryptUpdate(h->cipher, out + prefix.n, &n, payload.p, (int)payload.n) == 1;
}
