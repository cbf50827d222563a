#include "transports/web/http_head.h"

#include <string.h>
#include <strings.h>

#define LENGTH_MAX (UINT64_C(1) << 53) /* far beyond every limit, far below overflow */

enum http_scan http_head_scan(struct ptn_bytes in, size_t *from, size_t *end) {
    for (size_t i = *from; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (c != '\n') {
            if (c == 0 || (i > 0 && in.p[i - 1] == '\r'))
                return HTTP_SCAN_BAD;
            continue;
        }
        if (i == 0 || in.p[i - 1] != '\r')
            return HTTP_SCAN_BAD;
        if (i >= 3 && in.p[i - 2] == '\n' && in.p[i - 3] == '\r') {
            *end = i + 1;
            return HTTP_SCAN_DONE;
        }
    }
    *from = in.n;
    return HTTP_SCAN_MORE;
}

bool http_bytes_is(struct ptn_bytes b, const char *text) {
    return b.n == strlen(text) && strncasecmp((const char *)b.p, text, b.n) == 0;
}

/* RFC 9110 5.6.2 */
static bool is_token_char(uint8_t c) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct ptn_bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (!is_token_char(b.p[i]))
            return false;
    return b.n > 0;
}

/* Takes one line off the text, without its CRLF. The scan has made sure that CR and LF come in
 * pairs and that the last line is there. */
static struct ptn_bytes take_line(struct ptn_bytes *text) {
    const uint8_t *cr = memchr(text->p, '\r', text->n);
    size_t n = cr ? (size_t)(cr - text->p) : text->n;
    struct ptn_bytes line = {text->p, n};
    size_t skip = n + 2 < text->n ? n + 2 : text->n;
    text->p += skip;
    text->n -= skip;
    return line;
}

/* Up to the first space, which is taken off too; the rest when there is none. */
static struct ptn_bytes take_word(struct ptn_bytes *line) {
    const uint8_t *space = memchr(line->p, ' ', line->n);
    struct ptn_bytes word = {line->p, space ? (size_t)(space - line->p) : line->n};
    size_t skip = word.n + (space != NULL);
    line->p += skip;
    line->n -= skip;
    return word;
}

/* "http://host/path" becomes "/path" (RFC 9112 3.2.2). The authority decides nothing here. */
static struct ptn_bytes origin_form(struct ptn_bytes target) {
    size_t skip = 0;
    if (target.n > 7 && strncasecmp((const char *)target.p, "http://", 7) == 0)
        skip = 7;
    else if (target.n > 8 && strncasecmp((const char *)target.p, "https://", 8) == 0)
        skip = 8;
    if (skip == 0)
        return target;
    while (skip < target.n && target.p[skip] != '/' && target.p[skip] != '?')
        skip++;
    if (skip == target.n)
        return ptn_bytes_str("/");
    return (struct ptn_bytes){target.p + skip, target.n - skip};
}

static bool is_printable(struct ptn_bytes b) {
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] <= 0x20 || b.p[i] >= 0x7f)
            return false;
    return true;
}

static int parse_request_line(struct ptn_bytes line, struct http_head *out) {
    out->method = take_word(&line);
    out->target = take_word(&line);
    if (!is_token(out->method) || out->method.n > HTTP_METHOD_MAX || out->target.n == 0 ||
        !is_printable(out->target))
        return 400;
    if (line.n != 8 || memcmp(line.p, "HTTP/", 5) != 0 || line.p[6] != '.')
        return 400;
    if (line.p[5] != '1' || (line.p[7] != '0' && line.p[7] != '1'))
        return 505;
    out->minor = line.p[7] - '0';
    out->target = origin_form(out->target);
    return 0;
}

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

static struct ptn_bytes trim(struct ptn_bytes b) {
    while (b.n > 0 && is_blank(b.p[0]))
        b.p++, b.n--;
    while (b.n > 0 && is_blank(b.p[b.n - 1]))
        b.n--;
    return b;
}

static bool parse_header(struct ptn_bytes line, struct http_header *out) {
    const uint8_t *colon = memchr(line.p, ':', line.n);
    if (!colon)
        return false;
    out->name = (struct ptn_bytes){line.p, (size_t)(colon - line.p)};
    out->value = trim((struct ptn_bytes){colon + 1, line.n - out->name.n - 1});
    for (size_t i = 0; i < out->value.n; i++)
        if ((out->value.p[i] < 0x20 && out->value.p[i] != '\t') || out->value.p[i] == 0x7f)
            return false;
    return is_token(out->name); /* a folded line starts with a blank: no token */
}

static bool parse_length(struct ptn_bytes text, uint64_t *out) {
    uint64_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        if (n <= LENGTH_MAX)
            n = n * 10 + (uint64_t)(text.p[i] - '0');
    }
    *out = n;
    return text.n > 0;
}

static size_t count(const struct http_head *head, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < head->header_count; i++)
        n += http_bytes_is(head->header[i].name, name);
    return n;
}

/* How long the body is: RFC 9112 6.3. */
static int parse_framing(struct http_head *out) {
    size_t lengths = count(out, "content-length"), codings = count(out, "transfer-encoding");
    if (lengths > 1 || codings > 1 || (lengths && codings))
        return 400;
    if (codings) {
        out->chunked = http_bytes_is(http_head_find(out, "transfer-encoding"), "chunked");
        if (!out->chunked)
            return 501;
        return out->minor == 1 ? 0 : 400;
    }
    if (lengths && !parse_length(http_head_find(out, "content-length"), &out->length))
        return 400;
    return out->length > LENGTH_MAX ? 413 : 0;
}

static int parse_meaning(struct http_head *out) {
    size_t hosts = count(out, "host");
    if (hosts > 1 || (hosts == 0 && out->minor == 1)) /* RFC 9112 3.2 */
        return 400;
    out->keep_alive = out->minor == 1 && !http_head_has_token(out, "connection", "close");
    out->expect_continue = out->minor == 1 && http_head_has_token(out, "expect", "100-continue");
    return parse_framing(out);
}

int http_head_parse(struct ptn_bytes text, struct http_head *out) {
    memset(out, 0, sizeof *out);
    int status = parse_request_line(take_line(&text), out);
    if (status != 0)
        return status;
    while (text.n > 0) {
        struct ptn_bytes line = take_line(&text);
        if (line.n == 0)
            break;
        if (out->header_count == HTTP_HEADERS_MAX)
            return 431;
        if (!parse_header(line, &out->header[out->header_count++]))
            return 400;
    }
    return parse_meaning(out);
}

struct ptn_bytes http_head_find(const struct http_head *head, const char *name) {
    for (size_t i = 0; i < head->header_count; i++)
        if (http_bytes_is(head->header[i].name, name))
            return head->header[i].value;
    return (struct ptn_bytes){NULL, 0};
}

static bool list_has(struct ptn_bytes list, const char *token) {
    while (list.n > 0) {
        const uint8_t *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        if (http_bytes_is(trim((struct ptn_bytes){list.p, n}), token))
            return true;
        size_t skip = n + (comma != NULL);
        list.p += skip;
        list.n -= skip;
    }
    return false;
}

bool http_head_has_token(const struct http_head *head, const char *name, const char *token) {
    for (size_t i = 0; i < head->header_count; i++)
        if (http_bytes_is(head->header[i].name, name) && list_has(head->header[i].value, token))
            return true;
    return false;
}
