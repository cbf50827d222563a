/* The WebSocket frame parser: any bytes, in one piece and byte by byte, must give the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "transports/web/ws_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    uint8_t *payload;
    size_t n, begun, ended;
    bool bad;
};

static void take(struct result *r, struct ws_parser *p, struct ptn_bytes in) {
    struct ptn_bytes data;
    enum ws_event event;
    while ((event = ws_parse(p, &in, &data)) != WS_MORE) {
        if (event == WS_BAD) {
            r->bad = true;
            return;
        }
        r->begun += event == WS_BEGIN;
        r->ended += event == WS_END;
        if (event != WS_DATA)
            continue;
        if (data.n == 0 || ((p->opcode & 8) && p->pos > WS_CONTROL_MAX))
            abort();
        memcpy(r->payload + r->n, data.p, data.n);
        r->n += data.n;
    }
    if (in.n > 0)
        abort();
}

static struct result parse(const uint8_t *data, size_t size, size_t step) {
    struct result r = {.payload = ptn_alloc(size + 1)};
    uint8_t *copy = ptn_alloc(size); /* unmasked in place */
    struct ws_parser p;
    memcpy(copy, data, size);
    ws_parser_init(&p);
    for (size_t pos = 0; pos < size && !r.bad; pos += step)
        take(&r, &p, ptn_bytes_of(copy + pos, size - pos < step ? size - pos : step));
    free(copy);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct result a = parse(data, size, size), b = parse(data, size, 1);
    if (a.bad != b.bad || a.n != b.n || a.begun != b.begun || a.ended != b.ended ||
        memcmp(a.payload, b.payload, a.n) != 0)
        abort();
    (void)ws_utf8_ok(ptn_bytes_of(a.payload, a.n));
    free(a.payload);
    free(b.payload);
    return 0;
}
