#include "role/smtp/smtp.h"

struct str smtp_input(struct smtp_session *s)
{
	return str_skip(s->env->in(s->ctx), s->taken);
}

void smtp_consume(struct smtp_session *s, size_t n)
{
	s->taken += n;
}

int smtp_read_more(struct smtp_session *s, uint64_t seconds)
{
	s->env->consume(s->ctx, s->taken);
	s->taken = 0;
	return s->env->read(s->ctx, (int64_t)seconds * 1000);
}

int smtp_read_line(struct smtp_session *s, size_t max, struct str *ret)
{
	s->line.max = max;
	for (;;) {
		struct str all = smtp_input(s), rest = all;
		int r = smtp_line_next(&s->line, &rest, ret);
		s->taken += all.n - rest.n;
		if (r != E_AGAIN)
			return r;
		r = smtp_read_more(s, s->conf->smtp.command_timeout);
		if (r != OK)
			return r;
	}
}
