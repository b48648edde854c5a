/* Profiles, and all the reasons for which a password is refused. */
#include "proto/password/password_hash.h"
#include "proto/password/password_policy.h"
#include "proto/password/password_variants.h"
#include "proto/password/password_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { MEMORY = 1 << 20, NOW = 1800000000 };

static const struct password_params cheap = { 64, 1 };
static const struct str own_words[] = { STR_INIT("Rosengarten") };
static const struct password_person anna = {
	STR_INIT("Anna M\xc3\xbcller-Gro\xc3\x9f"), STR_INIT("anna.bellini@mail.muster.example"), STR_INIT("Kettenwerk GmbH & Co"), own_words, 1
};

#define F(name) (1u << PASSWORD_##name)

static unsigned faults_of(const struct password_reasons *r)
{
	unsigned bits = 0;
	for (size_t i = 0; i < r->count; i++) {
		assert_int_equal(bits & 1u << r->list[i].fault, 0);
		assert_true(r->list[i].text.n > 10 && r->list[i].text.p[r->list[i].text.n - 1] == '.');
		bits |= 1u << r->list[i].fault;
	}
	return bits;
}

static unsigned check(const struct password_check *c, struct str password)
{
	struct password_reasons reasons;
	struct arena a;
	arena_init(&a, MEMORY, NULL, NULL);
	password_policy_check(&a, c, password, &reasons);
	unsigned bits = faults_of(&reasons);
	arena_done(&a);
	return bits;
}

static void test_default(void **state)
{
	static const struct { struct str password; unsigned want; } rows[] = {
		{ STR_INIT("correct horse battery staple"), 0 },                /* two classes, but strong */
		{ STR_INIT("xK9#mQ2vLp0s"), 0 },
		{ STR_INIT("xK9#mQ2vLp0"), F(TOO_SHORT) },
		{ STR_INIT("Gr\xc3\xbc\xc3\x9f" "e-Teich-71"), 0 },
		{ STR_INIT("Trellis7 moor"), 0 },
		{ STR_INIT("aaaaaaaaaaaaaaaa"), F(FEW_CLASSES) | F(WEAK) | F(FEW_DIFFERENT) | F(ROW) },
		{ STR_INIT("abcdefghijklmnop"), F(FEW_CLASSES) | F(WEAK) | F(ROW) },
		{ STR_INIT("Password2024!"), F(WEAK) | F(COMMON) | F(BREACHED) },
		{ STR_INIT("Dragonfly1987!"), F(WEAK) | F(BREACHED) },
		{ STR_INIT("qwertyuiop12"), F(FEW_CLASSES) | F(WEAK) | F(COMMON) | F(BREACHED) },
		{ STR_INIT("xylem Bellini 77 quartz"), F(HAS_WORD) },
		{ STR_INIT("xylem inilleb 77 quartz"), F(HAS_WORD) },           /* backwards */
		{ STR_INIT("xylem B3ll1n! 77 quartz"), F(HAS_WORD) },           /* signs for letters */
		{ STR_INIT("xylem n!ll3b 77 quartz"), 0 },                      /* no word of hers */
		{ STR_INIT("xylem MULLER 77 quartz"), F(HAS_WORD) },            /* without the accent */
		{ STR_INIT("xylem muster 77 quartz"), F(HAS_WORD) },            /* a label of the domain */
		{ STR_INIT("xylem example 77 quartz"), 0 },                     /* the last label is everybody's */
		{ STR_INIT("xylem Kettenwerk 77 quartz"), F(HAS_WORD) },
		{ STR_INIT("xylem netragnesor 77 quartz"), F(HAS_WORD) },
		{ STR_INIT("xylem gmb 77 co quartz"), 0 },                      /* short words do not count */
		{ STR_INIT(""), F(UNTYPABLE) },
		{ STR_INIT("with\ttab in the middle"), F(UNTYPABLE) },
		{ STR_INIT("Kurz1"), F(TOO_SHORT) | F(WEAK) },
		{ STR_INIT("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc"), F(TOO_SHORT) | F(FEW_CLASSES) | F(FEW_DIFFERENT) },   /* 6 characters, 12 bytes */
		{ STR_INIT("abababababababab"), F(FEW_CLASSES) | F(WEAK) | F(FEW_DIFFERENT) },
		{ STR_INIT("98765432109876"), F(FEW_CLASSES) | F(WEAK) | F(ROW) },
		{ STR_INIT("12345qwertyuiop"), F(FEW_CLASSES) | F(WEAK) | F(COMMON) | F(BREACHED) },
	};
	struct password_check c = { .profile = &password_profile_default, .person = anna, .breached = breached_starter(), .now = NOW };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned got = check(&c, rows[i].password);
		if (got != rows[i].want)
			print_message("row %zu: " STR_FMT ": %x, wanted %x\n", i, STR_ARG(rows[i].password), got, rows[i].want);
		assert_int_equal(got, rows[i].want);
	}
}

static void test_nist(void **state)
{
	static const struct { struct str password; unsigned want; } rows[] = {
		{ STR_INIT("fourteen chars"), F(TOO_SHORT) }, { STR_INIT("aaaaaaaaaaaaaaaaaaa"), 0 }, { STR_INIT("anna bellini at muster"), 0 },
		{ STR_INIT("passwordpassword"), F(BREACHED) }, { STR_INIT("PASSWORDpassword"), F(BREACHED) },
		{ STR_INIT("dragonfly-47110"), F(BREACHED) }, { STR_INIT("dragon-4711-0815"), 0 },      /* less than half of it is the word */
	};
	struct password_check c = { .profile = &password_profile_nist, .person = anna, .breached = breached_starter(), .now = NOW };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(check(&c, rows[i].password), rows[i].want);
	assert_int_equal(password_age(&password_profile_nist, 1, false, NOW).state, PASSWORD_AGE_FINE);
	c.breached = NULL;
	assert_int_equal(check(&c, STR("passwordpassword")), 0);
}

static void test_each_class(void **state)
{
	struct password_profile p = { .upper_least = 2, .lower_least = 1, .digit_least = 3, .symbol_least = 1, .classes_least = 4 };
	struct password_check c = { .profile = &p };
	(void)state;
	assert_int_equal(check(&c, STR("ABc123!")), 0);
	assert_int_equal(check(&c, STR("\xc3\x84\xc3\x96\xc3\xbc\xd9\xa1\xd9\xa2\xd9\xa3 ")), 0);      /* Ä Ö ü, Arabic digits, a space */
	assert_int_equal(check(&c, STR("Ac12!")), F(FEW_UPPER) | F(FEW_DIGITS));
	assert_int_equal(check(&c, STR("123")), F(FEW_UPPER) | F(FEW_LOWER) | F(FEW_SYMBOLS) | F(FEW_CLASSES));
	p = (struct password_profile){ 0 };
	assert_int_equal(check(&c, STR("x")), 0);
}

/* ---- what went before ---- */

static bool has_variant(const struct password_variants *v, struct str s)
{
	for (size_t i = 0; i < v->count; i++)
		if (str_eq((struct str){ v->text[i], v->length[i] }, s))
			return true;
	return false;
}

static void test_variants(void **state)
{
	static const struct { struct str password, variant; bool want; } rows[] = {
		{ STR_INIT("Summer2025!"), STR_INIT("Summer2025!"), true }, { STR_INIT("Summer2025!"), STR_INIT("Summer2024!"), true },
		{ STR_INIT("Summer2025!"), STR_INIT("Summer2026!"), true }, { STR_INIT("Summer2025!"), STR_INIT("summer2025!"), true },
		{ STR_INIT("Summer2025!"), STR_INIT("Summer"), true }, { STR_INIT("Summer2025!"), STR_INIT("Summer2025"), true },
		{ STR_INIT("Summer2025!"), STR_INIT("Summer2025!1"), true }, { STR_INIT("Summer2025!"), STR_INIT("Winter2025!"), false },
		{ STR_INIT("tower 0100"), STR_INIT("tower 0099"), true }, { STR_INIT("tower 0"), STR_INIT("tower 1"), true },
		{ STR_INIT("x99"), STR_INIT("x100"), true }, { STR_INIT("\xc3\xa9t\xc3\xa9"), STR_INIT("\xc3\xa9t"), true },
		{ STR_INIT("1234"), STR_INIT("1233"), true }, { STR_INIT("a"), STR_INIT("A"), true },
	};
	static struct password_variants v;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		password_variants(rows[i].password, &v);
		assert_in_range(v.count, 1, PASSWORD_VARIANTS_MAX);
		assert_int_equal(has_variant(&v, rows[i].variant), rows[i].want);
	}
	password_variants(STR(""), &v);
	assert_int_equal(v.count, 0);
	char longest[PASSWORD_BYTES_MAX];
	memset(longest, '9', sizeof longest);
	password_variants((struct str){ longest, sizeof longest }, &v);
	assert_in_range(v.count, 1, PASSWORD_VARIANTS_MAX);
}

static void test_history(void **state)
{
	static const struct str old[] = { STR_INIT("blue Lamp 17 on oak"), STR_INIT("green Door 3 by sea"), STR_INIT("grey Stone 9 in fog") };
	static const struct { struct str password; unsigned want; } rows[] = {
		{ STR_INIT("blue Lamp 17 on oak"), F(USED_BEFORE) }, { STR_INIT("blue Lamp 18 on oak"), F(USED_BEFORE) },
		{ STR_INIT("Green Door 3 by sea"), F(USED_BEFORE) }, { STR_INIT("green Door 3 by sea!"), F(USED_BEFORE) },
		{ STR_INIT("grey Stone 9 in fog"), 0 },                 /* older than the history reaches */
		{ STR_INIT("plum Cart 44 up hill"), 0 },
	};
	struct password_profile p = { .history = 2, .history_near = 1 };
	char hashes[COUNT_OF(old)][PASSWORD_HASH_MAX];
	struct str history[COUNT_OF(old)];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(old); i++) {
		assert_int_equal(password_hash(old[i], &cheap, hashes[i]), OK);
		history[i] = str_c(hashes[i]);
	}
	struct password_check c = { .profile = &p, .history = history, .history_count = COUNT_OF(old), .now = NOW };
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(check(&c, rows[i].password), rows[i].want);
	p.history_near = 0;
	assert_int_equal(check(&c, STR("blue Lamp 18 on oak")), 0);
	assert_int_equal(check(&c, STR("blue Lamp 17 on oak")), F(USED_BEFORE));
	p.history = 0;
	assert_int_equal(check(&c, STR("blue Lamp 17 on oak")), 0);
}

static void test_current(void **state)
{
	static const struct { struct str password; unsigned want; } rows[] = {
		{ STR_INIT("blue Lamp 17 on oak"), F(USED_BEFORE) },
		{ STR_INIT("blue Lamp 58 on oak"), F(NEAR_CURRENT) },           /* two characters */
		{ STR_INIT("BLUE lamp 17 0n 0ak"), F(NEAR_CURRENT) },           /* case and signs */
		{ STR_INIT("xx blue Lamp 17 on oak"), F(NEAR_CURRENT) },
		{ STR_INIT("blue Lamp 17 on oak tree 5"), 0 },
		{ STR_INIT("blue Barn 58 on oak"), 0 },
	};
	struct password_profile p = { .history = 1, .history_near = 1 };
	struct password_check c = { .profile = &p, .current = STR("blue Lamp 17 on oak"), .now = NOW };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(check(&c, rows[i].password), rows[i].want);
}

static void test_age(void **state)
{
	static const struct { int64_t changed_at; bool forced; enum password_age_state want; int64_t left; } rows[] = {
		{ NOW, false, PASSWORD_AGE_FINE, 1000 }, { NOW - 899, false, PASSWORD_AGE_FINE, 101 }, { NOW - 900, false, PASSWORD_AGE_WARN, 100 },
		{ NOW - 999, false, PASSWORD_AGE_WARN, 1 }, { NOW - 1000, false, PASSWORD_AGE_EXPIRED, 0 }, { NOW - 10, true, PASSWORD_AGE_FORCED, 990 },
		{ NOW + 500, false, PASSWORD_AGE_FINE, 1000 }, { NOW - 5000, false, PASSWORD_AGE_FORCED, -4000 },
		{ INT64_MIN, false, PASSWORD_AGE_FORCED, 1000 - (int64_t)NOW },
	};
	struct password_profile p = { .age_most = 1000, .warning = 100, .change_before = NOW - 4000, .age_least = 7200 };
	struct password_check c = { .profile = &p, .changed_at = NOW - 60, .now = NOW };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct password_age age = password_age(&p, rows[i].changed_at, rows[i].forced, NOW);
		assert_int_equal(age.state, rows[i].want);
		assert_int_equal(age.seconds_left, rows[i].left);
	}
	assert_int_equal(check(&c, STR("anything")), F(TOO_SOON));
	c.changed_at = NOW - 7200;
	assert_int_equal(check(&c, STR("anything")), 0);
	c.changed_at = 0;
	assert_int_equal(check(&c, STR("anything")), 0);
}

/* ---- profiles ---- */

static void test_profiles(void **state)
{
	static const struct password_profile *const all[] = { &password_profile_default, &password_profile_nist };
	struct buf b;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct password_profile p = { 0 };
		buf_init(&b, 4096);
		assert_ptr_equal(password_profile_built_in(all[i]->name), all[i]);
		assert_int_equal(password_profile_write(&b, all[i]), OK);
		assert_int_equal(password_profile_read(buf_str(&b), &p), OK);
		assert_true(str_eq(p.name, all[i]->name));
		for (size_t k = 0; k < password_knob_count; k++)
			assert_int_equal(password_knob_get(&p, &password_knobs[k]), password_knob_get(all[i], &password_knobs[k]));
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(password_profile_read(str_first(buf_str(&b), n), &p), E_CORRUPT);
		b.p[0] = 2;
		assert_int_equal(password_profile_read(buf_str(&b), &p), E_UNSUPPORTED);
		buf_done(&b);
	}
	assert_null(password_profile_built_in(STR("other")));
}

static void test_unknown_and_large_knobs(void **state)
{
	struct password_profile p = { 0 };
	struct buf b;
	(void)state;
	buf_init(&b, 256);
	struct bufw w = { &b, OK };
	write_u8(&w, 1);
	write_str(&w, STR("x"));
	write_varint(&w, 2);
	write_str(&w, STR("of-tomorrow"));
	write_varint(&w, 77);
	write_str(&w, STR("length"));
	write_varint(&w, 20);
	assert_int_equal(w.err, OK);
	assert_int_equal(password_profile_read(buf_str(&b), &p), OK);
	assert_int_equal(p.length_least, 20);
	b.p[b.n - 1] = 127;
	assert_int_equal(password_profile_read(buf_str(&b), &p), OK);
	const struct password_knob *k = password_knob_find(STR("classes"));
	assert_non_null(k);
	assert_int_equal(password_knob_set(&p, k, 4), OK);
	assert_int_equal(password_knob_set(&p, k, 5), E_TOOBIG);
	assert_int_equal(p.classes_least, 4);
	assert_null(password_knob_find(STR("Classes")));
	buf_done(&b);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < PASSWORD_FAULT_COUNT; i++) {
		assert_string_not_equal(password_fault_name(i), "unknown");
		for (int k = 0; k < i; k++)
			assert_string_not_equal(password_fault_name(i), password_fault_name(k));
	}
}

/* A long hostile password costs milliseconds, whatever the words. */
static void test_bounds(void **state)
{
	static char text[PASSWORD_BYTES_MAX + 1];
	static struct str words[200];
	struct password_person person = { STR(""), STR("a@b"), STR(""), words, COUNT_OF(words) };
	struct password_check c = { .profile = &password_profile_default, .person = person, .breached = breached_starter(), .now = NOW };
	(void)state;
	memset(text, 'a', sizeof text);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		words[i] = (struct str){ text, 50 + i };
	unsigned got = check(&c, (struct str){ text, PASSWORD_BYTES_MAX });
	assert_true(got & F(HAS_WORD));
	assert_int_equal(check(&c, (struct str){ text, PASSWORD_BYTES_MAX + 1 }), F(TOO_LONG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default), cmocka_unit_test(test_nist), cmocka_unit_test(test_each_class), cmocka_unit_test(test_variants),
		cmocka_unit_test(test_history), cmocka_unit_test(test_current), cmocka_unit_test(test_age), cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_unknown_and_large_knobs), cmocka_unit_test(test_names), cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
