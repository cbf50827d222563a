/* Inside src/main only: the parts of a running server, in the order they come to life. */
#ifndef PTN_MAIN_INTERNAL_H
#define PTN_MAIN_INTERNAL_H

#include <uv.h>

#include "config/config.h"
#include "control/control.h"
#include "net/acl.h"
#include "net/listener.h"
#include "net/unix.h"
#include "transports/unix/unix.h"
#include "transports/web/web.h"
#include "worker/engine.h"

#define EXIT_CONFIG 78 /* sysexits.h EX_CONFIG: something in the configuration is wrong */

enum listener_id { ID_HTTP, ID_HTTPS, ID_WS, ID_WSS, ID_COUNT };

#define MEDIA_ADDRS_MAX 64
#define UNIX_SOCKETS 2

/* What the configuration asks for, checked against this host; nothing is open. */
struct plan {
    struct ptn_hostaddrs host;
    struct ptn_listen_spec spec[ID_COUNT];
    size_t spec_count;
    struct ptn_listen_plan *listen;
    struct ptn_unix_spec unix_spec[UNIX_SOCKETS];
    size_t unix_count;
    struct ptn_addr media_addr[MEDIA_ADDRS_MAX];
    struct ptn_media_spec media;
    struct ptn_addr local; /* for SDP */
};

/* plan.c */
void plan_make(struct plan *p, const struct ptn_config *cfg, struct ptn_problems *problems);
void plan_done(struct plan *p);

/* Web listeners and everything their configuration points at. */
struct web_setup {
    struct ptn_web_listener *listener; /* array */
    size_t count;
    struct ptn_web_http http;
    struct ptn_web_ws ws;
    struct ptn_web_tls tls_http, tls_ws;
    struct ptn_acl *acl_http, *acl_ws;
};

/* web_setup.c */
void web_setup_make(struct web_setup *w, const struct ptn_config *cfg,
                    const struct ptn_listener *listeners, size_t count,
                    struct ptn_problems *problems);
void web_setup_done(struct web_setup *w);
struct ptn_web_limits web_limits(const struct ptn_config *cfg);
enum ptn_json_style style_of(const struct ptn_config_file *f); /* general.json */

struct unix_setup {
    struct ptn_unix_listener listener[UNIX_SOCKETS];
    size_t count;
};

/* unix_setup.c */
void unix_plan(struct plan *p, const struct ptn_config *cfg, struct ptn_problems *problems);
void unix_setup_make(struct unix_setup *u, const struct ptn_config *cfg,
                     const struct ptn_unix_socket *list, size_t count);
struct ptn_unix_limits unix_limits(const struct ptn_config *cfg);

struct server {
    const struct ptn_config *cfg;
    struct plan plan;
    uv_loop_t loop;
    struct ptn_socktable *table;
    struct ptn_listener *listener; /* plan's count */
    size_t listener_count;
    struct ptn_unix_socket unix_socket[UNIX_SOCKETS];
    size_t unix_count;
    struct ptn_media_socket *media;
    size_t media_count;
    struct ptn_cert *cert;
    struct ptn_dtls_ctx *dtls;
    struct ptn_control *control;
    struct ptn_engine *engine;
    struct web_setup web_setup;
    struct ptn_web *web;
    struct unix_setup unix_setup;
    struct ptn_unix *unix_api; /* NULL: none is configured */
    struct ptn_module_info transport[3];
    size_t transport_count;
    uv_poll_t notices;
    uv_timer_t timer, audit;
    uv_signal_t sig_int, sig_term, sig_rotate;
    uint64_t audit_failures; /* differences between the socket table and the kernel */
    unsigned stop_signals;
    bool web_up, uv_up, stopping, web_stopped, unix_stopped;
};

/* server.c: exit status of the process */
int server_run(const struct ptn_config *cfg, const struct plan *plan, bool only_print_sockets);
/* memory.c */
void memory_setup(void);
/* media_setup.c */
ptn_err engine_setup(struct server *s, struct ptn_problems *problems);
ptn_err control_setup(struct server *s);
/* pidfile.c */
ptn_err pidfile_write(const char *path, char *why, size_t cap);
void pidfile_remove(const char *path);

#endif
