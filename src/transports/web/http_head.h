/* The head of an HTTP/1.1 request (RFC 9112): bytes in, a checked view out. Strict where leniency
 * lets two parsers disagree about where a request ends: bare CR or LF, folded lines, spaces before
 * a colon, two lengths, a length and a transfer coding are errors. Knows no socket. */
#ifndef PTN_WEB_HTTP_HEAD_H
#define PTN_WEB_HTTP_HEAD_H

#include <stdbool.h>

#include "base/bytes.h"

#define HTTP_HEAD_MAX 16384 /* bytes of request line and headers; browsers send under 2 kB */
#define HTTP_HEADERS_MAX 64 /* header lines; browsers send about 20 */
#define HTTP_METHOD_MAX 32

struct http_header {
    struct ptn_bytes name, value; /* value without surrounding blanks */
};

/* Views borrow the text that was parsed. */
struct http_head {
    struct ptn_bytes method; /* a token of 1..HTTP_METHOD_MAX characters */
    struct ptn_bytes target; /* as sent; for absolute-form what follows the authority */
    int minor;               /* HTTP/1.minor, 0 or 1 */
    struct http_header header[HTTP_HEADERS_MAX];
    size_t header_count;
    bool keep_alive;
    bool chunked;         /* Transfer-Encoding: chunked */
    bool expect_continue; /* Expect: 100-continue */
    uint64_t length;      /* Content-Length; 0 when absent */
};

enum http_scan {
    HTTP_SCAN_MORE, /* the blank line has not arrived */
    HTTP_SCAN_BAD,  /* cannot become a head: control bytes, a bare LF */
    HTTP_SCAN_DONE, /* *end is the first byte after the blank line */
};

/* Looks for the end of the head. *from: where the last call stopped (0 at first), kept by the
 * caller so that a head sent byte by byte costs each byte once. */
enum http_scan http_head_scan(struct ptn_bytes in, size_t *from, size_t *end);

/* text: a whole head including the blank line.
 *  returns 0, or the status to refuse it with: 400 malformed, 413 a length beyond 2^53, 431 too
 * many headers, 501 a transfer coding other than chunked, 505 not HTTP/1.x; *out is then undefined.
 */
int http_head_parse(struct ptn_bytes text, struct http_head *out);

/* The value of the first header of this name (any case); p NULL when there is none. */
struct ptn_bytes http_head_find(const struct http_head *head, const char *name);
/* Whether a comma list in any header of this name holds the token (any case). */
bool http_head_has_token(const struct http_head *head, const char *name, const char *token);
/* Case-insensitive comparison with a NUL-terminated text. */
bool http_bytes_is(struct ptn_bytes b, const char *text);

#endif
