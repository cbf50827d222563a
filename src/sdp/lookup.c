/* Looking things up in a description. */
#include <string.h>
#include <strings.h>

#include "sdp/internal.h"

const struct ptn_sdp_codec *ptn_sdp_codec_by_pt(const struct ptn_sdp_mline *m, uint8_t pt) {
    for (size_t i = 0; i < m->codec_count; i++)
        if (m->codec[i].pt == pt)
            return &m->codec[i];
    return NULL;
}

const struct ptn_sdp_extmap *ptn_sdp_ext_by_uri(const struct ptn_sdp_mline *m, const char *uri) {
    for (size_t i = 0; i < m->ext_count; i++)
        if (strcmp(m->ext[i].uri, uri) == 0)
            return &m->ext[i];
    return NULL;
}

bool ptn_sdp_fmtp_param(const char *fmtp, const char *name, char *out, size_t cap) {
    size_t n = strlen(name);
    for (const char *at = fmtp; at && *at;) {
        at += strspn(at, "; ");
        size_t len = strcspn(at, ";");
        if (len > n && at[n] == '=' && strncasecmp(at, name, n) == 0) {
            size_t value = len - n - 1;
            while (value > 0 && at[n + value] == ' ')
                value--;
            if (value >= cap)
                return false;
            memcpy(out, at + n + 1, value);
            out[value] = '\0';
            return true;
        }
        at += len;
    }
    return false;
}

bool ptn_sdp_mline_is_disabled(const struct ptn_sdp *sdp, size_t index) {
    const struct ptn_sdp_mline *m = &sdp->mline[index];
    return m->port == 0 && index > 0 && !m->bundle_only;
}

struct ptn_sdp_transport ptn_sdp_bundle_transport(const struct ptn_sdp *sdp) {
    struct ptn_sdp_transport t = sdp->transport;
    if (sdp->mline_count == 0)
        return t;
    const struct ptn_sdp_transport *m = &sdp->mline[0].transport;
    if (m->ufrag[0])
        memcpy(t.ufrag, m->ufrag, sizeof t.ufrag);
    if (m->pwd[0])
        memcpy(t.pwd, m->pwd, sizeof t.pwd);
    if (m->fingerprint_count > 0) {
        memcpy(t.fingerprint, m->fingerprint, sizeof t.fingerprint);
        t.fingerprint_count = m->fingerprint_count;
    }
    for (size_t i = 0; t.setup == PTN_SETUP_NONE && i < sdp->mline_count; i++)
        t.setup = sdp->mline[i].transport.setup; /* session level first, then the first found */
    return t;
}

enum ptn_sdp_dir ptn_sdp_dir_reversed(enum ptn_sdp_dir dir) {
    switch (dir) {
    case PTN_SDP_SENDONLY:
        return PTN_SDP_RECVONLY;
    case PTN_SDP_RECVONLY:
        return PTN_SDP_SENDONLY;
    case PTN_SDP_INACTIVE:
    case PTN_SDP_SENDRECV:
    case PTN_SDP_NO_DIR:
        break;
    }
    return dir;
}

const char *ptn_sdp_dir_name(enum ptn_sdp_dir dir) {
    static const char *const names[] = {"inactive", "sendonly", "recvonly", "sendrecv", ""};
    return names[dir];
}

const char *ptn_sdp_kind_name(enum ptn_sdp_kind kind) {
    static const char *const names[] = {"audio", "video", "application"};
    return names[kind];
}
