/* params.measure {}: how strong argon2 may be made on this machine: the costliest step of a ladder that one core computes within the
 * time that a sign-in may take. Steps of OWASP's list first, then RFC 9106's second choice and beyond. Hashes with less are made anew at the
 * next sign-in of their owners. */
#include "os/clock.h"
#include "role/auth/auth_keep.h"
#include "role/auth/auth_op.h"

enum { TARGET_US = 50000, TRIES = 3 };

static const struct password_params ladder[] = { { 19456, 2 }, { 32768, 2 }, { 47104, 2 }, { 65536, 2 }, { 65536, 3 }, { 131072, 3 } };

struct measuring { size_t best; int64_t took_us; };

/* The least of a few: what else the machine does is no property of it. */
static int64_t time_of(const struct password_params *p)
{
	char hash[PASSWORD_HASH_MAX];
	int64_t least = INT64_MAX;
	for (int i = 0; i < TRIES; i++) {
		int64_t before = clock_mono_us();
		if (password_hash(STR("a password of usual length"), p, hash) != OK)
			return INT64_MAX;
		int64_t took = clock_mono_us() - before;
		least = took < least ? took : least;
	}
	return least;
}

static void measure_job(void *arg)
{
	struct measuring *m = arg;
	for (size_t i = 0; i < COUNT_OF(ladder); i++) {
		int64_t us = time_of(&ladder[i]);
		if (i && us > TARGET_US)
			return;
		m->best = i;
		m->took_us = us;
	}
}

int auth_op_params_measure(struct auth_call *c)
{
	struct measuring m = { 0 };
	struct auth_change ch;
	int r = auth_in_pool(measure_job, &m);
	if (r != OK)
		return r;
	const struct password_params *p = &ladder[m.best];
	auth_change_begin(&ch, c->by, c->from, "params.measure", STR("organisation"));
	ch.detail = arena_printf(c->a, "argon2id %u KiB, %u passes: %lld ms", p->memory_kib, p->passes, (long long)m.took_us / 1000);
	r = auth_params_set(&ch.batch, p);
	if (r == OK)
		r = auth_change_finish(c, &ch);
	else
		auth_change_drop(&ch);
	if (r != OK)
		return r;
	auth_params_load();
	auth_params_changed();
	c->json = json_pack("{s:i, s:i, s:I}", "memory_kib", (int)p->memory_kib, "passes", (int)p->passes, "microseconds", (json_int_t)m.took_us);
	return OK;
}
