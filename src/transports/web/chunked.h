/* Decoder of the chunked transfer coding (RFC 9112 7.1): bytes in, body bytes out. */
#ifndef PTN_WEB_CHUNKED_H
#define PTN_WEB_CHUNKED_H

#include <stdbool.h>

#include "base/bytes.h"

#define CHUNKED_LINE_MAX 256                 /* a size line with its extensions */
#define CHUNKED_TRAILERS_MAX 4096            /* all trailer lines together; they are ignored */
#define CHUNKED_SIZE_MAX (UINT64_C(1) << 40) /* one chunk; the body's own limit is the caller's */

enum chunked_state {
    CHUNKED_SIZE,
    CHUNKED_DATA,
    CHUNKED_DATA_CR,
    CHUNKED_DATA_LF,
    CHUNKED_TRAILER,
    CHUNKED_DONE,
    CHUNKED_BAD,
};

struct chunked {
    enum chunked_state state;
    uint64_t left;   /* of the current chunk */
    size_t line_len; /* of the current size or trailer line */
    size_t trailers; /* bytes of trailer lines so far */
    bool digits;     /* the size line has had a digit */
    bool extension;  /* past the digits of the size line */
    bool cr;         /* the last byte of the line was CR */
};

void chunked_init(struct chunked *c);
/* Takes what it can from the front of *in: advances it, and gives the next run of body bytes, which
 * borrows *in and may be empty. Call it while *in is not empty and the state is neither DONE nor
 * BAD. After DONE what is left in *in belongs to the next request. */
struct ptn_bytes chunked_next(struct chunked *c, struct ptn_bytes *in);

#endif
