#include "proto/oauth/oauth_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { NOW = 1700000000 };
#define VERIFIER STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
#define CHALLENGE STR("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

static struct oauth_token token(enum oauth_kind kind, uint8_t seed)
{
	struct oauth_token t = { .kind = kind, .account = 7 };
	memset(t.id, 1, sizeof t.id);
	memset(t.secret, seed, sizeof t.secret);
	return t;
}

static struct oauth_code code(const struct oauth_token *t)
{
	struct oauth_code c = { .account = 7, .address = STR("a@b.test"), .client = STR("c"), .redirect = STR("http://127.0.0.1:1/cb"), .challenge = CHALLENGE,
		.scope = OAUTH_SCOPE_IMAP, .until = NOW + OAUTH_CODE_SECONDS };
	oauth_token_hash(t, c.hash);
	return c;
}

static void codes(void **state)
{
	struct oauth_token t = token(OAUTH_CODE, 1), wrong = token(OAUTH_CODE, 2);
	struct oauth_code c = code(&t), spent = c;
	const struct str to = c.redirect;
	spent.spent = true;
	const struct { const struct oauth_code *c; const struct oauth_token *t; struct str client, redirect, verifier; int64_t now; enum oauth_outcome outcome; bool known; } rows[] = {
		{ &c, &t, STR("c"), to, VERIFIER, NOW, OAUTH_OK, true },
		{ &c, &wrong, STR("c"), to, VERIFIER, NOW, OAUTH_INVALID_GRANT, false },
		{ &c, &t, STR("d"), to, VERIFIER, NOW, OAUTH_INVALID_GRANT, true },
		{ &c, &t, STR("c"), STR("http://127.0.0.1:2/cb"), VERIFIER, NOW, OAUTH_INVALID_GRANT, true },
		{ &c, &t, STR("c"), to, CHALLENGE, NOW, OAUTH_INVALID_GRANT, true },
		{ &c, &t, STR("c"), to, STR(""), NOW, OAUTH_INVALID_GRANT, true },
		{ &c, &t, STR("c"), to, VERIFIER, NOW + OAUTH_CODE_SECONDS, OAUTH_INVALID_GRANT, true },
		{ &spent, &t, STR("c"), to, VERIFIER, NOW, OAUTH_REUSED, true },
		{ &spent, &t, STR("d"), to, STR(""), NOW + 1000, OAUTH_REUSED, true },
		{ &spent, &wrong, STR("c"), to, VERIFIER, NOW, OAUTH_INVALID_GRANT, false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool known;
		assert_int_equal(oauth_code_redeem(rows[i].c, rows[i].t, rows[i].client, rows[i].redirect, rows[i].verifier, rows[i].now, &known), rows[i].outcome);
		assert_int_equal(known, rows[i].known);
	}
}

/* RFC 8628 3.5 */
static void devices(void **state)
{
	(void)state;
	struct oauth_token t = token(OAUTH_DEVICE, 1), wrong = token(OAUTH_DEVICE, 2);
	struct oauth_device d = { .client = STR("c"), .scope = OAUTH_SCOPE_IMAP, .interval = OAUTH_INTERVAL, .until = NOW + OAUTH_DEVICE_SECONDS };
	oauth_token_hash(&t, d.hash);
	assert_int_equal(oauth_device_poll(&d, &wrong, STR("c"), NOW), OAUTH_INVALID_GRANT);
	assert_int_equal(oauth_device_poll(&d, &t, STR("d"), NOW), OAUTH_INVALID_GRANT);
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW), OAUTH_AUTHORIZATION_PENDING);
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW + 4), OAUTH_SLOW_DOWN);
	assert_int_equal(d.interval, 10);
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW + 13), OAUTH_SLOW_DOWN);
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW + 28), OAUTH_AUTHORIZATION_PENDING);
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW - 7200), OAUTH_AUTHORIZATION_PENDING);        /* B52: the clock stepped back */
	for (int i = 0; i < 30; i++)
		assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW - 7200), OAUTH_SLOW_DOWN);
	assert_int_equal(d.interval, OAUTH_INTERVAL_MOST);
	d.state = OAUTH_DEVICE_ALLOWED;
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW + 100), OAUTH_AUTHORIZATION_PENDING);         /* by nobody */
	d.account = 7;
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW + 200), OAUTH_OK);
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW + OAUTH_DEVICE_SECONDS), OAUTH_EXPIRED_TOKEN);
	assert_false(oauth_device_open(&d, NOW));
	d.state = OAUTH_DEVICE_DENIED;
	assert_int_equal(oauth_device_poll(&d, &t, STR("c"), NOW), OAUTH_ACCESS_DENIED);
	d.state = OAUTH_DEVICE_ASKED;
	assert_true(oauth_device_open(&d, NOW) && !oauth_device_open(&d, NOW + OAUTH_DEVICE_SECONDS));
}

/* A71: scope, account, age; the oldest of too many goes. */
static void a71_access(void **state)
{
	(void)state;
	struct oauth_grant g = { .account = 7, .scope = OAUTH_SCOPE_IMAP | OAUTH_SCOPE_SMTP, .until = NOW + 1000 };
	struct oauth_token t = token(OAUTH_ACCESS, 1), other = t;
	oauth_grant_add_access(&g, &t, OAUTH_SCOPE_IMAP, NOW);
	assert_true(oauth_grant_accepts(&g, &t, OAUTH_SCOPE_IMAP, NOW));
	assert_false(oauth_grant_accepts(&g, &t, OAUTH_SCOPE_SMTP, NOW));
	assert_false(oauth_grant_accepts(&g, &t, OAUTH_SCOPE_IMAP | OAUTH_SCOPE_SMTP, NOW));
	assert_false(oauth_grant_accepts(&g, &t, 0, NOW));
	assert_false(oauth_grant_accepts(&g, &t, OAUTH_SCOPE_IMAP, NOW + OAUTH_ACCESS_SECONDS));
	other.secret[0] ^= 1;
	assert_false(oauth_grant_accepts(&g, &other, OAUTH_SCOPE_IMAP, NOW));
	g.account = 8;
	assert_false(oauth_grant_accepts(&g, &t, OAUTH_SCOPE_IMAP, NOW));
	g.account = 7;
	for (uint8_t i = 0; i < OAUTH_ACCESS_MOST; i++) {
		other = token(OAUTH_ACCESS, (uint8_t)(10 + i));
		oauth_grant_add_access(&g, &other, OAUTH_SCOPE_IMAP, NOW);
	}
	assert_int_equal(g.access_count, OAUTH_ACCESS_MOST);
	assert_false(oauth_grant_accepts(&g, &t, OAUTH_SCOPE_IMAP, NOW));
	assert_true(oauth_grant_accepts(&g, &other, OAUTH_SCOPE_IMAP, NOW));
}

static void refreshing(void **state)
{
	(void)state;
	struct oauth_token t = token(OAUTH_REFRESH, 1), older = token(OAUTH_REFRESH, 2);
	struct oauth_grant g = { .account = 7, .client = STR("c"), .until = NOW + 10 };
	oauth_token_hash(&t, g.refresh);
	assert_int_equal(oauth_grant_refresh(&g, &t, STR("c"), NOW), OAUTH_OK);
	assert_int_equal(oauth_grant_refresh(&g, &t, STR("d"), NOW), OAUTH_INVALID_GRANT);
	assert_int_equal(oauth_grant_refresh(&g, &t, STR("c"), NOW + 10), OAUTH_INVALID_GRANT);
	assert_int_equal(oauth_grant_refresh(&g, &older, STR("c"), NOW), OAUTH_REUSED);
	assert_int_equal(oauth_grant_refresh(&g, &older, STR("d"), NOW + 10), OAUTH_REUSED);
}

static void sessions(void **state)
{
	(void)state;
	struct oauth_token t = token(OAUTH_SESSION, 1), wrong = token(OAUTH_SESSION, 2);
	struct oauth_session s = { .account = 7, .created = NOW, .used = NOW };
	oauth_token_hash(&t, s.hash);
	assert_true(oauth_session_accepts(&s, &t, NOW) && oauth_session_accepts(&s, &t, NOW + OAUTH_SESSION_IDLE - 1));
	assert_false(oauth_session_accepts(&s, &t, NOW + OAUTH_SESSION_IDLE));
	assert_false(oauth_session_accepts(&s, &wrong, NOW));
	s.used = NOW + OAUTH_SESSION_SECONDS;
	assert_false(oauth_session_accepts(&s, &t, NOW + OAUTH_SESSION_SECONDS));
	s.account = 8;
	assert_false(oauth_session_accepts(&s, &t, NOW));
}

/* Each form is read as it was written, and no shorter piece of it is one. */
#define KEPT(name, ...)                                                                                                \
	do {                                                                                                           \
		struct oauth_##name in = { __VA_ARGS__ }, out;                                                         \
		struct buf b, again;                                                                                   \
		buf_init(&b, 8192);                                                                                    \
		buf_init(&again, 8192);                                                                                \
		assert_int_equal(oauth_##name##_encode(&b, &in), OK);                                                  \
		assert_int_equal(oauth_##name##_decode(buf_str(&b), &out), OK);                                        \
		assert_int_equal(oauth_##name##_encode(&again, &out), OK);                                             \
		assert_true(str_eq(buf_str(&b), buf_str(&again)));                                                     \
		for (size_t n = 0; n < b.n; n++)                                                                       \
			assert_int_equal(oauth_##name##_decode(str_first(buf_str(&b), n), &out), E_CORRUPT);           \
		b.p[0] = 9;                                                                                            \
		assert_int_equal(oauth_##name##_decode(buf_str(&b), &out), E_CORRUPT);                                 \
		buf_done(&b);                                                                                          \
		buf_done(&again);                                                                                      \
	} while (0)

static void kept(void **state)
{
	(void)state;
	KEPT(code, .account = 7, .address = STR("a@b.test"), .client = STR("c"), .redirect = STR("x:/"), .challenge = CHALLENGE, .scope = 3, .until = NOW, .spent = true);
	KEPT(device, .account = 7, .address = STR("a@b.test"), .client = STR("c"), .peer = STR("::1"), .scope = 3, .state = OAUTH_DEVICE_DENIED, .interval = 5, .until = NOW);
	KEPT(grant, .account = 7, .address = STR("a@b.test"), .client = STR("c"), .peer = STR("::1"), .scope = 3, .until = NOW, .access_count = 2);
	KEPT(session, .account = 7, .address = STR("a@b.test"), .peer = STR("::1"), .agent = STR("Browser"), .created = NOW, .used = NOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes), cmocka_unit_test(devices), cmocka_unit_test(a71_access), cmocka_unit_test(refreshing), cmocka_unit_test(sessions), cmocka_unit_test(kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
