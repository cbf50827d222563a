/* The rules of both file formats (config.md 1): values, includes, twins. Runs in the project's
 * root, but includes are tried in a folder of its own. */
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

static const struct ptn_config_file *core_of(const struct loaded *l) {
    return ptn_config_file(l->cfg, "core");
}

/* -- the syntax ------------------------------------------------------------------------------- */

static void settings_have_several_forms(void **state) {
    (void)state;
    static const char *const texts[] = {
        "general: { server_name = \"x\" }",
        "general = { server_name : \"x\"; };",
        "general: { server_name = \"x\", };",
        "GENERAL: { Server_Name = \"x\" }",
        "# a\n// b\n/* c\n */ general /* d */ : { server_name = // e\n \"x\" # f\n}",
        "general: { server_name = \"\" \"x\" }",
        "general: { server_name = \"\\x78\" }",
        "general: { server_name\n=\n\"x\"\n}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct loaded l = load_text("core", "c.jcfg", texts[i]);
        CHECK(l.text[0] == '\0', "%s: %s", texts[i], l.text);
        CHECK(strcmp(ptn_config_str(core_of(&l), "general.server_name"), "x") == 0, "%s", texts[i]);
        loaded_free(&l);
    }
}

struct text_case {
    const char *written, *is;
};

static void scalars_become_text(void **state) {
    (void)state;
    static const struct text_case cases[] = {
        {"\"a \\\\ \\\" b\"", "a \\ \" b"},
        {"\"one \" \"text\"", "one text"},
        {"true", "true"},
        {"FALSE", "false"},
        {"8088", "8088"},
        {"-7", "-7"},
        {"0x1F98", "8088"},
        {"12L", "12"},
        {"1.5", "1.500000"},
        {"1e3", "1000.000000"},
        {"\"${HOME}\"", "${HOME}"}, /* nothing is substituted */
        {"\"$(HOME)\"", "$(HOME)"},
        {"\"\\x41\\x62\"", "Ab"},
        {"\"a;b#c//d\"", "a;b#c//d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "general: { log_prefix = %s }", cases[i].written);
        struct loaded l = load_text("core", "c.jcfg", text);
        CHECK(l.text[0] == '\0', "%s: %s", text, l.text);
        const char *value = ptn_config_str(core_of(&l), "general.log_prefix");
        CHECK(strcmp(value, cases[i].is) == 0, "%s: '%s'", text, value);
        loaded_free(&l);
    }
}

static void lists_are_arrays_lists_or_texts(void **state) {
    (void)state;
    static const char *const written[] = {
        "[\"a\", \"b\"]", "(\"a\", \"b\")", "\"a,b\"", "\"a, b\"", "\" a ,,b, \"",
    };
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "nat: { ice_ignore_list = %s }", written[i]);
        struct loaded l = load_text("core", "c.jcfg", text);
        CHECK(l.text[0] == '\0', "%s: %s", text, l.text);
        CHECK(ptn_config_list_count(core_of(&l), "nat.ice_ignore_list") == 2, "%s", text);
        CHECK(strcmp(ptn_config_str(core_of(&l), "nat.ice_ignore_list"), "a,b") == 0, "%s", text);
        loaded_free(&l);
    }
}

/* -- twins ------------------------------------------------------------------------------------ */

static void twins_are_errors(void **state) {
    (void)state;
    static const struct {
        const char *schema, *path, *text, *says;
    } cases[] = {
        {"core", "c.jcfg", "general: {\n debug_level = 1\n debug_level = 1\n}",
         "c.jcfg:3: error: duplicate setting name; nothing of this file is used\n"},
        {"core", "c.jcfg", "general: {\n debug_level = 1\n DEBUG_level = 1\n}",
         "c.jcfg:3: error: general.debug_level: given twice; the first is at c.jcfg:2\n"},
        {"core", "c.jcfg", "general: { }\ngeneral: { }",
         "c.jcfg:2: error: duplicate setting name; nothing of this file is used\n"},
        {"core", "c.jcfg", "general: { debug_level = 1 }\nGeneral: { debug_level = 2 }",
         "c.jcfg:2: error: general.debug_level: given twice; the first is at c.jcfg:1\n"},
        {"core", "c.jcfg", "media: {\n dscp_tos = 1\n dscp = 1\n}",
         "c.jcfg:3: error: media.dscp: given twice; the first is at c.jcfg:2\n"},
        {"transport.http", "h.jcfg",
         "general: { admin_acl_forwarded = false }\nadmin: { admin_acl_forwarded = false }",
         "h.jcfg:2: error: admin.admin_acl_forwarded: given twice; the first is at h.jcfg:1\n"},
        {"transport.http", "h.cfg", "[general]\nport = 1\nport = 2\n",
         "h.cfg:3: error: general.port: given twice; the first is at h.cfg:2\n"},
        {"transport.http", "h.cfg", "[general]\nport = 1\n[admin]\n[GENERAL]\nPort = 2\n",
         "h.cfg:5: error: general.port: given twice; the first is at h.cfg:2\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct loaded l = load_text(cases[i].schema, cases[i].path, cases[i].text);
        CHECK(strcmp(l.text, cases[i].says) == 0, "%s: said\n%s", cases[i].text, l.text);
        loaded_free(&l);
    }
}

/* Two sections whose names differ in case are one. */
static void sections_of_one_name_are_one(void **state) {
    (void)state;
    struct loaded l = load_text("core", "c.jcfg",
                                "general: { debug_level = 1 }\nGENERAL: { log_prefix = \"x\" }");
    assert_string_equal(l.text, "");
    assert_int_equal(ptn_config_int(core_of(&l), "general.debug_level"), 1);
    assert_string_equal(ptn_config_str(core_of(&l), "general.log_prefix"), "x");
    loaded_free(&l);
}

/* -- includes --------------------------------------------------------------------------------- */

/* A working directory of its own: relative includes are relative to that. */
struct place {
    struct folder f;
    char before[1000];
};

static void enter(struct place *p) {
    folder_new(&p->f);
    assert_non_null(getcwd(p->before, sizeof p->before));
    assert_int_equal(chdir(p->f.path), 0);
}

static void leave(struct place *p) {
    assert_int_equal(chdir(p->before), 0);
    folder_free(&p->f);
}

static void an_include_is_relative_to_the_working_directory(void **state) {
    (void)state;
    struct place p;
    char sub[200];
    enter(&p);
    snprintf(sub, sizeof sub, "%s", folder_path(&p.f, "sub"));
    assert_int_equal(mkdir(sub, 0700), 0);
    folder_write(&p.f, "sub/name", "server_name = \"beside the file\"\n");
    folder_write(&p.f, "name", "server_name = \"working directory\"\n");
    folder_write(&p.f, "sub/c.jcfg", "general: {\n@include \"name\"\n}\n");
    struct ptn_options options = {.folder = p.f.path, .file = "sub/c.jcfg"};
    struct loaded l = {.problems = ptn_problems_new()};
    l.cfg = ptn_config_load(&options, l.problems);
    l.text = problems_text(l.problems);
    assert_string_equal(ptn_config_str(core_of(&l), "general.server_name"), "working directory");
    assert_string_equal(ptn_config_where(core_of(&l), "general.server_name").file, "name");
    assert_int_equal(ptn_config_where(core_of(&l), "general.server_name").line, 1);
    loaded_free(&l);
    assert_int_equal(remove("sub/name"), 0);
    assert_int_equal(remove("sub/c.jcfg"), 0);
    leave(&p);
}

/* f0 includes f1 ... includes fN, which sets the name. */
static struct loaded load_chain(struct place *p, int depth) {
    char name[16], text[100];
    for (int i = 0; i < depth; i++) {
        snprintf(name, sizeof name, "f%d", i);
        snprintf(text, sizeof text, "@include \"f%d\"\n", i + 1);
        folder_write(&p->f, name, text);
    }
    snprintf(name, sizeof name, "f%d", depth);
    folder_write(&p->f, name, "general: { server_name = \"deep\" }\n");
    return load_text("core", "c.jcfg", "@include \"f0\"\n");
}

static void includes_nest_ten_deep(void **state) {
    (void)state;
    struct place p;
    enter(&p);
    struct loaded l = load_chain(&p, 9); /* c.jcfg, then f0 to f9: ten files are included */
    assert_string_equal(l.text, "");
    assert_string_equal(ptn_config_str(core_of(&l), "general.server_name"), "deep");
    loaded_free(&l);
    l = load_chain(&p, 10);
    assert_string_equal(l.text, "f9:1: error: files include each other too deeply; allowed are 10 "
                                "levels\n");
    loaded_free(&l);
    leave(&p);
}

static void twins_are_found_across_includes(void **state) {
    (void)state;
    struct place p;
    enter(&p);
    folder_write(&p.f, "one", "debug_level = 1\n");
    struct loaded l =
        load_text("core", "c.jcfg", "general: {\n Debug_Level = 2\n@include \"one\"\n}\n");
    assert_string_equal(
        l.text, "one:1: error: general.debug_level: given twice; the first is at c.jcfg:2\n");
    loaded_free(&l);
    l = load_text("core", "c.jcfg", "general: {\n@include \"one\"\n@include \"one\"\n}\n");
    assert_int_equal(ptn_problems_errors(l.problems), 1);
    assert_non_null(strstr(l.text, "duplicate setting name; nothing of this file is used"));
    loaded_free(&l);
    leave(&p);
}

/* A broken include is the whole file's end: nothing of it is used, and no default steps in. */
static void a_broken_include_is_an_error(void **state) {
    (void)state;
    struct place p;
    enter(&p);
    folder_write(&p.f, "broken", "debug_level = = 1\n");
    struct loaded l = load_text("core", "c.jcfg", "general: {\n@include \"broken\"\n}\n");
    assert_string_equal(l.text, "broken:1: error: syntax error; nothing of this file is used\n");
    loaded_free(&l);
    leave(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_have_several_forms),
        cmocka_unit_test(scalars_become_text),
        cmocka_unit_test(lists_are_arrays_lists_or_texts),
        cmocka_unit_test(twins_are_errors),
        cmocka_unit_test(sections_of_one_name_are_one),
        cmocka_unit_test(an_include_is_relative_to_the_working_directory),
        cmocka_unit_test(includes_nest_ten_deep),
        cmocka_unit_test(twins_are_found_across_includes),
        cmocka_unit_test(a_broken_include_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
