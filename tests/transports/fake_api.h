/* An API for tests of transports: it answers by simple rules that a client script can steer. */
#ifndef PTN_TESTS_FAKE_API_H
#define PTN_TESTS_FAKE_API_H

#include <uv.h>

#include "api/api.h"
#include "transports/web/web.h"

/* web: whose counters {"janus":"stats"} answers with; NULL when nobody asks. Verbs, beside ping,
 * info, create, destroy: echo     the request itself comes back as the reply, with "janus":"echo"
 *  never    no reply
 *  later    a reply after "ms"
 *  fill     a reply with a text of "bytes" characters
 *  events   ack, then "count" events {"janus":"event","n":0..} of the session, each "bytes" long
 *  timeout  ack, then the session's timeout event and its end
 *  steal    success, and another client owns the session now
 *  claim    success, the session is the requester's
 * create with "locked":true makes a session whose polls need apisecret "s3cret". */
void fake_api_init(uv_loop_t *loop, struct ptn_web **web);
void fake_api_done(void);
int fake_api_gone(void);        /* how many clients have gone since init */
size_t fake_api_sessions(void); /* now */

#endif
