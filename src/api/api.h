/* The Janus API as transports see it: a JSON object comes in for a client, one reply goes out for
 * its cookie, events go out for sessions. Knows no transport. Control thread only. */
#ifndef PTN_API_API_H
#define PTN_API_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct ptn_api;
struct ptn_client;

enum ptn_session_end {
    PTN_SESSION_DESTROYED, /* by request */
    PTN_SESSION_TIMEOUT,   /* the timeout event has been delivered before this call */
    PTN_SESSION_CLAIMED,   /* another client owns it now */
    PTN_SESSION_SHUTDOWN,
};

/* What a transport implements. json is borrowed in all calls: take a reference to keep it. None of
 * them calls back into the API: what they decide (to close a connection) they do afterwards. */
struct ptn_client_ops {
    const char *package; /* "janus.transport.http" */
    /* The one direct reply to the request given with this cookie. */
    void (*reply)(struct ptn_client *client, uint64_t cookie, json_t *json);
    /* An event of a session this client owns. Order is kept. */
    void (*event)(struct ptn_client *client, uint64_t session, json_t *json);
    /* The client owns this session from now on (create or claim). */
    void (*session_begun)(struct ptn_client *client, uint64_t session);
    void (*session_over)(struct ptn_client *client, uint64_t session, enum ptn_session_end how);
};

/* Embedded in the transport's own struct. A WebSocket connection is one client; all of HTTP is one
 * client, which keeps a queue of events per session. */
struct ptn_client {
    const struct ptn_client_ops *ops;
    uint64_t id; /* for logs and event handlers */
};

/* One request. root is stolen; cookie comes back in reply, now or later, exactly once, unless the
 * client has gone before. For text that is not JSON use ptn_api_reject. */
void ptn_api_request(struct ptn_api *api, struct ptn_client *client, uint64_t cookie, json_t *root);
/* Answers with an error object without looking further (454, 455, 450, 457); reason NULL: default
 * text. */
void ptn_api_reject(struct ptn_api *api, struct ptn_client *client, uint64_t cookie, int code,
                    const char *reason);
/* A long poll counts as a request: refreshes the session's activity after checking credentials.
 * apisecret/token may be NULL.  PTN_EAUTH, PTN_ENOENT. */
PTN_MUST_CHECK ptn_err ptn_api_touch(struct ptn_api *api, uint64_t session, const char *apisecret,
                                     const char *token);
/* The client's connection is gone: its sessions are destroyed or wait to be claimed. No call to its
 * ops follows. */
void ptn_api_client_gone(struct ptn_api *api, struct ptn_client *client);
/* {"janus":"server_info",…}; transaction may be NULL: a random one. New reference. */
json_t *ptn_api_info(struct ptn_api *api, const char *transaction);
json_t *ptn_api_pong(const char *transaction);
/* Reply object with an error; session 0 and transaction NULL are left out. New reference. */
json_t *ptn_api_error(uint64_t session, const char *transaction, int code, const char *reason);

#endif
