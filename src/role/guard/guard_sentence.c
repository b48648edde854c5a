#include "role/guard/guard_keep.h"

#include "os/clock.h"
#include "os/random.h"

enum { LOOKED_AT = 64 };

static struct map all;
static bool made;

static struct map *standings(void)
{
	if (!made)
		map_init(&all, random_u64());
	made = true;
	return &all;
}

void sentence_key(const struct guard_target *target, char key[STANDING_KEY])
{
	key[0] = target->net.address.v6;
	key[1] = (char)target->net.bits;
	memcpy(key + 2, target->net.address.bytes, 16);
	put_le64(key + 18, target->account);
	key[26] = target->account != 0;
}

static struct str key_view(const struct standing *t) { return (struct str){ t->key, sizeof t->key }; }

struct standing *sentence_by_key(const char key[STANDING_KEY]) { return map_str_get(standings(), (struct str){ key, STANDING_KEY }); }

struct standing *sentence_find(const struct guard_target *target)
{
	char key[STANDING_KEY];
	sentence_key(target, key);
	return sentence_by_key(key);
}

struct standing *sentence_next(size_t *i) { return map_next(standings(), i); }
size_t sentence_count(void) { return standings()->count; }

static void drop_sentences(struct standing *t, int64_t ended_ms)
{
	struct sentence **at = &t->first;
	while (*at) {
		struct sentence *s = *at;
		if (s->until_ms > ended_ms) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		mem_free(s);
	}
}

static void forget(struct standing *t)
{
	keep_changed(t);
	map_str_remove(standings(), key_view(t));
	mem_free(t);
}

void sentence_lift(struct standing *t)
{
	drop_sentences(t, INT64_MAX);
	guard_tell(t);
	forget(t);
}

static int64_t ends(const struct standing *t)
{
	int64_t last = 0;
	for (const struct sentence *s = t->first; s; s = s->next)
		last = s->until_ms > last ? s->until_ms : last;
	return last;
}

/* Not the very first to end, but the first of some: the table is large, and a flood must not make it slow. */
static void make_room(void)
{
	static size_t cursor;
	struct standing *soonest = NULL, *t;
	for (unsigned n = 0; n < LOOKED_AT; n++) {
		t = map_next(standings(), &cursor);
		if (!t)
			cursor = 0;
		else if (!soonest || ends(t) < ends(soonest))
			soonest = t;
	}
	if (soonest)
		sentence_lift(soonest);
}

static struct standing *standing_of(const struct guard_target *target)
{
	struct standing *t = sentence_find(target);
	if (t)
		return t;
	if (sentence_count() >= SENTENCES_MAX)
		make_room();
	t = mem_new(struct standing);
	t->target = *target;
	sentence_key(target, t->key);
	map_str_put(standings(), key_view(t), t);
	return t;
}

struct standing *sentence_pass(const struct guard_target *target, const struct sentence *s)
{
	struct standing *t = standing_of(target);
	struct sentence *own = t->first;
	while (own && strcmp(own->rule, s->rule) != 0)
		own = own->next;
	if (!own) {
		own = mem_new(struct sentence);
		own->next = t->first;
		t->first = own;
	}
	struct sentence *next = own->next;
	*own = *s;
	own->next = next;
	guard_tell(t);
	keep_changed(t);
	return t;
}

void sentences_expire(int64_t now_ms)
{
	struct standing *t;
	for (size_t i = 0; (t = map_next(standings(), &i));) {
		drop_sentences(t, now_ms);
		if (!t->first)
			forget(t);
	}
}
