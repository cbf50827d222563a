/* The sample files are what the schema generates, and say nothing wrong. Runs in the project's
 * root: conf/ is there. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "config/schema.h"
#include "util.h"

static const struct {
    const char *schema, *file;
} samples[] = {
    {"core", "portunus.jcfg"},
    {"transport.http", "portunus.transport.http.jcfg"},
    {"transport.websockets", "portunus.transport.websockets.jcfg"},
    {"transport.pfunix", "portunus.transport.pfunix.jcfg"},
    {"plugin.echotest", "portunus.plugin.echotest.jcfg"},
};

static char *read_text(const char *path) {
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    char *text = ptn_alloc(200000);
    size_t n = fread(text, 1, 199999, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

static void conf_is_what_the_schema_generates(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char path[200];
        snprintf(path, sizeof path, "conf/%s", samples[i].file);
        char *committed = read_text(path), *generated = ptn_config_sample_text(samples[i].schema);
        CHECK(committed && strcmp(committed, generated) == 0,
              "%s differs: remove it and run `portunus --write-samples conf`", path);
        free(committed);
        free(generated);
    }
}

static void writing_gives_the_same_and_overwrites_nothing(void **state) {
    (void)state;
    struct folder f;
    char why[300];
    folder_new(&f);
    assert_int_equal(ptn_config_write_samples(f.path, why, sizeof why), PTN_OK);
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char *written = read_text(folder_path(&f, samples[i].file));
        char *generated = ptn_config_sample_text(samples[i].schema);
        assert_non_null(written);
        assert_string_equal(written, generated);
        free(written);
        free(generated);
    }
    folder_write(&f, "portunus.jcfg", "mine");
    assert_int_equal(ptn_config_write_samples(f.path, why, sizeof why), PTN_EIO);
    folder_hide(&f, why);
    assert_string_equal(why, "'F/portunus.jcfg' cannot be written: File exists");
    char *kept = read_text(folder_path(&f, "portunus.jcfg"));
    assert_string_equal(kept, "mine");
    free(kept);
    folder_free(&f);
    assert_int_equal(ptn_config_write_samples("/nonexistent", why, sizeof why), PTN_EIO);
    assert_string_equal(
        why, "'/nonexistent/portunus.jcfg' cannot be written: No such file or directory");
}

static void samples_have_no_problem(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char *text = ptn_config_sample_text(samples[i].schema);
        struct loaded l = load_text(samples[i].schema, samples[i].file, text);
        CHECK(l.text[0] == '\0', "%s: %s", samples[i].file, l.text);
        loaded_free(&l);
        free(text);
    }
}

/* A schema's key as the sample would set it when its '#' is removed. */
static char *uncommented(const char *sample, const struct ptn_key *k) {
    char setting[100], section[100];
    snprintf(section, sizeof section, "\n%s: {\n", k->section);
    snprintf(setting, sizeof setting, "\n    #%s = ", k->name);
    const char *at = strstr(sample, section);
    CHECK(at, "%s", section);
    at = strstr(at, setting);
    CHECK(at, "%s.%s", k->section, k->name);
    at += strlen("\n    #");
    char *doc = ptn_alloc(1000);
    snprintf(doc, 1000, "%s: { %.*s }", k->section, (int)strcspn(at, "\n"), at);
    return doc;
}

/* What a sample shows may be used as it is: no error about the key's own value. Left out are keys
 * that name files of the host, secrets (a published one is refused) and keys that need another. */
static bool is_self_contained(const struct ptn_key *k) {
    static const char *const others[] = {"cert_pem", "cert_key", "static_folder"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(k->name, others[i]) == 0)
            return false;
    return !(k->flags & (KEY_SECRET | KEY_OPTION_ONLY | KEY_FAILS));
}

static void what_samples_show_is_valid(void **state) {
    (void)state;
    size_t tried = 0;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        const struct ptn_schema *s = ptn_schema_find(samples[i].schema);
        char *sample = ptn_config_sample_text(s->name);
        for (size_t j = 0; j < s->count; j++) {
            if (!is_self_contained(&s->keys[j]))
                continue;
            char *doc = uncommented(sample, &s->keys[j]);
            struct loaded l = load_text(s->name, "s.jcfg", doc);
            CHECK(ptn_problems_errors(l.problems) == 0, "%s: %s", doc, l.text);
            loaded_free(&l);
            free(doc);
            tried++;
        }
        free(sample);
    }
    assert_true(tried > 90);
}

/* The tables themselves: complete, sorted by section, without twins. */
static void schemas_are_sound(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_SCHEMAS; i++) {
        const struct ptn_schema *s = ptn_schemas[i];
        for (size_t j = 0; j < s->count; j++) {
            const struct ptn_key *k = &s->keys[j];
            CHECK(k->help && k->section && k->name, "%s %zu", s->name, j);
            CHECK(k->def || k->example || (k->flags & KEY_OPTION_ONLY), "%s", k->name);
            CHECK(k->type != KEY_BOOL || k->def, "%s", k->name);
            CHECK(k->type != KEY_INT || k->min < k->max, "%s", k->name);
            CHECK(k->type != KEY_ENUM || k->choices, "%s", k->name);
            CHECK(!(k->flags & KEY_FAILS) || k->why, "%s: an error without a reason", k->name);
            for (size_t l = 0; l < j; l++) {
                const struct ptn_key *o = &s->keys[l];
                bool same = strcmp(k->section, o->section) == 0;
                CHECK(!same || strcmp(k->name, o->name) != 0, "%s twice", k->name);
                CHECK(!same || strcmp(s->keys[j - 1].section, k->section) == 0,
                      "%s: its section is torn", k->name);
            }
        }
    }
}

static void the_demo_is_valid(void **state) {
    (void)state;
    struct ptn_options options = {.folder = "conf/demo"};
    struct ptn_problems *problems = ptn_problems_new();
    struct ptn_config *cfg = ptn_config_load(&options, problems);
    char *text = problems_text(problems);
    assert_string_equal(text, "");
    const struct ptn_config_file *core = ptn_config_file(cfg, "core");
    const struct ptn_config_file *http = ptn_config_file(cfg, "transport.http");
    const struct ptn_config_file *ws = ptn_config_file(cfg, "transport.websockets");
    assert_true(ptn_config_bool(http, "general.http"));
    assert_string_equal(ptn_config_str(http, "general.ip"), "127.0.0.1");
    assert_int_equal(ptn_config_int(http, "general.port"), 8088);
    assert_true(ptn_config_bool(ws, "general.ws"));
    assert_string_equal(ptn_config_str(ws, "general.ws_ip"), "127.0.0.1");
    assert_int_equal(ptn_config_int(ws, "general.ws_port"), 8188);
    assert_string_equal(ptn_config_str(core, "nat.ice_enforce_list"), "127.0.0.1");
    assert_int_equal(ptn_config_int(core, "media.port"), 10000);
    assert_string_equal(ptn_config_str(core, "web.static_folder"), "demos");
    free(text);
    ptn_config_free(cfg);
    ptn_problems_free(problems);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conf_is_what_the_schema_generates),
        cmocka_unit_test(writing_gives_the_same_and_overwrites_nothing),
        cmocka_unit_test(samples_have_no_problem),
        cmocka_unit_test(what_samples_show_is_valid),
        cmocka_unit_test(schemas_are_sound),
        cmocka_unit_test(the_demo_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
