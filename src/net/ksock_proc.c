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

/* false: not the line of a socket. */
static bool read_line(const char *line, int family, struct ksock *out, unsigned *state) {
    char ip[33];
    unsigned port;
    unsigned long inode;
    struct ksock k = {.addr.family = family == AF_INET ? 4 : 6};
    if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*u %lu", ip,
               &port, state, &inode) != 4 ||
        port > 65535 || !read_address(ip, &k.addr))
        return false;
    k.addr.port = (uint16_t)port;
    k.inode = inode;
    *out = k;
    return true;
}

/* Without IPv6 in the kernel its files are missing, and so are its sockets; a /proc that is not
 * there at all is an error. */
static ptn_err missing(const char *proc_net) {
    char path[256];
    int saved = errno;
    snprintf(path, sizeof path, "%s/tcp", proc_net);
    bool has_proc = access(path, R_OK) == 0;
    errno = saved;
    return has_proc && saved == ENOENT ? PTN_OK : PTN_EIO;
}

static FILE *open_file(const char *proc_net, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", proc_net, name);
    return fopen(path, "re");
}

static ptn_err finish(FILE *file, ptn_err err) {
    if (ferror(file))
        err = PTN_EIO;
    fclose(file);
    return err;
}

ptn_err ksock_proc_inet(const char *proc_net, enum ptn_socket_kind kind, int family,
                        struct ksocks *out) {
    const char *name = family == AF_INET ? proc_kinds[kind].file4 : proc_kinds[kind].file6;
    FILE *file = open_file(proc_net, name);
    if (!file)
        return family == AF_INET6 ? missing(proc_net) : PTN_EIO;
    char line[512];
    bool is_heading = true;
    ptn_err err = PTN_OK;
    while (fgets(line, sizeof line, file)) {
        struct ksock k;
        unsigned state = 0;
        if (is_heading) {
            is_heading = false;
            continue;
        }
        if (!read_line(line, family, &k, &state)) {
            errno = EPROTO; /* not the format we know: do not call an unread list empty */
            err = PTN_EIO;
            break;
        }
        k.kind = kind;
        if (proc_kinds[kind].state == ST_ANY || proc_kinds[kind].state == state)
            ksocks_add(out, &k);
    }
    return finish(file, err);
}

/* sk RefCnt Type Proto Iface R Rmem User Inode */
ptn_err ksock_proc_packet(const char *proc_net, struct ksocks *out) {
    FILE *file = open_file(proc_net, "packet");
    if (!file)
        return missing(proc_net); /* a kernel without packet sockets */
    char line[512];
    bool is_heading = true;
    ptn_err err = PTN_OK;
    while (fgets(line, sizeof line, file)) {
        unsigned long inode;
        if (is_heading) {
            is_heading = false;
            continue;
        }
        if (sscanf(line, "%*s %*d %*d %*x %*d %*d %*u %*u %lu", &inode) != 1) {
            errno = EPROTO;
            err = PTN_EIO;
            break;
        }
        struct ksock k = {.inode = inode, .kind = PTN_SOCK_PACKET};
        ksocks_add(out, &k);
    }
    return finish(file, err);
}
