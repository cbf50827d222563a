/* The engine with real loopback sockets and threads, as the control side uses it. */
#include "test.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/cert.h"
#include "worker/engine.h"

static struct ptn_dtls_ctx *ctx;

static int setup(void **state) {
    (void)state;
    struct ptn_dtls_ctx_config cfg = {0};
    assert_int_equal(ptn_cert_generate(false, &cfg.cert), PTN_OK);
    assert_int_equal(ptn_dtls_ctx_new(&cfg, &ctx), PTN_OK);
    ptn_cert_unref(cfg.cert);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    ptn_dtls_ctx_unref(ctx);
    return 0;
}

struct seen {
    unsigned gathered, closed, stats, others;
    char reason[160];
    uint64_t last_peer, token;
};

static void on_notice(void *arg, struct ptn_notice *n) {
    struct seen *s = arg;
    s->last_peer = n->peer;
    switch (n->type) {
    case PTN_NOTICE_GATHERED:
        s->gathered++;
        assert_int_equal(n->cand_count, 1);
        assert_true(ptn_addr_is_loopback(&n->cand[0].addr));
        break;
    case PTN_NOTICE_CLOSED:
        s->closed++;
        memcpy(s->reason, n->text, sizeof s->reason);
        break;
    case PTN_NOTICE_STATS:
        s->stats++;
        s->token = n->value;
        assert_non_null(n->json);
        break;
    default:
        s->others++;
    }
}

static struct ptn_engine_socket open_socket(unsigned loop) {
    struct ptn_engine_socket s = {.loop = loop};
    struct sockaddr_storage ss;
    socklen_t n = sizeof ss;
    assert_int_equal(ptn_addr_parse("127.0.0.1", 0, &s.addr), PTN_OK);
    s.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t len = ptn_addr_to_sockaddr(&s.addr, &ss);
    assert_int_equal(bind(s.fd, (struct sockaddr *)&ss, len), 0);
    assert_int_equal(getsockname(s.fd, (struct sockaddr *)&ss, &n), 0);
    assert_int_equal(ptn_addr_from_sockaddr((struct sockaddr *)&ss, &s.addr), PTN_OK);
    return s;
}

static struct ptn_engine *start(unsigned loops, unsigned peers_max, struct seen *seen,
                                struct ptn_engine_socket *sockets) {
    struct ptn_engine *e = NULL;
    for (unsigned i = 0; i < loops; i++)
        sockets[i] = open_socket(i);
    struct ptn_engine_config cfg = {
        .loops = loops,
        .sockets = sockets,
        .socket_count = loops,
        .dtls_ctx = ctx,
        .dtls_mtu = 1200,
        .twcc_period = 200 * PTN_MS,
        .min_nack_queue = 200 * PTN_MS,
        .dscp = 46,
        .peers_per_loop_max = peers_max,
    };
    assert_int_equal(ptn_engine_start(&cfg, on_notice, seen, &e), PTN_OK);
    assert_int_equal(ptn_engine_loops(e), loops);
    return e;
}

/* Waits for the notices of other threads: up to 10 s, usually a millisecond. */
static void dispatch_until(struct ptn_engine *e, const unsigned *count, unsigned wanted) {
    for (int i = 0; i < 1000 && *count < wanted; i++) {
        struct pollfd p = {.fd = ptn_engine_fd(e), .events = POLLIN};
        poll(&p, 1, 10);
        ptn_engine_dispatch(e);
    }
    assert_int_equal(*count, wanted);
}

static struct ptn_peer_params params_of(unsigned n, int loop) {
    struct ptn_peer_params p = {.loop = loop, .controlling = true};
    snprintf(p.ufrag, sizeof p.ufrag, "uf%04u", n);
    snprintf(p.pwd, sizeof p.pwd, "a-password-of-22-chars"); /* replaced: ice-chars only */
    for (char *c = p.pwd; *c; c++)
        if (*c == '-')
            *c = '+';
    return p;
}

static void starts_and_stops_without_peers(void **state) {
    (void)state;
    for (unsigned loops = 1; loops <= 4; loops++) {
        struct seen seen = {0};
        struct ptn_engine_socket s[4];
        ptn_engine_stop(start(loops, 0, &seen, s));
        for (unsigned i = 0; i < loops; i++) /* its sockets are closed */
            assert_int_equal(write(s[i].fd, "", 0), -1);
        assert_int_equal(seen.closed, 0);
    }
    ptn_engine_stop(NULL);
}

static void peers_come_and_go(void **state) {
    (void)state;
    struct seen seen = {0};
    struct ptn_engine_socket s[2];
    struct ptn_engine *e = start(2, 0, &seen, s);
    enum { N = 40 };
    uint64_t id[N];
    for (unsigned i = 0; i < N; i++) {
        struct ptn_peer_params p = params_of(i, -1);
        assert_int_equal(ptn_engine_peer_new(e, &p, &id[i]), PTN_OK);
        assert_true(id[i] != 0 && ptn_engine_peer_loop(id[i]) < 2);
        uint64_t stream = ptn_engine_stream_id(e, id[i]);
        assert_int_equal(ptn_id_loop(stream), ptn_engine_peer_loop(id[i]));
    }
    struct ptn_engine_counters c;
    ptn_engine_get_counters(e, &c);
    assert_int_equal(c.peers, N);
    dispatch_until(e, &seen.gathered, N);
    unsigned on_first = 0;
    for (unsigned i = 0; i < N; i++)
        on_first += ptn_engine_peer_loop(id[i]) == 0;
    assert_int_equal(on_first, N / 2); /* spread evenly */
    assert_int_equal(ptn_engine_peer_stats(e, id[3], 77), PTN_OK);
    dispatch_until(e, &seen.stats, 1);
    assert_int_equal(seen.token, 77);
    for (unsigned i = 0; i < N; i++)
        ptn_engine_peer_close(e, id[i], "Close PC");
    dispatch_until(e, &seen.closed, N);
    assert_string_equal(seen.reason, "Close PC");
    ptn_engine_get_counters(e, &c);
    assert_int_equal(c.peers, 0);
    ptn_engine_peer_close(e, id[0], "again"); /* late: nothing comes of it */
    ptn_engine_stop(e);
    assert_int_equal(seen.closed, N);
}

static void a_full_loop_refuses(void **state) {
    (void)state;
    struct seen seen = {0};
    struct ptn_engine_socket s[1];
    struct ptn_engine *e = start(1, 3, &seen, s);
    uint64_t id[4] = {0};
    for (unsigned i = 0; i < 4; i++) {
        struct ptn_peer_params p = params_of(i, 0);
        assert_int_equal(ptn_engine_peer_new(e, &p, &id[i]), i < 3 ? PTN_OK : PTN_ELIMIT);
    }
    ptn_engine_peer_close(e, id[1], "bye");
    dispatch_until(e, &seen.closed, 1);
    struct ptn_peer_params p = params_of(9, 0);
    assert_int_equal(ptn_engine_peer_new(e, &p, &id[3]), PTN_OK);
    ptn_engine_stop(e); /* with peers: they end, nothing leaks */
}

static void peers_of_one_affinity_share_a_loop(void **state) {
    (void)state;
    struct seen seen = {0};
    struct ptn_engine_socket s[4];
    struct ptn_engine *e = start(4, 0, &seen, s);
    unsigned used = 0;
    for (uint64_t room = 1; room <= 40; room++) {
        unsigned loop = 0;
        for (unsigned i = 0; i < 3; i++) {
            uint64_t id;
            struct ptn_peer_params p = params_of((unsigned)room * 10 + i, -1);
            p.affinity = room;
            assert_int_equal(ptn_engine_peer_new(e, &p, &id), PTN_OK);
            if (i > 0)
                assert_int_equal(ptn_engine_peer_loop(id), loop);
            loop = ptn_engine_peer_loop(id);
        }
        used |= 1u << loop;
    }
    assert_int_equal(used, 15); /* rooms are spread over all loops */
    ptn_engine_stop(e);
}

static void late_and_wrong_ids_are_counted(void **state) {
    (void)state;
    struct seen seen = {0};
    struct ptn_engine_socket s[1];
    struct ptn_engine *e = start(1, 0, &seen, s);
    assert_int_equal(ptn_engine_peer_stats(e, 12345, 1), PTN_OK);
    assert_int_equal(ptn_engine_peer_plan(e, 12345, ptn_plan_new(2)), PTN_OK);
    assert_int_equal(ptn_engine_connect(e, 5, 6), PTN_OK);
    assert_int_equal(ptn_engine_disconnect(e, 6), PTN_OK);
    assert_int_equal(ptn_engine_keyframe(e, 6), PTN_OK);
    assert_int_equal(ptn_engine_peer_candidate(e, 12345, NULL), PTN_OK);
    assert_int_equal(ptn_engine_peer_remb(e, 12345, 1), PTN_OK);
    assert_int_equal(ptn_engine_sink_set(e, 6, &(struct ptn_sink_params){0}), PTN_OK);
    uint64_t elsewhere = UINT64_C(7) << 56 | 1; /* a loop that does not exist */
    assert_int_equal(ptn_engine_peer_stats(e, elsewhere, 1), PTN_ENOENT);
    assert_int_equal(ptn_engine_peer_plan(e, elsewhere, ptn_plan_new(2)), PTN_ENOENT);
    ptn_engine_peer_close(e, elsewhere, "nobody");
    struct ptn_peer_params p = params_of(1, 0); /* answered: what was posted before has been done */
    uint64_t id;
    assert_int_equal(ptn_engine_peer_new(e, &p, &id), PTN_OK);
    dispatch_until(e, &seen.gathered, 1);
    struct ptn_engine_counters c = {0};
    for (int i = 0; i < 1000 && c.late_commands < 7; i++) {
        poll(NULL, 0, 5);
        ptn_engine_get_counters(e, &c);
    }
    assert_int_equal(c.late_commands, 7);
    ptn_engine_stop(e);
}

/* Strangers' datagrams of all kinds: counted, answered by nothing, kept by nobody. */
static void garbage_is_counted(void **state) {
    (void)state;
    struct seen seen = {0};
    struct ptn_engine_socket s[1];
    struct ptn_engine *e = start(1, 0, &seen, s);
    struct ptn_engine_socket stranger = open_socket(0);
    struct sockaddr_storage to;
    socklen_t n = ptn_addr_to_sockaddr(&s[0].addr, &to);
    uint8_t data[1600] = {0};
    unsigned sent = 0;
    for (unsigned i = 0; i < 256; i++) {
        data[0] = (uint8_t)i;
        data[1] = 1;
        size_t len = i % 5 == 0 ? 1 : i % 5 == 1 ? 0 : 100;
        sent += sendto(stranger.fd, data, len, 0, (struct sockaddr *)&to, n) >= 0;
    }
    sendto(stranger.fd, data, sizeof data, 0, (struct sockaddr *)&to, n); /* too large */
    struct ptn_engine_counters c = {0};
    for (int i = 0; i < 1000 && c.rx_packets < sent; i++) {
        poll(NULL, 0, 5);
        ptn_engine_get_counters(e, &c);
    }
    assert_int_equal(c.rx_packets, sent);
    assert_true(c.stun_unknown >= 1);
    assert_int_equal(recv(stranger.fd, data, sizeof data, 0), -1);
    ptn_engine_stop(e);
    close(stranger.fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_and_stops_without_peers),
        cmocka_unit_test(peers_come_and_go),
        cmocka_unit_test(a_full_loop_refuses),
        cmocka_unit_test(peers_of_one_affinity_share_a_loop),
        cmocka_unit_test(late_and_wrong_ids_are_counted),
        cmocka_unit_test(garbage_is_counted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
