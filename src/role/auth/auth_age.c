#include "role/auth/auth_age.h"

#include "os/clock.h"
#include "os/random.h"
#include "role/auth/auth_keep.h"

#include <sodium.h>
#include <stdio.h>

enum { SLOTS = 4096, REMEMBER_MS = 60000, MEMORY = 256 << 10 };

/* A table of fixed size, whose slots are shared by chance; the key is random, so that nobody can aim at a slot. */
static struct slot { uint64_t name; int64_t until; struct password_age age; bool to_warn; } slots[SLOTS];
static unsigned char key[crypto_shorthash_KEYBYTES];
static bool keyed;

static uint64_t name_of(struct str address)
{
	unsigned char out[crypto_shorthash_BYTES];
	if (!keyed)
		random_bytes(key, sizeof key);
	keyed = true;
	crypto_shorthash(out, (const unsigned char *)address.p, address.n, key);
	return get_le64(out);
}

void auth_age_forget(void)
{
	memset(slots, 0, sizeof slots);
}

/* A password whose age is not known is as old as its first sign-in. */
static void begin_state(struct str address)
{
	struct records_batch b;
	struct password_state s = { .changed_at = clock_real() };
	records_begin(&b);
	int r = auth_state_set(&b, address, &s, RECORDS_NONE);
	if (r != OK || records_commit(&b) != OK)
		auth_age_forget();              /* the next sign-in tries again */
}

static int compute(struct arena *a, struct str address, struct password_age *ret, bool *ret_to_warn)
{
	struct password_rule rule;
	struct password_state state = { 0 };
	struct str scope;
	uint64_t version;
	int r = auth_rule_for(a, address, &rule, &scope);
	if (r == OK)
		r = auth_state_get(a, address, &state, &version);
	if (r == E_NOTFOUND) {
		begin_state(address);
		state.changed_at = clock_real();
		r = OK;
	}
	if (r != OK)
		return r;
	*ret = password_age(&rule.profile, state.changed_at, state.flags & PASSWORD_MUST_CHANGE, clock_real());
	*ret_to_warn = ret->state == PASSWORD_AGE_WARN && !state.warned_at;
	return OK;
}

int auth_age_of(struct str address, struct password_age *ret, bool *ret_to_warn)
{
	uint64_t name = name_of(address);
	struct slot *s = &slots[name % SLOTS];
	struct arena a;
	if (s->name == name && clock_mono_ms() < s->until) {
		*ret = s->age;
		*ret_to_warn = s->to_warn;
		return OK;
	}
	arena_init(&a, MEMORY, NULL, NULL);
	int r = compute(&a, address, ret, ret_to_warn);
	if (r == OK)
		*s = (struct slot){ name, clock_mono_ms() + REMEMBER_MS, *ret, *ret_to_warn };
	arena_done(&a);
	return r;
}

void auth_age_text(const struct password_age *age, char ret[AUTH_AGE_TEXT])
{
	int64_t days = (age->seconds_left + PASSWORD_DAY - 1) / PASSWORD_DAY;
	ret[0] = '\0';
	if (age->state == PASSWORD_AGE_WARN)
		snprintf(ret, AUTH_AGE_TEXT, "Your password expires in %lld day%s; please set a new one", (long long)days, days == 1 ? "" : "s");
	else if (age->state == PASSWORD_AGE_EXPIRED)
		snprintf(ret, AUTH_AGE_TEXT, "Your password has expired; set a new one, or ask your administrator");
	else if (age->state == PASSWORD_AGE_FORCED)
		snprintf(ret, AUTH_AGE_TEXT, "Your password must be changed before you can sign in; set a new one, or ask your administrator");
}
