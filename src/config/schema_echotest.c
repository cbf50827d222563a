/* portunus.plugin.echotest.jcfg */
#include "base/mem.h"
#include "config/schema.h"

static const struct ptn_key keys[] = {
    {.section = "general",
     .name = "events",
     .type = KEY_BOOL,
     .def = "true",
     .flags = KEY_LATER,
     .help = "Tell event handlers about requests"},
};

const struct ptn_schema ptn_schema_echotest = {
    .name = "plugin.echotest",
    .package = ".plugin.echotest",
    .title = "EchoTest: sends a client its own media back",
    .since = "0.1.0",
    .without_file = true,
    .has_sample = true,
    .keys = keys,
    .count = PTN_COUNT_OF(keys),
};
