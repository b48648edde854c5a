#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>

void buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void buf_done(struct buf *b)
{
	mem_free(b->p);
	*b = (struct buf){ 0 };
}

void buf_clear(struct buf *b)
{
	b->n = 0;
}

void buf_shrink(struct buf *b)
{
	if (b->n == 0) {
		mem_free(b->p);
		b->p = NULL;
	} else if (b->cap > b->n) {
		b->p = mem_resize(b->p, b->n);
	}
	b->cap = b->n;
}

struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p ? b->p : "", b->n };
}

int buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max - b->n)
		return E_TOOBIG;
	if (b->n + n <= b->cap)
		return OK;
	size_t cap = b->cap ? b->cap : 64;
	while (cap < b->n + n)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	b->p = mem_resize(b->p, cap);
	b->cap = cap;
	return OK;
}

int buf_put(struct buf *b, const void *p, size_t n)
{
	int r = buf_reserve(b, n);
	if (r == OK && n) {
		memcpy(b->p + b->n, p, n);
		b->n += n;
	}
	return r;
}

int buf_put_str(struct buf *b, struct str s)
{
	return buf_put(b, s.p, s.n);
}

int buf_put_char(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

int buf_put_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return buf_put(b, digits + at, sizeof digits - at);
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	int r = n < 0 ? E_SYNTAX : buf_reserve(b, (size_t)n + 1);
	if (r == OK) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
	return r;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int r = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return r;
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void bufw_put(struct bufw *w, const void *p, size_t n)
{
	if (w->err == OK)
		w->err = buf_put(w->b, p, n);
}

void bufw_str(struct bufw *w, struct str s)
{
	bufw_put(w, s.p, s.n);
}

void bufw_c(struct bufw *w, const char *c)
{
	bufw_put(w, c, strlen(c));
}

void bufw_char(struct bufw *w, char c)
{
	bufw_put(w, &c, 1);
}

void bufw_u64(struct bufw *w, uint64_t v)
{
	if (w->err == OK)
		w->err = buf_put_u64(w->b, v);
}

void bufw_printf(struct bufw *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	if (w->err == OK)
		w->err = buf_vprintf(w->b, fmt, ap);
	va_end(ap);
}
