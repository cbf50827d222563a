/* A control side with a fake engine, a fake clock and clients that remember what they are told.
 *
 * Messages are written with single quotes, and with $S and $H for the current session and handle:
 *   say(r, "{'janus':'keepalive','session_id':$S,'transaction':'k1'}");
 *   expect(r, "{'janus':'ack','session_id':$S,'transaction':'k1'}"); */
#ifndef PTN_TESTS_RIG_H
#define PTN_TESTS_RIG_H

#include "test.h"

#include "control/control.h"
#include "control/fake_engine.h"

#define RIG_CLIENTS 2
#define INBOX 512

struct rig_client {
    struct ptn_client client;
    json_t *inbox[INBOX]; /* replies and events in the order they came */
    size_t count, read;
    unsigned begun, over; /* session_begun, session_over */
    enum ptn_session_end how;
    bool gone; /* nothing may come any more */
};

struct rig {
    struct ptn_control_config cfg; /* change before rig_start */
    struct ptn_control *control;
    struct ptn_engine *engine;
    struct ptn_rng_seed seed;
    struct rig_client client[RIG_CLIENTS];
    size_t me; /* the client that speaks and is asked */
    uint64_t session, handle;
};

struct rig *rig_new(void); /* with the defaults; rig_start follows */
void rig_start(struct rig *r);
void rig_free(struct rig *r);              /* checks that nothing unexpected was said */
struct rig *rig_ready(const char *plugin); /* started, with a session and a handle of the plugin */
void rig_create(struct rig *r);
void rig_attach(struct rig *r, const char *plugin);
void rig_forget(struct rig *r); /* all messages so far */
void rig_advance(struct rig *r, ptn_time dt);

void say(struct rig *r, const char *text);
void say_json(struct rig *r, json_t *root);
json_t *rig_json(const struct rig *r, const char *text); /* quotes and names replaced */
void expect(struct rig *r, const char *text);            /* the next message equals this */
void expect_like(struct rig *r, const char *text);       /* the next message has at least this */
void expect_error(struct rig *r, int code, const char *reason); /* NULL: any reason */
void expect_nothing(struct rig *r);
json_t *next_message(struct rig *r); /* borrowed */

/* {'janus':'message'} with this body and, when not NULL, a jsep object of this type and SDP. */
void say_message(struct rig *r, const char *body, const char *type, const char *sdp);
void gathered(struct rig *r);
void notice(struct rig *r, struct ptn_notice n); /* of the latest peer */
void closed(struct rig *r, const char *reason);
/* An offer is answered with the echo plugin or the test plugin: message, ack, event. Returns the
 * answer's SDP, borrowed. */
const char *call(struct rig *r, const char *body, const char *sdp);

extern const char *const offer_av;      /* audio (opus, pcmu) and video (vp8 with rtx, h264) */
extern const char *const offer_av_data; /* and data */

/* "janus.plugin.test" does what the body says: {'do':'success'|'ack'|'fail'|'later'|'silent'|
 * 'answer'}. Of 'later' the oldest is kept in test_pending until the test ends it. */
extern const struct ptn_plugin ptn_plugin_test;
struct test_pending {
    struct ptn_request *request[32];
    size_t count;
};
extern struct test_pending test_pending;
void test_finish_first(const char *result); /* event {'result':…}, then done */

#endif
