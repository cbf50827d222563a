/* libwebsockets as this module uses it: TLS and byte streams on sockets that we have accepted. */
#include <libwebsockets.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "transports/web/conn.h"

#define SPARE_FDS 16 /* of a context beyond its connections: the listener, lws's own pipe */

static struct web_server *server_of(struct lws *wsi) {
    return lws_context_user(lws_get_context(wsi));
}

static struct web_conn *conn_of(struct lws *wsi) {
    return lws_get_opaque_user_data(wsi);
}

static int closing(bool keep) {
    return keep ? 0 : -1;
}

static void adopted(struct lws *wsi) {
    struct web_server *server = server_of(wsi);
    if (!server->adopting)
        return; /* nothing of ours */
    struct web_conn *conn = conn_new(server, server->adopting);
    conn->wsi = wsi;
    lws_set_opaque_user_data(wsi, conn);
    http_begin(conn);
}

static void destroyed(struct lws *wsi) {
    struct web_conn *conn = conn_of(wsi);
    server_of(wsi)->wsi_count--;
    if (conn)
        conn_free(conn);
    lws_set_opaque_user_data(wsi, NULL);
}

/* After a TLS handshake lws keeps the deadline it had set for it (seen on 4.1.6), and would close
 * the connection 5 s after its start, busy or not. From the first bytes on our own deadlines guard
 * it. */
static bool received(struct lws *wsi, const uint8_t *p, size_t n) {
    struct web_conn *conn = conn_of(wsi);
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
    return conn && conn_received(conn, p, n);
}

static int on_stream(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len) {
    struct web_conn *conn;
    (void)user;
    switch ((int)reason) { /* int: of lws's hundred reasons these concern us */
    case LWS_CALLBACK_WSI_CREATE:
        server_of(wsi)->wsi_count++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        destroyed(wsi);
        return 0;
    case LWS_CALLBACK_RAW_ADOPT:
        adopted(wsi);
        return 0;
    case LWS_CALLBACK_RAW_RX:
        return closing(received(wsi, in, len));
    case LWS_CALLBACK_RAW_WRITEABLE:
        conn = conn_of(wsi);
        return closing(conn && conn_writeable(conn));
    case LWS_CALLBACK_RAW_CLOSE:
        conn = conn_of(wsi);
        if (conn)
            conn_closed(conn);
        return 0;
    default:
        return 0;
    }
}

static int on_listen(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len) {
    (void)user;
    (void)in;
    (void)len;
    if (reason == LWS_CALLBACK_RAW_RX_FILE)
        web_listen_ready(server_of(wsi));
    return 0;
}

static const struct lws_protocols protocols[] = {
    {.name = "stream",
     .callback = on_stream,
     .rx_buffer_size = WEB_CHUNK,
     .tx_packet_size = WEB_CHUNK},
    {.name = "listen", .callback = on_listen},
    {.name = NULL},
};

/* HTTP configurations of the reference server carry GnuTLS priority strings here. */
static bool is_gnutls_priority(const char *ciphers) {
    return strncmp(ciphers, "NORMAL", 6) == 0 || strncmp(ciphers, "PFS", 3) == 0 ||
           strncmp(ciphers, "SECURE", 6) == 0 || strncmp(ciphers, "PERFORMANCE", 11) == 0 ||
           strstr(ciphers, "VERS-") != NULL;
}

static void set_tls(struct lws_context_creation_info *info, const struct web_server *server) {
    const struct ptn_web_tls *tls = server->cfg.tls;
    info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info->ssl_cert_filepath = tls->cert_pem;
    info->ssl_private_key_filepath = tls->key_pem ? tls->key_pem : tls->cert_pem;
    info->ssl_private_key_password = tls->password;
    if (tls->ciphers && !is_gnutls_priority(tls->ciphers))
        info->ssl_cipher_list = tls->ciphers;
    info->ssl_options_set =
        (long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION);
    info->alpn = "http/1.1";
    info->provided_client_ssl_ctx = server->web->client_ctx;
}

/* lws makes a TLS client context for every vhost, and with several lws contexts in a process frees
 * only one of them. Nothing here is a client: they all get this one, which is ours to free. */
static void make_client_ctx(struct ptn_web *web) {
    if (!web->client_ctx)
        web->client_ctx = SSL_CTX_new(TLS_client_method());
}

void web_contexts_done(struct ptn_web *web) {
    SSL_CTX_free(web->client_ctx);
    web->client_ctx = NULL;
}

ptn_err web_context_new(struct web_server *server, struct ptn_problems *problems,
                        struct ptn_where where) {
    void *loops[] = {server->web->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
                   LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME |
                   LWS_SERVER_OPTION_NO_LWS_SYSTEM_STATES |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS, /* we are nobody's client */
        .foreign_loops = loops,
        .pcontext = &server->context,
        .user = server,
        .gid = -1, /* lws changes no identity of the process */
        .uid = -1,
        .fd_limit_per_thread = (unsigned)(server->web->limits.connections + SPARE_FDS),
        .pt_serv_buf_size = WEB_CHUNK,
    };
    if (server->cfg.tls) {
        make_client_ctx(server->web);
        set_tls(&info, server);
    }
    /* The vhost apart: a context that fails on a certificate would leave its handles on our loop.
     */
    server->context = lws_create_context(&info);
    if (server->context)
        server->vhost = lws_create_vhost(server->context, &info);
    if (server->vhost)
        return PTN_OK;
    ptn_problems_error(problems, where, "%s could not be set up: %s", server->name,
                       server->cfg.tls ? "the certificate, key or ciphers do not load, or "
                                         "libwebsockets-evlib-uv is not installed"
                                       : "is the package libwebsockets-evlib-uv installed?");
    return PTN_EIO;
}

void web_context_destroy(struct web_server *server) {
    if (server->context)
        lws_context_destroy(server->context);
}

/* -- what lws itself says ---------------------------------------------------------------------- */

static void emit(int level, const char *line) {
    enum ptn_log_level ours = level & LLL_ERR    ? PTN_LOG_ERR
                              : level & LLL_WARN ? PTN_LOG_WARN
                                                 : PTN_LOG_VERB;
    size_t n = strcspn(line, "\r\n");
    ptn_log(ours, "lws", "%.*s", (int)n, line);
}

static int level_named(const char *word, size_t n) {
    static const struct {
        const char *name;
        int level;
    } levels[] = {
        {"none", 0},
        {"err", LLL_ERR},
        {"warn", LLL_WARN},
        {"notice", LLL_NOTICE},
        {"info", LLL_INFO},
        {"debug", LLL_DEBUG},
        {"parser", LLL_PARSER},
        {"header", LLL_HEADER},
        {"ext", LLL_EXT},
        {"client", LLL_CLIENT},
        {"latency", LLL_LATENCY},
        {"user", LLL_USER},
        {"count", 0}, /* of older lws: says nothing now */
        {"all", LLL_ERR | LLL_WARN | LLL_NOTICE | LLL_INFO | LLL_DEBUG | LLL_PARSER | LLL_HEADER |
                    LLL_EXT | LLL_CLIENT | LLL_LATENCY | LLL_USER},
    };
    for (size_t i = 0; i < PTN_COUNT_OF(levels); i++)
        if (strlen(levels[i].name) == n && memcmp(levels[i].name, word, n) == 0)
            return levels[i].level;
    return -1;
}

ptn_err ptn_web_set_lws_logging(const char *words) {
    int mask = words ? 0 : LLL_ERR | LLL_WARN;
    while (words && *words) {
        size_t n = strcspn(words, ",");
        int level = level_named(words, n);
        if (level < 0)
            return PTN_EINVALID;
        mask |= level;
        words += n + (words[n] == ',');
    }
    lws_set_log_level(mask, emit);
    return PTN_OK;
}
