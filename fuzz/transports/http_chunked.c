/* The chunked decoder: any bytes, in one piece and byte by byte, must give the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "transports/web/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    enum chunked_state state;
    uint8_t *body;
    size_t n, left;
};

static struct result decode(const uint8_t *data, size_t size, size_t step) {
    struct result r = {.body = ptn_alloc(size + 1)};
    struct chunked c;
    size_t pos = 0;
    chunked_init(&c);
    while (pos < size && c.state != CHUNKED_DONE && c.state != CHUNKED_BAD) {
        size_t n = size - pos < step ? size - pos : step;
        struct ptn_bytes in = ptn_bytes_of(data + pos, n);
        while (in.n > 0 && c.state != CHUNKED_DONE && c.state != CHUNKED_BAD) {
            struct ptn_bytes out = chunked_next(&c, &in);
            memcpy(r.body + r.n, out.p, out.n);
            r.n += out.n;
        }
        pos += n - in.n;
    }
    r.state = c.state;
    r.left = size - pos;
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct result a = decode(data, size, size), b = decode(data, size, 1);
    if (a.state != b.state || a.n != b.n || a.left != b.left || memcmp(a.body, b.body, a.n) != 0)
        abort();
    free(a.body);
    free(b.body);
    return 0;
}
