#include "srtp/internal.h"

static const struct profile profiles[] = {
    {PTN_SRTP_AES128_CM_SHA1_80, "AES128_CM_SHA1_80", 16, 14, false},
    {PTN_SRTP_AEAD_AES_128_GCM, "AEAD_AES_128_GCM", 16, 12, true},
    {PTN_SRTP_AEAD_AES_256_GCM, "AEAD_AES_256_GCM", 32, 12, true},
};

const struct profile *profile_find(enum ptn_srtp_profile id) {
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++)
        if (profiles[i].id == id)
            return &profiles[i];
    return NULL;
}

const char *ptn_srtp_profile_name(enum ptn_srtp_profile id) {
    const struct profile *p = profile_find(id);
    return p ? p->name : "none";
}

size_t ptn_srtp_key_len(enum ptn_srtp_profile id) {
    const struct profile *p = profile_find(id);
    return p ? p->key_len : 0;
}

size_t ptn_srtp_salt_len(enum ptn_srtp_profile id) {
    const struct profile *p = profile_find(id);
    return p ? p->salt_len : 0;
}
