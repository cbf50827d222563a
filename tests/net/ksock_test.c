#include "isolated.h"

#include <sys/stat.h>

#include "net/internal.h"

static char folder[64];

static const char heading[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when "
                              "retrnsmt   uid  timeout inode\n";

/* Lines as a little-endian kernel writes them. */
static const char tcp[] =
    "   0: 0100007F:1F98 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "111 1 0000000000000000 100 0 0 10 0                         \n"
    "   1: 020200C0:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "112 1 ffff8881 100 0 0 10 0\n"
    "   2: 0100007F:1F98 0100007F:C001 01 00000000:00000000 02:000A0000 00000000     0        0 "
    "113 2 0 20 4 30 10 -1\n"
    "   3: 0100007F:1F98 0100007F:C002 06 00000000:00000000 03:00000B5C 00000000     0        0 "
    "0 3 0\n";
static const char tcp6[] =
    "   0: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 121 1 0 100 0 0 10 0\n";
static const char udp[] =
    "  10: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "131 2 0 0\n"
    "  11: 0100007F:1000 0100007F:1001 01 00000000:00000000 00:00000000 00000000     0        0 "
    "132 2 0 0\n";
static const char raw[] =
    "  84: 00000000:0084 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
    "141 2 0 0\n"
    "   1: 0100007F:0001 0100007F:0000 01 00000000:00000000 00:00000000 00000000     0        0 "
    "142 2 0 0\n";
static const char packet_heading[] =
    "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n";
static const char packet[] = "0000000000000000 3      3    0003   2     1 0      0      151   \n";

static void write_file(const char *name, const char *head, const char *text, size_t n) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(head, file);
    fwrite(text, 1, n, file);
    fclose(file);
}

static void write_all(void) {
    write_file("tcp", heading, tcp, sizeof tcp - 1);
    write_file("tcp6", heading, tcp6, sizeof tcp6 - 1);
    write_file("udp", heading, udp, sizeof udp - 1);
    write_file("udp6", heading, "", 0);
    write_file("raw", heading, raw, sizeof raw - 1);
    write_file("raw6", heading, "", 0);
    write_file("packet", packet_heading, packet, sizeof packet - 1);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/ptn-ksock-XXXXXX");
    return isolate(state) || !mkdtemp(folder);
}

static void remove_file(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet"};
    for (size_t i = 0; i < PTN_COUNT_OF(names); i++)
        remove_file(names[i]);
    return rmdir(folder);
}

static ptn_err read_folder(struct ksocks *k) {
    struct ksock_source source = {.proc_net = folder, .skip_netlink = true};
    return ksocks_read(&source, k);
}

static void reads_what_the_law_is_about_and_nothing_else(void **state) {
    (void)state;
    static const struct {
        ino_t inode;
        enum ptn_socket_kind kind;
        const char *addr;
    } rows[] = {
        {111, PTN_SOCK_TCP_LISTEN, "127.0.0.1:8088"},
        {112, PTN_SOCK_TCP_LISTEN, "192.0.2.2:22"},
        {121, PTN_SOCK_TCP_LISTEN, "[2001:db8::1]:443"},
        {131, PTN_SOCK_UDP, "0.0.0.0:53"},
        {141, PTN_SOCK_RAW, "0.0.0.0:132"},
        {142, PTN_SOCK_RAW, "127.0.0.1:1"},
        {151, PTN_SOCK_PACKET, "none:0"},
    };
    struct ksocks k;
    write_all();
    assert_int_equal(read_folder(&k), PTN_OK);
    assert_int_equal(k.count, PTN_COUNT_OF(rows));
    for (size_t i = 0; i < PTN_COUNT_OF(rows); i++) {
        char text[PTN_ADDR_TEXT];
        const struct ksock *found = ksocks_find(&k, rows[i].inode);
        CHECK(found && found->kind == rows[i].kind, "row %zu", i);
        assert_string_equal(ptn_addr_text(&found->addr, text, sizeof text), rows[i].addr);
    }
    assert_null(ksocks_find(&k, 113)); /* a connection */
    assert_null(ksocks_find(&k, 132)); /* a connected UDP socket */
    assert_null(ksocks_find(&k, 1000));
    ksocks_done(&k);
}

/* A line we cannot read may be the one that matters. */
static void a_cut_line_is_an_error_and_never_a_crash(void **state) {
    (void)state;
    static const struct {
        const char *name, *head, *text;
    } rows[] = {{"tcp6", heading, tcp6}, {"packet", packet_heading, packet}};
    for (size_t row = 0; row < PTN_COUNT_OF(rows); row++) {
        write_all();
        for (size_t n = 1; n < strlen(rows[row].text); n++) {
            struct ksocks k;
            write_file(rows[row].name, rows[row].head, rows[row].text, n);
            CHECK(read_folder(&k) == PTN_EIO, "%s cut at %zu", rows[row].name, n);
            ksocks_done(&k);
        }
    }
}

static void nonsense_is_an_error(void **state) {
    (void)state;
    static const char *const lines[] = {
        "banana\n",
        "\n",
        "   0: 0100007F:1F98\n",
        "   0: 0100007:1F98 00000000:0000 0A 0:0 00:0 0 0 0 111 1\n",   /* short address */
        "   0: 0100007F0:1F98 00000000:0000 0A 0:0 00:0 0 0 0 111 1\n", /* long address */
        "   0: 0100007F:11F98 00000000:0000 0A 0:0 00:0 0 0 0 111 1\n", /* no such port */
        "   0: 0100007F:1F98 00000000:0000 0A 0:0 00:0 0 0 0 inode 1\n",
    };
    for (size_t i = 0; i < PTN_COUNT_OF(lines); i++) {
        struct ksocks k;
        write_all();
        write_file("tcp", heading, lines[i], strlen(lines[i]));
        CHECK(read_folder(&k) == PTN_EIO, "row %zu", i);
        assert_int_equal(k.count, 0);
        ksocks_done(&k);
    }
}

static void a_kernel_without_ipv6_or_packet_sockets_is_fine_but_not_one_without_ipv4(void **state) {
    (void)state;
    struct ksocks k;
    write_all();
    remove_file("tcp6");
    remove_file("udp6");
    remove_file("raw6");
    remove_file("packet");
    assert_int_equal(read_folder(&k), PTN_OK);
    assert_int_equal(k.count, 5);
    ksocks_done(&k);
    static const char *const needed[] = {"tcp", "udp", "raw"};
    for (size_t i = 0; i < PTN_COUNT_OF(needed); i++) {
        write_all();
        remove_file(needed[i]);
        CHECK(read_folder(&k) == PTN_EIO, "%s", needed[i]);
        ksocks_done(&k);
    }
}

/* Two ways to ask the kernel, one answer: each is the judge of the other. */
static void netlink_and_proc_tell_the_same(void **state) {
    (void)state;
    need_isolation();
    static const char *const ips[] = {"127.0.0.1", "::1", "0.0.0.0", "::"};
    int fds[2 * PTN_COUNT_OF(ips)];
    for (size_t i = 0; i < PTN_COUNT_OF(ips); i++) {
        struct ptn_addr addr;
        fds[2 * i] = own_socket(SOCK_STREAM, ips[i], 0, &addr);
        fds[2 * i + 1] = own_socket(SOCK_DGRAM, ips[i], 0, &addr);
    }
    struct ksock_source a = {.proc_net = "/proc/self/net"}, b = a;
    b.skip_netlink = true;
    struct ksocks ka, kb;
    assert_int_equal(ksocks_read(&a, &ka), PTN_OK);
    assert_int_equal(ksocks_read(&b, &kb), PTN_OK);
    assert_int_equal(ka.count, PTN_COUNT_OF(fds));
    assert_int_equal(kb.count, ka.count);
    for (size_t i = 0; i < ka.count; i++) {
        assert_int_equal(ka.list[i].inode, kb.list[i].inode);
        assert_int_equal(ka.list[i].kind, kb.list[i].kind);
        assert_true(ptn_addr_eq(&ka.list[i].addr, &kb.list[i].addr));
    }
    for (size_t i = 0; i < PTN_COUNT_OF(fds); i++) {
        struct stat st;
        assert_int_equal(fstat(fds[i], &st), 0);
        assert_non_null(ksocks_find(&ka, st.st_ino));
        close(fds[i]);
    }
    ksocks_done(&ka);
    ksocks_done(&kb);
}

static void a_protocol_that_the_kernel_does_not_have_is_an_error_to_fall_back_from(void **state) {
    (void)state;
    struct ksocks k = {0};
    assert_int_equal(netlink_dump(4 /* NETLINK_SOCK_DIAG */, 20, "\xfe\xfe\0\0", 4, NULL, NULL),
                     PTN_EIO);
    char long_body[1024] = "";
    assert_int_equal(netlink_dump(4, 20, long_body, sizeof long_body, NULL, NULL), PTN_EIO);
    assert_int_equal(netlink_dump(9999, 20, "", 0, NULL, NULL), PTN_EIO);
    ksocks_done(&k);
}

static void own_descriptors_are_found_by_inode(void **state) {
    (void)state;
    struct ptn_addr addr;
    struct stat st;
    struct ownfds before, after;
    assert_int_equal(ownfds_read(&before), PTN_OK);
    int fd = own_socket(SOCK_STREAM, "127.0.0.1", 0, &addr), copy = dup(fd);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(ownfds_read(&after), PTN_OK);
    assert_int_equal(after.count, before.count + 2);
    assert_null(ownfds_find(&before, st.st_ino));
    assert_int_equal(ownfds_find(&after, st.st_ino)->fd, fd);
    for (size_t i = 0; i < after.count; i++)
        assert_int_equal(ownfds_find(&after, after.list[i].inode)->inode, after.list[i].inode);
    close(fd);
    close(copy);
    ownfds_done(&before);
    ownfds_done(&after);
}

static void this_host_has_loopback(void **state) {
    (void)state;
    need_isolation();
    struct ptn_hostaddrs h;
    char text[256];
    assert_int_equal(ptn_hostaddrs_read(&h), PTN_OK);
    assert_string_equal(ptn_hostaddrs_text(&h, text, sizeof text), "127.0.0.1 (lo), ::1 (lo)");
    struct ptn_addr a = address("127.0.0.1", 99), b = address("127.0.0.2", 0);
    const struct ptn_hostaddr *lo = ptn_hostaddrs_find(&h, &a);
    assert_true(lo && lo->up && lo->loopback && lo->ifindex == 1 && !lo->tentative);
    assert_string_equal(lo->label, "lo");
    assert_null(ptn_hostaddrs_find(&h, &b));
    assert_true(ptn_hostaddrs_has_interface(&h, "lo"));
    assert_false(ptn_hostaddrs_has_interface(&h, "l"));
    assert_false(ptn_hostaddrs_has_interface(&h, "lo0"));
    ptn_hostaddrs_done(&h);
    assert_int_equal(h.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_law_is_about_and_nothing_else),
        cmocka_unit_test(a_cut_line_is_an_error_and_never_a_crash),
        cmocka_unit_test(nonsense_is_an_error),
        cmocka_unit_test(a_kernel_without_ipv6_or_packet_sockets_is_fine_but_not_one_without_ipv4),
        cmocka_unit_test(netlink_and_proc_tell_the_same),
        cmocka_unit_test(a_protocol_that_the_kernel_does_not_have_is_an_error_to_fall_back_from),
        cmocka_unit_test(own_descriptors_are_found_by_inode),
        cmocka_unit_test(this_host_has_loopback),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
