/* A received datagram in a pooled, reference-counted buffer. Written by the loop that receives it
 * (and decrypted in place); immutable once it is published; read by any loop that holds a
 * reference. The last reference sends it home to its pool, from whatever loop. */
#ifndef PTN_MEDIA_PACKET_H
#define PTN_MEDIA_PACKET_H

#include <stdatomic.h>

#include "base/addr.h"
#include "base/mpsc.h"
#include "base/time.h"
#include "rtp/rtp.h"

#define PTN_PACKET_BYTES 1536 /* room for one datagram of PTN_RTP_MAX and SRTP's trailer */
#define PTN_PACKET_SMALL 320  /* audio and RTCP: most packets by number, kept small in rings */

/* Header extensions carried from a publisher to its subscribers, by meaning. */
enum ptn_carry {
    PTN_CARRY_AUDIO_LEVEL,
    PTN_CARRY_ORIENTATION,
    PTN_CARRY_PLAYOUT_DELAY,
    PTN_CARRY_ABS_CAPTURE_TIME,
    PTN_CARRY_DEPENDENCY_DESCRIPTOR,
    PTN_CARRY_COUNT,
};

enum ptn_pt_role { PTN_PT_MAIN, PTN_PT_RED, PTN_PT_DTMF }; /* payload types differ per peer */

struct ptn_packet_pool;

struct ptn_packet {
    struct ptn_mpsc_node home; /* in the pool's queue of returned packets */
    struct ptn_packet *next;   /* in the pool's free list */
    struct ptn_packet_pool *pool;
    atomic_uint refs;
    bool small;
    uint8_t role; /* enum ptn_pt_role */
    ptn_time arrival;
    int64_t ext_seq;    /* unwrapped by the receiving track */
    struct ptn_rtp rtp; /* parsed once */
    struct {
        uint16_t at;
        uint8_t len; /* 0: absent */
    } carry[PTN_CARRY_COUNT];
    uint16_t len;  /* bytes of the (decrypted) packet */
    uint8_t *data; /* into the same allocation */
};

/* One loop's buffers. max: packets in existence at most; beyond, receiving drops and counts. */
struct ptn_packet_pool *ptn_packet_pool_new(size_t max);
/* Every packet must be home again (loops drain first); one that is not is a bug and aborts. */
void ptn_packet_pool_free(struct ptn_packet_pool *pool);
/* The pool's thread. NULL: max reached. One reference. */
struct ptn_packet *ptn_packet_new(struct ptn_packet_pool *pool);
/* A copy in a small buffer when p is short enough and only ours, else p itself. */
struct ptn_packet *ptn_packet_shrink(struct ptn_packet *p);
struct ptn_packet *ptn_packet_ref(struct ptn_packet *p);
/* Any thread; home: the calling loop's pool, so that local returns need no queue (NULL: none). */
void ptn_packet_unref(struct ptn_packet *p, struct ptn_packet_pool *home);
/* Packets that are out, and bytes allocated. The pool's thread. */
size_t ptn_packet_pool_used(struct ptn_packet_pool *pool);
size_t ptn_packet_pool_memory(const struct ptn_packet_pool *pool);

static inline struct ptn_bytes ptn_packet_bytes(const struct ptn_packet *p) {
    return ptn_bytes_of(p->data, p->len);
}

#endif
