/* The rules of an answer one by one, and the plan that comes with it (core.md 10, 12, 13). */
#include "util.h"

#define SESSION "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n"
#define TRANSPORT                                                                                  \
    "a=ice-ufrag:peer\na=ice-pwd:peerpasswordpeerpassword\n"                                       \
    "a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\n"

static struct round answer_text(const char *media, const struct ptn_answer_mline *wish, bool lmh) {
    char text[8192];
    static struct ptn_neg neg; /* large */
    struct counters c = {0};
    struct ptn_neg_local local = local_of(&c);
    struct ptn_answer_mline lines[4] = {*wish, *wish, *wish, *wish};
    snprintf(text, sizeof text, SESSION TRANSPORT "%s", media);
    memset(&neg, 0, sizeof neg);
    local.lmh = lmh;
    return answer_with(&neg, sdp_of(text), lines, &local);
}

static const struct ptn_answer_mline all = {
    .accept = true, .send = true, .recv = true, .ext = ECHO_EXTS};

static void directions(void **state) {
    (void)state;
    static const struct {
        const char *offered;
        bool send, recv;
        const char *answered;
    } cases[] = {
        {"a=sendrecv\n", true, true, "sendrecv"},
        {"a=sendrecv\n", true, false, "sendonly"},
        {"a=sendrecv\n", false, true, "recvonly"},
        {"a=sendrecv\n", false, false, "inactive"},
        {"a=sendonly\n", true, true, "recvonly"},
        {"a=sendonly\n", true, false, "inactive"},
        {"a=recvonly\n", true, true, "sendonly"},
        {"a=recvonly\n", false, true, "inactive"},
        {"a=inactive\n", true, true, "inactive"},
        {"", true, true, "sendrecv"},
        {"", true, false, "sendonly"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char media[256];
        struct ptn_answer_mline wish = {
            .accept = true, .send = cases[i].send, .recv = cases[i].recv};
        snprintf(media, sizeof media, "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:x\n%s",
                 cases[i].offered);
        struct round r = answer_text(media, &wish, false);
        CHECK(strcmp(ptn_sdp_dir_name(r.answer->mline[0].dir), cases[i].answered) == 0,
              "case %zu: %s", i, ptn_sdp_dir_name(r.answer->mline[0].dir));
        bool sends = strstr(cases[i].answered, "send"), recvs = strstr(cases[i].answered, "recv");
        CHECK(r.plan->mline[0].send == sends && r.plan->mline[0].recv == recvs, "case %zu", i);
        round_done(&r);
    }
}

static void codecs(void **state) {
    (void)state;
    static const struct {
        const char *media, *codec, *profile;
        int pt; /* -1: refused */
        const char *name;
    } cases[] = {
        {"m=audio 9 X 8 0 111\na=rtpmap:111 opus/48000/2\n", NULL, NULL, 111, "opus"},
        {"m=audio 9 X 8 0 111\na=rtpmap:111 OPUS/48000/2\n", "OPUS", NULL, 111, "opus"},
        {"m=audio 9 X 8 0\n", NULL, NULL, 0, "pcmu"},
        {"m=audio 9 X 9 8\n", NULL, NULL, 8, "pcma"},
        {"m=audio 9 X 9 8\n", "g722", NULL, 9, "g722"},
        {"m=audio 9 X 103 104\na=rtpmap:103 ISAC/16000\na=rtpmap:104 ISAC/32000\n", NULL, NULL, 104,
         "isac32"},
        {"m=audio 9 X 96 97\na=rtpmap:96 L16/16000\na=rtpmap:97 L16/48000\n", NULL, NULL, 97,
         "l16-48"},
        {"m=audio 9 X 96 97\na=rtpmap:96 L16/16000\na=rtpmap:97 L16/48000\n", "l16", NULL, 96,
         "l16"},
        {"m=audio 9 X 96 97\na=rtpmap:96 L16/16000\na=rtpmap:97 multiopus/48000/6\n", NULL, NULL,
         97, "multiopus"},
        {"m=audio 9 X 111\na=rtpmap:111 opus/48000\n", NULL, NULL, -1, ""}, /* mono is not it */
        {"m=audio 9 X 111\na=rtpmap:111 opus/48000/2\n", "vp8", NULL, -1, ""},
        {"m=audio 9 X 111\na=rtpmap:111 opus/48000/2\n", "nothing", NULL, -1, ""},
        {"m=audio 9 X 63\na=rtpmap:63 red/48000/2\n", "red", NULL, -1, ""},
        {"m=audio 9 X 126\na=rtpmap:126 telephone-event/8000\n", "dtmf", NULL, -1, ""},
        {"m=audio 9 X 126\na=rtpmap:126 telephone-event/8000\n", NULL, NULL, -1, ""},
        {"m=video 9 X 111\na=rtpmap:111 opus/48000/2\n", "opus", NULL, -1, ""}, /* hostile */
        {"m=video 9 X 111\na=rtpmap:111 opus/48000/2\n", NULL, NULL, -1, ""},
        {"m=video 9 X 96\na=rtpmap:96 rtx/90000\na=fmtp:96 apt=96\n", "rtx", NULL, -1, ""},
        {"m=video 9 X 45 98 96\na=rtpmap:45 AV1/90000\na=rtpmap:98 VP9/90000\n"
         "a=rtpmap:96 vp8/90000\n",
         NULL, NULL, 96, "vp8"},
        {"m=video 9 X 49 45 102\na=rtpmap:45 AV1/90000\na=rtpmap:49 H265/90000\n"
         "a=rtpmap:102 H264/90000\n",
         NULL, NULL, 102, "h264"},
        {"m=video 9 X 49 45\na=rtpmap:45 AV1/90000\na=rtpmap:49 H265/90000\n", NULL, NULL, 45,
         "av1"},
        /* profiles */
        {"m=video 9 X 98 100\na=rtpmap:98 VP9/90000\na=fmtp:98 profile-id=0\n"
         "a=rtpmap:100 VP9/90000\na=fmtp:100 profile-id=2\n",
         "vp9", "2", 100, "vp9"},
        {"m=video 9 X 98\na=rtpmap:98 VP9/90000\n", "vp9", "0", 98, "vp9"},
        {"m=video 9 X 98\na=rtpmap:98 VP9/90000\n", "vp9", "2", -1, ""},
        {"m=video 9 X 98\na=rtpmap:98 VP9/90000\na=fmtp:98 profile-id=20\n", "vp9", "2", -1, ""},
        {"m=video 9 X 102\na=rtpmap:102 H264/90000\n", "h264", "42e01f", -1, ""},
        {"m=video 9 X 102\na=rtpmap:102 H264/90000\na=fmtp:102 profile-level-id=42E01F\n", "h264",
         "42e01f", 102, "h264"},
        {"m=video 9 X 102 104\na=rtpmap:102 H264/90000\na=rtpmap:104 H264/90000\n"
         "a=fmtp:102 profile-level-id=42e01f;packetization-mode=0\n"
         "a=fmtp:104 profile-level-id=42e01f;packetization-mode=1\n",
         "h264", "42e01f", 104, "h264"}, /* the answer says packetization-mode=1 */
        {"m=video 9 X 98 96\na=rtpmap:98 VP9/90000\na=rtpmap:96 H264/90000\n"
         "a=fmtp:96 profile-level-id=42e01f\n",
         NULL, "42e01f", 96, "h264"}, /* a profile narrows the automatic choice */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ptn_answer_mline wish = all;
        wish.codec = cases[i].codec;
        wish.profile = cases[i].profile;
        struct round r = answer_text(cases[i].media, &wish, false);
        const struct ptn_sdp_mline *m = &r.answer->mline[0];
        CHECK((m->port == 0) == (cases[i].pt < 0), "case %zu", i);
        CHECK(m->port == 0 || (m->codec_count == 1 && m->codec[0].pt == cases[i].pt &&
                               r.plan->mline[0].pt == cases[i].pt),
              "case %zu: %u", i, m->codec_count ? m->codec[0].pt : 0u);
        CHECK(strcmp(r.plan->mline[0].codec, cases[i].name) == 0, "case %zu: %s", i,
              r.plan->mline[0].codec);
        round_done(&r);
    }
}

static void format_parameters(void **state) {
    (void)state;
    static const struct {
        const char *rtpmap, *fmtp, *codec, *profile, *answered;
    } cases[] = {
        {"opus/48000/2", "minptime=10;useinbandfec=1", "opus", NULL, "useinbandfec=1"},
        {"opus/48000/2", "stereo=1; usedtx=1;useinbandfec=1", "opus", NULL,
         "useinbandfec=1;usedtx=1;stereo=1"},
        {"opus/48000/2", "sprop-stereo=1;stereo=0", "opus", NULL, NULL},
        {"opus/48000/2", NULL, "opus", NULL, NULL},
        {"multiopus/48000/6", "channel_mapping=0,4,1,2,3,5;num_streams=4", "multiopus", NULL,
         "channel_mapping=0,4,1,2,3,5;num_streams=4"},
        {"VP8/90000", "max-fs=12288", "vp8", NULL, "max-fs=12288"},
        {"VP8/90000", NULL, "vp8", NULL, NULL},
        {"VP9/90000", "profile-id=2;x=1", "vp9", NULL, "profile-id=2;x=1"},
        {"VP9/90000", "profile-id=2;x=1", "vp9", "2", "profile-id=2"},
        {"H264/90000", "profile-level-id=42001f", "h264", NULL, "profile-level-id=42001f"},
        {"H264/90000", "profile-level-id=42001f", "h264", "42001f",
         "profile-level-id=42001f;packetization-mode=1"},
        {"AV1/90000", "level-idx=5", "av1", NULL, NULL},
        {"H265/90000", "level-id=93", "h265", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char media[512];
        struct ptn_answer_mline wish = all;
        bool video = strstr(cases[i].rtpmap, "/90000");
        wish.codec = cases[i].codec;
        wish.profile = cases[i].profile;
        snprintf(media, sizeof media, "m=%s 9 X 96\na=rtpmap:96 %s\n%s%s%s",
                 video ? "video" : "audio", cases[i].rtpmap, cases[i].fmtp ? "a=fmtp:96 " : "",
                 cases[i].fmtp ? cases[i].fmtp : "", cases[i].fmtp ? "\n" : "");
        struct round r = answer_text(media, &wish, false);
        const char *got = r.answer->mline[0].codec[0].fmtp, *want = cases[i].answered;
        CHECK(got == want || (got && want && strcmp(got, want) == 0), "case %zu: %s", i,
              got ? got : "none");
        round_done(&r);
    }
}

static void red_and_dtmf(void **state) {
    (void)state;
    const char *media = "m=audio 9 X 111 63 110 126\na=rtpmap:111 opus/48000/2\n"
                        "a=rtpmap:63 red/48000/2\na=fmtp:63 111/111\n"
                        "a=rtpmap:110 telephone-event/48000\na=rtpmap:126 telephone-event/8000\n"
                        "a=fmtp:111 usedtx=1\n";
    struct ptn_answer_mline wish = all;
    wish.red = wish.dtmf = true;
    struct round r = answer_text(media, &wish, false);
    assert_non_null(strstr(r.text, "m=audio 9 X 63 111 126\n"));
    assert_non_null(strstr(r.text, "a=rtpmap:63 red/48000/2\n"
                                   "a=rtpmap:111 opus/48000/2\n"
                                   "a=rtpmap:126 telephone-event/8000\n"
                                   "a=fmtp:63 111/111\n"
                                   "a=fmtp:111 usedtx=1\n"));
    assert_true(r.plan->mline[0].pt == 111 && r.plan->mline[0].red_pt == 63 &&
                r.plan->mline[0].dtmf_pt == 126);
    round_done(&r);
    wish.codec = "pcmu";
    r = answer_text("m=audio 9 X 0 63\na=rtpmap:63 red/48000/2\n", &wish, false);
    assert_non_null(strstr(r.text, "m=audio 9 X 0\n")); /* RED is Opus's */
    assert_int_equal(r.plan->mline[0].red_pt, 0);
    round_done(&r);
    wish = all;
    r = answer_text(media, &wish, false);
    assert_non_null(strstr(r.text, "m=audio 9 X 111\n"));
    round_done(&r);
}

static void dtls_roles(void **state) {
    (void)state;
    static const struct {
        const char *offered;
        bool prefers_passive;
        const char *answered;
        enum ptn_dtls_role role;
    } cases[] = {
        {"", false, "a=setup:active\n", PTN_DTLS_CLIENT},
        {"a=setup:actpass\n", false, "a=setup:active\n", PTN_DTLS_CLIENT},
        {"a=setup:actpass\n", true, "a=setup:passive\n", PTN_DTLS_SERVER},
        {"a=setup:passive\n", false, "a=setup:active\n", PTN_DTLS_CLIENT},
        {"a=setup:passive\n", true, "a=setup:active\n", PTN_DTLS_CLIENT},
        {"a=setup:active\n", false, "a=setup:passive\n", PTN_DTLS_SERVER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];
        struct ptn_neg neg = {0};
        struct counters c = {0};
        struct ptn_neg_local local = local_of(&c);
        local.answer_passive = cases[i].prefers_passive;
        snprintf(text, sizeof text, SESSION TRANSPORT "%sm=audio 9 X 0\n", cases[i].offered);
        struct round r = answer_with(&neg, sdp_of(text), &all, &local);
        CHECK(strstr(r.text, cases[i].answered), "case %zu", i);
        CHECK(r.plan->dtls_role == cases[i].role, "case %zu", i);
        round_done(&r);
    }
}

/* -- extensions -------------------------------------------------------------------------------- */

#define DD_EXT                                                                                     \
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

static void extensions(void **state) {
    (void)state;
    static const struct {
        const char *offered, *codec;
        uint32_t accepted;
        const char *answered; /* NULL: no extmap */
    } cases[] = {
        {"4 " SDES_EXT "mid", NULL, PTN_EXT_MID, "4 " SDES_EXT "mid"},
        {"4 " SDES_EXT "mid", NULL, 0, NULL},
        {"4/sendonly " SDES_EXT "mid", NULL, PTN_EXT_MID, "4/recvonly " SDES_EXT "mid"},
        {"4/recvonly " SDES_EXT "mid", NULL, PTN_EXT_MID, "4/sendonly " SDES_EXT "mid"},
        {"4/inactive " SDES_EXT "mid", NULL, PTN_EXT_MID, "4/inactive " SDES_EXT "mid"},
        {"4 " SDES_EXT "mid some attributes", NULL, PTN_EXT_MID, "4 " SDES_EXT "mid"},
        {"4 urn:ietf:params:rtp-hdrext:toffset", NULL, ECHO_EXTS, NULL},
        {"4 urn:ietf:params:rtp-hdrext:encrypt " SDES_EXT "mid", NULL, ECHO_EXTS, NULL},
        {"4 " DD_EXT, "vp8", ECHO_EXTS, NULL},
        {"4 " DD_EXT, "vp9", ECHO_EXTS, "4 " DD_EXT},
        {"200 " DD_EXT, "av1", ECHO_EXTS, "200 " DD_EXT},
        {"4 " WEBRTC_EXT "abs-capture-time", NULL, PTN_EXT_ABS_CAPTURE_TIME,
         "4 " WEBRTC_EXT "abs-capture-time"},
        {"4 " WEBRTC_EXT "video-layers-allocation00", NULL, PTN_EXT_LAYERS_ALLOCATION,
         "4 " WEBRTC_EXT "video-layers-allocation00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char media[512], line[256];
        struct ptn_answer_mline wish = all;
        wish.codec = cases[i].codec;
        wish.ext = cases[i].accepted;
        snprintf(media, sizeof media,
                 "m=video 9 X 96 98 45\na=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\n"
                 "a=rtpmap:45 AV1/90000\na=extmap:%s\n",
                 cases[i].offered);
        struct round r = answer_text(media, &wish, false);
        snprintf(line, sizeof line, "a=extmap:%s\n", cases[i].answered ? cases[i].answered : "");
        CHECK(cases[i].answered ? strstr(r.text, line) != NULL : !strstr(r.text, "a=extmap:"),
              "case %zu", i);
        round_done(&r);
    }
}

/* In a bundle an id means one URI and a URI has one id (RFC 8843 9): the first m-line decides. */
static void extensions_that_clash(void **state) {
    (void)state;
    struct round r =
        answer_text("m=audio 9 X 0\na=extmap:1 " SDES_EXT "mid\na=extmap:2 " LEVEL_EXT
                    "\nm=audio 9 X 0\na=extmap:2 " SDES_EXT "mid\na=extmap:3 " LEVEL_EXT
                    "\na=extmap:1 " TWCC_EXT "\na=extmap:4 " WEBRTC_EXT "abs-send-time\n",
                    &all, false);
    assert_int_equal(r.answer->mline[0].ext_count, 2);
    assert_int_equal(r.answer->mline[1].ext_count, 1);
    assert_int_equal(r.answer->mline[1].ext[0].id, 4);
    assert_true(r.plan->ext.mid == 1 && r.plan->ext.audio_level == 2 && r.plan->ext.twcc == 0);
    assert_false(r.plan->mline[1].twcc);
    round_done(&r);
}

static void extension_ids_reach_the_plan(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_av_data", &c);
    const struct ptn_plan_exts want = {.mid = 4,
                                       .rid = 10,
                                       .repaired_rid = 11,
                                       .audio_level = 1,
                                       .orientation = 13,
                                       .playout_delay = 5,
                                       .twcc = 3,
                                       .abs_send_time = 2};
    assert_memory_equal(&r.plan->ext, &want, sizeof want);
    round_done(&r);
}

static void transport_cc_needs_offer_and_wish(void **state) {
    (void)state;
    const char *with = "m=audio 9 X 0\na=extmap:3 " TWCC_EXT "\n";
    struct ptn_answer_mline wish = all;
    struct round r = answer_text(with, &wish, false);
    assert_true(strstr(r.text, "a=rtcp-fb:0 transport-cc\n") && r.plan->mline[0].twcc);
    round_done(&r);
    wish.ext &= ~(uint32_t)PTN_EXT_TWCC;
    r = answer_text(with, &wish, false);
    assert_false(strstr(r.text, "transport-cc") || r.plan->mline[0].twcc || r.plan->ext.twcc);
    round_done(&r);
    r = answer_text("m=audio 9 X 0\na=rtcp-fb:0 transport-cc\n", &all, false);
    assert_false(strstr(r.text, "transport-cc") || r.plan->mline[0].twcc);
    round_done(&r);
}

/* -- what the peer said about feedback and repair ------------------------------------------------
 */

static void feedback_of_the_offer(void **state) {
    (void)state;
    static const struct {
        const char *fb;
        bool nack, pli, fir, remb;
    } cases[] = {
        {"", false, false, false, false},
        {"a=rtcp-fb:96 nack\n", true, false, false, false},
        {"a=rtcp-fb:96 nack pli\n", true, true, false, false},
        {"a=rtcp-fb:96 ccm fir\na=rtcp-fb:96 goog-remb\n", false, false, true, true},
        {"a=rtcp-fb:97 nack\na=rtcp-fb:97 ccm fir\n", false, false, false, false},
        {"a=rtcp-fb:* nack\n", true, false, false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char media[512];
        snprintf(media, sizeof media,
                 "m=video 9 X 96 97\na=rtpmap:96 VP8/90000\na=rtpmap:97 VP9/90000\n%s",
                 cases[i].fb);
        struct round r = answer_text(media, &all, false);
        const struct ptn_plan_mline *m = &r.plan->mline[0];
        CHECK(m->nack == cases[i].nack && m->pli == cases[i].pli && m->fir == cases[i].fir &&
                  m->remb == cases[i].remb,
              "case %zu", i);
        round_done(&r);
    }
}

static void rtx_is_of_the_chosen_codec(void **state) {
    (void)state;
    const char *media = "m=video 9 X 96 97 98 99\na=rtpmap:96 VP8/90000\na=rtpmap:98 VP9/90000\n"
                        "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=98\n"
                        "a=rtpmap:99 rtx/90000\na=fmtp:99 rtx-time=200;apt=96\n"
                        "a=ssrc-group:FID 70 71\na=ssrc:70 cname:x\na=ssrc:71 cname:x\n";
    struct round r = answer_text(media, &all, false);
    const struct ptn_plan_mline *m = &r.plan->mline[0];
    assert_true(m->pt == 96 && m->rtx_pt == 99 && m->rtx_ssrc == 1002);
    assert_true(m->layer_count == 1 && m->layer[0].ssrc == 70 && m->layer[0].rtx_ssrc == 71);
    assert_non_null(strstr(r.text, "m=video 9 X 96 99\n"));
    round_done(&r);
    /* received only: no FID of ours, yet the peer repairs */
    struct ptn_answer_mline wish = all;
    wish.send = false;
    r = answer_text(media, &wish, false);
    assert_null(strstr(r.text, "FID"));
    assert_non_null(strstr(r.text, "a=ssrc:1001 cname:janus\n"));
    assert_int_equal(r.plan->mline[0].rtx_pt, 99);
    round_done(&r);
    /* audio never */
    r = answer_text("m=audio 9 X 0 97\na=rtpmap:97 rtx/8000\na=fmtp:97 apt=0\n", &all, false);
    assert_non_null(strstr(r.text, "m=audio 9 X 0\n"));
    round_done(&r);
}

/* -- simulcast ----------------------------------------------------------------------------------
 */

static void expect_rids(const struct round *r, size_t n, const char *const *lowest_first) {
    const struct ptn_plan_mline *m = &r->plan->mline[r->plan->mline_count - 1];
    assert_int_equal(m->layer_count, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(m->layer[i].rid, lowest_first[i]);
        assert_int_equal(m->layer[i].ssrc, 0);
    }
}

static void simulcast_by_rid(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_simulcast", &c);
    assert_non_null(strstr(r.text, "a=ssrc:1003 cname:janus\n"
                                   "a=rid:h recv\na=rid:m recv\na=rid:l recv\n"
                                   "a=simulcast:recv h;~m;l\n"));
    expect_rids(&r, 3, (const char *const[]){"l", "m", "h"});
    round_done(&r);
    memset(&neg, 0, sizeof neg);
    r = echo(&neg, "firefox_simulcast", &c);
    assert_non_null(strstr(r.text, "a=rid:hi recv\na=rid:lo recv\na=simulcast:recv hi;lo\n"));
    assert_non_null(strstr(r.text, "a=extmap:8/recvonly " SDES_EXT "rtp-stream-id\n"));
    expect_rids(&r, 2, (const char *const[]){"lo", "hi"});
    round_done(&r);
}

#define RID_EXTS "a=extmap:10 " SDES_EXT "rtp-stream-id\n"
#define VP8 "m=video 9 X 96\na=rtpmap:96 VP8/90000\n"

static void rid_order_and_count(void **state) {
    (void)state;
    const char *four = VP8 RID_EXTS "a=rid:a send\na=rid:x recv\na=rid:b send\na=rid:c send\n"
                                    "a=rid:d send\na=simulcast:send a;b;c;d recv x\n";
    struct round r = answer_text(four, &all, true);
    expect_rids(&r, 3, (const char *const[]){"a", "b", "c"});
    assert_non_null(strstr(r.text, "a=rid:a recv\na=rid:b recv\na=rid:c recv\n"
                                   "a=simulcast:recv a;b;c\n"));
    round_done(&r);
    r = answer_text(four, &all, false);
    expect_rids(&r, 3, (const char *const[]){"c", "b", "a"});
    round_done(&r);
}

static void simulcast_needs_the_extension(void **state) {
    (void)state;
    const char *media = VP8 "a=rid:a send\na=rid:b send\na=simulcast:send a;b\n"
                            "a=ssrc:55 cname:x\na=ssrc:56 cname:x\n";
    struct ptn_answer_mline wish = all;
    wish.ext &= ~(uint32_t)PTN_EXT_RID;
    char with[512];
    snprintf(with, sizeof with, "%s" RID_EXTS, media);
    struct {
        const char *media;
        const struct ptn_answer_mline *wish;
    } cases[] = {{media, &all}, {with, &wish}}; /* not offered; not wanted */
    for (size_t i = 0; i < 2; i++) {
        struct round r = answer_text(cases[i].media, cases[i].wish, false);
        const struct ptn_plan_mline *m = &r.plan->mline[0];
        CHECK(m->layer_count == 1 && m->layer[0].ssrc == 55 && !m->layer[0].rid[0], "case %zu", i);
        CHECK(!strstr(r.text, "a=rid") && !strstr(r.text, "a=simulcast"), "case %zu", i);
        round_done(&r);
    }
}

static void simulcast_by_ssrc(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_sim_munged", &c);
    const struct ptn_plan_mline *m = &r.plan->mline[1];
    assert_int_equal(m->layer_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(m->layer[i].ssrc, 2561848741u + i);
        assert_string_equal(m->layer[i].rid, "");
    }
    assert_int_equal(m->layer[0].rtx_ssrc, 1148253774u);
    assert_int_equal(m->layer[1].rtx_ssrc, 1148253775u);
    assert_int_equal(m->layer[2].rtx_ssrc, 1148253776u);
    assert_null(strstr(r.text, "simulcast"));
    round_done(&r);
    struct ptn_answer_mline wish = all;
    wish.ext = 0;
    r = answer_text(VP8 "a=ssrc:5 cname:x\na=ssrc:6 cname:x\na=ssrc-group:SIM 5 6\n", &wish, false);
    assert_true(r.plan->mline[0].layer_count == 1 && r.plan->mline[0].layer[0].ssrc == 5);
    round_done(&r);
    r = answer_text(VP8 "a=ssrc:5 cname:x\na=ssrc-group:SIM 5 5 5\n", &all, false);
    assert_int_equal(r.plan->mline[0].layer_count, 1); /* three layers of one stream: none */
    round_done(&r);
}

/* -- refusals -----------------------------------------------------------------------------------
 */

static void impossible_lines(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct ptn_neg_local local = local_of(&c);
    struct ptn_answer_mline lines[3] = {all, all, all};
    struct ptn_sdp *offer = vector_sdp("chromium_av_data"), *answer = NULL;
    struct ptn_plan *plan = NULL;
    assert_int_equal(ptn_neg_answer(&neg, offer, lines, 2, &local, &answer, &plan), PTN_EINVALID);
    assert_true(neg.generation == 0 && neg.mline_count == 0 && !answer && !plan);
    ptn_sdp_free(offer);
}

static void disabled_lines_stay_refused(void **state) {
    (void)state;
    struct round r = answer_text("m=audio 9 X 0\na=mid:a\nm=video 0 X 96\na=rtpmap:96 VP8/90000\n"
                                 "a=mid:b\nm=application 0 UDP/DTLS/SCTP webrtc-datachannel\n"
                                 "a=mid:c\n",
                                 &all, false);
    assert_non_null(strstr(r.text, "\nm=video 0 X 0\nc=IN IP4 203.0.113.5\na=inactive\na=mid:b\n"
                                   "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\n"
                                   "c=IN IP4 203.0.113.5\na=mid:c\n"));
    assert_non_null(strstr(r.text, "a=group:BUNDLE a\n"));
    round_done(&r);
}

static void check_remote(void **state) {
    (void)state;
#define U "a=ice-ufrag:peer\n"
#define P "a=ice-pwd:peerpasswordpeerpassword\n"
#define F1 "a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33\n"
#define H16 "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
    static const struct {
        const char *session, *media, *why; /* NULL: fine */
    } cases[] = {
        {U P F1, "", NULL},
        {"", U P F1, NULL},
        {U, P F1, NULL},
        {U P "a=fingerprint:SHA-256 " H16 ":" H16 "\n", "", NULL},
        {U P "a=fingerprint:sha-384 " H16 ":" H16 ":" H16 "\n", "", NULL},
        {U P "a=fingerprint:sha-512 " H16 ":" H16 ":" H16 ":" H16 "\n", "", NULL},
        {U P "a=fingerprint:md5 " H16 "\n" F1, "", NULL}, /* the other one counts */
        {P F1, "", "no a=ice-ufrag"},
        {U F1, "", "no a=ice-pwd"},
        {U P, "", "no a=fingerprint"},
        {U P "a=fingerprint:md5 " H16 "\n", "", "no a=fingerprint"},
        {U P "a=fingerprint:sha-256 " H16 "\n", "", "no a=fingerprint"}, /* too short */
        {"a=ice-ufrag:abc\n" P F1, "", "not valid"},
        {"a=ice-ufrag:ab cd\n" P F1, "", "not valid"},
        {U "a=ice-pwd:short\n" F1, "", "not valid"},
        {U P F1, "a=mid:12345678901234567\n", "longer than 16"},
        {U P F1, "a=msid:stream\n", "a=msid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024], why[128] = "";
        snprintf(text, sizeof text, SESSION "%sm=audio 9 X 0\n%s", cases[i].session,
                 cases[i].media);
        struct ptn_sdp *sdp = sdp_of(text);
        ptn_err err = ptn_neg_check_remote(sdp, why, sizeof why);
        CHECK((err == PTN_OK) == !cases[i].why, "case %zu: %s", i, why);
        CHECK(!cases[i].why || strstr(why, cases[i].why), "case %zu: %s", i, why);
        ptn_sdp_free(sdp);
    }
}

static void every_vector_can_be_negotiated(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        char why[128];
        struct ptn_sdp *sdp = vector_sdp(vectors[i]);
        CHECK(ptn_neg_check_remote(sdp, why, sizeof why) == PTN_OK, "%s: %s", vectors[i], why);
        ptn_sdp_free(sdp);
    }
}

/* -- what a plugin sees --------------------------------------------------------------------------
 */

static void the_view(void **state) {
    (void)state;
    struct ptn_sdp *sdp = vector_sdp("chromium_simulcast");
    struct ptn_offer o = {.sdp = sdp, .e2ee = true};
    assert_int_equal(ptn_offer_count(&o), 2);
    struct ptn_offer_mline a = ptn_offer_mline(&o, 0), v = ptn_offer_mline(&o, 1);
    assert_string_equal(v.mid, "1");
    assert_true(a.kind == PTN_MEDIA_AUDIO && !a.simulcast && !a.disabled);
    assert_true(v.kind == PTN_MEDIA_VIDEO && v.simulcast && v.peer_sends && v.peer_receives);
    assert_true(ptn_offer_has_codec(&o, 0, "opus", NULL) &&
                ptn_offer_has_codec(&o, 0, "red", NULL));
    assert_false(ptn_offer_has_codec(&o, 0, "vp8", NULL));
    assert_true(ptn_offer_has_codec(&o, 1, "h264", "42e01f"));
    assert_false(ptn_offer_has_codec(&o, 1, "h264", "640032"));
    assert_true(ptn_offer_e2ee(&o) && ptn_offer_svc(&o) == NULL);
    ptn_sdp_free(sdp);
    sdp = vector_sdp("chromium_sim_munged");
    o.sdp = sdp;
    assert_true(ptn_offer_mline(&o, 1).simulcast);
    ptn_sdp_free(sdp);
    sdp = vector_sdp("chromium_recvonly");
    o.sdp = sdp;
    v = ptn_offer_mline(&o, 1);
    assert_true(!v.peer_sends && v.peer_receives && !v.simulcast);
    ptn_sdp_free(sdp);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions),
        cmocka_unit_test(codecs),
        cmocka_unit_test(format_parameters),
        cmocka_unit_test(red_and_dtmf),
        cmocka_unit_test(dtls_roles),
        cmocka_unit_test(extensions),
        cmocka_unit_test(extensions_that_clash),
        cmocka_unit_test(extension_ids_reach_the_plan),
        cmocka_unit_test(transport_cc_needs_offer_and_wish),
        cmocka_unit_test(feedback_of_the_offer),
        cmocka_unit_test(rtx_is_of_the_chosen_codec),
        cmocka_unit_test(simulcast_by_rid),
        cmocka_unit_test(rid_order_and_count),
        cmocka_unit_test(simulcast_needs_the_extension),
        cmocka_unit_test(simulcast_by_ssrc),
        cmocka_unit_test(impossible_lines),
        cmocka_unit_test(disabled_lines_stay_refused),
        cmocka_unit_test(check_remote),
        cmocka_unit_test(every_vector_can_be_negotiated),
        cmocka_unit_test(the_view),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
