/* A first DTLS flight may overtake the connectivity check that makes its tuple known. It is kept
 * for a moment: without this a join costs a second more. */
#include "worker/internal.h"

static void drop(struct loop *l, struct early *e) {
    for (size_t i = 0; i < e->count; i++)
        ptn_packet_unref(e->packet[i], l->pool);
    memset(e, 0, sizeof *e);
}

static struct early *find(struct loop *l, const struct ptn_path *path) {
    for (size_t i = 0; i < EARLY_MAX; i++)
        if (l->early[i].count > 0 && memcmp(&l->early[i].path, path, sizeof *path) == 0)
            return &l->early[i];
    return NULL;
}

static struct early *oldest(struct loop *l) {
    struct early *e = &l->early[0];
    for (size_t i = 0; i < EARLY_MAX; i++) {
        if (l->early[i].count == 0)
            return &l->early[i];
        if (l->early[i].at < e->at)
            e = &l->early[i];
    }
    drop(l, e);
    return e;
}

void early_keep(struct loop *l, const struct ptn_path *path, struct ptn_packet *packet) {
    struct early *e = find(l, path);
    if (!e) {
        if (!ptn_dtls_is_client_hello(ptn_packet_bytes(packet)))
            return;
        e = oldest(l);
        e->path = *path;
    }
    if (e->count == EARLY_EACH)
        return; /* the peer repeats its flight anyway */
    e->at = l->now;
    e->packet[e->count++] = ptn_packet_ref(packet);
}

void early_replay(struct loop *l, const struct ptn_path *path) {
    struct early *found = find(l, path);
    if (!found)
        return;
    struct early e = *found;
    memset(found, 0, sizeof *found);
    for (size_t i = 0; i < e.count; i++)
        receive_datagram(l, path, e.packet[i]);
    drop(l, &e);
}

void early_expire(struct loop *l) {
    for (size_t i = 0; i < EARLY_MAX; i++)
        if (l->early[i].count > 0 && l->now - l->early[i].at > EARLY_LIFE)
            drop(l, &l->early[i]);
}

void early_done(struct loop *l) {
    for (size_t i = 0; i < EARLY_MAX; i++)
        drop(l, &l->early[i]);
}
