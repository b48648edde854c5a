#include "proto/password/password_policy.h"

enum { VERSION = 1, KNOBS_MOST = 64, KNOB_NAME_MOST = 32, YEARS_HUNDRED = 100 * 366 };
enum { STRENGTH_HIGH = 48 /* three unrelated words */, STRENGTH_LEAST = 34 /* 10^10 guesses: the best class of zxcvbn */ };

const struct password_profile password_profile_default = {
	.name = STR_INIT("default"), .length_least = 12, .classes_least = 3, .strength_instead = STRENGTH_HIGH, .strength_least = STRENGTH_LEAST,
	.words_refused = 1, .word_least = 4, .patterns_refused = 1, .breached_refused = 1, .history = 10, .history_near = 1,
	.age_most = 365 * PASSWORD_DAY, .warning = 14 * PASSWORD_DAY,
};

const struct password_profile password_profile_nist = { .name = STR_INIT("nist"), .length_least = 15, .breached_refused = 1 };

const struct password_profile *password_profile_built_in(struct str name)
{
	static const struct password_profile *const all[] = { &password_profile_default, &password_profile_nist };
	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (str_eq(name, all[i]->name))
			return all[i];
	return NULL;
}

#define KNOB(name, member, most, unit) { name, offsetof(struct password_profile, member), most, unit }
#define SECONDS ((uint64_t)YEARS_HUNDRED * PASSWORD_DAY)

const struct password_knob password_knobs[] = {
	KNOB("length", length_least, 128, "characters"),
	KNOB("upper", upper_least, 16, "characters"),
	KNOB("lower", lower_least, 16, "characters"),
	KNOB("digits", digit_least, 16, "characters"),
	KNOB("symbols", symbol_least, 16, "characters"),
	KNOB("classes", classes_least, 4, "classes"),
	KNOB("strength-instead", strength_instead, 128, "bits"),
	KNOB("strength", strength_least, 128, "bits"),
	KNOB("no-words", words_refused, 1, "yes or no"),
	KNOB("word-length", word_least, 32, "characters"),
	KNOB("no-patterns", patterns_refused, 1, "yes or no"),
	KNOB("not-breached", breached_refused, 1, "yes or no"),
	KNOB("history", history, PASSWORD_HISTORY_MAX, "passwords"),
	KNOB("no-near-copies", history_near, 1, "yes or no"),
	KNOB("minimum-age", age_least, SECONDS, "seconds"),
	KNOB("maximum-age", age_most, SECONDS, "seconds"),
	KNOB("warning", warning, SECONDS, "seconds"),
	KNOB("change-before", change_before, INT64_MAX, "unix seconds"),
};
const size_t password_knob_count = COUNT_OF(password_knobs);

const struct password_knob *password_knob_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(password_knobs); i++)
		if (str_eq(name, str_c(password_knobs[i].name)))
			return &password_knobs[i];
	return NULL;
}

uint64_t password_knob_get(const struct password_profile *p, const struct password_knob *k)
{
	uint64_t v;
	memcpy(&v, (const char *)p + k->offset, sizeof v);
	return v;
}

int password_knob_set(struct password_profile *p, const struct password_knob *k, uint64_t value)
{
	if (value > k->most)
		return E_TOOBIG;
	memcpy((char *)p + k->offset, &value, sizeof value);
	return OK;
}

int password_profile_write(struct buf *out, const struct password_profile *p)
{
	struct bufw w = { out, OK };
	size_t start = out->n;
	if (p->name.n > PASSWORD_PROFILE_NAME_MAX)
		return E_TOOBIG;
	write_u8(&w, VERSION);
	write_str(&w, p->name);
	write_varint(&w, COUNT_OF(password_knobs));
	for (size_t i = 0; i < COUNT_OF(password_knobs); i++) {
		write_str(&w, str_c(password_knobs[i].name));
		write_varint(&w, password_knob_get(p, &password_knobs[i]));
	}
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int password_profile_read(struct str bytes, struct password_profile *ret)
{
	struct reader r = reader_of(bytes);
	struct password_profile p = { 0 };
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	p.name = read_str(&r, PASSWORD_PROFILE_NAME_MAX);
	uint64_t n = read_varint(&r);
	for (uint64_t i = 0; r.err == OK && i < n && n <= KNOBS_MOST; i++) {
		const struct password_knob *k = password_knob_find(read_str(&r, KNOB_NAME_MOST));
		uint64_t value = read_varint(&r);
		if (k && password_knob_set(&p, k, value) != OK)
			return E_CORRUPT;
	}
	if (n > KNOBS_MOST || reader_end(&r) != OK)
		return E_CORRUPT;
	*ret = p;
	return OK;
}

struct password_age password_age(const struct password_profile *p, int64_t changed_at, bool forced, int64_t now)
{
	struct password_age age = { PASSWORD_AGE_FINE, INT64_MAX };
	changed_at = changed_at > now ? now : changed_at < 0 ? 0 : changed_at;
	if (p->age_most) {
		age.seconds_left = changed_at + (int64_t)p->age_most - now;
		if (age.seconds_left <= 0)
			age.state = PASSWORD_AGE_EXPIRED;
		else if (age.seconds_left <= (int64_t)p->warning)
			age.state = PASSWORD_AGE_WARN;
	}
	if (forced || changed_at < (int64_t)p->change_before)
		age.state = PASSWORD_AGE_FORCED;
	return age;
}
