/* The answer to a WebSocket client's key: proof that the server speaks the protocol. */
#ifndef PTN_WEB_WS_ACCEPT_H
#define PTN_WEB_WS_ACCEPT_H

#include <stdbool.h>

#include "base/bytes.h"

#define WS_ACCEPT_TEXT 32 /* 28 characters of base64, NUL, and room that the encoder insists on */

/* Sec-WebSocket-Accept for a key (RFC 6455 4.2.2); false when the key is not 16 bytes of base64. */
bool ws_accept_of(struct ptn_bytes key, char out[WS_ACCEPT_TEXT]);

#endif
