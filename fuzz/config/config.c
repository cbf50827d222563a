/* A configuration file of any kind, from any bytes: the first one chooses schema and syntax. What
 * came of it is reported in every way there is: each must be one valid text. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config.h"
#include "config/report.h"

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

static void check_text(char *text) {
    for (const char *p = text; *p; p++)
        assert((unsigned char)*p >= 0x20 || *p == '\n'); /* nothing that a terminal obeys */
    free(text);
}

static void check_json(char *text) {
    json_t *json = json_loads(text, 0, NULL);
    assert(json);
    json_decref(json);
    free(text);
}

/* One of them for each input, for speed's sake. */
static void report(uint8_t which, const struct ptn_config *cfg,
                   const struct ptn_problems *problems) {
    enum ptn_report_style style = which & 1 ? PTN_REPORT_JSON : PTN_REPORT_TEXT;
    char *text = which & 2 ? ptn_config_dump(cfg, style) : ptn_config_compat(cfg, problems, style);
    (style == PTN_REPORT_JSON ? check_json : check_text)(text);
    check_json(ptn_config_problems_json(problems));
}

/* The same bytes as the name of a key: found or not, there is a text. */
static void explain(uint8_t which, const uint8_t *data, size_t size) {
    enum ptn_report_style style = which & 1 ? PTN_REPORT_JSON : PTN_REPORT_TEXT;
    char word[200], *text;
    size_t n = size < sizeof word - 1 ? size : sizeof word - 1;
    memcpy(word, data, n);
    word[n] = '\0';
    (void)ptn_config_explain(word, style, &text);
    (style == PTN_REPORT_JSON ? check_json : check_text)(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1 || includes(data, size))
        return 0;
    const char *name = names[(data[0] >> 1) % PTN_COUNT_OF(names)];
    const char *path = data[0] & 1 ? "f.cfg" : "f.jcfg";
    struct ptn_problems *problems = ptn_problems_new();
    struct ptn_config *cfg =
        ptn_config_load_text(name, path, (const char *)data + 1, size - 1, problems);
    report(data[0] >> 4, cfg, problems);
    explain(data[0] >> 4, data + 1, size - 1);
    ptn_config_free(cfg);
    ptn_problems_free(problems);
    return 0;
}
