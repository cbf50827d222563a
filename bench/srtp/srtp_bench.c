/* What a packet costs, in nanoseconds, beside libsrtp2: protect and unprotect, per profile, for
 * payloads of audio and video. The best of many
 * short rounds, because the machine does other things. */
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "base/wire.h"
#include "srtp/srtp.h"

#define PACKETS 500 /* of one round: short enough to run undisturbed now and then */
#define ROUNDS 150
#define ROOM 1280

static const struct profile {
    enum ptn_srtp_profile id;
    srtp_profile_t theirs;
} profiles[] = {
    {PTN_SRTP_AEAD_AES_128_GCM, srtp_profile_aead_aes_128_gcm},
    {PTN_SRTP_AEAD_AES_256_GCM, srtp_profile_aead_aes_256_gcm},
    {PTN_SRTP_AES128_CM_SHA1_80, srtp_profile_aes128_cm_sha1_80},
};
static const size_t sizes[] = {100, 600, 1200};

struct packet {
    size_t len;
    uint8_t data[ROOM];
};

static struct packet *sealed; /* PACKETS of them */
static struct ptn_srtp_keys keys;
static uint8_t payload[1200];

static void check(bool ok, const char *what) {
    if (ok)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static void make_header(uint8_t h[12], size_t index) {
    static const uint8_t fixed[12] = {0x80, 96, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
    memcpy(h, fixed, 12);
    ptn_put_u16(h + 2, (uint16_t)index);
}

static double per_packet(ptn_time took) {
    return (double)took * 1000 / PACKETS;
}

/* As the egress does it: header and payload from different places into the batch buffer. */
static double our_protect(const struct profile *p, size_t size) {
    struct ptn_srtp_tx *tx;
    uint8_t h[12];
    check(ptn_srtp_tx_new(p->id, &keys, &tx) == PTN_OK, "tx_new");
    ptn_time began = ptn_time_now();
    for (size_t i = 0; i < PACKETS; i++) {
        make_header(h, i);
        check(ptn_srtp_protect(tx, i, ptn_bytes_of(h, 12), (struct ptn_bytes){0},
                               ptn_bytes_of(payload, size), sealed[i].data, ROOM,
                               &sealed[i].len) == PTN_OK,
              "protect");
    }
    ptn_time took = ptn_time_now() - began;
    ptn_srtp_tx_free(tx);
    return per_packet(took);
}

static double our_unprotect(const struct profile *p) {
    struct ptn_srtp_rx *rx;
    check(ptn_srtp_rx_new(p->id, &keys, &rx) == PTN_OK, "rx_new");
    ptn_time began = ptn_time_now();
    for (size_t i = 0; i < PACKETS; i++)
        check(ptn_srtp_unprotect(rx, sealed[i].data, &sealed[i].len) == PTN_OK, "unprotect");
    ptn_time took = ptn_time_now() - began;
    ptn_srtp_rx_free(rx);
    return per_packet(took);
}

static srtp_t their_session(const struct profile *p, bool inbound) {
    srtp_policy_t policy = {.window_size = 1024};
    uint8_t key[PTN_SRTP_KEY_MAX + PTN_SRTP_SALT_MAX];
    size_t k = ptn_srtp_key_len(p->id);
    srtp_t s;
    memcpy(key, keys.key, k);
    memcpy(key + k, keys.salt, ptn_srtp_salt_len(p->id));
    srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, p->theirs);
    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, p->theirs);
    policy.ssrc.type = inbound ? ssrc_any_inbound : ssrc_any_outbound;
    policy.key = key;
    check(srtp_create(&s, &policy) == srtp_err_status_ok, "srtp_create");
    return s;
}

/* It works in place, so the packet is put there first, as its users do. */
static double their_protect(const struct profile *p, size_t size) {
    srtp_t s = their_session(p, false);
    ptn_time began = ptn_time_now();
    for (size_t i = 0; i < PACKETS; i++) {
        int len = (int)size + 12;
        make_header(sealed[i].data, i);
        memcpy(sealed[i].data + 12, payload, size);
        check(srtp_protect(s, sealed[i].data, &len) == srtp_err_status_ok, "srtp_protect");
        sealed[i].len = (size_t)len;
    }
    ptn_time took = ptn_time_now() - began;
    srtp_dealloc(s);
    return per_packet(took);
}

static double their_unprotect(const struct profile *p) {
    srtp_t s = their_session(p, true);
    ptn_time began = ptn_time_now();
    for (size_t i = 0; i < PACKETS; i++) {
        int len = (int)sealed[i].len;
        check(srtp_unprotect(s, sealed[i].data, &len) == srtp_err_status_ok, "srtp_unprotect");
    }
    ptn_time took = ptn_time_now() - began;
    srtp_dealloc(s);
    return per_packet(took);
}

static double least(double a, double b) {
    return a < b ? a : b;
}

int main(void) {
    sealed = ptn_new_array(struct packet, PACKETS);
    memset(&keys, 0x77, sizeof keys);
    check(srtp_init() == srtp_err_status_ok, "srtp_init");
    printf("%-18s %5s  %9s %9s  %9s %9s   ns per packet\n", "profile", "bytes", "protect",
           "unprotect", "libsrtp2", "libsrtp2");
    for (size_t i = 0; i < PTN_COUNT_OF(profiles); i++) {
        for (size_t k = 0; k < PTN_COUNT_OF(sizes); k++) {
            double t[4] = {1e9, 1e9, 1e9, 1e9};
            for (int round = 0; round < ROUNDS; round++) {
                t[0] = least(t[0], our_protect(&profiles[i], sizes[k]));
                t[1] = least(t[1], our_unprotect(&profiles[i]));
                t[2] = least(t[2], their_protect(&profiles[i], sizes[k]));
                t[3] = least(t[3], their_unprotect(&profiles[i]));
            }
            printf("%-18s %5zu  %9.0f %9.0f  %9.0f %9.0f\n", ptn_srtp_profile_name(profiles[i].id),
                   sizes[k], t[0], t[1], t[2], t[3]);
        }
    }
    free(sealed);
    srtp_shutdown();
    return 0;
}
