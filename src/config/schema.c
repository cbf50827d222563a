#include "config/schema.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

const struct ptn_schema *const ptn_schemas[PTN_SCHEMAS] = {
    &ptn_schema_core,   &ptn_schema_http,     &ptn_schema_websockets,
    &ptn_schema_pfunix, &ptn_schema_echotest,
};

const struct ptn_schema *ptn_schema_find(const char *name) {
    for (size_t i = 0; i < PTN_SCHEMAS; i++)
        if (strcmp(ptn_schemas[i]->name, name) == 0)
            return ptn_schemas[i];
    return NULL;
}

static bool is_written(const struct ptn_key *k, const char *section, const char *name) {
    bool here = strcasecmp(section, k->section) == 0 ||
                (k->alt_section && strcasecmp(section, k->alt_section) == 0);
    return here && (strcasecmp(name, k->name) == 0 || (k->alias && !strcasecmp(name, k->alias)));
}

const struct ptn_key *ptn_schema_key(const struct ptn_schema *s, const char *section,
                                     const char *name) {
    for (size_t i = 0; i < s->count; i++)
        if (is_written(&s->keys[i], section, name) && !(s->keys[i].flags & KEY_OPTION_ONLY))
            return &s->keys[i];
    return NULL;
}

const struct ptn_key *ptn_schema_dotted(const struct ptn_schema *s, const char *dotted) {
    const char *dot = strchr(dotted, '.');
    if (!dot)
        return NULL;
    size_t n = (size_t)(dot - dotted);
    for (size_t i = 0; i < s->count; i++) {
        const struct ptn_key *k = &s->keys[i];
        if (strlen(k->section) == n && strncmp(dotted, k->section, n) == 0 &&
            strcmp(dot + 1, k->name) == 0)
            return k;
    }
    return NULL;
}

bool ptn_schema_has_section(const struct ptn_schema *s, const char *section) {
    for (size_t i = 0; i < s->count; i++)
        if (strcasecmp(s->keys[i].section, section) == 0)
            return true;
    return false;
}

#define MODULE(kind, name)                                                                         \
    { kind "." name, "libjanus_" name ".so" }

const struct ptn_module ptn_modules[] = {
    MODULE("plugin", "audiobridge"),
    MODULE("plugin", "duktape"),
    MODULE("plugin", "echotest"),
    MODULE("plugin", "lua"),
    MODULE("plugin", "nosip"),
    MODULE("plugin", "recordplay"),
    MODULE("plugin", "sip"),
    MODULE("plugin", "streaming"),
    MODULE("plugin", "textroom"),
    MODULE("plugin", "videocall"),
    MODULE("plugin", "videoroom"),
    MODULE("plugin", "voicemail"),
    MODULE("transport", "http"),
    MODULE("transport", "websockets"),
    MODULE("transport", "pfunix"),
    MODULE("transport", "rabbitmq"),
    MODULE("transport", "mqtt"),
    MODULE("transport", "nanomsg"),
    MODULE("eventhandler", "sampleevh"),
    MODULE("eventhandler", "wsevh"),
    MODULE("eventhandler", "rabbitmqevh"),
    MODULE("eventhandler", "mqttevh"),
    MODULE("eventhandler", "nanomsgevh"),
    MODULE("eventhandler", "gelfevh"),
    MODULE("logger", "jsonlog"),
};
const size_t ptn_module_count = PTN_COUNT_OF(ptn_modules);

const struct ptn_module *ptn_module_find(const char *name) {
    for (size_t i = 0; i < ptn_module_count; i++)
        if (strcmp(ptn_modules[i].name, name) == 0)
            return &ptn_modules[i];
    return NULL;
}

/* "http" of "transport.http" and of "libjanus_http.so": what they share says nothing. */
static void stem(const char *word, char *buf, size_t cap) {
    const char *dot = strchr(word, '.');
    if (strncmp(word, "libjanus_", 9) == 0)
        snprintf(buf, cap, "%.*s", (int)strcspn(word + 9, "."), word + 9);
    else
        snprintf(buf, cap, "%s", dot ? dot + 1 : word);
}

const struct ptn_module *ptn_module_near(const char *word) {
    char wanted[64], known[64];
    const struct ptn_module *best = NULL;
    struct ptn_near near;
    stem(word, wanted, sizeof wanted);
    ptn_near_init(&near, wanted);
    for (size_t i = 0; i < ptn_module_count; i++) {
        size_t before = near.distance;
        stem(ptn_modules[i].name, known, sizeof known);
        ptn_near_offer(&near, known);
        if (near.distance < before)
            best = &ptn_modules[i];
    }
    return best;
}
