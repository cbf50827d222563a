/* The offers in vectors/: what browsers made (Chromium: captured; others: written after them). */
#ifndef PTN_TESTS_SDP_VECTORS_H
#define PTN_TESTS_SDP_VECTORS_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "sdp/sdp.h"

static const char *const vectors[] = {
    "chromium_av_data",    "chromium_recvonly", "chromium_simulcast",
    "chromium_sim_munged", "firefox_av_data",   "firefox_bundle_only",
    "firefox_simulcast",   "safari_av",         "old_forms",
};
#define VECTOR_COUNT (sizeof vectors / sizeof vectors[0])

/* All of a file; free it. */
static inline char *file_text(const char *path) {
    FILE *f = fopen(path, "rb");
    CHECK(f, "%s", path);
    char *text = calloc(1, 64 * 1024);
    CHECK(fread(text, 1, 64 * 1024 - 1, f) > 0, "%s", path);
    fclose(f);
    return text;
}

static inline char *vector_text(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.sdp", PTN_SDP_VECTORS, name);
    return file_text(path);
}

static inline struct ptn_sdp *sdp_of(const char *text) {
    struct ptn_sdp *sdp = NULL;
    char why[PTN_SDP_WHY];
    CHECK(ptn_sdp_parse(text, &sdp, why, sizeof why) == PTN_OK, "%s", why);
    return sdp;
}

static inline struct ptn_sdp *vector_sdp(const char *name) {
    char *text = vector_text(name);
    struct ptn_sdp *sdp = sdp_of(text);
    free(text);
    return sdp;
}

/* The written text; free it. */
static inline char *text_of(const struct ptn_sdp *sdp) {
    struct ptn_str out;
    ptn_str_init(&out);
    ptn_sdp_write(sdp, &out);
    char *text = ptn_str_take(&out);
    ptn_str_done(&out);
    return text;
}

/* In place: a text with CRLF becomes one with LF, to compare with a literal. */
static inline void drop_cr(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != '\r')
            *to++ = *from;
    *to = '\0';
}

#endif
