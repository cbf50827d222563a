/* From what the configuration said to exact addresses; nothing is opened here. */
#include "net/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/internal.h"

struct planning {
    struct ptn_listen_plan *plan;
    const struct ptn_listen_spec *specs;
    const struct ptn_hostaddrs *host;
    struct ptn_problems *problems;
    bool *collided; /* per spec: already reported against the spec in hand */
    size_t current; /* the spec in hand */
};

static const struct ptn_listen_spec *spec_of(const struct planning *p) {
    return &p->specs[p->current];
}

static bool overlap(const struct ptn_addr *a, const struct ptn_addr *b) {
    return a->family == b->family && a->port == b->port &&
           (ptn_addr_same_ip(a, b) || ptn_addr_is_wildcard(a) || ptn_addr_is_wildcard(b));
}

static void report_collision(struct planning *p, const struct planned *has,
                             const struct ptn_addr *want) {
    const struct ptn_listen_spec *s = spec_of(p);
    char ip[PTN_ADDR_TEXT], other[PTN_ADDR_TEXT], place[256];
    if (p->collided[has->spec])
        return;
    p->collided[has->spec] = true;
    ptn_addr_ip_text(want, ip, sizeof ip);
    where_place(has->where_port, place, sizeof place);
    if (ptn_addr_same_ip(&has->addr, want))
        ptn_problems_error(p->problems, s->where_port,
                           "%u on %s is also wanted by %s (%s); to share one port set "
                           "web.shared_port = true",
                           want->port, ip, has->name, place);
    else
        ptn_problems_error(p->problems, s->where_port,
                           "%u on %s overlaps %s, wanted by %s (%s); a wildcard takes the port on "
                           "every address",
                           want->port, ip, ptn_addr_text(&has->addr, other, sizeof other),
                           has->name, place);
}

static void share(struct planning *p, struct planned *with) {
    const struct ptn_listen_spec *s = spec_of(p);
    if (with->id_count == PTN_LISTENER_SHARES) {
        ptn_problems_error(p->problems, s->where_port, "more than %d listeners share port %u",
                           PTN_LISTENER_SHARES, with->addr.port);
        return;
    }
    with->ids[with->id_count++] = s->id;
    struct ptn_str owner;
    ptn_str_init(&owner);
    ptn_str_addf(&owner, "%s + %s", with->owner, s->name);
    free(with->owner);
    with->owner = ptn_str_take(&owner);
    ptn_str_done(&owner);
}

/* true: the address is dealt with, as shared or as an error. */
static bool meets_another(struct planning *p, const struct ptn_addr *addr) {
    const struct ptn_listen_spec *s = spec_of(p);
    for (size_t i = 0; i < p->plan->count; i++) {
        struct planned *other = &p->plan->list[i];
        if (other->spec == p->current || !overlap(&other->addr, addr))
            continue;
        bool may_share = s->share_group != 0 && s->share_group == other->share_group;
        if (may_share && ptn_addr_same_ip(&other->addr, addr))
            share(p, other);
        else
            report_collision(p, other, addr);
        return true;
    }
    return false;
}

static void add(struct planning *p, struct ptn_addr addr, struct ptn_where where) {
    const struct ptn_listen_spec *s = spec_of(p);
    struct ptn_listen_plan *plan = p->plan;
    addr.port = (uint16_t)s->port;
    if (meets_another(p, &addr))
        return;
    plan->list = ptn_realloc(plan->list, (plan->count + 1) * sizeof *plan->list);
    plan->list[plan->count++] = (struct planned){.addr = addr,
                                                 .name = s->name,
                                                 .owner = ptn_strdup(s->name),
                                                 .ids = {s->id},
                                                 .id_count = 1,
                                                 .spec = p->current,
                                                 .share_group = s->share_group,
                                                 .where_addr = where,
                                                 .where_port = s->where_port};
}

static bool host_has_family(const struct ptn_hostaddrs *host, unsigned family) {
    for (size_t i = 0; i < host->count; i++)
        if (host->list[i].addr.family == family && host->list[i].up)
            return true;
    return false;
}

static void resolve_any(struct planning *p) {
    const struct ptn_listen_spec *s = spec_of(p);
    bool has4 = host_has_family(p->host, 4), has6 = host_has_family(p->host, 6);
    if (has4)
        add(p, (struct ptn_addr){.family = 4}, s->where_port);
    if (has6)
        add(p, (struct ptn_addr){.family = 6}, s->where_port);
    if (!has4 && !has6)
        ptn_problems_error(p->problems, s->where_port, "this host has no address that is up");
}

static void resolve_wildcard(struct planning *p, const struct ptn_addr *addr) {
    const struct ptn_listen_spec *s = spec_of(p);
    if (s->interface)
        ptn_problems_error(p->problems, s->where_ip,
                           "%s is every interface, but %s names %s; leave one of the two out",
                           s->ip, s->where_interface.key ? s->where_interface.key : "interface",
                           s->interface);
    else if (!host_has_family(p->host, addr->family))
        ptn_problems_error(p->problems, s->where_ip, "%s: this host has no IPv%u address", s->ip,
                           addr->family);
    else
        add(p, *addr, s->where_ip);
}

static void resolve_interface(struct planning *p) {
    const struct ptn_listen_spec *s = spec_of(p);
    char text[512];
    size_t found = 0;
    if (!ptn_hostaddrs_has_interface(p->host, s->interface)) {
        ptn_problems_error(p->problems, s->where_interface, "%s",
                           hostaddrs_no_interface(p->host, s->interface, text, sizeof text));
        return;
    }
    for (size_t i = 0; i < p->host->count; i++) {
        const struct ptn_hostaddr *a = &p->host->list[i];
        if (!hostaddr_is_on(a, s->interface))
            continue;
        found++;
        char ip[PTN_ADDR_TEXT];
        if (hostaddr_unusable(a, text, sizeof text))
            ptn_problems_error(p->problems, s->where_interface, "%s %s",
                               ptn_addr_ip_text(&a->addr, ip, sizeof ip), text);
        else
            add(p, a->addr, s->where_interface);
    }
    if (found == 0)
        ptn_problems_error(p->problems, s->where_interface, "%s has no address", s->interface);
}

/* The entry to bind to: on the named interface, and usable rather than not (the same address may be
 * on two interfaces). */
static const struct ptn_hostaddr *choose(const struct ptn_hostaddrs *host,
                                         const struct ptn_addr *addr, const char *interface) {
    const struct ptn_hostaddr *found = NULL;
    char unused[128];
    for (size_t i = 0; i < host->count; i++) {
        const struct ptn_hostaddr *a = &host->list[i];
        if (!ptn_addr_same_ip(&a->addr, addr) || (interface && !hostaddr_is_on(a, interface)))
            continue;
        if (!found || hostaddr_unusable(found, unused, sizeof unused))
            found = a;
    }
    return found;
}

static void report_elsewhere(struct planning *p, const char *ip, const struct ptn_hostaddr *a) {
    const struct ptn_listen_spec *s = spec_of(p);
    char text[512];
    if (ptn_hostaddrs_has_interface(p->host, s->interface))
        ptn_problems_error(p->problems, s->where_ip, "%s is on %s, not on %s", ip, a->ifname,
                           s->interface);
    else
        ptn_problems_error(p->problems, s->where_interface, "%s",
                           hostaddrs_no_interface(p->host, s->interface, text, sizeof text));
}

static void resolve_exact(struct planning *p, const struct ptn_addr *addr) {
    const struct ptn_listen_spec *s = spec_of(p);
    char text[1024], ip[PTN_ADDR_TEXT];
    ptn_addr_ip_text(addr, ip, sizeof ip);
    const struct ptn_hostaddr *anywhere = choose(p->host, addr, NULL);
    const struct ptn_hostaddr *wanted = choose(p->host, addr, s->interface);
    if (!anywhere)
        ptn_problems_error(p->problems, s->where_ip, "%s is not an address of this host; it has %s",
                           ip, ptn_hostaddrs_text(p->host, text, sizeof text));
    else if (!wanted)
        report_elsewhere(p, ip, anywhere);
    else if (hostaddr_unusable(wanted, text, sizeof text))
        ptn_problems_error(p->problems, s->where_ip, "%s %s", ip, text);
    else
        add(p, wanted->addr, s->where_ip);
}

/* fe80::1 without a link is no address: every link may have it. */
static void report_scope(struct planning *p, const struct ptn_addr *addr) {
    const struct ptn_listen_spec *s = spec_of(p);
    for (size_t i = 0; i < p->host->count; i++) {
        const struct ptn_hostaddr *a = &p->host->list[i];
        if (memcmp(a->addr.ip, addr->ip, sizeof addr->ip) != 0 || a->addr.family != 6)
            continue;
        ptn_problems_error(p->problems, s->where_ip,
                           "%s is link-local and needs its link: write %s%%%s", s->ip, s->ip,
                           a->ifname);
        return;
    }
    ptn_problems_error(
        p->problems, s->where_ip,
        "%s is link-local and needs its link (%s%%eth0); no link of this host has it", s->ip,
        s->ip);
}

static void report_unparsable(struct planning *p) {
    const struct ptn_listen_spec *s = spec_of(p);
    char text[512], host[PTN_ADDR_TEXT] = "";
    struct ptn_addr addr;
    const char *percent = strchr(s->ip, '%');
    if (percent && (size_t)(percent - s->ip) < sizeof host)
        memcpy(host, s->ip, (size_t)(percent - s->ip));
    if (percent && ptn_addr_parse(host, 0, &addr) == PTN_OK && addr.family == 6)
        ptn_problems_error(p->problems, s->where_ip, "%s: %s", s->ip,
                           hostaddrs_no_interface(p->host, percent + 1, text, sizeof text));
    else
        ptn_problems_error(p->problems, s->where_ip,
                           "'%s' is not an IPv4 or IPv6 address (no names, no brackets, no port); "
                           "this host has %s",
                           s->ip, ptn_hostaddrs_text(p->host, text, sizeof text));
}

static void resolve_ip(struct planning *p) {
    const struct ptn_listen_spec *s = spec_of(p);
    struct ptn_addr addr;
    if (ptn_addr_parse(s->ip, 0, &addr) != PTN_OK) {
        report_unparsable(p);
        return;
    }
    addr = ptn_addr_unmapped(&addr);
    bool is_linklocal6 = addr.family == 6 && ptn_addr_is_linklocal(&addr);
    if (is_linklocal6 && addr.scope == 0)
        report_scope(p, &addr);
    else if (!is_linklocal6 && addr.scope != 0)
        ptn_problems_error(p->problems, s->where_ip,
                           "%s: only link-local addresses (fe80::) have a link after '%%'", s->ip);
    else if (ptn_addr_is_wildcard(&addr))
        resolve_wildcard(p, &addr);
    else
        resolve_exact(p, &addr);
}

static void resolve(struct planning *p) {
    const struct ptn_listen_spec *s = spec_of(p);
    if (s->port < 1 || s->port > 65535)
        ptn_problems_error(p->problems, s->where_port, "%lld is not a port; 1 to 65535 are",
                           (long long)s->port);
    else if (s->ip)
        resolve_ip(p);
    else if (s->interface)
        resolve_interface(p);
    else
        resolve_any(p);
}

struct ptn_listen_plan *ptn_listen_plan_new(const struct ptn_listen_spec *specs, size_t n,
                                            const struct ptn_hostaddrs *host,
                                            struct ptn_problems *problems) {
    size_t errors = ptn_problems_errors(problems);
    struct planning p = {.plan = ptn_new(struct ptn_listen_plan),
                         .specs = specs,
                         .host = host,
                         .problems = problems,
                         .collided = ptn_new_array(bool, n + 1)};
    for (p.current = 0; p.current < n; p.current++) {
        memset(p.collided, 0, n);
        resolve(&p);
    }
    free(p.collided);
    if (ptn_problems_errors(problems) > errors) {
        ptn_listen_plan_free(p.plan);
        return NULL;
    }
    return p.plan;
}

void ptn_listen_plan_free(struct ptn_listen_plan *plan) {
    if (!plan)
        return;
    for (size_t i = 0; i < plan->count; i++)
        free(plan->list[i].owner);
    free(plan->list);
    free(plan);
}

size_t ptn_listen_plan_count(const struct ptn_listen_plan *plan) {
    return plan ? plan->count : 0;
}
