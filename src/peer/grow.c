#include "peer/internal.h"

#include "base/mem.h"

bool grow(void **array, size_t *cap, size_t count, size_t limit, size_t item) {
    if (count < *cap)
        return true;
    if (count >= limit)
        return false;
    size_t next = *cap ? *cap * 2 : 8;
    if (next > limit)
        next = limit;
    *array = ptn_realloc(*array, next * item);
    *cap = next;
    return true;
}
