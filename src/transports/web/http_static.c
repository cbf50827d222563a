/* Static files: the demo pages. GET and HEAD only, no listing, nothing outside the folder: odd
 * paths are refused before the file system sees them, and what it resolves to (symbolic links
 * included) must still lie inside. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "transports/web/conn.h"
#include "transports/web/http.h"
#include "transports/web/url.h"

/* Scripts and styles from here only; the API may live on another port; media comes from WebRTC. */
#define PAGE_HEADERS                                                                               \
    "Content-Security-Policy: default-src 'self'; connect-src 'self' http: https: ws: wss:; "      \
    "img-src 'self' data: blob:; media-src 'self' blob: mediastream:; object-src 'none'; "         \
    "base-uri 'none'; frame-ancestors 'self'\r\n"                                                  \
    "X-Content-Type-Options: nosniff\r\n"                                                          \
    "Referrer-Policy: same-origin\r\n"                                                             \
    "Cache-Control: no-cache\r\n"

static const char *content_type(const char *path) {
    static const struct {
        const char *suffix, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},
        {".webp", "image/webp"},
        {".ico", "image/vnd.microsoft.icon"},
        {".txt", "text/plain; charset=utf-8"},
        {".md", "text/plain; charset=utf-8"},
        {".woff2", "font/woff2"},
        {".wasm", "application/wasm"},
        {".mp4", "video/mp4"},
        {".webm", "video/webm"},
        {".opus", "audio/ogg"},
        {".wav", "audio/wav"},
    };
    size_t len = strlen(path);
    for (size_t i = 0; i < PTN_COUNT_OF(types); i++) {
        size_t n = strlen(types[i].suffix);
        if (len > n && strcasecmp(path + len - n, types[i].suffix) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

bool http_static_covers(const struct web_server *server, const char *path) {
    size_t n = strlen(server->static_path);
    if (!server->cfg.http || !server->cfg.http->static_folder)
        return false;
    return strncmp(path, server->static_path, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* The file behind a path below the folder, opened; -1: there is none, or it is not ours to give. */
static int open_inside(const char *folder, const char *below, struct stat *st) {
    char wanted[PATH_MAX], real[PATH_MAX], root[PATH_MAX];
    int n = snprintf(wanted, sizeof wanted, "%s/%s", folder, below);
    if (n < 0 || (size_t)n >= sizeof wanted || !realpath(folder, root) || !realpath(wanted, real))
        return -1;
    size_t root_len = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(real, root, root_len) != 0 || (real[root_len] != '/' && real[root_len] != '\0'))
        return -1;
    int fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a FIFO must not block */
    if (fd >= 0 && (fstat(fd, st) != 0 || (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)))) {
        close(fd);
        return -1;
    }
    return fd;
}

static void make_etag(const struct stat *st, char *out, size_t cap) {
    snprintf(out, cap, "\"%" PRIx64 "-%" PRIx64 "%08lx\"", (uint64_t)st->st_size,
             (uint64_t)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
}

static void serve_file(struct http_request *req, int fd, const struct stat *st, const char *name) {
    char etag[64], headers[1024];
    make_etag(st, etag, sizeof etag);
    snprintf(headers, sizeof headers, "%sETag: %s\r\n", PAGE_HEADERS, etag);
    struct ptn_bytes known = http_head_find(&req->head, "if-none-match");
    req->file = fd;
    if (known.p && ptn_bytes_eq(known, ptn_bytes_str(etag)))
        http_answer(req, 304, NULL, headers, NULL, 0);
    else
        http_answer_file(req, content_type(name), headers, (uint64_t)st->st_size);
}

/* "/demos" becomes "/demos/", or relative links in its page would miss. */
static void redirect_to_folder(struct http_request *req) {
    struct ptn_bytes target = req->head.target;
    char location[2048];
    int n = snprintf(location, sizeof location, "Location: %.*s/\r\n",
                     (int)(req->query.p ? target.n - req->query.n - 1 : target.n),
                     (const char *)target.p);
    bool fits = n > 0 && (size_t)n < sizeof location;
    bool elsewhere = target.n > 1 && target.p[1] == '/'; /* "//host" would leave this server */
    if (fits && !elsewhere)
        http_answer(req, 301, NULL, location, NULL, 0);
    else
        http_answer_empty(req, 404);
}

static void serve_folder(struct http_request *req, const char *folder, const char *below) {
    struct stat st;
    char index[PATH_MAX];
    size_t len = strlen(req->path);
    if (req->path[len - 1] != '/') {
        redirect_to_folder(req);
        return;
    }
    int n = snprintf(index, sizeof index, "%s/index.html", below);
    int fd = n > 0 && (size_t)n < sizeof index ? open_inside(folder, index, &st) : -1;
    if (fd >= 0 && S_ISREG(st.st_mode)) {
        serve_file(req, fd, &st, "index.html");
        return;
    }
    if (fd >= 0)
        close(fd);
    http_answer_empty(req, 404);
}

void http_static_serve(struct http_request *req) {
    const struct web_server *server = req->conn->server;
    const char *folder = server->cfg.http->static_folder;
    const char *below = req->path + strlen(server->static_path);
    struct stat st;
    if (url_path_is_odd(below)) {
        http_answer_empty(req, 404);
        return;
    }
    int fd = open_inside(folder, below, &st);
    if (fd < 0) {
        http_answer_empty(req, 404);
        return;
    }
    bool is_folder = S_ISDIR(st.st_mode);
    if (is_folder) {
        close(fd);
        serve_folder(req, folder, below);
    } else if (req->path[strlen(req->path) - 1] ==
               '/') { /* realpath lets "file/" through on some systems */
        close(fd);
        http_answer_empty(req, 404);
    } else {
        serve_file(req, fd, &st, req->path);
    }
}

bool http_static_next(struct http_request *req) {
    size_t want = req->file_left < 4 * WEB_CHUNK ? (size_t)req->file_left : 4 * WEB_CHUNK;
    uint8_t *buf = ptn_alloc(want);
    ssize_t n = read(req->file, buf, want);
    if (n <= 0) { /* shorter than it was: the promised length cannot be kept */
        free(buf);
        return false;
    }
    req->file_left -= (uint64_t)n;
    conn_send(req->conn, buf, 0, (size_t)n);
    return true;
}
