#include "media/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"

struct ptn_plan *ptn_plan_new(size_t mlines) {
    assert(mlines <= PTN_PLAN_MLINES_MAX);
    struct ptn_plan *plan = ptn_alloc(sizeof *plan + mlines * sizeof(struct ptn_plan_mline));
    atomic_init(&plan->refs, 1);
    plan->mline_count = mlines;
    return plan;
}

struct ptn_plan *ptn_plan_ref(struct ptn_plan *plan) {
    atomic_fetch_add_explicit(&plan->refs, 1, memory_order_relaxed);
    return plan;
}

void ptn_plan_unref(struct ptn_plan *plan) {
    if (!plan || atomic_fetch_sub_explicit(&plan->refs, 1, memory_order_acq_rel) != 1)
        return;
    ptn_wipe(plan->remote_pwd, sizeof plan->remote_pwd);
    ptn_wipe(plan->local_pwd, sizeof plan->local_pwd);
    free(plan);
}
