#include "net/acl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/internal.h"

#define SPACES " \t\r\n"

struct ptn_acl {
    struct pattern *list; /* owned; none: nobody */
    size_t count;
};

/* A comma separated list, item by item, without the spaces around each. */
struct items {
    const char *at;
    char *item;      /* owned: the current one */
    bool was_spaced; /* something was trimmed from it */
};

static bool items_next(struct items *it) {
    free(it->item);
    it->item = NULL;
    if (!it->at)
        return false;
    const char *comma = strchr(it->at, ',');
    size_t whole = comma ? (size_t)(comma - it->at) : strlen(it->at);
    size_t lead = strspn(it->at, SPACES);
    lead = lead < whole ? lead : whole;
    size_t n = whole - lead;
    while (n > 0 && strchr(SPACES, it->at[lead + n - 1]))
        n--;
    it->item = ptn_strndup(it->at + lead, n);
    it->was_spaced = n > 0 && n < whole;
    it->at = comma ? comma + 1 : NULL;
    return true;
}

static void acl_add(struct ptn_acl *acl, const char *item, struct ptn_where where,
                    struct ptn_problems *problems) {
    struct pattern p;
    const char *why;
    if (pattern_parse(item, &p, &why) != PTN_OK) {
        ptn_problems_error(problems, where, "'%s' %s", item, why);
        return;
    }
    char base[PTN_ADDR_TEXT];
    if (p.host_bits)
        ptn_problems_warn(problems, where, "'%s' admits all of %s/%u", item,
                          ptn_addr_ip_text(&p.cidr.base, base, sizeof base), p.cidr.bits);
    acl->list = ptn_realloc(acl->list, (acl->count + 1) * sizeof *acl->list);
    acl->list[acl->count++] = p;
}

static struct ptn_acl *acl_parse(const char *text, struct ptn_where where,
                                 struct ptn_problems *problems) {
    struct ptn_acl *acl = ptn_new(struct ptn_acl);
    struct items it = {.at = text};
    bool was_spaced = false;
    while (items_next(&it)) {
        was_spaced |= it.was_spaced;
        if (*it.item)
            acl_add(acl, it.item, where, problems);
    }
    if (was_spaced)
        ptn_problems_note(problems, where, "spaces around the items of \"%s\" do not count", text);
    return acl;
}

struct ptn_acl *ptn_acl_new(const char *text, struct ptn_where where,
                            struct ptn_problems *problems) {
    if (!text)
        return NULL;
    if (!*text) {
        ptn_problems_warn(problems, where, "is empty and admits everybody; leave it out to say so");
        return NULL;
    }
    size_t errors = ptn_problems_errors(problems);
    struct ptn_acl *acl = acl_parse(text, where, problems);
    if (ptn_problems_errors(problems) > errors)
        acl->count = 0; /* nobody */
    else if (acl->count == 0)
        ptn_problems_error(problems, where,
                           "\"%s\" names no address; leave it out to admit everybody", text);
    return acl;
}

void ptn_acl_free(struct ptn_acl *acl) {
    if (!acl)
        return;
    free(acl->list);
    free(acl);
}

bool ptn_acl_allows(const struct ptn_acl *acl, const struct ptn_addr *peer) {
    if (!acl)
        return true;
    for (size_t i = 0; i < acl->count; i++)
        if (pattern_has(&acl->list[i], peer))
            return true;
    return false;
}

bool ptn_acl_allows_forwarded(const struct ptn_acl *acl, const char *value) {
    if (!acl)
        return true;
    struct items it = {.at = value};
    bool all = *value != '\0';
    struct ptn_addr addr;
    while (all && items_next(&it))
        all = ptn_addr_parse(it.item, 0, &addr) == PTN_OK && ptn_acl_allows(acl, &addr);
    free(it.item);
    return all;
}

size_t ptn_acl_count(const struct ptn_acl *acl) {
    return acl ? acl->count : 0;
}
