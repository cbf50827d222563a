/* Whole answers, line by line (core.md 11, 12; echotest.md 5; the examples of echotest.md 16). */
#include "util.h"

#define CHROMIUM_O "v=0\no=- 7547484229140371897 2 IN IP4 203.0.113.5\n"
#define CHROMIUM_AUDIO                                                                             \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" C_LINE "a=sendrecv\n"                                      \
    "a=mid:0\n" TRANSPORT_LINES("active") "a=rtpmap:111 opus/48000/2\n"                            \
                                          "a=fmtp:111 useinbandfec=1\n"                            \
                                          "a=rtcp-fb:111 transport-cc\n"                           \
                                          "a=extmap:1 " LEVEL_EXT "\n"                             \
                                          "a=extmap:2 " WEBRTC_EXT "abs-send-time\n"               \
                                          "a=extmap:3 " TWCC_EXT "\n"                              \
                                          "a=extmap:4 " SDES_EXT "mid\n"                           \
                                          "a=msid:janus janus0\n"                                  \
                                          "a=ssrc:1001 cname:janus\n"
#define CHROMIUM_VIDEO_EXTS                                                                        \
    "a=extmap:2 " WEBRTC_EXT "abs-send-time\n"                                                     \
    "a=extmap:13 urn:3gpp:video-orientation\n"                                                     \
    "a=extmap:3 " TWCC_EXT "\n"                                                                    \
    "a=extmap:5 " WEBRTC_EXT "playout-delay\n"                                                     \
    "a=extmap:4 " SDES_EXT "mid\n"                                                                 \
    "a=extmap:10 " SDES_EXT "rtp-stream-id\n"                                                      \
    "a=extmap:11 " SDES_EXT "repaired-rtp-stream-id\n"
#define VIDEO_STREAMS                                                                              \
    "a=ssrc-group:FID 1002 1003\n"                                                                 \
    "a=msid:janus janus1\n"                                                                        \
    "a=ssrc:1002 cname:janus\n"                                                                    \
    "a=ssrc:1003 cname:janus\n"
#define CHROMIUM_DATA "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\n" C_LINE "a=mid:2\n"

static void the_usual_call(void **state) { /* core.md 20 (13), echotest.md 16 (5) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_av_data", &c);
    assert_string_equal(
        r.text, SESSION_LINES(CHROMIUM_O, " 0 1") CHROMIUM_AUDIO
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97\n" C_LINE "a=sendrecv\n"
        "a=mid:1\n" TRANSPORT_LINES("active") "a=rtpmap:96 VP8/90000\n" FEEDBACK_LINES(
            "96") "a=rtcp-fb:96 transport-cc\n" CHROMIUM_VIDEO_EXTS "a=rtpmap:97 rtx/90000\n"
                  "a=fmtp:97 apt=96\n" VIDEO_STREAMS CHROMIUM_DATA);
    round_done(&r);
}

static void candidates_stand_on_every_line_in_use(void **state) { /* core.md 20 (13) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_av_data", &c);
    struct ptn_cand cand[2] = {{.component = 1, .priority = 2130706431, .foundation = "1"},
                               {.component = 1, .priority = 2130706175, .foundation = "2"}};
    assert_int_equal(ptn_addr_parse("203.0.113.5", 20000, &cand[0].addr), PTN_OK);
    assert_int_equal(ptn_addr_parse("2001:db8::5", 20000, &cand[1].addr), PTN_OK);
    ptn_neg_add_candidates(r.answer, cand, 2);
    char *text = text_of(r.answer);
    drop_cr(text);
    const char *block = "a=candidate:1 1 udp 2130706431 203.0.113.5 20000 typ host\n"
                        "a=candidate:2 1 udp 2130706175 2001:db8::5 20000 typ host\n"
                        "a=end-of-candidates\n";
    const char *after_audio = strstr(text, block);
    assert_non_null(after_audio);
    after_audio += strlen(block);
    assert_memory_equal(after_audio, "m=video", 7);
    const char *after_video = strstr(after_audio, block);
    assert_non_null(after_video);
    assert_string_equal(after_video + strlen(block), CHROMIUM_DATA);
    free(text);
    round_done(&r);
}

static struct round forced(struct ptn_neg *neg, struct counters *c, const char *vector,
                           const char *codec, const char *profile) {
    struct ptn_answer_mline lines[PTN_SDP_MLINES_MAX];
    struct ptn_neg_local local = local_of(c);
    struct ptn_sdp *offer = vector_sdp(vector);
    echo_wishes(offer, lines);
    for (size_t i = 0; i < offer->mline_count; i++) {
        lines[i].codec = offer->mline[i].kind == PTN_SDP_VIDEO ? codec : NULL;
        lines[i].profile = offer->mline[i].kind == PTN_SDP_VIDEO ? profile : NULL;
    }
    return answer_with(neg, offer, lines, &local);
}

static void a_profile_is_found(void **state) { /* echotest.md 16 (6) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = forced(&neg, &c, "chromium_av_data", "h264", "42e01f");
    assert_string_equal(
        r.text, SESSION_LINES(CHROMIUM_O, " 0 1") CHROMIUM_AUDIO
        "m=video 9 UDP/TLS/RTP/SAVPF 108 109\n" C_LINE "a=sendrecv\n"
        "a=mid:1\n" TRANSPORT_LINES(
            "active") "a=rtpmap:108 H264/90000\n"
                      "a=fmtp:108 profile-level-id=42e01f;"
                      "packetization-mode=1\n" FEEDBACK_LINES(
                          "108") "a=rtcp-fb:108 transport-cc\n" CHROMIUM_VIDEO_EXTS
                                 "a=rtpmap:109 rtx/90000\n"
                                 "a=fmtp:109 apt=108\n" VIDEO_STREAMS CHROMIUM_DATA);
    assert_true(r.plan->mline[1].pt == 108 && r.plan->mline[1].rtx_pt == 109);
    assert_string_equal(r.plan->mline[1].codec, "h264");
    round_done(&r);
}

static void a_codec_that_is_not_offered(void **state) { /* echotest.md 16 (7) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = forced(&neg, &c, "chromium_av_data", "h265", NULL);
    assert_string_equal(r.text, SESSION_LINES(CHROMIUM_O, " 0") CHROMIUM_AUDIO
                        "m=video 0 UDP/TLS/RTP/SAVPF 0\n" C_LINE
                        "a=inactive\na=mid:1\n" CHROMIUM_DATA);
    assert_false(neg.mline[1].accepted || r.plan->mline[1].send || r.plan->mline[1].recv);
    round_done(&r);
}

static void recvonly_is_echoed_as_inactive(void **state) { /* echotest.md 16 (8) */
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "chromium_recvonly", &c);
    assert_int_equal(r.answer->mline[0].dir, PTN_SDP_INACTIVE);
    assert_int_equal(r.answer->mline[1].dir, PTN_SDP_INACTIVE);
    assert_int_equal(r.answer->mline[1].port, 9);
    assert_null(strstr(r.text, "a=msid:"));
    assert_null(strstr(r.text, "a=ssrc"));
    assert_false(r.plan->mline[0].send || r.plan->mline[0].recv);
    round_done(&r);
}

static void firefox(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "firefox_av_data", &c);
    assert_string_equal(
        r.text,
        SESSION_LINES(
            "v=0\no=mozilla...THIS_IS_SDPARTA-128.0 6763472134071238271 0 IN IP4 "
            "203.0.113.5\n",
            " 0 1") "m=audio 9 UDP/TLS/RTP/SAVPF 109\n" C_LINE "a=sendrecv\n"
                    "a=mid:0\n" TRANSPORT_LINES(
                        "active") "a=rtpmap:109 opus/48000/2\n"
                                  "a=fmtp:109 useinbandfec=1;stereo=1\n"
                                  "a=extmap:1 " LEVEL_EXT "\n"
                                  "a=extmap:3 " SDES_EXT "mid\n"
                                  "a=msid:janus janus0\n"
                                  "a=ssrc:1001 cname:janus\n"
                                  "m=video 9 UDP/TLS/RTP/SAVPF 120 124\n" C_LINE "a=sendrecv\n"
                                  "a=mid:1\n" TRANSPORT_LINES(
                                      "active") "a=rtpmap:120 VP8/90000\n"
                                                "a=fmtp:120 "
                                                "max-fs=12288;max-fr=60\n" FEEDBACK_LINES(
                                                    "120") "a=rtcp-fb:120 transport-cc\n"
                                                           "a=extmap:3 " SDES_EXT "mid\n"
                                                           "a=extmap:4 " WEBRTC_EXT
                                                           "abs-send-time\n"
                                                           "a=extmap:6/sendonly " WEBRTC_EXT
                                                           "playout-delay\n"
                                                           "a=extmap:7 " TWCC_EXT "\n"
                                                           "a=rtpmap:124 rtx/90000\n"
                                                           "a=fmtp:124 apt=120\n" VIDEO_STREAMS
                                                               CHROMIUM_DATA);
    round_done(&r);
}

static void bundle_only_is_not_disabled(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "firefox_bundle_only", &c);
    assert_int_equal(r.answer->mline[1].port, 9);
    assert_non_null(strstr(r.text, "a=group:BUNDLE 0 1\n"));
    assert_null(strstr(r.text, "bundle-only"));
    assert_true(r.plan->mline[1].send && r.plan->mline[1].recv);
    round_done(&r);
}

static void old_forms(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct round r = echo(&neg, "old_forms", &c);
    assert_string_equal(
        r.text,
        SESSION_LINES(
            "v=0\no=mozilla...THIS_IS_SDPARTA-49.0 4294967296 0 IN IP4 203.0.113.5\n",
            " sdparta_0") "m=video 9 UDP/TLS/RTP/SAVPF 120\n" C_LINE "a=recvonly\n"
                          "a=mid:sdparta_0\n" TRANSPORT_LINES("active") "a=rtpmap:120 "
                                                                        "VP8/"
                                                                        "90000\n" FEEDBACK_LINES(
                                                                            "120") "a=extmap:1/"
                                                                                   "recvonly"
                                                                                   " " SDES_EXT
                                                                                   "rtp-stream-id\n"
                                                                                   "a=msid:janus "
                                                                                   "janussdparta_"
                                                                                   "0\n"
                                                                                   "a=ssrc:1001 "
                                                                                   "cname:janus\n"
                                                                                   "a=rid:hi recv\n"
                                                                                   "a=rid:lo recv\n"
                                                                                   "a=simulcast: "
                                                                                   "recv "
                                                                                   "rid=hi;~lo\n"
                                                                                   "m=application "
                                                                                   "0 DTLS/SCTP "
                                                                                   "5000\n" C_LINE
                                                                                   "a=mid:sdparta_"
                                                                                   "1\n");
    assert_int_equal(r.plan->fingerprint[0].hash, PTN_SHA1);
    assert_string_equal(r.plan->remote_ufrag, "F7gI");
    assert_true(r.plan->mline[0].nack && r.plan->mline[0].pli && r.plan->mline[0].fir);
    assert_false(r.plan->mline[0].remb || r.plan->mline[0].twcc || r.plan->mline[0].rtx_pt);
    round_done(&r);
}

static void ice_lite_and_ipv6(void **state) {
    (void)state;
    struct ptn_neg neg = {0};
    struct counters c = {0};
    struct ptn_answer_mline lines[3] = {{0}};
    struct ptn_neg_local local = local_of(&c);
    local.ice_lite = true;
    assert_int_equal(ptn_addr_parse("2001:db8::5", 0, &local.addr), PTN_OK);
    struct round r = answer_with(&neg, vector_sdp("chromium_av_data"), lines, &local);
    assert_non_null(strstr(r.text, "o=- 7547484229140371897 2 IN IP6 2001:db8::5\n"));
    assert_non_null(strstr(r.text, "a=msid-semantic: WMS *\na=ice-lite\nm=audio 0 "));
    assert_non_null(strstr(r.text, "\nm=audio 0 UDP/TLS/RTP/SAVPF 0\nc=IN IP6 2001:db8::5\n"
                                   "a=inactive\na=mid:0\nm=video 0 "));
    assert_non_null(strstr(r.text, "a=group:BUNDLE\n"));
    round_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_call),
        cmocka_unit_test(candidates_stand_on_every_line_in_use),
        cmocka_unit_test(a_profile_is_found),
        cmocka_unit_test(a_codec_that_is_not_offered),
        cmocka_unit_test(recvonly_is_echoed_as_inactive),
        cmocka_unit_test(firefox),
        cmocka_unit_test(bundle_only_is_not_disabled),
        cmocka_unit_test(old_forms),
        cmocka_unit_test(ice_lite_and_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
