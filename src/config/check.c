/* What only shows when keys are seen together, or with the files they name. Each check is one
 * function; the tables at the end say which file it belongs to. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "config/internal.h"

typedef void check_fn(struct ptn_config *cfg, struct ptn_config_file *f,
                      struct ptn_problems *problems);

/* -- secrets that everybody knows ---------------------------------------------------------------
 */

static bool is_sample_secret(const char *s) {
    static const char *const known[] = {"janusoverlord", "janusrocks", "adminpwd",
                                        "supersecret",   "janus",      "choose-your-own"};
    for (size_t i = 0; s && i < PTN_COUNT_OF(known); i++)
        if (strcmp(s, known[i]) == 0)
            return true;
    return false;
}

static bool admin_is_enabled(const struct ptn_config *cfg) {
    static const struct {
        const char *file, *key;
    } doors[] = {
        {"transport.http", "admin.admin_http"},      {"transport.http", "admin.admin_https"},
        {"transport.websockets", "admin.admin_ws"},  {"transport.websockets", "admin.admin_wss"},
        {"transport.pfunix", "admin.admin_enabled"},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(doors); i++)
        if (ptn_config_module_enabled(cfg, doors[i].file) &&
            ptn_config_bool(ptn_config_file(cfg, doors[i].file), doors[i].key))
            return true;
    return false;
}

static void check_secret(const struct ptn_config_file *f, const char *key, bool guards,
                         struct ptn_problems *problems) {
    if (!is_sample_secret(ptn_config_str(f, key)))
        return;
    static const char what[] = "a secret from a published sample; allowed is one of your own";
    if (guards)
        ptn_problems_error(problems, ptn_config_where(f, key), "%s", what);
    else
        ptn_problems_warn(problems, ptn_config_where(f, key), "%s", what);
}

void ptn_check_secrets(struct ptn_config *cfg, struct ptn_problems *problems) {
    const struct ptn_config_file *core = &cfg->file[0];
    check_secret(core, "general.api_secret", true, problems);
    check_secret(core, "general.token_auth_secret", ptn_config_bool(core, "general.token_auth"),
                 problems);
    check_secret(core, "general.admin_secret", admin_is_enabled(cfg), problems);
}

/* -- keys that need another key -----------------------------------------------------------------
 */

struct need {
    const struct ptn_schema *schema;
    const char *key, *needs;
    bool is_error;
    const char *text;
};

static const struct need needs[] = {
    {&ptn_schema_core, "media.ipv6_linklocal", "media.ipv6", false, "has no effect without"},
    {&ptn_schema_core, "general.token_auth_secret", "general.token_auth", false,
     "has no effect without"},
    {&ptn_schema_core, "certificates.cert_pem", "certificates.cert_key", true, "given without"},
    {&ptn_schema_core, "certificates.cert_key", "certificates.cert_pem", true, "given without"},
    {&ptn_schema_core, "general.log_rotate_sig", "general.log_to_file", false,
     "has no effect without"},
    /* an operator who asks for enforcement and gets none must hear of it */
    {&ptn_schema_http, "cors.enforce_cors", "cors.allow_origin", true, "has no effect without"},
    {&ptn_schema_http, "general.acl_forwarded", "general.acl", true, "has no effect without"},
    {&ptn_schema_websockets, "cors.enforce_cors", "cors.allow_origin", true,
     "has no effect without"},
    {&ptn_schema_websockets, "general.ws_acl_forwarded", "general.ws_acl", true,
     "has no effect without"},
    {&ptn_schema_websockets, "general.pingpong_trigger", "general.pingpong_timeout", false,
     "has no effect without"},
    {&ptn_schema_websockets, "general.pingpong_timeout", "general.pingpong_trigger", false,
     "has no effect without"},
    {&ptn_schema_pfunix, "general.enabled", "general.path", true, "enabled without"},
};

/* A boolean that is true, a number that is not 0, anything else that is there. */
static bool is_on(const struct ptn_config_file *f, const char *dotted) {
    const struct ptn_value *v = ptn_config_value(f, dotted);
    return v->b || v->i != 0 || v->s || v->item_count > 0;
}

static void check_needs(struct ptn_config *cfg, struct ptn_config_file *f,
                        struct ptn_problems *problems) {
    (void)cfg;
    for (size_t i = 0; i < PTN_COUNT_OF(needs); i++) {
        const struct need *n = &needs[i];
        if (n->schema != f->schema || !is_on(f, n->key) || is_on(f, n->needs))
            continue;
        struct ptn_where at = ptn_config_where(f, n->key);
        if (n->is_error)
            ptn_problems_error(problems, at, "%s %s", n->text, n->needs);
        else
            ptn_problems_warn(problems, at, "%s %s", n->text, n->needs);
    }
}

/* -- the core file ------------------------------------------------------------------------------
 */

static void check_media_port(struct ptn_config *cfg, struct ptn_config_file *f,
                             struct ptn_problems *problems) {
    (void)cfg;
    int64_t min, max, port = ptn_config_int(f, "media.port");
    if (port != 0 && ptn_config_range(f, "media.rtp_port_range", &min, &max) &&
        (port < min || port > max))
        ptn_problems_error(problems, ptn_config_where(f, "media.port"),
                           "%" PRId64 " is outside media.rtp_port_range; allowed is %" PRId64
                           "..%" PRId64,
                           port, min, max);
}

static void check_open_files(struct ptn_config *cfg, struct ptn_config_file *f,
                             struct ptn_problems *problems) {
    (void)cfg;
    struct rlimit limit;
    int64_t wanted = ptn_config_int(f, "general.check_openfiles_limit");
    if (wanted > 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)wanted)
        ptn_problems_error(problems, ptn_config_where(f, "general.check_openfiles_limit"),
                           "the soft limit of open files is %" PRIu64 "; allowed is %" PRId64
                           " or more",
                           (uint64_t)limit.rlim_cur, wanted);
}

/* Like any listener of ours it would open everywhere; unlike those of the reference server, nobody
 * relies on that. */
static void check_metrics(struct ptn_config *cfg, struct ptn_config_file *f,
                          struct ptn_problems *problems) {
    (void)cfg;
    if (ptn_config_bool(f, "metrics.enabled") && !ptn_config_is_set(f, "metrics.ip") &&
        !ptn_config_is_set(f, "metrics.interface"))
        ptn_problems_error(problems, ptn_config_where(f, "metrics.enabled"),
                           "enabled without an address; needed is metrics.ip or "
                           "metrics.interface");
}

static bool is_module_file(const char *so) {
    for (size_t i = 0; i < ptn_module_count; i++)
        if (strcmp(ptn_modules[i].so, so) == 0)
            return true;
    return false;
}

static void check_disable_item(const struct ptn_config_file *f, const char *key, const char *so,
                               struct ptn_problems *problems) {
    const struct ptn_module *near = ptn_module_near(so);
    char hint[80] = "", shown[80];
    if (is_module_file(so))
        return;
    if (near)
        snprintf(hint, sizeof hint, "; did you mean '%s'?", near->so);
    ptn_shown(so, shown, sizeof shown);
    /* a misspelt transport would stay enabled, and its ports open */
    if (strcmp(key, "transports.disable") == 0)
        ptn_problems_error(problems, ptn_config_where(f, key), "there is no module '%s'%s", shown,
                           hint);
    else
        ptn_problems_warn(problems, ptn_config_where(f, key), "there is no module '%s'%s", shown,
                          hint);
}

static void check_disable(struct ptn_config *cfg, struct ptn_config_file *f,
                          struct ptn_problems *problems) {
    static const char *const keys[] = {"plugins.disable", "transports.disable", "loggers.disable",
                                       "events.disable"};
    (void)cfg;
    for (size_t i = 0; i < PTN_COUNT_OF(keys); i++)
        for (size_t j = 0; j < ptn_config_list_count(f, keys[i]); j++)
            check_disable_item(f, keys[i], ptn_config_list_item(f, keys[i], j), problems);
}

/* -- transports ---------------------------------------------------------------------------------
 */

/* The older key in the HTTP file wins over web.max_connections where it is set. */
static void fill_connection_limit(struct ptn_config *cfg, struct ptn_config_file *f,
                                  struct ptn_problems *problems) {
    (void)problems;
    struct ptn_value *limit = ptn_config_value(f, "general.mhd_connection_limit");
    if (limit->is_set)
        return;
    limit->i = ptn_config_int(&cfg->file[0], "web.max_connections");
    limit->from_key = "web.max_connections";
}

static void check_static_path(struct ptn_config *cfg, struct ptn_config_file *f,
                              struct ptn_problems *problems) {
    const struct ptn_config_file *core = &cfg->file[0];
    const char *folder = ptn_config_str(core, "web.static_folder");
    const char *path = ptn_config_str(core, "web.static_path");
    const char *base = ptn_config_str(f, "general.base_path");
    if (folder && path && base && strcasecmp(path, base) == 0)
        ptn_problems_error(problems, ptn_config_where(f, "general.base_path"),
                           "'%s' is web.static_path too; allowed are two different paths", base);
}

static void certificates(struct ptn_config *cfg, struct ptn_config_file *f,
                         struct ptn_problems *problems) {
    (void)cfg;
    ptn_check_certificates(f, problems);
}

static const struct {
    const struct ptn_schema *schema;
    check_fn *check;
} checks[] = {
    {&ptn_schema_core, check_needs},       {&ptn_schema_core, check_media_port},
    {&ptn_schema_core, check_open_files},  {&ptn_schema_core, check_disable},
    {&ptn_schema_core, check_metrics},     {&ptn_schema_core, certificates},
    {&ptn_schema_http, check_needs},       {&ptn_schema_http, fill_connection_limit},
    {&ptn_schema_http, check_static_path}, {&ptn_schema_http, certificates},
    {&ptn_schema_websockets, check_needs}, {&ptn_schema_websockets, certificates},
    {&ptn_schema_pfunix, check_needs},
};

void ptn_check_file(struct ptn_config *cfg, struct ptn_config_file *f,
                    struct ptn_problems *problems) {
    for (size_t i = 0; i < PTN_COUNT_OF(checks); i++)
        if (checks[i].schema == f->schema && !f->is_disabled)
            checks[i].check(cfg, f, problems);
}

/* -- the whole ----------------------------------------------------------------------------------
 */

static bool has_listener(const struct ptn_config *cfg) {
    static const struct {
        const char *file, *key;
    } doors[] = {
        {"transport.http", "general.http"},      {"transport.http", "general.https"},
        {"transport.websockets", "general.ws"},  {"transport.websockets", "general.wss"},
        {"transport.pfunix", "general.enabled"},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(doors); i++)
        if (ptn_config_module_enabled(cfg, doors[i].file) &&
            ptn_config_bool(ptn_config_file(cfg, doors[i].file), doors[i].key))
            return true;
    return false;
}

void ptn_check_together(struct ptn_config *cfg, struct ptn_problems *problems) {
    if (!has_listener(cfg) && ptn_problems_errors(problems) == 0)
        ptn_problems_error(problems, (struct ptn_where){0},
                           "no Janus API transport is enabled; allowed is at least one of http, "
                           "https (transport.http), ws, wss (transport.websockets), enabled "
                           "(transport.pfunix)");
}
