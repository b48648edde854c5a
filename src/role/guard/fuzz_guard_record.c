/* A record of the guard, as it may lie in a store that was tampered with: what reads is within its limits and is written the same. */
#include "role/guard/guard_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REAL = 1700000000, MONO = 1000 };

static void require(bool good)
{
	if (!good)
		abort();
}

static void check(const struct sentence *s)
{
	require(s->key < GUARD_KEY_COUNT && s->actions < 1u << GUARD_ACTION_COUNT && s->seconds <= BY_HAND_MOST_S);
	require(s->until_ms > MONO && s->until_ms <= MONO + (int64_t)s->seconds * 1000);
	require(!str_has_control(str_c(s->rule)) && !str_has_control(str_c(s->why)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sentence s[RECORD_SENTENCES_MAX], again[RECORD_SENTENCES_MAX];
	struct str value = { (const char *)data, size };
	struct guard_target target;
	struct standing t = { .first = NULL };
	size_t n = 0, m = 0;
	if (record_target(value, &target) == OK)
		require(target.net.bits <= (target.net.address.v6 ? 128 : 32));
	if (record_read(value, REAL, MONO, s, &n) != OK)
		return 0;
	require(n <= RECORD_SENTENCES_MAX);
	for (size_t i = n; i-- > 0;) {
		check(&s[i]);
		s[i].next = t.first;
		t.first = &s[i];
	}
	struct buf out;
	buf_init(&out, 2 * RECORD_VALUE_MAX);
	require(record_write(&t, REAL, MONO, &out) == OK && record_read(buf_str(&out), REAL, MONO, again, &m) == OK && n == m);
	for (size_t i = 0; i < n; i++)
		require(again[i].until_ms == s[i].until_ms && again[i].actions == s[i].actions && strcmp(again[i].why, s[i].why) == 0);
	buf_done(&out);
	return 0;
}
