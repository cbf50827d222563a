/* Handles: a client attached to a plugin. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "control/internal.h"

struct ptn_handle *handle_find(struct session *s, uint64_t id) {
    struct ptn_handle *h;
    HASH_FIND(hh, s->handles, &id, sizeof id, h);
    return h;
}

static void on_timer(struct ptn_timer *t, ptn_time now) {
    struct ptn_handle *h = ptn_container_of(t, struct ptn_handle, timer);
    webrtc_tick(h, now);
    requests_run(h);
    handle_rearm(h);
}

void handle_rearm(struct ptn_handle *h) {
    ptn_time due = ptn_time_min(webrtc_due(h), requests_due(h));
    ptn_timer_arm(&h->session->control->timers, &h->timer, due);
}

ptn_err handle_new(struct session *s, struct ptn_host *host, const char *opaque_id,
                   const char *token, int loop, struct ptn_handle **out) {
    if (HASH_COUNT(s->handles) >= HANDLES_MAX || s->control->handle_count >= HANDLES_ALL_MAX)
        return PTN_ELIMIT;
    struct ptn_handle *h = ptn_new(struct ptn_handle);
    do
        h->id = fresh_id(s->control);
    while (handle_find(s, h->id));
    h->session = s;
    h->host = host;
    h->opaque_id = ptn_strdup(opaque_id);
    h->token = ptn_strdup(token);
    h->loop_index = loop;
    h->created = s->control->cfg.now();
    h->timer = (struct ptn_timer){.due = PTN_NEVER, .fire = on_timer};
    ptn_list_init(&h->queue);
    ptn_list_init(&h->rtc.trickles);
    ptn_err err = host->def->attach(host->state, h, &h->state);
    if (err != PTN_OK) {
        free(h->opaque_id);
        free(h->token);
        free(h);
        return err;
    }
    HASH_ADD(hh, s->handles, id, sizeof h->id, h);
    s->control->handle_count++;
    ptn_log(PTN_LOG_INFO, "handle", "attached session=%" PRIu64 " handle=%" PRIu64 " plugin=%s",
            s->id, h->id, host->def->package);
    *out = h;
    return PTN_OK;
}

static void drop_requests(struct ptn_handle *h) {
    struct ptn_list *node;
    while ((node = ptn_list_pop(&h->queue)))
        request_refuse(ptn_container_of(node, struct ptn_request, node), PTN_API_NO_HANDLE, NULL);
    if (h->current)
        request_refuse(h->current, PTN_API_NO_HANDLE, NULL);
}

static void end_peer(struct ptn_handle *h) {
    if (h->rtc.state == RTC_ACTIVE)
        ptn_engine_peer_close(h->session->control->engine, h->rtc.peer, "Detach");
    if (h->host->def->hangup)
        h->host->def->hangup(h->state, "Detach");
    webrtc_log_closed(h, "Detach", "");
    webrtc_reset(h);
}

void handle_end(struct ptn_handle *h) {
    struct session *s = h->session;
    h->detaching = true;
    if (h->rtc.state != RTC_NONE)
        end_peer(h);
    h->host->def->detach(h->state);
    h->state = NULL;
    drop_requests(h);
    trickle_queue_done(&h->rtc);
    ptn_timer_disarm(&s->control->timers, &h->timer);
    event_send(s, event_begin(h, "detached", NULL));
    ptn_log(PTN_LOG_INFO, "handle", "detached session=%" PRIu64 " handle=%" PRIu64 " age_s=%lld",
            s->id, h->id, (long long)((s->control->cfg.now() - h->created) / PTN_SECOND));
    HASH_DEL(s->handles, h);
    s->control->handle_count--;
    free(h->opaque_id);
    free(h->token);
    free(h);
}
