#include "transports/web/url.h"

#include <string.h>

static int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character, decoded; -1: a broken escape. Advances *in. */
static int next_char(struct ptn_bytes *in) {
    uint8_t c = *in->p;
    size_t used = 1;
    int value = c;
    if (c == '%') {
        if (in->n < 3 || hex_value(in->p[1]) < 0 || hex_value(in->p[2]) < 0)
            return -1;
        value = hex_value(in->p[1]) * 16 + hex_value(in->p[2]);
        used = 3;
    }
    in->p += used;
    in->n -= used;
    return value;
}

bool url_split(struct ptn_bytes target, char *out, struct ptn_bytes *query) {
    const uint8_t *mark = memchr(target.p, '?', target.n);
    *query = (struct ptn_bytes){NULL, 0};
    if (mark) {
        size_t path_len = (size_t)(mark - target.p);
        *query = (struct ptn_bytes){mark + 1, target.n - path_len - 1};
        target.n = path_len;
    }
    out[0] = '\0';
    if (target.n == 0 || target.p[0] != '/')
        return false;
    size_t len = 0;
    while (target.n > 0) {
        int c = next_char(&target);
        if (c <= 0)
            return false;
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return true;
}

static bool decode_arg(struct ptn_bytes value, char *out, size_t cap) {
    size_t len = 0;
    while (value.n > 0 && len + 1 < cap) {
        bool plus = value.p[0] == '+';
        int c = next_char(&value);
        if (c <= 0) {
            out[0] = '\0';
            return false;
        }
        out[len++] = plus ? ' ' : (char)c;
    }
    out[len] = '\0';
    return true;
}

bool url_arg(struct ptn_bytes query, const char *name, char *out, size_t cap) {
    size_t name_len = strlen(name);
    out[0] = '\0';
    while (query.n > 0) {
        const uint8_t *amp = memchr(query.p, '&', query.n);
        size_t n = amp ? (size_t)(amp - query.p) : query.n;
        if (n > name_len && memcmp(query.p, name, name_len) == 0 && query.p[name_len] == '=')
            return decode_arg((struct ptn_bytes){query.p + name_len + 1, n - name_len - 1}, out,
                              cap);
        size_t skip = n + (amp != NULL);
        query.p += skip;
        query.n -= skip;
    }
    return false;
}

bool url_path_is_odd(const char *path) {
    for (const char *c = path; *c; c++)
        if (*c == '\\' || (unsigned char)*c < 0x20 || *c == 0x7f)
            return true;
    for (const char *part = path; part;) {
        while (*part == '/')
            part++;
        size_t n = strcspn(part, "/");
        if ((n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            return true;
        part = part[n] ? part + n : NULL;
    }
    return false;
}

bool url_number(const char *text, size_t n, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return n > 0;
}
