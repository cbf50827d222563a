#include "test.h"

#include <stdlib.h>

#include "base/rng.h"
#include "rtcp/rtcp.h"
#include "rtp/twcc_gen.h"

static struct ptn_twcc_fb fb; /* too large for a stack */

struct arrival {
    uint16_t seq;
    ptn_time at;
};

/* Whole messages, worked out from the draft by hand. */
static const struct {
    const char *name;
    struct arrival arrivals[16];
    size_t n;
    uint8_t bytes[64];
    size_t len;
} vectors[] = {
    {"one packet, 1 ms into the fourth 64 ms",
     {{5, 193000}},
     1,
     {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 5, 0, 1, 0, 0, 3, 0, 0x20, 1, 4, 0},
     24},
    {"a loss and a large delta: 2-bit vector",
     {{10, 0}, {11, 250}, {13, 70250}},
     3,
     {0x8f, 205, 0, 6, 0, 0, 0,    1,    0, 0, 0, 2,    0, 10,
      0,    4,   0, 0, 0, 0, 0xd4, 0x80, 0, 1, 1, 0x18, 0, 0},
     28},
    {"a loss among small deltas: 1-bit vector",
     {{0, 0},
      {1, 1000},
      {2, 2000},
      {4, 4000},
      {5, 5000},
      {6, 6000},
      {7, 7000},
      {8, 8000},
      {9, 9000},
      {10, 10000},
      {11, 11000},
      {12, 12000},
      {13, 13000}},
     13,
     {0x8f, 205, 0,    8,    0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 14, 0, 0,
      0,    0,   0xbb, 0xff, 0, 4, 4, 8, 4, 4, 4, 4, 4, 4, 4, 4,  4, 0},
     36},
    {"arrived the wrong way round: a negative delta",
     {{2, 9750}, {1, 10000}},
     2,
     {0x8f, 205, 0, 6, 0, 0, 0,    1, 0,    0,    0,    2, 0, 1,
      0,    2,   0, 0, 0, 0, 0xd8, 0, 0x28, 0xff, 0xff, 0, 0, 0},
     28},
    {"the largest small delta and the smallest large one",
     {{1, 0}, {2, 63750}, {3, 127750}},
     3,
     {0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 3, 0, 0, 0, 0, 0xd6, 0, 0, 255, 1, 0, 0, 0},
     28},
    {"fifteen in a row, across the wrap: a run",
     {{65530, 0},
      {65531, 0},
      {65532, 0},
      {65533, 0},
      {65534, 0},
      {65535, 0},
      {0, 0},
      {1, 0},
      {2, 0},
      {3, 0},
      {4, 0},
      {5, 0},
      {6, 0},
      {7, 0},
      {8, 0}},
     15,
     {0x8f, 205, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfa, 0, 15, 0, 0, 0, 0, 0x20, 15},
     40},
};

static void writes_bytes(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        struct ptn_twcc_gen *g = ptn_twcc_gen_new();
        uint8_t buf[PTN_TWCC_MESSAGE_MAX];
        assert_false(ptn_twcc_gen_pending(g));
        for (size_t k = 0; k < vectors[i].n; k++)
            ptn_twcc_gen_packet(g, vectors[i].arrivals[k].at, vectors[i].arrivals[k].seq);
        for (size_t cap = 0; cap < vectors[i].len; cap++) { /* too small: nothing happens */
            struct ptn_wr w = ptn_wr_of(buf, cap);
            CHECK(!ptn_twcc_gen_write(g, &w, 1, 2) && w.len == 0 && !w.bad, "%s in %zu",
                  vectors[i].name, cap);
        }
        assert_true(ptn_twcc_gen_pending(g));
        struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
        CHECK(ptn_twcc_gen_write(g, &w, 1, 2), "%s", vectors[i].name);
        CHECK(w.len == vectors[i].len, "%s: %zu bytes", vectors[i].name, w.len);
        for (size_t k = 0; k < w.len; k++)
            CHECK(buf[k] == vectors[i].bytes[k], "%s: byte %zu is %02x", vectors[i].name, k,
                  buf[k]);
        CHECK(!ptn_twcc_gen_pending(g), "%s", vectors[i].name);
        CHECK(!ptn_twcc_gen_write(g, &w, 1, 2) && !w.bad, "%s", vectors[i].name);
        ptn_twcc_gen_free(g);
    }
}

/* Writes and reads one message into fb; false when there is none. */
static bool next_message(struct ptn_twcc_gen *g) {
    uint8_t buf[PTN_TWCC_MESSAGE_MAX];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    bool pending = ptn_twcc_gen_pending(g);
    bool written = ptn_twcc_gen_write(g, &w, 1, 2);
    assert_int_equal(pending, written);
    assert_false(w.bad);
    if (!written)
        return false;
    assert_int_equal(w.len % 4, 0);
    struct ptn_rd r = ptn_rd_of(ptn_wr_written(&w));
    struct ptn_rtcp_block b;
    assert_true(ptn_rtcp_next(&r, &b));
    assert_int_equal(r.left, 0);
    assert_int_equal(ptn_twcc_fb_parse(&b, &fb), PTN_OK);
    assert_true(fb.count <= PTN_TWCC_PACKETS_MAX);
    assert_true(fb.packet[fb.count - 1].received); /* no loss is claimed before something later */
    return true;
}

static void counts_messages_and_goes_on(void **state) {
    (void)state;
    struct ptn_twcc_gen *g = ptn_twcc_gen_new();
    for (unsigned i = 0; i < 600; i++) {
        ptn_twcc_gen_packet(g, i * PTN_MS, (uint16_t)(i * 2));
        assert_true(next_message(g));
        assert_int_equal(fb.fb_count, i % 256);
        assert_int_equal(fb.base_seq, i == 0 ? 0 : i * 2 - 1); /* the lost one before it */
        assert_int_equal(fb.count, i == 0 ? 1 : 2);
        assert_false(next_message(g));
    }
    ptn_twcc_gen_free(g);
}

static void splits_long_and_slow_reports(void **state) {
    (void)state;
    struct ptn_twcc_gen *g = ptn_twcc_gen_new();
    for (unsigned i = 0; i < 1000; i++)
        ptn_twcc_gen_packet(g, i * 100, (uint16_t)i);
    static const size_t counts[] = {400, 400, 200};
    for (size_t i = 0; i < 3; i++) {
        assert_true(next_message(g));
        assert_int_equal(fb.count, counts[i]);
        assert_int_equal(fb.base_seq, i * 400);
    }
    assert_false(next_message(g));

    /* 16 bits of 250 us: 8.19175 s pass, a tick more begins a new message */
    ptn_time t = 64 * PTN_SECOND;
    ptn_twcc_gen_packet(g, t, 1000);
    ptn_twcc_gen_packet(g, t + 32767 * 250, 1001);
    ptn_twcc_gen_packet(g, t + 32767 * 250 + 32768 * 250, 1002);
    assert_true(next_message(g));
    assert_int_equal(fb.count, 2);
    assert_int_equal(fb.packet[1].at_us, 8191750);
    assert_true(next_message(g));
    assert_int_equal(fb.base_seq, 1002);
    assert_int_equal(fb.count, 1);
    assert_int_equal(fb.reference_us + fb.packet[0].at_us, 64000000 + 65535 * 250);
    assert_false(next_message(g));
    ptn_twcc_gen_free(g);
}

static void long_losses(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int gap;
        uint16_t base; /* of the second message; newest was 100 */
        size_t count;
    } cases[] = {
        {"fits", 399, 101, 400},
        {"one more than fits: the first stays unreported", 400, 102, 400},
        {"almost the window", 1000, 702, 400},
        {"more than the window", 5000, 4702, 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ptn_twcc_gen *g = ptn_twcc_gen_new();
        ptn_twcc_gen_packet(g, 0, 100);
        assert_true(next_message(g));
        ptn_twcc_gen_packet(g, PTN_MS, (uint16_t)(101 + cases[i].gap));
        assert_true(next_message(g));
        CHECK(fb.base_seq == cases[i].base && fb.count == cases[i].count, "%s: %u %zu",
              cases[i].name, fb.base_seq, fb.count);
        for (size_t k = 0; k + 1 < fb.count; k++)
            CHECK(!fb.packet[k].received, "%s: %zu", cases[i].name, k);
        assert_false(next_message(g));
        ptn_twcc_gen_free(g);
    }
}

/* The ring holds 1024: what was never reported must not be taken for what now has its place. */
static void what_leaves_the_window_unreported_is_forgotten(void **state) {
    (void)state;
    for (uint16_t ahead = 1023; ahead <= 1026; ahead++) {
        struct ptn_twcc_gen *g = ptn_twcc_gen_new();
        ptn_twcc_gen_packet(g, 0, 100);
        ptn_twcc_gen_packet(g, PTN_MS, (uint16_t)(100 + ahead));
        assert_true(next_message(g));
        if (ahead == 1023) {
            assert_int_equal(fb.base_seq, 100);
            assert_int_equal(fb.count, 1);
            assert_true(next_message(g));
        }
        CHECK(fb.base_seq == 100 + ahead - 399 && fb.count == 400, "%u", ahead);
        assert_false(next_message(g));
        ptn_twcc_gen_free(g);
    }
}

static void late_packets_are_reported_after_all(void **state) {
    (void)state;
    struct ptn_twcc_gen *g = ptn_twcc_gen_new();
    ptn_twcc_gen_packet(g, 0, 1);
    ptn_twcc_gen_packet(g, 1000, 3);
    assert_true(next_message(g));
    assert_int_equal(fb.count, 3);
    assert_false(fb.packet[1].received);
    ptn_twcc_gen_packet(g, 2000, 2);
    assert_true(next_message(g));
    assert_int_equal(fb.base_seq, 2);
    assert_int_equal(fb.count, 2);
    assert_int_equal(fb.packet[0].at_us, 2000);
    assert_int_equal(fb.packet[1].at_us, 1000);
    /* neither a duplicate nor something ancient is news */
    ptn_twcc_gen_packet(g, 9000, 2);
    assert_false(ptn_twcc_gen_pending(g));
    ptn_twcc_gen_packet(g, 9000, 2000);
    assert_true(next_message(g));
    ptn_twcc_gen_packet(g, 9000, 2000 - 1024);
    assert_false(ptn_twcc_gen_pending(g));
    ptn_twcc_gen_packet(g, 9000, 2000 - 1023);
    assert_true(ptn_twcc_gen_pending(g));
    ptn_twcc_gen_free(g);
}

static void a_sender_that_restarts_is_followed(void **state) {
    (void)state;
    struct ptn_twcc_gen *g = ptn_twcc_gen_new();
    ptn_twcc_gen_packet(g, 0, 20000);
    assert_true(next_message(g));
    for (uint16_t i = 0; i < 15; i++)
        ptn_twcc_gen_packet(g, i, i);
    assert_false(ptn_twcc_gen_pending(g));
    ptn_twcc_gen_packet(g, 0, 20001); /* they were stragglers: counting begins again */
    assert_true(next_message(g));
    for (uint16_t i = 0; i < 15; i++)
        ptn_twcc_gen_packet(g, i, i);
    assert_false(ptn_twcc_gen_pending(g));
    ptn_twcc_gen_packet(g, 15, 15);
    ptn_twcc_gen_packet(g, 16, 17);
    assert_true(next_message(g));
    assert_int_equal(fb.base_seq, 15);
    assert_int_equal(fb.count, 3);
    assert_false(next_message(g));
    ptn_twcc_gen_free(g);
}

/* -- a random stream, and what the messages say about it ----------------------------------------*/

#define STREAM 40000

struct stream {
    ptn_time at[STREAM]; /* 0: not received */
    bool described[STREAM];
};

/* Looks for the stream's packet that the wire number means: the one nearest to the newest. */
static int64_t stream_seq(uint16_t wire, int64_t newest) {
    return newest + (int16_t)(uint16_t)(wire - (uint16_t)newest);
}

static void check_message(struct stream *s, int64_t newest, uint64_t seed) {
    for (size_t i = 0; i < fb.count; i++) {
        int64_t seq = stream_seq((uint16_t)(fb.base_seq + i), newest);
        if (seq < 0)
            continue;
        CHECK(fb.packet[i].received == (s->at[seq] != 0), "seed %lu seq %ld", (unsigned long)seed,
              (long)seq);
        if (!fb.packet[i].received)
            continue;
        ptn_time ticks = (fb.reference_us + fb.packet[i].at_us) / 250;
        CHECK(ticks % (1 << 24) == s->at[seq] / 250 % (1 << 24), "seed %lu seq %ld",
              (unsigned long)seed, (long)seq);
        s->described[seq] = true;
    }
}

static void stream_is_described(uint64_t seed) {
    struct stream *s = calloc(1, sizeof *s);
    struct ptn_twcc_gen *g = ptn_twcc_gen_new();
    struct ptn_rng_seed state;
    struct ptn_rng rng = ptn_rng_seeded(&state, seed);
    uint64_t loss = ptn_rng_below(&rng, 50), pace = 1 + ptn_rng_below(&rng, 3000);
    uint64_t every = 1 + ptn_rng_below(&rng, 900);
    int64_t head = 0, newest = 0;
    ptn_time now = 1000;
    while (head < 6000) {
        now += (ptn_time)ptn_rng_below(&rng, pace);
        if (ptn_rng_below(&rng, 500) == 0)
            now += 20 * PTN_SECOND;
        if (ptn_rng_below(&rng, every) == 0 || head % 900 == 0)
            while (next_message(g))
                check_message(s, newest, seed);
        int64_t seq = ++head;
        uint64_t dice = ptn_rng_below(&rng, 100);
        if (dice < 10 && head > 40)
            seq = head - (int64_t)ptn_rng_below(&rng, 40); /* late, or a duplicate */
        else if (dice < 10 + loss)
            continue;
        ptn_twcc_gen_packet(g, now, (uint16_t)seq);
        if (s->at[seq] == 0)
            s->at[seq] = now;
        newest = seq > newest ? seq : newest;
    }
    while (next_message(g))
        check_message(s, newest, seed);
    for (int64_t seq = 0; seq <= newest; seq++)
        CHECK(s->described[seq] == (s->at[seq] != 0), "seed %lu seq %ld", (unsigned long)seed,
              (long)seq);
    ptn_twcc_gen_free(g);
    free(s);
}

static void every_arrival_is_described(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++)
        stream_is_described(seed);
}

/* Alternating symbols make the most chunks, large deltas the most bytes. */
static void the_largest_message_fits(void **state) {
    (void)state;
    struct ptn_twcc_gen *g = ptn_twcc_gen_new();
    for (unsigned i = 0; i < 400; i++)
        ptn_twcc_gen_packet(g, i * 100 * PTN_MS, (uint16_t)i);
    uint8_t buf[PTN_TWCC_MESSAGE_MAX];
    struct ptn_wr w = ptn_wr_of(buf, sizeof buf);
    assert_true(ptn_twcc_gen_write(g, &w, 1, 2));
    assert_false(w.bad);
    ptn_twcc_gen_free(g);
    g = ptn_twcc_gen_new();
    ptn_time t = 0;
    for (unsigned i = 0; i < 400; i++)
        ptn_twcc_gen_packet(g, t += i % 7 == 6 ? PTN_MS : 100 * PTN_MS, (uint16_t)i);
    w = ptn_wr_of(buf, sizeof buf);
    assert_true(ptn_twcc_gen_write(g, &w, 1, 2));
    assert_true(w.len > 800);
    ptn_twcc_gen_free(g);
    ptn_twcc_gen_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_bytes),
        cmocka_unit_test(counts_messages_and_goes_on),
        cmocka_unit_test(splits_long_and_slow_reports),
        cmocka_unit_test(long_losses),
        cmocka_unit_test(what_leaves_the_window_unreported_is_forgotten),
        cmocka_unit_test(late_packets_are_reported_after_all),
        cmocka_unit_test(a_sender_that_restarts_is_followed),
        cmocka_unit_test(every_arrival_is_described),
        cmocka_unit_test(the_largest_message_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
