/* Life of a peer: birth, datagrams, deadlines, end. */
#include "peer/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "stun/stun.h"

struct ptn_peer *ptn_peer_new(const struct ptn_peer_config *cfg, ptn_time now) {
    struct ptn_peer *p = ptn_new(struct ptn_peer);
    p->cfg = *cfg;
    p->cfg.cands = NULL;
    p->cfg.cand_count = 0;
    p->created = now;
    p->rtcp_due = p->twcc_due = p->watch_due = p->nack_due = PTN_NEVER;
    p->twcc_seq = (uint16_t)ptn_rng_u32(&cfg->rng);
    ptn_dtls_ctx_ref(cfg->dtls_ctx);
    struct ptn_ice_config ice = {
        .rng = cfg->rng,
        .lite = cfg->ice_lite,
        .controlling = cfg->controlling,
        .aggressive = cfg->ice_aggressive,
    };
    for (size_t i = 0; i < cfg->cand_count; i++) { /* naming such an address allows its kind */
        ice.allow_loopback |= ptn_addr_is_loopback(&cfg->cands[i].addr);
        ice.allow_linklocal |= ptn_addr_is_linklocal(&cfg->cands[i].addr);
    }
    ptn_str_copy(ice.ufrag, sizeof ice.ufrag, cfg->ufrag);
    ptn_str_copy(ice.pwd, sizeof ice.pwd, cfg->pwd);
    p->ice = ptn_ice_new(&ice);
    ptn_wipe(ice.pwd, sizeof ice.pwd);
    for (size_t i = 0; i < cfg->cand_count; i++)
        ptn_ignore(ptn_ice_add_local(p->ice, now, &cfg->cands[i]), "more sockets than candidates");
    return p;
}

static void packets_done(struct ptn_peer *p) {
    for (size_t i = 0; i < p->inbox_count; i++)
        ptn_packet_unref(p->inbox[i].packet, p->cfg.pool);
    free(p->inbox);
    egress_done(p, &p->audio);
    egress_done(p, &p->video);
}

void ptn_peer_free(struct ptn_peer *p) {
    if (!p)
        return;
    packets_done(p);
    for (size_t i = 0; i < p->mline_count; i++)
        for (size_t k = 0; k < PTN_PLAN_LAYERS; k++)
            rx_track_done(&p->mline[i].rx[k]);
    free(p->mline);
    free(p->route);
    free(p->nacks);
    free(p->events);
    free(p->rtcp_out);
    ptn_twcc_gen_free(p->twcc);
    ptn_srtp_tx_free(p->srtp_tx);
    ptn_srtp_rx_free(p->srtp_rx);
    ptn_dtls_free(p->dtls);
    ptn_ice_free(p->ice);
    ptn_plan_unref(p->plan);
    ptn_dtls_ctx_unref(p->cfg.dtls_ctx);
    ptn_wipe(p->cfg.pwd, sizeof p->cfg.pwd);
    free(p);
}

void peer_end(struct ptn_peer *p, const char *reason, const char *detail) {
    if (p->ended_told)
        return;
    p->ended_told = true;
    p->phase = PHASE_ENDED;
    struct ptn_peer_event *ev = peer_event(p, PTN_PEER_ENDED);
    ptn_str_copy(ev->text, sizeof ev->text, reason);
    ptn_str_copy(ev->detail, sizeof ev->detail, detail);
}

void ptn_peer_close(struct ptn_peer *p, ptn_time now) {
    if (p->phase >= PHASE_CLOSING)
        return;
    p->phase = PHASE_CLOSING;
    p->ended_told = true; /* the owner asked: it knows */
    if (p->dtls)
        ptn_dtls_close(p->dtls, now);
}

ptn_err ptn_peer_candidate(struct ptn_peer *p, ptn_time now, const struct ptn_cand *cand) {
    if (!cand) {
        ptn_ice_remote_done(p->ice, now);
        return PTN_OK;
    }
    ptn_err err = ptn_ice_add_remote(p->ice, now, cand);
    transport_pump(p, now);
    return err;
}

void ptn_peer_set_remb(struct ptn_peer *p, ptn_time now, uint32_t bitrate) {
    (void)now;
    p->remb = bitrate;
    p->remb_due = true;
    if (p->phase == PHASE_UP)
        rtcp_remb(p);
}

bool ptn_peer_knows_path(const struct ptn_peer *p, const struct ptn_path *path) {
    return memcmp(path, &p->data_path, sizeof *path) == 0 || ptn_ice_path_is_known(p->ice, path);
}

ptn_err ptn_peer_handle(struct ptn_peer *p, ptn_time now, const struct ptn_path *path,
                        struct ptn_packet *packet) {
    struct ptn_bytes d = ptn_packet_bytes(packet);
    if (p->phase >= PHASE_CLOSING)
        return PTN_ECLOSED;
    if (d.n == 0)
        return PTN_EMALFORMED;
    uint8_t first = d.p[0]; /* RFC 7983 */
    if (first <= 3) {
        ptn_err err = ptn_ice_handle_datagram(p->ice, now, path, d);
        transport_pump(p, now);
        return err;
    }
    if (!ptn_peer_knows_path(p, path))
        return PTN_EAUTH;
    p->data_path = *path;
    if (first >= 20 && first <= 63)
        return transport_handle_dtls(p, now, path, d);
    if (first < 128 || first > 191)
        return PTN_EMALFORMED;
    if (p->phase != PHASE_UP)
        return PTN_EPROTO; /* media that overtook the handshake's end: the sender will repeat */
    return ptn_rtp_is_rtcp(d) ? rtcp_handle(p, now, packet) : rtp_handle(p, now, packet);
}

void ptn_peer_handle_timeout(struct ptn_peer *p, ptn_time now) {
    if (p->phase >= PHASE_CLOSING)
        return;
    if (ptn_ice_next_timeout(p->ice) <= now)
        ptn_ice_handle_timeout(p->ice, now);
    if (p->dtls && ptn_dtls_next_timeout(p->dtls) <= now)
        ptn_dtls_handle_timeout(p->dtls, now);
    transport_pump(p, now);
    if (p->phase != PHASE_UP)
        return;
    if (p->nack_due <= now)
        rtcp_nacks(p, now);
    if (p->twcc_due <= now)
        rtcp_feedback(p, now);
    if (p->rtcp_due <= now)
        rtcp_reports(p, now);
    if (p->watch_due <= now)
        watch_run(p, now);
}

ptn_time ptn_peer_next_timeout(const struct ptn_peer *p) {
    if (p->phase >= PHASE_CLOSING)
        return PTN_NEVER;
    ptn_time due = ptn_ice_next_timeout(p->ice);
    if (p->dtls)
        due = ptn_time_min(due, ptn_dtls_next_timeout(p->dtls));
    if (p->phase != PHASE_UP)
        return due;
    due = ptn_time_min(due, ptn_time_min(p->nack_due, p->twcc_due));
    return ptn_time_min(due, ptn_time_min(p->rtcp_due, p->watch_due));
}

const struct ptn_plan *ptn_peer_plan(const struct ptn_peer *p) {
    return p->plan;
}

bool ptn_peer_can_send(const struct ptn_peer *p) {
    return p->phase == PHASE_UP;
}

bool ptn_peer_handshaking(const struct ptn_peer *p) {
    return p->phase == PHASE_DTLS;
}

const struct ptn_peer_counters *ptn_peer_get_counters(const struct ptn_peer *p) {
    return &p->count;
}

size_t ptn_peer_take_media(struct ptn_peer *p, struct ptn_peer_media *out, size_t cap) {
    size_t n = p->inbox_count < cap ? p->inbox_count : cap;
    if (n == 0)
        return 0;
    memcpy(out, p->inbox, n * sizeof *out);
    p->inbox_count -= n;
    memmove(p->inbox, p->inbox + n, p->inbox_count * sizeof *out);
    return n;
}

size_t ptn_peer_take_nacks(struct ptn_peer *p, struct ptn_peer_nack *out, size_t cap) {
    size_t n = p->nack_count < cap ? p->nack_count : cap;
    if (n == 0)
        return 0;
    memcpy(out, p->nacks, n * sizeof *out);
    p->nack_count -= n;
    memmove(p->nacks, p->nacks + n, p->nack_count * sizeof *out);
    return n;
}
