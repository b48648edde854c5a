/* Whatever messages say of each other: each is told once, parentheses match, and it ends. */
#include "base/base.h"
#include "proto/imap/imap_thread.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MESSAGES_MAX = 200 };

static void check(bool good)
{
	if (!good)
		abort();
}

/* Six bytes a message: id, subject, date, flags with the number of references, then those. */
static uint32_t read_messages(struct arena *a, struct reader *r, struct imap_thread_message *m)
{
	uint32_t n = 0;
	while (r->rest.n >= 4 && n < MESSAGES_MAX) {
		uint64_t id = read_u8(r), subject = read_u8(r);
		int64_t date = read_u8(r);
		uint8_t flags = read_u8(r), count = flags & 7;
		uint64_t *refs = arena_new_array(a, uint64_t, count);
		for (uint8_t i = 0; i < count; i++)
			refs[i] = read_u8(r);
		m[n] = (struct imap_thread_message){ n + 1, flags & 8, count, date, id, subject % 16, refs };
		n++;
	}
	return n;
}

static void check_answer(struct str s, uint32_t n)
{
	bool seen[MESSAGES_MAX + 1] = { 0 };
	unsigned depth = 0;
	uint32_t count = 0;
	while (s.n) {
		uint64_t number;
		if (ascii_is_digit(s.p[0])) {
			check(str_take_u64(&s, n, &number) == OK && number > 0 && !seen[number]);
			seen[number] = true;
			count++;
			continue;
		}
		check(s.p[0] == '(' || s.p[0] == ')' || s.p[0] == ' ');
		depth += s.p[0] == '(';
		check(s.p[0] != ')' || depth-- > 0);
		s = str_skip(s, 1);
	}
	check(depth == 0 && count == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct buf out;
	struct reader r = reader_of((struct str){ (const char *)data, n });
	arena_init(&a, 64 << 20, NULL, NULL);
	buf_init(&out, 1 << 20);
	struct imap_thread_message *m = arena_new_array(&a, struct imap_thread_message, MESSAGES_MAX);
	uint32_t count = read_messages(&a, &r, m);
	for (int algorithm = IMAP_THREAD_ORDEREDSUBJECT; algorithm <= IMAP_THREAD_REFS; algorithm++) {
		struct imap_threads t;
		struct bufw w = { .b = &out };
		buf_clear(&out);
		imap_thread(&a, (enum imap_thread_algorithm)algorithm, m, count, &t);
		uint32_t at = t.root;
		while (imap_thread_write(&t, m, &w, &at))
			;
		check(w.err == OK);
		check_answer(buf_str(&out), count);
	}
	buf_done(&out);
	arena_done(&a);
	return 0;
}
