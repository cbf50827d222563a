/* Streams: rollover, reordering, replay, limits, and everything that must be refused. */
#include "test.h"

#include <stdlib.h>

#include "base/mem.h"
#include "srtp/internal.h"

#define SSRC 0x1234abcdu

static const enum ptn_srtp_profile all_profiles[] = {
    PTN_SRTP_AES128_CM_SHA1_80, PTN_SRTP_AEAD_AES_128_GCM, PTN_SRTP_AEAD_AES_256_GCM};
#define EACH_PROFILE(p)                                                                            \
    for (size_t p##_i = 0; p##_i < PTN_COUNT_OF(all_profiles); p##_i++)                            \
        for (enum ptn_srtp_profile p = all_profiles[p##_i], *p##_once = &p; p##_once;              \
             p##_once = NULL)

struct pair {
    struct ptn_srtp_tx *tx;
    struct ptn_srtp_rx *rx;
};

struct packet {
    size_t len;
    uint8_t data[256];
};

static struct pair pair_new(enum ptn_srtp_profile profile) {
    struct ptn_srtp_keys keys;
    struct pair p;
    memset(keys.key, 0x6b, sizeof keys.key);
    memset(keys.salt, 0x5a, sizeof keys.salt);
    assert_int_equal(ptn_srtp_tx_new(profile, &keys, &p.tx), PTN_OK);
    assert_int_equal(ptn_srtp_rx_new(profile, &keys, &p.rx), PTN_OK);
    return p;
}

static void pair_free(struct pair *p) {
    ptn_srtp_tx_free(p->tx);
    ptn_srtp_rx_free(p->rx);
}

static void header(uint8_t h[12], uint32_t ssrc, uint64_t index) {
    static const uint8_t start[12] = {0x80, 96};
    memcpy(h, start, 12);
    h[2] = (uint8_t)(index >> 8);
    h[3] = (uint8_t)index;
    for (int i = 0; i < 4; i++)
        h[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
}

/* A packet whose payload is its own index, so that the test sees what came out. */
static struct packet seal(struct pair *p, uint32_t ssrc, uint64_t index) {
    struct packet out;
    uint8_t h[12], payload[64] = {0};
    header(h, ssrc, index);
    memcpy(payload, &index, sizeof index);
    assert_int_equal(ptn_srtp_protect(p->tx, index, ptn_bytes_of(h, 12), ptn_bytes_of(payload, 5),
                                      ptn_bytes_of(payload + 5, 59), out.data, sizeof out.data,
                                      &out.len),
                     PTN_OK);
    return out;
}

static ptn_err open_packet(struct pair *p, struct packet packet, uint64_t index) {
    uint64_t got;
    ptn_err err = ptn_srtp_unprotect(p->rx, packet.data, &packet.len);
    if (err != PTN_OK)
        return err;
    memcpy(&got, packet.data + 12, sizeof got);
    assert_int_equal(packet.len, 12 + 64);
    assert_int_equal(got, index);
    return PTN_OK;
}

static ptn_err pass(struct pair *p, uint32_t ssrc, uint64_t index) {
    return open_packet(p, seal(p, ssrc, index), index);
}

/* -- rollover (RFC 3711 3.3.1) ---------------------------------------------------------------- */

#define END UINT64_MAX

static const struct {
    const char *name;
    struct {
        uint64_t index;
        ptn_err expected;
    } packet[12];
} orders[] = {
    {"over the edge", {{65533, 0}, {65534, 0}, {65535, 0}, {65536, 0}, {65537, 0}, {END, 0}}},
    {"reordered over the edge",
     {{65533, 0}, {65537, 0}, {65534, 0}, {65536, 0}, {65535, 0}, {65538, 0}, {END, 0}}},
    {"begins with the last number", {{65535, 0}, {65536, 0}, {65534, 0}, {65537, 0}, {END, 0}}},
    {"begins with zero", {{0, 0}, {1, 0}, {2, 0}, {END, 0}}},
    {"before the beginning", {{3, 0}, {65535, PTN_EPROTO}, {2, 0}, {0, 0}, {4, 0}, {END, 0}}},
    {"late across the edge, in the window", {{65000, 0}, {66000, 0}, {65100, 0}, {END, 0}}},
    {"late across the edge, too late", {{65000, 0}, {66100, 0}, {65001, PTN_EPROTO}, {END, 0}}},
    {"a gap of half the numbers", {{0x1000, 0}, {0x9000, 0}, {0x10fff, 0}, {END, 0}}},
    {"half the numbers, exactly, behind",
     {{0x9000, 0}, {0x1000, PTN_EPROTO}, {0x9001, 0}, {END, 0}}},
    {"a gap too wide", {{0x1000, 0}, {0x9001, PTN_EPROTO}, {0x1001, 0}, {END, 0}}},
    {"twice around", {{60000, 0}, {90000, 0}, {120000, 0}, {150000, 0}, {149999, 0}, {END, 0}}},
    {"twice", {{70, 0}, {70, PTN_EPROTO}, {71, 0}, {70, PTN_EPROTO}, {71, PTN_EPROTO}, {END, 0}}},
    {"window",
     {{10000, 0},
      {8977, 0},
      {8976, PTN_EPROTO},
      {8977, PTN_EPROTO},
      {10001, 0},
      {8978, 0},
      {8977, PTN_EPROTO},
      {END, 0}}},
};

static void orders_of_arrival(void **state) {
    (void)state;
    EACH_PROFILE(profile) {
        for (size_t i = 0; i < PTN_COUNT_OF(orders); i++) {
            struct pair p = pair_new(profile);
            for (size_t k = 0; orders[i].packet[k].index != END; k++) {
                ptn_err err = pass(&p, SSRC, orders[i].packet[k].index);
                CHECK(err == orders[i].packet[k].expected, "%s, packet %zu: %s", orders[i].name, k,
                      ptn_err_name(err));
            }
            pair_free(&p);
        }
    }
}

/* Many turns of the counter: the index stays right beyond 32 bits. */
static void far_travel(void **state) {
    (void)state;
    struct pair p = pair_new(PTN_SRTP_AES128_CM_SHA1_80);
    for (uint64_t index = 7; index < UINT64_C(3) << 24; index += 32000)
        CHECK(pass(&p, SSRC, index) == PTN_OK, "index %llu", (unsigned long long)index);
    pair_free(&p);
}

/* Against a plain model: a set of indexes seen, and the highest. */
static void random_arrivals(void **state) {
    (void)state;
    static uint8_t seen[1 << 18];
    struct replay r = {.size = 1024};
    uint64_t highest = 0, x = 88172645463325252u;
    bool any = false;
    memset(seen, 0, sizeof seen);
    for (unsigned i = 0; i < 200000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        uint64_t spread = i % 1000 == 0 ? 20000 : 1400, base = highest > 1200 ? highest - 1200 : 0;
        uint64_t index = any ? base + x % spread : 40000, guess = 0;
        if (index >= sizeof seen)
            break;
        bool fresh = !any || index > highest || (highest - index < 1024 && !seen[index]);
        assert_true(replay_guess(&r, (uint16_t)index, &guess) || !any);
        if (any)
            assert_int_equal(guess, index);
        CHECK(replay_is_new(&r, index) == fresh, "step %u", i);
        if (!fresh)
            continue;
        replay_add(&r, index);
        seen[index] = 1;
        highest = any && highest > index ? highest : index;
        any = true;
    }
    assert_true(highest > 65536 * 2);
}

/* -- refused ---------------------------------------------------------------------------------- */

static void every_changed_bit(void **state) {
    (void)state;
    EACH_PROFILE(profile) {
        struct pair p = pair_new(profile);
        for (int known = 0; known < 2; known++) { /* first packet of a stream; a later one */
            uint64_t index = 500 + (uint64_t)known;
            struct packet good = seal(&p, SSRC, index);
            for (size_t bit = 0; bit < good.len * 8; bit++) {
                struct packet bad = good;
                bad.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                ptn_err err = ptn_srtp_unprotect(p.rx, bad.data, &bad.len);
                CHECK(err == PTN_EAUTH || (err == PTN_EMALFORMED && bit < 8) ||
                          (err == PTN_EPROTO && known && bit / 8 < 4),
                      "bit %zu: %s", bit, ptn_err_name(err));
            }
            assert_int_equal(open_packet(&p, good, index), PTN_OK);
        }
        pair_free(&p);
    }
}

static void every_truncation(void **state) {
    (void)state;
    EACH_PROFILE(profile) {
        struct pair p = pair_new(profile);
        struct packet good = seal(&p, SSRC, 9), rtcp;
        static const uint8_t rr[32] = {0x81, 201, 0, 7, 1, 2, 3, 4};
        assert_int_equal(ptn_srtp_protect_rtcp(p.tx, ptn_bytes_of(rr, sizeof rr), rtcp.data,
                                               sizeof rtcp.data, &rtcp.len),
                         PTN_OK);
        for (size_t n = 0; n < good.len; n++) {
            uint8_t *cut = malloc(n ? n : 1);
            size_t len = n;
            memcpy(cut, good.data, n);
            CHECK(ptn_srtp_unprotect(p.rx, cut, &len) != PTN_OK && len == n, "RTP %zu", n);
            free(cut);
        }
        for (size_t n = 0; n < rtcp.len; n++) {
            uint8_t *cut = malloc(n ? n : 1);
            size_t len = n;
            memcpy(cut, rtcp.data, n);
            CHECK(ptn_srtp_unprotect_rtcp(p.rx, cut, &len) != PTN_OK && len == n, "RTCP %zu", n);
            free(cut);
        }
        assert_int_equal(open_packet(&p, good, 9), PTN_OK);
        assert_int_equal(ptn_srtp_unprotect_rtcp(p.rx, rtcp.data, &rtcp.len), PTN_OK);
        pair_free(&p);
    }
}

static void headers_that_do_not_fit(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t bytes[48];
        size_t len;
    } cases[] = {
        {"version 1", {0x40, 96}, 48},
        {"15 CSRCs", {0x8f, 96}, 48},
        {"extension header cut", {0x93, 96}, 24},
        {"extension too long", {0x90, 96, [12] = 0xbe, 0xde, 0, 20}, 48},
        {"extension of 256 kB", {0x90, 96, [12] = 0xbe, 0xde, 0xff, 0xff}, 48},
        {"no room for the tag", {0x90, 96, [12] = 0xbe, 0xde, 0, 7}, 48},
    };
    EACH_PROFILE(profile) {
        struct pair p = pair_new(profile);
        for (size_t i = 0; i < PTN_COUNT_OF(cases); i++) {
            uint8_t *packet = malloc(cases[i].len);
            size_t len = cases[i].len;
            memcpy(packet, cases[i].bytes, len);
            CHECK(ptn_srtp_unprotect(p.rx, packet, &len) == PTN_EMALFORMED, "%s", cases[i].name);
            free(packet);
        }
        pair_free(&p);
    }
}

static void too_small_a_room(void **state) {
    (void)state;
    EACH_PROFILE(profile) {
        struct pair p = pair_new(profile);
        uint8_t h[12], out[64], untouched[64];
        static const uint8_t rtcp[8] = {0x80, 201, 0, 1};
        size_t tag = profile == PTN_SRTP_AES128_CM_SHA1_80 ? 10 : 16, len = 77;
        header(h, SSRC, 1);
        memset(out, 0xee, sizeof out);
        memcpy(untouched, out, sizeof out);
        assert_int_equal(ptn_srtp_protect(p.tx, 1, ptn_bytes_of(h, 12), ptn_bytes_of(h, 2),
                                          ptn_bytes_of(h, 4), out, 12 + 6 + tag - 1, &len),
                         PTN_ELIMIT);
        assert_int_equal(
            ptn_srtp_protect_rtcp(p.tx, ptn_bytes_of(rtcp, 8), out, 8 + 4 + tag - 1, &len),
            PTN_ELIMIT);
        assert_int_equal(ptn_srtp_protect_rtcp(p.tx, ptn_bytes_of(rtcp, 7), out, 64, &len),
                         PTN_ELIMIT);
        assert_memory_equal(out, untouched, sizeof out);
        assert_int_equal(len, 77);
        assert_int_equal(ptn_srtp_protect(p.tx, 1, ptn_bytes_of(h, 12), ptn_bytes_of(h, 2),
                                          ptn_bytes_of(h, 4), out, 12 + 6 + tag, &len),
                         PTN_OK);
        assert_int_equal(len, 12 + 6 + tag);
        assert_true(len - 18 <= PTN_SRTP_TRAILER_MAX);
        pair_free(&p);
    }
}

/* -- many streams ------------------------------------------------------------------------------ */

static void many_streams(void **state) {
    (void)state;
    EACH_PROFILE(profile) {
        struct pair p = pair_new(profile);
        for (uint32_t s = 0; s < 1000; s++) { /* forged ones leave nothing behind */
            struct packet bad = seal(&p, 5000 + s, 1);
            bad.data[20] ^= 1;
            assert_int_equal(ptn_srtp_unprotect(p.rx, bad.data, &bad.len), PTN_EAUTH);
        }
        for (uint64_t turn = 1; turn <= 3; turn++)
            for (uint32_t s = 0; s < PTN_SRTP_RX_SSRC_MAX; s++)
                CHECK(pass(&p, s * 77, turn * 20000) == PTN_OK, "stream %u", s);
        for (uint32_t s = 0; s < PTN_SRTP_RX_SSRC_MAX; s++)
            assert_int_equal(pass(&p, s * 77, 60000), PTN_EPROTO);
        assert_int_equal(pass(&p, 1, 1), PTN_ELIMIT);
        ptn_srtp_rx_forget(p.rx, 1); /* never seen: nothing happens */
        assert_int_equal(pass(&p, 1, 1), PTN_ELIMIT);
        ptn_srtp_rx_forget(p.rx, 3 * 77);
        assert_int_equal(pass(&p, 1, 1), PTN_OK);
        assert_int_equal(pass(&p, 2, 1), PTN_ELIMIT);
        for (uint32_t s = 0; s < PTN_SRTP_RX_SSRC_MAX; s++)
            if (s != 3)
                CHECK(pass(&p, s * 77, 60000) == PTN_EPROTO && pass(&p, s * 77, 70000) == PTN_OK,
                      "stream %u", s);
        pair_free(&p);
    }
}

/* -- RTCP -------------------------------------------------------------------------------------- */

static struct packet seal_rtcp(struct pair *p, uint8_t mark) {
    struct packet out;
    uint8_t rr[32] = {0x81, 201, 0, 7, 1, 2, 3, 4, mark};
    assert_int_equal(ptn_srtp_protect_rtcp(p->tx, ptn_bytes_of(rr, sizeof rr), out.data,
                                           sizeof out.data, &out.len),
                     PTN_OK);
    assert_memory_equal(out.data, rr, 8); /* in clear */
    assert_memory_not_equal(out.data + 8, rr + 8, 24);
    return out;
}

static ptn_err open_rtcp(struct pair *p, struct packet packet, uint8_t mark) {
    ptn_err err = ptn_srtp_unprotect_rtcp(p->rx, packet.data, &packet.len);
    if (err != PTN_OK)
        return err;
    assert_int_equal(packet.len, 32);
    assert_int_equal(packet.data[8], mark);
    return PTN_OK;
}

static void rtcp_replay(void **state) {
    (void)state;
    EACH_PROFILE(profile) {
        struct pair p = pair_new(profile);
        struct packet sent[200];
        for (size_t i = 0; i < 200; i++)
            sent[i] = seal_rtcp(&p, (uint8_t)i);
        static const struct {
            uint8_t packet;
            ptn_err expected;
        } order[] = {{0, PTN_OK},      {0, PTN_EPROTO},  {199, PTN_OK}, {72, PTN_OK},
                     {71, PTN_EPROTO}, {72, PTN_EPROTO}, {73, PTN_OK},  {198, PTN_OK}};
        for (size_t i = 0; i < PTN_COUNT_OF(order); i++)
            CHECK(open_rtcp(&p, sent[order[i].packet], order[i].packet) == order[i].expected,
                  "step %zu", i);
        pair_free(&p);
    }
}

static void rtcp_every_changed_bit(void **state) {
    (void)state;
    EACH_PROFILE(profile) {
        struct pair p = pair_new(profile);
        for (uint8_t known = 0; known < 2; known++) {
            struct packet good = seal_rtcp(&p, known);
            for (size_t bit = 0; bit < good.len * 8; bit++) {
                struct packet bad = good;
                bad.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                ptn_err err = ptn_srtp_unprotect_rtcp(p.rx, bad.data, &bad.len);
                CHECK(err == PTN_EAUTH || (err == PTN_EMALFORMED && bit < 8) ||
                          (err == PTN_EPROTO && known),
                      "bit %zu: %s", bit, ptn_err_name(err));
            }
            assert_int_equal(open_rtcp(&p, good, known), PTN_OK);
        }
        pair_free(&p);
    }
}

/* What the E flag protects is authenticated too: a validly signed clear packet is refused. */
static void rtcp_in_clear(void **state) {
    (void)state;
    struct pair p = pair_new(PTN_SRTP_AES128_CM_SHA1_80);
    uint8_t packet[8 + 4 + 20] = {0x80, 201, 0, 1, 1, 2, 3, 4, 0, 0, 0, 1}, mac[20];
    size_t len = 8 + 4 + 10;
    hmac_sign(&p.tx->crypt.rtcp.hmac, ptn_bytes_of(packet, 12), (struct ptn_bytes){0}, mac);
    memcpy(packet + 12, mac, 10);
    assert_int_equal(ptn_srtp_unprotect_rtcp(p.rx, packet, &len), PTN_EAUTH);
    packet[8] = 0x80; /* the same with the flag, and signed: accepted */
    hmac_sign(&p.tx->crypt.rtcp.hmac, ptn_bytes_of(packet, 12), (struct ptn_bytes){0}, mac);
    memcpy(packet + 12, mac, 10);
    assert_int_equal(ptn_srtp_unprotect_rtcp(p.rx, packet, &len), PTN_OK);
    pair_free(&p);
}

static void rtcp_index_is_used_up(void **state) {
    (void)state;
    struct pair p = pair_new(PTN_SRTP_AEAD_AES_128_GCM);
    static const uint8_t rr[8] = {0x80, 201, 0, 1};
    struct packet out;
    p.tx->rtcp_index = 0x7fffffff;
    out = seal_rtcp(&p, 1);
    assert_int_equal(open_rtcp(&p, out, 1), PTN_OK);
    assert_int_equal(
        ptn_srtp_protect_rtcp(p.tx, ptn_bytes_of(rr, 8), out.data, sizeof out.data, &out.len),
        PTN_ELIMIT);
    pair_free(&p);
}

/* RTP and RTCP of one SSRC share a place, not a window. */
static void rtp_and_rtcp_do_not_mix(void **state) {
    (void)state;
    struct pair p = pair_new(PTN_SRTP_AEAD_AES_256_GCM);
    struct packet rtcp = seal_rtcp(&p, 1), rtp = seal(&p, 0x01020304, 0);
    assert_int_equal(open_packet(&p, rtp, 0), PTN_OK);
    assert_int_equal(open_rtcp(&p, rtcp, 1), PTN_OK);
    assert_int_equal(pass(&p, 0x01020304, 1), PTN_OK);
    pair_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_of_arrival),
        cmocka_unit_test(far_travel),
        cmocka_unit_test(random_arrivals),
        cmocka_unit_test(every_changed_bit),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(headers_that_do_not_fit),
        cmocka_unit_test(too_small_a_room),
        cmocka_unit_test(many_streams),
        cmocka_unit_test(rtcp_replay),
        cmocka_unit_test(rtcp_every_changed_bit),
        cmocka_unit_test(rtcp_in_clear),
        cmocka_unit_test(rtcp_index_is_used_up),
        cmocka_unit_test(rtp_and_rtcp_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
