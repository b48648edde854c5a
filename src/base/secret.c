#include "base/secret.h"

bool secret_eq(struct str a, struct str b)
{
	unsigned char diff = a.n != b.n;
	size_t n = a.n < b.n ? a.n : b.n;
	for (size_t i = 0; i < n; i++)
		diff |= (unsigned char)(a.p[i] ^ b.p[i]);
	return diff == 0;
}

void secret_wipe(void *p, size_t n)
{
	if (n)
		explicit_bzero(p, n);
}
