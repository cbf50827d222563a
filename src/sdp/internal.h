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
    enum ptn_sdp_dir session_dir; /* the default of m-lines that say nothing (RFC 8866 6.7) */
    /* What waits for the end of the m-line, because it may stand before what it is about. Owned. */
    char **wild_fb; /* a=rtcp-fb:* */
    size_t wild_count;
    char *simulcast; /* value of a=simulcast */
};

/* Writes the reason and returns PTN_EMALFORMED. */
ptn_err sdp_fail(struct parse *p, const char *what, const char *line);
/* "name" or "name:value" after "a="; cut up in place. line: the whole line, for messages. */
ptn_err sdp_attr_parse(struct parse *p, char *text, const char *line);
/* The m-line has ended (or there was none). */
void sdp_mline_finish(struct parse *p);
/* Decimal of at most 20 digits; false: not a number, or above max (which is 9 at least).
 * end may be NULL: all of text. */
bool sdp_number(const char *text, const char **end, uint64_t max, uint64_t *out);
/* Cuts the next blank-separated word off *at, in place; NULL at the end. */
char *sdp_word(char **at);
/* As ptn_str_copy, but never cuts within a UTF-8 sequence: JSON takes no halves. */
bool sdp_copy(char *dst, size_t cap, const char *src);

#endif
