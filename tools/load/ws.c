#include "load/ws.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/wire.h"
#include "transports/web/ws_accept.h"

#define HEAD_MAX 8192
#define KEY_TEXT 32

enum state { CONNECTING, HANDSHAKE, OPEN, ENDED };
enum opcode { CONTINUATION = 0, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };
#define CONTROL_MAX 125 /* RFC 6455 5.5 */

struct ws {
    enum state state;
    int fd;
    struct ptn_rng rng;
    char key[KEY_TEXT];
    struct ptn_str out;     /* bytes to write now */
    struct ptn_str waiting; /* frames asked for before the connection was open */
    struct ptn_str in;      /* bytes read and not understood yet */
    struct ptn_str message; /* data frames so far of a message */
    bool in_message;        /* its last frame is still to come */
    char why[128];
};

static void drop_front(struct ptn_str *s, size_t n) {
    if (n == 0)
        return;
    s->len -= n;
    memmove(s->s, s->s + n, s->len + 1);
}

/* What came before the end of an open connection can still be read. */
static bool end(struct ws *ws, const char *why) {
    if (ws->state != ENDED)
        ptn_str_copy(ws->why, sizeof ws->why, why);
    if (ws->state < OPEN)
        drop_front(&ws->in, ws->in.len);
    ws->state = ENDED;
    return false;
}

/* The server has broken the protocol, or said goodbye: what follows has no meaning. */
static bool give_up(struct ws *ws, const char *why) {
    drop_front(&ws->in, ws->in.len);
    return end(ws, why);
}

/* -- life -------------------------------------------------------------------------------------- */

static void write_request(struct ws *ws, const char *host, const char *path) {
    uint8_t nonce[16];
    ws->rng.fill(ws->rng.ctx, nonce, sizeof nonce);
    EVP_EncodeBlock((unsigned char *)ws->key, nonce, sizeof nonce);
    ptn_str_addf(&ws->out,
                 "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: janus-protocol\r\n\r\n",
                 path, host, ws->key);
}

struct ws *ws_new(const struct ptn_addr *server, const char *host, const char *path,
                  const struct ptn_rng *rng) {
    struct sockaddr_storage sa;
    socklen_t len = ptn_addr_to_sockaddr(server, &sa);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return NULL;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&sa, len) != 0 && errno != EINPROGRESS) {
        close(fd);
        return NULL;
    }
    struct ws *ws = ptn_new(struct ws);
    ws->fd = fd;
    ws->rng = *rng;
    ptn_str_init(&ws->out);
    ptn_str_init(&ws->waiting);
    ptn_str_init(&ws->in);
    ptn_str_init(&ws->message);
    write_request(ws, host, path);
    return ws;
}

void ws_free(struct ws *ws) {
    if (!ws)
        return;
    close(ws->fd);
    ptn_str_done(&ws->out);
    ptn_str_done(&ws->waiting);
    ptn_str_done(&ws->in);
    ptn_str_done(&ws->message);
    free(ws);
}

int ws_fd(const struct ws *ws) {
    return ws->fd;
}

bool ws_is_open(const struct ws *ws) {
    return ws->state == OPEN;
}

bool ws_wants_write(const struct ws *ws) {
    return ws->state == CONNECTING || ws->out.len > 0;
}

const char *ws_why(const struct ws *ws) {
    return ws->why;
}

/* -- bytes ------------------------------------------------------------------------------------- */

static bool write_out(struct ws *ws) {
    while (ws->out.len > 0) {
        ssize_t n = send(ws->fd, ws->out.s, ws->out.len, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? true : end(ws, strerror(errno));
        drop_front(&ws->out, (size_t)n);
    }
    return true;
}

static bool read_in(struct ws *ws) {
    char buf[16384];
    for (;;) {
        ssize_t n = recv(ws->fd, buf, sizeof buf, 0);
        if (n == 0)
            return end(ws, "the server closed the connection");
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? true : end(ws, strerror(errno));
        ptn_str_addn(&ws->in, buf, (size_t)n);
        if (ws->in.len > WS_MESSAGE_MAX + HEAD_MAX)
            return give_up(ws, "message too large");
    }
}

/* -- frames ------------------------------------------------------------------------------------ */

/* RFC 6455 5.2: a client masks. */
static void add_frame(struct ws *ws, struct ptn_str *to, enum opcode opcode,
                      struct ptn_bytes payload) {
    uint8_t head[14], mask[4];
    struct ptn_wr w = ptn_wr_of(head, sizeof head);
    ptn_wr_u8(&w, (uint8_t)(0x80 | opcode));
    if (payload.n < 126) {
        ptn_wr_u8(&w, (uint8_t)(0x80 | payload.n));
    } else if (payload.n < 65536) {
        ptn_wr_u8(&w, 0x80 | 126);
        ptn_wr_u16(&w, (uint16_t)payload.n);
    } else {
        ptn_wr_u8(&w, 0x80 | 127);
        ptn_wr_u64(&w, payload.n);
    }
    ws->rng.fill(ws->rng.ctx, mask, sizeof mask);
    for (size_t i = 0; i < sizeof mask; i++)
        ptn_wr_u8(&w, mask[i]);
    struct ptn_bytes written = ptn_wr_written(&w);
    ptn_str_addn(to, (const char *)written.p, written.n);
    size_t at = to->len;
    ptn_str_addn(to, (const char *)payload.p, payload.n);
    for (size_t i = 0; i < payload.n; i++)
        to->s[at + i] = (char)(to->s[at + i] ^ (char)mask[i % 4]);
}

void ws_send_text(struct ws *ws, const char *text) {
    if (ws->state == ENDED)
        return;
    bool is_open = ws->state == OPEN;
    add_frame(ws, is_open ? &ws->out : &ws->waiting, TEXT, ptn_bytes_str(text));
    if (is_open)
        write_out(ws);
}

struct frame {
    uint8_t opcode;
    bool fin;
    struct ptn_bytes payload;
    size_t size; /* with its header */
};

/* RFC 6455 5.2, 5.5: what a server may send to a client without extensions. NULL: fine. */
static const char *judge_frame(uint8_t first, uint8_t second, uint64_t len) {
    bool is_control = first & 0x08, fin = first & 0x80;
    if (first & 0x70)
        return "reserved bits";
    if (second & 0x80)
        return "a masked frame";
    if (is_control && (!fin || len > CONTROL_MAX))
        return "a control frame that is long or a fragment";
    return len > WS_MESSAGE_MAX ? "message too large" : NULL;
}

/* False: not all of it is there yet, or the connection has ended because of it. */
static bool parse_frame(struct ws *ws, struct frame *f) {
    struct ptn_rd r = ptn_rd_of(ptn_bytes_of(ws->in.s, ws->in.len));
    uint8_t first = ptn_rd_u8(&r), second = ptn_rd_u8(&r);
    uint64_t len = second & 0x7f;
    if (len == 126)
        len = ptn_rd_u16(&r);
    else if (len == 127)
        len = ptn_rd_u64(&r);
    if (r.bad)
        return false;
    const char *flaw = judge_frame(first, second, len);
    if (flaw)
        return give_up(ws, flaw);
    if (r.left < len)
        return false;
    f->opcode = first & 0x0f;
    f->fin = first & 0x80;
    f->size = ws->in.len - r.left + (size_t)len;
    f->payload = ptn_bytes_of(ws->in.s + f->size - len, (size_t)len);
    return true;
}

/* Returns whether a message is whole now. */
static bool take_data(struct ws *ws, const struct frame *f) {
    if ((f->opcode == TEXT) == ws->in_message)
        return give_up(ws, "fragments out of order");
    if (ws->message.len + f->payload.n > WS_MESSAGE_MAX)
        return give_up(ws, "message too large");
    ptn_str_addn(&ws->message, (const char *)f->payload.p, f->payload.n);
    ws->in_message = !f->fin;
    return f->fin;
}

/* Returns whether a message is whole now. */
static bool take_frame(struct ws *ws, const struct frame *f) {
    switch (f->opcode) {
    case TEXT:
    case CONTINUATION:
        return take_data(ws, f);
    case PING:
        add_frame(ws, &ws->out, PONG, f->payload);
        return false;
    case PONG:
        return false;
    case CLOSE:
        return give_up(ws, "the server closed the WebSocket");
    default: /* binary, which this protocol has not, and what no RFC defines */
        return give_up(ws, "a frame of a kind that was not asked for");
    }
}

char *ws_poll_text(struct ws *ws) {
    struct frame f;
    while (ws->state >= OPEN && ws->in.len > 0 && parse_frame(ws, &f)) {
        bool is_whole = take_frame(ws, &f);
        if (ws->in.len > 0) /* else the connection has ended */
            drop_front(&ws->in, f.size);
        if (is_whole)
            return ptn_str_take(&ws->message);
    }
    return NULL;
}

/* -- handshake --------------------------------------------------------------------------------- */

static bool header_value(const char *head, const char *name, char *out, size_t cap) {
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, n) != 0 || line[2 + n] != ':')
            continue;
        const char *v = line + 3 + n;
        v += strspn(v, " \t");
        snprintf(out, cap, "%.*s", (int)strcspn(v, " \t\r\n"), v);
        return true;
    }
    return false;
}

static bool read_head(struct ws *ws) {
    char got[64], wanted[WS_ACCEPT_TEXT];
    char *stop = strstr(ws->in.s, "\r\n\r\n");
    if (!stop)
        return ws->in.len < HEAD_MAX || end(ws, "endless HTTP head");
    stop[2] = '\0';
    if (strncmp(ws->in.s, "HTTP/1.1 101", 12) != 0)
        return end(ws, "the server refused the WebSocket");
    if (!header_value(ws->in.s, "Sec-WebSocket-Accept", got, sizeof got) ||
        !ws_accept_of(ptn_bytes_str(ws->key), wanted) || strcmp(got, wanted) != 0)
        return end(ws, "wrong Sec-WebSocket-Accept");
    drop_front(&ws->in, (size_t)(stop + 4 - ws->in.s));
    ws->state = OPEN;
    ptn_str_addn(&ws->out, ws->waiting.s, ws->waiting.len);
    drop_front(&ws->waiting, ws->waiting.len);
    return write_out(ws);
}

static bool finish_connect(struct ws *ws) {
    int err = 0;
    socklen_t len = sizeof err;
    getsockopt(ws->fd, SOL_SOCKET, SO_ERROR, &err, &len);
    if (err != 0)
        return end(ws, strerror(err));
    struct sockaddr_storage sa;
    len = sizeof sa;
    if (getpeername(ws->fd, (struct sockaddr *)&sa, &len) == 0)
        ws->state = HANDSHAKE;
    return true;
}

bool ws_handle_io(struct ws *ws) {
    if (ws->state == CONNECTING && !finish_connect(ws))
        return false;
    if (ws->state == CONNECTING)
        return true;
    if (ws->state == ENDED || !write_out(ws) || !read_in(ws))
        return false;
    return ws->state != HANDSHAKE || read_head(ws);
}
