/* What we write: the order of core.md 11, and that our own parser takes it all back. */
#include "vectors.h"

#include "base/mem.h"

static void texts_are_fixpoints(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct ptn_sdp *first = vector_sdp(vectors[i]);
        char *once = text_of(first);
        struct ptn_sdp *second = sdp_of(once);
        char *twice = text_of(second);
        CHECK(strcmp(once, twice) == 0, "%s", vectors[i]);
        CHECK(second->mline_count == first->mline_count, "%s", vectors[i]);
        ptn_sdp_free(first);
        ptn_sdp_free(second);
        free(once);
        free(twice);
    }
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void check_codec(const char *name, const struct ptn_sdp_codec *a,
                        const struct ptn_sdp_codec *b) {
    CHECK(a->pt == b->pt && strcmp(a->name, b->name) == 0 && a->clock == b->clock &&
              same_text(a->fmtp, b->fmtp) && a->fb_count == b->fb_count,
          "%s pt %u", name, a->pt);
    for (size_t i = 0; i < a->fb_count; i++)
        CHECK(strcmp(a->fb[i], b->fb[i]) == 0, "%s pt %u", name, a->pt);
}

static void check_mline(const char *name, const struct ptn_sdp_mline *a,
                        const struct ptn_sdp_mline *b) {
    CHECK(a->kind == b->kind && a->port == b->port && a->bundle_only == b->bundle_only &&
              strcmp(a->proto, b->proto) == 0 && a->dir == b->dir && strcmp(a->mid, b->mid) == 0 &&
              memcmp(&a->transport, &b->transport, sizeof a->transport) == 0,
          "%s %s", name, a->mid);
    CHECK(a->codec_count == b->codec_count && a->ext_count == b->ext_count &&
              a->ssrc_count == b->ssrc_count && a->group_count == b->group_count &&
              a->rid_count == b->rid_count && a->cand_count == b->cand_count &&
              a->simulcast == b->simulcast && a->simulcast_old == b->simulcast_old &&
              a->sctp_port == b->sctp_port && a->sctpmap == b->sctpmap &&
              a->max_message_size == b->max_message_size && a->b_as == b->b_as &&
              a->b_tias == b->b_tias && a->end_of_candidates == b->end_of_candidates &&
              strcmp(a->fmt, b->fmt) == 0 && strcmp(a->msid_track, b->msid_track) == 0,
          "%s %s", name, a->mid);
    for (size_t i = 0; i < a->codec_count; i++)
        check_codec(name, &a->codec[i], &b->codec[i]);
    for (size_t i = 0; i < a->ext_count; i++)
        CHECK(a->ext[i].id == b->ext[i].id && a->ext[i].dir == b->ext[i].dir &&
                  strcmp(a->ext[i].uri, b->ext[i].uri) == 0,
              "%s %s", name, a->mid);
    for (size_t i = 0; i < a->ssrc_count; i++)
        CHECK(a->ssrc[i].ssrc == b->ssrc[i].ssrc && same_text(a->ssrc[i].cname, b->ssrc[i].cname) &&
                  same_text(a->ssrc[i].msid, b->ssrc[i].msid),
              "%s %s", name, a->mid);
    for (size_t i = 0; i < a->rid_count; i++)
        CHECK(memcmp(&a->rid[i], &b->rid[i], sizeof a->rid[i]) == 0, "%s %s", name, a->mid);
    for (size_t i = 0; i < a->cand_count; i++)
        CHECK(ptn_addr_eq(&a->cand[i].addr, &b->cand[i].addr), "%s %s", name, a->mid);
}

static void structs_survive_a_round_trip(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        struct ptn_sdp *a = vector_sdp(vectors[i]);
        char *text = text_of(a);
        struct ptn_sdp *b = sdp_of(text);
        CHECK(a->o_id == b->o_id && a->o_version == b->o_version &&
                  strcmp(a->s_name, b->s_name) == 0 && a->bundle_count == b->bundle_count &&
                  memcmp(a->bundle, b->bundle, sizeof a->bundle) == 0 &&
                  memcmp(&a->transport, &b->transport, sizeof a->transport) == 0,
              "%s", vectors[i]);
        for (size_t k = 0; k < a->mline_count; k++)
            check_mline(vectors[i], &a->mline[k], &b->mline[k]);
        ptn_sdp_free(a);
        ptn_sdp_free(b);
        free(text);
    }
}

static const struct ptn_fingerprint sha1 = {.hash = PTN_SHA1, .len = 20, .digest = {0xab, 0xcd}};

static void fill_session(struct ptn_sdp *sdp) {
    sdp->o_id = 12;
    sdp->o_version = 3;
    assert_int_equal(ptn_addr_parse("2001:db8::1", 0, &sdp->o_addr), PTN_OK);
    sdp->s_name = ptn_strdup("call");
    sdp->has_bundle = sdp->ice_trickle = sdp->extmap_allow_mixed = true;
    sdp->msid_semantic = sdp->ice_lite = true;
    strcpy(sdp->bundle[0], "v");
    strcpy(sdp->bundle[1], "d");
    sdp->bundle_count = 2;
    sdp->transport.fingerprint[0] = sha1;
    sdp->transport.fingerprint_count = 1;
}

static void fill_transport(struct ptn_sdp_mline *m) {
    strcpy(m->transport.ufrag, "uuuu");
    strcpy(m->transport.pwd, "pppp");
    m->transport.setup = PTN_SETUP_PASSIVE;
    m->ice_trickle = m->has_mid = m->end_of_candidates = true;
    struct ptn_cand cand = {.component = 1, .priority = 2130706431, .foundation = "1"};
    assert_int_equal(ptn_addr_parse("192.0.2.1", 10000, &cand.addr), PTN_OK);
    assert_true(ptn_sdp_add_cand(m, &cand));
}

static void fill_video(struct ptn_sdp_mline *m) {
    fill_transport(m);
    m->port = 9;
    m->dir = PTN_SDP_SENDRECV;
    m->rtcp_mux = m->has_msid = m->simulcast = true;
    m->b_tias = 1000000;
    strcpy(m->proto, "UDP/TLS/RTP/SAVPF");
    strcpy(m->mid, "v");
    strcpy(m->msid_stream, "s");
    strcpy(m->msid_track, "t");
    struct ptn_sdp_codec *c = ptn_sdp_add_codec(m, 96, "VP8", 90000, 0);
    ptn_sdp_codec_set_fmtp(c, "max-fr=60");
    assert_true(ptn_sdp_codec_add_fb(c, "nack") && ptn_sdp_codec_add_fb(c, "nack pli"));
    ptn_sdp_codec_set_fmtp(ptn_sdp_add_codec(m, 97, "rtx", 90000, 0), "apt=96");
    assert_true(ptn_sdp_add_ext(m, 4, PTN_SDP_NO_DIR, "urn:four"));
    assert_true(ptn_sdp_add_ext(m, 5, PTN_SDP_RECVONLY, "urn:five"));
    assert_true(ptn_sdp_add_extra(m, "ptime:20") && ptn_sdp_add_ssrc(m, 7, "janus", NULL) &&
                ptn_sdp_add_ssrc(m, 8, "janus", NULL) &&
                ptn_sdp_add_group(m, "FID", (uint32_t[]){7, 8}, 2));
    m->rid[0] = (struct ptn_sdp_rid){.id = "h", .recv = true};
    m->rid[1] = (struct ptn_sdp_rid){.id = "l", .recv = true, .paused = true};
    m->rid_count = 2;
}

static void the_order_of_lines(void **state) {
    (void)state;
    struct ptn_sdp *sdp = ptn_sdp_new();
    fill_session(sdp);
    fill_video(ptn_sdp_add_mline(sdp, PTN_SDP_VIDEO));
    struct ptn_sdp_mline *audio = ptn_sdp_add_mline(sdp, PTN_SDP_AUDIO); /* refused */
    audio->has_mid = true;
    audio->dir = PTN_SDP_INACTIVE;
    strcpy(audio->mid, "a");
    strcpy(audio->proto, "UDP/TLS/RTP/SAVPF");
    struct ptn_sdp_mline *data = ptn_sdp_add_mline(sdp, PTN_SDP_APPLICATION);
    fill_transport(data);
    data->port = 9;
    data->sctp_port = 5000;
    strcpy(data->mid, "d");
    strcpy(data->proto, "UDP/DTLS/SCTP");
    strcpy(data->fmt, "webrtc-datachannel");
    char *text = text_of(sdp);
    assert_null(strstr(strchr(text, '\r') + 2, "\n\n"));
    drop_cr(text);
    assert_string_equal(text, "v=0\n"
                              "o=- 12 3 IN IP6 2001:db8::1\n"
                              "s=call\n"
                              "t=0 0\n"
                              "a=group:BUNDLE v d\n"
                              "a=ice-options:trickle\n"
                              "a=fingerprint:sha-1 AB:CD:00:00:00:00:00:00:00:00:00:00:00:00:00:"
                              "00:00:00:00:00\n"
                              "a=extmap-allow-mixed\n"
                              "a=msid-semantic: WMS *\n"
                              "a=ice-lite\n"
                              "m=video 9 UDP/TLS/RTP/SAVPF 96 97\n"
                              "c=IN IP6 2001:db8::1\n"
                              "b=TIAS:1000000\n"
                              "a=sendrecv\n"
                              "a=mid:v\n"
                              "a=rtcp-mux\n"
                              "a=ice-ufrag:uuuu\n"
                              "a=ice-pwd:pppp\n"
                              "a=ice-options:trickle\n"
                              "a=setup:passive\n"
                              "a=rtpmap:96 VP8/90000\n"
                              "a=fmtp:96 max-fr=60\n"
                              "a=rtcp-fb:96 nack\n"
                              "a=rtcp-fb:96 nack pli\n"
                              "a=extmap:4 urn:four\n"
                              "a=extmap:5/recvonly urn:five\n"
                              "a=ptime:20\n"
                              "a=rtpmap:97 rtx/90000\n"
                              "a=fmtp:97 apt=96\n"
                              "a=ssrc-group:FID 7 8\n"
                              "a=msid:s t\n"
                              "a=ssrc:7 cname:janus\n"
                              "a=ssrc:8 cname:janus\n"
                              "a=rid:h recv\n"
                              "a=rid:l recv\n"
                              "a=simulcast:recv h;~l\n"
                              "a=candidate:1 1 udp 2130706431 192.0.2.1 10000 typ host\n"
                              "a=end-of-candidates\n"
                              "m=audio 0 UDP/TLS/RTP/SAVPF 0\n"
                              "c=IN IP6 2001:db8::1\n"
                              "a=inactive\n"
                              "a=mid:a\n"
                              "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n"
                              "c=IN IP6 2001:db8::1\n"
                              "a=mid:d\n"
                              "a=sctp-port:5000\n"
                              "a=ice-ufrag:uuuu\n"
                              "a=ice-pwd:pppp\n"
                              "a=ice-options:trickle\n"
                              "a=setup:passive\n"
                              "a=candidate:1 1 udp 2130706431 192.0.2.1 10000 typ host\n"
                              "a=end-of-candidates\n");
    free(text);
    ptn_sdp_free(sdp);
}

static void old_forms_are_answered_in_kind(void **state) {
    (void)state;
    struct ptn_sdp *sdp = ptn_sdp_new();
    struct ptn_sdp_mline *v = ptn_sdp_add_mline(sdp, PTN_SDP_VIDEO);
    strcpy(v->proto, "X");
    v->rid[0] = (struct ptn_sdp_rid){.id = "h", .recv = true};
    v->rid[1] = (struct ptn_sdp_rid){.id = "l", .recv = true, .paused = true};
    v->rid_count = 2;
    v->simulcast = v->simulcast_old = true;
    struct ptn_sdp_mline *d = ptn_sdp_add_mline(sdp, PTN_SDP_APPLICATION);
    strcpy(d->proto, "DTLS/SCTP");
    strcpy(d->fmt, "5000");
    d->port = 9;
    d->sctpmap = true;
    char *text = text_of(sdp);
    assert_non_null(strstr(text, "\r\na=simulcast: recv rid=h;~l\r\n"));
    assert_non_null(strstr(text, "\r\nm=application 9 DTLS/SCTP 5000\r\nc=IN IP4 0.0.0.0\r\n"
                                 "a=sctpmap:5000 webrtc-datachannel 16\r\n"));
    free(text);
    ptn_sdp_free(sdp);
}

static void both_directions_of_simulcast(void **state) {
    (void)state;
    struct ptn_sdp *sdp = ptn_sdp_new();
    struct ptn_sdp_mline *v = ptn_sdp_add_mline(sdp, PTN_SDP_VIDEO);
    strcpy(v->proto, "X");
    v->rid[0] = (struct ptn_sdp_rid){.id = "r", .recv = true};
    v->rid[1] = (struct ptn_sdp_rid){.id = "h"};
    v->rid[2] = (struct ptn_sdp_rid){.id = "l"};
    v->rid_count = 3;
    v->simulcast = true;
    char *text = text_of(sdp);
    assert_non_null(strstr(text, "\r\na=rid:r recv\r\na=rid:h send\r\na=rid:l send\r\n"
                                 "a=simulcast:send h;l recv r\r\n"));
    free(text);
    ptn_sdp_free(sdp);
}

static void adding_stops_at_the_limits(void **state) {
    (void)state;
    struct ptn_sdp *sdp = ptn_sdp_new();
    for (size_t i = 0; i < PTN_SDP_MLINES_MAX; i++)
        assert_non_null(ptn_sdp_add_mline(sdp, PTN_SDP_AUDIO));
    assert_null(ptn_sdp_add_mline(sdp, PTN_SDP_AUDIO));
    struct ptn_sdp_mline *m = &sdp->mline[0];
    for (size_t i = 0; i < PTN_SDP_EXTRA_MAX; i++)
        assert_true(ptn_sdp_add_extra(m, "x"));
    assert_false(ptn_sdp_add_extra(m, "x"));
    for (size_t i = 0; i < PTN_SDP_CODECS_MAX; i++)
        assert_non_null(ptn_sdp_add_codec(m, (uint8_t)i, "x", 1, 1));
    assert_null(ptn_sdp_add_codec(m, 127, "x", 1, 1));
    ptn_sdp_free(sdp);
    ptn_sdp_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_fixpoints),
        cmocka_unit_test(structs_survive_a_round_trip),
        cmocka_unit_test(the_order_of_lines),
        cmocka_unit_test(old_forms_are_answered_in_kind),
        cmocka_unit_test(both_directions_of_simulcast),
        cmocka_unit_test(adding_stops_at_the_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
