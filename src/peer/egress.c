/* The way out: queued packets get a header of this peer's own, transport-wide numbers and a send
 * time, and are encrypted straight into the writer's buffer. Audio goes first. A pacer will sit
 * between queue and flush; until then everything queued is due. */
#include "peer/internal.h"

#include <stdlib.h>

#include "base/mem.h"

#define HEADER_MAX 128 /* 12 bytes and the extensions below */

void egress_done(struct ptn_peer *p, struct egress_queue *q) {
    for (size_t i = 0; i < q->count; i++)
        ptn_packet_unref(q->out[i].packet, p->cfg.pool);
    free(q->out);
    *q = (struct egress_queue){0};
}

ptn_err ptn_peer_send(struct ptn_peer *p, const struct ptn_out *out) {
    const struct ptn_plan_mline *m = p->mline[out->mindex].plan;
    struct egress_queue *q = m->kind == PTN_AUDIO ? &p->audio : &p->video;
    if (p->phase != PHASE_UP ||
        !grow((void **)&q->out, &q->cap, q->count, EGRESS_MAX, sizeof *q->out)) {
        p->count.tx_dropped++;
        return PTN_ELIMIT;
    }
    q->out[q->count] = *out;
    ptn_packet_ref(out->packet);
    q->count++;
    return PTN_OK;
}

int64_t ptn_peer_next_rtx(struct ptn_peer *p, uint16_t mindex) {
    return p->mline[mindex].rtx_index++;
}

bool ptn_peer_has_output(const struct ptn_peer *p) {
    return p->audio.count + p->video.count > 0;
}

struct ext_list {
    struct ptn_rtp_ext_out ext[PTN_CARRY_COUNT + 4];
    size_t n;
    uint8_t twcc[2], send_time[3], playout[3];
};

static void ext_add(struct ext_list *l, uint8_t id, struct ptn_bytes value) {
    if (id != 0 && value.n > 0)
        l->ext[l->n++] = (struct ptn_rtp_ext_out){id, value};
}

static void add_carried(struct ext_list *l, const struct ptn_plan_exts *ids,
                        const struct ptn_packet *packet, bool is_audio, bool own_playout) {
    const uint8_t id[PTN_CARRY_COUNT] = {
        [PTN_CARRY_AUDIO_LEVEL] = is_audio ? ids->audio_level : 0,
        [PTN_CARRY_ORIENTATION] = is_audio ? 0 : ids->orientation,
        [PTN_CARRY_PLAYOUT_DELAY] = is_audio || own_playout ? 0 : ids->playout_delay,
        [PTN_CARRY_ABS_CAPTURE_TIME] = ids->abs_capture_time,
        [PTN_CARRY_DEPENDENCY_DESCRIPTOR] = is_audio ? 0 : ids->dependency_descriptor,
    };
    for (size_t i = 0; i < PTN_CARRY_COUNT; i++)
        if (packet->carry[i].len > 0)
            ext_add(l, id[i],
                    ptn_bytes_of(packet->data + packet->carry[i].at, packet->carry[i].len));
}

/* 24 bits of seconds in 6.18 fixed point. */
static void put_send_time(uint8_t out[3], ptn_time now) {
    uint64_t fixed = ((uint64_t)now << 18) / (uint64_t)PTN_SECOND;
    out[0] = (uint8_t)(fixed >> 16);
    out[1] = (uint8_t)(fixed >> 8);
    out[2] = (uint8_t)fixed;
}

static void put_playout(uint8_t out[3], int min, int max) { /* two 12-bit numbers of 10 ms */
    out[0] = (uint8_t)(min >> 4);
    out[1] = (uint8_t)((min & 0xf) << 4 | (max >> 8 & 0xf));
    out[2] = (uint8_t)max;
}

static void list_extensions(struct ptn_peer *p, ptn_time now, const struct ptn_out *o,
                            const struct ptn_plan_mline *m, struct ext_list *l) {
    const struct ptn_plan_exts *ids = &p->plan->ext;
    bool is_audio = m->kind == PTN_AUDIO;
    bool own_playout = !is_audio && o->playout_min >= 0 && o->playout_max >= 0;
    l->n = 0;
    ext_add(l, ids->mid, ptn_bytes_str(m->mid));
    add_carried(l, ids, o->packet, is_audio, own_playout);
    if (own_playout) {
        put_playout(l->playout, o->playout_min, o->playout_max);
        ext_add(l, ids->playout_delay, ptn_bytes_of(l->playout, 3));
    }
    /* A packet repeated without RTX must be the same to the bit: its SRTP index is used again, and
     * AEAD with one nonce and two headers would give its key away (RFC 7714 8.1). */
    if (is_audio || (m->nack && m->rtx_pt == 0))
        return;
    put_send_time(l->send_time, now);
    ext_add(l, ids->abs_send_time, ptn_bytes_of(l->send_time, 3));
    if (ids->twcc != 0 && m->twcc) {
        ptn_put_u16(l->twcc, p->twcc_seq++);
        ext_add(l, ids->twcc, ptn_bytes_of(l->twcc, 2));
    }
}

static uint8_t payload_type(const struct ptn_plan_mline *m, const struct ptn_out *o) {
    if (o->rtx)
        return m->rtx_pt;
    switch ((enum ptn_pt_role)o->packet->role) {
    case PTN_PT_RED:
        return m->red_pt;
    case PTN_PT_DTMF:
        return m->dtmf_pt;
    case PTN_PT_MAIN:
        break;
    }
    return m->pt;
}

/* Returns false when the writer has no more room. */
static bool send_one(struct ptn_peer *p, ptn_time now, const struct ptn_out *o,
                     const struct ptn_path *path, struct ptn_out_writer *writer) {
    struct mline *m = &p->mline[o->mindex];
    const struct ptn_packet *in = o->packet;
    uint8_t header[HEADER_MAX], osn[2];
    struct ext_list exts;
    struct ptn_wr w = ptn_wr_of(header, sizeof header);
    list_extensions(p, now, o, m->plan, &exts);
    ptn_rtp_write_header(&w, in->rtp.marker, payload_type(m->plan, o), (uint16_t)o->index, o->ts,
                         o->rtx ? m->plan->rtx_ssrc : m->plan->ssrc, exts.ext, exts.n);
    struct ptn_bytes head = ptn_wr_written(&w);
    struct ptn_bytes prefix = {osn, o->rtx ? 2 : 0};
    struct ptn_bytes payload = {in->data + in->rtp.header_len, in->rtp.payload_len};
    size_t cap = head.n + prefix.n + payload.n + PTN_SRTP_TRAILER_MAX;
    if (head.n == 0 || cap > PTN_DATAGRAM_MAX)
        return true; /* dropped by the caller's count of commits */
    ptn_put_u16(osn, o->osn);
    uint8_t *room = writer->room(writer, path, cap);
    size_t len;
    if (!room)
        return false;
    if (ptn_srtp_protect(p->srtp_tx, (uint64_t)o->index, head, prefix, payload, room, cap, &len) !=
        PTN_OK)
        return true;
    writer->commit(writer, len);
    ptn_tx_stats_packet(o->rtx ? &m->rtx : &m->tx, now, o->ts, payload.n);
    ptn_rate_add(&m->tx_rate, now, len);
    p->count.tx_packets++;
    p->count.tx_bytes += len;
    p->count.tx_rtx += o->rtx;
    return true;
}

static void flush_queue(struct ptn_peer *p, ptn_time now, struct egress_queue *q,
                        const struct ptn_path *path, struct ptn_out_writer *w) {
    uint64_t before = p->count.tx_packets;
    bool room = path != NULL;
    for (size_t i = 0; i < q->count; i++) {
        if (room)
            room = send_one(p, now, &q->out[i], path, w);
        ptn_packet_unref(q->out[i].packet, p->cfg.pool);
    }
    p->count.tx_dropped += q->count - (p->count.tx_packets - before);
    q->count = 0;
}

void ptn_peer_flush(struct ptn_peer *p, ptn_time now, struct ptn_out_writer *w) {
    const struct ptn_path *path = p->phase == PHASE_UP ? transport_path(p) : NULL;
    flush_queue(p, now, &p->audio, path, w);
    flush_queue(p, now, &p->video, path, w);
}
