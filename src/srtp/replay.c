#include "srtp/internal.h"

static bool get(const struct replay *r, uint64_t index) {
    uint64_t bit = index % r->size;
    return r->bits[bit / 64] >> (bit % 64) & 1;
}

static void set(struct replay *r, uint64_t index, bool value) {
    uint64_t bit = index % r->size, mask = UINT64_C(1) << (bit % 64);
    if (value)
        r->bits[bit / 64] |= mask;
    else
        r->bits[bit / 64] &= ~mask;
}

bool replay_is_new(const struct replay *r, uint64_t index) {
    if (!r->started || index > r->highest)
        return true;
    return r->highest - index < r->size && !get(r, index);
}

void replay_add(struct replay *r, uint64_t index) {
    if (!r->started) {
        r->started = true;
        r->highest = index;
    } else if (index > r->highest) {
        uint64_t step = index - r->highest;
        if (step > r->size)
            step = r->size;
        for (uint64_t i = 0; i < step; i++) /* what the window slides over is not seen yet */
            set(r, index - i, false);
        r->highest = index;
    }
    set(r, index, true);
}

bool replay_guess(const struct replay *r, uint16_t seq, uint64_t *index) {
    if (!r->started) {
        *index = seq;
        return true;
    }
    uint16_t last = (uint16_t)r->highest;
    int64_t step = (int16_t)(uint16_t)(seq - last);
    if (step == INT16_MIN && last < 0x8000) /* exactly half way round: the RFC stays in this ROC */
        step = -step;
    if (step < 0 && (uint64_t)-step > r->highest)
        return false;
    *index = r->highest + (uint64_t)step;
    return true;
}
