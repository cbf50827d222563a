/* WebSocket frames of a server (RFC 6455 5): bytes in, pieces of frames out; frame headers to
 * write. Masks are taken off, the rules for clients checked. Knows no socket, no message limit. */
#ifndef PTN_WEB_WS_FRAME_H
#define PTN_WEB_WS_FRAME_H

#include <stdbool.h>

#include "base/bytes.h"

enum ws_opcode {
    WS_CONTINUATION = 0x0,
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xa,
};

#define WS_CONTROL_MAX 125 /* RFC 6455 5.5 */
#define WS_HEADER_MAX 14   /* received: 2 + 8 + mask; written: 10 */

struct ws_parser {
    uint8_t header[WS_HEADER_MAX];
    uint8_t header_len;
    bool in_payload;
    bool in_message; /* a data message has begun and its last frame is still to come */
    bool fin;
    uint8_t opcode;
    uint8_t mask[4];
    uint64_t left; /* payload of the current frame still to come */
    uint64_t pos;  /* payload of the current frame already given out: the phase of the mask */
};

enum ws_event {
    WS_MORE,  /* everything was taken, more bytes are needed */
    WS_BEGIN, /* a frame begins: p->opcode, p->fin, p->left (its length) are valid */
    WS_DATA,  /* *data is the next run of its payload, unmasked in place, not empty */
    WS_END,   /* the frame is complete */
    WS_BAD,   /* protocol error: close with 1002 */
};

void ws_parser_init(struct ws_parser *p);
/* Takes what it can from the front of *in (advanced). The bytes are changed: unmasked. */
enum ws_event ws_parse(struct ws_parser *p, struct ptn_bytes *in, struct ptn_bytes *data);
/* Writes the header of an unmasked, unfragmented frame; returns its length. */
size_t ws_header_write(enum ws_opcode opcode, size_t payload, uint8_t out[WS_HEADER_MAX]);

/* A close code a peer may send (RFC 6455 7.4.1, 7.4.2). */
bool ws_close_code_ok(unsigned code);
/* Well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
bool ws_utf8_ok(struct ptn_bytes text);

#endif
