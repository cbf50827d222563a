/* The fields of a request: types and ranges, all checked before anything is applied. */
#include <stdio.h>

#include "base/mem.h"
#include "echotest/internal.h"

enum type { BOOL, UINT, INT, STRING };
enum later { NOW, NEVER_YET, YET_IF_TRUE }; /* fields whose feature does not exist yet */

static const char *const type_names[] = {"a boolean", "a positive integer", "an integer",
                                         "a string"};

static const struct field {
    const char *name;
    enum type type;
    int64_t max; /* of numbers; 0: none */
    bool counts; /* makes a request valid by itself */
    enum later later;
    const char *feature;
} fields[] = {
    {"audio", BOOL, 0, true, NOW, NULL},
    {"video", BOOL, 0, true, NOW, NULL},
    {"bitrate", UINT, UINT32_MAX, true, NOW, NULL},
    {"record", BOOL, 0, true, YET_IF_TRUE, "recording"},
    {"filename", STRING, 0, false, NOW, NULL},
    {"substream", UINT, 2, true, NEVER_YET, "simulcast layer selection"},
    {"temporal", UINT, 2, true, NEVER_YET, "simulcast layer selection"},
    {"fallback", UINT, 0, true, NEVER_YET, "simulcast layer selection"},
    {"svc", BOOL, 0, false, NOW, NULL},
    {"spatial_layer", UINT, 2, true, NEVER_YET, "SVC layer selection"},
    {"temporal_layer", UINT, 2, true, NEVER_YET, "SVC layer selection"},
    {"audiocodec", STRING, 0, false, NOW, NULL},
    {"videocodec", STRING, 0, true, NOW, NULL},
    {"videoprofile", STRING, 0, true, NOW, NULL},
    {"opusred", BOOL, 0, true, NOW, NULL},
    {"min_delay", INT, 0, true, NOW, NULL},
    {"max_delay", INT, 0, true, NOW, NULL},
};

static bool has_type(const json_t *v, enum type type) {
    switch (type) {
    case BOOL:
        return json_is_boolean(v);
    case UINT:
        return json_is_integer(v) && json_integer_value(v) >= 0;
    case INT:
        return json_is_integer(v);
    case STRING:
        return json_is_string(v);
    }
    return false;
}

static int check_field(const struct field *f, const json_t *v, char *why, size_t cap) {
    if (!has_type(v, f->type)) {
        snprintf(why, cap, "Invalid element type (%s should be %s)", f->name, type_names[f->type]);
        return ECHO_INVALID_ELEMENT;
    }
    if (f->max > 0 && json_integer_value(v) > f->max) {
        snprintf(why, cap, "Invalid value (%s should be at most %lld)", f->name, (long long)f->max);
        return ECHO_INVALID_ELEMENT;
    }
    return 0;
}

static int check_feature(const struct field *f, const json_t *v, char *why, size_t cap) {
    if (f->later == NOW || (f->later == YET_IF_TRUE && !json_is_true(v)))
        return 0;
    snprintf(why, cap, "%s: %s is not supported yet", f->name, f->feature);
    return ECHO_INVALID_ELEMENT;
}

int echo_validate(const json_t *body, bool has_offer, char *why, size_t cap) {
    bool counts = has_offer;
    int code = 0;
    for (size_t i = 0; i < PTN_COUNT_OF(fields) && code == 0; i++) {
        const json_t *v = json_object_get(body, fields[i].name);
        counts |= v && fields[i].counts;
        if (v)
            code = check_field(&fields[i], v, why, cap);
    }
    if (code == 0 && !counts) {
        snprintf(why, cap, "No supported attributes found");
        code = ECHO_INVALID_ELEMENT;
    }
    for (size_t i = 0; i < PTN_COUNT_OF(fields) && code == 0; i++) {
        const json_t *v = json_object_get(body, fields[i].name);
        if (v)
            code = check_feature(&fields[i], v, why, cap);
    }
    return code;
}
