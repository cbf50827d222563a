/* The opening handshake of RFC 6455 4.2, and who may open. */
#ifndef PTN_WEB_WS_HANDSHAKE_H
#define PTN_WEB_WS_HANDSHAKE_H

#include <stdbool.h>

struct http_request;

/* Sends 101 and returns true, or sends a refusal, ends the connection and returns false. */
bool ws_handshake(struct http_request *req);

#endif
