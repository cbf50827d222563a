/* RTP headers, RFC 3550 5.1, and their extension block, RFC 8285 4:
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *   |                           timestamp                           |
 *   |                             SSRC                              |
 *   |                     CC times a CSRC ...                       |
 *   |  X: 0xBEDE or 0x100 appbits   |       length in words         |
 *   |                     extension elements ...                    |
 *
 *   element, one-byte form:  ID (4), length - 1 (4) | value
 *   element, two-byte form:  ID (8) | length (8) | value             ID 0 in both: one pad byte */
#include "rtp/rtp.h"

#define FLAG_PADDING 0x20
#define FLAG_EXTENSION 0x10
#define PROFILE_ONE_BYTE 0xbede
#define PROFILE_TWO_BYTE 0x1000
#define PROFILE_TWO_BYTE_MASK 0xfff0 /* the low four bits are the application's */
#define ID_STOP 15                   /* one-byte form: reserved, ends the block */
#define ONE_BYTE_ID_MAX 14
#define ONE_BYTE_LEN_MAX 16
#define TWO_BYTE_LEN_MAX 255

bool ptn_rtp_is_rtcp(struct ptn_bytes packet) {
    /* With the marker bit, payload types 64 to 95: never given to RTP beside RTCP. */
    return packet.n >= 2 && packet.p[1] >= 192 && packet.p[1] <= 223;
}

struct ext_list {
    const uint8_t *origin; /* start of the packet */
    struct ptn_rtp_ext ext[PTN_RTP_EXT_MAX];
    uint8_t count;
};

static void ext_add(struct ext_list *list, uint8_t id, struct ptn_bytes value) {
    if (list->count < PTN_RTP_EXT_MAX)
        list->ext[list->count++] = (struct ptn_rtp_ext){
            .id = id, .len = (uint8_t)value.n, .at = (uint16_t)(value.p - list->origin)};
}

static bool ext_read_one_byte(struct ptn_rd *r, struct ext_list *list) {
    while (r->left > 0) {
        uint8_t head = ptn_rd_u8(r);
        uint8_t id = head >> 4;
        if (head == 0)
            continue;
        if (id == 0 || id == ID_STOP) /* RFC 8285 4.2: what came before still counts */
            return true;
        struct ptn_bytes value = ptn_rd_bytes(r, (head & 0x0f) + 1u);
        if (r->bad)
            return false;
        ext_add(list, id, value);
    }
    return true;
}

static bool ext_read_two_byte(struct ptn_rd *r, struct ext_list *list) {
    while (r->left > 0) {
        uint8_t id = ptn_rd_u8(r);
        if (id == 0)
            continue;
        struct ptn_bytes value = ptn_rd_bytes(r, ptn_rd_u8(r));
        if (r->bad)
            return false;
        ext_add(list, id, value);
    }
    return true;
}

/* Reads the whole block, so that r stands at the payload. Blocks of other profiles are skipped. */
static bool ext_read(struct ptn_rd *r, struct ext_list *list) {
    uint16_t profile = ptn_rd_u16(r);
    struct ptn_rd block = ptn_rd_sub(r, (size_t)ptn_rd_u16(r) * 4);
    if (block.bad)
        return false;
    if (profile == PROFILE_ONE_BYTE)
        return ext_read_one_byte(&block, list);
    if ((profile & PROFILE_TWO_BYTE_MASK) == PROFILE_TWO_BYTE)
        return ext_read_two_byte(&block, list);
    return true;
}

/* Bytes of padding at the end of what r holds; r->bad when they do not fit. */
static uint8_t padding_read(struct ptn_rd *r) {
    uint8_t padding = r->left > 0 ? r->p[r->left - 1] : 0;
    if (padding == 0 || padding > r->left)
        r->bad = true;
    return padding;
}

ptn_err ptn_rtp_parse(struct ptn_bytes packet, struct ptn_rtp *out) {
    if (packet.n > PTN_RTP_MAX)
        return PTN_EMALFORMED;
    struct ptn_rd r = ptn_rd_of(packet);
    struct ext_list list;
    list.origin = packet.p;
    list.count = 0;
    uint8_t first = ptn_rd_u8(&r);
    uint8_t second = ptn_rd_u8(&r);
    uint16_t seq = ptn_rd_u16(&r);
    uint32_t ts = ptn_rd_u32(&r);
    uint32_t ssrc = ptn_rd_u32(&r);
    ptn_rd_skip(&r, (first & 0x0fu) * 4);
    if (r.bad || first >> 6 != 2)
        return PTN_EMALFORMED;
    if ((first & FLAG_EXTENSION) && !ext_read(&r, &list))
        return PTN_EMALFORMED;
    uint8_t padding = first & FLAG_PADDING ? padding_read(&r) : 0;
    if (r.bad)
        return PTN_EMALFORMED;

    out->marker = second >> 7;
    out->pt = second & 0x7f;
    out->padding = padding;
    out->seq = seq;
    out->ts = ts;
    out->ssrc = ssrc;
    out->header_len = (uint16_t)(packet.n - r.left);
    out->payload_len = (uint16_t)(r.left - padding);
    out->ext_count = list.count;
    memcpy(out->ext, list.ext, list.count * sizeof list.ext[0]);
    return PTN_OK;
}

struct ptn_bytes ptn_rtp_ext_find(const struct ptn_rtp *rtp, struct ptn_bytes packet, uint8_t id) {
    for (uint8_t i = 0; id != 0 && i < rtp->ext_count; i++) {
        const struct ptn_rtp_ext *e = &rtp->ext[i];
        if (e->id == id)
            return ptn_bytes_of(packet.p + e->at, e->len);
    }
    return (struct ptn_bytes){NULL, 0};
}

static bool ext_needs_two_bytes(const struct ptn_rtp_ext_out *ext, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (ext[i].id > ONE_BYTE_ID_MAX || ext[i].value.n == 0 || ext[i].value.n > ONE_BYTE_LEN_MAX)
            return true;
    return false;
}

static void ext_write_element(struct ptn_wr *w, const struct ptn_rtp_ext_out *ext, bool two_bytes) {
    if (ext->id == 0 || ext->value.n > TWO_BYTE_LEN_MAX) {
        w->bad = true; /* no form can carry it */
        return;
    }
    if (two_bytes) {
        ptn_wr_u8(w, ext->id);
        ptn_wr_u8(w, (uint8_t)ext->value.n);
    } else {
        ptn_wr_u8(w, (uint8_t)((unsigned)ext->id << 4 | (ext->value.n - 1)));
    }
    ptn_wr_bytes(w, ext->value);
}

static void ext_write(struct ptn_wr *w, const struct ptn_rtp_ext_out *ext, size_t n) {
    bool two_bytes = ext_needs_two_bytes(ext, n);
    ptn_wr_u16(w, two_bytes ? PROFILE_TWO_BYTE : PROFILE_ONE_BYTE);
    size_t length_at = w->len;
    ptn_wr_u16(w, 0);
    size_t start = w->len;
    for (size_t i = 0; i < n; i++)
        ext_write_element(w, &ext[i], two_bytes);
    ptn_wr_zero(w, (4 - (w->len - start) % 4) % 4);
    ptn_wr_patch_u16(w, length_at, (uint16_t)((w->len - start) / 4));
}

void ptn_rtp_write_header(struct ptn_wr *w, bool marker, uint8_t pt, uint16_t seq, uint32_t ts,
                          uint32_t ssrc, const struct ptn_rtp_ext_out *ext, size_t n) {
    ptn_wr_u8(w, (uint8_t)(2 << 6 | (n > 0 ? FLAG_EXTENSION : 0)));
    ptn_wr_u8(w, (uint8_t)((marker ? 0x80 : 0) | (pt & 0x7f)));
    ptn_wr_u16(w, seq);
    ptn_wr_u32(w, ts);
    ptn_wr_u32(w, ssrc);
    if (n > 0)
        ext_write(w, ext, n);
}
