/* Accepting: batches, pausing, no descriptors left (B53). */
#include "io/listener.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { CLIENTS = 40, HELD = 200 };

static struct net_address local;
static int accepted[HELD];
static unsigned accepted_count, stop_after;
static struct listener *listener;

static int listening(void)
{
	int fd, e;
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	struct net_address any = { .bytes = { 127, 0, 0, 1 } };
	assert_int_equal(net_listen(&any, 128, &fd, &e), OK);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &n), 0);
	net_from_sockaddr(&ss, &local);
	return fd;
}

static void on_connection(int fd, const struct net_address *peer, void *ctx)
{
	assert_true(net_is_loopback(peer));
	assert_int_not_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	assert_ptr_equal(ctx, &local);
	accepted[accepted_count++] = fd;
	if (stop_after && accepted_count >= stop_after)
		listener_stop(listener);
}

static int dial(void)
{
	int fd;
	assert_int_equal(net_connect_start(&local, NULL, &fd), OK);
	return fd;
}

static void release(void)
{
	while (accepted_count)
		fd_close(&accepted[--accepted_count]);
}

static void later(void *arg)
{
	assert_int_equal(fiber_sleep((int64_t)(intptr_t)arg), OK);
	loop_stop();
}

static void run_for(int64_t ms)
{
	fiber_start(later, (void *)(intptr_t)ms);
	loop_run();
}

static void test_accepts_all(void **state)
{
	int clients[CLIENTS];
	(void)state;
	listener = listener_start(listening(), on_connection, &local);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] = dial();
	run_for(50);
	assert_int_equal(accepted_count, CLIENTS);
	listener_pause(listener);
	int late = dial();
	run_for(50);
	assert_int_equal(accepted_count, CLIENTS);
	listener_resume(listener);
	run_for(50);
	assert_int_equal(accepted_count, CLIENTS + 1);
	fd_close(&late);
	for (size_t i = 0; i < CLIENTS; i++)
		fd_close(&clients[i]);
	release();
	listener_stop(listener);
	run_for(1);
}

static void test_stop_inside(void **state)
{
	int clients[4];
	(void)state;
	stop_after = 2;
	listener = listener_start(listening(), on_connection, &local);
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		clients[i] = dial();
	run_for(50);
	assert_int_equal(accepted_count, 2);
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		fd_close(&clients[i]);
	release();
	stop_after = 0;
}

static double cpu_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int highest(void)
{
	int fd = dup(0), top = fd;
	fd_close(&fd);
	return top;
}

/* With no descriptor left, clients are closed at once instead of hanging, the loop does not spin, and all is well again afterwards. */
static void test_B53_no_descriptors(void **state)
{
	struct rlimit old, low;
	int clients[20], first_free = highest();
	char c;
	(void)state;
	listener = listener_start(listening(), on_connection, &local);
	run_for(1);
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		clients[i] = dial();
	getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = (rlim_t)highest() + 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	double before = cpu_seconds();
	run_for(2 * LISTENER_REST_MS + 100);
	assert_true(cpu_seconds() - before < 0.2);
	assert_int_equal(accepted_count, 3);
	assert_int_equal(listener_turned_away(listener), COUNT_OF(clients) - 3);
	for (size_t i = 3; i < COUNT_OF(clients); i++)
		assert_int_equal(recv(clients[i], &c, 1, MSG_DONTWAIT), 0);     /* an orderly end */
	release();
	for (size_t i = 0; i < COUNT_OF(clients); i++)
		fd_close(&clients[i]);
	run_for(LISTENER_REST_MS + 50);
	clients[0] = dial();
	run_for(50);
	assert_int_equal(accepted_count, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	fd_close(&clients[0]);
	release();
	listener_stop(listener);
	run_for(1);
	assert_int_equal(highest(), first_free);            /* nothing leaked */
}

int main(void)
{
	loop_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts_all), cmocka_unit_test(test_stop_inside), cmocka_unit_test(test_B53_no_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
