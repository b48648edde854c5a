/* Do two things cost the same? For tests of what must not be told by time. Header only, because a test program is one file. */
#ifndef TEST_COST_H
#define TEST_COST_H

#include "base/base.h"

#include <stdlib.h>
#include <time.h>

enum { TEST_COST_TRIES = 200, TEST_COST_ROUNDS = 5 };

/* CPU time of this thread: other load on the machine hardly shows. */
static inline int64_t test_cost_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int test_cost_order(const void *a, const void *b)
{
	int64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

/* Medians of 200 tries each, in turn, within 10 %; a round that was disturbed is repeated, up to five. */
static inline bool test_costs_alike(int64_t (*cost)(bool second))
{
	static int64_t a[TEST_COST_TRIES], b[TEST_COST_TRIES];
	for (int round = 0; round < TEST_COST_ROUNDS; round++) {
		for (int i = 0; i < TEST_COST_TRIES; i++) {
			a[i] = cost(false);
			b[i] = cost(true);
		}
		qsort(a, TEST_COST_TRIES, sizeof *a, test_cost_order);
		qsort(b, TEST_COST_TRIES, sizeof *b, test_cost_order);
		int64_t x = a[TEST_COST_TRIES / 2], y = b[TEST_COST_TRIES / 2], gap = x > y ? x - y : y - x;
		if (gap * 10 < y)
			return true;
	}
	return false;
}

#endif
