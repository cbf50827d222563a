/* Parts of a loop without its thread: early DTLS flights and handshake limits. */
#include "test.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "worker/internal.h"

struct rig {
    struct ptn_engine engine;
    struct loop loop;
    struct ptn_cert *cert;
    struct ptn_dtls_ctx *ctx;
};

static int setup(void **state) {
    struct rig *r = ptn_new(struct rig);
    struct ptn_dtls_ctx_config cfg = {0};
    assert_int_equal(ptn_cert_generate(false, &r->cert), PTN_OK);
    cfg.cert = r->cert;
    assert_int_equal(ptn_dtls_ctx_new(&cfg, &r->ctx), PTN_OK);
    r->engine.cfg = (struct ptn_engine_config){.loops = 1, .dtls_ctx = r->ctx, .dtls_mtu = 1200};
    r->engine.loop = &r->loop;
    r->engine.loop_count = 1;
    assert_int_equal(ptn_mailbox_init(&r->engine.control), PTN_OK);
    assert_int_equal(loop_init(&r->loop, &r->engine, 0), PTN_OK);
    *state = r;
    return 0;
}

static int teardown(void **state) {
    struct rig *r = *state;
    struct ptn_mpsc_node *node;
    struct member *m, *next;
    HASH_ITER(hh, r->loop.members, m, next) {
        atomic_fetch_add(&r->loop.peers, 1);
        member_free(m);
    }
    while ((node = ptn_mailbox_pop_command(&r->engine.control)))
        free(ptn_container_of(node, struct notice_msg, node));
    loop_free(&r->loop);
    ptn_packet_pool_free(r->loop.pool); /* every packet is home */
    ptn_mailbox_done(&r->engine.control);
    ptn_dtls_ctx_unref(r->ctx);
    ptn_cert_unref(r->cert);
    free(r);
    return 0;
}

static struct ptn_path path_of(uint16_t port) {
    struct ptn_path p;
    assert_int_equal(ptn_addr_parse("192.0.2.1", 20000, &p.local), PTN_OK);
    assert_int_equal(ptn_addr_parse("198.51.100.7", port, &p.remote), PTN_OK);
    return p;
}

/* One handshake fragment of four bytes, as far as anyone looks at it: record header, handshake
 * header, body. */
#define FRAGMENT(type)                                                                             \
    {                                                                                              \
        22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, /* record: epoch 0, 16 bytes */             \
            type, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 4,     /* from offset 0 */                         \
            0xfe, 0xfd, 0x11, 0x22                                                                 \
    }
static const uint8_t hello[] = FRAGMENT(1);
static const uint8_t other[] = FRAGMENT(11);

static void arrive(struct rig *r, const struct ptn_path *path, const void *data, size_t n) {
    struct ptn_packet *p = ptn_packet_new(r->loop.pool);
    assert_non_null(p);
    p->len = (uint16_t)n;
    memcpy(p->data, data, n);
    p->arrival = r->loop.now;
    receive_datagram(&r->loop, path, p);
    ptn_packet_unref(p, r->loop.pool);
}

static size_t kept(struct rig *r) {
    return ptn_packet_pool_used(r->loop.pool);
}

static void a_hello_from_an_unknown_tuple_is_kept_for_a_moment(void **state) {
    struct rig *r = *state;
    struct ptn_path p = path_of(1);
    assert_true(ptn_dtls_is_client_hello(ptn_bytes_of(hello, sizeof hello)));
    arrive(r, &p, other, sizeof other); /* does not open anything */
    assert_int_equal(kept(r), 0);
    arrive(r, &p, hello, sizeof hello);
    assert_int_equal(kept(r), 1);
    arrive(r, &p, other, sizeof other); /* the second datagram of the flight */
    assert_int_equal(kept(r), 2);
    arrive(r, &p, hello, sizeof hello);
    assert_int_equal(kept(r), 2);
    r->loop.now += 3 * PTN_SECOND;
    early_expire(&r->loop);
    assert_int_equal(kept(r), 2);
    r->loop.now += PTN_MS;
    early_expire(&r->loop);
    assert_int_equal(kept(r), 0);
}

static void strangers_cannot_fill_the_memory(void **state) {
    struct rig *r = *state;
    for (uint16_t i = 1; i <= 10 * EARLY_MAX; i++) {
        struct ptn_path p = path_of(i);
        r->loop.now += PTN_MS;
        arrive(r, &p, hello, sizeof hello);
        arrive(r, &p, hello, sizeof hello);
    }
    assert_int_equal(kept(r), EARLY_MAX * EARLY_EACH);
    struct ptn_path oldest = path_of(1), newest = path_of(10 * EARLY_MAX);
    early_replay(&r->loop, &oldest); /* long gone */
    assert_int_equal(kept(r), EARLY_MAX * EARLY_EACH);
    assert_int_equal(r->loop.early[0].count, EARLY_EACH);
    (void)newest;
}

static struct member *add_member(struct rig *r, unsigned n) {
    struct ptn_peer_params params = {0};
    snprintf(params.ufrag, sizeof params.ufrag, "uf%05u", n);
    ptn_str_copy(params.pwd, sizeof params.pwd, "0123456789012345678901");
    struct member *m = member_new(&r->loop, 1000 + n, &params);
    ptn_list_remove(&m->touched);
    return m;
}

static void a_kept_flight_reaches_its_owner(void **state) {
    struct rig *r = *state;
    struct ptn_path p = path_of(1), q = path_of(2);
    arrive(r, &p, hello, sizeof hello);
    arrive(r, &q, hello, sizeof hello);
    struct member *m = add_member(r, 1);
    ptn_demux_add_tuple(r->loop.demux, &m->names, &p);
    assert_true(ptn_list_empty(&m->touched));
    early_replay(&r->loop, &p);
    assert_false(ptn_list_empty(&m->touched)); /* it was given the datagram */
    assert_int_equal(kept(r), 1);              /* the other one's is still there */
    ptn_list_remove(&m->touched);
}

static void half_open_handshakes_are_limited_by_address(void **state) {
    struct rig *r = *state;
    struct ptn_addr one, two;
    static struct member *m[HALF_OPEN_PER_IP];
    assert_int_equal(ptn_addr_parse("198.51.100.7", 1, &one), PTN_OK);
    assert_int_equal(ptn_addr_parse("198.51.100.8", 1, &two), PTN_OK);
    for (unsigned i = 0; i < HALF_OPEN_PER_IP; i++) {
        assert_true(half_open_allowed(&r->loop, &one));
        m[i] = add_member(r, i);
        m[i]->last_remote = one;
        m[i]->last_remote.port = (uint16_t)(i + 1); /* ports do not matter */
        half_open_track(m[i], true);
        half_open_track(m[i], true); /* counted once */
    }
    assert_int_equal(r->loop.half_open_count, HALF_OPEN_PER_IP);
    assert_false(half_open_allowed(&r->loop, &one));
    assert_true(half_open_allowed(&r->loop, &two));
    assert_int_equal(r->loop.count.half_open_refused, 1);
    half_open_track(m[5], false); /* finished */
    half_open_track(m[5], false);
    assert_true(half_open_allowed(&r->loop, &one));
    half_open_track(m[5], true);
    assert_false(half_open_allowed(&r->loop, &one));
    for (unsigned i = 0; i < HALF_OPEN_PER_IP; i++)
        half_open_track(m[i], false);
    assert_int_equal(r->loop.half_open_count, 0);
    assert_null(r->loop.half_open); /* no address is remembered */
}

/* An address that changes during the handshake is still counted down where it was counted up. */
static void a_moving_client_is_counted_right(void **state) {
    struct rig *r = *state;
    struct member *m = add_member(r, 1);
    assert_int_equal(ptn_addr_parse("198.51.100.7", 1, &m->last_remote), PTN_OK);
    half_open_track(m, true);
    assert_int_equal(ptn_addr_parse("203.0.113.9", 1, &m->last_remote), PTN_OK);
    half_open_track(m, false);
    assert_int_equal(r->loop.half_open_count, 0);
    assert_null(r->loop.half_open);
}

static void tell(struct rig *r, struct member *m, enum ptn_peer_event_type type,
                 enum ptn_ice_state ice_state) {
    struct ptn_peer_event ev = {.type = type, .ice_state = ice_state};
    r->loop.wake_control = false;
    notice_of_event(&r->loop, m, &ev);
}

/* What nobody waits for wakes nobody, but not for ever. */
static void steps_on_the_way_travel_with_what_matters(void **state) {
    struct rig *r = *state;
    struct loop *l = &r->loop;
    struct member *m = add_member(r, 1);
    tell(r, m, PTN_PEER_UP, 0);
    assert_true(l->wake_control);
    tell(r, m, PTN_PEER_ICE, PTN_ICE_FAILED);
    assert_true(l->wake_control);
    tell(r, m, PTN_PEER_ICE, PTN_ICE_CONNECTED);
    tell(r, m, PTN_PEER_SELECTED, 0);
    tell(r, m, PTN_PEER_DTLS, 0);
    assert_false(l->wake_control);
    ptn_timers_run(&l->timers, l->now + NOTICE_DELAY - 1);
    assert_false(l->wake_control);
    ptn_timers_run(&l->timers, l->now + NOTICE_DELAY);
    assert_true(l->wake_control);
}

static bool busy_after(struct loop *l, unsigned packets, ptn_time passed) {
    l->count.rx_packets += packets;
    l->now += passed;
    loop_measure(l);
    return l->busy;
}

static void a_loop_with_much_to_do_gathers(void **state) {
    struct rig *r = *state;
    struct loop *l = &r->loop;
    loop_measure(l);
    assert_false(busy_after(l, BUSY_PACKETS - 1, BUSY_WINDOW));
    assert_false(busy_after(l, BUSY_PACKETS, BUSY_WINDOW - 1)); /* the window is not over */
    assert_true(busy_after(l, 0, 1));
    assert_true(busy_after(l, 100 * BUSY_PACKETS, 100 * BUSY_WINDOW));
    assert_false(busy_after(l, BUSY_PACKETS, 2 * BUSY_WINDOW)); /* slower than that */
    assert_false(busy_after(l, 0, BUSY_WINDOW));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hello_from_an_unknown_tuple_is_kept_for_a_moment, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(strangers_cannot_fill_the_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_kept_flight_reaches_its_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(half_open_handshakes_are_limited_by_address, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_moving_client_is_counted_right, setup, teardown),
        cmocka_unit_test_setup_teardown(steps_on_the_way_travel_with_what_matters, setup, teardown),
        cmocka_unit_test_setup_teardown(a_loop_with_much_to_do_gathers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
