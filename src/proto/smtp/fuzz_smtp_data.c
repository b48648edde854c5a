/* Invariants: however the input is cut, the same content, end and facts come out, and they are those of a model that
 * goes byte by byte; content that was not refused ends in CRLF and holds no bare CR or LF; stuffed again, it is read as
 * itself. The first byte of the input chooses the mode. */
#include "base/base.h"
#include "proto/smtp/smtp_data.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { MAX = 1000 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

struct outcome { struct smtp_data d; struct buf text; size_t rest; };

static void feed(struct outcome *o, struct str in, unsigned mode, size_t step)
{
	smtp_data_init(&o->d, mode, MAX);
	buf_init(&o->text, 4 << 20);
	while (in.n && !o->d.ended) {
		struct buf piece;
		struct str run;
		buf_init(&piece, step);
		check(buf_put_str(&piece, str_take_n(&in, step)) == OK);
		buf_shrink(&piece);
		struct str input = buf_str(&piece);
		while (smtp_data_next(&o->d, &input, &run))
			check(run.n && buf_put_str(&o->text, run) == OK);
		in = (struct str){ in.p - input.n, in.n + input.n };
		check(input.n == 0 || o->d.ended);
		buf_done(&piece);
	}
	o->rest = in.n;
	if (mode & SMTP_DATA_CHUNKED)
		smtp_data_end(&o->d);
}

static bool refused(const struct smtp_data *d)
{
	return d->bare || d->nul || smtp_data_over(d);
}

/* Strict DATA, the plain way: where the end is, whether anything is bare, and the content up to there. */
static void model_strict(struct str in, const struct outcome *o)
{
	bool bare = false;
	struct buf text;
	buf_init(&text, 4 << 20);
	size_t i = 0, line = 0;
	bool ended = false;
	for (; i < in.n && !ended; i++) {
		char before = i ? in.p[i - 1] : '\n';
		if (before == '\r' && in.p[i] != '\n')
			bare = true;
		if (in.p[i] == '\n' && before != '\r')
			bare = true;
		ended = in.p[i] == '\n' && i == line + 2 && in.p[line] == '.' && before == '\r';
		bool dot = i == line && in.p[i] == '.';
		if (!dot)
			check(buf_put_char(&text, in.p[i]) == OK);
		if (in.p[i] == '\n' && before == '\r')
			line = i + 1;
	}
	check(ended == o->d.ended);
	if (ended)
		check(bare == o->d.bare && o->rest == in.n - i);
	if (ended && !refused(&o->d))
		check(text.n == o->text.n + 2 && memcmp(text.p, buf_str(&o->text).p, o->text.n) == 0);
	buf_done(&text);
}

static void check_content(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		check(s.p[i] != '\n' || (i && s.p[i - 1] == '\r'));
		check(s.p[i] != '\r' || (i + 1 < s.n && s.p[i + 1] == '\n'));
	}
}

static void check_stuffed_again(struct str content)
{
	struct buf stuffed;
	struct outcome o;
	buf_init(&stuffed, 8 << 20);
	struct bufw w = { .b = &stuffed };
	for (size_t i = 0; i < content.n; i++) {
		if (content.p[i] == '.' && (i == 0 || content.p[i - 1] == '\n'))
			bufw_char(&w, '.');
		bufw_char(&w, content.p[i]);
	}
	bufw_c(&w, ".\r\n");
	check(w.err == OK);
	feed(&o, buf_str(&stuffed), SMTP_DATA_STRICT, stuffed.n);
	check(o.d.ended && !o.d.bare && o.rest == 0 && str_eq(buf_str(&o.text), content));
	buf_done(&o.text);
	buf_done(&stuffed);
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
	check(a->d.ended == b->d.ended && a->d.bare == b->d.bare && a->d.nul == b->d.nul && a->rest == b->rest);
	check(a->d.size == b->d.size && a->d.header_size == b->d.header_size && a->d.received == b->d.received);
	if (!refused(&a->d))
		check(str_eq(buf_str(&a->text), buf_str(&b->text)) && a->d.size == a->text.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t steps[] = { 1, 2, 3, 5, 64 };
	static const unsigned modes[] = {
		SMTP_DATA_STRICT, SMTP_DATA_NORMALISE, SMTP_DATA_CHUNKED, SMTP_DATA_CHUNKED | SMTP_DATA_BINARY,
		SMTP_DATA_CHUNKED | SMTP_DATA_NORMALISE,
	};
	if (n < 2)
		return 0;
	unsigned mode = modes[data[0] % COUNT_OF(modes)];
	struct str in = { (const char *)data + 1, n - 1 };
	struct outcome whole, cut;
	feed(&whole, in, mode, in.n);
	if (mode == SMTP_DATA_STRICT)
		model_strict(in, &whole);
	bool good = whole.d.ended && !refused(&whole.d);
	if (good && !(mode & SMTP_DATA_BINARY))
		check_content(buf_str(&whole.text));
	if (good && !(mode & SMTP_DATA_CHUNKED)) {
		check(whole.text.n == 0 || str_ends(buf_str(&whole.text), STR("\r\n")));
		check_stuffed_again(buf_str(&whole.text));
	}
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		feed(&cut, in, mode, steps[i]);
		check_same(&whole, &cut);
		buf_done(&cut.text);
	}
	buf_done(&whole.text);
	return 0;
}
