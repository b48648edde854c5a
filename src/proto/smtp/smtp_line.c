#include "proto/smtp/smtp_line.h"

void smtp_line_init(struct smtp_line *l, size_t max)
{
	*l = (struct smtp_line){ .max = max };
}

static bool has(struct str s, char c)
{
	return s.n && memchr(s.p, c, s.n);
}

/* What may stand inside a line: neither CR, LF nor NUL. */
static bool clean(struct str s)
{
	return !has(s, '\r') && !has(s, '\0');
}

static int broken(struct smtp_line *l, int err)
{
	l->broken = true;
	return err;
}

/* No line end in sight: checks what is new, keeps a CR at the end undecided, and throws away what is too long. */
static int unfinished(struct smtp_line *l, struct str *input)
{
	size_t sure = input->n;
	if (sure && input->p[sure - 1] == '\r')
		sure--;
	if (!clean(str_range(input->p + l->seen, input->p + sure)))
		return broken(l, E_SYNTAX);
	if (l->dropped + sure > SMTP_LINE_DISCARD_MAX)
		return broken(l, E_PROTO);
	l->seen = sure;
	if (l->dropped || sure > l->max) {
		l->dropped += sure;
		*input = str_skip(*input, sure);
		l->seen = 0;
	}
	return E_AGAIN;
}

/* A line end at lf: the line is before it, if a CR is too. */
static int finished(struct smtp_line *l, struct str *input, size_t lf, struct str *ret)
{
	if (lf == 0 || input->p[lf - 1] != '\r')
		return broken(l, E_SYNTAX);
	struct str line = { input->p, lf - 1 };
	if (!clean(str_skip(line, l->seen)))
		return broken(l, E_SYNTAX);
	if (l->dropped + line.n > SMTP_LINE_DISCARD_MAX)
		return broken(l, E_PROTO);
	bool fits = !l->dropped && line.n <= l->max;
	*input = str_skip(*input, lf + 1);
	l->seen = l->dropped = 0;
	if (!fits)
		return E_TOOBIG;
	*ret = line;
	return OK;
}

int smtp_line_next(struct smtp_line *l, struct str *input, struct str *ret)
{
	if (l->broken)
		return E_SYNTAX;
	size_t lf = str_find(str_skip(*input, l->seen), '\n');
	return lf == STR_NPOS ? unfinished(l, input) : finished(l, input, l->seen + lf, ret);
}
