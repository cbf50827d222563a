/* Which sessions a client owns: found without a walk over all when its connection is lost. */
#include <stdlib.h>

#include "control/internal.h"

static struct owner *find(struct ptn_control *c, struct ptn_client *client) {
    struct owner *o;
    HASH_FIND(hh, c->owners, &client, sizeof client, o);
    return o;
}

static struct owner *find_or_make(struct ptn_control *c, struct ptn_client *client) {
    struct owner *o = find(c, client);
    if (o)
        return o;
    o = ptn_new(struct owner);
    o->client = client;
    ptn_list_init(&o->sessions);
    HASH_ADD(hh, c->owners, client, sizeof o->client, o);
    return o;
}

void owner_set(struct session *s, struct ptn_client *client) {
    struct ptn_control *c = s->control;
    struct owner *old = s->client ? find(c, s->client) : NULL;
    ptn_list_remove(&s->owned);
    if (old && ptn_list_empty(&old->sessions)) {
        HASH_DEL(c->owners, old);
        free(old);
    }
    s->client = client;
    if (client)
        ptn_list_push(&find_or_make(c, client)->sessions, &s->owned);
}

struct session *owner_first(struct ptn_control *c, struct ptn_client *client) {
    struct owner *o = find(c, client);
    return o ? ptn_container_of(o->sessions.next, struct session, owned) : NULL;
}
