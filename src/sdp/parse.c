/* Lines of a description; attributes are in attr.c. Reasons are worded as core.md 10.2 says. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sdp/internal.h"

#define LINE_MAX_BYTES 8192
#define MLINE_MAX_BYTES 200 /* core.md 10.1 */

ptn_err fail(struct parse *p, const char *what, const char *line) {
    snprintf(p->why, p->why_cap, "%s%.160s", what, line);
    return PTN_EMALFORMED;
}

bool number(const char *text, const char **end, uint64_t max, uint64_t *out) {
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

/* Cuts the next blank-separated word off; NULL at the end. */
static char *word(char **at) {
    char *s = *at + strspn(*at, " ");
    if (*s == '\0')
        return NULL;
    char *end = s + strcspn(s, " ");
    *at = *end ? end + 1 : end;
    *end = '\0';
    return s;
}

struct ptn_sdp_transport *level_transport(struct parse *p) {
    return p->m ? &p->m->transport : &p->sdp->transport;
}

static ptn_err parse_v(struct parse *p, char *value, const char *line) {
    uint64_t v;
    if (!number(value, NULL, 9, &v))
        return fail(p, "Invalid v= line: ", line);
    p->has_v = true;
    return PTN_OK;
}

static ptn_err parse_o(struct parse *p, char *value, const char *line) {
    char *f[6];
    size_t n = 0;
    if (p->has_o)
        return fail(p, "Multiple o= lines: ", line);
    for (char *at = value; n < 6 && (f[n] = word(&at)); n++)
        ;
    bool v6 = n == 6 && strcmp(f[4], "IP6") == 0;
    if (n != 6 || strcmp(f[3], "IN") != 0 || (!v6 && strcmp(f[4], "IP4") != 0) ||
        !number(f[1], NULL, UINT64_MAX, &p->sdp->o_id) ||
        !number(f[2], NULL, UINT64_MAX, &p->sdp->o_version))
        return fail(p, "Invalid o= line: ", line);
    ptn_str_copy(p->sdp->o_name, sizeof p->sdp->o_name, f[0]);
    if (ptn_addr_parse(f[5], 0, &p->sdp->o_addr) != PTN_OK) /* a host name: kept as "none" */
        p->sdp->o_addr = (struct ptn_addr){.family = v6 ? 6 : 4};
    p->has_o = true;
    return PTN_OK;
}

static ptn_err parse_s(struct parse *p, char *value, const char *line) {
    if (p->has_s)
        return fail(p, "Multiple s= lines: ", line);
    p->sdp->s_name = ptn_strdup(value);
    p->has_s = true;
    return PTN_OK;
}

static ptn_err parse_t(struct parse *p, char *value, const char *line) {
    uint64_t start, stop;
    const char *at;
    if (!number(value, &at, UINT64_MAX, &start) || *at != ' ' ||
        !number(at + 1, NULL, UINT64_MAX, &stop))
        return fail(p, "Invalid t= line: ", line);
    return PTN_OK;
}

static ptn_err parse_c(struct parse *p, char *value, const char *line) {
    char *at = value;
    const char *net = word(&at), *type = word(&at), *addr = word(&at);
    if (!addr || word(&at) || strcmp(net, "IN") != 0 ||
        (strcmp(type, "IP4") != 0 && strcmp(type, "IP6") != 0))
        return fail(p, "Invalid c= line: ", line);
    return PTN_OK;
}

static ptn_err parse_b(struct parse *p, char *value, const char *line) {
    uint64_t v;
    char *colon = strchr(value, ':');
    if (!colon)
        return fail(p, "Invalid b= line: ", line);
    if (!p->m || (strncmp(value, "AS:", 3) != 0 && strncmp(value, "TIAS:", 5) != 0))
        return PTN_OK;
    if (!number(colon + 1, NULL, UINT32_MAX, &v))
        return fail(p, "Invalid b= line: ", line);
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

static bool add_format(struct ptn_sdp_mline *m, const char *fmt) {
    uint64_t pt;
    const char *name = "";
    if (m->kind == PTN_SDP_APPLICATION)
        return ptn_str_copy(m->fmt, sizeof m->fmt, m->fmt[0] ? m->fmt : fmt);
    if (!number(fmt, NULL, 127, &pt))
        return false;
    for (size_t i = 0; i < PTN_COUNT_OF(static_types); i++)
        if (static_types[i].pt == pt)
            name = static_types[i].name;
    return ptn_sdp_add_codec(m, (uint8_t)pt, name, *name ? 8000 : 0, 0) != NULL;
}

static ptn_err parse_m(struct parse *p, char *value, const char *line) {
    enum ptn_sdp_kind kind;
    uint64_t port;
    const char *end;
    size_t formats = 0;
    if (strlen(line) > MLINE_MAX_BYTES) {
        snprintf(p->why, p->why_cap, "Invalid m= line (too long): %zu", strlen(line));
        return PTN_EMALFORMED;
    }
    mline_finish(p);
    char *at = value;
    const char *type = word(&at), *port_text = word(&at), *proto = word(&at);
    if (!proto || !kind_of(type, &kind) || !number(port_text, &end, 65535, &port) ||
        (*end != '\0' && *end != '/'))
        return fail(p, "Invalid m= line: ", line);
    p->m = ptn_sdp_add_mline(p->sdp, kind);
    if (!p->m) {
        fail(p, "Too many m= lines: ", line);
        return PTN_ELIMIT;
    }
    p->m->port = (uint16_t)port;
    if (!ptn_str_copy(p->m->proto, sizeof p->m->proto, proto))
        return fail(p, "Invalid m= line: ", line);
    for (const char *fmt; (fmt = word(&at)); formats++)
        if (!add_format(p->m, fmt))
            return fail(p, "Invalid m= line: ", line);
    if (formats == 0)
        return fail(p, "Invalid m= line (no payload types/formats): ", line);
    return PTN_OK;
}

static ptn_err parse_a(struct parse *p, char *value, const char *line) {
    return attr_parse(p, value, line);
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
        return fail(p, "Invalid line (2nd char is not '='): ", line);
    for (size_t i = 0; i < PTN_COUNT_OF(line_types); i++)
        if (line_types[i].letter == buf[0])
            return line_types[i].parse(p, buf + 2, line);
    return PTN_OK; /* other lines are ignored */
}

static ptn_err parse_lines(struct parse *p, const char *text) {
    char *buf = ptn_alloc(LINE_MAX_BYTES), *line = ptn_alloc(LINE_MAX_BYTES);
    ptn_err err = PTN_OK;
    for (const char *at = text; err == PTN_OK && *at;) {
        size_t n = strcspn(at, "\n"), len = n;
        if (len > 0 && at[len - 1] == '\r')
            len--;
        if (len >= LINE_MAX_BYTES) {
            snprintf(p->why, p->why_cap, "Invalid line (%zu bytes): too long", len);
            err = PTN_ELIMIT;
        } else if (len > 0) {
            memcpy(buf, at, len);
            memcpy(line, at, len);
            buf[len] = line[len] = '\0';
            err = parse_line(p, buf, len, line);
        }
        at += n + (at[n] == '\n');
    }
    mline_finish(p);
    free(buf);
    free(line);
    return err;
}

ptn_err ptn_sdp_parse(const char *text, struct ptn_sdp **out, char *why, size_t why_cap) {
    struct parse p = {.why = why, .why_cap = why_cap};
    why[0] = '\0';
    if (strncmp(text, "v=", 2) != 0)
        return fail(&p, "Invalid SDP (doesn't start with v=)", "");
    if (strnlen(text, PTN_SDP_BYTES_MAX + 1) > PTN_SDP_BYTES_MAX) {
        snprintf(why, why_cap, "Invalid SDP (larger than %d bytes)", PTN_SDP_BYTES_MAX);
        return PTN_ELIMIT;
    }
    p.sdp = ptn_sdp_new();
    ptn_err err = parse_lines(&p, text);
    if (err == PTN_OK && (!p.has_o || !p.has_s || p.sdp->mline_count == 0))
        err = fail(&p, "Missing mandatory lines (o=, s= or m=)", "");
    if (err != PTN_OK) {
        ptn_sdp_free(p.sdp);
        return err;
    }
    *out = p.sdp;
    return PTN_OK;
}
