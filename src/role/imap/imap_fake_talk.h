/* What tests say to the world of imap_fake.h, and what they expect to hear. */
#ifndef ROLE_IMAP_FAKE_TALK_H
#define ROLE_IMAP_FAKE_TALK_H

#include "role/imap/imap_fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void fake_full(void *ctx)
{
	(void)ctx;
	fail_msg("a session's memory ran out");
}

/* Runs a session over the script; what it said is in fake.out. tls: from the start, signed in as joe when `user`. */
static int fake_session(const char *const *script, bool tls, bool user)
{
	struct imap_session s;
	fake.script = script;
	fake.s = &s;
	buf_clear(&fake.out);
	buf_clear(&fake.in);
	fake.consumed = 0;
	imap_session_init(&s, &fake_env, &fake_conf, NULL, fake_full);
	s.tls = tls;
	s.tls_offered = true;
	if (user)
		fake_must(buf_put_str(&fake.in, STR("0 LOGIN joe@example.test secret\r\n")) == OK);
	int r = imap_session_run(&s);
	imap_session_done(&s);
	fake.s = NULL;
	return r;
}

/* What was said from the first line that begins with `from` on. */
static struct str fake_said(const char *from)
{
	struct str all = buf_str(&fake.out);
	size_t at = str_search(all, str_c(from));
	return at == STR_NPOS ? STR("") : str_skip(all, at);
}

static inline void fake_expect(const char *from, const char *want)
{
	struct str got = fake_said(from);
	if (!str_eq(got, str_c(want)))
		fail_msg("got:\n%.*s\nwant:\n%s", (int)got.n, got.p, want);
}

/* A signed-in session: everything after the greeting and LOGIN. */
static inline void fake_talk(const char *const *script, const char *want)
{
	assert_int_equal(fake_session(script, true, true), E_CLOSED);
	struct str got = fake_said("0 OK ");
	(void)str_until(&got, '\n');
	if (!str_eq(got, str_c(want)))
		fail_msg("got:\n%.*s\nwant:\n%s", (int)got.n, got.p, want);
}
#define SCRIPT(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
