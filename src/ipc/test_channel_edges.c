/* Who may send what: each message of messages.def, sent by each role to each role. What the table does not allow ends the channel,
 * what it allows is handed to its handler. Every process plays one receiving role (A88). */
#include "ipc/channel.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/fd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { MESSAGES_MAX = 256 };

static unsigned handled, refused;

static void count(const struct ipc_service *s, struct channel *c, const struct ipc_request *rq, struct str payload, int fd)
{
	(void)s;
	(void)c;
	(void)rq;
	(void)payload;
	fd_close(&fd);
	handled++;
}

static void on_bad(struct channel *c, uint32_t type) { (void)c; (void)type; refused++; }

/* Serves every message there is, so that only the permission decides. */
static struct ipc_service services[MESSAGES_MAX];

static bool allowed(const struct ipc_rule *r, unsigned from, unsigned to) { return (r->from & 1u << from) && (r->to & 1u << to); }

/* One frame on a channel of its own. */
static void send_as(enum role from, uint32_t type)
{
	int pair[2];
	char head[IPC_HEAD];
	put_le32(head, 0);
	put_le32(head + 4, type);
	put_le64(head + 8, 1);
	if (fd_pair(pair) != OK || !channel_new(pair[0], from, type) || write(pair[1], head, sizeof head) != sizeof head)
		_exit(3);
	while (!(handled || refused))
		if (fiber_sleep(1) != OK)
			_exit(3);
	close(pair[1]);
}

static unsigned wrong;
static void receive_all(void *arg)
{
	unsigned self = *(unsigned *)arg;
	for (unsigned from = 0; from < ROLE_COUNT; from++)
		for (size_t i = 0; i <= ipc_rule_count; i++) {
			uint32_t type = i < ipc_rule_count ? ipc_rules[i].type : 0x7fff;
			handled = refused = 0;
			send_as((enum role)from, type);
			bool want = i < ipc_rule_count && allowed(&ipc_rules[i], from, self);
			if (handled != want || refused == want) {
				printf("%s to %s: type %04x is %s\n", role_name(from), role_name(self), type, handled ? "taken" : "refused");
				wrong++;
			}
		}
	loop_stop();
}

static void be(unsigned self)
{
	loop_init();
	for (size_t i = 0; i < ipc_rule_count; i++)
		services[i] = (struct ipc_service){ ipc_rules[i].type, count, NULL, false };
	channel_setup((enum role)self, services, ipc_rule_count, on_bad);
	fiber_start(receive_all, &self);
	loop_run();
	_exit(wrong ? 1 : 0);
}

static void test_A88_every_edge(void **state)
{
	(void)state;
	pid_t pids[ROLE_COUNT];
	int status;
	assert_true(ipc_rule_count <= MESSAGES_MAX);
	for (unsigned self = 0; self < ROLE_COUNT; self++) {
		pids[self] = fork();
		assert_true(pids[self] >= 0);
		if (pids[self] == 0)
			be(self);
	}
	for (unsigned self = 0; self < ROLE_COUNT; self++) {
		assert_int_equal(waitpid(pids[self], &status, 0), pids[self]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
}

/* Each message travels on an edge that the wiring has, and each edge carries at least one message: none is wired for nothing. */
static void test_messages_follow_the_wiring(void **state)
{
	(void)state;
	for (size_t i = 0; i < ipc_rule_count; i++)
		for (unsigned from = 0; from < ROLE_COUNT; from++)
			for (unsigned to = 0; to < ROLE_COUNT; to++)
				if (allowed(&ipc_rules[i], from, to) && from != ROLE_PARENT && to != ROLE_PARENT)
					assert_true(role_wired((enum role)from, (enum role)to) || role_wired((enum role)to, (enum role)from));
	for (size_t e = 0; e < role_edge_count; e++) {
		unsigned carries = 0;
		for (size_t i = 0; i < ipc_rule_count; i++)
			carries += allowed(&ipc_rules[i], role_edges[e].from, role_edges[e].to);
		assert_true(carries > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_A88_every_edge), cmocka_unit_test(test_messages_follow_the_wiring) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
