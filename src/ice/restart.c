/* Restarts (RFC 8445 9): a new generation begins, the old one keeps carrying until the new works.
 */
#include "ice/internal.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

bool ice_old_knows(const struct ptn_ice *ice, const struct ptn_path *path) {
    for (size_t i = 0; i < ice->old.known_count; i++) {
        if (ice_path_eq(&ice->old.known[i], path))
            return true;
    }
    return false;
}

void ice_old_learn(struct ptn_ice *ice, const struct ptn_path *path) {
    struct ice_old *old = &ice->old;
    if (old->known_count >= ICE_KNOWN_MAX || ice_old_knows(ice, path))
        return;
    old->known = ptn_realloc(old->known, (old->known_count + 1) * sizeof *old->known);
    old->known[old->known_count++] = *path;
}

void ice_old_retire(struct ptn_ice *ice) {
    struct ice_old *old = &ice->old;
    ice_creds_clear(&old->local);
    ice_creds_clear(&old->remote);
    free(old->pair);
    free(old->peer);
    old->pair = NULL;
    old->peer = NULL;
}

void ice_old_done(struct ptn_ice *ice) {
    ice_old_retire(ice);
    free(ice->old.known);
    ice->old.known = NULL;
    ice->old.known_count = 0;
}

static void learn_known_paths(struct ptn_ice *ice) {
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i]->is_known)
            ice_old_learn(ice, &ice->pairs[i]->path);
    }
}

/* Moves the selected pair and its candidate out of the lists, so that they survive. */
static void keep_selected(struct ptn_ice *ice) {
    struct ice_pair *p = ice->selected;
    if (!p)
        return;
    for (size_t i = 0; i < ice->pair_count; i++) {
        if (ice->pairs[i] == p)
            ice->pairs[i] = ice->pairs[--ice->pair_count];
    }
    for (size_t i = 0; i < ice->remote_count; i++) {
        if (ice->remotes[i] == p->remote)
            ice->remotes[i] = ice->remotes[--ice->remote_count];
    }
    p->is_old = true;
    ice->old.pair = p;
    ice->old.peer = p->remote;
}

void ice_generation_clear(struct ptn_ice *ice) {
    for (size_t i = 0; i < ice->pair_count; i++)
        free(ice->pairs[i]);
    for (size_t i = 0; i < ice->remote_count; i++)
        free(ice->remotes[i]);
    free(ice->pairs);
    ice->pairs = NULL;
    ice->pair_count = ice->pair_cap = ice->remote_count = 0;
}

static void shelve(struct ptn_ice *ice) {
    struct ice_old *old = &ice->old;
    ice_old_done(ice);
    old->local.ufrag = ptn_strdup(ice->local_creds.ufrag);
    old->local.pwd = ptn_strdup(ice->local_creds.pwd);
    old->remote = ice->remote_creds;
    ice->remote_creds = (struct ice_creds){0};
}

void ice_generation_begin(struct ptn_ice *ice) {
    bool is_second = ice->selected && ice->selected->is_old; /* restarted twice, none worked yet */
    if (!is_second)
        shelve(ice);
    learn_known_paths(ice);
    if (!is_second)
        keep_selected(ice);
    ice_generation_clear(ice);
    ice_creds_clear(&ice->remote_creds);
    ice->remote_is_done = ice->remote_is_lite = false;
    ice->has_given_up = ice->is_refused = false;
    ice->first_valid = ice->patience = PTN_NEVER;
}
