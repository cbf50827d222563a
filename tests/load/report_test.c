/* The report of portunus-load: what it says of clients made up here, and its verdict. */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "load/internal.h"

#define PEERS 3

struct rig {
    struct load load;
    struct client client[PEERS];
    char path[64];
};

/* Sent 1000 packets; the first 10 were too early, of which 4 came all the same. */
static struct meter meter_of(uint64_t received) {
    return (struct meter){
        .sent = 1000, .first = 10, .started = true, .received = received, .early = 4};
}

static int setup(void **state) {
    static struct rig r;
    memset(&r, 0, sizeof r);
    strcpy(r.path, "/tmp/portunus-load-XXXXXX");
    int fd = mkstemp(r.path);
    r.load.client = r.client;
    r.load.opt.peers = PEERS;
    r.load.opt.json = r.path;
    for (unsigned i = 0; i < PEERS; i++) {
        r.client[i].step = STEP_GONE;
        r.client[i].stream_count = 2;
        strcpy(r.client[i].profile, i == 0 ? "SRTP_AES128_CM_SHA1_80" : "SRTP_AEAD_AES_128_GCM");
        r.client[i].stream[0].source.meter = meter_of(990);
        r.client[i].stream[1].source.meter = meter_of(990);
    }
    *state = &r;
    return close(fd);
}

static int teardown(void **state) {
    struct rig *r = *state;
    return unlink(r->path);
}

static json_t *written(struct rig *r, bool verdict) {
    assert_int_equal(report(&r->load), verdict);
    json_t *root = json_load_file(r->path, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    return root;
}

static double number(const json_t *root, const char *key) {
    const json_t *v = json_object_get(root, key);
    if (!json_is_number(v))
        fail_msg("%s is no number", key);
    return json_number_value(v);
}

static void nothing_lost(void **state) {
    json_t *root = written(*state, true);
    assert_true(number(root, "peers") == 3);
    assert_true(number(root, "failed") == 0);
    assert_true(number(root, "sent") == 6000);
    assert_true(number(root, "received") == 6 * 994);
    assert_true(number(root, "lost") == 0);
    assert_true(number(root, "sent_too_early") == 6 * 6);
    assert_true(number(root, "loss_percent") == 0);
    const json_t *srtp = json_object_get(root, "srtp");
    assert_int_equal(json_object_size(srtp), 2);
    assert_true(number(srtp, "SRTP_AES128_CM_SHA1_80") == 1);
    assert_true(number(srtp, "SRTP_AEAD_AES_128_GCM") == 2);
    json_decref(root);
}

static void losses(void **state) {
    struct rig *r = *state;
    r->client[1].stream[0].source.meter = meter_of(396); /* 594 of 5940 are lost */
    r->client[1].stream[0].source.meter.duplicates = 3;
    r->client[2].stream[1].source.meter.foreign = 2;
    json_t *root = written(r, false);
    assert_true(number(root, "lost") == 594);
    assert_true(number(root, "loss_percent") == 10);
    assert_true(number(root, "duplicates") == 3);
    assert_true(number(root, "foreign") == 2);
    json_decref(root);
    r->load.opt.max_loss = 10;
    json_decref(written(r, true));
    r->load.opt.max_loss = 9.99;
    json_decref(written(r, false));
}

/* Sends for ever, hears nothing: all of it is lost, none of it early. */
static void a_stream_without_echo(void **state) {
    struct rig *r = *state;
    r->client[0].stream[0].source.meter = (struct meter){.sent = 1000};
    json_t *root = written(r, false);
    assert_true(number(root, "lost") == 1000);
    assert_true(number(root, "sent_too_early") == 5 * 6);
    json_decref(root);
}

static void a_peer_that_did_not_get_in(void **state) {
    struct rig *r = *state;
    r->client[1].step = STEP_FAILED;
    r->client[1].profile[0] = '\0';
    r->load.opt.max_loss = 100;
    json_t *root = written(r, false);
    assert_true(number(root, "failed") == 1);
    assert_int_equal(json_object_size(json_object_get(root, "srtp")), 2);
    json_decref(root);
}

static void nobody_sends(void **state) {
    struct rig *r = *state;
    for (unsigned i = 0; i < PEERS; i++)
        r->client[i].stream_count = 0;
    json_t *root = written(r, true);
    assert_true(number(root, "sent") == 0);
    assert_true(number(root, "loss_percent") == 0);
    assert_true(number(json_object_get(root, "video_delay_ms"), "p99") == 0);
    json_decref(root);
}

static void delays(void **state) {
    struct rig *r = *state;
    for (int i = 1; i <= 4; i++)
        delays_add(&r->load.audio_delay, i * 8);
    delays_add(&r->load.join_time, 64000);
    r->load.measured_from = 5000000;
    r->load.measured_to = 7500000;
    r->load.echoed_at_start = 10;
    r->load.echoed_at_end = 1010;
    r->load.keyframes_asked = 9;
    json_t *root = written(r, true);
    const json_t *audio = json_object_get(root, "audio_delay_ms");
    assert_true(number(audio, "count") == 4);
    assert_true(number(audio, "p50") == 0.016);
    assert_true(number(audio, "p95") == 0.032);
    assert_true(number(audio, "max") == 0.032);
    assert_true(number(json_object_get(root, "video_delay_ms"), "count") == 0);
    assert_true(number(json_object_get(root, "join_ms"), "p99.9") == 64);
    assert_true(number(root, "measured_s") == 2.5);
    assert_true(number(root, "measured_echoed") == 1000);
    assert_true(number(root, "keyframes_asked") == 9);
    json_decref(root);
}

static void a_path_that_cannot_be_written(void **state) {
    struct rig *r = *state;
    r->load.opt.json = "/nonexistent/report.json";
    assert_false(report(&r->load));
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(nothing_lost),
        CASE(losses),
        CASE(a_stream_without_echo),
        CASE(a_peer_that_did_not_get_in),
        CASE(nobody_sends),
        CASE(delays),
        CASE(a_path_that_cannot_be_written),
    };
    return cmocka_run_group_tests_name("load report", tests, NULL, NULL);
}
