/* A media engine that only remembers what it was told. Linked instead of the real one. */
#ifndef PTN_TESTS_FAKE_ENGINE_H
#define PTN_TESTS_FAKE_ENGINE_H

#include "worker/engine.h"

#define FAKE_LINES 256

struct ptn_engine {
    char line[FAKE_LINES][160]; /* what was called, oldest first; further calls are not kept */
    size_t lines;
    uint64_t next_id;
    uint64_t peer; /* of the latest ptn_engine_peer_new */
    struct ptn_peer_params params;
    struct ptn_plan *plan; /* the latest; one reference */
    struct ptn_cand cand;  /* the latest of the peer's */
    size_t live;           /* made and not closed */
    bool refuse_peers, refuse_plans;
};

struct ptn_engine *fake_engine_new(void);
void fake_engine_free(struct ptn_engine *e);
void fake_engine_forget(struct ptn_engine *e);                          /* the lines so far */
size_t fake_engine_count(const struct ptn_engine *e, const char *line); /* equal lines */
/* One local candidate, 192.0.2.1:40000, as the GATHERED notice of this peer. */
struct ptn_notice fake_engine_gathered(uint64_t peer);

#endif
