/* First line: the mechanism, by its first letter. Each further line is an answer of the client. */
#include "proto/sasl/sasl.h"

#include "proto/password/password_hash.h"

#include <stdlib.h>

enum { MEMORY = 1 << 20, ANSWERS_MOST = 8 };

static void check_credentials(struct arena *a, const struct sasl *s)
{
	struct str user, again;
	char normal[PASSWORD_BYTES_MAX], twice[PASSWORD_BYTES_MAX];
	size_t n, m;
	if (!s->user.n || s->user.n > SASL_USER_MAX || !s->password.n || s->password.n > SASL_PASSWORD_MAX)
		abort();
	if (str_find(s->user, '\0') != STR_NPOS || str_find(s->password, '\0') != STR_NPOS || !utf8_valid(s->user) || !utf8_valid(s->password))
		abort();
	if (sasl_user_normalize(a, s->user, &user) == OK &&
	    (str_has_control(user) || !utf8_valid(user) || sasl_user_normalize(a, user, &again) != OK || !str_eq(user, again)))
		abort();
	if (password_normalize(s->password, normal, &n) == OK &&
	    (password_normalize((struct str){ normal, n }, twice, &m) != OK || n != m || memcmp(normal, twice, n) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size }, first = str_until(&in, '\n');
	struct arena a;
	struct sasl s;
	arena_init(&a, MEMORY, NULL, NULL);
	if (sasl_begin(&s, &a, first.n && first.p[0] == 'L' ? STR("LOGIN") : STR("PLAIN")) != OK)
		abort();
	int r = E_AGAIN;
	for (int i = 0; r == E_AGAIN && i < ANSWERS_MOST && in.n; i++)
		r = sasl_answer(&s, str_until(&in, '\n'));
	if (r == OK)
		check_credentials(&a, &s);
	sasl_done(&s);
	arena_done(&a);
	return 0;
}
