/* WebSocket on a connection (RFC 6455): the handshake, messages, pings, closing. Each connection is
 * one client of the API. */
#ifndef PTN_WEB_WS_H
#define PTN_WEB_WS_H

struct http_request;
struct web_conn;

/* Decides about an upgrade request: answers 101 and turns the connection into a WebSocket, or
 * refuses and ends it. The request is consumed. */
void ws_upgrade(struct http_request *req);
/* At the end of the server: 1001, and the API is told that the client is gone. Harmless on
 * connections that are no WebSockets. */
void ws_goodbye(struct web_conn *conn);

#endif
