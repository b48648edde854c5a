/* A hash table from 64-bit keys to pointers, open addressing, keys mixed with a seed of the table. The
 * values are the caller's. For string keys use map_str_*: the key is a view that must outlive its entry. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map_slot { uint64_t key; struct str name; void *value; };
struct map { struct map_slot *slots; size_t count, used, cap; uint64_t seed; };

void map_init(struct map *m, uint64_t seed);        /* seed: random where an attacker chooses keys */
void map_done(struct map *m);
void *map_get(const struct map *m, uint64_t key);   /* NULL when absent */
void map_put(struct map *m, uint64_t key, void *value);     /* value not NULL; replaces */
void *map_remove(struct map *m, uint64_t key);      /* what was there, or NULL */

void *map_str_get(const struct map *m, struct str name);
void map_str_put(struct map *m, struct str name, void *value);
void *map_str_remove(struct map *m, struct str name);

/* for (size_t i = 0; (v = map_next(m, &i)); ) visits all values; removing the visited one is allowed. */
void *map_next(const struct map *m, size_t *i);

#endif
