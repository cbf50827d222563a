/* Packets shaped like media: video in frames with a marker at their end, audio at a fixed pace.
 * Every payload carries a stamp (meter.h). */
#ifndef PTN_LOAD_MEDIA_H
#define PTN_LOAD_MEDIA_H

#include "load/meter.h"
#include "media/packet.h"

/* VP8 payload descriptor (RFC 7741 4.2), frame tag and key frame header (RFC 6386 9.1). */
#define VIDEO_STAMP_AT 11
#define AUDIO_STAMP_AT 1 /* behind the TOC byte (RFC 6716 3.1) */
#define VIDEO_MIN (VIDEO_STAMP_AT + STAMP_BYTES)
#define AUDIO_MIN (AUDIO_STAMP_AT + STAMP_BYTES)

struct shape { /* of one stream */
    bool is_video;
    unsigned pps, fps, size;
};

struct source { /* zero-initialise; one stream on its way out */
    struct meter meter;
    uint64_t frames;
    int64_t ext_seq;
    uint32_t ts;
    bool key_wanted;
};

/* How long until the next frame (video) or packet (audio). */
ptn_time shape_period(const struct shape *s);
/* Makes the packets of the next frame: one reference each. Returns how many (at most cap; fewer
 * when the pool is empty). */
size_t source_next(struct source *s, const struct shape *shape, ptn_time now,
                   struct ptn_packet_pool *pool, struct ptn_packet **out, size_t cap);
/* The stamp of a received packet; false: none of ours. */
bool media_stamp(const struct ptn_packet *packet, bool is_video, struct stamp *out);

#endif
