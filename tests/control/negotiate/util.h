/* What the negotiation tests share: a predictable local side and an EchoTest-like plugin. */
#ifndef PTN_TESTS_NEGOTIATE_UTIL_H
#define PTN_TESTS_NEGOTIATE_UTIL_H

#include "sdp/vectors.h"

#include "control/negotiate/negotiate.h"

/* The text of answers/<name>.sdp is all of the answer. */
static inline void expect(const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.sdp", PTN_NEG_ANSWERS, name);
    char *wanted = file_text(path);
    assert_string_equal(text, wanted);
    free(wanted);
}

#define ECHO_EXTS 0x3ffu /* all there are */

/* SSRCs are 1001, 1002, ... in the order in which they are made; stream ids 1, 2, ... */
struct counters {
    uint32_t ssrc;
    uint64_t id;
};

static inline void next_ssrc(void *ctx, void *buf, size_t n) {
    struct counters *c = ctx;
    memset(buf, 0, n);
    assert_true(n >= sizeof c->ssrc);
    c->ssrc++;
    memcpy(buf, &c->ssrc, sizeof c->ssrc);
}

static inline uint64_t next_id(void *ctx) {
    return ++((struct counters *)ctx)->id;
}

static inline struct ptn_neg_local local_of(struct counters *c) {
    struct ptn_neg_local local = {
        .ufrag = "srvr",
        .pwd = "serverpasswordserverpass",
        .next_ufrag = "again",
        .next_pwd = "anotherpasswordanotherpw",
        .fingerprint = {.hash = PTN_SHA256, .len = 32, .digest = {0xaa, 0xbb}},
        .rng = {.fill = next_ssrc, .ctx = c},
        .stream_id = next_id,
        .ctx = c,
    };
    assert_int_equal(ptn_addr_parse("203.0.113.5", 0, &local.addr), PTN_OK);
    if (c->ssrc == 0)
        c->ssrc = 1000;
    return local;
}

/* One negotiation and all that it made. */
struct round {
    struct ptn_sdp *offer, *answer;
    struct ptn_plan *plan;
    char *text; /* the answer, LF only */
};

static inline void round_done(struct round *r) {
    ptn_sdp_free(r->offer);
    ptn_sdp_free(r->answer);
    ptn_plan_unref(r->plan);
    free(r->text);
    *r = (struct round){0};
}

/* Takes the offer over. */
static inline struct round answer_with(struct ptn_neg *neg, struct ptn_sdp *offer,
                                       const struct ptn_answer_mline *lines,
                                       const struct ptn_neg_local *local) {
    struct round r = {.offer = offer};
    assert_int_equal(
        ptn_neg_answer(neg, offer, lines, offer->mline_count, local, &r.answer, &r.plan), PTN_OK);
    r.text = text_of(r.answer);
    ptn_sdp_free(sdp_of(r.text));
    drop_cr(r.text);
    return r;
}

/* As EchoTest wishes: all of it back, nothing to a peer that only receives. */
static inline void echo_wishes(const struct ptn_sdp *offer, struct ptn_answer_mline *lines) {
    for (size_t i = 0; i < offer->mline_count; i++)
        lines[i] = (struct ptn_answer_mline){.accept = true,
                                             .send = offer->mline[i].dir != PTN_SDP_RECVONLY,
                                             .recv = true,
                                             .ext = ECHO_EXTS};
}

static inline struct round echo(struct ptn_neg *neg, const char *vector, struct counters *c) {
    struct ptn_answer_mline lines[PTN_SDP_MLINES_MAX];
    struct ptn_neg_local local = local_of(c);
    struct ptn_sdp *offer = vector_sdp(vector);
    echo_wishes(offer, lines);
    return answer_with(neg, offer, lines, &local);
}

#define WEBRTC_EXT "http://www.webrtc.org/experiments/rtp-hdrext/"
#define TWCC_EXT "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define SDES_EXT "urn:ietf:params:rtp-hdrext:sdes:"
#define LEVEL_EXT "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

#endif
