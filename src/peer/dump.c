/* One picture of a peer: for the admin API, a failing test, a bug report. */
#include "peer/internal.h"

#include "base/mem.h"

static json_t *dump_rx(const struct rx_track *t, ptn_time now) {
    return json_pack("{s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "ssrc", (json_int_t)t->ssrc,
                     "rtx-ssrc", (json_int_t)t->rtx_ssrc, "rid", t->rid, "packets",
                     (json_int_t)t->stats.received, "bytes", (json_int_t)t->stats.bytes, "lost",
                     (json_int_t)ptn_rx_stats_lost(&t->stats), "jitter-ms",
                     (json_int_t)ptn_rx_stats_jitter_ms(&t->stats), "bitrate",
                     (json_int_t)ptn_rate_bps(&t->rate, now), "receiving", t->receiving);
}

static json_t *dump_tx(const struct mline *m, ptn_time now) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "ssrc", (json_int_t)m->plan->ssrc,
                     "rtx-ssrc", (json_int_t)m->plan->rtx_ssrc, "packets",
                     (json_int_t)m->tx.packets, "bytes", (json_int_t)m->tx.octets,
                     "retransmissions", (json_int_t)m->rtx.packets, "lost", (json_int_t)m->tx.lost,
                     "rtt-us", (json_int_t)m->tx.rtt, "bitrate",
                     (json_int_t)ptn_rate_bps(&m->tx_rate, now));
}

static const char *kind_name(enum ptn_kind kind) {
    static const char *const names[] = {"audio", "video", "data"};
    return names[kind];
}

static json_t *dump_mline(const struct mline *m, size_t index, ptn_time now) {
    json_t *rx = json_array();
    for (size_t k = 0; k < m->rx_count; k++)
        json_array_append_new(rx, dump_rx(&m->rx[k], now));
    return json_pack("{s:I, s:s, s:s, s:s, s:b, s:b, s:o, s:o}", "mindex", (json_int_t)index, "mid",
                     m->plan->mid, "type", kind_name(m->plan->kind), "codec", m->plan->codec,
                     "recv", m->plan->recv, "send", m->plan->send, "in", rx, "out",
                     dump_tx(m, now));
}

static json_t *dump_counters(const struct ptn_peer_counters *c) {
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"rx-packets", c->rx_packets},
        {"rx-bytes", c->rx_bytes},
        {"tx-packets", c->tx_packets},
        {"tx-bytes", c->tx_bytes},
        {"rx-bad-auth", c->rx_bad_auth},
        {"rx-replayed", c->rx_replayed},
        {"rx-unknown-ssrc", c->rx_unknown_ssrc},
        {"rx-malformed", c->rx_malformed},
        {"rx-too-large", c->rx_too_large},
        {"rx-not-wanted", c->rx_not_wanted},
        {"rx-duplicate", c->rx_duplicate},
        {"rx-rtx", c->rx_rtx},
        {"tx-dropped", c->tx_dropped},
        {"tx-rtx", c->tx_rtx},
        {"nacks-sent", c->nacks_sent},
        {"nacks-received", c->nacks_received},
        {"plis-sent", c->plis_sent},
        {"plis-received", c->plis_received},
        {"twcc-received", c->twcc_received},
    };
    json_t *out = json_object();
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        json_object_set_new(out, rows[i].name, json_integer((json_int_t)rows[i].value));
    return out;
}

json_t *ptn_peer_dump(const struct ptn_peer *p, ptn_time now) {
    static const char *const phases[] = {"new", "dtls", "up", "closing", "ended"};
    json_t *mlines = json_array();
    for (size_t i = 0; i < p->mline_count; i++)
        json_array_append_new(mlines, dump_mline(&p->mline[i], i, now));
    return json_pack("{s:s, s:I, s:o, s:I, s:o, s:o}", "state", phases[p->phase], "age-us",
                     (json_int_t)(now - p->created), "ice", ptn_ice_dump(p->ice),
                     "dtls-retransmissions", (json_int_t)p->dtls_retransmissions, "media", mlines,
                     "counters", dump_counters(&p->count));
}
