#include "base/time.h"

#include <time.h>

static int64_t read_clock(clockid_t id) {
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * PTN_SECOND + ts.tv_nsec / 1000;
}

ptn_time ptn_time_now(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int64_t ptn_time_wall(void) {
    return read_clock(CLOCK_REALTIME);
}
