/* A WebSocket client (RFC 6455) on its own non-blocking socket: text in, text out. It answers
 * pings, and ends the connection on anything else: extensions, binary frames, messages of more than
 * WS_MESSAGE_MAX bytes (in fragments or not), broken frames. */
#ifndef PTN_LOAD_WS_H
#define PTN_LOAD_WS_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/rng.h"

#define WS_MESSAGE_MAX (1024 * 1024)

struct ws;

/* Begins to connect; NULL when the kernel refuses at once. */
struct ws *ws_new(const struct ptn_addr *server, const char *host, const char *path,
                  const struct ptn_rng *rng);
void ws_free(struct ws *ws); /* NULL allowed; closes the socket */
int ws_fd(const struct ws *ws);
/* The socket has something to say (epoll). False: the connection has ended, ws_why says why. */
bool ws_handle_io(struct ws *ws);
bool ws_is_open(const struct ws *ws);
bool ws_wants_write(const struct ws *ws); /* wait for room to write, too */
/* The next message (free it); NULL: none yet. Messages that came before the end of the connection
 * can be had after it. */
char *ws_poll_text(struct ws *ws);
/* May be called before the connection is open: it is sent then. */
void ws_send_text(struct ws *ws, const char *text);
const char *ws_why(const struct ws *ws);

#endif
