/* Real sockets on the loopback: what is written comes out whole and in order. */
#include "test.h"

#include <netinet/in.h>
#include <unistd.h>

#include "base/rng.h"
#include "worker/txbatch.h"

struct sock {
    int fd;
    struct ptn_addr addr;
};

static struct sock open_socket(void) {
    struct sock s;
    struct sockaddr_storage ss;
    socklen_t n = sizeof ss;
    struct ptn_addr any;
    assert_int_equal(ptn_addr_parse("127.0.0.1", 0, &any), PTN_OK);
    s.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(s.fd >= 0);
    int size = 4 << 20;
    setsockopt(s.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(s.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    socklen_t len = ptn_addr_to_sockaddr(&any, &ss);
    assert_int_equal(bind(s.fd, (struct sockaddr *)&ss, len), 0);
    assert_int_equal(getsockname(s.fd, (struct sockaddr *)&ss, &n), 0);
    assert_int_equal(ptn_addr_from_sockaddr((struct sockaddr *)&ss, &s.addr), PTN_OK);
    return s;
}

enum { TARGETS = 3 };

struct rig {
    struct sock from, to[TARGETS];
    struct ptn_tx_socket tx_socket;
    struct ptn_txbatch *tx;
    unsigned written[TARGETS], read[TARGETS];
};

static void rig_init(struct rig *r) {
    memset(r, 0, sizeof *r);
    r->from = open_socket();
    for (int i = 0; i < TARGETS; i++)
        r->to[i] = open_socket();
    r->tx_socket = (struct ptn_tx_socket){r->from.fd, r->from.addr, false};
    r->tx = ptn_txbatch_new(&r->tx_socket, 1);
}

static void rig_done(struct rig *r) {
    ptn_txbatch_free(r->tx);
    close(r->from.fd);
    for (int i = 0; i < TARGETS; i++)
        close(r->to[i].fd);
}

/* Datagram number n for a target: its content tells n and its own length. */
static size_t fill(uint8_t *p, int target, unsigned n, size_t len) {
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(n * 17 + i * 3 + (unsigned)target);
    if (len >= 8) {
        ptn_put_u32(p, n);
        ptn_put_u16(p + 4, (uint16_t)len);
    }
    return len;
}

static void write_one(struct rig *r, int target, size_t len) {
    struct ptn_path path = {r->from.addr, r->to[target].addr};
    struct ptn_out_writer *w = ptn_txbatch_writer(r->tx);
    uint8_t *room = w->room(w, &path, PTN_DATAGRAM_MAX); /* more than is used */
    assert_non_null(room);
    w->commit(w, fill(room, target, r->written[target]++, len));
}

static void read_all(struct rig *r) {
    uint8_t got[2048], want[2048];
    for (int t = 0; t < TARGETS; t++) {
        ssize_t n;
        while ((n = recv(r->to[t].fd, got, sizeof got, 0)) > 0) {
            unsigned number = r->read[t]++;
            fill(want, t, number, (size_t)n);
            CHECK(memcmp(got, want, (size_t)n) == 0, "target %d: datagram %u is not the next", t,
                  number);
        }
        CHECK(r->read[t] == r->written[t], "target %d: %u of %u", t, r->read[t], r->written[t]);
    }
}

static void equal_sizes_become_one_run(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    for (int i = 0; i < 20; i++)
        write_one(&r, 0, 1200);
    write_one(&r, 0, 700); /* the last may be shorter */
    ptn_txbatch_send(r.tx);
    read_all(&r);
    const struct ptn_tx_counters *c = ptn_txbatch_counters(r.tx);
    assert_int_equal(c->packets, 21);
    assert_int_equal(c->bytes, 20 * 1200 + 700);
    if (c->gso_fallbacks == 0) {
        assert_int_equal(c->gso_runs, 1);
        assert_int_equal(c->calls, 1);
    }
    rig_done(&r);
}

static void mixed_sizes_and_targets_arrive_in_order(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct ptn_rng_seed s;
        struct ptn_rng rng = ptn_rng_seeded(&s, seed);
        struct rig r;
        rig_init(&r);
        for (int round = 0; round < 20; round++) {
            unsigned n = 1 + (unsigned)ptn_rng_below(&rng, 120);
            int target = 0;
            for (unsigned i = 0; i < n; i++) {
                if (ptn_rng_below(&rng, 4) == 0)
                    target = (int)ptn_rng_below(&rng, TARGETS);
                size_t len = ptn_rng_below(&rng, 3) ? 1100 : 8 + ptn_rng_below(&rng, 1400);
                write_one(&r, target, len);
            }
            ptn_txbatch_send(r.tx);
            read_all(&r);
        }
        rig_done(&r);
    }
}

/* More than one buffer, more than one list of messages, more than one run may hold. */
static void more_than_fits_is_sent_meanwhile(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    for (int i = 0; i < 600; i++)
        write_one(&r, 0, 1200);
    ptn_txbatch_send(r.tx);
    read_all(&r);
    for (int i = 0; i < 3 * PTN_TX_MESSAGES; i++)
        write_one(&r, i % 2, 100);
    ptn_txbatch_send(r.tx);
    read_all(&r);
    assert_int_equal(ptn_txbatch_counters(r.tx)->refused, 0);
    assert_int_equal(ptn_txbatch_counters(r.tx)->would_block, 0);
    rig_done(&r);
}

static void without_gso_everything_still_arrives(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    r.tx_socket.gso_refused = true;
    for (int i = 0; i < 100; i++)
        write_one(&r, 0, 1200);
    ptn_txbatch_send(r.tx);
    read_all(&r);
    assert_int_equal(ptn_txbatch_counters(r.tx)->gso_runs, 0);
    rig_done(&r);
}

/* A kernel without checksum offload for GSO answers EIO, as UDP sockets without checksum do. */
static void a_refused_run_falls_back_and_loses_nothing(void **state) {
    (void)state;
    struct rig r;
    int on = 1;
    rig_init(&r);
    if (setsockopt(r.from.fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) != 0)
        skip();
    for (int i = 0; i < 10; i++)
        write_one(&r, 0, 1200);
    write_one(&r, 1, 500);
    for (int i = 0; i < 10; i++)
        write_one(&r, 0, 900);
    ptn_txbatch_send(r.tx);
    read_all(&r);
    assert_true(ptn_txbatch_counters(r.tx)->gso_fallbacks >= 1);
    for (int i = 0; i < 10; i++)
        write_one(&r, 0, 1200);
    ptn_txbatch_send(r.tx);
    read_all(&r);
    rig_done(&r);
}

static void a_target_that_is_gone_does_not_stop_the_others(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    close(r.to[2].fd); /* its datagrams come back as ICMP errors, told by a later send */
    r.to[2] = open_socket();
    struct ptn_addr gone = r.to[2].addr;
    close(r.to[2].fd);
    for (int i = 0; i < 50; i++) {
        uint8_t data[100];
        struct ptn_path path = {r.from.addr, gone};
        fill(data, 0, 0, sizeof data);
        ptn_txbatch_add(r.tx, &path, ptn_bytes_of(data, sizeof data));
        write_one(&r, 0, 1000);
        ptn_txbatch_send(r.tx);
    }
    r.to[2] = open_socket();
    uint64_t refused = ptn_txbatch_counters(r.tx)->refused;
    unsigned read = 0;
    uint8_t buf[2048];
    while (recv(r.to[0].fd, buf, sizeof buf, 0) > 0)
        read++;
    CHECK(read + refused >= 50, "%u read, %u refused", read, (unsigned)refused);
    rig_done(&r);
}

static void what_cannot_be_sent_is_refused(void **state) {
    (void)state;
    struct rig r;
    rig_init(&r);
    struct ptn_out_writer *w = ptn_txbatch_writer(r.tx);
    struct ptn_path path = {r.from.addr, r.to[0].addr}, stray = {r.to[0].addr, r.to[1].addr};
    assert_null(w->room(w, &path, PTN_DATAGRAM_MAX + 1));
    ptn_txbatch_add(r.tx, &path, ptn_bytes_of("", 0));
    ptn_txbatch_add(r.tx, &stray, ptn_bytes_of("from no socket of ours", 22));
    assert_int_equal(ptn_txbatch_counters(r.tx)->refused, 1);
    ptn_txbatch_send(r.tx); /* nothing */
    assert_int_equal(ptn_txbatch_counters(r.tx)->calls, 0);
    read_all(&r);
    ptn_txbatch_free(NULL);
    rig_done(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_sizes_become_one_run),
        cmocka_unit_test(mixed_sizes_and_targets_arrive_in_order),
        cmocka_unit_test(more_than_fits_is_sent_meanwhile),
        cmocka_unit_test(without_gso_everything_still_arrives),
        cmocka_unit_test(a_refused_run_falls_back_and_loses_nothing),
        cmocka_unit_test(a_target_that_is_gone_does_not_stop_the_others),
        cmocka_unit_test(what_cannot_be_sent_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
