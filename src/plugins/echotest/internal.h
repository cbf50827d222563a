/* Inside src/plugins/echotest only. */
#ifndef PTN_ECHOTEST_INTERNAL_H
#define PTN_ECHOTEST_INTERNAL_H

#include "portunus/plugin.h"

enum { /* error codes of the plugin */
       ECHO_NO_MESSAGE = 411,
       ECHO_INVALID_JSON = 412,
       ECHO_INVALID_ELEMENT = 413,
       ECHO_INVALID_SDP = 414,
};

#define DELAY_MAX 4095 /* 12 bits of the playout-delay extension, in units of 10 ms */

struct echo { /* one handle */
    struct ptn_handle *handle;
    bool audio, video; /* echoed, else dropped */
    uint32_t bitrate;  /* 0: no cap */
    uint64_t peer_bitrate;
    int16_t min_delay, max_delay; /* -1: not forced */
    bool hung_up;
    unsigned slowlinks;
};

void echo_defaults(struct echo *e);
/* validate.c: 0, or an error code with its text */
int echo_validate(const json_t *body, bool has_offer, char *why, size_t cap);
struct echo_change { /* what the media must hear of at once */
    bool bitrate, video_is_back;
};
/* settings.c: keeps what the body says about audio, video, bitrate and delays */
struct echo_change echo_apply(struct echo *e, const json_t *body);
/* media.c: answers the offer of r and connects every m-line's source to its sink */
ptn_err echo_answer(struct echo *e, struct ptn_request *r, json_t *data);
void echo_update(struct echo *e, struct echo_change change); /* the settings of what is wired */
bool echo_is_on(const struct echo *e, size_t mindex);

#endif
