#include "role/guard/guard_record.h"

#include <stdio.h>

enum { VERSION = 1 };

void record_key(const char key[STANDING_KEY], char ret[RECORD_KEY])
{
	ret[0] = 't';
	memcpy(ret + 1, key, STANDING_KEY);
}

int record_target(struct str key, struct guard_target *ret)
{
	if (key.n != RECORD_KEY || key.p[0] != 't')
		return E_CORRUPT;
	const uint8_t *k = (const uint8_t *)key.p + 1;
	struct guard_target t = { .net = { .address = { .v6 = k[0] != 0 }, .bits = k[1] }, .account = get_le64(k + 18) };
	memcpy(t.net.address.bytes, k + 2, 16);
	char again[STANDING_KEY];
	sentence_key(&t, again);
	if (k[1] > (k[0] ? 128 : 32) || memcmp(again, k, STANDING_KEY) != 0)
		return E_CORRUPT;
	*ret = t;
	return OK;
}

int record_write(const struct standing *t, int64_t real, int64_t mono_ms, struct buf *out)
{
	struct bufw w = { .b = out };
	write_u8(&w, VERSION);
	for (const struct sentence *s = t->first; s; s = s->next) {
		write_str(&w, str_c(s->rule));
		write_u8(&w, (uint8_t)s->key);
		write_u32(&w, s->actions);
		write_u32(&w, s->seconds);
		write_u32(&w, s->offence);
		write_u64(&w, (uint64_t)s->since);
		write_u64(&w, (uint64_t)(real + (s->until_ms - mono_ms + 999) / 1000));
		write_str(&w, str_c(s->why));
	}
	return w.err;
}

static bool plain(struct str s)
{
	return !str_has_control(s);
}

static void read_one(struct reader *r, struct sentence *s, int64_t *until)
{
	struct str rule = read_str(r, GUARD_NAME_MAX);
	s->key = (enum guard_key)read_u8(r);
	s->actions = read_u32(r);
	s->seconds = read_u32(r);
	s->offence = read_u32(r);
	s->since = (int64_t)read_u64(r);
	*until = (int64_t)read_u64(r);
	struct str why = read_str(r, WHY_MAX - 1);
	if (r->err == OK && (s->key >= GUARD_KEY_COUNT || s->actions >> GUARD_ACTION_COUNT || s->seconds > BY_HAND_MOST_S || !plain(rule) || !plain(why)))
		r->err = E_PROTO;
	snprintf(s->rule, sizeof s->rule, STR_FMT, STR_ARG(rule));
	snprintf(s->why, sizeof s->why, STR_FMT, STR_ARG(why));
}

int record_read(struct str value, int64_t real, int64_t mono_ms, struct sentence *ret, size_t *ret_n)
{
	struct reader r = reader_of(value);
	size_t n = 0;
	if (read_u8(&r) != VERSION)
		return E_CORRUPT;
	while (r.err == OK && r.rest.n) {
		struct sentence s = { .next = NULL };
		int64_t until;
		read_one(&r, &s, &until);
		if (r.err != OK || n == RECORD_SENTENCES_MAX)
			return E_CORRUPT;
		if (until <= real || !s.seconds)
			continue;
		int64_t left = until - real < (int64_t)s.seconds ? until - real : (int64_t)s.seconds;
		s.until_ms = mono_ms + left * 1000;
		ret[n++] = s;
	}
	*ret_n = n;
	return reader_end(&r) == OK ? OK : E_CORRUPT;
}
