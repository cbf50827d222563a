#include "ice/internal.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

static bool is_ice_text(const char *s, size_t min, size_t max) {
    size_t n = strnlen(s, max + 1);
    if (n < min || n > max)
        return false;
    for (; *s; s++) {
        bool alnum =
            (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
        if (!alnum && *s != '+' && *s != '/')
            return false;
    }
    return true;
}

bool ice_creds_valid(const char *ufrag, const char *pwd) { /* RFC 8839 5.4 */
    return is_ice_text(ufrag, 4, PTN_ICE_UFRAG_MAX) && is_ice_text(pwd, 22, PTN_ICE_PWD_MAX);
}

void ice_creds_clear(struct ice_creds *creds) {
    if (creds->pwd)
        ptn_wipe(creds->pwd, strlen(creds->pwd));
    free(creds->pwd);
    free(creds->ufrag);
    *creds = (struct ice_creds){0};
}

void ice_creds_set(struct ice_creds *creds, const char *ufrag, const char *pwd) {
    ice_creds_clear(creds);
    creds->ufrag = ptn_strdup(ufrag);
    creds->pwd = ptn_strdup(pwd);
}

bool ice_creds_are(const struct ice_creds *creds, const char *ufrag, const char *pwd) {
    return creds->ufrag && strcmp(creds->ufrag, ufrag) == 0 && ptn_secret_eq(creds->pwd, pwd);
}
