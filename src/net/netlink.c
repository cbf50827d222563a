/* One dump request to the kernel and its answer (RFC 3549 2.3). */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/internal.h"

#define ANSWER_BYTES 65536 /* more than the kernel puts into one datagram of a dump (32 kB) */
#define REQUEST_BYTES 256
#define ATTEMPTS 5 /* a table that changed during its dump is asked for again */

enum progress { MORE, DONE, INTERRUPTED, FAILED };

static ptn_err send_request(int fd, int type, const void *body, size_t len) {
    union {
        struct nlmsghdr head;
        uint8_t bytes[REQUEST_BYTES];
    } msg = {.head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
                      .nlmsg_type = (uint16_t)type,
                      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    if (NLMSG_LENGTH(len) > sizeof msg) {
        errno = EMSGSIZE;
        return PTN_EIO;
    }
    memcpy(msg.bytes + NLMSG_HDRLEN, body, len);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent =
        sendto(fd, msg.bytes, NLMSG_LENGTH(len), 0, (struct sockaddr *)&kernel, sizeof kernel);
    return sent < 0 ? PTN_EIO : PTN_OK;
}

/* The errno that ends a dump: in NLMSG_ERROR, or after the fact in NLMSG_DONE. */
static int ending_errno(const struct nlmsghdr *head) {
    int code = 0;
    if (head->nlmsg_len >= NLMSG_LENGTH(sizeof code))
        memcpy(&code, (const uint8_t *)head + NLMSG_HDRLEN, sizeof code);
    return code < 0 ? -code : 0;
}

static enum progress take(const struct nlmsghdr *head, netlink_message_fn *fn, void *ctx) {
    if (head->nlmsg_flags & NLM_F_DUMP_INTR)
        return INTERRUPTED;
    if (head->nlmsg_type == NLMSG_NOOP)
        return MORE;
    if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) {
        errno = ending_errno(head);
        if (errno == 0 && head->nlmsg_type == NLMSG_ERROR)
            errno = EPROTO;
        return errno ? FAILED : DONE;
    }
    fn(ctx, head->nlmsg_type, (const uint8_t *)head + NLMSG_HDRLEN, head->nlmsg_len - NLMSG_HDRLEN);
    return MORE;
}

/* One datagram of the answer: whole messages, each padded to four bytes. */
static enum progress take_all(const uint8_t *bytes, size_t left, netlink_message_fn *fn,
                              void *ctx) {
    while (left >= NLMSG_HDRLEN) {
        const struct nlmsghdr *head = (const struct nlmsghdr *)(const void *)bytes;
        if (head->nlmsg_len < NLMSG_HDRLEN || head->nlmsg_len > left)
            break;
        enum progress progress = take(head, fn, ctx);
        if (progress != MORE)
            return progress;
        size_t step = NLMSG_ALIGN(head->nlmsg_len);
        bytes += step < left ? step : left;
        left -= step < left ? step : left;
    }
    if (left == 0)
        return MORE;
    errno = EPROTO;
    return FAILED;
}

static enum progress receive(int fd, uint8_t *buf, netlink_message_fn *fn, void *ctx) {
    for (;;) {
        struct sockaddr_nl from;
        socklen_t from_len = sizeof from;
        ssize_t n = recvfrom(fd, buf, ANSWER_BYTES, MSG_TRUNC, (struct sockaddr *)&from, &from_len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FAILED;
        if (from.nl_pid != 0) /* only the kernel may answer */
            continue;
        if ((size_t)n > ANSWER_BYTES || n == 0) {
            errno = EMSGSIZE;
            return FAILED;
        }
        enum progress progress = take_all(buf, (size_t)n, fn, ctx);
        if (progress != MORE)
            return progress;
    }
}

static enum progress dump_once(int protocol, int type, const void *body, size_t len,
                               netlink_message_fn *fn, void *ctx) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return FAILED;
    /* The kernel answers at once, or not at all when something is badly wrong: never hang. */
    struct timeval patience = {.tv_sec = 5};
    enum progress progress = FAILED;
    uint8_t *buf = ptn_alloc(ANSWER_BYTES);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        send_request(fd, type, body, len) == PTN_OK)
        progress = receive(fd, buf, fn, ctx);
    int saved = errno;
    free(buf);
    close(fd);
    errno = saved;
    return progress;
}

ptn_err netlink_dump(int protocol, int type, const void *body, size_t len, netlink_message_fn *fn,
                     void *ctx) {
    for (int i = 0; i < ATTEMPTS; i++) {
        enum progress progress = dump_once(protocol, type, body, len, fn, ctx);
        if (progress != INTERRUPTED)
            return progress == DONE ? PTN_OK : PTN_EIO;
        fn(ctx, NETLINK_START_OVER, NULL, 0);
    }
    errno = EAGAIN;
    return PTN_EIO;
}
