/* RFC 5256 section 3, and what senders may say of each other's messages. */
#include "base/base.h"
#include "proto/imap/imap_thread.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row { const char *what; enum imap_thread_algorithm algorithm; struct { uint64_t id, subject; bool reply; int64_t date; uint64_t refs[4]; } m[8]; const char *want; };

static const struct row rows[] = {
	{ "nothing", IMAP_THREAD_REFERENCES, { { 0 } }, "" },
	{ "alone", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 0 } } }, "(1)" },
	{ "a chain", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 0 } }, { 2, 1, true, 2, { 1 } }, { 3, 1, true, 3, { 1, 2 } } }, "(1 2 3)" },
	{ "two answers", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 0 } }, { 2, 1, true, 3, { 1 } }, { 3, 1, true, 2, { 1 } } }, "(1 (3)(2))" },
	{ "a parent that is not here", IMAP_THREAD_REFERENCES, { { 2, 1, true, 1, { 9 } }, { 3, 1, true, 2, { 9 } } }, "((1)(2))" },
	{ "a loop", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 2 } }, { 2, 2, false, 2, { 1 } } }, "(2 1)" },
	{ "of itself", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 1 } } }, "(1)" },
	{ "the same id twice", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 0 } }, { 1, 2, false, 2, { 0 } } }, "(1)(2)" },
	{ "joined by subject", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 0 } }, { 2, 1, true, 2, { 0 } } }, "(1 2)" },
	{ "the reply came first", IMAP_THREAD_REFERENCES, { { 1, 1, true, 1, { 0 } }, { 2, 1, false, 2, { 0 } } }, "(2 1)" },
	{ "two originals", IMAP_THREAD_REFERENCES, { { 1, 1, false, 1, { 0 } }, { 2, 1, false, 2, { 0 } } }, "((1)(2))" },
	{ "not by subject", IMAP_THREAD_REFS, { { 1, 1, false, 1, { 0 } }, { 2, 1, true, 2, { 0 } } }, "(1)(2)" },
	{ "newest last", IMAP_THREAD_REFS, { { 1, 1, false, 1, { 0 } }, { 2, 2, true, 2, { 0 } }, { 3, 1, true, 3, { 1 } } }, "(2)(1 3)" },
	{ "by subject", IMAP_THREAD_ORDEREDSUBJECT, { { 1, 1, false, 2, { 0 } }, { 2, 2, false, 1, { 0 } }, { 3, 1, true, 3, { 0 } }, { 4, 1, true, 4, { 0 } } },
	  "(2)(1 (3)(4))" },
};

static void threads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct buf out;
		struct imap_thread_message m[8];
		struct imap_threads t;
		uint32_t n = 0;
		arena_init(&a, 1 << 20, NULL, NULL);
		buf_init(&out, 1000);
		for (; n < 8 && rows[i].m[n].date; n++) {
			m[n] = (struct imap_thread_message){ n + 1, rows[i].m[n].reply, 0, rows[i].m[n].date, rows[i].m[n].id, rows[i].m[n].subject, rows[i].m[n].refs };
			while (m[n].ref_count < 4 && m[n].refs[m[n].ref_count])
				m[n].ref_count++;
		}
		imap_thread(&a, rows[i].algorithm, m, n, &t);
		struct bufw w = { .b = &out };
		uint32_t at = t.root;
		while (imap_thread_write(&t, m, &w, &at))
			;
		if (!str_eq(buf_str(&out), str_c(rows[i].want)))
			fail_msg("%s: " STR_FMT, rows[i].what, STR_ARG(buf_str(&out)));
		buf_done(&out);
		arena_done(&a);
	}
}

/* A chain of ten thousand, each naming all it can: neither deep recursion nor quadratic work. */
static void long_chain(void **state)
{
	(void)state;
	enum { N = 10000 };
	struct arena a;
	struct buf out;
	struct imap_threads t;
	arena_init(&a, 64 << 20, NULL, NULL);
	buf_init(&out, 1 << 20);
	struct imap_thread_message *m = arena_new_array(&a, struct imap_thread_message, N);
	uint64_t *ids = arena_new_array(&a, uint64_t, N + 30);
	for (uint32_t i = 0; i < N; i++) {
		ids[i] = i + 1;
		uint32_t refs = i < 30 ? i : 30;
		m[i] = (struct imap_thread_message){ i + 1, true, (uint8_t)refs, i + 1, i + 1, 1, ids + i - refs };
	}
	imap_thread(&a, IMAP_THREAD_REFS, m, N, &t);
	struct bufw w = { .b = &out };
	uint32_t at = t.root, roots = 0;
	while (imap_thread_write(&t, m, &w, &at))
		roots++;
	assert_int_equal(w.err, OK);
	assert_in_range(roots, 1, N / IMAP_THREAD_CLIMB + 1);
	buf_done(&out);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(threads), cmocka_unit_test(long_chain) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
