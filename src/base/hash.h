/* uthash with a hash function of ours: keyed by a secret of this process, since keys are addresses
 * and names that strangers choose. (Its default also falls through cases in a way clang refuses.)
 * Include this, never uthash.h itself. */
#ifndef PTN_BASE_HASH_H
#define PTN_BASE_HASH_H

#include <stddef.h>

/* 32 bits of a keyed hash of len bytes. Any thread. */
unsigned ptn_hash_bytes(const void *key, size_t len);

#define HASH_FUNCTION(key, len, out) ((out) = ptn_hash_bytes((key), (len)))
#include <uthash.h>

#endif
