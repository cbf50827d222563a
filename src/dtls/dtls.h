/* DTLS 1.2 with use_srtp (RFC 6347, RFC 5764) over memory: datagrams and a clock in, datagrams,
 * deadlines and events out. OpenSSL reads the real clock for its timers; see README.md for what
 * the simulation does about it. One loop per object. */
#ifndef PTN_DTLS_DTLS_H
#define PTN_DTLS_DTLS_H

#include "base/datagram.h"
#include "base/err.h"
#include "base/time.h"
#include "crypto/cert.h"
#include "srtp/srtp.h"

enum ptn_dtls_role { PTN_DTLS_CLIENT, PTN_DTLS_SERVER };

/* What all associations of a process share: certificate, ciphers, profiles. Immutable. */
struct ptn_dtls_ctx;

struct ptn_dtls_ctx_config {
    struct ptn_cert *cert; /* a reference is taken */
    const char *ciphers;   /* OpenSSL cipher list; NULL: ECDHE with AEAD, then the spec's list */
    const char *profiles;  /* of SRTP, OpenSSL's names with colons; NULL: all, AEAD first */
    bool verify_chain;     /* also require a chain to the system's roots */
};

/* Before anything of OpenSSL has been used: finished handshakes give 20 kB of memory back. false:
 * too late, they keep it. */
bool ptn_dtls_watch_memory(void);

/* PTN_EINVALID: the cipher list selects nothing, or a profile is unknown. */
PTN_MUST_CHECK ptn_err ptn_dtls_ctx_new(const struct ptn_dtls_ctx_config *cfg,
                                        struct ptn_dtls_ctx **out);
struct ptn_dtls_ctx *ptn_dtls_ctx_ref(struct ptn_dtls_ctx *ctx); /* any thread */
void ptn_dtls_ctx_unref(struct ptn_dtls_ctx *ctx);               /* any thread; NULL allowed */

#define PTN_DTLS_FINGERPRINTS_MAX 4

struct ptn_dtls_config {
    struct ptn_dtls_ctx *ctx; /* a reference is taken */
    enum ptn_dtls_role role;
    uint16_t mtu;     /* bytes of a handshake datagram, 576..1400 */
    ptn_time timeout; /* the whole handshake, from the first datagram in or out; 20 s */
    /* From the peer's SDP. Of several, every one of the strongest hash present is tried, and one
     * must match; weaker ones are then ignored. None: the association fails. */
    struct ptn_fingerprint fingerprints[PTN_DTLS_FINGERPRINTS_MAX];
    size_t fingerprint_count;
};

enum ptn_dtls_event_type {
    PTN_DTLS_CONNECTED, /* once; keys are valid, wipe them after use */
    PTN_DTLS_APPDATA,   /* one record of application data (SCTP) */
    PTN_DTLS_CLOSED,    /* the peer sent close_notify, also during the handshake; once */
    PTN_DTLS_FAILED,    /* handshake error, fingerprint mismatch, fatal alert, timeout; once */
};

enum ptn_dtls_failure {
    PTN_DTLS_NO_FAILURE,
    PTN_DTLS_TIMEOUT,
    PTN_DTLS_FINGERPRINT, /* the certificate is not the one of the SDP */
    PTN_DTLS_ALERT,       /* the peer sent a fatal alert; number in alert */
    PTN_DTLS_NO_SRTP,     /* no common SRTP profile */
    PTN_DTLS_ERROR,       /* anything else the TLS library refuses; text in detail */
};

struct ptn_dtls_event {
    enum ptn_dtls_event_type type;
    enum ptn_srtp_profile profile;   /* CONNECTED */
    struct ptn_srtp_keys local_keys; /* CONNECTED: protects what we send */
    struct ptn_srtp_keys remote_keys;
    struct ptn_bytes data;         /* APPDATA; valid until the next call on this object */
    enum ptn_dtls_failure failure; /* FAILED */
    int alert;                     /* FAILED: TLS alert number, else -1 */
    char detail[96];               /* FAILED: for logs and reasons */
};

struct ptn_dtls;

/* Nothing is sent before ptn_dtls_start.
 *  cfg      copied; returns PTN_EIO when the TLS library refuses to make it, out is untouched */
PTN_MUST_CHECK ptn_err ptn_dtls_new(const struct ptn_dtls_config *cfg, struct ptn_dtls **out);
void ptn_dtls_free(struct ptn_dtls *d);

/* The path is ready: a client sends its hello now, a server begins its time-out. Idempotent. */
void ptn_dtls_start(struct ptn_dtls *d, ptn_time now);
/* Any datagram whose first byte is 20..63; it starts what was not started yet. What is no DTLS
 * record is dropped and counted, never fatal; during the handshake, a well-formed record that says
 * the wrong thing in clear ends it as in any TLS, so the owner feeds datagrams of authenticated
 * paths only. After the handshake nothing in clear matters, and datagrams are still fed to the
 * library: it answers a repeated last flight. */
void ptn_dtls_handle_datagram(struct ptn_dtls *d, ptn_time now, struct ptn_bytes datagram);
void ptn_dtls_handle_timeout(struct ptn_dtls *d, ptn_time now);
ptn_time ptn_dtls_next_timeout(const struct ptn_dtls *d);
/* Flights are packed into datagrams of up to mtu bytes. out->path is left alone. */
bool ptn_dtls_poll_datagram(struct ptn_dtls *d, struct ptn_datagram *out);
bool ptn_dtls_poll_event(struct ptn_dtls *d, struct ptn_dtls_event *out);
/* One record of application data; PTN_EPROTO before CONNECTED, PTN_ELIMIT when larger than mtu. */
PTN_MUST_CHECK ptn_err ptn_dtls_send(struct ptn_dtls *d, ptn_time now, struct ptn_bytes data);
/* Queues close_notify (polled like any datagram) when connected; no event follows. */
void ptn_dtls_close(struct ptn_dtls *d, ptn_time now);

/* True when the datagram carries a complete or first fragment of a ClientHello: what may open a
 * half-open handshake. Never reads past the end. */
bool ptn_dtls_is_client_hello(struct ptn_bytes datagram);

struct ptn_dtls_stats {
    unsigned retransmissions; /* our flights sent again */
    unsigned dropped;         /* datagrams that made no sense */
    size_t memory;            /* bytes held, estimate */
};
struct ptn_dtls_stats ptn_dtls_get_stats(const struct ptn_dtls *d);

#endif
