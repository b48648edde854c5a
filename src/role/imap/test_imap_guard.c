/* What a session tells the guard. */
#include "role/imap/imap_fake_talk.h"

static void seen(enum guard_kind kind, unsigned times)
{
	for (unsigned k = 0; k < GUARD_KINDS; k++) {
		if (fake_seen[k] != (k == kind ? times : 0))
			fail_msg("%u times %s", fake_seen[k], guard_kind_name((enum guard_kind)k));
		fake_seen[k] = 0;
	}
}

static void talk(const char *const *script, bool user)
{
	memset(fake_seen, 0, sizeof fake_seen);
	int r = fake_session(script, true, user);
	(void)r;
}

static void test_strangers(void **state)
{
	(void)state;
	talk(SCRIPT("a NOOP\r\n", "b CAPABILITY\r\n", "c LOGOUT\r\n"), false);
	seen(GUARD_JUNK, 0);
	talk(SCRIPT("a XYZZY\r\n", "b SELECT\r\n", "c LOGOUT\r\n"), false);
	seen(GUARD_JUNK, 2);
	talk(SCRIPT("\r\n", "(\r\n"), false);
	seen(GUARD_JUNK, 2);
	talk(SCRIPT("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), false);              /* A72 */
	seen(GUARD_HTTP, 1);
	talk(SCRIPT("PROXY TCP4 192.0.2.1 192.0.2.2 1 143\r\n"), false);       /* A89 */
	seen(GUARD_JUNK, 1);
}

/* Who has signed in may be clumsy. */
static void test_people(void **state)
{
	(void)state;
	talk(SCRIPT("a XYZZY\r\n", "b FETCH\r\n", "c LOGOUT\r\n"), true);
	seen(GUARD_JUNK, 0);
}

static void test_handshakes(void **state)
{
	(void)state;
	static const struct { int err; enum guard_kind kind; unsigned times; } ends[] = {
		{ OK, GUARD_SLOW, 0 }, { E_CLOSED, GUARD_SLOW, 0 }, { E_PROTO, GUARD_TLS_FAILED, 1 }, { E_TIMEOUT, GUARD_SLOW, 1 },
	};
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct imap_session s;
		memset(fake_seen, 0, sizeof fake_seen);
		imap_session_init(&s, &fake_env, &fake_conf, NULL, fake_full);
		imap_saw_handshake(&s, ends[i].err);
		seen(ends[i].kind, ends[i].times);
		imap_session_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_strangers, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_people, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(test_handshakes, fake_setup, fake_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
