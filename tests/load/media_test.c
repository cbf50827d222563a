/* Packets shaped like media: how many, how large, and that their stamps can be found again. */
#include "test.h"

#include "load/media.h"

#define CAP 64

static const struct shape video = {.is_video = true, .pps = 100, .fps = 25, .size = 1100};
static const struct shape audio = {.is_video = false, .pps = 50, .size = 80};

struct rig {
    struct ptn_packet_pool *pool;
    struct source source;
    struct ptn_packet *packet[CAP];
};

static int setup(void **state) {
    static struct rig r;
    r = (struct rig){.pool = ptn_packet_pool_new(1000)};
    *state = &r;
    return 0;
}

static int teardown(void **state) {
    struct rig *r = *state;
    ptn_packet_pool_free(r->pool); /* aborts when a packet is still out */
    return 0;
}

static size_t next(struct rig *r, const struct shape *shape, ptn_time now) {
    return source_next(&r->source, shape, now, r->pool, r->packet, CAP);
}

static void drop(struct rig *r, size_t n) {
    for (size_t i = 0; i < n; i++)
        ptn_packet_unref(r->packet[i], r->pool);
}

static void periods(void **state) {
    (void)state;
    assert_int_equal(shape_period(&video), 40000);
    assert_int_equal(shape_period(&audio), 20000);
}

static void a_frame_of_video(void **state) {
    struct rig *r = *state;
    struct stamp stamp;
    size_t n = next(r, &video, 777);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        const struct ptn_packet *p = r->packet[i];
        assert_int_equal(p->len, 1100);
        assert_int_equal(p->rtp.payload_len, 1100);
        assert_int_equal(p->rtp.marker, i == 3);
        assert_int_equal(p->ext_seq, i);
        assert_true(media_stamp(p, true, &stamp));
        assert_int_equal(stamp.number, i);
        assert_int_equal(stamp.sent, 777);
        assert_int_equal(p->data[0] & 0x10, i == 0 ? 0x10 : 0); /* RFC 7741 4.2: S */
    }
    drop(r, n);
    n = next(r, &video, 0);
    assert_int_equal(r->packet[0]->rtp.ts, 3600);
    drop(r, n);
}

/* RFC 7741 4.3: P of the payload header is 0 in key frames; RFC 6386 9.1: the start code. */
static bool is_key(const struct ptn_packet *p) {
    static const uint8_t start_code[] = {0x9d, 0x01, 0x2a};
    return !(p->data[1] & 1) && memcmp(p->data + 4, start_code, sizeof start_code) == 0;
}

static void key_frames(void **state) {
    struct rig *r = *state;
    for (unsigned frame = 0; frame <= 250; frame++) {
        r->source.key_wanted = frame == 7;
        size_t n = next(r, &video, 0);
        CHECK(is_key(r->packet[0]) == (frame == 0 || frame == 7 || frame == 250), "%u", frame);
        drop(r, n);
    }
    assert_false(r->source.key_wanted);
}

/* 100 packets in 30 frames, 10 in 25: the rate is right over a second, and no frame is far off. */
static void rates_that_do_not_divide(void **state) {
    static const struct {
        unsigned pps, fps, least, most;
    } cases[] = {{100, 30, 3, 4}, {10, 25, 0, 1}, {1000, 60, 16, 17}, {25, 25, 1, 1}};
    struct rig *r = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct shape shape = {true, cases[i].pps, cases[i].fps, 100};
        size_t all = 0;
        r->source = (struct source){0};
        for (unsigned frame = 0; frame < cases[i].fps; frame++) {
            size_t n = next(r, &shape, 0);
            CHECK(n >= cases[i].least && n <= cases[i].most, "case %zu: %zu", i, n);
            all += n;
            drop(r, n);
        }
        CHECK(all == cases[i].pps, "case %zu: %zu", i, all);
    }
}

static void audio_packets(void **state) {
    struct rig *r = *state;
    struct stamp stamp;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(next(r, &audio, i), 1);
        const struct ptn_packet *p = r->packet[0];
        assert_int_equal(p->rtp.payload_len, 80);
        assert_int_equal(p->rtp.ts, i * 960);
        assert_int_equal(p->len, 81); /* and the audio level, a byte behind the payload */
        assert_int_equal(p->carry[PTN_CARRY_AUDIO_LEVEL].at, 80);
        assert_int_equal(p->carry[PTN_CARRY_AUDIO_LEVEL].len, 1);
        assert_true(media_stamp(p, false, &stamp));
        assert_int_equal(stamp.number, i);
        drop(r, 1);
    }
}

/* As it comes back: behind an RTP header, cut short at any byte. */
static void stamps_of_what_comes_back(void **state) {
    struct rig *r = *state;
    struct stamp stamp;
    struct ptn_packet *p = ptn_packet_new(r->pool);
    memset(p->data, 0, 100);
    p->rtp.header_len = 20;
    stamp_write(p->data + 20 + VIDEO_STAMP_AT, &(struct stamp){5, 6});
    for (uint16_t n = 0; n <= 40; n++) {
        p->rtp.payload_len = n;
        CHECK(media_stamp(p, true, &stamp) == (n >= VIDEO_MIN), "%u", n);
    }
    assert_int_equal(stamp.number, 5);
    assert_false(media_stamp(p, false, &stamp));
    ptn_packet_unref(p, r->pool);
}

static void an_empty_pool(void **state) {
    struct rig *r = *state;
    struct ptn_packet_pool *all = r->pool;
    r->pool = ptn_packet_pool_new(2);
    assert_int_equal(next(r, &video, 0), 2);
    assert_int_equal(r->source.meter.sent, 2); /* what was not made does not count as sent */
    drop(r, 2);
    ptn_packet_pool_free(r->pool);
    r->pool = all;
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(periods),       CASE(a_frame_of_video),
        CASE(key_frames),    CASE(rates_that_do_not_divide),
        CASE(audio_packets), CASE(stamps_of_what_comes_back),
        CASE(an_empty_pool),
    };
    return cmocka_run_group_tests_name("load media", tests, NULL, NULL);
}
