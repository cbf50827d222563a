/* A server of nothing: opens what its command line says through src/net, checks the first law,
 * prints the table, and serves until its input ends. For run.py, which is the judge.
 *
 *   listen_probe [--listen name=HTTP,port=8088[,ip=A][,interface=I][,share=G]]...
 *                [--allow ITEM]... [--deny ITEM]... [--ipv6] [--linklocal] [--loops N]
 *                [--media-port P | --media-range A-B] [--leak tcp|udp]
 *
 * Exit codes: 0; 1 a socket could not be opened or the tables differ; 78 the wishes are wrong. */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/listener.h"

#define SPECS_MAX 16
#define LISTENERS_MAX 128
#define ADDRS_MAX 64
#define LIST_MAX 16
#define EXIT_CONFIG 78

struct probe {
    struct ptn_listen_spec specs[SPECS_MAX];
    size_t spec_count;
    const char *allow[LIST_MAX], *deny[LIST_MAX];
    size_t n_allow, n_deny;
    bool has_media, ipv6, linklocal;
    struct ptn_media_spec media;
    const char *leak;

    struct ptn_hostaddrs host;
    struct ptn_problems *problems;
    struct ptn_socktable *table;
    struct ptn_listen_plan *plan;
    struct ptn_addr addrs[ADDRS_MAX];
    struct ptn_listener listeners[LISTENERS_MAX];
    struct ptn_media_socket sockets[ADDRS_MAX * 16];
};

static void usage(void) {
    fprintf(stderr, "listen_probe: bad option\n");
    exit(2);
}

/* name=HTTP,port=8088,ip=192.0.2.1: the text is cut in place and lives as long as argv. */
static void add_spec(struct probe *p, char *text) {
    enum { NAME, PORT, IP, INTERFACE, SHARE };
    char *const keys[] = {"name", "port", "ip", "interface", "share", NULL};
    if (p->spec_count == SPECS_MAX)
        usage();
    struct ptn_listen_spec *s = &p->specs[p->spec_count++];
    *s = (struct ptn_listen_spec){.id = (int)p->spec_count,
                                  .where_ip = {"probe", 1, "ip"},
                                  .where_interface = {"probe", 2, "interface"},
                                  .where_port = {"probe", 3, "port"}};
    while (*text) {
        char *value;
        int key = getsubopt(&text, keys, &value);
        if (!value)
            usage();
        if (key == NAME)
            s->name = value;
        else if (key == PORT)
            s->port = strtoll(value, NULL, 10);
        else if (key == IP)
            s->ip = value;
        else if (key == INTERFACE)
            s->interface = value;
        else if (key == SHARE)
            s->share_group = atoi(value);
        else
            usage();
    }
}

static void set_media(struct probe *p, int option, const char *value) {
    p->has_media = true;
    if (option == 'a' && p->n_allow < LIST_MAX)
        p->allow[p->n_allow++] = value;
    else if (option == 'd' && p->n_deny < LIST_MAX)
        p->deny[p->n_deny++] = value;
    else if (option == 'o')
        p->media.loops = (unsigned)atoi(value);
    else if (option == 'p')
        p->media.port = strtoll(value, NULL, 10);
    else if (option == 'r')
        sscanf(value, "%ld-%ld", &p->media.range_min, &p->media.range_max);
    else if (option == '6')
        p->ipv6 = true;
    else if (option == 'k')
        p->ipv6 = p->linklocal = true;
    else
        usage();
}

static void read_options(struct probe *p, int argc, char **argv) {
    static const struct option options[] = {{"listen", required_argument, NULL, 'l'},
                                            {"allow", required_argument, NULL, 'a'},
                                            {"deny", required_argument, NULL, 'd'},
                                            {"loops", required_argument, NULL, 'o'},
                                            {"media-port", required_argument, NULL, 'p'},
                                            {"media-range", required_argument, NULL, 'r'},
                                            {"ipv6", no_argument, NULL, '6'},
                                            {"linklocal", no_argument, NULL, 'k'},
                                            {"leak", required_argument, NULL, 'x'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'l')
            add_spec(p, optarg);
        else if (option == 'x')
            p->leak = optarg;
        else
            set_media(p, option, optarg);
    }
}

static void fail(struct probe *p, int code) {
    ptn_problems_print(p->problems, stderr);
    exit(code);
}

static void plan_everything(struct probe *p) {
    const struct ptn_where allow = {"probe", 4, "ice_enforce_list"};
    const struct ptn_where deny = {"probe", 5, "ice_ignore_list"};
    if (ptn_hostaddrs_read(&p->host) != PTN_OK) {
        perror("addresses");
        exit(1);
    }
    p->plan = ptn_listen_plan_new(p->specs, p->spec_count, &p->host, p->problems);
    if (p->has_media) {
        p->media.addrs = p->addrs;
        p->media.where = (struct ptn_where){"probe", 6, "media.port"};
        p->media.addr_count =
            ptn_media_select(&p->host, p->allow, p->n_allow, allow, p->deny, p->n_deny, deny,
                             p->ipv6, p->linklocal, p->addrs, ADDRS_MAX, p->problems);
    }
    if (ptn_problems_errors(p->problems) == 0 && p->has_media)
        ptn_ignore(ptn_media_check(&p->media, p->problems), "told in problems");
    if (ptn_problems_errors(p->problems) > 0 || ptn_listen_plan_count(p->plan) > LISTENERS_MAX ||
        p->media.loops > 16)
        fail(p, EXIT_CONFIG);
}

/* What a library might do behind our back. */
static void leak(const char *what) {
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(9999)};
    int fd = socket(AF_INET, strcmp(what, "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&any, sizeof any) != 0 ||
        (strcmp(what, "tcp") == 0 && listen(fd, 1) != 0))
        perror("leak");
}

static void check_law(struct probe *p) {
    char why[2048] = "";
    if (ptn_socktable_verify(p->table, why, sizeof why) == PTN_OK)
        return;
    fprintf(stderr, "sockets differ: %s\n", why);
    exit(1);
}

static void open_everything(struct probe *p) {
    if (ptn_listen_open(p->plan, p->table, p->listeners, p->problems) != PTN_OK)
        fail(p, 1);
    if (p->has_media && ptn_media_open(&p->media, p->table, p->sockets, p->problems) != PTN_OK) {
        ptn_listen_close(p->listeners, ptn_listen_plan_count(p->plan), p->table);
        fail(p, 1);
    }
    if (p->leak)
        leak(p->leak);
    ptn_problems_print(p->problems, stderr);
    check_law(p);
}

static void answer(int fd) {
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    char buf[2048];
    ssize_t n = recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&from, &len);
    if (n >= 0 && sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len) < 0)
        perror("answer");
}

static void serve(struct probe *p) {
    size_t tcp = ptn_listen_plan_count(p->plan), udp = p->media.loops * p->media.addr_count;
    struct pollfd *fds = ptn_new_array(struct pollfd, tcp + udp + 1);
    for (size_t i = 0; i < tcp + udp; i++)
        fds[i] = (struct pollfd){i < tcp ? p->listeners[i].fd : p->sockets[i - tcp].fd, POLLIN, 0};
    fds[tcp + udp] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    while (poll(fds, tcp + udp + 1, -1) > 0 && !fds[tcp + udp].revents) {
        for (size_t i = 0; i < tcp + udp; i++) {
            struct ptn_addr peer;
            int conn = -1;
            if (fds[i].revents && i >= tcp)
                answer(fds[i].fd);
            else if (fds[i].revents && (conn = ptn_listener_accept(fds[i].fd, &peer)) >= 0)
                close(conn);
        }
    }
    check_law(p);
    ptn_listen_close(p->listeners, tcp, p->table);
    ptn_media_close(p->sockets, udp, p->table);
    check_law(p);
    free(fds);
}

int main(int argc, char **argv) {
    static struct probe p;
    p.media.loops = 1;
    p.problems = ptn_problems_new();
    p.table = ptn_socktable_new();
    read_options(&p, argc, argv);
    plan_everything(&p);
    open_everything(&p);
    ptn_socktable_print(p.table, stdout);
    printf("ready\n");
    fflush(stdout);
    serve(&p);
    ptn_listen_plan_free(p.plan);
    ptn_hostaddrs_done(&p.host);
    ptn_socktable_free(p.table);
    ptn_problems_free(p.problems);
    return 0;
}
