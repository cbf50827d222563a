#include "base/err.h"

const char *ptn_err_name(ptn_err err) {
    switch (err) {
    case PTN_OK:
        return "ok";
    case PTN_EMALFORMED:
        return "malformed";
    case PTN_EAUTH:
        return "auth";
    case PTN_EPROTO:
        return "protocol";
    case PTN_ELIMIT:
        return "limit";
    case PTN_EIO:
        return "io";
    case PTN_ECLOSED:
        return "closed";
    case PTN_ENOENT:
        return "not-found";
    case PTN_EINVALID:
        return "invalid";
    case PTN_EUNSUPPORTED:
        return "unsupported";
    }
    return "unknown";
}
