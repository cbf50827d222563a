/* Unix listeners: exactly the path, all or none, and no file deleted that is not ours or dead. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/listener.h"
#include "net/unix.h"

static char folder[64];
static char paths[3][PTN_UNIX_PATH_MAX + 1];

static int set_up(void **state) {
    (void)state;
    strcpy(folder, "/tmp/ptn-unix-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 3; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%c", folder, (int)('a' + i));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++)
        unlink(paths[i]);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left there */
    return 0;
}

/* The test's own way to a socket, not the module's. */
static int own_socket(int type, const char *path, bool listens) {
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    strcpy(sun.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof sun), 0);
    if (listens)
        assert_int_equal(listen(fd, 5), 0);
    return fd;
}

static int try_connect(int type, const char *path) {
    struct sockaddr_un sun = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    strcpy(sun.sun_path, path);
    int err = connect(fd, (struct sockaddr *)&sun, sizeof sun) == 0 ? 0 : errno;
    close(fd);
    return err;
}

static bool exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

static struct ptn_unix_spec spec(const char *name, const char *path, enum ptn_unix_type type) {
    return (struct ptn_unix_spec){.name = name,
                                  .id = name[0],
                                  .path = path,
                                  .type = type,
                                  .where = {"u.jcfg", 4, "general.path"}};
}

struct opened {
    struct ptn_problems *problems;
    struct ptn_socktable *table;
    struct ptn_unix_socket list[3];
    size_t count;
    ptn_err err;
    char why[512];
};

static struct opened open_specs(const struct ptn_unix_spec *specs, size_t n) {
    struct opened o = {
        .problems = ptn_problems_new(), .table = ptn_socktable_new(), .count = n, .why = ""};
    o.err = ptn_unix_open(specs, n, o.table, o.list, o.problems);
    return o;
}

static void opened_done(struct opened *o) {
    ptn_unix_close(o->list, o->count, o->table);
    assert_int_equal(ptn_socktable_count(o->table), 0);
    ptn_problems_free(o->problems);
    ptn_socktable_free(o->table);
}

static ptn_err verify(struct opened *o) {
    o->why[0] = '\0';
    return ptn_socktable_verify(o->table, o->why, sizeof o->why);
}

static void opens_declares_and_removes(void **state) {
    (void)state;
    struct ptn_unix_spec specs[] = {spec("Unix", paths[0], PTN_UNIX_SEQPACKET),
                                    spec("admin Unix", paths[1], PTN_UNIX_DGRAM)};
    struct opened o = open_specs(specs, 2);
    assert_int_equal(o.err, PTN_OK);
    for (size_t i = 0; i < 2; i++) {
        const struct ptn_unix_socket *s = &o.list[i];
        struct ptn_socktable_row row = ptn_socktable_row(o.table, i);
        assert_string_equal(s->path, paths[i]);
        assert_int_equal(s->id, specs[i].id);
        assert_int_equal(s->type, specs[i].type);
        assert_false(s->is_passed);
        assert_int_equal(fcntl(s->fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
        assert_int_equal(fcntl(s->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(row.fd, s->fd);
        assert_string_equal(row.path, paths[i]);
        assert_string_equal(row.owner, specs[i].name);
        assert_string_equal(row.reason, "u.jcfg:4 general.path");
    }
    assert_int_equal(verify(&o), PTN_OK);
    assert_int_equal(try_connect(SOCK_SEQPACKET, paths[0]), 0);
    int fd = ptn_unix_accept(o.list[0].fd);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(verify(&o), PTN_OK); /* an accepted connection is no listener */
    close(fd);
    assert_int_equal(ptn_unix_accept(o.list[0].fd), PTN_ACCEPT_AGAIN);
    assert_int_equal(ptn_unix_accept(-1), PTN_ACCEPT_BROKEN);
    assert_int_equal(try_connect(SOCK_DGRAM, paths[1]), 0);
    ptn_unix_close(o.list, 2, o.table);
    assert_false(exists(paths[0]));
    assert_false(exists(paths[1]));
    opened_done(&o); /* harmless again */
}

static void the_umask_decides_who_may_connect(void **state) {
    (void)state;
    static const mode_t masks[] = {0077, 0022, 0007};
    for (size_t i = 0; i < PTN_COUNT_OF(masks); i++) {
        struct stat st;
        struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_DGRAM);
        mode_t before = umask(masks[i]);
        struct opened o = open_specs(&s, 1);
        umask(before);
        assert_int_equal(o.err, PTN_OK);
        assert_int_equal(stat(paths[0], &st), 0);
        assert_int_equal(st.st_mode & 0777, 0777 & ~masks[i]);
        opened_done(&o);
    }
}

static void a_dead_file_is_replaced(void **state) {
    (void)state;
    static const int types[] = {SOCK_SEQPACKET, SOCK_DGRAM, SOCK_STREAM};
    for (size_t i = 0; i < PTN_COUNT_OF(types); i++) {
        close(own_socket(types[i], paths[0], types[i] != SOCK_DGRAM));
        assert_true(exists(paths[0]));
        struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_SEQPACKET);
        struct opened o = open_specs(&s, 1);
        CHECK(o.err == PTN_OK, "type %d: %s", types[i], ptn_problems_text(o.problems, 0));
        assert_int_equal(verify(&o), PTN_OK);
        assert_int_equal(try_connect(SOCK_SEQPACKET, paths[0]), 0);
        opened_done(&o);
    }
}

/* Alive is also what is bound and does not listen yet: another server that is just starting. */
static void a_live_one_is_kept_and_nothing_stays_open(void **state) {
    (void)state;
    static const struct {
        int type;
        bool listens;
    } rows[] = {{SOCK_SEQPACKET, true},
                {SOCK_SEQPACKET, false},
                {SOCK_STREAM, true},
                {SOCK_STREAM, false},
                {SOCK_DGRAM, false}};
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++)
        for (enum ptn_unix_type type = PTN_UNIX_SEQPACKET; type <= PTN_UNIX_DGRAM; type++) {
            int holder = own_socket(rows[i].type, paths[1], rows[i].listens);
            struct ptn_unix_spec specs[] = {spec("Unix", paths[0], type),
                                            spec("admin Unix", paths[1], type)};
            struct opened o = open_specs(specs, 2);
            char expected[300];
            snprintf(expected, sizeof expected,
                     "u.jcfg:4: error: general.path: cannot listen on %s: somebody listens there "
                     "already (held by this process itself)",
                     paths[1]);
            assert_int_equal(o.err, PTN_EIO);
            assert_int_equal(ptn_problems_errors(o.problems), 1);
            assert_string_equal(ptn_problems_text(o.problems, 0), expected);
            assert_int_equal(o.list[0].fd, -1);
            assert_int_equal(o.list[1].fd, -1);
            assert_false(exists(paths[0]));
            assert_true(exists(paths[1]));
            close(holder);
            unlink(paths[1]);
            opened_done(&o);
        }
}

static void another_process_is_named(void **state) {
    (void)state;
    int go[2];
    char c, holder[64];
    assert_int_equal(pipe(go), 0);
    int fd = own_socket(SOCK_SEQPACKET, paths[0], true);
    pid_t pid = fork();
    if (pid == 0) {
        close(go[1]);
        _exit(read(go[0], &c, 1) == 0 ? 0 : 1);
    }
    close(fd); /* the child alone has it now */
    struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_SEQPACKET);
    struct opened o = open_specs(&s, 1);
    snprintf(holder, sizeof holder, ", pid %d)", (int)pid);
    CHECK(strstr(ptn_problems_text(o.problems, 0), holder), "%s", ptn_problems_text(o.problems, 0));
    opened_done(&o);
    close(go[0]);
    close(go[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void what_is_no_socket_is_kept(void **state) {
    (void)state;
    enum { FILE_, FOLDER, LINK, FIFO, KINDS };
    for (int kind = 0; kind < KINDS; kind++) {
        struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_DGRAM);
        int made = kind == FILE_    ? close(open(paths[0], O_CREAT | O_WRONLY, 0600))
                   : kind == FOLDER ? mkdir(paths[0], 0700)
                   : kind == LINK   ? symlink(paths[2], paths[0])
                                    : mkfifo(paths[0], 0600);
        assert_int_equal(made, 0);
        struct opened o = open_specs(&s, 1);
        assert_int_equal(o.err, PTN_EIO);
        CHECK(strstr(ptn_problems_text(o.problems, 0), "it exists and is not a socket; it is kept"),
              "%s", ptn_problems_text(o.problems, 0));
        opened_done(&o);
        struct ptn_problems *p = ptn_problems_new();
        ptn_unix_check(&s, 1, p);
        assert_int_equal(ptn_problems_errors(p), 1);
        ptn_problems_free(p);
        assert_true(exists(paths[0]));
        assert_int_equal(kind == FOLDER ? rmdir(paths[0]) : unlink(paths[0]), 0);
    }
}

static void says_what_is_wrong_before_opening(void **state) {
    (void)state;
    char fits[PTN_UNIX_PATH_MAX + 1], longer[PTN_UNIX_PATH_MAX + 2];
    memset(longer, 'x', sizeof longer - 1);
    memcpy(longer, "/tmp/", 5);
    longer[sizeof longer - 1] = '\0';
    memcpy(fits, longer, sizeof fits - 1);
    fits[sizeof fits - 1] = '\0';
    struct ptn_problems *p = ptn_problems_new();
    struct ptn_unix_spec good[] = {spec("a", fits, PTN_UNIX_DGRAM),
                                   spec("b", "relative", PTN_UNIX_DGRAM),
                                   spec("c", "/top", PTN_UNIX_DGRAM)};
    ptn_unix_check(good, 3, p);
    assert_int_equal(ptn_problems_count(p), 0);
    struct ptn_unix_spec bad[] = {spec("Unix", longer, PTN_UNIX_DGRAM),
                                  spec("b", "/nonexistent/x", PTN_UNIX_DGRAM),
                                  spec("c", "/nonexistent/x", PTN_UNIX_DGRAM)};
    ptn_unix_check(bad, 3, p);
    assert_int_equal(ptn_problems_count(p), 4);
    assert_string_equal(ptn_problems_text(p, 0),
                        "u.jcfg:4: error: general.path: a path of 108 bytes; allowed are at most "
                        "107, what the address of a Unix socket holds");
    assert_string_equal(ptn_problems_text(p, 1), "u.jcfg:4: error: general.path: the folder of "
                                                 "'/nonexistent/x' does not exist");
    assert_string_equal(ptn_problems_text(p, 3), "u.jcfg:4: error: general.path: '/nonexistent/x' "
                                                 "is the path of b already");
    ptn_problems_free(p);
    struct opened o = open_specs(bad, 2);
    assert_int_equal(o.err, PTN_EIO);
    assert_int_equal(ptn_problems_errors(o.problems), 2); /* never cut, never elsewhere */
    opened_done(&o);
}

static void at_the_end_only_its_own_file_goes(void **state) {
    (void)state;
    struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_SEQPACKET);
    struct opened o = open_specs(&s, 1);
    assert_int_equal(unlink(paths[0]), 0);
    int other = own_socket(SOCK_SEQPACKET, paths[0], true);
    opened_done(&o);
    assert_true(exists(paths[0]));
    close(other);
    unlink(paths[0]);
}

/* -- the first law ----------------------------------------------------------------------------- */

static void the_audit_sees_what_becomes_of_them(void **state) {
    (void)state;
    struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_SEQPACKET);
    char expected[300];
    struct opened o = open_specs(&s, 1);
    assert_int_equal(unlink(paths[0]), 0);
    assert_int_equal(verify(&o), PTN_EPROTO);
    snprintf(expected, sizeof expected, "missing, its file is gone: unix-seqpacket %s (Unix)",
             paths[0]);
    assert_string_equal(o.why, expected);
    int other = own_socket(SOCK_STREAM, paths[0], false);
    assert_int_equal(verify(&o), PTN_EPROTO);
    assert_non_null(strstr(o.why, "missing, its file is another now: unix-seqpacket"));
    close(other);
    unlink(paths[0]);
    opened_done(&o);

    o = open_specs(&s, 1);
    close(o.list[0].fd);
    assert_int_equal(verify(&o), PTN_EPROTO);
    assert_non_null(strstr(o.why, "missing, its descriptor is closed: unix-seqpacket"));
    ptn_socktable_withdraw(o.table, o.list[0].fd);
    o.list[0].fd = -1;
    opened_done(&o);
}

static void the_audit_sees_what_nobody_declared(void **state) {
    (void)state;
    static const struct {
        int type;
        bool listens;
        const char *says;
    } rows[] = {{SOCK_SEQPACKET, true, "undeclared: unix-seqpacket "},
                {SOCK_STREAM, true, "undeclared: unix-stream "},
                {SOCK_DGRAM, false, "undeclared: unix-dgram "},
                {SOCK_STREAM, false, NULL}};
    struct opened o = open_specs(NULL, 0);
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        int fd = own_socket(rows[i].type, paths[0], rows[i].listens);
        ptn_err err = verify(&o);
        CHECK((err == PTN_OK) == !rows[i].says, "row %zu: %s", i, o.why);
        if (rows[i].says) {
            assert_true(strstr(o.why, rows[i].says) == o.why);
            assert_non_null(strstr(o.why, paths[0]));
        }
        close(fd);
        unlink(paths[0]);
    }
    struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0ptn-audit"};
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t len = offsetof(struct sockaddr_un, sun_path) + 1 + sizeof "ptn-audit" - 1;
    assert_int_equal(bind(fd, (struct sockaddr *)&abstract, len), 0);
    assert_int_equal(verify(&o), PTN_EPROTO);
    assert_non_null(strstr(o.why, "undeclared: unix-dgram @ptn-audit (descriptor"));
    close(fd);
    assert_int_equal(verify(&o), PTN_OK);
    opened_done(&o);
}

static void the_table_prints_paths(void **state) {
    (void)state;
    struct ptn_socktable *t = ptn_socktable_new();
    struct ptn_addr addr;
    char text[1000] = "";
    assert_int_equal(ptn_addr_parse("127.0.0.1", 8088, &addr), PTN_OK);
    ptn_socktable_declare(t, 1000, PTN_SOCK_TCP_LISTEN, &addr, "HTTP", "h.jcfg:12 general.ip");
    ptn_socktable_declare_unix(t, 1001, PTN_SOCK_UNIX_DGRAM, "/run/x.sock", "Unix",
                               "u.jcfg:4 general.path");
    struct ptn_socktable *copy = ptn_socktable_copy(t);
    ptn_socktable_free(t);
    FILE *to = fmemopen(text, sizeof text, "w");
    ptn_socktable_print(copy, to);
    fclose(to);
    assert_string_equal(text, "PROTO       ADDRESS         OWNER  WHY\n"
                              "tcp         127.0.0.1:8088  HTTP   h.jcfg:12 general.ip\n"
                              "unix-dgram  /run/x.sock     Unix   u.jcfg:4 general.path\n");
    ptn_socktable_free(copy);
}

/* -- a service manager ------------------------------------------------------------------------- */

/* In a process of its own, whose descriptors from 3 on are the passed ones. */
static int passed(void (*body)(void), int type, bool listens) {
    pid_t pid = fork();
    if (pid == 0) {
        char number[16];
        int fd = own_socket(type, paths[0], listens);
        if (fd != 3)
            dup2(fd, 3);
        for (int i = 4; i < 64; i++)
            close(i);
        snprintf(number, sizeof number, "%d", (int)getpid());
        setenv("LISTEN_PID", number, 1);
        setenv("LISTEN_FDS", "1", 1);
        body();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define NEED(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond))                                                                               \
            _exit(__LINE__ & 0x7f);                                                                \
    } while (0)

static void takes_the_passed_one(void) {
    struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_SEQPACKET);
    struct opened o = open_specs(&s, 1);
    NEED(o.err == PTN_OK && o.list[0].fd == 3 && o.list[0].is_passed);
    NEED(fcntl(3, F_GETFD) & FD_CLOEXEC);
    NEED(fcntl(3, F_GETFL) & O_NONBLOCK);
    NEED(verify(&o) == PTN_OK);
    ptn_unix_close(o.list, 1, o.table);
    NEED(exists(paths[0])); /* the service manager's */
}

static void refuses_the_passed_one(void) {
    struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_SEQPACKET);
    struct opened o = open_specs(&s, 1);
    NEED(o.err == PTN_EIO);
    NEED(strstr(ptn_problems_text(o.problems, 0), "passed a socket of another type"));
}

static void of_others_is_not_taken(void) {
    struct ptn_unix_spec s = spec("Unix", paths[0], PTN_UNIX_SEQPACKET);
    setenv("LISTEN_PID", "1", 1);
    struct opened o = open_specs(&s, 1);
    NEED(o.err == PTN_EIO);
    NEED(strstr(ptn_problems_text(o.problems, 0), "somebody listens there already"));
}

static void another_path_is_not_taken(void) {
    struct ptn_unix_spec s = spec("Unix", paths[1], PTN_UNIX_SEQPACKET);
    struct opened o = open_specs(&s, 1);
    NEED(o.err == PTN_OK && o.list[0].fd != 3 && !o.list[0].is_passed);
    NEED(verify(&o) == PTN_EPROTO); /* nothing here was told to serve what was passed */
    NEED(strstr(o.why, "undeclared: unix-seqpacket"));
    ptn_unix_close(o.list, 1, o.table);
}

static void sockets_of_the_service_manager(void **state) {
    (void)state;
    static const struct {
        void (*body)(void);
        int type;
        bool listens;
    } rows[] = {{takes_the_passed_one, SOCK_SEQPACKET, true},
                {refuses_the_passed_one, SOCK_DGRAM, false},
                {of_others_is_not_taken, SOCK_SEQPACKET, true},
                {another_path_is_not_taken, SOCK_SEQPACKET, true}};
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        int status = passed(rows[i].body, rows[i].type, rows[i].listens);
        CHECK(status == 0, "row %zu: line %d (mod 128)", i, status);
        unlink(paths[0]);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(opens_declares_and_removes),
        T(the_umask_decides_who_may_connect),
        T(a_dead_file_is_replaced),
        T(a_live_one_is_kept_and_nothing_stays_open),
        T(another_process_is_named),
        T(what_is_no_socket_is_kept),
        T(says_what_is_wrong_before_opening),
        T(at_the_end_only_its_own_file_goes),
        T(the_audit_sees_what_becomes_of_them),
        T(the_audit_sees_what_nobody_declared),
        T(the_table_prints_paths),
        T(sockets_of_the_service_manager),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
