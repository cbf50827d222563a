/* What the parser takes, what it refuses, and in which words (core.md 10). */
#include "vectors.h"

#define HEAD "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define AUDIO HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void every_reason(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "Invalid SDP (doesn't start with v=)"},
        {"hello", "Invalid SDP (doesn't start with v=)"},
        {"v", "Invalid SDP (doesn't start with v=)"},
        {"\r\nv=0\r\n", "Invalid SDP (doesn't start with v=)"},
        {"o=- 1 1 IN IP4 1.2.3.4\r\nv=0\r\n", "Invalid SDP (doesn't start with v=)"},
        {"v=0\r\nx\r\n", "Invalid line (1 bytes): x"},
        {"v=0\r\ns=\r\n", "Invalid line (2 bytes): s="},
        {"v=\r\n", "Invalid line (2 bytes): v="},
        {"v=0\r\nabc\r\n", "Invalid line (2nd char is not '='): abc"},
        {"v=x\r\n", "Invalid v= line: v=x"},
        {"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\no=- 1 1 IN IP4 1.2.3.4\r\n",
         "Multiple o= lines: o=- 1 1 IN IP4 1.2.3.4"},
        {"v=0\r\no=- 1 1 IN IP4\r\n", "Invalid o= line: o=- 1 1 IN IP4"},
        {"v=0\r\no=- 1 1 IN IP5 1.2.3.4\r\n", "Invalid o= line: o=- 1 1 IN IP5 1.2.3.4"},
        {"v=0\r\no=- 1 1 XX IP4 1.2.3.4\r\n", "Invalid o= line: o=- 1 1 XX IP4 1.2.3.4"},
        {"v=0\r\no=- x 1 IN IP4 1.2.3.4\r\n", "Invalid o= line: o=- x 1 IN IP4 1.2.3.4"},
        {"v=0\r\no=- 1 18446744073709551616 IN IP4 1.2.3.4\r\n",
         "Invalid o= line: o=- 1 18446744073709551616 IN IP4 1.2.3.4"},
        {"v=0\r\ns=-\r\ns=b\r\n", "Multiple s= lines: s=b"},
        {"v=0\r\nt=0\r\n", "Invalid t= line: t=0"},
        {"v=0\r\nt=a b\r\n", "Invalid t= line: t=a b"},
        {"v=0\r\nc=IN IP4\r\n", "Invalid c= line: c=IN IP4"},
        {"v=0\r\nc=IN IP7 ::1\r\n", "Invalid c= line: c=IN IP7 ::1"},
        {AUDIO "c=IN IP4 1.2.3.4 5\r\n", "Invalid c= line: c=IN IP4 1.2.3.4 5"},
        {"v=0\r\na=mid:\r\n", "Invalid a= line: a=mid:"},
        {AUDIO "a=whatever:\r\n", "Invalid a= line: a=whatever:"},
        {AUDIO "a=rtpmap:111\r\n", "Invalid a= line: a=rtpmap:111"},
        {AUDIO "a=rtpmap:111 opus\r\n", "Invalid a= line: a=rtpmap:111 opus"},
        {AUDIO "a=rtpmap:111 /8000\r\n", "Invalid a= line: a=rtpmap:111 /8000"},
        {AUDIO "a=rtpmap:111 opus/x\r\n", "Invalid a= line: a=rtpmap:111 opus/x"},
        {AUDIO "a=rtpmap:111 opus/48000/256\r\n", "Invalid a= line: a=rtpmap:111 opus/48000/256"},
        {AUDIO "a=fmtp:111\r\n", "Invalid a= line: a=fmtp:111"},
        {AUDIO "a=rtcp-fb:111\r\n", "Invalid a= line: a=rtcp-fb:111"},
        {AUDIO "a=extmap:1\r\n", "Invalid a= line: a=extmap:1"},
        {AUDIO "a=extmap:x urn:x\r\n", "Invalid a= line: a=extmap:x urn:x"},
        {AUDIO "a=ssrc:x cname:y\r\n", "Invalid a= line: a=ssrc:x cname:y"},
        {AUDIO "a=ssrc:4294967296 cname:y\r\n", "Invalid a= line: a=ssrc:4294967296 cname:y"},
        {AUDIO "a=ssrc-group:FID 1 x\r\n", "Invalid a= line: a=ssrc-group:FID 1 x"},
        {AUDIO "a=ssrc-group:FID 0 1\r\n", "Invalid a= line: a=ssrc-group:FID 0 1"},
        {AUDIO "a=rid:h\r\n", "Invalid a= line: a=rid:h"},
        {AUDIO "a=fingerprint:sha-256\r\n", "Invalid a= line: a=fingerprint:sha-256"},
        {AUDIO "a=sctp-port:65536\r\n", "Invalid a= line: a=sctp-port:65536"},
        {AUDIO "a=max-message-size:-1\r\n", "Invalid a= line: a=max-message-size:-1"},
        {AUDIO "b=AS\r\n", "Invalid b= line: b=AS"},
        {AUDIO "b=AS:x\r\n", "Invalid b= line: b=AS:x"},
        {AUDIO "b=TIAS:4294967296\r\n", "Invalid b= line: b=TIAS:4294967296"},
        {HEAD "m=audio\r\n", "Invalid m= line: m=audio"},
        {HEAD "m=audio 9\r\n", "Invalid m= line: m=audio 9"},
        {HEAD "m=audio x RTP/AVP 0\r\n", "Invalid m= line: m=audio x RTP/AVP 0"},
        {HEAD "m=audio 65536 RTP/AVP 0\r\n", "Invalid m= line: m=audio 65536 RTP/AVP 0"},
        {HEAD "m=text 9 RTP/AVP 0\r\n", "Invalid m= line: m=text 9 RTP/AVP 0"},
        {HEAD "m=audio 9 RTP/AVP x\r\n", "Invalid m= line: m=audio 9 RTP/AVP x"},
        {HEAD "m=audio 9 RTP/AVP 128\r\n", "Invalid m= line: m=audio 9 RTP/AVP 128"},
        {HEAD "m=audio 9 RTP/AVP\r\n",
         "Invalid m= line (no payload types/formats): m=audio 9 RTP/AVP"},
        {HEAD "m=audio 9 RTP/" X50 X50 X50 X50 " 0\r\n", "Invalid m= line (too long): 216"},
        {HEAD, "Missing mandatory lines (o=, s= or m=)"},
        {"v=0\r\n", "Missing mandatory lines (o=, s= or m=)"},
        {"v=0\r\ns=-\r\nm=audio 9 RTP/AVP 0\r\n", "Missing mandatory lines (o=, s= or m=)"},
        {"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 9 RTP/AVP 0\r\n",
         "Missing mandatory lines (o=, s= or m=)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ptn_sdp *sdp = NULL;
        char why[PTN_SDP_WHY];
        CHECK(ptn_sdp_parse(cases[i].text, &sdp, why, sizeof why) == PTN_EMALFORMED, "case %zu: %s",
              i, cases[i].text);
        CHECK(!sdp && strcmp(why, cases[i].why) == 0, "case %zu: got \"%s\", want \"%s\"", i, why,
              cases[i].why);
    }
}

static void odd_but_accepted(void **state) {
    (void)state;
    static const char *const cases[] = {
        AUDIO "\r\n\r\n\n",
        "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=audio 9 X 0\n",
        "v=0\ro=- 1 2 IN IP4 127.0.0.1\rs=-\rt=0 0\rm=audio 9 X 0", /* no line end at all */
        "v=0\no=a 1 2 IN IP6 2001:db8::1\ns= \nm=video 0 X 96\n",
        "v=0\no=a 1 2 IN IP4 host.example\ns=-\nm=video 9/2 X 96\n",
        AUDIO "k=clear:x\r\nz=0\r\ny=unknown\r\nb=RR:0\r\nb=CT:1\r\n",
        AUDIO "a=x\r\na=:y\r\na=unknown:thing\r\na=mid\r\na=ice-lite\r\na=group:BUNDLE 0\r\n",
        AUDIO "a=rtpmap:99 of-no-format/1\r\na=fmtp:99 x\r\na=rtcp-fb:99 nack\r\n",
        AUDIO "a=candidate:garbage\r\na=candidate:1 1 dccp 5 1.2.3.4 9 typ host\r\n",
        AUDIO "a=extmap:15 urn:reserved\r\na=extmap:300 urn:too-high\r\na=extmap:0 urn:no\r\n",
        AUDIO "a=fingerprint:md5 00:11\r\na=setup:holdconn\r\n",
        "v=0\r\na=extmap:1 urn:x\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nm=audio 9 X 0 0 0\r\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ptn_sdp *sdp = NULL;
        char why[PTN_SDP_WHY];
        CHECK(ptn_sdp_parse(cases[i], &sdp, why, sizeof why) == PTN_OK, "case %zu: %s", i, why);
        CHECK(!sdp->flaw && sdp->mline_count == 1, "case %zu", i);
        CHECK(sdp->mline[0].codec_count == 1 && sdp->mline[0].ext_count == 0 &&
                  sdp->mline[0].cand_count == 0,
              "case %zu", i);
        ptn_sdp_free(sdp);
    }
}

static void flaws_parse_but_are_named(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool flawed;
    } cases[] = {
        {"a=mid:1234567890123456", false},
        {"a=mid:12345678901234567", true},
        {"a=mid:a b", true},
        {"a=msid:stream track", false},
        {"a=msid:stream", true},
        {"a=msid:stream ", true},
        {"a=msid:" X50 X50 " " X50 X50, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, AUDIO "%s\r\n", cases[i].line);
        struct ptn_sdp *sdp = sdp_of(text);
        CHECK((sdp->flaw != NULL) == cases[i].flawed, "%s", cases[i].line);
        ptn_sdp_free(sdp);
    }
}

static void values_arrive(void **state) {
    (void)state;
    struct ptn_sdp *sdp = sdp_of("v=0\n"
                                 "o=- 18446744073709551615 7 IN IP6 2001:db8::7\n"
                                 "s=a name\n"
                                 "t=3034423619 3042462419\n"
                                 "a=recvonly\n"
                                 "a=ice-lite\n"
                                 "a=group:LS 0 1\n"
                                 "a=group:BUNDLE 0 bb\n"
                                 "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 9 13 96\n"
                                 "b=AS:64\n"
                                 "b=TIAS:5\n"
                                 "a=rtpmap:96 L16/44100/2\n"
                                 "a=ssrc-group:SIM 1 2 3 4 5\n"
                                 "a=ssrc-group:TOO-LONG-A-NAME 1\n"
                                 "a=ssrc:5 label:x\n"
                                 "a=ssrc:0 cname:none\n"
                                 "m=video 0 UDP/TLS/RTP/SAVPF 96 97\n"
                                 "a=sendonly\n"
                                 "a=rtcp-fb:* nack\n"
                                 "a=rtpmap:97 rtx/90000\n"
                                 "a=fmtp:97   apt=96\n"
                                 "a=rtcp-fb:96 ccm fir\n"
                                 "a=simulcast:recv ~c;d send ~a,~b\n"
                                 "a=rid:a send pt=96;max-width=1\n"
                                 "a=rid:b send\n"
                                 "a=rid:c recv\n"
                                 "a=rid:abcdefghijklmnop send\n"
                                 "a=setup:ACTIVE\n"
                                 "a=setup:passive\n"
                                 "m=video 0 X 96\n"
                                 "a=bundle-only\n"
                                 "m=application 0 UDP/DTLS/SCTP webrtc-datachannel other\n"
                                 "a=max-message-size:99999999999\n");
    assert_true(sdp->o_id == UINT64_MAX && sdp->o_version == 7 && sdp->o_addr.family == 6);
    assert_string_equal(sdp->s_name, "a name");
    assert_true(sdp->ice_lite && sdp->has_bundle && sdp->bundle_count == 2);
    assert_string_equal(sdp->bundle[1], "bb");

    const struct ptn_sdp_mline *a = &sdp->mline[0], *v = &sdp->mline[1], *d = &sdp->mline[3];
    assert_int_equal(a->dir, PTN_SDP_RECVONLY); /* the session's */
    assert_int_equal(a->codec_count, 5);
    assert_string_equal(a->codec[0].name, "PCMU");
    assert_string_equal(a->codec[1].name, "PCMA");
    assert_string_equal(a->codec[2].name, "G722");
    assert_int_equal(a->codec[2].clock, 8000);
    assert_string_equal(a->codec[3].name, "");
    assert_true(a->codec[4].clock == 44100 && a->codec[4].channels == 2);
    assert_true(a->b_as == 64 && a->b_tias == 0);
    assert_true(a->group_count == 1 && a->group[0].count == 4 && a->group[0].ssrc[3] == 4);
    assert_true(a->ssrc_count == 1 && a->ssrc[0].ssrc == 5);

    assert_int_equal(v->dir, PTN_SDP_SENDONLY);
    assert_true(v->codec[0].fb_count == 2 && v->codec[1].fb_count == 1);
    assert_string_equal(v->codec[1].fmtp, "apt=96");
    assert_true(v->simulcast && !v->simulcast_old && v->rid_count == 3);
    assert_true(v->rid[0].paused && v->rid[1].paused && v->rid[2].paused && v->rid[2].recv);
    assert_int_equal(v->transport.setup, PTN_SETUP_ACTIVE); /* the first found */

    assert_true(ptn_sdp_mline_is_disabled(sdp, 1) && !ptn_sdp_mline_is_disabled(sdp, 2));
    assert_true(!ptn_sdp_mline_is_disabled(sdp, 0) && ptn_sdp_mline_is_disabled(sdp, 3));
    assert_int_equal(d->dir, PTN_SDP_NO_DIR);
    assert_string_equal(d->fmt, "webrtc-datachannel");
    assert_true(d->max_message_size == UINT32_MAX);
    ptn_sdp_free(sdp);
}

static void transport_is_the_bundles(void **state) {
    (void)state;
    struct ptn_sdp *sdp = sdp_of(HEAD "a=ice-ufrag:sess\r\na=ice-pwd:sesspwd\r\n"
                                      "m=audio 9 X 0\r\na=ice-ufrag:med0\r\n"
                                      "m=video 9 X 96\r\na=ice-pwd:ignored\r\na=setup:passive\r\n");
    struct ptn_sdp_transport t = ptn_sdp_bundle_transport(sdp);
    assert_string_equal(t.ufrag, "med0");
    assert_string_equal(t.pwd, "sesspwd");
    assert_int_equal(t.setup, PTN_SETUP_PASSIVE);
    ptn_sdp_free(sdp);
}

static void fmtp_parameters(void **state) {
    (void)state;
    static const struct {
        const char *fmtp, *name, *value; /* value NULL: absent */
    } cases[] = {
        {"apt=96", "apt", "96"},
        {"a=1;b=2; c=3 ;d=", "b", "2"},
        {"a=1;b=2; c=3 ;d=", "c", "3"},
        {"a=1;b=2; c=3 ;d=", "d", ""},
        {"Profile-ID=2", "profile-id", "2"},
        {"xapt=96", "apt", NULL},
        {"apt", "apt", NULL},
        {"111/111", "apt", NULL},
        {"", "apt", NULL},
        {";;; ;", "apt", NULL},
        {"x=123456789", "x", NULL}, /* does not fit */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char value[8] = "?";
        bool found = ptn_sdp_fmtp_param(cases[i].fmtp, cases[i].name, value, sizeof value);
        CHECK(found == (cases[i].value != NULL), "case %zu", i);
        CHECK(!found || strcmp(value, cases[i].value) == 0, "case %zu: %s", i, value);
    }
    char value[8];
    assert_false(ptn_sdp_fmtp_param(NULL, "apt", value, sizeof value));
}

/* -- limits ------------------------------------------------------------------------------------ */

static char *repeated(const char *head, const char *line, size_t times) {
    struct ptn_str s;
    ptn_str_init(&s);
    ptn_str_add(&s, head);
    for (size_t i = 0; i < times; i++)
        ptn_str_add(&s, line);
    return s.s; /* the caller frees what ptn_str_done would */
}

static void limits(void **state) {
    (void)state;
    static const struct {
        const char *name, *head, *line;
        size_t times;
        ptn_err err;
    } cases[] = {
        {"64 m-lines", HEAD, "m=audio 9 X 0\r\n", PTN_SDP_MLINES_MAX, PTN_OK},
        {"65 m-lines", HEAD, "m=audio 9 X 0\r\n", PTN_SDP_MLINES_MAX + 1, PTN_ELIMIT},
        {"many ssrcs", AUDIO, "a=ssrc:1 cname:x\r\na=ssrc:2 cname:x\r\n", 500, PTN_OK},
        {"many wild feedbacks", AUDIO, "a=rtcp-fb:* nack\r\n", 500, PTN_OK},
        {"many feedbacks", AUDIO, "a=rtcp-fb:111 nack\r\n", 500, PTN_OK},
        {"many extensions", AUDIO, "a=extmap:1 urn:x\r\n", 500, PTN_OK},
        {"many groups", AUDIO, "a=ssrc-group:FID 1 2\r\n", 500, PTN_OK},
        {"many rids", AUDIO, "a=rid:a send\r\n", 500, PTN_OK},
        {"many simulcasts", AUDIO, "a=simulcast:send ~a\r\n", 500, PTN_OK},
        {"many candidates", AUDIO, "a=candidate:1 1 udp 5 192.0.2.1 9 typ host\r\n", 500, PTN_OK},
        {"many fingerprints", AUDIO,
         "a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\r\n", 50,
         PTN_OK},
        {"many bundled", HEAD "a=group:BUNDLE", " 1", 500, PTN_EMALFORMED}, /* no m-line */
        {"256 kB", AUDIO, "a=" X50 X50 "\r\n", 2520 - 2, PTN_OK},
        {"more than 256 kB", AUDIO, "a=" X50 X50 "\r\n", 2530, PTN_ELIMIT},
        {"a long line", AUDIO "a=x:", X50, 163, PTN_OK},
        {"a line too long", AUDIO "a=x:", X50, 164, PTN_ELIMIT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[PTN_SDP_WHY], *text = repeated(cases[i].head, cases[i].line, cases[i].times);
        struct ptn_sdp *sdp = NULL;
        ptn_err err = ptn_sdp_parse(text, &sdp, why, sizeof why);
        CHECK(err == cases[i].err, "%s: %s %s", cases[i].name, ptn_err_name(err), why);
        CHECK((sdp != NULL) == (err == PTN_OK) && (why[0] != '\0') == (err != PTN_OK), "%s",
              cases[i].name);
        if (sdp) {
            const struct ptn_sdp_mline *m = &sdp->mline[0];
            CHECK(m->ssrc_count <= PTN_SDP_SSRCS_MAX && m->ext_count <= PTN_SDP_EXTMAPS_MAX &&
                      m->codec[0].fb_count <= PTN_SDP_FB_MAX && m->rid_count <= PTN_SDP_RIDS_MAX &&
                      m->group_count <= PTN_SDP_GROUPS_MAX && m->cand_count <= PTN_SDP_CANDS_MAX &&
                      m->transport.fingerprint_count <= 4,
                  "%s", cases[i].name);
        }
        ptn_sdp_free(sdp);
        free(text);
    }
}

/* Line and reason end in JSON: neither may end in half a character. */
static bool is_utf8(const char *s) {
    while (*s) {
        unsigned char c = (unsigned char)*s++;
        int more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : -1;
        if (more < 0)
            return false;
        for (; more > 0; more--)
            if (((unsigned char)*s++ & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static void nothing_is_cut_within_a_character(void **state) {
    (void)state;
    for (size_t pad = 0; pad < 4; pad++) {
        char text[4096], wide[512] = "", why[PTN_SDP_WHY];
        memset(wide, 'x', pad);
        for (size_t i = 0; i < 100; i++)
            strcat(wide, "\xe2\x82\xac"); /* a euro sign */
        struct ptn_sdp *sdp = NULL;
        snprintf(text, sizeof text, "v=0\r\nm=%s\r\n", wide);
        assert_int_equal(ptn_sdp_parse(text, &sdp, why, sizeof why), PTN_EMALFORMED);
        CHECK(is_utf8(why), "pad %zu: %s", pad, why);
        snprintf(text, sizeof text,
                 "v=0\r\no=%s 1 2 IN IP4 1.2.3.4\r\ns=-\r\na=group:BUNDLE %s\r\nm=audio 9 X 0\r\n"
                 "a=mid:%s\r\na=msid:%s %s\r\n",
                 wide, wide, wide, wide, wide);
        sdp = sdp_of(text);
        char *written = text_of(sdp);
        CHECK(is_utf8(written), "pad %zu", pad);
        free(written);
        ptn_sdp_free(sdp);
    }
}

/* -- truncations ------------------------------------------------------------------------------- */

static void truncated(const char *name, const char *text, size_t n) {
    char *part = strndup(text, n), why[PTN_SDP_WHY]; /* of its own, for the sanitizer */
    size_t first_m = (size_t)(strstr(text, "\nm=") - text);
    struct ptn_sdp *sdp = NULL;
    ptn_err err = ptn_sdp_parse(part, &sdp, why, sizeof why);
    CHECK((err == PTN_OK) == (sdp != NULL), "%s at %zu", name, n);
    CHECK(err != PTN_OK || n > first_m, "%s at %zu: no m-line yet", name, n);
    CHECK(err == PTN_OK || why[0], "%s at %zu: no reason", name, n);
    ptn_sdp_free(sdp);
    free(part);
}

/* Of the long ones, which repeat each other's codecs, only what is near the ends of lines. */
static void every_truncation(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        char *text = vector_text(vectors[i]);
        size_t len = strlen(text);
        for (size_t n = 0; n < len; n++)
            if (len < 4096 || strcspn(text + n, "\n") < 4)
                truncated(vectors[i], text, n);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason),
        cmocka_unit_test(odd_but_accepted),
        cmocka_unit_test(flaws_parse_but_are_named),
        cmocka_unit_test(values_arrive),
        cmocka_unit_test(transport_is_the_bundles),
        cmocka_unit_test(fmtp_parameters),
        cmocka_unit_test(limits),
        cmocka_unit_test(nothing_is_cut_within_a_character),
        cmocka_unit_test(every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
