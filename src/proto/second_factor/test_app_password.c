/* App passwords and recovery codes. */
#include "proto/second_factor/app_password.h"
#include "proto/second_factor/recovery.h"
#include "proto/second_factor/test_cost.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { NOW = 1800000000, LIST = 4 };

static uint8_t random_bytes[RECOVERY_RANDOM];
static const uint8_t salt[SCRAM_SALT] = { 7 };

static void make(unsigned seed, struct app_password *p, char text[APP_PASSWORD_TEXT])
{
	for (size_t i = 0; i < APP_PASSWORD_LETTERS; i++)
		random_bytes[i] = (uint8_t)(seed * 37 + i * 11);
	*p = (struct app_password){ .name = STR("phone"), .scope = APP_IMAP | APP_SMTP, .created = NOW };
	assert_int_equal(app_password_new(random_bytes, salt, p, text), OK);
}

static struct ip_address address(const char *text)
{
	struct ip_address a;
	bool v6 = str_find(str_c(text), ':') != STR_NPOS;      /* a mapped address stays as it comes from a socket */
	assert_int_equal(v6 ? ip_parse6(str_c(text), &a) : ip_parse4(str_c(text), &a), OK);
	return a;
}

static void test_find(void **state)
{
	struct app_password list[LIST];
	char text[LIST][APP_PASSWORD_TEXT], other[APP_PASSWORD_TEXT];
	size_t at = 99;
	(void)state;
	for (unsigned i = 0; i < LIST; i++)
		make(i, &list[i], text[i]);
	for (size_t i = 0; i < LIST; i++) {
		assert_int_equal(strlen(text[i]), 39);
		assert_int_equal(app_password_find(list, LIST, str_c(text[i]), &at), OK);
		assert_int_equal(at, i);
		assert_int_equal(app_password_find(list, i, str_c(text[i]), &at), E_DENIED);
	}
	/* right identifier, wrong secret; every letter counts */
	for (size_t i = 0; i < sizeof other - 1; i++) {
		memcpy(other, text[2], sizeof other);
		if (other[i] == '-')
			continue;
		other[i] = other[i] == 'z' ? 'a' : (char)(other[i] + 1);
		assert_int_equal(app_password_find(list, LIST, str_c(other), &at), E_DENIED);
	}
}

/* The identifier and a secret that is wrong in its first, or only in its last letter; 64 calls a try, since one takes a microsecond. */
static int64_t cost_of_wrong(bool late)
{
	static struct app_password p;
	static char text[APP_PASSWORD_TEXT];
	size_t at;
	make(1, &p, text);
	char *c = text + (late ? sizeof text - 2 : APP_PASSWORD_ID + 1);
	*c = *c == 'z' ? 'a' : (char)(*c + 1);
	int64_t start = test_cost_now();
	for (int i = 0; i < 64; i++)
		assert_int_equal(app_password_find(&p, 1, str_c(text), &at), E_DENIED);
	return test_cost_now() - start;
}

static int64_t cost_of_recovery(bool late)
{
	static struct recovery r;
	static char codes[RECOVERY_CODES][RECOVERY_TEXT];
	for (size_t i = 0; i < sizeof random_bytes; i++)
		random_bytes[i] = (uint8_t)(i * 151 + 3);
	recovery_new(random_bytes, &r, codes);
	char *c = codes[3] + (late ? RECOVERY_TEXT - 2 : 0);
	*c = *c == 'z' ? 'a' : 'z';
	int64_t start = test_cost_now();
	for (int i = 0; i < 64; i++)
		assert_int_equal(recovery_spend(&r, str_c(codes[3])), E_DENIED);
	return test_cost_now() - start;
}

/* How much of a prefix is right must not show. */
static void test_A67_prefixes(void **state)
{
	(void)state;
	assert_true(test_costs_alike(cost_of_wrong));
	assert_true(test_costs_alike(cost_of_recovery));
}

static void test_forms(void **state)
{
	static const struct { struct str text; bool want; } rows[] = {
		{ STR_INIT("abcd-efgh-ijkl-mnop-qrst-uvwx-yzab-cdef"), true }, { STR_INIT("ABCDefghijklmnopqrstuvwxyzabcdef"), true },
		{ STR_INIT(" abcd efgh ijkl mnop qrst uvwx yzab cdef "), true }, { STR_INIT("abcd-efgh-ijkl-mnop-qrst-uvwx-yzab-cde"), false },
		{ STR_INIT("abcd-efgh-ijkl-mnop-qrst-uvwx-yzab-cdefg"), false }, { STR_INIT("abcd-efgh-ijkl-mnop-qrst-uvwx-yzab-cde1"), false },
		{ STR_INIT(""), false }, { STR_INIT("correct horse battery staple"), false },
	};
	struct app_password p;
	char text[APP_PASSWORD_TEXT];
	size_t at;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(app_password_looks_like(rows[i].text), rows[i].want);
	make(3, &p, text);
	for (char *c = text; *c; c++)
		*c = *c == '-' ? ' ' : ascii_upper(*c);
	assert_int_equal(app_password_find(&p, 1, str_c(text), &at), OK);
	assert_int_equal(app_password_find(&p, 1, STR("password"), &at), E_SYNTAX);
}

/* A71: bound to protocols, to a network, to a time */
static void test_A71_may(void **state)
{
	static const struct { const char *network, *from; int64_t expires; enum app_scope scope; enum app_password_verdict want; } rows[] = {
		{ NULL, "192.0.2.1", 0, APP_IMAP, APP_PASSWORD_GOOD }, { NULL, "2001:db8::1", 0, APP_SMTP, APP_PASSWORD_GOOD },
		{ NULL, "192.0.2.1", 0, APP_POP3, APP_PASSWORD_WRONG_SCOPE }, { NULL, "192.0.2.1", 0, APP_SIEVE, APP_PASSWORD_WRONG_SCOPE },
		{ NULL, "192.0.2.1", NOW + 1, APP_IMAP, APP_PASSWORD_GOOD }, { NULL, "192.0.2.1", NOW, APP_IMAP, APP_PASSWORD_EXPIRED },
		{ "192.0.2.0/24", "192.0.2.255", 0, APP_IMAP, APP_PASSWORD_GOOD }, { "192.0.2.0/24", "192.0.3.0", 0, APP_IMAP, APP_PASSWORD_WRONG_NETWORK },
		{ "192.0.2.0/24", "::ffff:192.0.2.7", 0, APP_IMAP, APP_PASSWORD_GOOD },
		{ "192.0.2.0/24", "2001:db8::1", 0, APP_IMAP, APP_PASSWORD_WRONG_NETWORK },
		{ "2001:db8::/32", "2001:db8:1::1", 0, APP_IMAP, APP_PASSWORD_GOOD }, { "2001:db8::/32", "2001:db9::1", 0, APP_IMAP, APP_PASSWORD_WRONG_NETWORK },
		{ "192.0.2.9", "192.0.2.9", 0, APP_IMAP, APP_PASSWORD_GOOD }, { "192.0.2.9", "192.0.2.8", 0, APP_IMAP, APP_PASSWORD_WRONG_NETWORK },
		{ "0.0.0.0/0", "203.0.113.1", 0, APP_IMAP, APP_PASSWORD_GOOD },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct app_password p = { .scope = APP_IMAP | APP_SMTP, .expires = rows[i].expires, .has_network = rows[i].network != NULL };
		if (rows[i].network)
			assert_int_equal(app_network_parse(str_c(rows[i].network), &p.network, &p.network_bits), OK);
		assert_int_equal(app_password_may(&p, rows[i].scope, address(rows[i].from), NOW), rows[i].want);
	}
}

static void test_networks_and_scopes(void **state)
{
	static const struct str bad[] = {
		STR_INIT(""), STR_INIT("192.0.2.1/24"), STR_INIT("192.0.2.0/33"), STR_INIT("192.0.2.0/"), STR_INIT("192.0.2.0/-1"), STR_INIT("192.0.2.0/24/1"),
		STR_INIT("2001:db8::1/64"), STR_INIT("2001:db8::/129"), STR_INIT("example.test"), STR_INIT("/24"),
	};
	static const struct { struct str text; int want; uint32_t scope; struct str again; } scopes[] = {
		{ STR_INIT("imap"), OK, APP_IMAP, STR_INIT("imap") }, { STR_INIT("SMTP, imap"), OK, APP_IMAP | APP_SMTP, STR_INIT("imap,smtp") },
		{ STR_INIT("all"), OK, APP_SCOPE_ALL, STR_INIT("imap,pop3,smtp,sieve,dav,jmap") }, { STR_INIT(""), E_SYNTAX, 0, { 0 } },
		{ STR_INIT("imap,imap"), E_SYNTAX, 0, { 0 } }, { STR_INIT("imap,"), E_SYNTAX, 0, { 0 } }, { STR_INIT(",imap"), E_SYNTAX, 0, { 0 } },
		{ STR_INIT("imap,web"), E_SYNTAX, 0, { 0 } }, { STR_INIT("all,imap"), E_SYNTAX, 0, { 0 } },
	};
	struct ip_address a;
	uint8_t bits;
	struct buf b;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(app_network_parse(bad[i], &a, &bits), E_SYNTAX);
	buf_init(&b, 128);
	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		uint32_t scope = 0;
		assert_int_equal(app_scope_parse(scopes[i].text, &scope), scopes[i].want);
		assert_int_equal(scope, scopes[i].scope);
		buf_clear(&b);
		assert_int_equal(app_scope_write(&b, scope), OK);
		assert_true(scopes[i].want != OK || str_eq(buf_str(&b), scopes[i].again));
	}
	buf_done(&b);
}

static void test_stored(void **state)
{
	struct app_password p, back;
	char text[APP_PASSWORD_TEXT];
	struct buf b, again;
	(void)state;
	make(5, &p, text);
	p.expires = NOW + 1000;
	p.last_used = NOW + 1;
	p.has_network = true;
	assert_int_equal(app_network_parse(STR("2001:db8::/32"), &p.network, &p.network_bits), OK);
	buf_init(&b, 1024);
	buf_init(&again, 1024);
	assert_int_equal(app_password_write(&b, &p), OK);
	assert_int_equal(app_password_read(buf_str(&b), &back), OK);
	assert_true(str_eq(back.name, STR("phone")) && back.expires == p.expires && back.scope == p.scope && back.network_bits == 32);
	assert_int_equal(app_password_write(&again, &back), OK);
	assert_true(str_eq(buf_str(&b), buf_str(&again)));
	assert_int_equal(str_search(buf_str(&b), str_c(text)), STR_NPOS);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(app_password_read(str_first(buf_str(&b), n), &back), E_CORRUPT);
	b.p[0] = 9;
	assert_int_equal(app_password_read(buf_str(&b), &back), E_UNSUPPORTED);
	p.scope = 0;
	assert_int_equal(app_password_write(&again, &p), E_SYNTAX);
	p.scope = APP_IMAP;
	p.name = STR("two\nlines");
	assert_int_equal(app_password_write(&again, &p), E_SYNTAX);
	buf_done(&b);
	buf_done(&again);
}

/* ---- recovery codes ---- */

static void new_codes(struct recovery *r, char codes[RECOVERY_CODES][RECOVERY_TEXT])
{
	for (size_t i = 0; i < sizeof random_bytes; i++)
		random_bytes[i] = (uint8_t)(i * 151 + 3);
	recovery_new(random_bytes, r, codes);
}

static void test_A65_recovery_once(void **state)
{
	struct recovery r, back;
	char codes[RECOVERY_CODES][RECOVERY_TEXT];
	struct buf b;
	(void)state;
	new_codes(&r, codes);
	buf_init(&b, 1024);
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		assert_int_equal(recovery_left(&r), RECOVERY_CODES - i);
		assert_int_equal(recovery_spend(&r, str_c(codes[i])), OK);
		assert_int_equal(recovery_spend(&r, str_c(codes[i])), E_STALE);
		buf_clear(&b);
		assert_int_equal(recovery_write(&b, &r), OK);
		assert_int_equal(recovery_read(buf_str(&b), &back), OK);
		assert_int_equal(recovery_spend(&back, str_c(codes[i])), E_STALE);
		r = back;
	}
	assert_int_equal(recovery_left(&r), 0);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(recovery_read(str_first(buf_str(&b), n), &back), E_CORRUPT);
	b.p[2] = 4;             /* an eleventh code */
	assert_int_equal(recovery_read(buf_str(&b), &back), E_CORRUPT);
	b.p[0] = 2;
	assert_int_equal(recovery_read(buf_str(&b), &back), E_UNSUPPORTED);
	buf_done(&b);
}

static void test_recovery_forms(void **state)
{
	static const uint8_t zeros[RECOVERY_RANDOM];
	static const struct { struct str code; int want; } rows[] = {
		{ STR_INIT("0000-0000-0000-0000"), OK }, { STR_INIT("0000000000000000"), OK }, { STR_INIT("OOOO oooo 0000 0o0O"), OK },
		{ STR_INIT("0000-0000-0000-000"), E_SYNTAX }, { STR_INIT("0000-0000-0000-00000"), E_SYNTAX }, { STR_INIT("0000-0000-0000-000u"), E_SYNTAX },
		{ STR_INIT("0000-0000-0000-0001"), E_DENIED }, { STR_INIT("0000-0000-0000-000I"), E_DENIED }, { STR_INIT(""), E_SYNTAX },
		{ STR_INIT("0000-0000-0000-000\0"), E_SYNTAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct recovery r;
		char codes[RECOVERY_CODES][RECOVERY_TEXT];
		recovery_new(zeros, &r, codes);
		assert_string_equal(codes[9], "0000-0000-0000-0000");
		assert_int_equal(recovery_spend(&r, rows[i].code), rows[i].want);
	}
}

/* All 80 bits are in the text: 16 digits of 5 bits, the first byte first. */
static void test_recovery_digits(void **state)
{
	static const uint8_t bytes[RECOVERY_CODE_BYTES] = { 0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf };
	uint8_t random[RECOVERY_RANDOM] = { 0 };
	struct recovery r;
	char codes[RECOVERY_CODES][RECOVERY_TEXT];
	(void)state;
	memcpy(random + RECOVERY_SALT, bytes, sizeof bytes);
	recovery_new(random, &r, codes);
	assert_string_equal(codes[0], "0123-4567-89ab-cdef");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find), cmocka_unit_test(test_A67_prefixes), cmocka_unit_test(test_forms), cmocka_unit_test(test_A71_may), cmocka_unit_test(test_networks_and_scopes),
		cmocka_unit_test(test_stored), cmocka_unit_test(test_A65_recovery_once), cmocka_unit_test(test_recovery_forms),
		cmocka_unit_test(test_recovery_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
