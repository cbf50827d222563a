/* Request targets: percent decoding, path components, query arguments. */
#ifndef PTN_WEB_URL_H
#define PTN_WEB_URL_H

#include <stdbool.h>

#include "base/bytes.h"

/* Decodes the path of a target (what stands before '?') into out, which holds at least target.n + 1
 * bytes, and terminates it. query: what follows the '?', borrowed, still encoded; p NULL without.
 *  returns false when it does not start with '/', an escape is broken, or a NUL byte results. */
bool url_split(struct ptn_bytes target, char *out, struct ptn_bytes *query);
/* The decoded value of the first argument of this name ("+" is a space), cut at cap; false when
 * there is none or it is broken. out is then "". */
bool url_arg(struct ptn_bytes query, const char *name, char *out, size_t cap);
/* Whether a decoded path could leave its folder or means something to a file system that a URL does
 * not say: a component "." or "..", a backslash, a control byte. */
bool url_path_is_odd(const char *path);
/* A decimal number without sign that fits 64 bits. */
bool url_number(const char *text, size_t n, uint64_t *out);

#endif
