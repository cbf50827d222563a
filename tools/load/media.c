#include "load/media.h"

#include <string.h>

#define VIDEO_CLOCK 90000u
#define AUDIO_CLOCK 48000u
#define OPUS_TOC 0xfc    /* CELT, full band, 20 ms, stereo, one frame */
#define AUDIO_LEVEL 0x9e /* voice, -30 dBov (RFC 6464) */
#define KEY_EVERY 250    /* frames; and whenever somebody asks */

ptn_time shape_period(const struct shape *s) {
    return PTN_SECOND / (s->is_video ? s->fps : s->pps);
}

/* The packets per second need not be a multiple of the frames per second. */
static size_t packets_of_frame(const struct shape *shape, uint64_t frame) {
    if (!shape->is_video)
        return 1;
    return (size_t)((frame + 1) * shape->pps / shape->fps - frame * shape->pps / shape->fps);
}

static void write_vp8(uint8_t *p, bool is_first, bool is_key) {
    memset(p, 0, VIDEO_STAMP_AT);
    if (!is_first)
        return;
    p[0] = 0x10;    /* start of the first partition */
    p[1] = !is_key; /* frame tag: inverse key frame flag */
    if (!is_key)
        return;
    static const uint8_t head[] = {0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}; /* 640 x 360 */
    memcpy(p + 4, head, sizeof head);
}

static void fill(struct ptn_packet *p, const struct shape *shape, bool is_first, bool is_key) {
    uint8_t *d = p->data;
    memset(d, 0, shape->size);
    if (shape->is_video) {
        write_vp8(d, is_first, is_key);
    } else {
        d[0] = OPUS_TOC;
        d[shape->size] = AUDIO_LEVEL; /* not payload: a header extension's value */
        p->carry[PTN_CARRY_AUDIO_LEVEL].at = (uint16_t)shape->size;
        p->carry[PTN_CARRY_AUDIO_LEVEL].len = 1;
    }
}

static struct ptn_packet *make(struct source *s, const struct shape *shape, ptn_time now,
                               struct ptn_packet_pool *pool, bool is_first, bool is_last) {
    struct ptn_packet *p = ptn_packet_new(pool);
    if (!p)
        return NULL;
    p->len = (uint16_t)(shape->size + !shape->is_video);
    p = ptn_packet_shrink(p);
    fill(p, shape, is_first, s->key_wanted || s->frames % KEY_EVERY == 0);
    struct stamp stamp = {s->meter.sent++, now};
    stamp_write(p->data + (shape->is_video ? VIDEO_STAMP_AT : AUDIO_STAMP_AT), &stamp);
    p->role = PTN_PT_MAIN;
    p->arrival = now;
    p->ext_seq = s->ext_seq++;
    p->rtp = (struct ptn_rtp){.marker = shape->is_video && is_last,
                              .seq = (uint16_t)p->ext_seq,
                              .payload_len = (uint16_t)shape->size,
                              .ts = s->ts};
    return p;
}

size_t source_next(struct source *s, const struct shape *shape, ptn_time now,
                   struct ptn_packet_pool *pool, struct ptn_packet **out, size_t cap) {
    size_t n = packets_of_frame(shape, s->frames), made = 0;
    if (n > cap)
        n = cap;
    for (; made < n; made++) {
        out[made] = make(s, shape, now, pool, made == 0, made + 1 == n);
        if (!out[made])
            break;
    }
    s->frames++;
    s->key_wanted = false;
    s->ts += shape->is_video ? VIDEO_CLOCK / shape->fps : AUDIO_CLOCK / shape->pps;
    return made;
}

bool media_stamp(const struct ptn_packet *packet, bool is_video, struct stamp *out) {
    size_t skip = is_video ? VIDEO_STAMP_AT : AUDIO_STAMP_AT;
    if (packet->rtp.payload_len < skip)
        return false;
    return stamp_read(
        ptn_bytes_of(packet->data + packet->rtp.header_len + skip, packet->rtp.payload_len - skip),
        out);
}
