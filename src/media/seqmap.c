#include "media/seqmap.h"

#include <string.h>

void ptn_seqmap_align(struct ptn_seqmap *m, int64_t in, int64_t out) {
    *m = (struct ptn_seqmap){.aligned = true, .floor = in, .newest = in - 1, .delta = in - out};
}

void ptn_seqmap_reach_back(struct ptn_seqmap *m, int64_t n) {
    m->floor -= n;
}

/* The oldest drop becomes part of delta; numbers up to it can no longer be told apart. */
static void forget_oldest(struct ptn_seqmap *m) {
    m->floor = m->drop[0] + 1 > m->floor ? m->drop[0] + 1 : m->floor;
    m->delta++;
    m->drop_count--;
    memmove(m->drop, m->drop + 1, m->drop_count * sizeof m->drop[0]);
}

void ptn_seqmap_drop(struct ptn_seqmap *m, int64_t in) {
    if (!m->aligned || in <= m->newest)
        return;
    if (m->drop_count == PTN_SEQMAP_DROPS)
        forget_oldest(m);
    m->drop[m->drop_count++] = in;
    m->newest = in;
}

bool ptn_seqmap_out(struct ptn_seqmap *m, int64_t in, int64_t *out) {
    if (!m->aligned || in < m->floor || in <= m->newest - PTN_SEQMAP_LATE)
        return false;
    if (in > m->newest)
        m->newest = in;
    size_t below = m->drop_count;
    while (below > 0 && m->drop[below - 1] > in)
        below--;
    if (below > 0 && m->drop[below - 1] == in)
        return false; /* it was left out: its number belongs to its successor */
    *out = in - m->delta - (int64_t)below;
    return true;
}
