/* portunus-load: echo peers against a server that speaks the Janus API. */
#include <stdio.h>

#include "base/log.h"
#include "load/internal.h"

int main(int argc, char **argv) {
    static struct load l = {.epoll = -1};
    int stop = options_read(&l.opt, argc, argv);
    if (stop)
        return stop - 1;
    ptn_log_set_level(PTN_LOG_WARN);
    if (!load_open(&l)) {
        fputs("portunus-load: cannot start\n", stderr);
        load_close(&l);
        return 1;
    }
    load_run(&l);
    bool good = report(&l);
    load_close(&l);
    return good ? 0 : 1;
}
