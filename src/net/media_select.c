/* Which addresses of this host media may use: allow-list, ignore-list, families. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/internal.h"
#include "net/listener.h"

/* What becomes of one address of the host. */
enum fate {
    FATE_FREE,     /* may be used */
    FATE_IPV6,     /* IPv6 is not wanted */
    FATE_LINK,     /* link-local IPv6 is not wanted */
    FATE_IGNORED,  /* the ignore-list has it */
    FATE_LOOPBACK, /* only when named */
    FATE_UNUSABLE, /* its interface is down, or the address is not unique on its link */
};

struct selecting {
    const struct ptn_hostaddrs *host;
    struct ptn_where where_allow, where_deny;
    bool has_allow;
    bool ipv6, linklocal;
    bool *ignored; /* owned; per address of the host */
    struct ptn_addr *out;
    size_t count, cap;
    struct ptn_problems *problems;
};

/* One entry of a list: an interface, or addresses. */
struct item {
    const char *text;
    bool is_interface;
    struct pattern pattern;
};

static bool item_has(const struct item *item, const struct ptn_hostaddr *a) {
    return item->is_interface ? hostaddr_is_on(a, item->text)
                              : pattern_has(&item->pattern, &a->addr);
}

/* A block names loopback only when it lies within it: 0.0.0.0/0 does not. */
static bool item_names_loopback(const struct item *item) {
    return item->is_interface || ptn_addr_is_loopback(&item->pattern.cidr.base);
}

static enum fate fate_of(const struct selecting *s, size_t i, bool loopback_named) {
    const struct ptn_hostaddr *a = &s->host->list[i];
    char unused[128];
    if (s->ignored[i])
        return FATE_IGNORED;
    if (a->addr.family == 6 && !s->ipv6)
        return FATE_IPV6;
    if (a->addr.family == 6 && ptn_addr_is_linklocal(&a->addr) && !s->linklocal)
        return FATE_LINK;
    if ((a->loopback || ptn_addr_is_loopback(&a->addr)) && !loopback_named)
        return FATE_LOOPBACK;
    if (hostaddr_unusable(a, unused, sizeof unused))
        return FATE_UNUSABLE;
    return FATE_FREE;
}

static void take(struct selecting *s, const struct ptn_addr *addr) {
    for (size_t i = 0; i < s->count && i < s->cap; i++)
        if (ptn_addr_same_ip(&s->out[i], addr))
            return;
    if (s->count < s->cap)
        s->out[s->count] = *addr;
    s->count++; /* past cap: reported at the end */
}

/* -- the ignore-list --------------------------------------------------------------------------- */

static size_t ignore_matching(struct selecting *s, const struct item *item,
                              struct ptn_str *excluded) {
    size_t found = 0;
    for (size_t i = 0; i < s->host->count; i++) {
        const struct ptn_hostaddr *a = &s->host->list[i];
        char ip[PTN_ADDR_TEXT];
        /* by prefix: what an older configuration excluded stays excluded */
        bool is_match = item->is_interface ? strncmp(a->ifname, item->text, strlen(item->text)) == 0
                                           : item_has(item, a);
        if (!is_match)
            continue;
        s->ignored[i] = true;
        ptn_str_addf(excluded, "%s%s (%s)", found++ ? ", " : "",
                     ptn_addr_ip_text(&a->addr, ip, sizeof ip), a->ifname);
    }
    return found;
}

static void ignore(struct selecting *s, const char *text) {
    struct item item = {.text = text};
    struct ptn_str excluded;
    const char *why;
    item.is_interface = pattern_parse(text, &item.pattern, &why) != PTN_OK;
    if (!*text || (item.is_interface && pattern_looks_like_address(text))) {
        ptn_problems_error(s->problems, s->where_deny, "'%s' %s", text,
                           *text ? why : "is empty; it would exclude everything");
        return;
    }
    if (item.is_interface && s->has_allow) {
        ptn_problems_note(s->problems, s->where_deny,
                          "'%s' does not count: interfaces are ignored only without %s", text,
                          s->where_allow.key ? s->where_allow.key : "an allow-list");
        return;
    }
    ptn_str_init(&excluded);
    if (ignore_matching(s, &item, &excluded) > 0)
        ptn_problems_note(s->problems, s->where_deny, "'%s' excludes %s", text, excluded.s);
    else
        ptn_problems_note(s->problems, s->where_deny, "'%s' matches nothing on this host", text);
    ptn_str_done(&excluded);
}

/* -- the allow-list ---------------------------------------------------------------------------- */

/* Why an entry that matches addresses of this host gives none. */
static void report_excluded(const struct selecting *s, const char *text,
                            const struct ptn_hostaddr *a, enum fate fate) {
    char ip[PTN_ADDR_TEXT], why[192] = "";
    ptn_addr_ip_text(&a->addr, ip, sizeof ip);
    switch (fate) {
    case FATE_FREE:
        return;
    case FATE_IPV6:
        snprintf(why, sizeof why, "is IPv6, which is off (ipv6 = false)");
        break;
    case FATE_LINK:
        snprintf(why, sizeof why, "is link-local, which is off (ipv6_linklocal = false)");
        break;
    case FATE_IGNORED:
        snprintf(why, sizeof why, "is excluded by %s",
                 s->where_deny.key ? s->where_deny.key : "the ignore-list");
        break;
    case FATE_LOOPBACK:
        snprintf(why, sizeof why, "is loopback, which must be named itself (127.0.0.1, ::1, lo)");
        break;
    case FATE_UNUSABLE:
        hostaddr_unusable(a, why, sizeof why);
        break;
    }
    ptn_problems_error(s->problems, s->where_allow, "'%s' allows nothing: %s %s", text, ip, why);
}

static void report_no_match(const struct selecting *s, const struct item *item) {
    char text[1024];
    if (item->is_interface && ptn_hostaddrs_has_interface(s->host, item->text))
        ptn_problems_error(s->problems, s->where_allow, "'%s' allows nothing: it has no address",
                           item->text);
    else if (item->is_interface)
        ptn_problems_error(s->problems, s->where_allow, "'%s' allows nothing: %s", item->text,
                           hostaddrs_no_interface(s->host, item->text, text, sizeof text));
    else
        ptn_problems_error(s->problems, s->where_allow,
                           "'%s' matches no address of this host; it has %s", item->text,
                           ptn_hostaddrs_text(s->host, text, sizeof text));
}

/* fe80::1 matches on every link, and one socket cannot be on every link. */
static bool lacks_link(const struct item *item) {
    const struct ptn_addr *base = &item->pattern.cidr.base;
    return !item->is_interface && item->pattern.exact && base->family == 6 &&
           ptn_addr_is_linklocal(base) && base->scope == 0;
}

static void allow_item(struct selecting *s, const struct item *item) {
    const struct ptn_hostaddr *excluded = NULL;
    enum fate why = FATE_FREE;
    size_t taken = 0;
    for (size_t i = 0; i < s->host->count; i++) {
        const struct ptn_hostaddr *a = &s->host->list[i];
        if (!item_has(item, a))
            continue;
        enum fate fate = fate_of(s, i, item_names_loopback(item));
        if (fate == FATE_FREE) {
            take(s, &a->addr);
            taken++;
        } else if (fate == FATE_UNUSABLE) { /* named, and not usable: never just left out */
            report_excluded(s, item->text, a, fate);
            taken++;
        } else {
            excluded = a;
            why = fate;
        }
    }
    if (taken == 0 && excluded)
        report_excluded(s, item->text, excluded, why);
    else if (taken == 0)
        report_no_match(s, item);
}

static void allow(struct selecting *s, const char *text) {
    struct item item = {.text = text};
    const char *why = "";
    /* An interface of that exact name first: nothing forbids naming one "10.". */
    item.is_interface = *text && ptn_hostaddrs_has_interface(s->host, text);
    bool is_pattern = !item.is_interface && pattern_parse(text, &item.pattern, &why) == PTN_OK;
    if (!item.is_interface && !is_pattern && (!*text || pattern_looks_like_address(text))) {
        ptn_problems_error(s->problems, s->where_allow, "'%s' %s", text, *text ? why : "is empty");
        return;
    }
    item.is_interface = !is_pattern;
    if (lacks_link(&item))
        ptn_problems_error(s->problems, s->where_allow,
                           "'%s' is link-local and needs its link (%s%%eth0)", text, text);
    else
        allow_item(s, &item);
}

/* -- neither ----------------------------------------------------------------------------------- */

static void allow_all(struct selecting *s) {
    struct ptn_str taken;
    char ip[PTN_ADDR_TEXT], why[128];
    ptn_str_init(&taken);
    for (size_t i = 0; i < s->host->count; i++) {
        const struct ptn_hostaddr *a = &s->host->list[i];
        enum fate fate = fate_of(s, i, false);
        ptn_addr_ip_text(&a->addr, ip, sizeof ip);
        if (fate == FATE_FREE) {
            ptn_str_addf(&taken, "%s%s (%s)", taken.len ? ", " : "", ip, a->ifname);
            take(s, &a->addr);
        } else if (fate == FATE_UNUSABLE) {
            ptn_problems_note(s->problems, s->where_allow, "left out: %s %s", ip,
                              hostaddr_unusable(a, why, sizeof why));
        }
    }
    if (s->count > 0)
        ptn_problems_note(s->problems, s->where_allow,
                          "not set: media uses every address that is not loopback: %s", taken.s);
    else
        ptn_problems_error(s->problems, s->where_allow,
                           "not set, and this host has no address for media that is up, not "
                           "loopback and not excluded; name one (loopback may be named)");
    ptn_str_done(&taken);
}

size_t ptn_media_select(const struct ptn_hostaddrs *host, const char *const *allow_list,
                        size_t n_allow, struct ptn_where where_allow, const char *const *deny_list,
                        size_t n_deny, struct ptn_where where_deny, bool ipv6, bool linklocal,
                        struct ptn_addr *out, size_t cap, struct ptn_problems *problems) {
    struct selecting s = {.host = host,
                          .where_allow = where_allow,
                          .where_deny = where_deny,
                          .has_allow = n_allow > 0,
                          .ipv6 = ipv6,
                          .linklocal = linklocal,
                          .ignored = ptn_new_array(bool, host->count + 1),
                          .out = out,
                          .cap = cap,
                          .problems = problems};
    for (size_t i = 0; i < n_deny; i++)
        ignore(&s, deny_list[i]);
    for (size_t i = 0; i < n_allow; i++)
        allow(&s, allow_list[i]);
    if (n_allow == 0)
        allow_all(&s);
    free(s.ignored);
    if (s.count > cap) {
        ptn_problems_error(problems, where_allow,
                           "%zu addresses for media are more than the limit of %zu; name those "
                           "that shall be used",
                           s.count, cap);
        s.count = cap;
    }
    return s.count;
}
