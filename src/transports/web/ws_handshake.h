/* The opening handshake of RFC 6455 4.2, and who may open. */
#ifndef PTN_WEB_WS_HANDSHAKE_H
#define PTN_WEB_WS_HANDSHAKE_H

#include <stdbool.h>

#include "base/bytes.h"

struct http_request;

#define WS_ACCEPT_TEXT 32 /* 28 characters of base64, NUL, and room that the encoder insists on */

/* Sends 101 and returns true, or sends a refusal, ends the connection and returns false. */
bool ws_handshake(struct http_request *req);
/* Sec-WebSocket-Accept for a key (4.2.2); false when the key is not 16 bytes of base64. */
bool ws_accept_of(struct ptn_bytes key, char out[WS_ACCEPT_TEXT]);

#endif
