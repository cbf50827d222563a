/* How this process takes its memory. First thing in main(). */
#include <malloc.h>

#include "dtls/dtls.h"
#include "main/internal.h"

#define STEP (256 * 1024)

void memory_setup(void) {
    /* One arena: packets do not allocate, so threads hardly meet, and an arena of a thread would
     * grow by a page and a system call at a time. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TOP_PAD, STEP);
    mallopt(M_TRIM_THRESHOLD, 8 * STEP);
    ptn_ignore(ptn_dtls_watch_memory() ? PTN_OK : PTN_EIO, "then peers keep 20 kB more");
}
