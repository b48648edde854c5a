/* Invariants: however the input is cut, the same lines and the same end come out; no line holds CR, LF or NUL or is
 * longer than its limit; the lines with CRLF behind each are the input, as far as it was taken and fitted. */
#include "base/base.h"
#include "proto/smtp/smtp_line.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX = 40 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int take_lines(struct smtp_line *l, struct str *input, struct bufw *out)
{
	struct str line = { 0 };
	for (;;) {
		int r = smtp_line_next(l, input, &line);
		if (r != OK && r != E_TOOBIG)
			return r;
		check(r != OK ||
		      (line.n <= MAX && (!line.n || (!memchr(line.p, '\r', line.n) && !memchr(line.p, '\n', line.n) &&
						     !memchr(line.p, 0, line.n)))));
		bufw_str(out, r == OK ? line : STR("(too long)"));
		bufw_c(out, "\r\n");
	}
}

/* Pieces of step bytes; what the reader leaves is kept in front of the next piece, in memory of its own. */
static int feed(struct str in, size_t step, struct bufw *out)
{
	struct smtp_line l;
	struct buf hold;
	int r = E_AGAIN;
	smtp_line_init(&l, MAX);
	buf_init(&hold, 1 << 20);
	while (in.n && r == E_AGAIN) {
		check(buf_put_str(&hold, str_take_n(&in, step)) == OK);
		buf_shrink(&hold);
		struct str input = buf_str(&hold);
		r = take_lines(&l, &input, out);
		buf_consume(&hold, hold.n - input.n);
	}
	buf_done(&hold);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t steps[] = { 1, 2, 3, 7, 41 };
	struct str in = { (const char *)data, n };
	struct buf whole, cut;
	buf_init(&whole, 4 << 20);
	buf_init(&cut, 4 << 20);
	struct bufw w = { .b = &whole };
	int r = feed(in, n ? n : 1, &w);
	check(w.err == OK);
	if (str_search(buf_str(&whole), STR("(too long)")) == STR_NPOS)
		check(str_starts(in, buf_str(&whole)));
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		buf_clear(&cut);
		struct bufw c = { .b = &cut };
		check(feed(in, steps[i], &c) == r && str_eq(buf_str(&whole), buf_str(&cut)));
	}
	buf_done(&whole);
	buf_done(&cut);
	return 0;
}
