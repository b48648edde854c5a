#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ALIGN = 16, CHUNK = 4096 };

struct arena_block {
	struct arena_block *older;
	size_t used, cap;
	_Alignas(ALIGN) char bytes[];
};

#if defined(__SANITIZE_ADDRESS__)
#define ONE_BLOCK_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ONE_BLOCK_EACH 1
#endif
#endif
#ifndef ONE_BLOCK_EACH
#define ONE_BLOCK_EACH 0
#endif

void arena_init(struct arena *a, size_t limit, void (*full)(void *ctx), void *ctx)
{
	*a = (struct arena){ .limit = limit, .full = full, .ctx = ctx };
}

static noreturn_fn void arena_full(struct arena *a)
{
	if (a->full)
		a->full(a->ctx);
	fprintf(stderr, "arena full: %zu of %zu bytes\n", a->total, a->limit);
	abort();
}

static void free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *older = b->older;
		mem_free(b);
		b = older;
	}
}

void arena_done(struct arena *a)
{
	free_blocks(a->block);
	a->block = NULL;
	a->total = 0;
}

void arena_reset(struct arena *a)
{
	struct arena_block *b = a->block;
	if (!b || ONE_BLOCK_EACH || b->older || b->cap > CHUNK) {
		arena_done(a);
		return;
	}
	memset(b->bytes, 0, b->used);
	b->used = 0;
	a->total = b->cap;
}

static struct arena_block *new_block(struct arena *a, size_t n)
{
	size_t cap = ONE_BLOCK_EACH || n > CHUNK ? n : CHUNK;
	if (a->total > a->limit || cap > a->limit - a->total) {
		cap = n;      /* the last block may be smaller than the usual chunk */
		if (a->total > a->limit || cap > a->limit - a->total)
			arena_full(a);
	}
	struct arena_block *b = mem_alloc(sizeof *b + cap);
	b->older = a->block;
	b->cap = cap;
	a->block = b;
	a->total += cap;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n > a->limit)
		arena_full(a);
	if (!ONE_BLOCK_EACH)
		n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct arena_block *b = a->block;
	if (!b || b->cap - b->used < n || (ONE_BLOCK_EACH && b->used))
		b = new_block(a, n);
	void *p = b->bytes + b->used;
	b->used += n;
	return p;
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		arena_full(a);
	return arena_alloc(a, bytes);
}

struct str arena_dup(struct arena *a, struct str s)
{
	if (s.n >= a->limit)
		arena_full(a);
	char *p = arena_alloc(a, s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	char *p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){ p, (size_t)n };
}

void *arena_push(struct arena *a, void *array_of_pointer, size_t *count, size_t *cap, size_t size)
{
	void *array;
	memcpy(&array, array_of_pointer, sizeof array);
	if (*count == *cap) {
		size_t more = *cap ? *cap * 2 : 8;
		void *grown = arena_alloc_array(a, more, size);
		if (*count)
			memcpy(grown, array, *count * size);
		memcpy(array_of_pointer, &grown, sizeof grown);
		array = grown;
		*cap = more;
	}
	return (char *)array + (*count)++ * size;
}
