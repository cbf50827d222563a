/* Ports for media: what the configuration allows, before anything is opened. */
#include "net/internal.h"
#include "net/listener.h"

#define PORT_MAX 65535
#define PORT_MIN 1024 /* where a range without a lower end begins */

bool media_has_range(const struct ptn_media_spec *spec) {
    return spec->range_min != 0 || spec->range_max != 0;
}

struct port_range media_range(const struct ptn_media_spec *spec) {
    int64_t low = spec->range_min, high = spec->range_max ? spec->range_max : PORT_MAX;
    struct port_range r = {low < high ? low : high, low < high ? high : low};
    if (r.first == 0)
        r.first = r.last < PORT_MIN ? 1 : PORT_MIN;
    return r;
}

static bool check_port(const struct ptn_media_spec *spec, struct ptn_problems *problems) {
    if (spec->port >= 1 && spec->port <= PORT_MAX && spec->port + spec->loops - 1 <= PORT_MAX)
        return true;
    ptn_problems_error(problems, spec->where,
                       "%lld is no first port for %u media loops: each takes the next one, 1 to %d "
                       "exist",
                       (long long)spec->port, spec->loops, PORT_MAX);
    return false;
}

void media_report_small(const struct ptn_media_spec *spec, unsigned in_use,
                        struct ptn_problems *problems) {
    struct port_range r = media_range(spec);
    long long has = r.last - r.first + 1;
    char text[48] = "";
    if (in_use > 0)
        snprintf(text, sizeof text, ", of which %u %s in use", in_use, in_use == 1 ? "is" : "are");
    ptn_problems_error(problems, spec->where,
                       "%lld-%lld has %lld port%s%s; %u media loops need %u (one each)",
                       (long long)r.first, (long long)r.last, has, has == 1 ? "" : "s", text,
                       spec->loops, spec->loops);
}

static bool check_range(const struct ptn_media_spec *spec, struct ptn_problems *problems) {
    struct port_range r = media_range(spec);
    int64_t last_used = spec->port + spec->loops - 1;
    if (r.first < 1 || r.last > PORT_MAX)
        ptn_problems_error(problems, spec->where, "%lld-%lld is no range of ports; 1-%d is",
                           (long long)spec->range_min, (long long)spec->range_max, PORT_MAX);
    else if (spec->port != 0 && (spec->port < r.first || last_used > r.last))
        ptn_problems_error(problems, spec->where,
                           "%u media loops from port %lld on use %lld-%lld, which leaves the range "
                           "%lld-%lld",
                           spec->loops, (long long)spec->port, (long long)spec->port,
                           (long long)last_used, (long long)r.first, (long long)r.last);
    else if (r.last - r.first + 1 < (int64_t)spec->loops)
        media_report_small(spec, 0, problems);
    else
        return true;
    return false;
}

static bool check_addrs(const struct ptn_media_spec *spec, struct ptn_problems *problems) {
    char text[PTN_ADDR_TEXT];
    for (size_t i = 0; i < spec->addr_count; i++) {
        if (spec->addrs[i].family != 0 && !ptn_addr_is_wildcard(&spec->addrs[i]))
            continue;
        ptn_problems_error(problems, spec->where, "%s is no exact address for media",
                           ptn_addr_ip_text(&spec->addrs[i], text, sizeof text));
        return false;
    }
    return true;
}

ptn_err ptn_media_check(const struct ptn_media_spec *spec, struct ptn_problems *problems) {
    bool ok = check_addrs(spec, problems) && (spec->port == 0 || check_port(spec, problems)) &&
              (!media_has_range(spec) || check_range(spec, problems));
    return ok ? PTN_OK : PTN_EINVALID;
}
