#include "os/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void random_bytes(void *p, size_t n)
{
	char *at = p;
	while (n) {
		ssize_t k = getrandom(at, n, 0);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			abort();
		at += k;
		n -= (size_t)k;
	}
}

uint64_t random_u64(void)
{
	/* One system call serves many numbers: ids and hash seeds are drawn for each session. */
	static _Thread_local uint64_t pool[32];
	static _Thread_local unsigned left;
	if (!left) {
		random_bytes(pool, sizeof pool);
		left = 32;
	}
	uint64_t v = pool[--left];
	pool[left] = 0;
	return v;
}
