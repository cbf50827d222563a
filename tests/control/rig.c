#include "control/rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "plugins/plugins.h"

static ptn_time clock_now;

static ptn_time clock_read(void) {
    return clock_now;
}

/* -- clients ----------------------------------------------------------------------------------- */

static struct rig_client *client_of(struct ptn_client *c) {
    return ptn_container_of(c, struct rig_client, client);
}

static void keep(struct rig_client *c, json_t *json) {
    CHECK(!c->gone, "a client that has gone is told something");
    CHECK(c->count < INBOX, "too many messages for a test");
    c->inbox[c->count++] = json_deep_copy(json);
}

static void on_reply(struct ptn_client *client, uint64_t cookie, json_t *json) {
    CHECK(cookie == 77, "the cookie comes back");
    keep(client_of(client), json);
}

static void on_event(struct ptn_client *client, uint64_t session, json_t *json) {
    json_t *id = json_object_get(json, "session_id");
    CHECK((uint64_t)json_integer_value(id) == session, "the event belongs to its session");
    keep(client_of(client), json);
}

static void on_begun(struct ptn_client *client, uint64_t session) {
    (void)session;
    client_of(client)->begun++;
}

static void on_over(struct ptn_client *client, uint64_t session, enum ptn_session_end how) {
    (void)session;
    CHECK(!client_of(client)->gone, "a client that has gone is told something");
    client_of(client)->over++;
    client_of(client)->how = how;
}

static const struct ptn_client_ops ops = {"janus.transport.test", on_reply, on_event, on_begun,
                                          on_over};

/* -- life -------------------------------------------------------------------------------------- */

struct rig *rig_new(void) {
    static const struct ptn_plugin *const plugins[] = {&ptn_plugin_echotest, &ptn_plugin_test};
    struct rig *r = ptn_new(struct rig);
    clock_now = 1000 * PTN_SECOND;
    ptn_log_set_level(getenv("PTN_TEST_LOG") ? PTN_LOG_DBG : PTN_LOG_NONE);
    test_pending.count = 0;
    r->cfg = (struct ptn_control_config){
        .session_timeout = 60 * PTN_SECOND,
        .candidates_timeout = 45 * PTN_SECOND,
        .server_name = "Test",
        .no_media_timer = PTN_SECOND,
        .min_nack_queue_ms = 200,
        .twcc_period_ms = 200,
        .dtls_mtu = 1200,
        .plugins = plugins,
        .plugin_count = PTN_COUNT_OF(plugins),
        .rng = ptn_rng_seeded(&r->seed, 1),
        .now = clock_read,
    };
    r->cfg.fingerprint = (struct ptn_fingerprint){.hash = PTN_SHA256, .len = 32};
    assert_true(ptn_addr_parse("192.0.2.1", 0, &r->cfg.local_addr) == PTN_OK);
    for (size_t i = 0; i < RIG_CLIENTS; i++)
        r->client[i].client = (struct ptn_client){&ops, i + 1};
    return r;
}

void rig_start(struct rig *r) {
    r->engine = fake_engine_new();
    assert_int_equal(ptn_control_new(&r->cfg, &r->control), PTN_OK);
    ptn_control_set_engine(r->control, r->engine);
}

static void inbox_check(const struct rig_client *c, size_t i) {
    char *text = c->read < c->count ? json_dumps(c->inbox[c->read], JSON_COMPACT) : NULL;
    CHECK(!text, "client %zu was told: %s", i, text);
}

void rig_forget(struct rig *r) {
    struct rig_client *c = &r->client[r->me];
    for (size_t k = 0; k < c->count; k++)
        json_decref(c->inbox[k]);
    c->count = c->read = 0;
}

void rig_free(struct rig *r) {
    for (size_t i = 0; i < RIG_CLIENTS; i++)
        inbox_check(&r->client[i], i);
    ptn_control_shutdown(r->control);
    for (r->me = 0; r->me < RIG_CLIENTS; r->me++)
        rig_forget(r);                    /* what waited has been refused */
    assert_int_equal(r->engine->live, 0); /* every peer was closed */
    ptn_control_free(r->control);
    fake_engine_free(r->engine);
    free(r);
}

void rig_create(struct rig *r) {
    say(r, "{'janus':'create','transaction':'create'}");
    json_t *reply = next_message(r);
    r->session =
        (uint64_t)json_integer_value(json_object_get(json_object_get(reply, "data"), "id"));
    assert_true(r->session > 0);
}

void rig_attach(struct rig *r, const char *plugin) {
    char text[200];
    snprintf(text, sizeof text,
             "{'janus':'attach','session_id':$S,'transaction':'attach','plugin':'%s',"
             "'opaque_id':'me'}",
             plugin);
    say(r, text);
    json_t *reply = next_message(r);
    r->handle = (uint64_t)json_integer_value(json_object_get(json_object_get(reply, "data"), "id"));
    assert_true(r->handle > 0);
}

struct rig *rig_ready(const char *plugin) {
    struct rig *r = rig_new();
    rig_start(r);
    rig_create(r);
    rig_attach(r, plugin);
    return r;
}

void rig_advance(struct rig *r, ptn_time dt) {
    ptn_time end = clock_now + dt;
    for (ptn_time due; (due = ptn_control_next_timeout(r->control)) <= end;) {
        clock_now = due > clock_now ? due : clock_now;
        ptn_control_handle_timeout(r->control, clock_now);
    }
    clock_now = end;
}

/* -- talk -------------------------------------------------------------------------------------- */

json_t *rig_json(const struct rig *r, const char *text) {
    struct ptn_str s;
    json_error_t error;
    ptn_str_init(&s);
    for (; *text; text++) {
        if (text[0] == '$' && (text[1] == 'S' || text[1] == 'H'))
            ptn_str_addf(&s, "%" PRIu64, *++text == 'S' ? r->session : r->handle);
        else
            ptn_str_addn(&s, *text == '\'' ? "\"" : text, 1);
    }
    json_t *json = json_loads(s.s, JSON_DECODE_ANY, &error);
    CHECK(json, "%s in %s", error.text, s.s);
    ptn_str_done(&s);
    return json;
}

void say_json(struct rig *r, json_t *root) {
    ptn_api_request(ptn_control_api(r->control), &r->client[r->me].client, 77, root);
}

void say(struct rig *r, const char *text) {
    say_json(r, rig_json(r, text));
}

json_t *next_message(struct rig *r) {
    struct rig_client *c = &r->client[r->me];
    CHECK(c->read < c->count, "no message came");
    return c->inbox[c->read++];
}

static void differ(json_t *got, json_t *wanted) {
    char *a = json_dumps(got, JSON_COMPACT), *b = json_dumps(wanted, JSON_COMPACT);
    print_error("got    %s\nwanted %s\n", a, b);
    free(a);
    free(b);
    fail();
}

void expect(struct rig *r, const char *text) {
    json_t *wanted = rig_json(r, text), *got = next_message(r);
    if (!json_equal(got, wanted))
        differ(got, wanted);
    json_decref(wanted);
}

static bool has(json_t *got, json_t *wanted) {
    const char *key;
    json_t *value;
    if (!json_is_object(wanted))
        return json_equal(got, wanted);
    json_object_foreach(wanted, key,
                        value) if (!json_object_get(got, key) ||
                                   !has(json_object_get(got, key), value)) return false;
    return true;
}

void expect_like(struct rig *r, const char *text) {
    json_t *wanted = rig_json(r, text), *got = next_message(r);
    if (!has(got, wanted))
        differ(got, wanted);
    json_decref(wanted);
}

void expect_error(struct rig *r, int code, const char *reason) {
    json_t *got = next_message(r), *error = json_object_get(got, "error");
    assert_string_equal(json_string_value(json_object_get(got, "janus")), "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
    if (reason)
        assert_string_equal(json_string_value(json_object_get(error, "reason")), reason);
}

void expect_nothing(struct rig *r) {
    struct rig_client *c = &r->client[r->me];
    char *text = c->read < c->count ? json_dumps(c->inbox[c->read], JSON_COMPACT) : NULL;
    CHECK(!text, "was told: %s", text);
}

void say_message(struct rig *r, const char *body, const char *type, const char *sdp) {
    json_t *root = rig_json(r, "{'janus':'message','session_id':$S,'handle_id':$H,"
                               "'transaction':'m'}");
    json_object_set_new(root, "body", rig_json(r, body));
    if (type)
        json_object_set_new(root, "jsep", json_pack("{s:s, s:s}", "type", type, "sdp", sdp));
    say_json(r, root);
}

void notice(struct rig *r, struct ptn_notice n) {
    n.peer = r->engine->peer;
    ptn_control_notice(r->control, &n);
}

void gathered(struct rig *r) {
    notice(r, fake_engine_gathered(r->engine->peer));
}

void closed(struct rig *r, const char *reason) {
    struct ptn_notice n = {.type = PTN_NOTICE_CLOSED};
    ptn_str_copy(n.text, sizeof n.text, reason);
    notice(r, n);
}

const char *call(struct rig *r, const char *body, const char *sdp) {
    say_message(r, body, "offer", sdp);
    gathered(r);
    expect_like(r, "{'janus':'ack'}");
    json_t *event = next_message(r), *jsep = json_object_get(event, "jsep");
    const char *answer = json_string_value(json_object_get(jsep, "sdp"));
    CHECK(answer, "no answer");
    return answer;
}

/* -- the test plugin --------------------------------------------------------------------------- */

struct test_pending test_pending;

struct test_state {
    struct ptn_handle *handle;
};

static ptn_err test_attach(void *plugin, struct ptn_handle *handle, void **state) {
    (void)plugin;
    if (ptn_handle_opaque_id(handle) && strcmp(ptn_handle_opaque_id(handle), "no") == 0)
        return PTN_EINVALID;
    struct test_state *t = ptn_new(struct test_state);
    t->handle = handle;
    *state = t;
    return PTN_OK;
}

static void test_detach(void *state) {
    test_pending.count = 0;
    free(state);
}

static uint64_t test_placement(void *state, const json_t *body) {
    (void)state;
    return (uint64_t)json_integer_value(json_object_get(body, "room"));
}

static void test_answer(struct ptn_request *r) {
    struct ptn_answer_mline lines[8] = {{0}};
    size_t n = ptn_offer_count(ptn_request_offer(r));
    for (size_t i = 0; i < n; i++)
        lines[i] = (struct ptn_answer_mline){.accept = true, .send = true, .recv = true};
    assert_int_equal(ptn_request_answer(r, lines, n, json_pack("{s:s}", "result", "answered")),
                     PTN_OK);
}

static void test_message(void *state, struct ptn_request *r) {
    const char *what = json_string_value(json_object_get(ptn_request_body(r), "do"));
    (void)state;
    if (!what || strcmp(what, "success") == 0) {
        ptn_request_success(r, json_pack("{s:s}", "result", "now"));
    } else if (strcmp(what, "ack") == 0) {
        ptn_request_ack(r, "hint");
        ptn_request_event(r, json_pack("{s:s}", "result", "event"));
    } else if (strcmp(what, "event") == 0) {
        ptn_request_event(r, json_pack("{s:s}", "result", "event"));
    } else if (strcmp(what, "fail") == 0) {
        ptn_request_fail(r, "The plugin says no");
    } else if (strcmp(what, "answer") == 0) {
        test_answer(r);
    } else if (strcmp(what, "close") == 0) {
        ptn_handle_close_peer(ptn_request_handle(r));
    } else if (strcmp(what, "later") == 0) {
        test_pending.request[test_pending.count++] = r;
        return;
    }
    ptn_request_done(r);
}

void test_finish_first(const char *result) {
    assert_true(test_pending.count > 0);
    struct ptn_request *r = test_pending.request[0];
    test_pending.count--;
    memmove(test_pending.request, test_pending.request + 1,
            test_pending.count * sizeof test_pending.request[0]);
    ptn_request_success(r, json_pack("{s:s}", "result", result));
    ptn_request_done(r);
}

const struct ptn_plugin ptn_plugin_test = {
    .package = "janus.plugin.test",
    .name = "Test",
    .author = "Portunus",
    .description = "Does as told",
    .version_string = "0.0.1",
    .version = 1,
    .config_name = "plugin.test",
    .attach = test_attach,
    .detach = test_detach,
    .placement = test_placement,
    .message = test_message,
};

/* -- offers ------------------------------------------------------------------------------------ */

#define SESSION "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define TRANSPORT                                                                                  \
    "a=ice-ufrag:AbCd\r\na=ice-pwd:0123456789abcdefghijklmn\r\na=ice-options:trickle\r\n"          \
    "a=fingerprint:sha-256 "                                                                       \
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:"   \
    "1E:1F\r\na=setup:actpass\r\n"
#define AUDIO                                                                                      \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\nc=IN IP4 0.0.0.0\r\n" TRANSPORT                          \
    "a=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\n"          \
    "a=msid:s a\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n"                                    \
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:0 PCMU/8000\r\na=ssrc:1001 cname:c\r\n"
#define VIDEO                                                                                      \
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\nc=IN IP4 0.0.0.0\r\n" TRANSPORT                  \
    "a=mid:1\r\na=extmap:3 "                                                                       \
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"                \
    "a=sendrecv\r\na=msid:s v\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"                                   \
    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n"             \
    "a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"                       \
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"                                                \
    "a=rtpmap:102 H264/90000\r\na=fmtp:102 "                                                       \
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n"                   \
    "a=rtpmap:103 H264/90000\r\na=fmtp:103 "                                                       \
    "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"                   \
    "a=ssrc-group:FID 2001 2002\r\na=ssrc:2001 cname:c\r\na=ssrc:2002 cname:c\r\n"
#define DATA                                                                                       \
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n" TRANSPORT           \
    "a=mid:2\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"

const char *const offer_av = SESSION "a=group:BUNDLE 0 1\r\n" AUDIO VIDEO;
const char *const offer_av_data = SESSION "a=group:BUNDLE 0 1 2\r\n" AUDIO VIDEO DATA;
