/* From configuration to addresses: what shall be listened on, and what media uses. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "main/internal.h"

static const struct {
    const char *name, *file, *enable, *port, *ip, *interface;
    enum listener_id id;
    bool tls;
} listeners[] = {
    {"HTTP", "transport.http", "general.http", "general.port", "general.ip", "general.interface",
     ID_HTTP, false},
    {"HTTPS", "transport.http", "general.https", "general.secure_port", "general.secure_ip",
     "general.secure_interface", ID_HTTPS, true},
    {"WS", "transport.websockets", "general.ws", "general.ws_port", "general.ws_ip",
     "general.ws_interface", ID_WS, false},
    {"WSS", "transport.websockets", "general.wss", "general.wss_port", "general.wss_ip",
     "general.wss_interface", ID_WSS, true},
};

static void plan_listeners(struct plan *p, const struct ptn_config *cfg,
                           struct ptn_problems *problems) {
    bool shared = ptn_config_bool(ptn_config_file(cfg, "core"), "web.shared_port");
    for (size_t i = 0; i < PTN_COUNT_OF(listeners); i++) {
        const struct ptn_config_file *f = ptn_config_file(cfg, listeners[i].file);
        if (!ptn_config_module_enabled(cfg, listeners[i].file) ||
            !ptn_config_bool(f, listeners[i].enable))
            continue;
        p->spec[p->spec_count++] = (struct ptn_listen_spec){
            .name = listeners[i].name,
            .id = (int)listeners[i].id,
            .ip = ptn_config_str(f, listeners[i].ip),
            .interface = ptn_config_str(f, listeners[i].interface),
            .port = ptn_config_int(f, listeners[i].port),
            .where_ip = ptn_config_where(f, listeners[i].ip),
            .where_interface = ptn_config_where(f, listeners[i].interface),
            .where_port = ptn_config_where(f, listeners[i].port),
            .share_group = !shared            ? 0
                           : listeners[i].tls ? 2
                                              : 1,
        };
    }
    p->listen = ptn_listen_plan_new(p->spec, p->spec_count, &p->host, problems);
}

static const char **list_of(const struct ptn_config_file *f, const char *key, size_t *count) {
    *count = ptn_config_list_count(f, key);
    const char **items = ptn_new_array(const char *, *count + 1);
    for (size_t i = 0; i < *count; i++)
        items[i] = ptn_config_list_item(f, key, i);
    return items;
}

static unsigned loops_of(const struct ptn_config_file *core) {
    long n = (long)ptn_config_int(core, "general.event_loops");
    if (n == 0)
        n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > PTN_ENGINE_LOOPS_MAX ? PTN_ENGINE_LOOPS_MAX : (unsigned)n;
}

static void plan_media(struct plan *p, const struct ptn_config *cfg,
                       struct ptn_problems *problems) {
    const struct ptn_config_file *core = ptn_config_file(cfg, "core");
    size_t n_allow, n_deny;
    const char **allow = list_of(core, "nat.ice_enforce_list", &n_allow);
    const char **deny = list_of(core, "nat.ice_ignore_list", &n_deny);
    bool ipv6 = ptn_config_bool(core, "media.ipv6");
    p->media.addrs = p->media_addr;
    p->media.addr_count =
        ptn_media_select(&p->host, allow, n_allow, ptn_config_where(core, "nat.ice_enforce_list"),
                         deny, n_deny, ptn_config_where(core, "nat.ice_ignore_list"), ipv6,
                         ipv6 && ptn_config_bool(core, "media.ipv6_linklocal"), p->media_addr,
                         MEDIA_ADDRS_MAX, problems);
    free(allow);
    free(deny);
    p->media.loops = loops_of(core);
    bool port_set = ptn_config_is_set(core, "media.port");
    p->media.port = port_set ? ptn_config_int(core, "media.port") : 0;
    p->media.where = ptn_config_where(core, port_set ? "media.port" : "media.rtp_port_range");
    if (!ptn_config_range(core, "media.rtp_port_range", &p->media.range_min, &p->media.range_max))
        p->media.range_min = p->media.range_max = 0;
    if (p->media.addr_count > 0)
        ptn_ignore(ptn_media_check(&p->media, problems), "told in problems");
}

static bool first_on_interface(const struct plan *p, const char *name, struct ptn_addr *out) {
    for (uint8_t family = 4; family <= 6; family += 2)
        for (size_t i = 0; i < p->host.count; i++)
            if (strcmp(p->host.list[i].ifname, name) == 0 &&
                p->host.list[i].addr.family == family) {
                *out = p->host.list[i].addr;
                return true;
            }
    return false;
}

/* general.interface: the address SDP shows in o= and c=, nothing else. Not set: the first media
 * address. */
static void plan_local(struct plan *p, const struct ptn_config *cfg,
                       struct ptn_problems *problems) {
    const struct ptn_config_file *core = ptn_config_file(cfg, "core");
    const char *text = ptn_config_str(core, "general.interface");
    char host[2048];
    struct ptn_addr a;
    if (!text) {
        p->local = p->media.addr_count > 0 ? p->media_addr[0] : (struct ptn_addr){.family = 4};
        return;
    }
    if (ptn_addr_parse(text, 0, &a) == PTN_OK &&
        (ptn_addr_is_wildcard(&a) || ptn_hostaddrs_find(&p->host, &a)))
        p->local = a;
    else if (!first_on_interface(p, text, &p->local))
        ptn_problems_error(problems, ptn_config_where(core, "general.interface"),
                           "%s is neither an address nor an interface of this host; it has %s",
                           text, ptn_hostaddrs_text(&p->host, host, sizeof host));
}

void plan_make(struct plan *p, const struct ptn_config *cfg, struct ptn_problems *problems) {
    memset(p, 0, sizeof *p);
    if (ptn_hostaddrs_read(&p->host) != PTN_OK) {
        ptn_problems_error(problems, (struct ptn_where){0},
                           "the addresses of this host cannot be read");
        return;
    }
    plan_listeners(p, cfg, problems);
    unix_plan(p, cfg, problems);
    plan_media(p, cfg, problems);
    plan_local(p, cfg, problems);
}

void plan_done(struct plan *p) {
    ptn_listen_plan_free(p->listen);
    ptn_hostaddrs_done(&p->host);
}
