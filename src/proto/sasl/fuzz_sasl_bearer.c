/* The first byte: which mechanism. Invariants: user and token are text, the token has no separator and fits; what was read, written again, is read
 * the same. */
#include "proto/sasl/sasl_bearer.h"

#include "proto/sasl/sasl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct str user, token, again_user, again_token;
	if (n < 1 || n > SASL_LINE_MAX)
		return 0;
	bool x = data[0] & 1;
	struct str in = { (const char *)data + 1, n - 1 };
	arena_init(&a, 1 << 20, NULL, NULL);
	int r = x ? sasl_xoauth2_parse(in, &user, &token) : sasl_oauthbearer_parse(&a, in, &user, &token);
	if (r == OK) {
		check(user.n <= SASL_USER_MAX && utf8_valid(user) && !str_has_control(user) && (user.n || !x));
		check(token.n && token.n <= SASL_BEARER_TOKEN_MAX && str_is_ascii(token) && !str_has_control(token));
		struct str plain = arena_printf(&a, "user=%.*s\001auth=Bearer %.*s\001\001", (int)user.n, user.p, (int)token.n, token.p);
		check(!user.n || (sasl_xoauth2_parse(plain, &again_user, &again_token) == OK && str_eq(user, again_user) && str_eq(token, again_token)));
	}
	arena_done(&a);
	return 0;
}
