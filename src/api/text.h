/* Text for replies that may hold cut or foreign bytes. */
#ifndef PTN_API_TEXT_H
#define PTN_API_TEXT_H

#include <jansson.h>

/* A JSON string, never NULL: JSON is UTF-8, and a text that was cut inside a character, or came
 * from elsewhere, may not be. The broken end is dropped; else foreign bytes become '?'. */
json_t *ptn_api_text(const char *text);

#endif
