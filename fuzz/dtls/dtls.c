/* Arbitrary datagrams at a fresh association. Input: one byte (bit 0: client or server, bit 1:
 * time passes between the datagrams), then datagrams, each two bytes of length and its bytes. */
#include <assert.h>

#include "base/wire.h"
#include "dtls/dtls.h"
#include "sim/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_dtls_ctx *context(void) {
    static struct ptn_dtls_ctx *ctx; /* one for the whole run: making keys is slow */
    struct ptn_cert *cert;
    if (ctx)
        return ctx;
    sim_rand_seed(1);
    ptn_err err = ptn_cert_generate(false, &cert);
    assert(err == PTN_OK);
    struct ptn_dtls_ctx_config cfg = {.cert = cert};
    err = ptn_dtls_ctx_new(&cfg, &ctx);
    assert(err == PTN_OK);
    ptn_cert_unref(cert);
    return ctx;
}

static void pump(struct ptn_dtls *d, unsigned *ends) {
    struct ptn_datagram out;
    struct ptn_dtls_event ev;
    unsigned count = 0;
    while (ptn_dtls_poll_datagram(d, &out)) {
        assert(out.len > 0 && out.len <= 1200);
        count++;
    }
    assert(count <= 32);
    while (ptn_dtls_poll_event(d, &ev)) {
        assert(ev.type != PTN_DTLS_CONNECTED); /* nobody guesses a key */
        *ends += ev.type == PTN_DTLS_FAILED || ev.type == PTN_DTLS_CLOSED;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(data, size));
    uint8_t mode = ptn_rd_u8(&r);
    unsigned ends = 0;
    ptn_time now = PTN_SECOND;
    struct ptn_dtls *d;
    struct ptn_dtls_config cfg = {
        .ctx = context(),
        .role = mode & 1 ? PTN_DTLS_CLIENT : PTN_DTLS_SERVER,
        .mtu = 1200,
        .timeout = 20 * PTN_SECOND,
        .fingerprints = {{.hash = PTN_SHA256, .len = 32}},
        .fingerprint_count = 1,
    };
    sim_clock_set(now);
    sim_rand_seed(1);
    ptn_err err = ptn_dtls_new(&cfg, &d);
    assert(err == PTN_OK);
    ptn_dtls_start(d, now);
    pump(d, &ends);
    while (r.left > 0 && !r.bad) {
        struct ptn_bytes datagram = ptn_rd_bytes(&r, ptn_rd_u16(&r));
        (void)ptn_dtls_is_client_hello(datagram);
        ptn_dtls_handle_datagram(d, now, datagram);
        pump(d, &ends);
        if (!(mode & 2))
            continue;
        now += 150 * PTN_MS;
        sim_clock_set(now);
        ptn_dtls_handle_timeout(d, now);
        pump(d, &ends);
    }
    now += 60 * PTN_SECOND;
    sim_clock_set(now);
    ptn_dtls_handle_timeout(d, now);
    pump(d, &ends);
    assert(ends == 1); /* every handshake ends, and says so once */
    assert(ptn_dtls_next_timeout(d) == PTN_NEVER);
    ptn_dtls_free(d);
    return 0;
}
