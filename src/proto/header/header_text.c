#include "proto/header/header_text.h"

static void reserve(struct header_text *t, size_t n)
{
	if (n <= t->cap - t->n)
		return;
	size_t cap = t->cap ? t->cap * 2 : 64;
	while (cap - t->n < n)
		cap *= 2;
	char *p = arena_alloc(t->a, cap);
	if (t->n)
		memcpy(p, t->p, t->n);
	t->p = p;
	t->cap = cap;
}

void header_text_str(struct header_text *t, struct str s)
{
	reserve(t, s.n);
	if (s.n)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

void header_text_char(struct header_text *t, char c)
{
	reserve(t, 1);
	t->p[t->n++] = c;
}

void header_text_code_point(struct header_text *t, uint32_t c)
{
	char bytes[4];
	size_t n = utf8_encode(c, bytes);
	header_text_str(t, n ? (struct str){ bytes, n } : STR("\xef\xbf\xbd"));
}

struct str header_text_view(const struct header_text *t) { return (struct str){ t->p ? t->p : "", t->n }; }
