/* Accepting: lws watches the listening descriptor as a plain file, we accept and decide, and lws
 * adopts what may stay. Which server a connection belongs to is fixed here for good. */
#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "transports/web/internal.h"

#define ACCEPT_ROUND 64             /* per callback: a flood of connections shares the loop */
#define ACCEPT_PAUSE (200 * PTN_MS) /* after running out of descriptors */
#define KEEPALIVE_IDLE_S 60         /* dead peers of idle connections are found ... */
#define KEEPALIVE_INTERVAL_S 20     /* ... after 60 + 3 * 20 s */
#define KEEPALIVE_PROBES 3

static void set_options(int fd) {
    const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(options); i++) /* niceties: failing changes nothing */
        (void)setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

static bool may_stay(struct web_server *server, const struct ptn_addr *remote) {
    struct ptn_web_counters *c = &server->web->counters;
    if (!web_access_at_accept(server, remote)) {
        c->refused_acl++;
        return false;
    }
    if (server->conn_count >= server->web->limits.connections) {
        c->refused_limit++;
        return false;
    }
    return true;
}

static void adopt(struct web_server *server, int fd, const struct ptn_addr *remote) {
    lws_adopt_desc_t desc = {
        .vh = server->vhost,
        .type = LWS_ADOPT_SOCKET | (server->cfg.tls ? LWS_ADOPT_ALLOW_SSL : 0),
        .fd.sockfd = fd,
        .vh_prot_name = "stream",
    };
    set_options(fd);
    server->adopting = remote;
    if (lws_adopt_descriptor_vhost_via_info(&desc)) /* closes fd itself when it fails */
        server->web->counters.accepted++;
    server->adopting = NULL;
}

static void accepted(struct web_server *server, int fd, const struct sockaddr_storage *from) {
    struct ptn_addr raw, remote;
    if (ptn_addr_from_sockaddr((const struct sockaddr *)from, &raw) != PTN_OK) {
        close(fd);
        return;
    }
    remote = ptn_addr_unmapped(&raw);
    if (may_stay(server, &remote))
        adopt(server, fd, &remote);
    else
        close(fd);
}

static void accept_again(struct ptn_timer *timer, ptn_time now) {
    struct web_server *server = ptn_container_of(timer, struct web_server, accept_again);
    (void)now;
    if (server->listen_wsi)
        lws_rx_flow_control(server->listen_wsi, 1);
}

/* Out of descriptors or memory: the socket stays readable, so looking away is all that helps. */
static void pause_accepting(struct web_server *server, int error) {
    ptn_log(PTN_LOG_WARN, "web", "cannot accept listener=%s error=\"%s\"", server->name,
            strerror(error));
    lws_rx_flow_control(server->listen_wsi, 0);
    web_arm(server->web, &server->accept_again, ACCEPT_PAUSE);
}

void web_listen_ready(struct web_server *server) {
    for (int i = 0; i < ACCEPT_ROUND && server->listen_wsi; i++) {
        struct sockaddr_storage from;
        socklen_t len = sizeof from;
        int fd = accept4(server->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accepted(server, fd, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(server, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else the one connection failed (ECONNABORTED and the like), the next may not */
    }
}

ptn_err web_listen_start(struct web_server *server) {
    lws_sock_file_fd_type fd = {.filefd = server->fd};
    server->accept_again.fire = accept_again;
    server->listen_wsi =
        lws_adopt_descriptor_vhost(server->vhost, LWS_ADOPT_RAW_FILE_DESC, fd, "listen", NULL);
    if (server->listen_wsi)
        return PTN_OK;
    server->fd = -1; /* lws has closed it */
    return PTN_EIO;
}

void web_listen_stop(struct web_server *server) {
    struct lws *wsi = server->listen_wsi;
    web_disarm(server->web, &server->accept_again);
    server->listen_wsi = NULL;
    if (wsi)
        lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC); /* closes the descriptor */
    else if (server->fd >= 0)
        close(server->fd);
    server->fd = -1;
}
