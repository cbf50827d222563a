/* Random packets in both directions against libsrtp2, with losses and reordering across rollover.
 */
#include "test.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/wire.h"
#include "oracle.h"

#define PACKETS 700
#define BURST 16 /* packets of one burst arrive in any order */

static const enum ptn_srtp_profile profiles[] = {
    PTN_SRTP_AES128_CM_SHA1_80, PTN_SRTP_AEAD_AES_128_GCM, PTN_SRTP_AEAD_AES_256_GCM};

struct packet {
    uint64_t index;
    size_t header, len; /* of the plain packet */
    uint8_t plain[1400];
    size_t sealed_len;
    _Alignas(4) uint8_t sealed[1400 + SRTP_MAX_TRAILER_LEN];
};

struct scene {
    struct ptn_rng_seed seed;
    struct ptn_rng rng;
    struct ptn_srtp_keys keys;
    struct ptn_srtp_tx *tx;
    struct ptn_srtp_rx *rx;
    srtp_t their_tx, their_rx;
    uint32_t ssrc[3];
    uint64_t next[3];
};

static size_t below(struct scene *s, size_t n) {
    return (size_t)ptn_rng_below(&s->rng, n);
}

static void scene_init(struct scene *s, enum ptn_srtp_profile profile, uint64_t seed) {
    memset(s, 0, sizeof *s);
    s->rng = ptn_rng_seeded(&s->seed, seed);
    s->rng.fill(s->rng.ctx, &s->keys, sizeof s->keys);
    assert_int_equal(ptn_srtp_tx_new(profile, &s->keys, &s->tx), PTN_OK);
    assert_int_equal(ptn_srtp_rx_new(profile, &s->keys, &s->rx), PTN_OK);
    s->their_tx = oracle_new(profile, &s->keys, false);
    s->their_rx = oracle_new(profile, &s->keys, true);
    assert_non_null(s->their_tx);
    assert_non_null(s->their_rx);
    static const uint64_t starts[] = {0, 65400, 65535, 32767, 1, 12345};
    for (size_t i = 0; i < 3; i++) {
        s->ssrc[i] = ptn_rng_u32(&s->rng);
        s->next[i] = starts[below(s, PTN_COUNT_OF(starts))];
    }
}

static void scene_done(struct scene *s) {
    ptn_srtp_tx_free(s->tx);
    ptn_srtp_rx_free(s->rx);
    srtp_dealloc(s->their_tx);
    srtp_dealloc(s->their_rx);
}

/* A packet with every part that RTP knows. */
static void make(struct scene *s, struct packet *p) {
    size_t stream = below(s, 3), csrcs = below(s, 4) > 0 ? (size_t)0 : below(s, 16);
    bool ext = below(s, 2), padding = below(s, 8) == 0;
    p->index = s->next[stream];
    s->next[stream] += below(s, 40) ? 1 : 1 + below(s, 9000); /* and sometimes a long loss */
    struct ptn_wr w = ptn_wr_of(p->plain, sizeof p->plain);
    ptn_wr_u8(&w, (uint8_t)(0x80u | (unsigned)padding << 5 | (unsigned)ext << 4 | csrcs));
    ptn_wr_u8(&w, (uint8_t)(96 + below(s, 20)));
    ptn_wr_u16(&w, (uint16_t)p->index);
    ptn_wr_u32(&w, ptn_rng_u32(&s->rng));
    ptn_wr_u32(&w, s->ssrc[stream]);
    for (size_t i = 0; i < csrcs; i++)
        ptn_wr_u32(&w, ptn_rng_u32(&s->rng));
    if (ext) {
        size_t words = below(s, 10);
        ptn_wr_u16(&w, below(s, 2) ? 0xbede : 0x1000);
        ptn_wr_u16(&w, (uint16_t)words);
        for (size_t i = 0; i < words; i++)
            ptn_wr_u32(&w, ptn_rng_u32(&s->rng));
    }
    p->header = w.len;
    size_t payload = below(s, 20) ? below(s, 1200) : below(s, 3);
    s->rng.fill(s->rng.ctx, p->plain + w.len, payload);
    p->len = w.len + payload;
    if (padding) {
        memset(p->plain + p->len, 0, 8);
        p->len += 8;
        p->plain[p->len - 1] = 8;
    }
}

static void seal_ours(struct scene *s, struct packet *p) {
    size_t body = p->len - p->header, split = below(s, body + 1);
    assert_int_equal(ptn_srtp_protect(s->tx, p->index, ptn_bytes_of(p->plain, p->header),
                                      ptn_bytes_of(p->plain + p->header, split),
                                      ptn_bytes_of(p->plain + p->header + split, body - split),
                                      p->sealed, sizeof p->sealed, &p->sealed_len),
                     PTN_OK);
}

static void seal_theirs(struct scene *s, struct packet *p) {
    int len = (int)p->len;
    memcpy(p->sealed, p->plain, p->len);
    assert_int_equal(srtp_protect(s->their_tx, p->sealed, &len), srtp_err_status_ok);
    p->sealed_len = (size_t)len;
}

static bool opens_ours(struct scene *s, const struct packet *p) {
    uint8_t work[sizeof p->sealed];
    size_t len = p->sealed_len;
    memcpy(work, p->sealed, len);
    return ptn_srtp_unprotect(s->rx, work, &len) == PTN_OK && len == p->len &&
           memcmp(work, p->plain, len) == 0;
}

static bool opens_theirs(struct scene *s, const struct packet *p) {
    _Alignas(4) uint8_t work[sizeof p->sealed];
    int len = (int)p->sealed_len;
    memcpy(work, p->sealed, p->sealed_len);
    return srtp_unprotect(s->their_rx, work, &len) == srtp_err_status_ok && (size_t)len == p->len &&
           memcmp(work, p->plain, p->len) == 0;
}

static void shuffle(struct scene *s, struct packet **list, size_t n) {
    for (size_t i = n; i > 1; i--) {
        size_t k = below(s, i);
        struct packet *p = list[i - 1];
        list[i - 1] = list[k];
        list[k] = p;
    }
}

/* One burst: both seal the same packets and must produce the same bytes; both then open them,
 * some lost, the others in any order. */
static void burst(struct scene *s, uint64_t seed) {
    static struct packet ours[BURST], theirs;
    struct packet *order[BURST];
    for (size_t i = 0; i < BURST; i++) {
        make(s, &ours[i]);
        theirs = ours[i];
        seal_ours(s, &ours[i]);
        seal_theirs(s, &theirs);
        assert_int_equal(ours[i].sealed_len, theirs.sealed_len);
        CHECK(memcmp(ours[i].sealed, theirs.sealed, theirs.sealed_len) == 0, "seed %u, index %llu",
              (unsigned)seed, (unsigned long long)ours[i].index);
        order[i] = &ours[i];
    }
    shuffle(s, order, BURST);
    for (size_t i = 0; i < BURST; i++) {
        if (below(s, 5) == 0)
            continue;
        bool we = opens_ours(s, order[i]), they = opens_theirs(s, order[i]);
        /* Both may refuse: too old for the window, or from before the stream's first packet. */
        CHECK(we == they, "seed %u, index %llu: we %d, they %d", (unsigned)seed,
              (unsigned long long)order[i]->index, we, they);
        if (we) {
            assert_false(opens_ours(s, order[i]));
            assert_false(opens_theirs(s, order[i]));
        }
    }
}

static void rtp(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(profiles); i++) {
        for (uint64_t seed = 1; seed <= 40; seed++) {
            struct scene s;
            scene_init(&s, profiles[i], seed * 1000 + i);
            for (size_t k = 0; k < PACKETS / BURST; k++)
                burst(&s, seed);
            for (size_t k = 0; k < 3; k++)
                CHECK(s.next[k] > 100, "nothing happened");
            scene_done(&s);
        }
    }
}

static size_t make_rtcp(struct scene *s, uint8_t *out) {
    size_t words = 1 + below(s, 300);
    s->rng.fill(s->rng.ctx, out, 4 + 4 * words);
    out[0] = 0x81;
    out[1] = (uint8_t)(200 + below(s, 7));
    ptn_put_u16(out + 2, (uint16_t)words);
    ptn_put_u32(out + 4, s->ssrc[below(s, 3)]);
    return 4 + 4 * words;
}

static void rtcp(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(profiles); i++) {
        struct scene s;
        scene_init(&s, profiles[i], 77 + i);
        for (size_t k = 0; k < 400; k++) {
            _Alignas(4) uint8_t plain[1300], work[1300 + SRTP_MAX_TRAILER_LEN + 4];
            size_t n = make_rtcp(&s, plain), len;
            int theirs;
            assert_int_equal(
                ptn_srtp_protect_rtcp(s.tx, ptn_bytes_of(plain, n), work, sizeof work, &len),
                PTN_OK);
            theirs = (int)len;
            assert_int_equal(srtp_unprotect_rtcp(s.their_rx, work, &theirs), srtp_err_status_ok);
            assert_int_equal(theirs, n);
            assert_memory_equal(work, plain, n);

            memcpy(work, plain, n);
            theirs = (int)n;
            assert_int_equal(srtp_protect_rtcp(s.their_tx, work, &theirs), srtp_err_status_ok);
            len = (size_t)theirs;
            assert_int_equal(ptn_srtp_unprotect_rtcp(s.rx, work, &len), PTN_OK);
            assert_int_equal(len, n);
            assert_memory_equal(work, plain, n);
        }
        scene_done(&s);
    }
}

/* Noise and damaged packets: neither opens what the other refuses. */
static void damaged(void **state) {
    (void)state;
    for (size_t i = 0; i < PTN_COUNT_OF(profiles); i++) {
        struct scene s;
        scene_init(&s, profiles[i], 9 + i);
        for (size_t k = 0; k < 2000; k++) {
            static struct packet p;
            make(&s, &p);
            seal_ours(&s, &p);
            switch (below(&s, 4)) {
            case 0:
                p.sealed[below(&s, p.sealed_len)] ^= (uint8_t)(1u << below(&s, 8));
                break;
            case 1:
                p.sealed_len = below(&s, p.sealed_len);
                break;
            case 2:
                s.rng.fill(s.rng.ctx, p.sealed + 1, p.sealed_len - 1);
                break;
            default:
                break;
            }
            CHECK(opens_ours(&s, &p) == opens_theirs(&s, &p), "packet %zu", k);
        }
        scene_done(&s);
    }
}

static int setup(void **state) {
    (void)state;
    return srtp_init() == srtp_err_status_ok ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    return srtp_shutdown() == srtp_err_status_ok ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rtp),
        cmocka_unit_test(rtcp),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
