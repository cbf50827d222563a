/* The media sockets: one UDP socket per address and loop, all of them or none. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/internal.h"
#include "net/listener.h"

#define BUFFER_BYTES                                                                               \
    (4 * 1024 * 1024)   /* a second of 32 Mbit/s while the loop is busy elsewhere                  \
                         */
#define SAME_TRIES 16   /* ephemeral: for one number free on every address of a loop */
#define SKIPPED_NAMED 8 /* ports in use that a note names; the others are counted */

struct opening {
    const struct ptn_media_spec *spec;
    struct ptn_media_socket *out;
    struct ptn_problems *problems;
    uint16_t first, last; /* the range */
    unsigned skipped;
    struct ptn_str skipped_text;
};

static int open_socket(const struct ptn_addr *addr, const char **step) {
    static const struct sockopt v4[] = {
        {SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, "SO_RCVBUF"}, /* the kernel caps it: rmem_max */
        {SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES, "SO_SNDBUF"},
        {SOL_SOCKET, SO_RXQ_OVFL, 1, "SO_RXQ_OVFL"},
        {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, "IP_MTU_DISCOVER"},
    };
    static const struct sockopt v6[] = {
        {IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY"},
        {SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, "SO_RCVBUF"},
        {SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES, "SO_SNDBUF"},
        {SOL_SOCKET, SO_RXQ_OVFL, 1, "SO_RXQ_OVFL"},
        {IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO, "IPV6_MTU_DISCOVER"},
    };
    bool is4 = addr->family == 4;
    return bound_socket(SOCK_DGRAM, addr, is4 ? v4 : v6, is4 ? PTN_COUNT_OF(v4) : PTN_COUNT_OF(v6),
                        step);
}

static struct ptn_media_socket *slot(const struct opening *o, unsigned loop, size_t address) {
    return &o->out[loop * o->spec->addr_count + address];
}

static void close_slot(struct ptn_media_socket *m) {
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
}

static void close_loop(const struct opening *o, unsigned loop) {
    for (size_t a = 0; a < o->spec->addr_count; a++)
        close_slot(slot(o, loop, a));
}

static void report(const struct opening *o, const struct ptn_addr *addr, int err,
                   const char *step) {
    char text[PTN_ADDR_TEXT], cause[256];
    bool is_bind = strcmp(step, "bind") == 0;
    ptn_problems_error(o->problems, o->spec->where, "cannot open media port %s: %s%s%s",
                       ptn_addr_text(addr, text, sizeof text), is_bind ? "" : step,
                       is_bind ? "" : ": ",
                       bind_error_text(err, PTN_SOCK_UDP, addr, cause, sizeof cause));
}

/* One socket; port 0: the kernel's choice, read back.
 *  returns  PTN_OK; PTN_ELIMIT: the port is in use; PTN_EIO: anything else, reported */
static ptn_err open_slot(const struct opening *o, unsigned loop, size_t address, uint16_t port) {
    struct ptn_media_socket *m = slot(o, loop, address);
    const char *step = "bind";
    struct ptn_addr want = o->spec->addrs[address];
    want.port = port;
    m->loop = loop;
    m->addr = want;
    m->fd = open_socket(&want, &step);
    if (m->fd < 0 && errno == EADDRINUSE)
        return PTN_ELIMIT;
    if (m->fd >= 0 && bound_address(m->fd, &m->addr) == PTN_OK) {
        if (ptn_addr_same_ip(&m->addr, &want) && (port == 0 || m->addr.port == port))
            return PTN_OK;
        errno = EADDRNOTAVAIL;
    }
    report(o, &want, errno, step);
    close_slot(m);
    return PTN_EIO;
}

/* The same port on every address of a loop. *busy: the address where it was in use. */
static ptn_err open_loop(const struct opening *o, unsigned loop, uint16_t port,
                         struct ptn_addr *busy) {
    for (size_t a = 0; a < o->spec->addr_count; a++) {
        ptn_err err = open_slot(o, loop, a, port);
        if (err == PTN_OK) {
            port = slot(o, loop, a)->addr.port; /* what the kernel chose, for the others */
            continue;
        }
        *busy = slot(o, loop, a)->addr;
        close_loop(o, loop);
        return err;
    }
    return PTN_OK;
}

/* -- a first port ----------------------------------------------------------------------------- */

static ptn_err open_from_port(struct opening *o) {
    const struct ptn_media_spec *spec = o->spec;
    ptn_err result = PTN_OK;
    for (unsigned loop = 0; loop < spec->loops; loop++) {
        struct ptn_addr busy;
        ptn_err err = open_loop(o, loop, (uint16_t)(spec->port + loop), &busy);
        if (err == PTN_ELIMIT)
            report(o, &busy, EADDRINUSE, "bind");
        if (err != PTN_OK)
            result = PTN_EIO; /* the other loops may have something to report too */
    }
    return result;
}

/* -- a range ---------------------------------------------------------------------------------- */

static void note_skipped(struct opening *o, const struct ptn_addr *busy) {
    char text[PTN_ADDR_TEXT], holder[96];
    if (o->skipped++ < SKIPPED_NAMED)
        ptn_str_addf(&o->skipped_text, "%s%s%s", o->skipped > 1 ? ", " : "",
                     ptn_addr_text(busy, text, sizeof text),
                     holder_text(PTN_SOCK_UDP, busy, holder, sizeof holder));
}

/* Loops in order, each with the first number that is free on all its addresses. PTN_ELIMIT: the
 * range ended first. */
static ptn_err open_same_numbers(struct opening *o) {
    unsigned port = o->first;
    for (unsigned loop = 0; loop < o->spec->loops; loop++) {
        ptn_err err = PTN_ELIMIT;
        for (; err == PTN_ELIMIT && port <= o->last; port++) {
            struct ptn_addr busy;
            err = open_loop(o, loop, (uint16_t)port, &busy);
            if (err == PTN_ELIMIT)
                note_skipped(o, &busy);
        }
        if (err != PTN_OK)
            return err;
    }
    return PTN_OK;
}

/* When that does not fit: each address takes what is free on it. */
static ptn_err open_any_numbers(struct opening *o) {
    for (size_t a = 0; a < o->spec->addr_count; a++) {
        unsigned port = o->first;
        for (unsigned loop = 0; loop < o->spec->loops; loop++) {
            ptn_err err = PTN_ELIMIT;
            for (; err == PTN_ELIMIT && port <= o->last; port++)
                err = open_slot(o, loop, a, (uint16_t)port);
            if (err != PTN_OK)
                return err;
        }
    }
    return PTN_OK;
}

static void close_everything(const struct opening *o) {
    for (unsigned loop = 0; loop < o->spec->loops; loop++)
        close_loop(o, loop);
}

static ptn_err open_from_range(struct opening *o) {
    struct port_range r = media_range(o->spec);
    o->first = (uint16_t)r.first;
    o->last = (uint16_t)r.last;
    ptn_err err = open_same_numbers(o);
    if (err == PTN_ELIMIT) {
        close_everything(o);
        err = open_any_numbers(o);
    }
    if (err == PTN_ELIMIT)
        media_report_small(o->spec, o->skipped, o->problems);
    else if (err == PTN_OK && o->skipped > 0)
        ptn_problems_note(o->problems, o->spec->where, "%u port%s in use, skipped: %s%s",
                          o->skipped, o->skipped == 1 ? "" : "s", o->skipped_text.s,
                          o->skipped > SKIPPED_NAMED ? " and more" : "");
    return err;
}

/* -- neither ---------------------------------------------------------------------------------- */

static ptn_err open_loop_anywhere(const struct opening *o, unsigned loop) {
    struct ptn_addr busy;
    ptn_err err = PTN_ELIMIT;
    for (int i = 0; i < SAME_TRIES && err == PTN_ELIMIT; i++)
        err = open_loop(o, loop, 0, &busy);
    if (err != PTN_ELIMIT)
        return err;
    for (size_t a = 0; a < o->spec->addr_count; a++) {
        err = open_slot(o, loop, a, 0);
        if (err == PTN_ELIMIT) /* not one port left there */
            report(o, &slot(o, loop, a)->addr, EADDRINUSE, "bind");
        if (err != PTN_OK)
            return err;
    }
    return PTN_OK;
}

static ptn_err open_anywhere(struct opening *o) {
    const struct ptn_media_spec *spec = o->spec;
    for (unsigned loop = 0; loop < spec->loops; loop++) {
        ptn_err err = open_loop_anywhere(o, loop);
        if (err != PTN_OK)
            return err;
    }
    struct ptn_str text;
    ptn_str_init(&text);
    for (size_t i = 0; i < spec->loops * spec->addr_count; i++) {
        char addr[PTN_ADDR_TEXT];
        ptn_str_addf(&text, "%s%s", i ? ", " : "",
                     ptn_addr_text(&o->out[i].addr, addr, sizeof addr));
    }
    ptn_problems_warn(o->problems, spec->where,
                      "no port for media is set, so the kernel chose %s; no firewall can know them",
                      text.s);
    ptn_str_done(&text);
    return PTN_OK;
}

/* --------------------------------------------------------------------------------------------- */

/* Worth a note: bursts that do not fit are lost before we see them. */
static void note_buffer(const struct opening *o) {
    int bytes = 0;
    socklen_t len = sizeof bytes;
    if (o->spec->loops * o->spec->addr_count == 0 ||
        getsockopt(o->out[0].fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len) != 0)
        return;
    bytes /= 2; /* the kernel doubles it for its own bookkeeping: socket(7) */
    if (bytes < BUFFER_BYTES)
        ptn_problems_note(o->problems, o->spec->where,
                          "media sockets buffer %d kB of the %d kB asked for; "
                          "sysctl net.core.rmem_max=%d allows it",
                          bytes / 1024, BUFFER_BYTES / 1024, BUFFER_BYTES);
}

static void declare(const struct opening *o, struct ptn_socktable *table) {
    char reason[256], owner[32];
    where_text(o->spec->where, reason, sizeof reason);
    for (size_t i = 0; i < o->spec->loops * o->spec->addr_count; i++) {
        const struct ptn_media_socket *m = &o->out[i];
        snprintf(owner, sizeof owner, "media loop %u", m->loop);
        ptn_socktable_declare(table, m->fd, PTN_SOCK_UDP, &m->addr, owner, reason);
    }
}

ptn_err ptn_media_open(const struct ptn_media_spec *spec, struct ptn_socktable *table,
                       struct ptn_media_socket *out, struct ptn_problems *problems) {
    struct opening o = {.spec = spec, .out = out, .problems = problems};
    for (size_t i = 0; i < spec->loops * spec->addr_count; i++)
        out[i].fd = -1;
    PTN_TRY(ptn_media_check(spec, problems));
    ptn_str_init(&o.skipped_text);
    ptn_err err;
    if (spec->port != 0)
        err = open_from_port(&o);
    else if (media_has_range(spec))
        err = open_from_range(&o);
    else
        err = open_anywhere(&o);
    ptn_str_done(&o.skipped_text);
    if (err == PTN_OK) {
        note_buffer(&o);
        declare(&o, table);
    } else {
        close_everything(&o);
        err = PTN_EIO;
    }
    return err;
}

void ptn_media_close(struct ptn_media_socket *list, size_t n, struct ptn_socktable *table) {
    for (size_t i = 0; i < n; i++) {
        if (list[i].fd >= 0)
            ptn_socktable_withdraw(table, list[i].fd);
        close_slot(&list[i]);
    }
}
