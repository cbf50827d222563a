/* A configuration file of any kind, from any bytes: the first one chooses schema and syntax. */
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the text it was collecting (strbuf_append) and the string it had read
 * (libconfig_yylex) when a syntax error follows: once per broken file, and the process ends with
 * it. */
const char *__lsan_default_suppressions(void) {
    return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

static const char *const names[] = {"core", "transport.http", "transport.websockets",
                                    "transport.pfunix", "plugin.echotest"};

/* @include would read whatever file of this machine the fuzzer comes to think of. */
static bool includes(const uint8_t *data, size_t size) {
    return memmem(data, size, "@include", strlen("@include")) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || includes(data, size))
        return 0;
    const char *name = names[(data[0] >> 1) % PTN_COUNT_OF(names)];
    const char *path = data[0] & 1 ? "f.cfg" : "f.jcfg";
    struct ptn_problems *problems = ptn_problems_new();
    struct ptn_config *cfg =
        ptn_config_load_text(name, path, (const char *)data + 1, size - 1, problems);
    const struct ptn_config_file *f = ptn_config_file(cfg, name);
    ptn_config_file_path(f);
    ptn_config_free(cfg);
    ptn_problems_free(problems);
    return 0;
}
