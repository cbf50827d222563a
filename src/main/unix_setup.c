/* Unix sockets: what the configuration asks for, and what each serves. */
#include <strings.h>

#include "base/mem.h"
#include "main/internal.h"

#define FILE_NAME "transport.pfunix"

static const struct {
    const char *name, *enable, *path, *type;
    enum ptn_unix_api_kind api;
} sockets[UNIX_SOCKETS] = {
    {"Unix", "general.enabled", "general.path", "general.type", PTN_UNIX_API_JANUS},
    {"admin Unix", "admin.admin_enabled", "admin.admin_path", "admin.admin_type",
     PTN_UNIX_API_ADMIN},
};

static enum ptn_unix_type type_of(const struct ptn_config_file *f, const char *key) {
    const char *text = ptn_config_str(f, key);
    return text && strcasecmp(text, "SOCK_DGRAM") == 0 ? PTN_UNIX_DGRAM : PTN_UNIX_SEQPACKET;
}

void unix_plan(struct plan *p, const struct ptn_config *cfg, struct ptn_problems *problems) {
    const struct ptn_config_file *f = ptn_config_file(cfg, FILE_NAME);
    if (!ptn_config_module_enabled(cfg, FILE_NAME))
        return;
    for (size_t i = 0; i < UNIX_SOCKETS; i++) {
        const char *path = ptn_config_str(f, sockets[i].path);
        if (!ptn_config_bool(f, sockets[i].enable) || !path) /* the latter is an error already */
            continue;
        p->unix_spec[p->unix_count++] = (struct ptn_unix_spec){
            .name = sockets[i].name,
            .id = (int)sockets[i].api,
            .path = path,
            .type = type_of(f, sockets[i].type),
            .where = ptn_config_where(f, sockets[i].path),
        };
    }
    ptn_unix_check(p->unix_spec, p->unix_count, problems);
}

void unix_setup_make(struct unix_setup *u, const struct ptn_config *cfg,
                     const struct ptn_unix_socket *list, size_t count) {
    enum ptn_json_style style = style_of(ptn_config_file(cfg, FILE_NAME));
    for (u->count = 0; u->count < count; u->count++)
        u->listener[u->count] = (struct ptn_unix_listener){
            .socket = &list[u->count],
            .api = (enum ptn_unix_api_kind)list[u->count].id,
            .style = style,
        };
}

struct ptn_unix_limits unix_limits(const struct ptn_config *cfg) {
    const struct ptn_config_file *core = ptn_config_file(cfg, "core");
    return (struct ptn_unix_limits){
        .message = (size_t)ptn_config_int(core, "web.max_message"),
        .clients = (size_t)ptn_config_int(core, "web.max_connections"),
    };
}
