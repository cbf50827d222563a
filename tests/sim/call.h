/* The usual call of two: a client that offers and a server that answers. */
#ifndef PTN_TESTS_SIM_CALL_H
#define PTN_TESTS_SIM_CALL_H

#include "sim/world.h"

struct call {
    struct world *w;
    struct party *client, *server; /* on loops of their own: 1 and 0 */
};

/* Parties that have negotiated and know each other's candidates; nothing has run yet. */
struct call call_new(const struct world_config *cfg, const struct call_options *options);
/* ... connected, echoing, tapped at the client, and publishing. */
struct call call_up(const struct world_config *cfg, const struct call_options *options);
void call_free(struct call *c);
/* The client's numbers [0, until) of a flow arrived once each, in a numbering without gaps. */
void call_expect_all(const struct call *c, enum flow flow, unsigned until);

#endif
