/* What a hostile relay may send for signing. Invariants: what is allowed is one of the three fields, of this key, last and without a
 * signature; and nothing is allowed for another key, or an hour later. */
#include "role/keys/keys_mail.h"

#include <stdlib.h>

static bool own(struct str domain) { return str_eq(domain, STR("example.org")); }

static int check(struct str input, struct str selector, uint64_t now)
{
	struct arena a;
	struct keys_mail k = { STR("example.org"), selector, DKIM_RSA_SHA256, now, own };
	arena_init(&a, KEYS_MAIL_ARENA, NULL, NULL);
	int r = keys_mail_check(&a, &k, input);
	arena_done(&a);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	enum { NOW = 1700000000 };
	struct str input = { (const char *)data, n }, last = input;
	if (check(input, STR("r1"), NOW) != OK)
		return 0;
	for (size_t at; (at = str_find(last, '\n')) != STR_NPOS;)
		last = str_skip(last, at + 1);
	if (!str_starts(last, STR("dkim-signature:")) && !str_starts(last, STR("arc-message-signature:")) && !str_starts(last, STR("arc-seal:")))
		abort();
	if (str_search(last, STR("example.org")) == STR_NPOS && str_isearch(last, STR("example.org")) == STR_NPOS)
		abort();
	if (check(input, STR("r2"), NOW) == OK || check(input, STR("r1"), NOW + 3600) == OK)
		abort();
	return 0;
}
