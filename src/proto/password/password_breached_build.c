#include "proto/password/password_breached_file.h"

#include <stdlib.h>

/* About 2^15 keys a shard: their working memory stays in the cache, and one bad seed costs little. */
enum { SHARD_KEYS_BITS = 15, SEEDS_MOST = 64, GROWTHS_MOST = 32 };

struct shape { unsigned shard_bits, segment_bits; uint32_t segments; };

struct peel {
	size_t slots, keys_most;
	uint64_t *keys_at;              /* exclusive or of the keys that have this slot */
	uint32_t *count_at;             /* how many */
	uint64_t *order;                /* keys in the order in which they came free, */
	uint32_t *owner, *queue;        /* each with the slot that it alone had then */
};

static int by_value(const void *a, const void *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

static size_t sort_unique(uint64_t *keys, size_t n)
{
	size_t kept = 0;
	if (n)
		qsort(keys, n, sizeof *keys, by_value);
	for (size_t i = 0; i < n; i++)
		if (!kept || keys[kept - 1] != keys[i])
			keys[kept++] = keys[i];
	return kept;
}

static unsigned log2_floor(uint64_t n)
{
	return n ? 63 - (unsigned)__builtin_clzll(n) : 0;
}

/* The shard's first key is keys[0] when it has one; returns how many it has. */
static size_t shard_count(const uint64_t *keys, size_t n, uint64_t shard, unsigned shard_bits)
{
	size_t count = 0;
	while (count < n && breached_shard(keys[count], shard_bits) == shard)
		count++;
	return count;
}

static size_t largest_shard(const uint64_t *keys, size_t n, unsigned shard_bits)
{
	size_t most = 0;
	for (size_t i = 0; i < n;) {
		size_t count = shard_count(keys + i, n - i, breached_shard(keys[i], shard_bits), shard_bits);
		most = count > most ? count : most;
		i += count;
	}
	return most;
}

/* The paper's segment length, 2^(ln n / ln 3.33 + 2.25), in whole numbers; slots for 5/4 of the keys to begin with. */
static struct shape shape_of(const uint64_t *keys, size_t n)
{
	unsigned bits = log2_floor(n), shard_bits = bits > SHARD_KEYS_BITS ? bits - SHARD_KEYS_BITS : 0;
	size_t most = largest_shard(keys, n, shard_bits);
	unsigned segment_bits = (log2_floor(most) * 576 + 2250) / 1000;
	return (struct shape){ shard_bits, segment_bits, (uint32_t)(most * 5 / 4 >> segment_bits) + BREACHED_SEGMENTS_LEAST };
}

static void peel_init(struct peel *p, const struct shape *s, size_t keys_most)
{
	p->slots = (size_t)s->segments << s->segment_bits;
	p->keys_most = keys_most;
	p->keys_at = mem_new_array(uint64_t, p->slots);
	p->count_at = mem_new_array(uint32_t, p->slots);
	p->queue = mem_new_array(uint32_t, p->slots);
	p->order = mem_new_array(uint64_t, keys_most + 1);
	p->owner = mem_new_array(uint32_t, keys_most + 1);
}

static void peel_done(struct peel *p)
{
	mem_free(p->keys_at);
	mem_free(p->count_at);
	mem_free(p->queue);
	mem_free(p->order);
	mem_free(p->owner);
}

static void take_key(struct peel *p, const struct shape *s, uint32_t seed, uint64_t key, size_t *waiting)
{
	struct breached_place at = breached_place(key, seed, s->segment_bits, s->segments);
	for (size_t i = 0; i < COUNT_OF(at.slot); i++) {
		uint64_t slot = at.slot[i];
		p->keys_at[slot] ^= key;
		if (--p->count_at[slot] == 1)
			p->queue[(*waiting)++] = (uint32_t)slot;
	}
}

/* Takes away, again and again, a key that has a slot for itself. True when none is left. */
static bool peel_keys(struct peel *p, const struct shape *s, uint32_t seed, const uint64_t *keys, size_t n)
{
	size_t waiting = 0, done = 0;
	memset(p->keys_at, 0, p->slots * sizeof *p->keys_at);
	memset(p->count_at, 0, p->slots * sizeof *p->count_at);
	for (size_t k = 0; k < n; k++) {
		struct breached_place at = breached_place(keys[k], seed, s->segment_bits, s->segments);
		for (size_t i = 0; i < COUNT_OF(at.slot); i++) {
			p->keys_at[at.slot[i]] ^= keys[k];
			p->count_at[at.slot[i]]++;
		}
	}
	for (size_t slot = 0; slot < p->slots; slot++)
		if (p->count_at[slot] == 1)
			p->queue[waiting++] = (uint32_t)slot;
	while (waiting) {
		uint32_t slot = p->queue[--waiting];
		if (p->count_at[slot] != 1)
			continue;
		p->order[done] = p->keys_at[slot];
		p->owner[done++] = slot;
		take_key(p, s, seed, p->order[done - 1], &waiting);
	}
	return done == n;
}

/* In the opposite order each key's own slot is still free to be what the other two need. */
static void assign(const struct peel *p, const struct shape *s, uint32_t seed, size_t n, unsigned char *slots)
{
	while (n--) {
		struct breached_place at = breached_place(p->order[n], seed, s->segment_bits, s->segments);
		unsigned sum = at.fingerprint;
		for (size_t i = 0; i < COUNT_OF(at.slot); i++)
			if (at.slot[i] != p->owner[n])
				sum ^= (unsigned)(slots[at.slot[i] * 2] | slots[at.slot[i] * 2 + 1] << 8);
		slots[p->owner[n] * 2] = (unsigned char)sum;
		slots[p->owner[n] * 2 + 1] = (unsigned char)(sum >> 8);
	}
}

/* Fills seeds and fingerprints, which are zeroed. E_AGAIN: a shard needs more slots. */
static int fill(struct peel *p, const struct shape *s, const uint64_t *keys, size_t n, unsigned char *seeds, unsigned char *slots)
{
	for (uint64_t shard = 0; shard >> s->shard_bits == 0; shard++) {
		size_t count = shard_count(keys, n, shard, s->shard_bits);
		uint32_t seed = 0;
		while (seed < SEEDS_MOST && !peel_keys(p, s, seed, keys, count))
			seed++;
		if (seed == SEEDS_MOST)
			return E_AGAIN;
		put_le32(seeds + shard * sizeof(uint32_t), seed);
		assign(p, s, seed, count, slots + shard * p->slots * sizeof(uint16_t));
		keys += count;
		n -= count;
	}
	return OK;
}

static int write_header(struct buf *out, const struct shape *s, size_t entries)
{
	struct bufw w = { out, OK };
	bufw_c(&w, BREACHED_MAGIC);
	write_u16(&w, BREACHED_VERSION);
	write_u8(&w, (uint8_t)s->shard_bits);
	write_u8(&w, (uint8_t)s->segment_bits);
	write_u32(&w, s->segments);
	write_u64(&w, entries);
	for (int i = 0; i < 5; i++)
		write_u64(&w, 0);
	return w.err;
}

static int build_file(const struct shape *s, const uint64_t *keys, size_t n, struct buf *out)
{
	size_t start = out->n, shards = (size_t)1 << s->shard_bits;
	struct peel p;
	int r = write_header(out, s, n);
	peel_init(&p, s, largest_shard(keys, n, s->shard_bits));
	size_t body = shards * (sizeof(uint32_t) + p.slots * sizeof(uint16_t));
	if (r == OK)
		r = buf_reserve(out, body);
	if (r == OK) {
		unsigned char *seeds = (unsigned char *)out->p + out->n;
		memset(seeds, 0, body);
		out->n += body;
		r = fill(&p, s, keys, n, seeds, seeds + shards * sizeof(uint32_t));
	}
	if (r == OK)
		breached_checksum((struct str){ out->p + start, out->n - start }, (unsigned char *)out->p + start + BREACHED_CHECKED);
	else
		out->n = start;
	peel_done(&p);
	return r;
}

int breached_build(uint64_t *keys, size_t count, struct buf *out)
{
	size_t n = sort_unique(keys, count);
	if (log2_floor(n) >= SHARD_KEYS_BITS + BREACHED_SHARD_BITS_MOST)
		return E_TOOBIG;
	struct shape s = shape_of(keys, n);
	int r = E_AGAIN;
	for (int i = 0; i < GROWTHS_MOST && r == E_AGAIN; i++, s.segments++)
		r = s.segments > BREACHED_SEGMENTS_MOST ? E_IO : build_file(&s, keys, n, out);
	return r == E_AGAIN ? E_IO : r;
}
