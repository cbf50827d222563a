/* ICE finds the path, DTLS makes the keys: what happens between them. */
#include "peer/internal.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

static void pair_text(const struct ptn_ice_event *ev, char *buf, size_t cap) {
    char local[PTN_ADDR_TEXT], remote[PTN_ADDR_TEXT];
    snprintf(buf, cap, "%s [%s,udp] <-> %s [%s,udp]",
             ptn_addr_text(&ev->path.local, local, sizeof local),
             ptn_cand_type_name(ev->local.type),
             ptn_addr_text(&ev->path.remote, remote, sizeof remote),
             ptn_cand_type_name(ev->remote.type));
}

static void dtls_state(struct ptn_peer *p, const char *state, const char *detail) {
    struct ptn_peer_event *ev = peer_event(p, PTN_PEER_DTLS);
    ev->value = p->dtls_retransmissions;
    ptn_str_copy(ev->text, sizeof ev->text, state);
    ptn_str_copy(ev->detail, sizeof ev->detail, detail);
}

static void dtls_start(struct ptn_peer *p, ptn_time now) {
    if (p->phase != PHASE_NEW || !p->dtls)
        return;
    p->phase = PHASE_DTLS;
    dtls_state(p, "trying", "");
    ptn_dtls_start(p->dtls, now);
}

static void on_ice_event(struct ptn_peer *p, ptn_time now, const struct ptn_ice_event *ev) {
    if (ev->type == PTN_ICE_STATE_CHANGED) {
        struct ptn_peer_event *out = peer_event(p, PTN_PEER_ICE);
        out->ice_state = ev->state;
        if (ev->state == PTN_ICE_FAILED)
            ptn_ice_explain(p->ice, out->text, sizeof out->text);
    } else if (ev->type == PTN_ICE_SELECTED) {
        struct ptn_peer_event *out = peer_event(p, PTN_PEER_SELECTED);
        pair_text(ev, out->text, sizeof out->text);
        p->had_path = true;
        dtls_start(p, now);
    }
}

/* Keys are there: media may flow. */
static void on_connected(struct ptn_peer *p, ptn_time now, struct ptn_dtls_event *ev) {
    ptn_err err = ptn_srtp_tx_new(ev->profile, &ev->local_keys, &p->srtp_tx);
    if (err == PTN_OK)
        err = ptn_srtp_rx_new(ev->profile, &ev->remote_keys, &p->srtp_rx);
    ptn_wipe(&ev->local_keys, sizeof ev->local_keys);
    ptn_wipe(&ev->remote_keys, sizeof ev->remote_keys);
    if (err != PTN_OK) {
        peer_end(p, "DTLS-SRTP stack error", ptn_err_name(err));
        return;
    }
    p->phase = PHASE_UP;
    p->up_at = now;
    p->dtls_retransmissions = ptn_dtls_get_stats(p->dtls).retransmissions;
    dtls_state(p, "connected", "");
    struct ptn_peer_event *up = peer_event(p, PTN_PEER_UP);
    ptn_str_copy(up->text, sizeof up->text, ptn_srtp_profile_name(ev->profile));
    p->rtcp_due = now + RTCP_INTERVAL / 2 + (ptn_time)ptn_rng_below(&p->cfg.rng, RTCP_INTERVAL / 2);
    p->watch_due = now + PTN_SECOND;
    if (p->remb_due)
        rtcp_remb(p);
}

static const char *failure_reason(enum ptn_dtls_failure failure) {
    switch (failure) {
    case PTN_DTLS_TIMEOUT:
        return "DTLS timeout";
    case PTN_DTLS_FINGERPRINT:
    case PTN_DTLS_ALERT:
        return "DTLS alert";
    case PTN_DTLS_NO_SRTP:
    case PTN_DTLS_ERROR:
    case PTN_DTLS_NO_FAILURE:
        break;
    }
    return "DTLS error";
}

static void on_dtls_event(struct ptn_peer *p, ptn_time now, struct ptn_dtls_event *ev) {
    switch (ev->type) {
    case PTN_DTLS_CONNECTED:
        on_connected(p, now, ev);
        break;
    case PTN_DTLS_APPDATA: /* data channels are refused in negotiation: nobody may send any */
        p->count.rx_not_wanted++;
        break;
    case PTN_DTLS_CLOSED:
        peer_end(p, "DTLS alert", "the peer closed the connection");
        break;
    case PTN_DTLS_FAILED:
        dtls_state(p, "failed", ev->detail);
        peer_end(p, failure_reason(ev->failure), ev->detail);
        break;
    }
}

void transport_pump(struct ptn_peer *p, ptn_time now) {
    struct ptn_ice_event ice;
    struct ptn_dtls_event dtls;
    while (ptn_ice_poll_event(p->ice, &ice))
        on_ice_event(p, now, &ice);
    if (ptn_ice_selected(p->ice))
        dtls_start(p, now); /* the plan may have come after the path */
    while (p->dtls && ptn_dtls_poll_event(p->dtls, &dtls))
        on_dtls_event(p, now, &dtls);
}

ptn_err transport_handle_dtls(struct ptn_peer *p, ptn_time now, const struct ptn_path *path,
                              struct ptn_bytes datagram) {
    (void)path;
    if (!p->dtls)
        return PTN_EPROTO; /* no answer yet: the owner keeps early flights */
    dtls_start(p, now);    /* an authenticated path is enough, nomination may come later */
    ptn_dtls_handle_datagram(p->dtls, now, datagram);
    transport_pump(p, now);
    return PTN_OK;
}

const struct ptn_path *transport_path(const struct ptn_peer *p) {
    const struct ptn_path *path = ptn_ice_selected(p->ice);
    bool may_answer = !p->had_path && p->data_path.remote.family != 0;
    return path || !may_answer ? path : &p->data_path;
}

bool ptn_peer_poll_datagram(struct ptn_peer *p, ptn_time now, struct ptn_datagram *out) {
    (void)now;
    if (p->phase != PHASE_CLOSING && ptn_ice_poll_datagram(p->ice, out))
        return true;
    const struct ptn_path *path = transport_path(p);
    if (!path)
        return false;
    if (!(p->dtls && ptn_dtls_poll_datagram(p->dtls, out)) && !rtcp_poll(p, out))
        return false;
    out->path = *path;
    return true;
}

ptn_time ptn_peer_rtt(const struct ptn_peer *p) {
    return ptn_ice_rtt(p->ice);
}
