/* Any text as a description: what we take, we write as something that we take and write the same;
 * as an offer, its answer is one that we take, and its plan stays within the bounds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "control/negotiate/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *written(const struct ptn_sdp *sdp) {
    struct ptn_str out;
    ptn_str_init(&out);
    ptn_sdp_write(sdp, &out);
    return out.s;
}

static struct ptn_sdp *parsed(const char *text) {
    struct ptn_sdp *sdp = NULL;
    char why[PTN_SDP_WHY];
    ptn_err err = ptn_sdp_parse(text, &sdp, why, sizeof why);
    assert((err == PTN_OK) == (sdp != NULL) && (err == PTN_OK) == (why[0] == '\0'));
    return sdp;
}

static uint64_t next_id(void *ctx) {
    return ++*(uint64_t *)ctx;
}

static void check_plan(const struct ptn_plan *plan) {
    for (size_t i = 0; i < plan->mline_count; i++) {
        const struct ptn_plan_mline *m = &plan->mline[i];
        assert(m->layer_count >= 1 && m->layer_count <= PTN_PLAN_LAYERS && m->clock_hz > 0);
        assert(!(m->send || m->recv) || (m->source_id && m->sink_id && m->ssrc && m->codec[0]));
        assert((m->rtx_pt != 0) == (m->rtx_ssrc != 0));
    }
}

static void answer(struct ptn_neg *neg, const struct ptn_sdp *offer, const char *codec) {
    struct ptn_answer_mline lines[PTN_SDP_MLINES_MAX];
    struct ptn_rng_seed seed;
    uint64_t ids = 0;
    struct ptn_neg_local local = {.ufrag = "ufra",
                                  .pwd = "pwdpwdpwdpwdpwdpwdpwdp",
                                  .next_ufrag = "next",
                                  .next_pwd = "nextnextnextnextnextne",
                                  .rng = ptn_rng_seeded(&seed, 1),
                                  .stream_id = next_id,
                                  .ctx = &ids};
    for (size_t i = 0; i < offer->mline_count; i++)
        lines[i] = (struct ptn_answer_mline){.accept = true,
                                             .send = true,
                                             .recv = true,
                                             .codec = codec,
                                             .profile = codec ? "0" : NULL,
                                             .red = true,
                                             .dtmf = true,
                                             .ext = ~0u};
    struct ptn_sdp *sdp;
    struct ptn_plan *plan;
    if (ptn_neg_answer(neg, offer, lines, offer->mline_count, &local, &sdp, &plan) != PTN_OK)
        return;
    check_plan(plan);
    char *text = written(sdp);
    struct ptn_sdp *again = parsed(text);
    assert(again && again->mline_count == offer->mline_count);
    ptn_sdp_free(again);
    free(text);
    ptn_sdp_free(sdp);
    ptn_plan_unref(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *input = ptn_strndup((const char *)data, size), why[128];
    struct ptn_sdp *first = parsed(input);
    free(input);
    if (!first)
        return 0;
    char *once = written(first);
    struct ptn_sdp *second = parsed(once);
    assert(second);
    char *twice = written(second);
    assert(strcmp(once, twice) == 0);
    struct ptn_neg *neg = ptn_new(struct ptn_neg);
    ptn_ignore(ptn_neg_check_remote(first, why, sizeof why), "answered all the same");
    answer(neg, first, NULL);
    answer(neg, second, "vp9");
    free(neg);
    free(once);
    free(twice);
    ptn_sdp_free(first);
    ptn_sdp_free(second);
    return 0;
}
