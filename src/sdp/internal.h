/* Inside src/sdp only. */
#ifndef PTN_SDP_INTERNAL_H
#define PTN_SDP_INTERNAL_H

#include "sdp/sdp.h"

struct parse {
    struct ptn_sdp *sdp;
    struct ptn_sdp_mline *m; /* NULL: session level */
    char *why;
    size_t why_cap;
    bool has_v, has_o, has_s;
    char **wild_fb; /* a=rtcp-fb:* of the present m-line; owned */
    size_t wild_count;
    bool first_transport_done; /* per level: first fingerprint, setup ... */
};

/* Writes the reason and returns PTN_EMALFORMED. */
ptn_err fail(struct parse *p, const char *what, const char *line);
/* "name" or "name:value" after "a=". line: the whole line, for messages. */
ptn_err attr_parse(struct parse *p, const char *text, const char *line);
/* What must wait for the end of an m-line. */
void mline_finish(struct parse *p);
void codec_done(struct ptn_sdp_codec *c);
struct ptn_sdp_transport *level_transport(struct parse *p);
/* Decimal of at most 20 digits; false: not a number or above max. end may be NULL: all of text. */
bool number(const char *text, const char **end, uint64_t max, uint64_t *out);

#endif
