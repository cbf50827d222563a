#include "load/options.h"

#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "load/media.h"

#define USAGE_ERROR 65 /* 64 (EX_USAGE) plus one, see options_read */

static const char usage[] =
    "Usage: portunus-load [option]...\n"
    "Echo peers against a server that speaks the Janus API over WebSocket.\n\n"
    "  --url ws://host:port/path   the server (ws://127.0.0.1:8188/)\n"
    "  --peers n                   echo peers (10)\n"
    "  --ramp n                    joins per second (20)\n"
    "  --settle s                  wait between the last join and measuring (2)\n"
    "  --duration s                measure for so long (10)\n"
    "  --join-timeout s            a join that takes longer has failed (15)\n"
    "  --bind address              local address of media sockets (that of the connection)\n"
    "  --no-audio, --no-video      do not negotiate it\n"
    "  --silent                    negotiate, but send no media\n"
    "  --audio-pps n, --audio-size bytes                    (50, 80)\n"
    "  --video-pps n, --video-size bytes, --video-fps n     (100, 1100, 25)\n"
    "  --video-codec name          vp8, vp9, h264, ... (vp8)\n"
    "  --role word                 a=setup of the offer: actpass, active, passive (actpass)\n"
    "  --srtp name                 the only profile, as SRTP_AES128_CM_SHA1_80 (all)\n"
    "  --apisecret text, --token text\n"
    "  --max-loss percent          exit status 1 when more is lost (0)\n"
    "  --json path                 report as JSON; - is standard output\n"
    "  --verbose                   one line per step of every peer\n"
    "  --help\n";

enum { /* beyond characters */
       OPT_URL = 256,
       OPT_PEERS,
       OPT_RAMP,
       OPT_SETTLE,
       OPT_DURATION,
       OPT_JOIN_TIMEOUT,
       OPT_BIND,
       OPT_NO_AUDIO,
       OPT_NO_VIDEO,
       OPT_SILENT,
       OPT_AUDIO_PPS,
       OPT_AUDIO_SIZE,
       OPT_VIDEO_PPS,
       OPT_VIDEO_SIZE,
       OPT_VIDEO_FPS,
       OPT_VIDEO_CODEC,
       OPT_ROLE,
       OPT_SRTP,
       OPT_APISECRET,
       OPT_TOKEN,
       OPT_MAX_LOSS,
       OPT_JSON,
       OPT_VERBOSE,
       OPT_HELP,
};

static const struct option long_options[] = {
    {"url", required_argument, NULL, OPT_URL},
    {"peers", required_argument, NULL, OPT_PEERS},
    {"ramp", required_argument, NULL, OPT_RAMP},
    {"settle", required_argument, NULL, OPT_SETTLE},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"join-timeout", required_argument, NULL, OPT_JOIN_TIMEOUT},
    {"bind", required_argument, NULL, OPT_BIND},
    {"no-audio", no_argument, NULL, OPT_NO_AUDIO},
    {"no-video", no_argument, NULL, OPT_NO_VIDEO},
    {"silent", no_argument, NULL, OPT_SILENT},
    {"audio-pps", required_argument, NULL, OPT_AUDIO_PPS},
    {"audio-size", required_argument, NULL, OPT_AUDIO_SIZE},
    {"video-pps", required_argument, NULL, OPT_VIDEO_PPS},
    {"video-size", required_argument, NULL, OPT_VIDEO_SIZE},
    {"video-fps", required_argument, NULL, OPT_VIDEO_FPS},
    {"video-codec", required_argument, NULL, OPT_VIDEO_CODEC},
    {"role", required_argument, NULL, OPT_ROLE},
    {"srtp", required_argument, NULL, OPT_SRTP},
    {"apisecret", required_argument, NULL, OPT_APISECRET},
    {"token", required_argument, NULL, OPT_TOKEN},
    {"max-loss", required_argument, NULL, OPT_MAX_LOSS},
    {"json", required_argument, NULL, OPT_JSON},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* -- values ------------------------------------------------------------------------------------ */

static bool number(const char *text, double min, double max, double *out) {
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end != '\0' || !(v >= min && v <= max))
        return false;
    *out = v;
    return true;
}

static bool resolve(const char *host, const char *port, struct ptn_addr *out) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return false;
    bool ok = ptn_addr_from_sockaddr(found->ai_addr, out) == PTN_OK;
    freeaddrinfo(found);
    return ok;
}

/* The resolver would take names of services, and numbers modulo 65536. */
static bool is_port(const char *text) {
    double v;
    return strspn(text, "0123456789") == strlen(text) && number(text, 1, 65535, &v);
}

/* ws://host[:port][/path], the host of IPv6 addresses in brackets. */
static bool read_url(struct options *o, const char *url) {
    char host[128], port[8] = "80";
    if (strncmp(url, "ws://", 5) != 0)
        return false;
    const char *at = url + 5, *end = at + strcspn(at, "/");
    size_t n = (size_t)(end - at);
    if (n == 0 || n >= sizeof o->host || !ptn_str_copy(o->path, sizeof o->path, *end ? end : "/"))
        return false;
    memcpy(o->host, at, n);
    o->host[n] = '\0';
    const char *colon = strrchr(o->host, ':'), *bracket = strchr(o->host, ']');
    if (colon && (!bracket || colon > bracket)) {
        if (!is_port(colon + 1) || !ptn_str_copy(port, sizeof port, colon + 1))
            return false;
        n = (size_t)(colon - o->host);
    }
    bool v6 = o->host[0] == '[' && bracket;
    memcpy(host, o->host + v6, n);
    host[v6 ? (size_t)(bracket - o->host) - 1 : n] = '\0';
    return resolve(host, port, &o->server);
}

static bool read_role(struct options *o, const char *text) {
    static const struct {
        const char *text;
        enum ptn_sdp_setup setup;
    } words[] = {{"actpass", PTN_SETUP_ACTPASS},
                 {"active", PTN_SETUP_ACTIVE},
                 {"passive", PTN_SETUP_PASSIVE}};
    for (size_t i = 0; i < PTN_COUNT_OF(words); i++)
        if (strcmp(text, words[i].text) == 0) {
            o->setup = words[i].setup;
            return true;
        }
    return false;
}

struct limits { /* of an option that is a number */
    int code;
    double min, max;
    unsigned *whole;
    double *real;
    ptn_time *seconds;
};

static bool read_number(struct options *o, int code, const char *text) {
    const struct limits table[] = {
        {OPT_PEERS, 1, 10000, &o->peers, NULL, NULL},
        {OPT_RAMP, 0.1, 10000, NULL, &o->ramp, NULL},
        {OPT_SETTLE, 0, 3600, NULL, NULL, &o->settle},
        {OPT_DURATION, 0, 86400, NULL, NULL, &o->duration},
        {OPT_JOIN_TIMEOUT, 1, 3600, NULL, NULL, &o->join_timeout},
        {OPT_AUDIO_PPS, 1, 1000, &o->audio_pps, NULL, NULL},
        {OPT_AUDIO_SIZE, AUDIO_MIN, 1200, &o->audio_size, NULL, NULL},
        {OPT_VIDEO_PPS, 1, 20000, &o->video_pps, NULL, NULL},
        {OPT_VIDEO_SIZE, VIDEO_MIN, 1200, &o->video_size, NULL, NULL},
        {OPT_VIDEO_FPS, 1, 240, &o->video_fps, NULL, NULL},
        {OPT_MAX_LOSS, 0, 100, NULL, &o->max_loss, NULL},
    };
    double v;
    for (size_t i = 0; i < PTN_COUNT_OF(table); i++) {
        const struct limits *l = &table[i];
        if (l->code != code)
            continue;
        if (!number(text, l->min, l->max, &v) || (l->whole && v != (unsigned)v))
            return false;
        if (l->whole)
            *l->whole = (unsigned)v;
        else if (l->real)
            *l->real = v;
        else
            *l->seconds = (ptn_time)(v * (double)PTN_SECOND);
        return true;
    }
    return false;
}

static bool read_one(struct options *o, int code, const char *value) {
    switch (code) {
    case OPT_URL:
        return read_url(o, value);
    case OPT_BIND:
        return ptn_addr_parse(value, 0, &o->bind) == PTN_OK;
    case OPT_ROLE:
        return read_role(o, value);
    case OPT_NO_AUDIO:
        o->audio = false;
        return true;
    case OPT_NO_VIDEO:
        o->video = false;
        return true;
    case OPT_SILENT:
        return o->silent = true;
    case OPT_VERBOSE:
        return o->verbose = true;
    case OPT_VIDEO_CODEC:
        return (o->video_codec = value) != NULL;
    case OPT_SRTP:
        return (o->srtp = value) != NULL;
    case OPT_APISECRET:
        return (o->apisecret = value) != NULL;
    case OPT_TOKEN:
        return (o->token = value) != NULL;
    case OPT_JSON:
        return (o->json = value) != NULL;
    default: /* not an enum: whatever is left is a number */
        return read_number(o, code, value);
    }
}

/* The address that media has to use to reach the server: the one the kernel would use. */
static bool find_bind(struct options *o) {
    struct sockaddr_storage sa;
    socklen_t len = ptn_addr_to_sockaddr(&o->server, &sa);
    if (o->bind.family != 0)
        return true;
    int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&sa, len) == 0;
    len = sizeof sa;
    ok = ok && getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
         ptn_addr_from_sockaddr((struct sockaddr *)&sa, &o->bind) == PTN_OK;
    o->bind.port = 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static void set_defaults(struct options *o) {
    *o = (struct options){
        .peers = 10,
        .ramp = 20,
        .duration = 10 * PTN_SECOND,
        .settle = 2 * PTN_SECOND,
        .join_timeout = 15 * PTN_SECOND,
        .audio = true,
        .video = true,
        .video_pps = 100,
        .video_fps = 25,
        .video_size = 1100,
        .audio_pps = 50,
        .audio_size = 80,
        .setup = PTN_SETUP_ACTPASS,
    };
}

int options_read(struct options *o, int argc, char **argv) {
    int code, index;
    set_defaults(o);
    while ((code = getopt_long(argc, argv, "", long_options, &index)) != -1) {
        if (code == OPT_HELP) {
            fputs(usage, stdout);
            return 1;
        }
        if (code == '?')
            return USAGE_ERROR;
        if (!read_one(o, code, optarg)) {
            fprintf(stderr, "portunus-load: --%s %s: not understood or out of range\n",
                    long_options[index].name, optarg);
            return USAGE_ERROR;
        }
    }
    if (optind < argc || (!o->audio && !o->video)) {
        fputs(usage, stderr);
        return USAGE_ERROR;
    }
    if (o->server.family == 0 && !read_url(o, "ws://127.0.0.1:8188/"))
        return USAGE_ERROR;
    if (!find_bind(o)) {
        fprintf(stderr, "portunus-load: no route to %s\n", o->host);
        return USAGE_ERROR;
    }
    return 0;
}
