#include "proto/password/password_hash.h"
#include "proto/password/password_patterns.h"
#include "proto/password/password_policy.h"
#include "proto/password/password_variants.h"
#include "proto/password/password_words.h"

#include <inttypes.h>
#include <math.h>
#include <unicode/uchar.h>
#include <zxcvbn.h>

/* The estimate of zxcvbn costs the square of the length in the worst case, and the strength of the front is the least that all has. */
enum { STRENGTH_BYTES_MOST = 128 };

struct work {
	struct arena *arena;
	const struct password_check *check;
	const struct password_profile *profile;
	struct str password;                    /* in normal form */
	struct str *words;
	size_t word_count;
	uint64_t upper, lower, digits, symbols;
	struct password_reasons *out;
};

static void fault(struct work *w, enum password_fault f, struct str text)
{
	w->out->list[w->out->count++] = (struct password_reason){ f, text };
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- length and classes ---- */

static void check_length(struct work *w)
{
	uint64_t least = w->profile->length_least;
	if (password_characters(w->password) < least)
		fault(w, PASSWORD_TOO_SHORT, arena_printf(w->arena, "It needs at least %" PRIu64 " character%s; three or four unrelated words"
			" make a good one.", least, plural(least)));
}

static void count_classes(struct work *w)
{
	for (struct str s = w->password; s.n;) {
		UChar32 c = (UChar32)utf8_take(&s);
		if (u_isUUppercase(c))
			w->upper++;
		else if (u_isULowercase(c))
			w->lower++;
		else if (u_isdigit(c))
			w->digits++;
		else
			w->symbols++;
	}
}

static void check_each_class(struct work *w)
{
	const struct { enum password_fault fault; uint64_t has, least; const char *noun; } rows[] = {
		{ PASSWORD_FEW_UPPER, w->upper, w->profile->upper_least, "upper case letter" },
		{ PASSWORD_FEW_LOWER, w->lower, w->profile->lower_least, "lower case letter" },
		{ PASSWORD_FEW_DIGITS, w->digits, w->profile->digit_least, "digit" },
		{ PASSWORD_FEW_SYMBOLS, w->symbols, w->profile->symbol_least, "sign or space" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].has < rows[i].least)
			fault(w, rows[i].fault, arena_printf(w->arena, "It needs at least %" PRIu64 " %s%s.", rows[i].least, rows[i].noun,
				i == 3 ? "" : plural(rows[i].least)));
}

static void check_classes(struct work *w)
{
	uint64_t least = w->profile->classes_least;
	uint64_t has = (w->upper > 0) + (uint64_t)(w->lower > 0) + (w->digits > 0) + (w->symbols > 0);
	bool made_up = w->profile->strength_instead && w->out->bits >= (double)w->profile->strength_instead;
	if (has < least && !made_up)
		fault(w, PASSWORD_FEW_CLASSES, arena_printf(w->arena, "It needs %" PRIu64 " of these four: upper case, lower case, digits,"
			" other signs%s.", least, w->profile->strength_instead ? "; or more length, such as another unrelated word" : ""));
}

/* ---- strength and patterns ---- */

static double strength(struct work *w)
{
	const char **dictionary = arena_new_array(w->arena, const char *, w->word_count + 1);
	char text[STRENGTH_BYTES_MOST + 1];
	for (size_t i = 0; i < w->word_count; i++)
		dictionary[i] = w->words[i].p;          /* NUL-ended by password_words */
	if (str_to_c(str_first(w->password, STRENGTH_BYTES_MOST), text, sizeof text) != OK)
		return 0;
	double bits = ZxcvbnMatch(text, dictionary, NULL);
	secret_wipe(text, sizeof text);
	return isfinite(bits) && bits > 0 ? bits : 0;
}

static void check_strength(struct work *w)
{
	if (w->out->bits < (double)w->profile->strength_least)
		fault(w, PASSWORD_WEAK, STR("It would soon be guessed: its parts are known words, names, dates or runs of keys."));
}

static void check_patterns(struct work *w)
{
	if (!w->profile->patterns_refused)
		return;
	if (password_has_few_different(w->password))
		fault(w, PASSWORD_FEW_DIFFERENT, STR("It repeats too few different characters."));
	if (password_is_row(w->password))
		fault(w, PASSWORD_ROW, STR("It is a plain row of characters."));
	if (password_is_common(w->password))
		fault(w, PASSWORD_COMMON, STR("It is one of those that are tried first."));
}

static void check_words(struct work *w)
{
	if (w->profile->words_refused && password_has_word(w->password, w->words, w->word_count))
		fault(w, PASSWORD_HAS_WORD, STR("It holds a name or word that belongs to you or your organisation, perhaps backwards or with"
			" signs for letters."));
}

/* ---- breached ---- */

/* The list as it is, in lower case (most lists are), and the part that is left without digits and signs at the ends when it is at least
 * half of all: "Dragonfly1987!" is "dragonfly" to those who guess. */
static void check_breached(struct work *w)
{
	const struct breached *b = w->check->breached;
	char lower[PASSWORD_BYTES_MAX];
	if (!w->profile->breached_refused || !b)
		return;
	for (size_t i = 0; i < w->password.n; i++)
		lower[i] = ascii_lower(w->password.p[i]);
	struct str low = { lower, w->password.n }, core = password_core(low);
	if (breached_has(b, w->password) || breached_has(b, low) || (core.n * 2 >= low.n && breached_has(b, core)))
		fault(w, PASSWORD_BREACHED, STR("It is in a list of stolen passwords, with which attackers begin."));
	secret_wipe(lower, sizeof lower);
}

/* ---- what went before ---- */

static void check_current(struct work *w, struct str current)
{
	char normal[PASSWORD_BYTES_MAX];
	size_t n = 0;
	if (!w->profile->history || password_normalize(current, normal, &n) != OK)
		return;
	struct str old = { normal, n };
	if (str_eq(w->password, old))
		fault(w, PASSWORD_USED_BEFORE, STR("It is the present one."));
	else if (w->profile->history_near && password_is_near(w->password, old))
		fault(w, PASSWORD_NEAR_CURRENT, STR("It is too much like the present one."));
	secret_wipe(normal, sizeof normal);
}

static void check_history(struct work *w)
{
	const struct password_check *c = w->check;
	size_t most = (size_t)w->profile->history, count = c->history_count < most ? c->history_count : most;
	for (size_t i = 0; i < w->out->count; i++)
		if (w->out->list[i].fault == PASSWORD_USED_BEFORE)
			return;
	if (count && password_in_history(w->password, c->history, count, w->profile->history_near))
		fault(w, PASSWORD_USED_BEFORE, w->profile->history_near ? STR("It was used before, or one very much like it.") :
			STR("It was used before."));
}

static void check_age(struct work *w)
{
	const struct password_check *c = w->check;
	int64_t left = c->changed_at + (int64_t)w->profile->age_least - c->now;
	if (c->changed_at > 0 && c->changed_at <= c->now && left > 0)
		fault(w, PASSWORD_TOO_SOON, arena_printf(w->arena, "The present one was set a short time ago; it may be changed in %" PRId64
			" hour%s.", (left + 3599) / 3600, plural((uint64_t)(left + 3599) / 3600)));
}

static void check_all(struct work *w)
{
	w->words = password_words(w->arena, &w->check->person, (size_t)w->profile->word_least, &w->word_count);
	w->out->bits = strength(w);
	count_classes(w);
	check_length(w);
	check_each_class(w);
	check_classes(w);
	check_strength(w);
	check_patterns(w);
	check_words(w);
	check_breached(w);
	check_current(w, w->check->current);
	check_history(w);
	check_age(w);
}

void password_policy_check(struct arena *a, const struct password_check *c, struct str password, struct password_reasons *ret)
{
	char normal[PASSWORD_BYTES_MAX];
	size_t n = 0;
	*ret = (struct password_reasons){ .count = 0 };
	struct work w = { .arena = a, .check = c, .profile = c->profile, .out = ret };
	int r = password_normalize(password, normal, &n);
	w.password = (struct str){ normal, n };
	if (r == OK)
		check_all(&w);
	else if (r == E_TOOBIG)
		fault(&w, PASSWORD_TOO_LONG, STR("It is longer than 1024 bytes."));
	else
		fault(&w, PASSWORD_UNTYPABLE, STR("It is empty or holds characters that cannot be typed everywhere."));
	secret_wipe(normal, sizeof normal);
}

const char *password_fault_name(enum password_fault f)
{
	static const char *const names[PASSWORD_FAULT_COUNT] = {
		[PASSWORD_UNTYPABLE] = "untypable", [PASSWORD_TOO_LONG] = "too-long", [PASSWORD_TOO_SHORT] = "too-short",
		[PASSWORD_FEW_UPPER] = "few-upper", [PASSWORD_FEW_LOWER] = "few-lower", [PASSWORD_FEW_DIGITS] = "few-digits",
		[PASSWORD_FEW_SYMBOLS] = "few-symbols", [PASSWORD_FEW_CLASSES] = "few-classes", [PASSWORD_WEAK] = "weak",
		[PASSWORD_FEW_DIFFERENT] = "few-different", [PASSWORD_ROW] = "row", [PASSWORD_COMMON] = "common", [PASSWORD_HAS_WORD] = "has-word",
		[PASSWORD_BREACHED] = "breached", [PASSWORD_NEAR_CURRENT] = "near-current", [PASSWORD_USED_BEFORE] = "used-before",
		[PASSWORD_TOO_SOON] = "too-soon",
	};
	return (unsigned)f < COUNT_OF(names) ? names[f] : "unknown";
}
