#include "transports/web/chunked.h"

void chunked_init(struct chunked *c) {
    *c = (struct chunked){.state = CHUNKED_SIZE};
}

static int hex_digit(uint8_t b) {
    if (b >= '0' && b <= '9')
        return b - '0';
    if (b >= 'a' && b <= 'f')
        return b - 'a' + 10;
    if (b >= 'A' && b <= 'F')
        return b - 'A' + 10;
    return -1;
}

static void start_line(struct chunked *c, enum chunked_state state) {
    c->state = state;
    c->line_len = 0;
    c->digits = c->extension = c->cr = false;
}

static void size_line_ended(struct chunked *c) {
    bool last = c->left == 0;
    if (!c->digits) {
        c->state = CHUNKED_BAD;
        return;
    }
    start_line(c, last ? CHUNKED_TRAILER : CHUNKED_DATA);
}

/* chunk-size [ chunk-ext ] CRLF; extensions are skipped (RFC 9112 7.1.1). */
static void size_byte(struct chunked *c, uint8_t b) {
    if (++c->line_len > CHUNKED_LINE_MAX || (c->cr && b != '\n') || (!c->cr && b == '\n')) {
        c->state = CHUNKED_BAD;
        return;
    }
    if (b == '\n') {
        size_line_ended(c);
        return;
    }
    if (b == '\r') {
        c->cr = true;
        return;
    }
    int digit = hex_digit(b);
    if (!c->extension && digit >= 0) {
        c->digits = true;
        c->left = c->left * 16 + (uint64_t)digit;
        if (c->left > CHUNKED_SIZE_MAX)
            c->state = CHUNKED_BAD;
        return;
    }
    if (!c->digits || (!c->extension && b != ';' && b != ' ' && b != '\t') ||
        (b < 0x20 && b != '\t'))
        c->state = CHUNKED_BAD;
    c->extension = true;
}

/* Trailer lines are ignored up to an empty one. */
static void trailer_byte(struct chunked *c, uint8_t b) {
    if (++c->trailers > CHUNKED_TRAILERS_MAX || (c->cr && b != '\n') || (!c->cr && b == '\n')) {
        c->state = CHUNKED_BAD;
        return;
    }
    if (b == '\n') {
        bool empty = c->line_len == 0;
        start_line(c, empty ? CHUNKED_DONE : CHUNKED_TRAILER);
        return;
    }
    if (b == '\r')
        c->cr = true;
    else
        c->line_len++;
}

static void expect(struct chunked *c, uint8_t b, uint8_t wanted, enum chunked_state next) {
    if (b != wanted)
        c->state = CHUNKED_BAD;
    else
        start_line(c, next);
}

static struct ptn_bytes take_data(struct chunked *c, struct ptn_bytes *in) {
    size_t n = in->n < c->left ? in->n : (size_t)c->left;
    struct ptn_bytes data = {in->p, n};
    in->p += n;
    in->n -= n;
    c->left -= n;
    if (c->left == 0)
        c->state = CHUNKED_DATA_CR;
    return data;
}

struct ptn_bytes chunked_next(struct chunked *c, struct ptn_bytes *in) {
    while (in->n > 0 && c->state != CHUNKED_DONE && c->state != CHUNKED_BAD) {
        if (c->state == CHUNKED_DATA)
            return take_data(c, in);
        uint8_t b = *in->p++;
        in->n--;
        switch (c->state) {
        case CHUNKED_SIZE:
            size_byte(c, b);
            break;
        case CHUNKED_DATA_CR:
            expect(c, b, '\r', CHUNKED_DATA_LF);
            break;
        case CHUNKED_DATA_LF:
            expect(c, b, '\n', CHUNKED_SIZE);
            break;
        case CHUNKED_TRAILER:
            trailer_byte(c, b);
            break;
        case CHUNKED_DATA:
        case CHUNKED_DONE:
        case CHUNKED_BAD:
            break;
        }
    }
    return (struct ptn_bytes){in->p, 0};
}
