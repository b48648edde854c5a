/* One-time passwords: the RFCs' values, the window, replay (A65); base32 and the URI; the QR code as text. */
#include "proto/second_factor/base32.h"
#include "proto/second_factor/qr_text.h"
#include "proto/second_factor/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

enum { MEMORY = 1 << 16, NOW = 1234567890 };

static struct totp with_secret(const char *digits, size_t n, uint8_t hash, uint8_t count)
{
	struct totp t = { .length = (uint8_t)n, .hash = hash, .digits = count, .period = TOTP_PERIOD };
	for (size_t i = 0; i < n; i++)
		t.secret[i] = (uint8_t)digits[i % 10];
	return t;
}

/* RFC 4226 appendix D */
static void test_hotp(void **state)
{
	static const uint32_t want[] = { 755224, 287082, 359152, 969429, 338314, 254676, 287922, 162583, 399871, 520489 };
	struct totp t = with_secret("1234567890", 20, TOTP_SHA1, 6);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		uint32_t v = 0;
		assert_int_equal(totp_hotp(&t, i, &v), OK);
		assert_int_equal(v, want[i]);
	}
	t.hash = TOTP_HASH_COUNT;
	uint32_t v;
	assert_int_equal(totp_hotp(&t, 0, &v), E_IO);
}

/* RFC 6238 appendix B */
static void test_totp(void **state)
{
	static const struct { int64_t now; const char *code[TOTP_HASH_COUNT]; } rows[] = {
		{ 59, { "94287082", "46119246", "90693936" } }, { 1111111109, { "07081804", "68084774", "25091201" } },
		{ 1111111111, { "14050471", "67062674", "99943326" } }, { 1234567890, { "89005924", "91819424", "93441116" } },
		{ 2000000000, { "69279037", "90698825", "38618901" } }, { 20000000000, { "65353130", "77737706", "47863826" } },
	};
	static const size_t lengths[] = { 20, 32, 64 };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (uint8_t h = 0; h < TOTP_HASH_COUNT; h++) {
			struct totp t = with_secret("1234567890", lengths[h], h, 8);
			assert_int_equal(totp_verify(&t, str_c(rows[i].code[h]), rows[i].now), OK);
			assert_int_equal(t.next_step, rows[i].now / 30 + 1);
		}
}

static struct str code_at(const struct totp *t, int64_t when, char out[TOTP_DIGITS_MOST + 1])
{
	uint32_t v = 0;
	assert_int_equal(totp_hotp(t, (uint64_t)when / t->period, &v), OK);
	snprintf(out, TOTP_DIGITS_MOST + 1, "%0*u", t->digits, v);
	return str_c(out);
}

/* A clock that is off by one step passes, by two it does not. */
static void test_window(void **state)
{
	static const struct { int64_t off; int want; } rows[] = {
		{ -60, E_DENIED }, { -30, OK }, { 0, OK }, { 30, OK }, { 60, E_DENIED }, { -3000, E_DENIED },
	};
	char code[TOTP_DIGITS_MOST + 1];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct totp t = with_secret("1234567890", 20, TOTP_SHA1, 6);
		assert_int_equal(totp_verify(&t, code_at(&t, NOW + rows[i].off, code), NOW), rows[i].want);
		assert_int_equal(t.next_step != 0, rows[i].want == OK);
	}
	struct totp t = with_secret("1234567890", 20, TOTP_SHA1, 6);
	assert_int_equal(totp_verify(&t, code_at(&t, 0, code), 0), OK);         /* no step before the first */
	assert_int_equal(totp_verify(&t, STR("000000"), -1), E_SYNTAX);
}

static void test_A65_replay(void **state)
{
	struct totp t = with_secret("1234567890", 20, TOTP_SHA1, 6);
	char now[TOTP_DIGITS_MOST + 1], before[TOTP_DIGITS_MOST + 1], after[TOTP_DIGITS_MOST + 1];
	(void)state;
	code_at(&t, NOW, now);
	code_at(&t, NOW - 30, before);
	code_at(&t, NOW + 30, after);
	assert_int_equal(totp_verify(&t, str_c(now), NOW), OK);
	assert_int_equal(totp_verify(&t, str_c(now), NOW), E_STALE);            /* twice */
	assert_int_equal(totp_verify(&t, str_c(now), NOW + 30), E_STALE);       /* still in the window */
	assert_int_equal(totp_verify(&t, str_c(before), NOW), E_STALE);         /* an older one that was seen but not used */
	assert_int_equal(totp_verify(&t, str_c(after), NOW), OK);
	assert_int_equal(totp_verify(&t, str_c(after), NOW + 60), E_STALE);
}

static void test_code_forms(void **state)
{
	static const struct { struct str code; int want; } rows[] = {
		{ STR_INIT("005924"), OK }, { STR_INIT("005 924"), OK }, { STR_INIT(" 005924 "), OK }, { STR_INIT("05924"), E_SYNTAX },
		{ STR_INIT("0005924"), E_SYNTAX }, { STR_INIT("00592a"), E_SYNTAX }, { STR_INIT(""), E_SYNTAX }, { STR_INIT("005925"), E_DENIED },
		{ STR_INIT("-05924"), E_SYNTAX }, { STR_INIT("00592\0"), E_SYNTAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct totp t = with_secret("1234567890", 20, TOTP_SHA1, 6);
		assert_int_equal(totp_verify(&t, rows[i].code, NOW), rows[i].want);
	}
}

static void test_stored(void **state)
{
	struct totp t = with_secret("1234567890", 20, TOTP_SHA1, 6), back;
	struct buf b;
	(void)state;
	t.confirmed = true;
	t.next_step = 99;
	buf_init(&b, 256);
	assert_int_equal(totp_write(&b, &t), OK);
	assert_int_equal(totp_read(buf_str(&b), &back), OK);
	assert_memory_equal(back.secret, t.secret, sizeof t.secret);
	assert_true(back.confirmed && back.next_step == 99 && back.digits == 6 && back.period == 30 && back.length == 20);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(totp_read(str_first(buf_str(&b), n), &back), E_CORRUPT);
	static const struct { size_t at; char byte; int want; } damage[] = {
		{ 0, 2, E_UNSUPPORTED }, { 1, 3, E_CORRUPT }, { 2, 5, E_CORRUPT }, { 2, 9, E_CORRUPT }, { 3, 0, E_CORRUPT }, { 4, 2, E_CORRUPT },
	};
	for (size_t i = 0; i < COUNT_OF(damage); i++) {
		char kept = b.p[damage[i].at];
		b.p[damage[i].at] = damage[i].byte;
		assert_int_equal(totp_read(buf_str(&b), &back), damage[i].want);
		b.p[damage[i].at] = kept;
	}
	buf_done(&b);
}

/* RFC 4648 10 */
static void test_base32(void **state)
{
	static const struct { struct str bytes, text; } rows[] = {
		{ STR_INIT(""), STR_INIT("") }, { STR_INIT("f"), STR_INIT("MY") }, { STR_INIT("fo"), STR_INIT("MZXQ") },
		{ STR_INIT("foo"), STR_INIT("MZXW6") }, { STR_INIT("foob"), STR_INIT("MZXW6YQ") }, { STR_INIT("fooba"), STR_INIT("MZXW6YTB") },
		{ STR_INIT("foobar"), STR_INIT("MZXW6YTBOI") }, { STR_INIT("\xff\xff\xff\xff\xff"), STR_INIT("77777777") },
	};
	static const struct { struct str text; int want; } others[] = {
		{ STR_INIT("mzxw 6ytb-oi======"), OK }, { STR_INIT("M"), E_SYNTAX }, { STR_INIT("MZX"), E_SYNTAX }, { STR_INIT("MZXW6Y"), E_SYNTAX },
		{ STR_INIT("MZ"), E_SYNTAX } /* bits left over */, { STR_INIT("M1"), E_SYNTAX }, { STR_INIT("M=Y"), E_SYNTAX },
	};
	struct buf b;
	(void)state;
	buf_init(&b, 64);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_clear(&b);
		assert_int_equal(base32_encode(&b, rows[i].bytes), OK);
		assert_true(str_eq(buf_str(&b), rows[i].text));
		buf_clear(&b);
		assert_int_equal(base32_decode(&b, rows[i].text), OK);
		assert_true(str_eq(buf_str(&b), rows[i].bytes));
	}
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		buf_clear(&b);
		assert_int_equal(base32_decode(&b, others[i].text), others[i].want);
		assert_int_equal(b.n, others[i].want == OK ? 6 : 0);
	}
	buf_done(&b);
}

#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static void test_uri_write(void **state)
{
	static const struct { struct str issuer, account, want; } rows[] = {
		{ STR_INIT("Example"), STR_INIT("anna@example.com"), STR_INIT("otpauth://totp/Example:anna%40example.com?secret=" SECRET
			"&issuer=Example&algorithm=SHA1&digits=6&period=30") },
		{ STR_INIT("M\xc3\xbcller & Co"), STR_INIT("a b"), STR_INIT("otpauth://totp/M%C3%BCller%20%26%20Co:a%20b?secret=" SECRET
			"&issuer=M%C3%BCller%20%26%20Co&algorithm=SHA1&digits=6&period=30") },
		{ STR_INIT(""), STR_INIT("x?&=:y"), STR_INIT("otpauth://totp/x%3F%26%3D%3Ay?secret=" SECRET "&algorithm=SHA1&digits=6&period=30") },
	};
	struct totp t = with_secret("1234567890", 20, TOTP_SHA1, 6);
	struct buf b;
	(void)state;
	buf_init(&b, TOTP_URI_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_clear(&b);
		assert_int_equal(totp_uri_write(&b, &t, rows[i].issuer, rows[i].account), OK);
		assert_true(str_eq(buf_str(&b), rows[i].want));
	}
	buf_done(&b);
	buf_init(&b, 20);
	assert_int_equal(totp_uri_write(&b, &t, STR("Example"), STR("anna")), E_TOOBIG);
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void test_uri_read(void **state)
{
	static const struct { struct str uri; int want; struct str issuer, account; unsigned digits, period, hash; } rows[] = {
		{ STR_INIT("otpauth://totp/ACME%20Co:john.doe@email.com?secret=" SECRET "&issuer=ACME%20Co&algorithm=SHA1&digits=6&period=30"), OK,
			STR_INIT("ACME Co"), STR_INIT("john.doe@email.com"), 6, 30, 0 },        /* the example of the Key URI Format */
		{ STR_INIT("otpauth://totp/Example%3A%20anna?secret=" SECRET), OK, STR_INIT("Example"), STR_INIT("anna"), 6, 30, 0 },
		{ STR_INIT("OTPAUTH://TOTP/anna?digits=8&period=60&algorithm=sha512&secret=gezd%20"), E_SYNTAX, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna?digits=8&period=60&algorithm=sha512&image=x&secret=gezdgnbvgy3tqojq"), OK, STR_INIT(""),
			STR_INIT("anna"), 8, 60, 2 },
		{ STR_INIT("otpauth://hotp/anna?secret=" SECRET "&counter=1"), E_UNSUPPORTED, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna?secret=" SECRET "&digits=5"), E_UNSUPPORTED, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna?secret=" SECRET "&digits=999"), E_UNSUPPORTED, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna?secret=" SECRET "&digits=x"), E_SYNTAX, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna?secret=" SECRET "&algorithm=MD5"), E_UNSUPPORTED, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna?secret=" SECRET "&secret=" SECRET), E_SYNTAX, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna?secret=MY"), E_UNSUPPORTED, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/anna"), E_SYNTAX, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/an%0Ana?secret=" SECRET), E_SYNTAX, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("otpauth://totp/an%4?secret=" SECRET), E_SYNTAX, { 0 }, { 0 }, 0, 0, 0 },
		{ STR_INIT("https://totp/anna?secret=" SECRET), E_SYNTAX, { 0 }, { 0 }, 0, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct totp t;
		struct str issuer, account;
		arena_init(&a, MEMORY, NULL, NULL);
		assert_int_equal(totp_uri_read(&a, rows[i].uri, &t, &issuer, &account), rows[i].want);
		if (rows[i].want == OK) {
			assert_true(str_eq(issuer, rows[i].issuer) && str_eq(account, rows[i].account));
			assert_true(t.digits == rows[i].digits && t.period == rows[i].period && t.hash == rows[i].hash);
			assert_memory_equal(t.secret, "1234567890", 10);
		}
		arena_done(&a);
	}
}

/* ---- QR ---- */

/* The modules again, from the text: 1 is dark. */
static bool module_at(struct str text, size_t x, size_t y)
{
	for (size_t line = 0; line < y / 2; line++)
		(void)str_until(&text, '\n');
	struct str s = str_until(&text, '\n');
	uint32_t c = ' ';
	for (size_t i = 0; i <= x; i++)
		c = utf8_take(&s);
	return c == 0x2588 || c == (y % 2 ? 0x2584u : 0x2580u);
}

static size_t width_of(struct str line)
{
	size_t n = 0;
	for (; line.n; n++)
		(void)utf8_take(&line);
	return n;
}

/* ISO 18004 6.3.3: a finder pattern of 7 modules in three corners, timing patterns between them, quiet around all. */
static void test_qr(void **state)
{
	static const char finder[7][8] = { "1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111" };
	struct buf b;
	(void)state;
	buf_init(&b, 64 << 10);
	assert_int_equal(qr_text(&b, STR("otpauth://totp/Example:anna%40example.com?secret=" SECRET "&issuer=Example"), false), OK);
	assert_true(utf8_valid(buf_str(&b)));
	struct str rest = buf_str(&b);
	size_t width = width_of(str_until(&rest, '\n')), lines = 1;
	for (; rest.n; lines++)
		assert_int_equal(width_of(str_until(&rest, '\n')), width);
	assert_int_equal(lines, (width + 1) / 2);
	size_t side = width - 4, far = side - 7;
	assert_int_equal((side - 17) % 4, 0);
	const size_t corners[3][2] = { { 0, 0 }, { far, 0 }, { 0, far } };
	for (size_t k = 0; k < 3; k++)
		for (size_t y = 0; y < 7; y++)
			for (size_t x = 0; x < 7; x++)
				assert_int_equal(module_at(buf_str(&b), 2 + corners[k][0] + x, 2 + corners[k][1] + y), finder[y][x] == '1');
	for (size_t i = 8; i < far; i++)
		assert_int_equal(module_at(buf_str(&b), 2 + i, 2 + 6), i % 2 == 0);
	for (size_t i = 0; i < width; i++)
		assert_false(module_at(buf_str(&b), i, 0) || module_at(buf_str(&b), i, 1) || module_at(buf_str(&b), 0, i) || module_at(buf_str(&b), width - 1, i));
	buf_done(&b);
}

static void test_qr_limits(void **state)
{
	char text[QR_TEXT_INPUT_MAX + 1];
	struct buf b;
	(void)state;
	memset(text, 'x', sizeof text);
	buf_init(&b, 64 << 10);
	assert_int_equal(qr_text(&b, STR(""), true), E_SYNTAX);
	assert_int_equal(qr_text(&b, (struct str){ text, sizeof text }, true), E_TOOBIG);
	assert_int_equal(qr_text(&b, (struct str){ text, sizeof text - 1 }, true), OK);
	assert_true(str_starts(buf_str(&b), STR("\033[")) && str_ends(buf_str(&b), STR("\033[0m\n")));
	buf_done(&b);
	buf_init(&b, 100);
	assert_int_equal(qr_text(&b, STR("x"), true), E_TOOBIG);
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hotp), cmocka_unit_test(test_totp), cmocka_unit_test(test_window), cmocka_unit_test(test_A65_replay),
		cmocka_unit_test(test_code_forms), cmocka_unit_test(test_stored), cmocka_unit_test(test_base32), cmocka_unit_test(test_uri_write),
		cmocka_unit_test(test_uri_read), cmocka_unit_test(test_qr), cmocka_unit_test(test_qr_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
