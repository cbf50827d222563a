/* portunus.jcfg (janus.jcfg): the process, WebRTC media, and what all transports share. */
#include "base/mem.h"
#include "config/schema.h"

#define YEAR 31536000 /* seconds */

static const struct ptn_key keys[] = {
/* the order is that of the sample file */
/* clang-format off */
#include "config/core_general.h"
#include "config/core_media.h"
#include "config/core_web.h"
#include "config/core_nat.h"
#include "config/core_modules.h"
    /* clang-format on */
};

const struct ptn_schema ptn_schema_core = {
    .name = "core",
    .package = "",
    .title = "The process, WebRTC media, and what all transports share",
    .since = "0.1.0",
    .without_file = true,
    .has_sample = true,
    .keys = keys,
    .count = PTN_COUNT_OF(keys),
};
