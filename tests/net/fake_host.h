/* A host on paper, for tests that open nothing. */
#ifndef PTN_TESTS_NET_FAKE_HOST_H
#define PTN_TESTS_NET_FAKE_HOST_H

#include "test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/problems.h"
#include "net/hostaddrs.h"

/* Indexes that this machine does not have, so that "%9002" prints as written. */
#define LO 9001
#define ETH0 9002
#define ETH1 9003
#define ETH10 9004
#define DOWN0 9005
#define NEW0 9006
#define BARE0 9007

struct fake_host {
    struct ptn_hostaddr list[16];
    struct ptn_hostif interfaces[8];
    struct ptn_hostaddrs host;
};

static inline void fake_interface(struct fake_host *f, const char *name, unsigned index, bool up) {
    struct ptn_hostif *i = &f->interfaces[f->host.interface_count++];
    *i = (struct ptn_hostif){.index = index, .up = up, .loopback = index == LO};
    memcpy(i->name, name, strlen(name) + 1);
}

static inline struct ptn_hostaddr *fake_address(struct fake_host *f, const char *ip) {
    const struct ptn_hostif *on = &f->interfaces[f->host.interface_count - 1];
    struct ptn_hostaddr *a = &f->list[f->host.count++];
    *a = (struct ptn_hostaddr){.ifindex = on->index, .up = on->up, .loopback = on->loopback};
    memcpy(a->ifname, on->name, sizeof a->ifname);
    memcpy(a->label, on->name, sizeof a->label);
    assert_int_equal(ptn_addr_parse(ip, 0, &a->addr), PTN_OK);
    return a;
}

static inline struct fake_host *fake_host_new(void) {
    struct fake_host *f = ptn_new(struct fake_host);
    f->host.list = f->list;
    f->host.interfaces = f->interfaces;
    fake_interface(f, "lo", LO, true);
    fake_address(f, "127.0.0.1");
    fake_address(f, "::1");
    fake_interface(f, "eth0", ETH0, true);
    fake_address(f, "192.0.2.1");
    fake_address(f, "192.0.2.10");
    memcpy(fake_address(f, "192.0.2.77")->label, "eth0:1", 7);
    fake_address(f, "2001:db8::1");
    fake_address(f, "fe80::1%9002");
    fake_interface(f, "eth1", ETH1, true);
    fake_address(f, "198.51.100.1");
    fake_address(f, "fe80::1%9003");
    fake_interface(f, "eth10", ETH10, true);
    fake_address(f, "192.168.0.10");
    fake_interface(f, "down0", DOWN0, false);
    fake_address(f, "203.0.113.9");
    fake_interface(f, "new0", NEW0, true);
    fake_address(f, "2001:db8::dad")->tentative = true;
    fake_interface(f, "bare0", BARE0, true);
    return f;
}

#define FAKE_HAS                                                                                   \
    "127.0.0.1 (lo), ::1 (lo), 192.0.2.1 (eth0), 192.0.2.10 (eth0), 192.0.2.77 (eth0), "           \
    "2001:db8::1 (eth0), fe80::1%9002 (eth0), 198.51.100.1 (eth1), fe80::1%9003 (eth1), "          \
    "192.168.0.10 (eth10), 203.0.113.9 (down0, down), 2001:db8::dad (new0)"

#endif
