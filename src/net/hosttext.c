/* What this host has, in words: for messages about what it has not. */
#include <string.h>

#include "net/internal.h"

#define NAME_DISTANCE_MAX 2 /* a letter or two wrong: still "did you mean" */
#define MORE_ROOM 24        /* ", and 4294967295 more" */

const char *ptn_hostaddrs_text(const struct ptn_hostaddrs *h, char *buf, size_t cap) {
    size_t used = 0;
    snprintf(buf, cap, "no address");
    for (size_t i = 0; i < h->count; i++) {
        const struct ptn_hostaddr *a = &h->list[i];
        char ip[PTN_ADDR_TEXT], one[PTN_ADDR_TEXT + 40];
        int n =
            snprintf(one, sizeof one, "%s%s (%s%s)", i ? ", " : "",
                     ptn_addr_ip_text(&a->addr, ip, sizeof ip), a->ifname, a->up ? "" : ", down");
        size_t room = i + 1 < h->count ? MORE_ROOM : 0;
        if (used + (size_t)n + room >= cap) {
            snprintf(buf + used, cap - used, "%sand %zu more", i ? ", " : "", h->count - i);
            break;
        }
        memcpy(buf + used, one, (size_t)n + 1);
        used += (size_t)n;
    }
    return buf;
}

static unsigned least(unsigned a, unsigned b, unsigned c) {
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

/* Levenshtein, for names of at most 15 characters. */
static unsigned distance(const char *a, const char *b) {
    unsigned row[17];
    size_t na = strnlen(a, 16), nb = strnlen(b, 16);
    for (size_t j = 0; j <= nb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[nb];
}

const char *hostaddrs_no_interface(const struct ptn_hostaddrs *host, const char *ifname, char *buf,
                                   size_t cap) {
    const char *nearest = NULL;
    unsigned best = NAME_DISTANCE_MAX + 1;
    struct ptn_str names;
    ptn_str_init(&names);
    for (size_t i = 0; i < host->interface_count; i++) {
        const char *name = host->interfaces[i].name;
        unsigned d = distance(ifname, name);
        ptn_str_addf(&names, "%s%s", i ? ", " : "", name);
        if (d < best) {
            best = d;
            nearest = name;
        }
    }
    if (nearest)
        snprintf(buf, cap, "this host has no interface '%s'; did you mean '%s'?", ifname, nearest);
    else
        snprintf(buf, cap, "this host has no interface '%s'; it has %.400s", ifname,
                 names.len ? names.s : "none");
    ptn_str_done(&names);
    return buf;
}
