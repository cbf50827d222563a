#include "sim/media.h"

/* RTP timestamp of a number: 20 ms of Opus, 30 frames per second of video. */
static uint32_t ts_of(enum flow flow, unsigned number) {
    return flow == AUDIO ? 960 * number : 3000 * (number / VIDEO_FRAME);
}

static size_t bytes_of(enum flow flow, unsigned number) {
    return flow == AUDIO ? AUDIO_BYTES : VIDEO_BYTES + number % 7;
}

static bool is_marked(enum flow flow, unsigned number) {
    return flow == VIDEO && number % VIDEO_FRAME == VIDEO_FRAME - 1;
}

static uint8_t pattern(unsigned number, size_t i) {
    return (uint8_t)(number * 31 + i * 7);
}

ptn_time media_next(const struct party *p) {
    ptn_time due = PTN_NEVER;
    for (int f = 0; f < FLOWS; f++)
        if (p->is_publishing[f])
            due = ptn_time_min(due, p->next_send[f]);
    return due;
}

static void add_playout_ext(struct ptn_packet *packet, struct ptn_wr *w) {
    /* parked behind the payload: a carried value may stand anywhere in the packet's buffer */
    packet->carry[PTN_CARRY_PLAYOUT_DELAY].at = (uint16_t)w->len;
    packet->carry[PTN_CARRY_PLAYOUT_DELAY].len = 3;
    ptn_wr_u24(w, 1u << 12 | 2);
}

void media_send_one(struct party *p, enum flow flow, unsigned number, int64_t ext_seq) {
    struct ptn_packet *packet = ptn_packet_new(p->loop->pool);
    CHECK(packet, "no buffer for a packet: are they lost somewhere?");
    struct ptn_wr w = ptn_wr_of(packet->data, PTN_PACKET_BYTES);
    size_t n = bytes_of(flow, number);
    ptn_rtp_write_header(&w, is_marked(flow, number), 77, (uint16_t)ext_seq,
                         1000 + ts_of(flow, number), 0x1234, NULL, 0);
    ptn_wr_u32(&w, number);
    for (size_t i = 4; i < n; i++)
        ptn_wr_u8(&w, pattern(number, i));
    packet->len = (uint16_t)w.len;
    assert_int_equal(ptn_rtp_parse(ptn_packet_bytes(packet), &packet->rtp), PTN_OK);
    if (flow == VIDEO && p->with_playout_ext)
        add_playout_ext(packet, &w);
    packet->role = PTN_PT_MAIN;
    packet->arrival = p->world->now;
    packet->ext_seq = ext_seq;
    ptn_graph_deliver(p->loop->graph, p->world->now, p->publisher[flow], &packet, 1);
    ptn_packet_unref(packet, p->loop->pool);
}

void media_send(struct party *p) {
    for (int f = 0; f < FLOWS; f++) {
        while (p->is_publishing[f] && p->next_send[f] <= p->world->now) {
            unsigned number = p->sent[f]++;
            media_send_one(p, (enum flow)f, number, 70000 + number);
            unsigned each = f == VIDEO ? VIDEO_FRAME : 1;
            if (p->sent[f] % each == 0)
                p->next_send[f] += PTN_SECOND * each / p->pps[f];
        }
    }
}

/* -- arriving ---------------------------------------------------------------------------------- */

static struct arrivals *arrivals_of(struct world *w, uint64_t source, struct party **party,
                                    enum flow *flow) {
    for (size_t i = 0; i < w->party_count; i++) {
        struct party *p = &w->party[i];
        for (size_t f = 0; p->plan && f < p->plan->mline_count; f++) {
            if (p->plan->mline[f].source_id != source)
                continue;
            *party = p;
            *flow = p->plan->mline[f].kind == PTN_AUDIO ? AUDIO : VIDEO;
            return &p->got[*flow];
        }
    }
    fail_msg("media of a source nobody has");
    return NULL;
}

static bool is_whole(enum flow flow, unsigned number, struct ptn_bytes payload, bool marker) {
    if (payload.n != bytes_of(flow, number) || marker != is_marked(flow, number))
        return false;
    for (size_t i = 4; i < payload.n; i++)
        if (payload.p[i] != pattern(number, i))
            return false;
    return true;
}

static void take_number(struct arrivals *a, enum flow flow, const struct ptn_packet *packet) {
    struct ptn_bytes payload =
        ptn_bytes_of(packet->data + packet->rtp.header_len, packet->rtp.payload_len);
    struct ptn_rd r = ptn_rd_of(payload);
    unsigned number = ptn_rd_u32(&r);
    a->total++;
    if (number >= WORLD_NUMBERS || !is_whole(flow, number, payload, packet->rtp.marker)) {
        a->corrupt++;
        return;
    }
    a->distinct += a->times[number]++ == 0;
    uint32_t zero = packet->rtp.ts - ts_of(flow, number);
    a->ts_jumps += a->started && zero != a->ts_of_zero;
    a->ts_of_zero = zero;
}

static void take_extensions(struct arrivals *a, const struct ptn_packet *packet) {
    const uint8_t at = PTN_CARRY_PLAYOUT_DELAY;
    if (packet->carry[at].len != 3)
        return;
    a->with_playout++;
    memcpy(a->playout, packet->data + packet->carry[at].at, 3);
}

void media_arrived(struct world *w, uint64_t source, struct ptn_packet *const *packets, size_t n) {
    struct party *p;
    enum flow flow = AUDIO;
    struct arrivals *a = arrivals_of(w, source, &p, &flow);
    for (size_t i = 0; i < n; i++) {
        take_number(a, flow, packets[i]);
        take_extensions(a, packets[i]);
        if (!a->started)
            a->first_ext = a->highest = packets[i]->ext_seq;
        a->started = true;
        a->last_ext = packets[i]->ext_seq;
        if (packets[i]->ext_seq > a->highest)
            a->highest = packets[i]->ext_seq;
        if (packets[i]->ext_seq < a->first_ext)
            a->first_ext = packets[i]->ext_seq;
        a->last_at = w->now;
    }
}

unsigned missing_of(const struct arrivals *a, unsigned until) {
    unsigned n = 0;
    for (unsigned i = 0; i < until && i < WORLD_NUMBERS; i++)
        n += a->times[i] == 0;
    return n;
}
