#include "control/fake_engine.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct ptn_engine *fake_engine_new(void) {
    struct ptn_engine *e = ptn_new(struct ptn_engine);
    e->next_id = 100;
    return e;
}

void fake_engine_free(struct ptn_engine *e) {
    ptn_plan_unref(e->plan);
    free(e);
}

void fake_engine_forget(struct ptn_engine *e) {
    e->lines = 0;
}

size_t fake_engine_count(const struct ptn_engine *e, const char *line) {
    size_t n = 0;
    for (size_t i = 0; i < e->lines; i++)
        n += strcmp(e->line[i], line) == 0;
    return n;
}

static void note(struct ptn_engine *e, const char *fmt, ...) PTN_PRINTF(2, 3);
static void note(struct ptn_engine *e, const char *fmt, ...) {
    va_list args;
    if (e->lines == FAKE_LINES)
        return;
    va_start(args, fmt);
    vsnprintf(e->line[e->lines++], sizeof e->line[0], fmt, args);
    va_end(args);
}

/* Ids in lines are written as the m-line they belong to. */
static int mline_of(const struct ptn_engine *e, uint64_t id) {
    for (size_t i = 0; e->plan && i < e->plan->mline_count; i++)
        if (e->plan->mline[i].source_id == id || e->plan->mline[i].sink_id == id)
            return (int)i;
    return -1;
}

struct ptn_notice fake_engine_gathered(uint64_t peer) {
    struct ptn_notice n = {.type = PTN_NOTICE_GATHERED, .peer = peer, .cand_count = 1};
    ptn_ignore(ptn_cand_parse("1 1 udp 2013266431 192.0.2.1 40000 typ host", &n.cand[0]),
               "it is well-formed");
    return n;
}

ptn_err ptn_engine_peer_new(struct ptn_engine *e, const struct ptn_peer_params *params,
                            uint64_t *id) {
    if (e->refuse_peers)
        return PTN_ELIMIT;
    e->params = *params;
    *id = e->peer = ++e->next_id;
    e->live++;
    note(e, "new loop=%d affinity=%" PRIu64 " controlling=%d", params->loop, params->affinity,
         params->controlling);
    return PTN_OK;
}

unsigned ptn_engine_peer_loop(uint64_t peer_id) {
    (void)peer_id;
    return 0;
}

uint64_t ptn_engine_stream_id(struct ptn_engine *e, uint64_t peer_id) {
    (void)peer_id;
    return ++e->next_id;
}

ptn_err ptn_engine_peer_plan(struct ptn_engine *e, uint64_t peer_id, struct ptn_plan *plan) {
    (void)peer_id;
    if (e->refuse_plans) {
        ptn_plan_unref(plan);
        return PTN_ELIMIT;
    }
    ptn_plan_unref(e->plan);
    e->plan = plan;
    note(e, "plan %u restart=%d", plan->generation, plan->ice_restart);
    return PTN_OK;
}

ptn_err ptn_engine_peer_candidate(struct ptn_engine *e, uint64_t peer_id,
                                  const struct ptn_cand *cand) {
    char text[PTN_ADDR_TEXT];
    (void)peer_id;
    if (cand)
        e->cand = *cand;
    note(e, "candidate %s", cand ? ptn_addr_text(&cand->addr, text, sizeof text) : "end");
    return PTN_OK;
}

void ptn_engine_peer_close(struct ptn_engine *e, uint64_t peer_id, const char *reason) {
    (void)peer_id;
    e->live--;
    note(e, "close %s", reason);
}

ptn_err ptn_engine_peer_stats(struct ptn_engine *e, uint64_t peer_id, uint64_t token) {
    note(e, "stats %" PRIu64 " %" PRIu64, peer_id, token);
    return PTN_OK;
}

ptn_err ptn_engine_peer_remb(struct ptn_engine *e, uint64_t peer_id, uint32_t bitrate) {
    (void)peer_id;
    note(e, "remb %u", bitrate);
    return PTN_OK;
}

ptn_err ptn_engine_connect(struct ptn_engine *e, uint64_t source, uint64_t sink) {
    note(e, "connect %d to %d", mline_of(e, source), mline_of(e, sink));
    return PTN_OK;
}

ptn_err ptn_engine_disconnect(struct ptn_engine *e, uint64_t sink) {
    note(e, "disconnect %d", mline_of(e, sink));
    return PTN_OK;
}

ptn_err ptn_engine_sink_set(struct ptn_engine *e, uint64_t sink,
                            const struct ptn_sink_params *params) {
    note(e, "sink %d paused=%d delay=%d,%d", mline_of(e, sink), params->paused, params->playout_min,
         params->playout_max);
    return PTN_OK;
}

ptn_err ptn_engine_keyframe(struct ptn_engine *e, uint64_t source) {
    note(e, "keyframe %d", mline_of(e, source));
    return PTN_OK;
}
