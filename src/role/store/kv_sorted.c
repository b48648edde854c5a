#include "role/store/kv_sorted.h"

enum { BLOCK = 64 << 10, ALIGN = 16 };

struct kv_block { struct kv_block *older; size_t used, cap; _Alignas(ALIGN) char bytes[]; };

void kv_sorted_init(struct kv_sorted *s)
{
	*s = (struct kv_sorted){ .dice = 0x9e3779b97f4a7c15u };
}

static void free_blocks(struct kv_block *b)
{
	while (b) {
		struct kv_block *older = b->older;
		mem_free(b);
		b = older;
	}
}

void kv_sorted_done(struct kv_sorted *s)
{
	free_blocks(s->block);
	kv_sorted_init(s);
}

void kv_sorted_clear(struct kv_sorted *s)
{
	struct kv_block *kept = s->block;
	while (kept && kept->cap != BLOCK) {
		struct kv_block *older = kept->older;
		mem_free(kept);
		kept = older;
	}
	if (kept) {
		free_blocks(kept->older);
		kept->older = NULL;
		kept->used = 0;
	}
	uint64_t dice = s->dice;
	*s = (struct kv_sorted){ .block = kept, .dice = dice };
}

/* Not zeroed: message bodies pass through here. */
static void *take(struct kv_sorted *s, size_t n)
{
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct kv_block *b = s->block;
	if (!b || b->cap - b->used < n) {
		size_t cap = n > BLOCK / 4 ? n : BLOCK;
		struct kv_block *fresh = mem_resize(NULL, sizeof *fresh + cap);
		fresh->used = 0;
		fresh->cap = cap;
		bool behind = b && cap != BLOCK;        /* a large value does not close the block in use */
		fresh->older = behind ? b->older : b;
		if (behind)
			b->older = fresh;
		else
			s->block = fresh;
		b = fresh;
	}
	void *p = b->bytes + b->used;
	b->used += n;
	return p;
}

struct str kv_sorted_copy(struct kv_sorted *s, struct str bytes)
{
	char *p = take(s, bytes.n);
	if (bytes.n)
		memcpy(p, bytes.p, bytes.n);
	s->bytes += bytes.n;
	return (struct str){ p, bytes.n };
}

static bool before(const struct kv_node *n, enum engine_space space, struct str key)
{
	return n->space != space ? n->space < space : str_cmp(n->key, key) < 0;
}

/* Fills prev with the link that leads to the place of the key, at each height. */
static struct kv_node *descend(const struct kv_sorted *s, enum engine_space space, struct str key,
                               struct kv_node *const **prev)
{
	struct kv_node *const *links = s->first;
	for (unsigned h = KV_HEIGHT; h-- > 0;) {
		while (links[h] && before(links[h], space, key))
			links = links[h]->next;
		if (prev)
			prev[h] = &links[h];
	}
	return links[0];
}

struct kv_node *kv_sorted_seek(const struct kv_sorted *s, enum engine_space space, struct str key)
{
	return descend(s, space, key, NULL);
}

static bool is(const struct kv_node *n, enum engine_space space, struct str key)
{
	return n && n->space == space && str_eq(n->key, key);
}

struct kv_node *kv_sorted_find(const struct kv_sorted *s, enum engine_space space, struct str key)
{
	struct kv_node *n = descend(s, space, key, NULL);
	return is(n, space, key) ? n : NULL;
}

/* Each height holds a quarter of the one below. */
static unsigned height(struct kv_sorted *s)
{
	s->dice ^= s->dice << 13;
	s->dice ^= s->dice >> 7;
	s->dice ^= s->dice << 17;
	unsigned h = 1;
	for (uint64_t d = s->dice >> 20; h < KV_HEIGHT && (d & 3) == 0; d >>= 2)
		h++;
	return h;
}

struct kv_node *kv_sorted_node(struct kv_sorted *s, enum engine_space space, struct str key)
{
	struct kv_node *const *prev[KV_HEIGHT];
	struct kv_node *n = descend(s, space, key, prev);
	if (is(n, space, key))
		return n;
	unsigned h = height(s);
	n = take(s, sizeof *n + h * sizeof n->next[0]);
	n->key = kv_sorted_copy(s, key);
	n->value = STR("");
	n->space = space;
	n->state = KV_ABSENT;
	for (unsigned i = 0; i < h; i++) {
		struct kv_node **link = (struct kv_node **)prev[i];     /* ours to write: s is not const here */
		n->next[i] = *link;
		*link = n;
	}
	s->nodes++;
	s->bytes += sizeof *n;
	return n;
}
