/* An ordered map of keys in spaces to values: what a batch holds before it is durable. A skip list whose nodes and
 * bytes lie in blocks that are freed together. A key may be put again: the newest value counts, the memory of the
 * older one stays until the map is cleared. Readable from two threads while nobody writes. */
#ifndef KV_SORTED_H
#define KV_SORTED_H

#include "role/store/engine.h"

enum kv_state { KV_ABSENT, KV_VALUE, KV_REMOVED };      /* absent: never put, or undone */

struct kv_node {
	struct str key, value;
	enum engine_space space;
	enum kv_state state;
	struct kv_node *next[];         /* as many as its height */
};

enum { KV_HEIGHT = 12 };

struct kv_block;
struct kv_sorted {
	struct kv_node *first[KV_HEIGHT];
	struct kv_block *block;
	size_t nodes, bytes;            /* ever put since the last clear */
	uint64_t dice;
};

void kv_sorted_init(struct kv_sorted *s);
void kv_sorted_done(struct kv_sorted *s);
void kv_sorted_clear(struct kv_sorted *s);      /* keeps one block */

/* The node of a key, whatever its state, or NULL. */
struct kv_node *kv_sorted_find(const struct kv_sorted *s, enum engine_space space, struct str key);
/* The first node at or behind the key, in any space, or NULL. */
struct kv_node *kv_sorted_seek(const struct kv_sorted *s, enum engine_space space, struct str key);
/* The node of a key, made KV_ABSENT when there was none. */
struct kv_node *kv_sorted_node(struct kv_sorted *s, enum engine_space space, struct str key);
/* A copy that lives as long as the map's content. */
struct str kv_sorted_copy(struct kv_sorted *s, struct str bytes);

#endif
