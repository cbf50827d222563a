/* Any sequence of requests, notices and time into a live control side with EchoTest.
 *
 * One step per line: a JSON request, in which $S, $H and $O stand for the latest session, the
 * latest handle and a good offer; "2" before it: from the second client. Or one letter:
 *   g gathered   u up   c closed   iN ice state N   mN media   sN slowlink   r remb
 *   tN N seconds pass   xN client N's connection is lost
 * Every request is answered exactly once, and no client is told anything after it has gone. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "control/control.h"
#include "control/fake_engine.h"
#include "plugins/plugins.h"

#define STEPS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ptn_time now;

static ptn_time clock_read(void) {
    return now;
}

struct fuzz_client {
    struct ptn_client client;
    uint64_t asked;
    uint8_t answered[STEPS_MAX];
    bool gone;
};

static struct {
    struct ptn_control *control;
    struct ptn_engine *engine;
    struct fuzz_client client[2];
    uint64_t session, handle;
} f;

static const char offer[] =
    "v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\na=group:BUNDLE 0 1\\r\\n"
    "a=ice-ufrag:AbCd\\r\\na=ice-pwd:0123456789abcdefghijklmn\\r\\n"
    "a=fingerprint:sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13\\r\\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\\r\\na=mid:0\\r\\na=sendrecv\\r\\n"
    "a=rtpmap:111 opus/48000/2\\r\\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\\r\\na=mid:1\\r\\na=sendrecv\\r\\na=rtpmap:96 VP8/90000\\r\\n";

static struct fuzz_client *client_of(struct ptn_client *c) {
    return ptn_container_of(c, struct fuzz_client, client);
}

/* What is said must be JSON that can be written, with everything it needs in it. */
static void look_at(const struct fuzz_client *c, json_t *json) {
    char *text = json_dumps(json, JSON_COMPACT);
    if (c->gone || !text || !json_is_string(json_object_get(json, "janus")))
        abort();
    free(text);
}

static void on_reply(struct ptn_client *client, uint64_t cookie, json_t *json) {
    struct fuzz_client *c = client_of(client);
    look_at(c, json);
    if (cookie >= c->asked || ++c->answered[cookie] > 1)
        abort();
    json_t *error = json_object_get(json, "error");
    json_t *id = json_object_get(json_object_get(json, "data"), "id");
    if (error && (!json_is_integer(json_object_get(error, "code")) ||
                  !json_is_string(json_object_get(error, "reason"))))
        abort();
    if (id && json_object_get(json, "session_id"))
        f.handle = (uint64_t)json_integer_value(id);
    else if (id)
        f.session = (uint64_t)json_integer_value(id);
}

static void on_event(struct ptn_client *client, uint64_t session, json_t *json) {
    look_at(client_of(client), json);
    if ((uint64_t)json_integer_value(json_object_get(json, "session_id")) != session)
        abort();
}

static void on_begun(struct ptn_client *client, uint64_t session) {
    (void)session;
    if (client_of(client)->gone)
        abort();
}

static void on_over(struct ptn_client *client, uint64_t session, enum ptn_session_end how) {
    (void)session;
    (void)how;
    if (client_of(client)->gone)
        abort();
}

static const struct ptn_client_ops ops = {"janus.transport.fuzz", on_reply, on_event, on_begun,
                                          on_over};

static void request(struct fuzz_client *c, const char *line, size_t n) {
    struct ptn_str s;
    ptn_str_init(&s);
    for (size_t i = 0; i < n; i++) {
        char what = line[i] == '$' && i + 1 < n ? line[i + 1] : '\0';
        if (what == 'S' || what == 'H')
            ptn_str_addf(&s, "%" PRIu64, what == 'S' ? f.session : f.handle);
        else if (what == 'O')
            ptn_str_add(&s, offer);
        else
            ptn_str_addn(&s, line + i, 1);
        i += what == 'S' || what == 'H' || what == 'O';
    }
    json_t *root = json_loads(s.s, JSON_DECODE_ANY, NULL);
    ptn_str_done(&s);
    if (root && !c->gone)
        ptn_api_request(ptn_control_api(f.control), &c->client, c->asked++, root);
    else
        json_decref(root);
}

static void tell(struct ptn_notice n) {
    n.peer = f.engine->peer;
    ptn_control_notice(f.control, &n);
}

static void closed(void) {
    struct ptn_notice n = {.type = PTN_NOTICE_CLOSED};
    ptn_str_copy(n.text, sizeof n.text, "DTLS alert");
    tell(n);
}

static void pass(unsigned seconds) {
    ptn_time end = now + seconds * PTN_SECOND;
    for (ptn_time due; (due = ptn_control_next_timeout(f.control)) <= end;) {
        now = due > now ? due : now;
        ptn_control_handle_timeout(f.control, now);
    }
    now = end;
}

static void lose(unsigned i) {
    struct fuzz_client *c = &f.client[i % 2];
    if (c->gone)
        return;
    c->gone = true;
    ptn_api_client_gone(ptn_control_api(f.control), &c->client);
}

static void step(const char *line, size_t n) {
    unsigned arg = n > 1 ? (unsigned char)line[1] - '0' : 0;
    bool second = n > 0 && line[0] == '2';
    switch (n > 0 ? line[second] : '\0') {
    case 'g':
        tell(fake_engine_gathered(0));
        break;
    case 'u':
        tell((struct ptn_notice){.type = PTN_NOTICE_UP});
        break;
    case 'c':
        closed();
        break;
    case 'i':
        tell((struct ptn_notice){.type = PTN_NOTICE_ICE,
                                 .ice_state = (enum ptn_ice_state)(arg % (PTN_ICE_FAILED + 1u))});
        break;
    case 'm':
        tell((struct ptn_notice){.type = PTN_NOTICE_MEDIA, .mindex = (uint16_t)arg, .layer = -1});
        break;
    case 's':
        tell((struct ptn_notice){.type = PTN_NOTICE_SLOWLINK, .mindex = (uint16_t)arg});
        break;
    case 'r':
        tell((struct ptn_notice){.type = PTN_NOTICE_REMB, .value = 1});
        break;
    case 't':
        pass(arg % 64);
        break;
    case 'x':
        lose(arg);
        break;
    default:
        request(&f.client[second], line + second, n - second);
    }
}

static void begin(struct ptn_rng_seed *seed) {
    static const struct ptn_plugin *const plugins[] = {&ptn_plugin_echotest};
    struct ptn_control_config cfg = {
        .session_timeout = 60 * PTN_SECOND,
        .reclaim_session_timeout = 20 * PTN_SECOND,
        .candidates_timeout = 45 * PTN_SECOND,
        .server_name = "Fuzz",
        .no_media_timer = PTN_SECOND,
        .plugins = plugins,
        .plugin_count = 1,
        .rng = ptn_rng_seeded(seed, 1),
        .now = clock_read,
    };
    cfg.fingerprint = (struct ptn_fingerprint){.hash = PTN_SHA256, .len = 32};
    if (ptn_addr_parse("192.0.2.1", 0, &cfg.local_addr) != PTN_OK ||
        ptn_control_new(&cfg, &f.control) != PTN_OK)
        abort();
    f.engine = fake_engine_new();
    ptn_control_set_engine(f.control, f.engine);
    for (size_t i = 0; i < 2; i++)
        f.client[i].client = (struct ptn_client){&ops, i + 1};
}

static void finish(void) {
    struct ptn_control_counts left;
    ptn_control_shutdown(f.control);
    left = ptn_control_count(f.control);
    if (left.sessions + left.handles + left.peers != 0)
        abort();
    for (size_t i = 0; i < 2; i++)
        for (uint64_t k = 0; k < f.client[i].asked && !f.client[i].gone; k++)
            if (f.client[i].answered[k] != 1)
                abort();
    ptn_control_free(f.control);
    fake_engine_free(f.engine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ptn_rng_seed seed;
    const char *at = (const char *)data, *end = at + size;
    ptn_log_set_level(PTN_LOG_NONE);
    memset(&f, 0, sizeof f);
    now = 1000 * PTN_SECOND;
    begin(&seed);
    for (size_t i = 0; i < STEPS_MAX && at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        step(at, (size_t)(stop - at));
        at = newline ? newline + 1 : end;
    }
    finish();
    return 0;
}
