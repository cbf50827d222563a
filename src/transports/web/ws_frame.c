#include "transports/web/ws_frame.h"

#include <string.h>

void ws_parser_init(struct ws_parser *p) {
    *p = (struct ws_parser){.header_len = 0};
}

/*  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-------+-+-------------+-------------------------------+
 * |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
 * |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
 * |N|V|V|V|       |S|             |   (if payload len==126/127)   |
 * +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
 * |                Masking-key (from a client: always)            |
 * +---------------------------------------------------------------+ */
static uint8_t header_size(const struct ws_parser *p) {
    if (p->header_len < 2)
        return 2;
    uint8_t len = p->header[1] & 0x7f;
    return (uint8_t)(2 + (len == 126 ? 2 : len == 127 ? 8 : 0) + 4);
}

static uint64_t payload_length(const struct ws_parser *p) {
    uint8_t short_len = p->header[1] & 0x7f;
    size_t bytes = short_len == 126 ? 2 : short_len == 127 ? 8 : 0;
    uint64_t len = bytes == 0 ? short_len : 0;
    for (size_t i = 0; i < bytes; i++)
        len = len << 8 | p->header[2 + i];
    return len;
}

static bool length_is_minimal(const struct ws_parser *p) { /* RFC 6455 5.2 */
    uint8_t short_len = p->header[1] & 0x7f;
    if (short_len == 126)
        return p->left > 125;
    if (short_len == 127)
        return p->left > 0xffff && p->left >> 63 == 0;
    return true;
}

static bool is_control(uint8_t opcode) {
    return (opcode & 0x8) != 0;
}

static bool opcode_ok(struct ws_parser *p) {
    switch (p->opcode) {
    case WS_CONTINUATION:
        return p->in_message;
    case WS_TEXT:
    case WS_BINARY:
        return !p->in_message;
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG:
        return p->fin && p->left <= WS_CONTROL_MAX;
    default:
        return false;
    }
}

/* The two bytes that can be judged before the rest of the header is there. */
static bool first_bytes_ok(const struct ws_parser *p) {
    bool reserved = (p->header[0] & 0x70) != 0; /* no extension was negotiated */
    bool masked = (p->header[1] & 0x80) != 0;   /* RFC 6455 5.1 */
    return !reserved && masked;
}

static enum ws_event frame_begins(struct ws_parser *p) {
    uint8_t size = p->header_len;
    p->fin = (p->header[0] & 0x80) != 0;
    p->opcode = p->header[0] & 0x0f;
    p->left = payload_length(p);
    p->pos = 0;
    memcpy(p->mask, p->header + size - 4, 4);
    if (!length_is_minimal(p) || !opcode_ok(p))
        return WS_BAD;
    if (!is_control(p->opcode))
        p->in_message = !p->fin;
    p->in_payload = true;
    p->header_len = 0;
    return WS_BEGIN;
}

static enum ws_event take_header(struct ws_parser *p, struct ptn_bytes *in) {
    while (in->n > 0) {
        p->header[p->header_len++] = *in->p++;
        in->n--;
        if (p->header_len == 2 && !first_bytes_ok(p))
            return WS_BAD;
        if (p->header_len == header_size(p))
            return frame_begins(p);
    }
    return WS_MORE;
}

static struct ptn_bytes take_payload(struct ws_parser *p, struct ptn_bytes *in) {
    size_t n = in->n < p->left ? in->n : (size_t)p->left;
    struct ptn_bytes data = {in->p, n};
    uint8_t *bytes = (uint8_t *)(uintptr_t)in->p; /* ws_parse says that it changes them */
    for (size_t i = 0; i < n; i++)
        bytes[i] ^= p->mask[(p->pos + i) & 3];
    p->pos += n;
    p->left -= n;
    in->p += n;
    in->n -= n;
    return data;
}

enum ws_event ws_parse(struct ws_parser *p, struct ptn_bytes *in, struct ptn_bytes *data) {
    if (!p->in_payload)
        return take_header(p, in);
    if (p->left == 0) {
        p->in_payload = false;
        return WS_END;
    }
    if (in->n == 0)
        return WS_MORE;
    *data = take_payload(p, in);
    return WS_DATA;
}

size_t ws_header_write(enum ws_opcode opcode, size_t payload, uint8_t out[WS_HEADER_MAX]) {
    out[0] = (uint8_t)(0x80 | opcode);
    size_t bytes = payload < 126 ? 0 : payload <= 0xffff ? 2 : 8;
    out[1] = (uint8_t)(bytes == 0 ? payload : bytes == 2 ? 126 : 127);
    for (size_t i = 0; i < bytes; i++)
        out[2 + i] = (uint8_t)((uint64_t)payload >> (8 * (bytes - 1 - i)));
    return 2 + bytes;
}

bool ws_close_code_ok(unsigned code) {
    if (code >= 3000 && code <= 4999)
        return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

/* How many continuation bytes follow, and the smallest code point that needs them. */
static int utf8_lead(uint8_t b, uint32_t *bits, uint32_t *least) {
    static const struct {
        uint8_t mask, value, rest;
        uint32_t least;
    } form[] = {{0x80, 0x00, 0, 0},
                {0xe0, 0xc0, 1, 0x80},
                {0xf0, 0xe0, 2, 0x800},
                {0xf8, 0xf0, 3, 0x10000}};
    for (size_t i = 0; i < sizeof form / sizeof form[0]; i++) {
        if ((b & form[i].mask) != form[i].value)
            continue;
        *bits = b & (uint8_t)~form[i].mask;
        *least = form[i].least;
        return form[i].rest;
    }
    return -1;
}

bool ws_utf8_ok(struct ptn_bytes text) {
    for (size_t i = 0; i < text.n;) {
        uint32_t code, least;
        int rest = utf8_lead(text.p[i++], &code, &least);
        if (rest < 0 || (size_t)rest > text.n - i)
            return false;
        for (; rest > 0; rest--, i++) {
            if ((text.p[i] & 0xc0) != 0x80)
                return false;
            code = code << 6 | (text.p[i] & 0x3fu);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
            return false;
    }
    return true;
}
