/* Any text through the candidate parser; what it accepts is written, read and written the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ice/cand.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = ptn_strndup((const char *)data, size);
    struct ptn_cand c, back;
    if (ptn_cand_parse(text, &c) == PTN_OK) {
        char once[PTN_CAND_TEXT], twice[PTN_CAND_TEXT];
        ptn_cand_write(&c, once, sizeof once);
        ptn_err err = ptn_cand_parse(once, &back);
        assert(err == PTN_OK);
        assert(strcmp(once, ptn_cand_write(&back, twice, sizeof twice)) == 0);
    }
    free(text);
    return 0;
}
