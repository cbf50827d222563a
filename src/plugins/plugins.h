/* The plugins compiled in. */
#ifndef PTN_PLUGINS_PLUGINS_H
#define PTN_PLUGINS_PLUGINS_H

#include "portunus/plugin.h"

extern const struct ptn_plugin ptn_plugin_echotest;

#endif
