#ifndef PTN_TESTS_SRTP_HEX_H
#define PTN_TESTS_SRTP_HEX_H

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* "00 ff..." to bytes; blanks are skipped. Returns the number of bytes. */
static inline size_t unhex(const char *text, uint8_t *out) {
    size_t n = 0;
    unsigned byte;
    for (; *text; text++) {
        if (isspace((unsigned char)*text))
            continue;
        if (sscanf(text, "%2x", &byte) != 1)
            return 0;
        out[n++] = (uint8_t)byte;
        text++;
    }
    return n;
}

#endif
