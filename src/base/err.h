/* The one result type. A code names a reaction of the caller, not a place in the code. */
#ifndef PTN_BASE_ERR_H
#define PTN_BASE_ERR_H

#define PTN_MUST_CHECK __attribute__((warn_unused_result))
#define PTN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

typedef enum ptn_err {
    PTN_OK = 0,
    PTN_EMALFORMED,   /* the bytes are not what the protocol says: drop and count */
    PTN_EAUTH,        /* integrity, replay or fingerprint check failed: drop and count */
    PTN_EPROTO,       /* well-formed, but not acceptable in this state: drop and count */
    PTN_ELIMIT,       /* a named limit is reached: the new is refused, the old is kept */
    PTN_EIO,          /* the operating system refused: the owner logs once and decides */
    PTN_ECLOSED,      /* the object has ended: nothing further will come of it */
    PTN_ENOENT,       /* no such object: a late message, a wrong id */
    PTN_EINVALID,     /* an operator or API user asked for something impossible */
    PTN_EUNSUPPORTED, /* understood, but this build or this peer cannot do it */
} ptn_err;

/* A short stable name for logs and counters ("malformed"). Never NULL. Any thread. */
const char *ptn_err_name(ptn_err err);

/* Returns from the calling function when expr failed. Only where nothing is owned yet. */
#define PTN_TRY(expr)                                                                              \
    do {                                                                                           \
        ptn_err ptn_try_err_ = (expr);                                                             \
        if (ptn_try_err_ != PTN_OK)                                                                \
            return ptn_try_err_;                                                                   \
    } while (0)

/* Says aloud why a result does not matter. */
static inline void ptn_ignore(ptn_err err, const char *why) {
    (void)err;
    (void)why;
}

#endif
