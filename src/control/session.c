/* Sessions: who owns them, and when they end (core.md 6). */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "control/internal.h"

struct session *session_find(struct ptn_control *c, uint64_t id) {
    struct session *s;
    HASH_FIND(hh, c->sessions, &id, sizeof id, s);
    return s;
}

uint64_t fresh_id(struct ptn_control *c) {
    uint64_t id;
    do
        id = ptn_rng_u64(&c->cfg.rng) & ID_MAX;
    while (id == 0);
    return id;
}

struct session *session_new(struct ptn_control *c, uint64_t id, struct ptn_client *owner) {
    while (id == 0 || session_find(c, id))
        id = fresh_id(c);
    struct session *s = ptn_new(struct session);
    s->id = id;
    s->control = c;
    ptn_list_init(&s->owned);
    owner_set(s, owner);
    s->created = s->last_activity = c->cfg.now();
    HASH_ADD(hh, c->sessions, id, sizeof s->id, s);
    owner->ops->session_begun(owner, id);
    ptn_log(PTN_LOG_INFO, "session", "created session=%" PRIu64 " transport=%s client=%" PRIu64, id,
            owner->ops->package, owner->id);
    return s;
}

static const char *end_name(enum ptn_session_end how) {
    static const char *const names[] = {"destroyed", "timeout", "claimed", "shutdown"};
    return names[how];
}

void session_end(struct session *s, enum ptn_session_end how) {
    struct ptn_control *c = s->control;
    struct ptn_handle *h, *next;
    struct ptn_client *client = s->client;
    if (how ==
        PTN_SESSION_TIMEOUT) /* first: a waiting long poll takes one event, then it is over */
        event_send(s, reply_begin("timeout", s->id, NULL));
    if (how == PTN_SESSION_TIMEOUT || how == PTN_SESSION_DESTROYED)
        owner_set(s, NULL); /* no events follow a destroy (core.md 3.6), or the last word */
    HASH_ITER(hh, s->handles, h, next)
    handle_end(h);
    ptn_log(PTN_LOG_INFO, "session", "ended session=%" PRIu64 " reason=%s age_s=%lld", s->id,
            end_name(how), (long long)((c->cfg.now() - s->created) / PTN_SECOND));
    HASH_DEL(c->sessions, s);
    owner_set(s, NULL);
    if (client)
        client->ops->session_over(client, s->id, how);
    free(s);
}

void session_claim(struct session *s, struct ptn_client *client) {
    struct ptn_client *old = s->client;
    if (old == client)
        return;
    owner_set(s, client);
    if (old)
        old->ops->session_over(old, s->id, PTN_SESSION_CLAIMED);
    client->ops->session_begun(client, s->id);
    ptn_log(PTN_LOG_INFO, "session", "claimed session=%" PRIu64 " client=%" PRIu64, s->id,
            client->id);
}

static bool expired(const struct session *s, ptn_time now) {
    const struct ptn_control_config *cfg = &s->control->cfg;
    ptn_time idle = now - s->last_activity;
    return (cfg->session_timeout > 0 && idle >= cfg->session_timeout) ||
           (!s->client && idle >= cfg->reclaim_session_timeout);
}

void sessions_watch(struct ptn_control *c, ptn_time now) {
    struct session *s, *next;
    HASH_ITER(hh, c->sessions, s, next)
    if (expired(s, now))
        session_end(s, PTN_SESSION_TIMEOUT);
}

void ptn_api_client_gone(struct ptn_api *api, struct ptn_client *client) {
    struct ptn_control *c = (struct ptn_control *)api;
    struct session *s;
    PTN_LIST_EACH (it, &c->requests) {
        struct ptn_request *r = ptn_container_of(it, struct ptn_request, all);
        if (r->client == client)
            r->client = NULL;
    }
    while ((s = owner_first(c, client))) {
        owner_set(s, NULL);
        if (c->cfg.reclaim_session_timeout == 0)
            session_end(s, PTN_SESSION_DESTROYED);
    }
}

ptn_err ptn_api_touch(struct ptn_api *api, uint64_t session, const char *apisecret,
                      const char *token) {
    struct ptn_control *c = (struct ptn_control *)api;
    if (!auth_ok(c, apisecret, token))
        return PTN_EAUTH;
    struct session *s = session_find(c, session);
    if (!s)
        return PTN_ENOENT;
    s->last_activity = c->cfg.now();
    return PTN_OK;
}
