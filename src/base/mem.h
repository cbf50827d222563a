/* Memory that *we* size. It never fails: the process aborts instead (a limit was forgotten).
 * What a *peer* sizes comes from a budget and is refused by the code that holds the budget. */
#ifndef PTN_BASE_MEM_H
#define PTN_BASE_MEM_H

#include <stddef.h>

void *ptn_alloc(size_t size);            /* zeroed; free() it */
void *ptn_realloc(void *p, size_t size); /* new bytes are not zeroed */
char *ptn_strdup(const char *s);         /* NULL stays NULL */
char *ptn_strndup(const char *s, size_t n);
/* Overwrites a secret in a way the compiler keeps. NULL is allowed when n is 0. */
void ptn_wipe(void *p, size_t n);

#define ptn_new(type) ((type *)ptn_alloc(sizeof(type)))
#define ptn_new_array(type, n) ((type *)ptn_alloc(sizeof(type) * (size_t)(n)))
#define PTN_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ptn_container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
