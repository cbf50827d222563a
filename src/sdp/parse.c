/* Lines of a description; attributes are in attr.c. Reasons are worded as core.md 10.2 says. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sdp/internal.h"

#define QUOTED_MAX 160 /* bytes of a line that a reason quotes */

ptn_err sdp_fail(struct parse *p, const char *what, const char *line) {
    char quoted[QUOTED_MAX + 1];
    sdp_copy(quoted, sizeof quoted, line);
    snprintf(p->why, p->why_cap, "%s%s", what, quoted);
    return PTN_EMALFORMED;
}

bool sdp_copy(char *dst, size_t cap, const char *src) {
    if (ptn_str_copy(dst, cap, src))
        return true;
    size_t n = cap - 1; /* a sequence has three continuation bytes at most */
    for (size_t back = 0; back < 3 && n > 0 && ((unsigned char)src[n] & 0xc0) == 0x80; back++)
        n--;
    dst[n] = '\0';
    return false;
}

bool sdp_number(const char *text, const char **end, uint64_t max, uint64_t *out) {
    uint64_t v = 0;
    size_t digits = 0;
    for (; isdigit((unsigned char)text[digits]); digits++) {
        if (digits == 20 || v > (max - (uint64_t)(text[digits] - '0')) / 10)
            return false;
        v = v * 10 + (uint64_t)(text[digits] - '0');
    }
    if (digits == 0 || (!end && text[digits] != '\0'))
        return false;
    if (end)
        *end = text + digits;
    *out = v;
    return true;
}

char *sdp_word(char **at) {
    char *s = *at + strspn(*at, " ");
    if (*s == '\0')
        return NULL;
    char *end = s + strcspn(s, " ");
    *at = *end ? end + 1 : end;
    *end = '\0';
    return s;
}

static ptn_err parse_v(struct parse *p, char *value, const char *line) {
    uint64_t v;
    if (!sdp_number(value, NULL, 9, &v))
        return sdp_fail(p, "Invalid v= line: ", line);
    p->has_v = true;
    return PTN_OK;
}

static ptn_err parse_o(struct parse *p, char *value, const char *line) {
    char *f[6];
    size_t n = 0;
    if (p->has_o)
        return sdp_fail(p, "Multiple o= lines: ", line);
    for (char *at = value; n < 6 && (f[n] = sdp_word(&at)); n++)
        ;
    bool v6 = n == 6 && strcmp(f[4], "IP6") == 0;
    if (n != 6 || strcmp(f[3], "IN") != 0 || (!v6 && strcmp(f[4], "IP4") != 0) ||
        !sdp_number(f[1], NULL, UINT64_MAX, &p->sdp->o_id) ||
        !sdp_number(f[2], NULL, UINT64_MAX, &p->sdp->o_version))
        return sdp_fail(p, "Invalid o= line: ", line);
    sdp_copy(p->sdp->o_name, sizeof p->sdp->o_name, f[0]);
    if (ptn_addr_parse(f[5], 0, &p->sdp->o_addr) != PTN_OK) /* a host name: kept as "none" */
        p->sdp->o_addr = (struct ptn_addr){.family = v6 ? 6 : 4};
    p->has_o = true;
    return PTN_OK;
}

static ptn_err parse_s(struct parse *p, char *value, const char *line) {
    if (p->has_s)
        return sdp_fail(p, "Multiple s= lines: ", line);
    p->sdp->s_name = ptn_strdup(value);
    p->has_s = true;
    return PTN_OK;
}

static ptn_err parse_t(struct parse *p, char *value, const char *line) {
    uint64_t start, stop;
    const char *at;
    if (!sdp_number(value, &at, UINT64_MAX, &start) || *at != ' ' ||
        !sdp_number(at + 1, NULL, UINT64_MAX, &stop))
        return sdp_fail(p, "Invalid t= line: ", line);
    return PTN_OK;
}

static ptn_err parse_c(struct parse *p, char *value, const char *line) {
    char *at = value;
    const char *net = sdp_word(&at), *type = sdp_word(&at), *addr = sdp_word(&at);
    if (!addr || sdp_word(&at) || strcmp(net, "IN") != 0 ||
        (strcmp(type, "IP4") != 0 && strcmp(type, "IP6") != 0))
        return sdp_fail(p, "Invalid c= line: ", line);
    return PTN_OK;
}

static ptn_err parse_b(struct parse *p, char *value, const char *line) {
    uint64_t v;
    char *colon = strchr(value, ':');
    if (!colon)
        return sdp_fail(p, "Invalid b= line: ", line);
    if (!p->m || (strncmp(value, "AS:", 3) != 0 && strncmp(value, "TIAS:", 5) != 0))
        return PTN_OK;
    if (!sdp_number(colon + 1, NULL, UINT32_MAX, &v))
        return sdp_fail(p, "Invalid b= line: ", line);
    if (p->m->b_as == 0 && p->m->b_tias == 0) /* the first wins */
        *(value[0] == 'A' ? &p->m->b_as : &p->m->b_tias) = (uint32_t)v;
    return PTN_OK;
}

static bool kind_of(const char *text, enum ptn_sdp_kind *kind) {
    for (enum ptn_sdp_kind k = PTN_SDP_AUDIO; k <= PTN_SDP_APPLICATION; k++) {
        if (strcmp(text, ptn_sdp_kind_name(k)) == 0) {
            *kind = k;
            return true;
        }
    }
    return false;
}

static const struct {
    uint8_t pt;
    const char *name;
} static_types[] = {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}}; /* RFC 3551 6 */

static ptn_err add_format(struct ptn_sdp_mline *m, const char *fmt) {
    uint64_t pt;
    const char *name = "";
    if (m->kind == PTN_SDP_APPLICATION) /* the first counts */
        return m->fmt[0] || ptn_str_copy(m->fmt, sizeof m->fmt, fmt) ? PTN_OK : PTN_EMALFORMED;
    if (!sdp_number(fmt, NULL, 127, &pt))
        return PTN_EMALFORMED;
    if (ptn_sdp_codec_by_pt(m, (uint8_t)pt))
        return PTN_OK; /* said twice */
    for (size_t i = 0; i < PTN_COUNT_OF(static_types); i++)
        if (static_types[i].pt == pt)
            name = static_types[i].name;
    return ptn_sdp_add_codec(m, (uint8_t)pt, name, *name ? 8000 : 0, 0) ? PTN_OK : PTN_ELIMIT;
}

static ptn_err add_formats(struct parse *p, char *at, const char *line) {
    const char *fmt = sdp_word(&at);
    if (!fmt)
        return sdp_fail(p, "Invalid m= line (no payload types/formats): ", line);
    for (; fmt; fmt = sdp_word(&at)) {
        ptn_err err = add_format(p->m, fmt);
        if (err != PTN_OK) {
            (void)sdp_fail(p, "Invalid m= line: ", line);
            return err;
        }
    }
    return PTN_OK;
}

static ptn_err parse_m(struct parse *p, char *value, const char *line) {
    enum ptn_sdp_kind kind;
    uint64_t port;
    const char *end;
    if (strlen(line) > PTN_SDP_MLINE_MAX) {
        snprintf(p->why, p->why_cap, "Invalid m= line (too long): %zu", strlen(line));
        return PTN_EMALFORMED;
    }
    sdp_mline_finish(p);
    char *at = value;
    const char *type = sdp_word(&at), *port_text = sdp_word(&at), *proto = sdp_word(&at);
    if (!proto || !kind_of(type, &kind) || !sdp_number(port_text, &end, 65535, &port) ||
        (*end != '\0' && *end != '/'))
        return sdp_fail(p, "Invalid m= line: ", line);
    p->m = ptn_sdp_add_mline(p->sdp, kind);
    if (!p->m) {
        (void)sdp_fail(p, "Too many m= lines: ", line);
        return PTN_ELIMIT;
    }
    p->m->port = (uint16_t)port;
    if (!ptn_str_copy(p->m->proto, sizeof p->m->proto, proto))
        return sdp_fail(p, "Invalid m= line: ", line);
    return add_formats(p, at, line);
}

static ptn_err parse_a(struct parse *p, char *value, const char *line) {
    return sdp_attr_parse(p, value, line);
}

static const struct {
    char letter;
    ptn_err (*parse)(struct parse *p, char *value, const char *line);
} line_types[] = {
    {'v', parse_v}, {'o', parse_o}, {'s', parse_s}, {'t', parse_t},
    {'c', parse_c}, {'b', parse_b}, {'m', parse_m}, {'a', parse_a},
};

/* buf: the line, cut at its end; line: the same, kept for messages */
static ptn_err parse_line(struct parse *p, char *buf, size_t n, const char *line) {
    if (n < 3) {
        snprintf(p->why, p->why_cap, "Invalid line (%zu bytes): %s", n, line);
        return PTN_EMALFORMED;
    }
    if (buf[1] != '=')
        return sdp_fail(p, "Invalid line (2nd char is not '='): ", line);
    for (size_t i = 0; i < PTN_COUNT_OF(line_types); i++)
        if (line_types[i].letter == buf[0])
            return line_types[i].parse(p, buf + 2, line);
    return PTN_OK; /* other lines are ignored */
}

static ptn_err parse_lines(struct parse *p, const char *text) {
    char *buf = ptn_alloc(PTN_SDP_LINE_MAX + 1), *line = ptn_alloc(PTN_SDP_LINE_MAX + 1);
    ptn_err err = PTN_OK;
    /* A lone CR ends a line too: what we copy into an answer must not hold a line of its own. */
    for (const char *at = text; err == PTN_OK && *at;) {
        size_t n = strcspn(at, "\r\n");
        if (n > PTN_SDP_LINE_MAX) {
            snprintf(p->why, p->why_cap, "Invalid line (%zu bytes): too long", n);
            err = PTN_ELIMIT;
        } else if (n > 0) {
            memcpy(buf, at, n);
            memcpy(line, at, n);
            buf[n] = line[n] = '\0';
            err = parse_line(p, buf, n, line);
        }
        at += n + (at[n] != '\0');
    }
    sdp_mline_finish(p);
    free(buf);
    free(line);
    return err;
}

ptn_err ptn_sdp_parse(const char *text, struct ptn_sdp **out, char *why, size_t why_cap) {
    struct parse p = {.why = why, .why_cap = why_cap, .session_dir = PTN_SDP_NO_DIR};
    why[0] = '\0';
    if (strncmp(text, "v=", 2) != 0)
        return sdp_fail(&p, "Invalid SDP (doesn't start with v=)", "");
    if (strnlen(text, PTN_SDP_BYTES_MAX + 1) > PTN_SDP_BYTES_MAX) {
        snprintf(why, why_cap, "Invalid SDP (larger than %d bytes)", PTN_SDP_BYTES_MAX);
        return PTN_ELIMIT;
    }
    p.sdp = ptn_sdp_new();
    ptn_err err = parse_lines(&p, text);
    if (err == PTN_OK && (!p.has_o || !p.has_s || p.sdp->mline_count == 0))
        err = sdp_fail(&p, "Missing mandatory lines (o=, s= or m=)", "");
    if (err != PTN_OK) {
        ptn_sdp_free(p.sdp);
        return err;
    }
    *out = p.sdp;
    return PTN_OK;
}
