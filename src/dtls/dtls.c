/* One association: datagrams go through OpenSSL, what it says becomes events. */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "dtls/internal.h"

#define RECORD_MAX 16384
#define LIBRARY_MEMORY 40000 /* bytes OpenSSL holds for an idle association, as measured */
#define EXPORTER "EXTRACTOR-dtls_srtp" /* RFC 5764 4.2 */

/* Milliseconds between the repetitions of a flight. OpenSSL's own start of 1 s is too slow. It
 * repeats a flight 12 times and then breaks the association for good, so the last delays stretch
 * over the usual 20 s: a peer that appears late is still met. */
static const unsigned delays[] = {100,  200,  400,  800,  1000, 1000, 1000,
                                  1000, 2000, 2000, 4000, 4000, 4000};

static unsigned next_delay(SSL *ssl, unsigned previous) {
    struct ptn_dtls *d = SSL_get_ex_data(ssl, dtls_ex_index);
    if (previous == 0) /* a new flight */
        d->repeats = 0;
    size_t i = d->repeats < PTN_COUNT_OF(delays) ? d->repeats++ : PTN_COUNT_OF(delays) - 1;
    return delays[i] * 1000;
}

static void on_info(const SSL *ssl, int where, int value) {
    struct ptn_dtls *d = SSL_get_ex_data(ssl, dtls_ex_index);
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL)
        d->alert = value & 0xff;
}

ptn_err ptn_dtls_new(const struct ptn_dtls_config *cfg, struct ptn_dtls **out) {
    struct ptn_dtls *d = ptn_new(struct ptn_dtls);
    d->cfg = *cfg;
    d->deadline = d->due = PTN_NEVER;
    d->alert = -1;
    ptn_list_init(&d->out);
    ptn_list_init(&d->records);
    ptn_dtls_ctx_ref(cfg->ctx);
    d->ssl = SSL_new(cfg->ctx->ssl);
    BIO *bio = d->ssl ? bio_new(d) : NULL;
    if (!bio) {
        ptn_dtls_free(d);
        return PTN_EIO;
    }
    SSL_set_bio(d->ssl, bio, bio);
    SSL_set_ex_data(d->ssl, dtls_ex_index, d);
    SSL_set_info_callback(d->ssl, on_info);
    DTLS_set_timer_cb(d->ssl, next_delay);
    SSL_set_mtu(d->ssl, cfg->mtu);
    if (cfg->role == PTN_DTLS_CLIENT)
        SSL_set_connect_state(d->ssl);
    else
        SSL_set_accept_state(d->ssl);
    *out = d;
    return PTN_OK;
}

static void free_list(struct ptn_list *list) {
    struct ptn_list *node; /* struct out and struct record both begin with their node */
    while ((node = ptn_list_pop(list)))
        free(node);
}

void ptn_dtls_free(struct ptn_dtls *d) {
    if (!d)
        return;
    SSL_free(d->ssl);
    free_list(&d->out);
    free_list(&d->records);
    free(d->lent);
    ptn_dtls_ctx_unref(d->cfg.ctx);
    ptn_wipe(d->event, sizeof d->event);
    free(d);
}

static struct ptn_dtls_event *add_event(struct ptn_dtls *d, enum ptn_dtls_event_type type) {
    struct ptn_dtls_event *ev = &d->event[d->event_count++]; /* each kind comes once: it fits */
    memset(ev, 0, sizeof *ev);
    ev->type = type;
    ev->alert = -1;
    return ev;
}

static void end_with(struct ptn_dtls *d, enum ptn_dtls_failure failure, const char *detail) {
    if (d->ended)
        return;
    d->ended = true;
    d->deadline = d->due = PTN_NEVER;
    struct ptn_dtls_event *ev = add_event(d, PTN_DTLS_FAILED);
    ev->failure = failure;
    ev->alert = failure == PTN_DTLS_ALERT ? d->alert : -1;
    ptn_str_copy(ev->detail, sizeof ev->detail, detail);
}

static void end_closed(struct ptn_dtls *d) {
    if (d->ended)
        return;
    d->ended = true;
    d->deadline = d->due = PTN_NEVER;
    add_event(d, PTN_DTLS_CLOSED);
}

static void end_by_library(struct ptn_dtls *d) {
    char why[80], text[96];
    ptn_crypto_error(why, sizeof why);
    if (d->fingerprint_bad) {
        end_with(d, PTN_DTLS_FINGERPRINT, "the certificate is not the one of the SDP");
    } else if (d->alert >= 0) {
        snprintf(text, sizeof text, "alert %d: %s", d->alert, SSL_alert_desc_string_long(d->alert));
        end_with(d, PTN_DTLS_ALERT, text);
    } else {
        end_with(d, PTN_DTLS_ERROR, why);
    }
}

static enum ptn_srtp_profile negotiated_profile(SSL *ssl) {
    const SRTP_PROTECTION_PROFILE *p = SSL_get_selected_srtp_profile(ssl);
    return p ? (enum ptn_srtp_profile)p->id : PTN_SRTP_NONE;
}

/* client key | server key | client salt | server salt  (RFC 5764 4.2) */
static bool export_keys(struct ptn_dtls *d, enum ptn_srtp_profile profile,
                        struct ptn_dtls_event *ev) {
    uint8_t m[2 * (PTN_SRTP_KEY_MAX + PTN_SRTP_SALT_MAX)];
    size_t k = ptn_srtp_key_len(profile), s = ptn_srtp_salt_len(profile);
    if (SSL_export_keying_material(d->ssl, m, 2 * (k + s), EXPORTER, sizeof EXPORTER - 1, NULL, 0,
                                   0) != 1)
        return false;
    bool is_client = d->cfg.role == PTN_DTLS_CLIENT;
    struct ptn_srtp_keys *client = is_client ? &ev->local_keys : &ev->remote_keys;
    struct ptn_srtp_keys *server = is_client ? &ev->remote_keys : &ev->local_keys;
    memcpy(client->key, m, k);
    memcpy(server->key, m + k, k);
    memcpy(client->salt, m + 2 * k, s);
    memcpy(server->salt, m + 2 * k + s, s);
    ptn_wipe(m, sizeof m);
    return true;
}

static void on_finished(struct ptn_dtls *d) {
    enum ptn_srtp_profile profile = negotiated_profile(d->ssl);
    d->connected = true;
    d->deadline = PTN_NEVER;
    if (profile == PTN_SRTP_NONE) {
        SSL_shutdown(d->ssl); /* the peer believes that it is connected */
        end_with(d, PTN_DTLS_NO_SRTP, "no common SRTP profile");
        return;
    }
    struct ptn_dtls_event *ev = add_event(d, PTN_DTLS_CONNECTED);
    ev->profile = profile;
    if (!export_keys(d, profile, ev)) {
        d->event_count--;
        end_by_library(d);
    }
}

/* Application records; also what makes the library answer a repeated last flight. */
static int read_records(struct ptn_dtls *d) {
    static _Thread_local uint8_t buf[RECORD_MAX];
    int n;
    while ((n = SSL_read(d->ssl, buf, sizeof buf)) > 0) {
        if (d->record_count >= RECORDS_MAX) {
            d->stats.dropped++;
            continue;
        }
        struct record *r = ptn_alloc(sizeof *r + (size_t)n);
        r->len = (size_t)n;
        memcpy(r->data, buf, r->len);
        ptn_list_push(&d->records, &r->node);
        d->record_count++;
    }
    return n;
}

static void refresh_due(struct ptn_dtls *d, ptn_time now) {
    struct timeval left;
    d->due = PTN_NEVER;
    if (!d->ended && DTLSv1_get_timeout(d->ssl, &left) == 1)
        d->due = now + (ptn_time)left.tv_sec * PTN_SECOND + left.tv_usec;
}

/* The library's buffers, 35 kB, exist only during a call. OpenSSL 3.0 makes them again by itself
 * when it reads, but when it writes DTLS it takes them for granted. */
static void borrow_buffers(struct ptn_dtls *d) {
    if (SSL_alloc_buffers(d->ssl) != 1)
        abort(); /* as our own allocator does */
}

static void return_buffers(struct ptn_dtls *d) {
    if (!d->connected)
        return;
    SSL_free_buffers(d->ssl);
    flight_release(d);
}

/* Lets the library do what it can with what has come. */
static void run(struct ptn_dtls *d, ptn_time now) {
    if (d->ended)
        return;
    ERR_clear_error();
    borrow_buffers(d);
    flight_begin(d);
    int n = d->connected ? read_records(d) : SSL_do_handshake(d->ssl);
    if (!d->connected && n == 1) {
        on_finished(d);
        n = read_records(d);
    }
    int err = n > 0 ? SSL_ERROR_NONE : SSL_get_error(d->ssl, n);
    if (err == SSL_ERROR_ZERO_RETURN)
        end_closed(d);
    else if (err == SSL_ERROR_SSL || (err == SSL_ERROR_SYSCALL && ERR_peek_error() != 0))
        end_by_library(d);
    flight_end();
    return_buffers(d);
    refresh_due(d, now);
}

void ptn_dtls_start(struct ptn_dtls *d, ptn_time now) {
    if (d->started || d->ended)
        return;
    d->started = true;
    d->deadline = now + d->cfg.timeout;
    run(d, now);
}

void ptn_dtls_handle_datagram(struct ptn_dtls *d, ptn_time now, struct ptn_bytes datagram) {
    if (d->ended)
        return;
    if (!looks_like_dtls(datagram)) {
        d->stats.dropped++;
        return;
    }
    ptn_dtls_start(d, now);
    d->in = datagram;
    run(d, now);
    d->in = (struct ptn_bytes){0};
}

void ptn_dtls_handle_timeout(struct ptn_dtls *d, ptn_time now) {
    if (d->ended)
        return;
    if (now >= d->deadline) {
        end_with(d, PTN_DTLS_TIMEOUT, "the handshake did not finish in time");
        return;
    }
    if (now < d->due)
        return;
    ERR_clear_error();
    flight_begin(d);
    long result = DTLSv1_handle_timeout(d->ssl);
    flight_end();
    if (result > 0)
        d->stats.retransmissions++;
    refresh_due(d, now);
    if (result < 0) { /* its count of repetitions is used up: it would refuse whatever comes now */
        ERR_clear_error();
        end_with(d, PTN_DTLS_TIMEOUT, "the peer did not answer the last flight");
    } else if (d->due <= now) {
        d->due = now + PTN_MS; /* its clock lags behind ours: no spinning */
    }
}

ptn_time ptn_dtls_next_timeout(const struct ptn_dtls *d) {
    return ptn_time_min(d->deadline, d->due);
}

bool ptn_dtls_poll_datagram(struct ptn_dtls *d, struct ptn_datagram *out) {
    struct ptn_list *node = ptn_list_pop(&d->out);
    if (!node)
        return false;
    struct out *o = ptn_container_of(node, struct out, node);
    out->len = o->len;
    memcpy(out->data, o->data, o->len);
    d->out_count--;
    free(o);
    return true;
}

bool ptn_dtls_poll_event(struct ptn_dtls *d, struct ptn_dtls_event *out) {
    free(d->lent);
    d->lent = NULL;
    bool connected_waits =
        d->event_head < d->event_count && d->event[d->event_head].type == PTN_DTLS_CONNECTED;
    if (!connected_waits && d->record_count > 0) { /* data before the end that followed it */
        d->lent = ptn_container_of(ptn_list_pop(&d->records), struct record, node);
        d->record_count--;
        memset(out, 0, sizeof *out);
        out->type = PTN_DTLS_APPDATA;
        out->alert = -1;
        out->data = ptn_bytes_of(d->lent->data, d->lent->len);
        return true;
    }
    if (d->event_head == d->event_count)
        return false;
    *out = d->event[d->event_head];
    ptn_wipe(&d->event[d->event_head++], sizeof d->event[0]);
    return true;
}

ptn_err ptn_dtls_send(struct ptn_dtls *d, ptn_time now, struct ptn_bytes data) {
    if (!d->connected || d->ended || d->closing)
        return PTN_EPROTO;
    if (data.n == 0 || data.n > d->cfg.mtu)
        return PTN_ELIMIT;
    ERR_clear_error();
    borrow_buffers(d);
    int n = SSL_write(d->ssl, data.p, (int)data.n);
    return_buffers(d);
    refresh_due(d, now);
    return n > 0 ? PTN_OK : PTN_EIO;
}

void ptn_dtls_close(struct ptn_dtls *d, ptn_time now) {
    if (d->closing)
        return;
    d->closing = true;
    if (d->connected && !d->ended) {
        ERR_clear_error();
        borrow_buffers(d);
        SSL_shutdown(d->ssl);
        return_buffers(d);
        ERR_clear_error();
    }
    d->ended = true;
    d->deadline = d->due = PTN_NEVER;
    (void)now;
}

struct ptn_dtls_stats ptn_dtls_get_stats(const struct ptn_dtls *d) {
    struct ptn_dtls_stats stats = d->stats;
    stats.memory =
        sizeof *d + LIBRARY_MEMORY + d->out_count * PTN_DATAGRAM_MAX + d->record_count * d->cfg.mtu;
    return stats;
}
