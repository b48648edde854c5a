#include "proto/sasl/sasl_bearer.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define A "\x01"
struct row { struct str message; int err; struct str user, token; };

/* RFC 7628 4.1 has the first. */
static const struct row oauthbearer[] = {
	{ STR_INIT("n,a=user@example.com," A "host=server.example.com" A "port=143" A "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==" A A), OK,
	  STR_INIT("user@example.com"), STR_INIT("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==") },
	{ STR_INIT("n,," A "auth=bearer x" A A), OK, STR_INIT(""), STR_INIT("x") },
	{ STR_INIT("y,a=a=2Cb=3Dc@d.test," A "auth=Bearer x" A A), OK, STR_INIT("a,b=c@d.test"), STR_INIT("x") },
	{ STR_INIT("n,a=u@d.test," A "auth=Bearer x" A "auth=Bearer y" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("p=tls-unique,a=u@d.test," A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },        /* A70: no binding here */
	{ STR_INIT("n,a=u=2@d.test," A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=," A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,b=u," A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test" A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test," A "auth=Bearer x" A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test," A "auth=Basic eA==" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test," A "auth=Bearer " A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test," A "auth=Bearer x y" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test," A "auth=Bearer x\0y" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test," A "host=h" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=u@d.test," A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("n,a=\xff@d.test," A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT(A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT(""), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
};

static const struct row xoauth2[] = {
	{ STR_INIT("user=someuser@example.com" A "auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg" A A), OK, STR_INIT("someuser@example.com"),
	  STR_INIT("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg") },
	{ STR_INIT("user=" A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("user=u@d.test" A "auth=Bearer x" A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("user=u@d.test" A "auth=Bearer x" A A "more"), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("user=u@d.test"), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
	{ STR_INIT("user=u\r\n@d.test" A "auth=Bearer x" A A), E_SYNTAX, { NULL, 0 }, { NULL, 0 } },
};

static void check(const struct row *row, int r, struct str user, struct str token)
{
	if (r != row->err || (r == OK && (!str_eq(user, row->user) || !str_eq(token, row->token))))
		fail_msg(STR_FMT ": %s " STR_FMT " " STR_FMT, STR_ARG(row->message), err_name(r), STR_ARG(user), STR_ARG(token));
}

static void messages(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 16, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(oauthbearer); i++) {
		struct str user = STR(""), token = STR("");
		int r = sasl_oauthbearer_parse(&a, oauthbearer[i].message, &user, &token);
		check(&oauthbearer[i], r, user, token);
	}
	for (size_t i = 0; i < COUNT_OF(xoauth2); i++) {
		struct str user = STR(""), token = STR("");
		int r = sasl_xoauth2_parse(xoauth2[i].message, &user, &token);
		check(&xoauth2[i], r, user, token);
	}
	arena_done(&a);
}

static void too_long(void **state)
{
	static char message[SASL_BEARER_TOKEN_MAX + 64] = "user=u@d.test" A "auth=Bearer ";
	struct str user, token;
	size_t start = strlen(message);
	(void)state;
	memset(message + start, 'x', SASL_BEARER_TOKEN_MAX + 1);
	memcpy(message + start + SASL_BEARER_TOKEN_MAX, A A, 2);
	assert_int_equal(sasl_xoauth2_parse((struct str){ message, start + SASL_BEARER_TOKEN_MAX + 2 }, &user, &token), OK);
	memcpy(message + start + SASL_BEARER_TOKEN_MAX, "x" A A, 3);
	assert_int_equal(sasl_xoauth2_parse((struct str){ message, start + SASL_BEARER_TOKEN_MAX + 3 }, &user, &token), E_TOOBIG);
}

static void errors(void **state)
{
	struct buf coded, json;
	(void)state;
	buf_init(&coded, 256);
	buf_init(&json, 256);
	assert_int_equal(sasl_bearer_error(&coded, "imap"), OK);
	assert_int_equal(base64_decode(&json, buf_str(&coded)), OK);
	assert_true(str_eq(buf_str(&json), STR("{\"status\":\"invalid_token\",\"scope\":\"imap\"}")));
	buf_done(&coded);
	buf_done(&json);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(messages), cmocka_unit_test(too_long), cmocka_unit_test(errors) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
