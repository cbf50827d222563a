#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "worker/mailbox.h"

struct msg {
    struct ptn_mpsc_node node;
    unsigned sender, number;
};

static struct msg *msg_new(unsigned sender, unsigned number) {
    struct msg *m = ptn_new(struct msg);
    m->sender = sender;
    m->number = number;
    return m;
}

static bool is_readable(const struct ptn_mailbox *mb) {
    struct pollfd p = {.fd = mb->fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static struct msg *pop_command(struct ptn_mailbox *mb) {
    struct ptn_mpsc_node *n = ptn_mailbox_pop_command(mb);
    return n ? ptn_container_of(n, struct msg, node) : NULL;
}

static void a_message_wakes_and_rearming_sleeps(void **state) {
    (void)state;
    struct ptn_mailbox mb;
    assert_int_equal(ptn_mailbox_init(&mb), PTN_OK);
    assert_false(is_readable(&mb));
    assert_null(ptn_mailbox_pop_command(&mb));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(ptn_mailbox_command(&mb, &msg_new(0, i)->node, false), PTN_OK);
    assert_int_equal(ptn_mailbox_packets(&mb, &msg_new(1, 9)->node), PTN_OK);
    assert_false(is_readable(&mb)); /* posting alone wakes nobody */
    assert_false(ptn_mailbox_signalled(&mb));
    ptn_mailbox_wake(&mb);
    assert_true(is_readable(&mb));
    assert_true(ptn_mailbox_signalled(&mb));
    ptn_mailbox_rearm(&mb);
    assert_false(is_readable(&mb));
    assert_false(ptn_mailbox_signalled(&mb));
    for (unsigned i = 0; i < 3; i++) {
        struct msg *m = pop_command(&mb);
        assert_int_equal(m->number, i);
        free(m);
    }
    assert_null(ptn_mailbox_pop_command(&mb)); /* lanes do not mix */
    free(ptn_container_of(ptn_mailbox_pop_packets(&mb), struct msg, node));
    assert_null(ptn_mailbox_pop_packets(&mb));
    assert_int_equal(ptn_mailbox_command(&mb, &msg_new(0, 5)->node, false), PTN_OK);
    ptn_mailbox_wake(&mb);
    assert_true(is_readable(&mb)); /* wakes again */
    free(pop_command(&mb));
    ptn_mailbox_done(&mb);
}

static void a_full_lane_refuses_but_teardown_fits(void **state) {
    (void)state;
    struct ptn_mailbox mb;
    struct msg *extra = msg_new(0, 1);
    assert_int_equal(ptn_mailbox_init(&mb), PTN_OK);
    for (unsigned i = 0; i < PTN_COMMANDS_MAX; i++)
        assert_int_equal(ptn_mailbox_command(&mb, &msg_new(0, i)->node, false), PTN_OK);
    assert_int_equal(ptn_mailbox_command(&mb, &extra->node, false), PTN_ELIMIT);
    assert_int_equal(ptn_mailbox_command(&mb, &extra->node, true), PTN_OK);
    for (unsigned i = 0; i < PTN_BATCHES_MAX; i++)
        assert_int_equal(ptn_mailbox_packets(&mb, &msg_new(1, i)->node), PTN_OK);
    struct msg *late = msg_new(1, 0);
    assert_int_equal(ptn_mailbox_packets(&mb, &late->node), PTN_ELIMIT);
    free(late); /* it stayed ours */
    struct msg *m;
    struct ptn_mpsc_node *n;
    unsigned count = 0;
    for (; (m = pop_command(&mb)); count++)
        free(m);
    assert_int_equal(count, PTN_COMMANDS_MAX + 1);
    while ((n = ptn_mailbox_pop_packets(&mb)))
        free(ptn_container_of(n, struct msg, node));
    late = msg_new(0, 0);
    assert_int_equal(ptn_mailbox_command(&mb, &late->node, false), PTN_OK); /* room again */
    free(pop_command(&mb));
    ptn_mailbox_done(&mb);
}

/* -- many threads ------------------------------------------------------------------------------ */

enum { SENDERS = 4, MESSAGES = 20000 };

struct sender {
    pthread_t thread;
    struct ptn_mailbox *mb;
    unsigned index;
};

static void *send_all(void *arg) {
    struct sender *s = arg;
    for (unsigned i = 0; i < MESSAGES; i++) {
        struct msg *m = msg_new(s->index, i);
        while (ptn_mailbox_command(s->mb, &m->node, i % 2) != PTN_OK)
            ptn_mailbox_wake(s->mb);
        if (i % 3 == 2 || i == MESSAGES - 1) /* several posts, one wake-up */
            ptn_mailbox_wake(s->mb);
    }
    return NULL;
}

/* Nothing is lost, each sender's order is kept, and no wake-up is missed: the reader only ever
 * looks after the descriptor says so. */
static void everything_arrives_from_every_thread_in_order(void **state) {
    (void)state;
    struct ptn_mailbox mb;
    struct sender sender[SENDERS];
    unsigned next[SENDERS] = {0}, total = 0;
    assert_int_equal(ptn_mailbox_init(&mb), PTN_OK);
    for (unsigned i = 0; i < SENDERS; i++) {
        sender[i] = (struct sender){.mb = &mb, .index = i};
        assert_int_equal(pthread_create(&sender[i].thread, NULL, send_all, &sender[i]), 0);
    }
    while (total < SENDERS * MESSAGES) {
        struct pollfd p = {.fd = mb.fd, .events = POLLIN};
        CHECK(poll(&p, 1, 20000) == 1, "a wake-up was missed after %u messages", total);
        ptn_mailbox_rearm(&mb);
        for (struct msg *m; (m = pop_command(&mb)); total++) {
            assert_int_equal(m->number, next[m->sender]++);
            free(m);
        }
    }
    for (unsigned i = 0; i < SENDERS; i++)
        pthread_join(sender[i].thread, NULL);
    assert_null(pop_command(&mb));
    ptn_mailbox_done(&mb);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_wakes_and_rearming_sleeps),
        cmocka_unit_test(a_full_lane_refuses_but_teardown_fits),
        cmocka_unit_test(everything_arrives_from_every_thread_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
