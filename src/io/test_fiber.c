/* Fibers: order, waiting, deadlines, cancellation, exit from any depth, the pool, many at once. */
#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char trace[64];
static size_t traced;
static void note(char c) { trace[traced++] = c; trace[traced] = '\0'; }

static void two_steps(void *arg)
{
	char c = *(char *)arg;
	note(c);
	fiber_yield();
	note((char)(c + 1));
}

static void test_order(void **state)
{
	(void)state;
	char a = 'a', x = 'x';
	traced = 0;
	fiber_start(two_steps, &a);
	fiber_start(two_steps, &x);
	loop_run();
	assert_string_equal(trace, "axby");
	assert_int_equal(fiber_count(), 0);
}

static int parked_result;
static void park_once(void *arg) { parked_result = fiber_park(arg ? clock_mono_ms() + 5 : FIBER_FOREVER); }

static void test_deadline(void **state)
{
	(void)state;
	fiber_start(park_once, &parked_result);
	loop_run();
	assert_int_equal(parked_result, E_TIMEOUT);
}

static void cancel_it(void *arg) { fiber_cancel(arg); }

static void test_cancel(void **state)
{
	(void)state;
	struct fiber *f = fiber_start(park_once, NULL);
	fiber_start(cancel_it, f);
	loop_run();
	assert_int_equal(parked_result, E_CANCELLED);
}

static void on_exit_note(void *ctx) { note(*(char *)ctx); }
static noreturn_fn void deep(int n)
{
	volatile char pad[256];
	pad[0] = (char)n;
	if (n > 0)
		deep(n - 1 - pad[0] * 0);
	fiber_exit();
}
static void exits(void *arg)
{
	fiber_on_exit(on_exit_note, arg);
	deep(20);
}

static void test_exit(void **state)
{
	(void)state;
	char e = 'e';
	traced = 0;
	fiber_start(exits, &e);
	loop_run();
	assert_string_equal(trace, "e");
}

static void add_one(void *arg) { ++*(int *)arg; }
static void uses_pool(void *arg)
{
	for (int i = 0; i < 10; i++)
		pool_run(add_one, arg);
}

static void test_pool(void **state)
{
	(void)state;
	int n = 0, m = 0;
	fiber_start(uses_pool, &n);
	fiber_start(uses_pool, &m);
	loop_run();
	assert_int_equal(n + m, 20);
}

static struct waiters queue;
static int woken;
static void waits(void *arg)
{
	(void)arg;
	if (waiters_wait(&queue, FIBER_FOREVER) == OK)
		woken++;
}
static void waits_a_little(void *arg)
{
	(void)arg;
	assert_int_equal(waiters_wait(&queue, clock_mono_ms() + 2), E_TIMEOUT);
	waiters_wake_all(&queue);
}

static void test_waiters(void **state)
{
	(void)state;
	waiters_init(&queue);
	woken = 0;
	fiber_start(waits, NULL);
	fiber_start(waits_a_little, NULL);
	fiber_start(waits, NULL);
	loop_run();
	assert_int_equal(woken, 2);
}

static void sleeps(void *arg)
{
	assert_int_equal(fiber_sleep(3), OK);
	++*(int *)arg;
}

static void test_many(void **state)
{
	(void)state;
	int n = 0;
	for (int i = 0; i < 3000; i++)
		fiber_start(sleeps, &n);
	loop_run();
	assert_int_equal(n, 3000);
}

int main(void)
{
	loop_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_deadline), cmocka_unit_test(test_cancel), cmocka_unit_test(test_exit),
		cmocka_unit_test(test_pool), cmocka_unit_test(test_waiters), cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
