/* The kernel's sockets from /proc/net, where sock_diag is not built in or not allowed. Lines are
 *   sl: LOCAL_IP:PORT REMOTE_IP:PORT ST TX:RX TR:WHEN RETRANS UID TIMEOUT INODE ...
 * with an IPv6 address as four 32-bit words, each in the byte order of this machine. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/internal.h"

#define ST_ANY 0

static const struct {
    const char *file4, *file6;
    unsigned state;
} proc_kinds[] = {
    [PTN_SOCK_TCP_LISTEN] = {"tcp", "tcp6", TCP_LISTEN},
    [PTN_SOCK_UDP] = {"udp", "udp6", TCP_CLOSE},
    [PTN_SOCK_RAW] = {"raw", "raw6", ST_ANY},
};

static bool read_address(const char *hex, struct ptn_addr *out) {
    size_t digits = out->family == 4 ? 8 : 32;
    if (strlen(hex) != digits || strspn(hex, "0123456789ABCDEFabcdef") != digits)
        return false;
    for (size_t word = 0; word < digits / 8; word++) {
        char text[9] = "";
        memcpy(text, hex + word * 8, 8);
        uint32_t value = (uint32_t)strtoul(text, NULL, 16);
        memcpy(out->ip + word * 4, &value, sizeof value);
    }
    return true;
}

struct reading {
    enum ptn_socket_kind kind;
    int family;
    struct ksocks *out;
};

/* false: not the line of a socket. */
typedef bool line_fn(const struct reading *r, const char *line);

static bool inet_line(const struct reading *r, const char *line) {
    char ip[33];
    unsigned port, state;
    unsigned long inode;
    struct ksock k = {.kind = r->kind, .addr.family = r->family == AF_INET ? 4 : 6};
    if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu", ip,
               &port, &state, &inode) != 4 ||
        port > 65535 || !read_address(ip, &k.addr))
        return false;
    k.addr.port = (uint16_t)port;
    k.inode = inode;
    if (proc_kinds[r->kind].state == ST_ANY || proc_kinds[r->kind].state == state)
        ksocks_add(r->out, &k);
    return true;
}

/* sk RefCnt Type Proto Iface R Rmem User Inode */
static bool packet_line(const struct reading *r, const char *line) {
    unsigned long inode;
    if (sscanf(line, "%*s %*d %*d %*x %*d %*d %*u %*u %lu", &inode) != 1)
        return false;
    struct ksock k = {.inode = inode, .kind = r->kind};
    ksocks_add(r->out, &k);
    return true;
}

/* A line that is not whole or not in the format we know is an error: it may be the one that
 * matters, and an unread list is no empty list. */
static ptn_err read_lines(FILE *file, const struct reading *r, line_fn *fn) {
    char line[512];
    bool is_heading = true;
    while (fgets(line, sizeof line, file)) {
        if (!strchr(line, '\n') || (!is_heading && !fn(r, line))) {
            errno = EPROTO;
            return PTN_EIO;
        }
        is_heading = false;
    }
    return ferror(file) ? PTN_EIO : PTN_OK;
}

/* Without IPv6 or packet sockets in the kernel their files are missing; a /proc that is not there
 * at all is an error. */
static ptn_err missing(const char *proc_net) {
    char path[256];
    int saved = errno;
    snprintf(path, sizeof path, "%s/tcp", proc_net);
    bool has_proc = access(path, R_OK) == 0;
    errno = saved;
    return has_proc && saved == ENOENT ? PTN_OK : PTN_EIO;
}

static ptn_err read_file(const char *proc_net, const char *name, bool may_be_missing,
                         const struct reading *r, line_fn *fn) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", proc_net, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return may_be_missing ? missing(proc_net) : PTN_EIO;
    ptn_err err = read_lines(file, r, fn);
    int saved = errno;
    fclose(file);
    errno = saved;
    return err;
}

ptn_err ksock_proc_inet(const char *proc_net, enum ptn_socket_kind kind, int family,
                        struct ksocks *out) {
    const struct reading r = {kind, family, out};
    const char *name = family == AF_INET ? proc_kinds[kind].file4 : proc_kinds[kind].file6;
    return read_file(proc_net, name, family == AF_INET6, &r, inet_line);
}

ptn_err ksock_proc_packet(const char *proc_net, struct ksocks *out) {
    const struct reading r = {PTN_SOCK_PACKET, AF_PACKET, out};
    return read_file(proc_net, "packet", true, &r, packet_line);
}
