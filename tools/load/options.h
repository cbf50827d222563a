/* What the command line asks for. */
#ifndef PTN_LOAD_OPTIONS_H
#define PTN_LOAD_OPTIONS_H

#include "base/addr.h"
#include "base/time.h"
#include "sdp/sdp.h"

struct options {
    struct ptn_addr server; /* of the WebSocket */
    char host[128];         /* as in the URL, for the Host header */
    char path[128];
    struct ptn_addr bind; /* port 0; where media sockets are bound */
    unsigned peers;
    double ramp; /* joins per second */
    ptn_time duration, settle, join_timeout;
    bool audio, video, silent;
    unsigned video_pps, video_fps, video_size, audio_pps, audio_size;
    const char *video_codec;
    enum ptn_sdp_setup setup;
    const char *srtp; /* the only profile to offer; NULL: all */
    const char *apisecret, *token;
    const char *json; /* path of the report, "-": standard output; NULL: none */
    double max_loss;  /* per cent */
    bool verbose;
};

/* 0: go on; otherwise the exit status plus one. */
int options_read(struct options *o, int argc, char **argv);

#endif
