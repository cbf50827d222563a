/* libsrtp2 in the shape of our own calls: the judge of interoperability. */
#ifndef PTN_TESTS_SRTP_ORACLE_H
#define PTN_TESTS_SRTP_ORACLE_H

#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#include "srtp/srtp.h"

/* inbound: unprotects what has any SSRC; else protects. NULL when it cannot be made. */
static inline srtp_t oracle_new(enum ptn_srtp_profile profile, const struct ptn_srtp_keys *keys,
                                bool inbound) {
    srtp_policy_t policy = {.window_size = 1024, .allow_repeat_tx = 0};
    uint8_t key[PTN_SRTP_KEY_MAX + PTN_SRTP_SALT_MAX];
    size_t k = ptn_srtp_key_len(profile);
    srtp_t out = NULL;
    srtp_profile_t id = profile == PTN_SRTP_AES128_CM_SHA1_80  ? srtp_profile_aes128_cm_sha1_80
                        : profile == PTN_SRTP_AEAD_AES_128_GCM ? srtp_profile_aead_aes_128_gcm
                                                               : srtp_profile_aead_aes_256_gcm;
    memcpy(key, keys->key, k);
    memcpy(key + k, keys->salt, ptn_srtp_salt_len(profile));
    if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, id) != srtp_err_status_ok ||
        srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, id) != srtp_err_status_ok)
        return NULL;
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = key;
    return srtp_create(&out, &policy) == srtp_err_status_ok ? out : NULL;
}

#endif
