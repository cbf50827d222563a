#include "test.h"

#include <stdlib.h>

#include "base/mem.h"
#include "ice/cand.h"

static const struct {
    const char *text;
    ptn_err expected;
    /* of those that parse: */
    enum ptn_cand_type type;
    enum ptn_cand_proto proto;
    uint32_t priority;
    const char *addr; /* with port, as ptn_addr_text writes it; NULL: none */
    const char *host, *ufrag;
} rows[] = {
    /* Chromium */
    {"candidate:842163049 1 udp 1677729535 203.0.113.7 54609 typ srflx raddr 0.0.0.0 rport 0 "
     "generation 0 ufrag EsAw network-cost 999",
     PTN_OK, PTN_CAND_SRFLX, PTN_CAND_UDP, 1677729535, "203.0.113.7:54609", "", "EsAw"},
    {"candidate:1052353102 1 udp 2122260223 192.168.1.10 50000 typ host generation 0 ufrag +a/b "
     "network-id 1 network-cost 10",
     PTN_OK, PTN_CAND_HOST, PTN_CAND_UDP, 2122260223, "192.168.1.10:50000", "", "+a/b"},
    {"candidate:3471623853 1 udp 2113937151 5f0a8a51-0cb2-4a2c-b6c5-0f4f3b3ad1d3.local 57623 typ "
     "host generation 0 ufrag 5rRa network-cost 999",
     PTN_OK, PTN_CAND_HOST, PTN_CAND_UDP, 2113937151, NULL,
     "5f0a8a51-0cb2-4a2c-b6c5-0f4f3b3ad1d3.local", "5rRa"},
    {"candidate:1876313031 1 tcp 1518280447 192.168.1.10 9 typ host tcptype active generation 0",
     PTN_OK, PTN_CAND_HOST, PTN_CAND_TCP_ACTIVE, 1518280447, "192.168.1.10:9", "", ""},
    {"a=candidate:4 1 udp 41885695 2001:db8::5 62000 typ relay raddr 203.0.113.7 rport 54609 "
     "generation 0\r\n",
     PTN_OK, PTN_CAND_RELAY, PTN_CAND_UDP, 41885695, "[2001:db8::5]:62000", "", ""},
    /* Firefox */
    {"candidate:0 1 UDP 2122252543 192.168.1.5 49203 typ host", PTN_OK, PTN_CAND_HOST, PTN_CAND_UDP,
     2122252543, "192.168.1.5:49203", "", ""},
    {"candidate:2 1 TCP 2105524479 192.168.1.5 9 typ host tcptype active", PTN_OK, PTN_CAND_HOST,
     PTN_CAND_TCP_ACTIVE, 2105524479, "192.168.1.5:9", "", ""},
    {"candidate:1 1 UDP 1686052863 198.51.100.4 49203 typ srflx raddr 192.168.1.5 rport 49203",
     PTN_OK, PTN_CAND_SRFLX, PTN_CAND_UDP, 1686052863, "198.51.100.4:49203", "", ""},
    {"candidate:0 2 UDP 2122252542 192.168.1.5 49204 typ host", PTN_OK, PTN_CAND_HOST, PTN_CAND_UDP,
     2122252542, "192.168.1.5:49204", "", ""},
    /* Safari */
    {"candidate:3288028017 1 udp 2113937151 D1D1D1D1-0cb2-4a2c-b6c5-0f4f3b3ad1d3.LOCAL 61000 typ "
     "host generation 0 ufrag XpFa network-cost 999",
     PTN_OK, PTN_CAND_HOST, PTN_CAND_UDP, 2113937151, NULL,
     "D1D1D1D1-0cb2-4a2c-b6c5-0f4f3b3ad1d3.LOCAL", "XpFa"},
    /* no prefix, blanks, other kinds */
    {"  1 1 udp 1 198.51.100.7 50000 typ prflx  ", PTN_OK, PTN_CAND_PRFLX, PTN_CAND_UDP, 1,
     "198.51.100.7:50000", "", ""},
    {"1 1 tcp 4294967295 198.51.100.7 443 typ host tcptype passive", PTN_OK, PTN_CAND_HOST,
     PTN_CAND_TCP_PASSIVE, 4294967295u, "198.51.100.7:443", "", ""},
    {"1 1 tcp 7 198.51.100.7 443 typ host tcptype so", PTN_OK, PTN_CAND_HOST, PTN_CAND_TCP_SO, 7,
     "198.51.100.7:443", "", ""},
    {"1 1 udp 7 198.51.100.7 0 typ host raddr hidden.local rport 9", PTN_OK, PTN_CAND_HOST,
     PTN_CAND_UDP, 7, "198.51.100.7:0", "", ""},
    /* understood, but not for us */
    {"1 1 ssltcp 7 198.51.100.7 443 typ host", PTN_EUNSUPPORTED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 example.org 443 typ host", PTN_EUNSUPPORTED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 198.51.100.7 443 typ future", PTN_EUNSUPPORTED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.local 4 typ "
     "host",
     PTN_EUNSUPPORTED, 0, 0, 0, NULL, NULL, NULL},
    /* broken */
    {"", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"candidate:", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"end-of-candidates", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 0 udp 7 198.51.100.7 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 300 udp 7 198.51.100.7 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 0 198.51.100.7 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 4294967296 198.51.100.7 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp -7 198.51.100.7 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 99999999999999999999 198.51.100.7 4 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL,
     NULL},
    {"1 1 udp 7 198.51.100.7 65536 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 198.51.100.7 443 type host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 198.51.100.7 443 typ host generation", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 [2001:db8::1] 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 fe80::1%lo 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"1 1 udp 7 198.51.100.7 443 typ srflx raddr 10.0.0.1 rport x", PTN_EMALFORMED, 0, 0, 0, NULL,
     NULL, NULL},
    {"1 1 tcp 7 198.51.100.7 443 typ host tcptype odd", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"f\"1 1 udp 7 198.51.100.7 443 typ host", PTN_EMALFORMED, 0, 0, 0, NULL, NULL, NULL},
    {"123456789012345678901234567890123 1 udp 7 198.51.100.7 443 typ host", PTN_EMALFORMED, 0, 0, 0,
     NULL, NULL, NULL},
};

static void parses_what_browsers_send(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_cand c = {.priority = 4711};
        char text[PTN_ADDR_TEXT];
        CHECK(ptn_cand_parse(rows[i].text, &c) == rows[i].expected, "'%s'", rows[i].text);
        if (rows[i].expected != PTN_OK) {
            CHECK(c.priority == 4711, "changed by '%s'", rows[i].text);
            continue;
        }
        CHECK(c.type == rows[i].type && c.proto == rows[i].proto, "'%s'", rows[i].text);
        CHECK(c.priority == rows[i].priority, "'%s'", rows[i].text);
        CHECK(strcmp(c.host, rows[i].host) == 0, "'%s'", rows[i].text);
        CHECK(strcmp(c.ufrag, rows[i].ufrag) == 0, "'%s'", rows[i].text);
        if (rows[i].addr)
            CHECK(strcmp(ptn_addr_text(&c.addr, text, sizeof text), rows[i].addr) == 0, "'%s'",
                  rows[i].text);
        else
            CHECK(c.addr.family == 0, "'%s'", rows[i].text);
    }
}

static void reads_related_address(void **state) {
    (void)state;
    struct ptn_cand c;
    char text[PTN_ADDR_TEXT];
    assert_int_equal(
        ptn_cand_parse("1 1 udp 7 203.0.113.1 5 typ srflx raddr 10.0.0.1 rport 77 x y", &c),
        PTN_OK);
    assert_string_equal(ptn_addr_text(&c.related, text, sizeof text), "10.0.0.1:77");
}

/* No truncation crashes, and none is taken for more than it says. */
static void survives_every_truncation(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        for (size_t n = 0; n < strlen(rows[i].text); n++) {
            char *cut = ptn_strndup(rows[i].text, n);
            struct ptn_cand c;
            ptn_err err = ptn_cand_parse(cut, &c);
            CHECK(err != PTN_OK || strstr(cut, "typ "), "'%s'", cut);
            free(cut);
        }
    }
}

static void takes_overlong_words_calmly(void **state) {
    (void)state;
    char text[4096];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    struct ptn_cand c;
    assert_int_equal(ptn_cand_parse(text, &c), PTN_EMALFORMED);
    const char head[] = "1 1 udp 7 198.51.100.7 443 typ host ufrag ";
    memcpy(text, head, strlen(head));
    assert_int_equal(ptn_cand_parse(text, &c), PTN_OK);
    assert_string_equal(c.ufrag, ""); /* too long to compare: any generation */
}

static void what_it_writes_it_reads(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        struct ptn_cand c, back;
        char text[PTN_CAND_TEXT], again[PTN_CAND_TEXT];
        if (rows[i].expected != PTN_OK)
            continue;
        assert_int_equal(ptn_cand_parse(rows[i].text, &c), PTN_OK);
        ptn_cand_write(&c, text, sizeof text);
        CHECK(ptn_cand_parse(text, &back) == PTN_OK, "'%s'", text);
        CHECK(strcmp(text, ptn_cand_write(&back, again, sizeof again)) == 0, "'%s'", text);
        CHECK(ptn_addr_eq(&c.addr, &back.addr) && ptn_addr_eq(&c.related, &back.related), "%s",
              text);
    }
}

static void writes_the_usual_line(void **state) {
    (void)state;
    struct ptn_cand c = {
        .type = PTN_CAND_HOST, .component = 1, .priority = 2013266431u, .foundation = "1"};
    char text[PTN_CAND_TEXT];
    assert_int_equal(ptn_addr_parse("192.0.2.10", 40102, &c.addr), PTN_OK);
    assert_string_equal(ptn_cand_write(&c, text, sizeof text),
                        "1 1 udp 2013266431 192.0.2.10 40102 typ host");
    c.type = PTN_CAND_SRFLX;
    assert_int_equal(ptn_addr_parse("10.0.0.1", 7, &c.related), PTN_OK);
    assert_string_equal(ptn_cand_write(&c, text, sizeof text),
                        "1 1 udp 2013266431 192.0.2.10 40102 typ srflx raddr 10.0.0.1 rport 7");
    assert_int_equal(ptn_addr_parse("fe80::1%1", 40102, &c.addr), PTN_OK); /* scope stays home */
    assert_non_null(strstr(ptn_cand_write(&c, text, sizeof text), " fe80::1 40102 "));
}

static void longest_line_fits(void **state) {
    (void)state;
    struct ptn_cand c = {.type = PTN_CAND_RELAY,
                         .proto = PTN_CAND_TCP_PASSIVE,
                         .component = 255,
                         .priority = UINT32_MAX};
    memset(c.foundation, 'f', sizeof c.foundation - 1);
    memset(c.host, 'h', sizeof c.host - 1);
    memset(c.ufrag, 'u', sizeof c.ufrag - 1);
    c.addr.port = 65535;
    const char *longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_int_equal(ptn_addr_parse(longest, 65535, &c.related), PTN_OK);
    char text[PTN_CAND_TEXT];
    ptn_cand_write(&c, text, sizeof text);
    assert_non_null(strstr(text, c.ufrag));
}

static void computes_priorities(void **state) {
    (void)state; /* by hand: 126 * 2^24 + 65535 * 2^8 + 255 and so on */
    assert_int_equal(ptn_cand_priority(PTN_CAND_HOST, 65535, 1), 2130706431);
    assert_int_equal(ptn_cand_priority(PTN_CAND_PRFLX, 65535, 1), 1862270975);
    assert_int_equal(ptn_cand_priority(PTN_CAND_SRFLX, 65535, 2), 1694498814);
    assert_int_equal(ptn_cand_priority(PTN_CAND_RELAY, 0, 1), 255);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_browsers_send), cmocka_unit_test(reads_related_address),
        cmocka_unit_test(survives_every_truncation), cmocka_unit_test(takes_overlong_words_calmly),
        cmocka_unit_test(what_it_writes_it_reads),   cmocka_unit_test(writes_the_usual_line),
        cmocka_unit_test(longest_line_fits),         cmocka_unit_test(computes_priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
