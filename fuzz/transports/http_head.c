/* The request head and its target: any bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "transports/web/http_head.h"
#include "transports/web/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const uint8_t *data, size_t n, struct ptn_bytes part) {
    if (part.n > 0 && part.p >= data && part.p < data + n && part.n > (size_t)(data + n - part.p))
        abort();
}

static void use(const uint8_t *data, size_t n, const struct http_head *head) {
    char *path = ptn_alloc(head->target.n + 1), value[16];
    struct ptn_bytes query;
    inside(data, n, head->target);
    for (size_t i = 0; i < head->header_count; i++)
        inside(data, n, head->header[i].value);
    if (head->length > 0 && head->chunked)
        abort(); /* two ways to find the end of the body */
    if (url_split(head->target, path, &query)) {
        uint64_t number;
        (void)url_path_is_odd(path);
        if (url_arg(query, "maxev", value, sizeof value))
            (void)url_number(value, strlen(value), &number);
    }
    (void)http_head_has_token(head, "connection", "upgrade");
    free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct http_head head;
    size_t from = 0, end = 0, from_whole = 0, end_whole = 0;
    enum http_scan whole = http_head_scan(ptn_bytes_of(data, size), &from_whole, &end_whole);
    enum http_scan scan = HTTP_SCAN_MORE;
    for (size_t n = 1; n <= size && scan == HTTP_SCAN_MORE; n++)
        scan = http_head_scan(ptn_bytes_of(data, n), &from, &end);
    if (scan != whole || (scan == HTTP_SCAN_DONE && end != end_whole))
        abort(); /* the pieces it comes in must not matter */
    if (whole == HTTP_SCAN_DONE && http_head_parse(ptn_bytes_of(data, end), &head) == 0)
        use(data, end, &head);
    return 0;
}
