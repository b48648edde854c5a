#include "base/map.h"

#include "base/mem.h"

static char gone;      /* marks a slot whose entry was removed */
#define GONE ((void *)&gone)

void map_init(struct map *m, uint64_t seed)
{
	*m = (struct map){ .seed = seed };
}

void map_done(struct map *m)
{
	mem_free(m->slots);
	*m = (struct map){ 0 };
}

static uint64_t mix(uint64_t k)
{
	k ^= k >> 33;
	k *= 0xff51afd7ed558ccdu;
	k ^= k >> 33;
	k *= 0xc4ceb9fe1a85ec53u;
	return k ^ k >> 33;
}

static uint64_t name_key(const struct map *m, struct str name)
{
	uint64_t h = 0xcbf29ce484222325u ^ m->seed;
	for (size_t i = 0; i < name.n; i++)
		h = mix((h ^ (unsigned char)name.p[i]) + 0x9e3779b97f4a7c15u);
	return h;
}

static struct map_slot *find(const struct map *m, uint64_t key, const struct str *name)
{
	if (!m->cap)
		return NULL;
	for (size_t i = mix(key ^ m->seed) & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *s = &m->slots[i];
		if (!s->value)
			return NULL;
		if (s->value != GONE && s->key == key && (!name || str_eq(s->name, *name)))
			return s;
	}
}

static void insert(struct map *m, uint64_t key, struct str name, void *value)
{
	size_t i = mix(key ^ m->seed) & (m->cap - 1);
	while (m->slots[i].value && m->slots[i].value != GONE)
		i = (i + 1) & (m->cap - 1);
	if (!m->slots[i].value)
		m->used++;
	m->slots[i] = (struct map_slot){ key, name, value };
	m->count++;
}

static void grow(struct map *m)
{
	struct map old = *m;
	m->cap = !old.cap ? 16 : old.count * 4 > old.cap ? old.cap * 2 : old.cap;
	m->slots = mem_new_array(struct map_slot, m->cap);
	m->count = m->used = 0;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].value && old.slots[i].value != GONE)
			insert(m, old.slots[i].key, old.slots[i].name, old.slots[i].value);
	mem_free(old.slots);
}

static void put(struct map *m, uint64_t key, const struct str *name, void *value)
{
	struct map_slot *s = find(m, key, name);
	if (s) {
		s->value = value;
		if (name)
			s->name = *name;
		return;
	}
	if ((m->used + 1) * 4 > m->cap * 3)
		grow(m);
	insert(m, key, name ? *name : STR(""), value);
}

static void *take(struct map *m, uint64_t key, const struct str *name)
{
	struct map_slot *s = find(m, key, name);
	if (!s)
		return NULL;
	void *value = s->value;
	*s = (struct map_slot){ .value = GONE };
	m->count--;
	return value;
}

void *map_get(const struct map *m, uint64_t key)
{
	struct map_slot *s = find(m, key, NULL);
	return s ? s->value : NULL;
}

void map_put(struct map *m, uint64_t key, void *value) { put(m, key, NULL, value); }
void *map_remove(struct map *m, uint64_t key) { return take(m, key, NULL); }

void *map_str_get(const struct map *m, struct str name)
{
	struct map_slot *s = find(m, name_key(m, name), &name);
	return s ? s->value : NULL;
}

void map_str_put(struct map *m, struct str name, void *value) { put(m, name_key(m, name), &name, value); }
void *map_str_remove(struct map *m, struct str name) { return take(m, name_key(m, name), &name); }

void *map_next(const struct map *m, size_t *i)
{
	while (*i < m->cap) {
		void *v = m->slots[(*i)++].value;
		if (v && v != GONE)
			return v;
	}
	return NULL;
}
