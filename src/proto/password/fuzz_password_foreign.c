/* A stored hash of unknown make. What is costly is not verified here: the bounds have their own test. */
#include "proto/password/password_foreign.h"

#include <stdlib.h>

static bool costly(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '$')
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	int r = password_foreign_check(in);
	if (r != OK && r != E_SYNTAX && r != E_TOOBIG)
		abort();
	if (r == OK && (in.n > PASSWORD_FOREIGN_MAX || in.n < 16))
		abort();
	/* a digest of this password is not found by chance */
	if (!costly(in) && password_foreign_verify(in, STR("no digest of this is known to the fuzzer")) == OK)
		abort();
	return 0;
}
