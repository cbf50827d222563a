/* What one m-line sends: takes a source's packets, renumbers them for this receiver, and answers
 * its requests for lost ones from the feed's ring. */
#include "route/internal.h"

#include <assert.h>
#include <stdlib.h>

#define RESEND_MIN_MS 40u /* core.md 17: not again within 40 ms, doubling up to 1 s */
#define RESEND_MAX_MS 1000u
#define STREAM_JUMP 0x8000 /* more than 16-bit numbers can be apart */
#define REACH_BACK 32      /* packets before the very first one that may come after it */

struct sink *sink_new(struct ptn_endpoint *ep, uint16_t mindex, uint64_t id) {
    struct sink *s = ptn_new(struct sink);
    s->id = id;
    s->ep = ep;
    s->mindex = mindex;
    s->params = (struct ptn_sink_params){.playout_min = -1, .playout_max = -1};
    ptn_list_init(&s->node);
    HASH_ADD(hh, ep->graph->sinks, id, sizeof s->id, s);
    return s;
}

void sink_free(struct sink *s) {
    sink_detach(s->ep->graph, s);
    HASH_DELETE(hh, s->ep->graph->sinks, s);
    free(s->sent);
    free(s);
}

void sink_attach(struct ptn_graph *g, struct sink *s, struct feed *f) {
    sink_detach(g, s);
    bool was_unused = ptn_list_empty(&f->sinks);
    s->feed = f;
    s->map.aligned = false;
    s->switched = true;
    s->source_floor = s->last_index + 1;
    ptn_list_push(&f->sinks, &s->node);
    if (was_unused && ptn_id_loop(f->id) != g->cfg.loop)
        g->cfg.ops->subscribe(g->cfg.ctx, ptn_id_loop(f->id), f->id, true);
}

void sink_detach(struct ptn_graph *g, struct sink *s) {
    struct feed *f = s->feed;
    if (!f)
        return;
    ptn_list_remove(&s->node);
    s->feed = NULL;
    if (ptn_list_empty(&f->sinks)) {
        ring_done(g, &f->ring);
        if (ptn_id_loop(f->id) != g->cfg.loop)
            g->cfg.ops->subscribe(g->cfg.ctx, ptn_id_loop(f->id), f->id, false);
    }
    feed_release(g, f);
}

static const struct ptn_plan_mline *plan_of(const struct sink *s) {
    return &ptn_peer_plan(s->ep->peer)->mline[s->mindex];
}

bool sink_wants_ring(const struct sink *s) {
    const struct ptn_plan_mline *m = plan_of(s);
    return m->send && m->nack && m->kind == PTN_VIDEO;
}

static bool can_carry(const struct ptn_plan_mline *m, const struct ptn_packet *packet) {
    switch ((enum ptn_pt_role)packet->role) {
    case PTN_PT_RED:
        return m->red_pt != 0;
    case PTN_PT_DTMF:
        return m->dtmf_pt != 0;
    case PTN_PT_MAIN:
        break;
    }
    return true;
}

/* The first packet after a pause or a switch continues the receiver's numbering and clock. */
static void align(struct sink *s, ptn_time now, const struct ptn_packet *packet) {
    if (!s->started) { /* RFC 3711: start in the lower half, so that no early loss hides a rollover
                        */
        ptn_seqmap_align(&s->map, packet->ext_seq,
                         1 + REACH_BACK + (int64_t)ptn_rng_below(&s->ep->graph->cfg.rng, 0x7f00));
        ptn_seqmap_reach_back(&s->map, REACH_BACK);
        s->ts_delta = 0;
    } else {
        ptn_seqmap_align(&s->map, packet->ext_seq, s->last_index + 1);
        if (s->switched) {
            int64_t ticks = (now - s->last_at) * plan_of(s)->clock_hz / PTN_SECOND;
            s->ts_delta = s->last_ts + (uint32_t)(ticks > 0 ? ticks : 1) - packet->rtp.ts;
        }
    }
    s->switched = false;
}

/* The memory follows the rate: large enough for a second of packets. */
static void sent_grow(struct sink *s, ptn_time now) {
    bool wrapped_fast = s->sent_since != 0 && now - s->sent_since < KEEP_MAX;
    size_t size = s->sent_size ? s->sent_size : SENT_MIN / 2;
    s->sent_since = now;
    if (s->sent && (!wrapped_fast || size >= SENT_MAX))
        return;
    struct sent *grown = ptn_new_array(struct sent, size * 2);
    for (size_t i = 0; i < s->sent_size; i++)
        if (s->sent[i].index != 0) /* else it was never used */
            grown[s->sent[i].index & (size * 2 - 1)] = s->sent[i];
    free(s->sent);
    s->sent = grown;
    s->sent_size = size * 2;
}

static void remember(struct sink *s, ptn_time now, int64_t index, const struct ptn_packet *packet,
                     uint32_t ts) {
    if (!s->sent || ((uint64_t)index & (s->sent_size - 1)) == 0)
        sent_grow(s, now);
    assert(s->sent != NULL);
    s->sent[(uint64_t)index & (s->sent_size - 1)] =
        (struct sent){(uint32_t)index, (uint32_t)packet->ext_seq, ts, 0, 0};
}

static void mark_output(struct sink *s) {
    if (ptn_list_empty(&s->ep->output))
        ptn_list_push(&s->ep->graph->output, &s->ep->output);
}

static void send_on(struct sink *s, ptn_time now, struct ptn_packet *packet, int64_t index) {
    struct ptn_out out = {
        .packet = packet,
        .index = index,
        .ts = packet->rtp.ts + s->ts_delta,
        .mindex = s->mindex,
        .playout_min = s->params.playout_min,
        .playout_max = s->params.playout_max,
    };
    if (ptn_peer_send(s->ep->peer, &out) != PTN_OK)
        return;
    if (index > s->last_index || !s->started) {
        s->last_index = index;
        s->last_ts = out.ts;
        s->last_at = now;
    }
    s->started = true;
    if (sink_wants_ring(s))
        remember(s, now, index, packet, out.ts);
    mark_output(s);
}

/* A gap that no retransmission fills is none of the receiver's business; and numbers of one stream
 * never jump by as much as those of another one begin ahead (peer/plan.c). */
static void follow_jump(struct sink *s, int64_t ext_seq) {
    int64_t jump = ext_seq - s->map.newest;
    if (jump > RING_MAX)
        s->map.aligned = false;
    if (jump > STREAM_JUMP)
        s->switched = true;
}

void sink_packet(struct sink *s, ptn_time now, struct ptn_packet *packet) {
    const struct ptn_plan_mline *m = plan_of(s);
    if (s->params.paused || !m->send || !ptn_peer_can_send(s->ep->peer)) {
        s->map.aligned = false;
        return;
    }
    if (packet->rtp.payload_len == 0 || !can_carry(m, packet)) {
        ptn_seqmap_drop(&s->map, packet->ext_seq);
        return;
    }
    follow_jump(s, packet->ext_seq);
    if (!s->map.aligned)
        align(s, now, packet);
    int64_t index;
    if (ptn_seqmap_out(&s->map, packet->ext_seq, &index))
        send_on(s, now, packet, index);
}

static bool resend_allowed(struct sent *e, ptn_time now) {
    uint16_t ms = (uint16_t)(now / PTN_MS);
    unsigned wait = RESEND_MIN_MS << (e->times > 5 ? 5 : e->times > 0 ? e->times - 1 : 0);
    if (wait > RESEND_MAX_MS)
        wait = RESEND_MAX_MS;
    if (e->times > 0 && (uint16_t)(ms - e->resent_ms) < wait)
        return false;
    e->resent_ms = ms;
    if (e->times < UINT8_MAX)
        e->times++;
    return true;
}

static void resend(struct sink *s, struct ptn_packet *packet, const struct sent *e, int64_t index) {
    const struct ptn_plan_mline *m = plan_of(s);
    struct ptn_out out = {
        .packet = packet,
        .index = index,
        .ts = e->ts,
        .mindex = s->mindex,
        .playout_min = s->params.playout_min,
        .playout_max = s->params.playout_max,
    };
    if (m->rtx_pt != 0 && m->rtx_ssrc != 0) {
        out.rtx = true;
        out.osn = (uint16_t)index;
        out.index = ptn_peer_next_rtx(s->ep->peer, s->mindex);
    } else if (index < s->resend_floor) {
        return; /* its header would not be the same to the bit: see egress.c */
    }
    if (ptn_peer_send(s->ep->peer, &out) == PTN_OK)
        mark_output(s);
}

void sink_resend(struct sink *s, ptn_time now, uint16_t seq) {
    if (!s->feed || !s->sent)
        return;
    int64_t index = s->last_index - (uint16_t)((uint16_t)s->last_index - seq);
    struct sent *e = &s->sent[(uint64_t)index & (s->sent_size - 1)];
    if (index <= 0 || index < s->source_floor || e->index != (uint32_t)index)
        return; /* never sent, too long ago, or of a source that is not connected any more */
    struct ptn_packet *packet = ring_find_low(&s->feed->ring, e->source_seq);
    ptn_time rtt = ptn_peer_rtt(s->ep->peer);
    if (rtt > s->feed->rtt)
        s->feed->rtt = rtt;
    if (packet && resend_allowed(e, now))
        resend(s, packet, e, index);
}
