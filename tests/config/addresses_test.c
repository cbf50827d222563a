/* The laws about addresses, for every key that names one: exactly that address, block or interface,
 * or an error that names the key; a mistake never opens a socket somewhere else. The host is made
 * up: lo, eth0, eth1, eth10, down0 and what tests/net/fake_host.h gives them. */
#include "test.h"

#include <stdlib.h>

#include "config/schema.h"
#include "main/internal.h"
#include "net/fake_host.h"
#include "util.h"

/* In place of net/'s: the linker puts it there for main/plan.c. */
ptn_err __wrap_ptn_hostaddrs_read(struct ptn_hostaddrs *out);

ptn_err __wrap_ptn_hostaddrs_read(struct ptn_hostaddrs *out) {
    struct fake_host *fake = fake_host_new();
    *out = fake->host;
    out->list = ptn_new_array(struct ptn_hostaddr, fake->host.count);
    memcpy(out->list, fake->list, fake->host.count * sizeof *out->list);
    out->interfaces = ptn_new_array(struct ptn_hostif, fake->host.interface_count);
    memcpy(out->interfaces, fake->interfaces, fake->host.interface_count * sizeof *out->interfaces);
    free(fake);
    return PTN_OK;
}

/* -- one value of one key --------------------------------------------------------------------- */

enum asks { LISTENER, ALLOW_LIST, IGNORE_LIST, LOCAL_ADDRESS, NOTHING_HERE };

struct key {
    const char *schema, *section, *name;
    const char *also; /* what switches it on, in front of it in the same section */
    enum asks asks;
    const char *const *good, *const *absent, *const *garbage; /* as a file has them, NULL ends */
};

struct tried {
    size_t errors, at_key; /* errors at the key's own line and name */
    char *text;            /* all of them; the caller's */
};

static struct tried try(const struct key *k, const char *name, const char *value) {
    char text[500], dotted[100];
    struct plan plan;
    snprintf(text, sizeof text, "%s: { %s\n%s = %s\n}", k->section, k->also, name, value);
    snprintf(dotted, sizeof dotted, "%s.%s", k->section, name);
    struct loaded l = load_text(k->schema, "t.jcfg", text);
    plan_make(&plan, l.cfg, l.problems);
    plan_done(&plan);
    struct tried t = {.errors = ptn_problems_errors(l.problems), .text = problems_text(l.problems)};
    for (size_t i = 0; i < ptn_problems_count(l.problems); i++) {
        struct ptn_where at = ptn_problems_parts(l.problems, i).where;
        t.at_key += ptn_problems_is_error(l.problems, i) && at.line == 2 && at.key &&
                    strcmp(at.key, dotted) == 0;
    }
    loaded_free(&l);
    return t;
}

/* -- values ----------------------------------------------------------------------------------- */

#define LIST_OF(...)                                                                               \
    (const char *const[]) {                                                                        \
        __VA_ARGS__, NULL                                                                          \
    }

static const char *const ip_good[] = {"\"192.0.2.1\"", "\"2001:db8::1\"", "\"0.0.0.0\"",
                                      "\"::\"",        "\"127.0.0.1\"",   NULL};
static const char *const ip_absent[] = {"\"203.0.113.77\"",    "\"192.0.2.2\"",
                                        "\"2001:db8::99\"",    "\"224.0.0.1\"",
                                        "\"255.255.255.255\"", NULL};
static const char *const ip_garbage[] = {"\"\"",
                                         "\"banana\"",
                                         "\"192.0.2\"",
                                         "\"192.0.2.300\"",
                                         "\"192.0.2.1:80\"",
                                         "\" 192.0.2.1\"",
                                         "\"192.0.2.1 \"",
                                         "\"eth0\"",
                                         "\"192.0.2.0/24\"",
                                         "\"192.0.2.\"",
                                         "\"192.0.2.1,192.0.2.10\"",
                                         "\"[2001:db8::1]\"",
                                         "\"2001:db8:::1\"",
                                         "192",
                                         "true",
                                         "1.5",
                                         "[\"192.0.2.1\"]",
                                         "{ a = 1 }",
                                         NULL};

static const char *const if_good[] = {"\"eth0\"", "\"lo\"", NULL};
static const char *const if_absent[] = {"\"eth\"",    "\"eth00\"", "\"eht0\"", "\"ETH0\"",
                                        "\"eth100\"", "\"down0\"", NULL};
static const char *const if_garbage[] = {"\"\"",
                                         "\"192.0.2.1\"",
                                         "\"192.0.2.0/24\"",
                                         "\"eth 0\"",
                                         "\"eth0/1\"",
                                         "\"192.0.2.\"",
                                         "\"..\"",
                                         "\"an-interface-with-a-long-name\"",
                                         "[\"eth0\"]",
                                         NULL};

static const char *const local_good[] = {"\"192.0.2.1\"", "\"eth0\"", "\"0.0.0.0\"", NULL};
static const char *const local_absent[] = {"\"203.0.113.77\"", "\"eht0\"", "\"eth\"", NULL};
static const char *const local_garbage[] = {
    "\"\"", "\"192.0.2\"", "\"192.0.2.0/24\"", "\"192.0.2.1,eth0\"", "\"eth 0\"", NULL};

static const char *const allow_good[] = {"\"192.0.2.1\"", "\"192.0.2.0/24\"", "\"eth0\"",
                                         "\"192.0.2.\"",  "\"eth0, eth1\"",   NULL};
static const char *const allow_absent[] = {"\"203.0.113.77\"",
                                           "\"203.0.113.0/24\"",
                                           "\"eth\"",
                                           "\"eth100\"",
                                           "\"203.0.113.\"",
                                           "\"192.0.2.100\"",
                                           "\"eht0\"",
                                           "\"192.0.2.1, eht0\"", /* one of two is enough */
                                           "\"2001:db8::1\"", /* not wanted: media.ipv6 is off */
                                           NULL};
static const char *const list_garbage[] = {
    "\"192.0.2\"", "\"192.0.2.300\"",        "\"192.0.2.0/33\"", "\"eth0/24\"",
    "\"eth 0\"",   "\"192.0.2.1, 192.0.2\"", "{ a = 1 }",        NULL};
static const char *const allow_empty[] = {"\"\"", "\" , \"", "[]", NULL};
static const char *const ignore_good[] = {
    "\"192.0.2.1\"", "\"192.0.2.0/24\"",
    "\"eth1\"",      "\"192.0.2.\"",
    "\"vmnet\"",     "\"203.0.113.77\"", /* nothing to ignore: a note */
    "\"\"",          NULL};

static const char *const host_good[] = {"\"stun.example.org\"", "\"192.0.2.200\"",
                                        "\"localhost\"",        "\"2001:db8::5\"",
                                        "\"a-b.c_d.example.\"", NULL};
static const char *const host_garbage[] = {"\"\"",
                                           "\"a b\"",
                                           "\"a..b\"",
                                           "\".a\"",
                                           "\"-a.example\"",
                                           "\"192.0.2\"",
                                           "\"999.0.0.1\"",
                                           "\"0.0.0.0\"",
                                           "\"::\"",
                                           "\"224.0.0.1\"",
                                           "\"ff02::1\"",
                                           "\"192.0.2.0/24\"",
                                           "\"stun:stun.example.org\"",
                                           "\"stun.example.org:3478\"",
                                           "[\"a\"]",
                                           NULL};

static const char *const mapping_good[] = {"\"203.0.113.5\"",
                                           "\"203.0.113.5,2001:db8::5\"",
                                           "[\"203.0.113.5\"]",
                                           "\"192.0.2.1=203.0.113.5\"",
                                           "\"192.0.2.1=203.0.113.5, 192.0.2.10=203.0.113.6\"",
                                           "\"2001:db8::1=2001:db8::5\"",
                                           NULL};
static const char *const mapping_garbage[] = {"\"\"",
                                              "\"banana\"",
                                              "\"eth0\"",
                                              "\"203.0.113.0/24\"",
                                              "\"0.0.0.0\"",
                                              "\"224.0.0.1\"",
                                              "\"192.0.2.1=\"",
                                              "\"=203.0.113.5\"",
                                              "\"192.0.2.1=2001:db8::5\"",
                                              "\"eth0=203.0.113.5\"",
                                              "\"192.0.2.1=203.0.113.5=203.0.113.6\"",
                                              "\"203.0.113.5:3478\"",
                                              NULL};

static const char *const url_good[] = {"\"https://turn.example.org/api\"", NULL};
static const char *const url_garbage[] = {"\"\"",         "\"turn.example.org\"", "\"ftp://a\"",
                                          "\"https://\"", "\"https://a b\"",      NULL};

static const char *const acl_good[] = {"\"127.0.0.1\"", "\"127., 192.168.0.\"",
                                       "\"192.0.2.0/24,2001:db8::/32\"", NULL};
static const char *const acl_garbage[] = {
    "\"\"",       "\",\"",    "\"192.168.0\"",    "\"192.0.2.0/33\"", "\"300.\"",
    "\"banana\"", "\"eth0\"", "\"192.0.2.1:80\"", "\"0.0.0.0/\"",     NULL};

static const char *const port_good[] = {"1", "65535", "\"8088\"", NULL};
static const char *const port_garbage[] = {"0",       "65536",     "-1",         "\"banana\"",
                                           "\"80x\"", "\"\"",      "8.5",        "true",
                                           "[80]",    "\"80-90\"", "4294975384", NULL};
static const char *const range_good[] = {"\"20000-20100\"", "\"20100-20000\"", "\"20000-0\"", NULL};
static const char *const range_garbage[] = {"\"\"",
                                            "\"banana\"",
                                            "\"20000\"",
                                            "20000",
                                            "\"20000-\"",
                                            "\"-20000\"",
                                            "\"a-b\"",
                                            "\"1-99999\"",
                                            "\"20000-20100,30000-30100\"",
                                            "[20000, 20100]",
                                            "\"20000-20000\"", /* too small for two loops */
                                            NULL};

#define HTTP "transport.http"
#define WS "transport.websockets"

static const struct key keys[] = {
    {HTTP, "general", "ip", "http = true", LISTENER, ip_good, ip_absent, ip_garbage},
    {HTTP, "general", "interface", "http = true", LISTENER, if_good, if_absent, if_garbage},
    {HTTP, "general", "port", "http = true", NOTHING_HERE, port_good, NULL, port_garbage},
    {HTTP, "general", "secure_ip", "", NOTHING_HERE, ip_good, NULL, ip_garbage},
    {HTTP, "general", "secure_ip", "https = true", LISTENER, NULL, ip_absent, ip_garbage},
    {HTTP, "general", "secure_interface", "", NOTHING_HERE, if_good, NULL, if_garbage},
    {HTTP, "general", "secure_interface", "https = true", LISTENER, NULL, if_absent, if_garbage},
    {HTTP, "general", "secure_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {HTTP, "general", "acl", "http = true", NOTHING_HERE, acl_good, NULL, acl_garbage},
    {HTTP, "admin", "admin_ip", "", NOTHING_HERE, ip_good, NULL, ip_garbage},
    {HTTP, "admin", "admin_ip", "admin_http = true", NOTHING_HERE, NULL, ip_absent, ip_garbage},
    {HTTP, "admin", "admin_interface", "", NOTHING_HERE, if_good, NULL, if_garbage},
    {HTTP, "admin", "admin_interface", "admin_http = true", NOTHING_HERE, NULL, if_absent,
     if_garbage},
    {HTTP, "admin", "admin_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {HTTP, "admin", "admin_secure_ip", "", NOTHING_HERE, ip_good, NULL, ip_garbage},
    {HTTP, "admin", "admin_secure_ip", "admin_https = true", NOTHING_HERE, NULL, ip_absent,
     ip_garbage},
    {HTTP, "admin", "admin_secure_interface", "", NOTHING_HERE, if_good, NULL, if_garbage},
    {HTTP, "admin", "admin_secure_interface", "admin_https = true", NOTHING_HERE, NULL, if_absent,
     if_garbage},
    {HTTP, "admin", "admin_secure_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {HTTP, "admin", "admin_acl", "", NOTHING_HERE, acl_good, NULL, acl_garbage},
    {WS, "general", "ws_ip", "ws = true", LISTENER, ip_good, ip_absent, ip_garbage},
    {WS, "general", "ws_interface", "ws = true", LISTENER, if_good, if_absent, if_garbage},
    {WS, "general", "ws_port", "ws = true", NOTHING_HERE, port_good, NULL, port_garbage},
    {WS, "general", "wss_ip", "", NOTHING_HERE, ip_good, NULL, ip_garbage},
    {WS, "general", "wss_ip", "wss = true", LISTENER, NULL, ip_absent, ip_garbage},
    {WS, "general", "wss_interface", "", NOTHING_HERE, if_good, NULL, if_garbage},
    {WS, "general", "wss_interface", "wss = true", LISTENER, NULL, if_absent, if_garbage},
    {WS, "general", "wss_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {WS, "general", "ws_acl", "ws = true", NOTHING_HERE, acl_good, NULL, acl_garbage},
    {WS, "admin", "admin_ws_ip", "", NOTHING_HERE, ip_good, NULL, ip_garbage},
    {WS, "admin", "admin_ws_ip", "admin_ws = true", NOTHING_HERE, NULL, ip_absent, ip_garbage},
    {WS, "admin", "admin_ws_interface", "", NOTHING_HERE, if_good, NULL, if_garbage},
    {WS, "admin", "admin_ws_interface", "admin_ws = true", NOTHING_HERE, NULL, if_absent,
     if_garbage},
    {WS, "admin", "admin_ws_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {WS, "admin", "admin_wss_ip", "", NOTHING_HERE, ip_good, NULL, ip_garbage},
    {WS, "admin", "admin_wss_ip", "admin_wss = true", NOTHING_HERE, NULL, ip_absent, ip_garbage},
    {WS, "admin", "admin_wss_interface", "", NOTHING_HERE, if_good, NULL, if_garbage},
    {WS, "admin", "admin_wss_interface", "admin_wss = true", NOTHING_HERE, NULL, if_absent,
     if_garbage},
    {WS, "admin", "admin_wss_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {WS, "admin", "admin_ws_acl", "", NOTHING_HERE, acl_good, NULL, acl_garbage},
    {"core", "general", "interface", "", LOCAL_ADDRESS, local_good, local_absent, local_garbage},
    {"core", "media", "port", "", NOTHING_HERE, LIST_OF("1", "60000", "\"10000\""), NULL,
     port_garbage},
    {"core", "media", "rtp_port_range", "", NOTHING_HERE, range_good, NULL, range_garbage},
    {"core", "nat", "ice_enforce_list", "", ALLOW_LIST, allow_good, allow_absent, list_garbage},
    {"core", "nat", "ice_enforce_list", "", ALLOW_LIST, NULL, NULL, allow_empty},
    {"core", "nat", "ice_ignore_list", "", IGNORE_LIST, ignore_good, NULL, list_garbage},
    {"core", "nat", "nat_1_1_mapping", "", NOTHING_HERE, mapping_good, NULL, mapping_garbage},
    {"core", "nat", "stun_server", "", NOTHING_HERE, host_good, NULL, host_garbage},
    {"core", "nat", "stun_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {"core", "nat", "turn_server", "", NOTHING_HERE, host_good, NULL, host_garbage},
    {"core", "nat", "turn_port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {"core", "nat", "turn_rest_api", "", NOTHING_HERE, url_good, NULL, url_garbage},
    {"core", "web", "trusted_proxies", "", NOTHING_HERE, acl_good, NULL, acl_garbage},
    {"core", "metrics", "ip", "", NOTHING_HERE, ip_good, NULL, ip_garbage},
    {"core", "metrics", "ip", "enabled = true", NOTHING_HERE, NULL, ip_absent, ip_garbage},
    {"core", "metrics", "interface", "", NOTHING_HERE, if_good, NULL, if_garbage},
    {"core", "metrics", "interface", "enabled = true", NOTHING_HERE, NULL, if_absent, if_garbage},
    {"core", "metrics", "port", "", NOTHING_HERE, port_good, NULL, port_garbage},
    {"core", "metrics", "acl", "", NOTHING_HERE, acl_good, NULL, acl_garbage},
};
#define KEYS (sizeof keys / sizeof keys[0])

static const struct ptn_key *in_schema(const struct key *k) {
    const struct ptn_key *found = ptn_schema_key(ptn_schema_find(k->schema), k->section, k->name);
    CHECK(found, "%s: %s.%s", k->schema, k->section, k->name);
    return found;
}

/* -- the laws --------------------------------------------------------------------------------- */

static void what_exists_is_taken(void **state) {
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        const struct key *k = &keys[i];
        for (const char *const *v = k->good; v && *v; v++) {
            struct tried t = try(k, k->name, *v);
            /* what cannot be had yet is understood all the same, and refused with its own words */
            bool fails = in_schema(k)->flags & KEY_FAILS;
            CHECK(t.errors == (fails ? 1 : 0), "%s.%s = %s: %s", k->section, k->name, *v, t.text);
            CHECK(!fails || strstr(t.text, "not supported yet"), "%s", t.text);
            free(t.text);
        }
    }
}

static void garbage_is_an_error_at_its_line(void **state) {
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        const struct key *k = &keys[i];
        for (const char *const *v = k->garbage; *v; v++) {
            struct tried t = try(k, k->name, *v);
            bool libconfigs = strcmp(*v, "4294975384") == 0; /* told before the section is known */
            CHECK(t.errors > 0 && (t.at_key > 0 || libconfigs), "%s.%s = %s: %s", k->section,
                  k->name, *v, t.text);
            free(t.text);
        }
    }
}

/* An allow-list that matches nothing, an address or interface of some other host. */
static void what_is_not_on_this_host_is_an_error(void **state) {
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < KEYS; i++) {
        const struct key *k = &keys[i];
        for (const char *const *v = k->absent; v && *v; v++) {
            struct tried t = try(k, k->name, *v);
            CHECK(t.errors > 0, "%s.%s = %s: %s", k->section, k->name, *v, t.text);
            CHECK(t.at_key > 0 || k->asks == NOTHING_HERE, "%s.%s = %s: %s", k->section, k->name,
                  *v, t.text);
            free(t.text);
            tried++;
        }
    }
    assert_true(tried > 60);
}

/* Misspelt, it would mean "everywhere". */
static void a_misspelt_name_is_an_error(void **state) {
    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        const struct key *k = &keys[i];
        const char *value = k->good ? k->good[0] : k->garbage[0];
        char name[64], says[100];
        snprintf(name, sizeof name, "%sx", k->name);
        snprintf(says, sizeof says, "did you mean '%s'?", k->name);
        struct tried t = try(k, name, value);
        CHECK(t.at_key == 1 && strstr(t.text, "unknown key; ") && strstr(t.text, says), "%s: %s",
              name, t.text);
        free(t.text);
    }
}

/* Every key that has the form of an address, an interface or a list of them is in the table. */
static void no_such_key_is_forgotten(void **state) {
    (void)state;
    static const struct ptn_form *const forms[] = {
        &ptn_form_address, &ptn_form_interface, &ptn_form_address_or_interface,
        &ptn_form_acl,     &ptn_form_ice_allow, &ptn_form_ice_ignore,
        &ptn_form_mapping, &ptn_form_host,      &ptn_form_url,
    };
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        for (size_t j = 0; j < ptn_schemas[i]->count; j++) {
            const struct ptn_key *k = &ptn_schemas[i]->keys[j];
            bool wanted = k->max == 65535 && strstr(k->name, "port"), has = false;
            for (size_t l = 0; l < sizeof forms / sizeof forms[0]; l++)
                wanted |= k->form == forms[l];
            for (size_t l = 0; l < KEYS; l++)
                has |= strcmp(keys[l].schema, ptn_schemas[i]->name) == 0 &&
                       strcmp(keys[l].section, k->section) == 0 &&
                       strcmp(keys[l].name, k->name) == 0;
            CHECK(!wanted || has, "%s: %s.%s", ptn_schemas[i]->name, k->section, k->name);
        }
}

/* -- what is listened on ---------------------------------------------------------------------- */

/* The addresses media would use, joined by blanks. */
static void media_of(const char *nat, char *out, size_t cap) {
    char text[300], ip[PTN_ADDR_TEXT];
    struct plan plan;
    snprintf(text, sizeof text, "nat: { %s }", nat);
    struct loaded l = load_text("core", "t.jcfg", text);
    plan_make(&plan, l.cfg, l.problems);
    out[0] = '\0';
    for (size_t i = 0; i < plan.media.addr_count; i++) {
        ptn_addr_ip_text(&plan.media_addr[i], ip, sizeof ip);
        size_t n = strlen(out);
        snprintf(out + n, cap - n, "%s%s", i ? " " : "", ip);
    }
    plan_done(&plan);
    loaded_free(&l);
}

static void lists_mean_exactly_what_they_say(void **state) {
    (void)state;
    static const struct {
        const char *nat, *addresses;
    } cases[] = {
        {"ice_enforce_list = \"192.0.2.1\"", "192.0.2.1"}, /* and never .10 */
        {"ice_enforce_list = \"eth1\"", "198.51.100.1"},   /* and never eth10 */
        {"ice_enforce_list = \"192.0.2.0/28\"", "192.0.2.1 192.0.2.10"},
        {"ice_enforce_list = [\"198.51.100.1\", \"192.0.2.10\"]", "198.51.100.1 192.0.2.10"},
        {"ice_enforce_list = \"eth0\"; ice_ignore_list = \"192.0.2.10,192.0.2.77\"", "192.0.2.1"},
        {"ice_enforce_list = \"eth0\"; ice_ignore_list = \"192.0.2.1\"", "192.0.2.10 192.0.2.77"},
        {"ice_enforce_list = \"eht0\"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[300];
        media_of(cases[i].nat, text, sizeof text);
        CHECK(strcmp(text, cases[i].addresses) == 0, "%s: %s", cases[i].nat, text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_exists_is_taken),
        cmocka_unit_test(garbage_is_an_error_at_its_line),
        cmocka_unit_test(what_is_not_on_this_host_is_an_error),
        cmocka_unit_test(a_misspelt_name_is_an_error),
        cmocka_unit_test(no_such_key_is_forgotten),
        cmocka_unit_test(lists_mean_exactly_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
