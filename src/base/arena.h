/* Memory that dies together: one arena a session, a mail transaction, a command.
 *
 * Allocation never returns NULL. Passing the limit calls full(ctx), which must not return: it ends the
 * session. A NULL that a handler forgot to test would turn a sender into the null sender; this cannot.
 * Under sanitizers each allocation is a malloc of its own, so that an overrun is seen. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena_block;
struct arena {
	struct arena_block *block;          /* the newest; older ones are chained behind it */
	size_t total, limit;
	void (*full)(void *ctx);            /* NULL: abort */
	void *ctx;
};

void arena_init(struct arena *a, size_t limit, void (*full)(void *ctx), void *ctx);
void arena_reset(struct arena *a);          /* forgets everything, keeps one small block for reuse */
void arena_done(struct arena *a);
void *arena_alloc(struct arena *a, size_t n) must_use;      /* zeroed, 16-byte aligned */
void *arena_alloc_array(struct arena *a, size_t n, size_t size) must_use;
struct str arena_dup(struct arena *a, struct str s);        /* a copy, NUL-ended for convenience */
struct str arena_printf(struct arena *a, const char *fmt, ...) printf_like(2, 3);
#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_new_array(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))

/* Grows an array that lives in an arena: returns room for one more element and counts it. The elements
 * are moved when the array doubles, so pointers into it do not last. */
void *arena_push(struct arena *a, void *array_of_pointer, size_t *count, size_t *cap, size_t size);

#endif
