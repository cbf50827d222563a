/* The command line of portunus-load. */
#include "test.h"

#include <getopt.h>
#include <stdio.h>

#include "base/bytes.h"
#include "load/options.h"

#define ARGS 12
#define USAGE_ERROR 65
#define BIND "--bind", "127.0.0.1" /* no route has to be found */

static int read_options(struct options *o, const char *const args[ARGS]) {
    char *argv[ARGS + 2] = {(char *)"portunus-load"};
    int argc = 1;
    for (; argc <= ARGS && args[argc - 1]; argc++)
        argv[argc] = (char *)args[argc - 1];
    optind = 0; /* getopt begins anew */
    return options_read(o, argc, argv);
}

static const char *addr_text(const struct ptn_addr *addr) {
    static char text[PTN_ADDR_TEXT];
    return ptn_addr_text(addr, text, sizeof text);
}

static void defaults(void **state) {
    struct options o;
    (void)state;
    assert_int_equal(read_options(&o, (const char *[ARGS]){NULL}), 0);
    assert_string_equal(addr_text(&o.server), "127.0.0.1:8188");
    assert_string_equal(o.host, "127.0.0.1:8188");
    assert_string_equal(o.path, "/");
    assert_string_equal(addr_text(&o.bind), "127.0.0.1:0"); /* the kernel's way there */
    assert_int_equal(o.peers, 10);
    assert_true(o.audio && o.video && !o.silent && !o.verbose);
    assert_true(o.duration == 10000000 && o.settle == 2000000 && o.join_timeout == 15000000);
    assert_true(o.max_loss == 0);
    assert_null(o.json);
    assert_null(o.srtp);
    assert_int_equal(o.setup, PTN_SETUP_ACTPASS);
}

static void numbers(void **state) {
    struct options o;
    (void)state;
    assert_int_equal(read_options(&o, (const char *[ARGS]){"--peers=7", "--ramp=0.5",
                                                           "--duration=0.25", "--settle", "0",
                                                           "--max-loss", "1.5", "--video-pps=20000",
                                                           "--audio-size=17", "--video-size=27"}),
                     0);
    assert_int_equal(o.peers, 7);
    assert_true(o.ramp == 0.5 && o.max_loss == 1.5);
    assert_true(o.duration == 250000 && o.settle == 0);
    assert_int_equal(o.video_pps, 20000);
    assert_int_equal(o.audio_size, 17); /* as small as a stamp allows */
    assert_int_equal(o.video_size, 27);
}

static void words(void **state) {
    struct options o;
    (void)state;
    assert_int_equal(
        read_options(&o, (const char *[ARGS]){"--role", "passive", "--no-audio", "--silent",
                                              "--video-codec", "h264", "--apisecret", "s",
                                              "--token=t", "--json=-", "--verbose"}),
        0);
    assert_int_equal(o.setup, PTN_SETUP_PASSIVE);
    assert_true(!o.audio && o.video && o.silent && o.verbose);
    assert_string_equal(o.video_codec, "h264");
    assert_string_equal(o.apisecret, "s");
    assert_string_equal(o.token, "t");
    assert_string_equal(o.json, "-");
}

static void urls(void **state) {
    static const struct {
        const char *url, *server, *host, *path; /* server NULL: refused */
    } cases[] = {
        {"ws://192.0.2.7:9000/janus?x=1", "192.0.2.7:9000", "192.0.2.7:9000", "/janus?x=1"},
        {"ws://192.0.2.7:9000", "192.0.2.7:9000", "192.0.2.7:9000", "/"},
        {"ws://192.0.2.7", "192.0.2.7:80", "192.0.2.7", "/"},
        {"ws://192.0.2.7/a/b", "192.0.2.7:80", "192.0.2.7", "/a/b"},
        {"ws://[2001:db8::1]:9000/p", "[2001:db8::1]:9000", "[2001:db8::1]:9000", "/p"},
        {"ws://[2001:db8::1]/", "[2001:db8::1]:80", "[2001:db8::1]", "/"},
        {"ws://192.0.2.7:65535/", "192.0.2.7:65535", "192.0.2.7:65535", "/"},
        {"wss://192.0.2.7/", NULL, NULL, NULL},
        {"http://192.0.2.7/", NULL, NULL, NULL},
        {"192.0.2.7", NULL, NULL, NULL},
        {"ws://", NULL, NULL, NULL},
        {"ws:///path", NULL, NULL, NULL},
        {"ws://192.0.2.7:0/", NULL, NULL, NULL},
        {"ws://192.0.2.7:/", NULL, NULL, NULL},
        {"ws://192.0.2.7:65536/", NULL, NULL, NULL},
        {"ws://192.0.2.7:-1/", NULL, NULL, NULL},
        {"ws://192.0.2.7:http/", NULL, NULL, NULL},
        {"ws://192.0.2.7:00000000080/", NULL, NULL, NULL},
        {"ws://2001:db8::1/", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options o;
        int got = read_options(&o, (const char *[ARGS]){"--url", cases[i].url, BIND});
        if (!cases[i].server) {
            CHECK(got == USAGE_ERROR, "%s: %d", cases[i].url, got);
            continue;
        }
        CHECK(got == 0, "%s", cases[i].url);
        assert_string_equal(addr_text(&o.server), cases[i].server);
        assert_string_equal(o.host, cases[i].host);
        assert_string_equal(o.path, cases[i].path);
    }
}

static void long_urls(void **state) {
    char url[600];
    struct options o;
    (void)state;
    snprintf(url, sizeof url, "ws://192.0.2.7/%0500d", 0);
    assert_int_equal(read_options(&o, (const char *[ARGS]){"--url", url, BIND}), USAGE_ERROR);
    snprintf(url, sizeof url, "ws://%0500d/", 0);
    assert_int_equal(read_options(&o, (const char *[ARGS]){"--url", url, BIND}), USAGE_ERROR);
}

static void refused(void **state) {
    static const char *const cases[][ARGS] = {
        {"--peers", "0"},
        {"--peers", "10001"},
        {"--peers", "2.5"},
        {"--peers", "-3"},
        {"--peers", "many"},
        {"--peers", "5x"},
        {"--peers", ""},
        {"--peers", "nan"},
        {"--ramp", "0"},
        {"--ramp", "inf"},
        {"--duration", "-1"},
        {"--max-loss", "101"},
        {"--audio-size", "16"},
        {"--video-size", "26"},
        {"--video-size", "1201"},
        {"--video-fps", "0"},
        {"--role", "server"},
        {"--role", ""},
        {"--bind", "localhost"},
        {"--bind", "127.0.0.1:5000"},
        {"--no-audio", "--no-video"},
        {"--nonsense"},
        {"--peers"},
        {"--silent=yes"},
        {"stray"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct options o;
        int got = read_options(&o, cases[i]);
        CHECK(got == USAGE_ERROR, "%s %s: %d", cases[i][0], cases[i][1] ? cases[i][1] : "", got);
    }
}

static void help(void **state) {
    struct options o;
    (void)state;
    assert_int_equal(read_options(&o, (const char *[ARGS]){"--help"}), 1); /* exit status 0 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults), cmocka_unit_test(numbers),   cmocka_unit_test(words),
        cmocka_unit_test(urls),     cmocka_unit_test(long_urls), cmocka_unit_test(refused),
        cmocka_unit_test(help),
    };
    return cmocka_run_group_tests_name("load options", tests, NULL, NULL);
}
